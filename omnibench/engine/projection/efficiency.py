"""What a calibrated machine makes of an operation: its rate, looked up or interpolated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from omnibench.core.calibration import GEMM_ROWS, Calibration, ElementsKind, LayerKind
from omnibench.cost import Operation
from omnibench.cost.parts import PRODUCTS, Module
from omnibench.engine.projection.rates import Point, Rate, along, near


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds, and the spread of the measurements behind them as a share."""

    seconds: float
    spread: float


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine by its calibration, or another one that is so many times as fast.

    flops_scale, bytes_scale: its ceilings over those of the calibrated machine. What a product
    reaches of each ceiling (its MFU and MBU) is taken over.
    matrices: (inner, columns) -> the rates of the products with it, by rows.
    """

    calibration: Calibration
    flops_scale: float
    bytes_scale: float
    matrices: Mapping[tuple[float, ...], Sequence[Point]]

    @property
    def itself(self) -> bool:
        """The calibrated machine, as it was calibrated."""
        return self.flops_scale == self.bytes_scale == 1.0

    def times(self, operations: Iterable[Operation]) -> Iterator[Time]:
        """All that the operations take: products, attention, elementwise work, handing out."""
        operations = list(operations)
        gated = {each.module for each in operations if each.name.endswith("ffn_gate")}
        for operation in operations:
            if operation.kind in PRODUCTS:
                yield self.product(operation)
            elif operation.kind == "attention":
                yield self.attention(operation)
                yield self.handing_out(operation)
            for kind, elements in elementwise(operation, gated):
                yield self.elements(kind, elements, operation.times)

    def product(self, operation: Operation) -> Time:
        """The longer of computing and of reading the weights.

        On another machine the share of the peak is that of GEMM_ROWS rows or more: what keeps
        fewer rows slow here is memory, and that is the other term.
        """
        rows = operation.rows if self.itself else max(operation.rows, GEMM_ROWS)
        rate = self._product_rate(rows, operation.inner, operation.columns)
        reading = self._product_rate(1, operation.inner, operation.columns)
        compute_s = operation.flops / (rate.value * self.flops_scale)
        # At one row 2 FLOP were computed for every weight that was read.
        one_row = 2 * operation.times * operation.inner * operation.columns
        read_s = one_row / (reading.value * self.bytes_scale)
        if compute_s >= read_s:
            return Time(compute_s, rate.spread)
        return Time(read_s, reading.spread)

    def attention(self, operation: Operation) -> Time:
        """Of one query its keys and values are read; of many the products count."""
        points = (
            Point((each.queries, each.keys, each.head_dim), Rate(each.flops_per_s, each.spread))
            for each in self.calibration.attention
        )
        rate = near(points, (operation.rows, operation.columns, operation.inner))
        scale = self.flops_scale if operation.rows > 1 else self.bytes_scale
        return Time(operation.flops / (rate.value * scale), rate.spread)

    def elements(self, kind: ElementsKind, elements: int, times: int) -> Time:
        """Elementwise work: memory's, on another machine."""
        points = (
            Point((each.elements,), Rate(each.elements_per_s, each.spread))
            for each in self.calibration.elements
            if each.kind == kind
        )
        rate = along(points, elements)
        return Time(times * elements / (rate.value * self.bytes_scale), rate.spread)

    def handing_out(self, attention: Operation) -> Time:
        """What a layer costs whatever it computes; no figure of a profile says more of it."""
        kind: LayerKind = "encoder" if attention.phase == "vision" else "decoder"
        layer = next(each for each in self.calibration.layers if each.kind == kind)
        return Time(attention.times * layer.time_s, layer.spread)

    def _product_rate(self, rows: int, inner: int, columns: int) -> Rate:
        """Along the rows of each measured matrix, then between the nearest matrices."""
        points = (
            Point(matrix, along(rates, rows))
            for matrix, rates in self.matrices.items()
            # The output layer's, measured for one row, say nothing of more.
            if rows == 1 or len(rates) > 1
        )
        return near(points, (inner, columns))


def machine_of(
    calibration: Calibration, flops_scale: float = 1.0, bytes_scale: float = 1.0
) -> Machine:
    """The calibrated machine, or one with so many times its ceilings."""
    matrices: dict[tuple[float, ...], list[Point]] = {}
    for each in calibration.products:
        point = Point((each.rows,), Rate(each.flops_per_s, each.spread))
        matrices.setdefault((each.inner, each.columns), []).append(point)
    return Machine(calibration, flops_scale, bytes_scale, matrices)


def elementwise(operation: Operation, gated: Set[Module]) -> Iterator[tuple[ElementsKind, int]]:
    """(kind, elements) of one of them: what follows a product in the models' code, and norms.

    gated: modules whose feed-forward layers have a gate.
    """
    made = operation.rows * operation.columns
    name = operation.name.removeprefix("decoder_").removeprefix("cross_")
    if operation.kind == "layer_norm":
        yield "layer_norm", operation.activations // 2
    elif operation.kind == "rms_norm":
        yield "rms_norm", operation.activations // 2
    elif name in ("attention_out", "ffn_down", "o"):
        yield "add", made
    elif name == "ffn_gate":
        yield "gated", made
    elif name == "linear_1" or (name == "ffn_up" and operation.module not in gated):
        yield "gelu", made
    elif name in ("q", "k") and operation.module == "text":
        yield "rotary", made
