"""What a request costs by arithmetic on the model's shape alone: no weights, no torch, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from omnibench.cases import text_tokens
from omnibench.core import PerfCase, Value
from omnibench.core.analysis import Analysis, ModuleCost, PhaseCost
from omnibench.cost import (
    BYTES_PER_ELEMENT,
    CostCase,
    CostSummary,
    ModelShape,
    Operation,
    bytes_by_module,
    flops_by_module,
    image_operations,
    kv_bytes_per_token,
    model_parts,
    params_by_module,
    prompt_operations,
    see,
    summarise,
    thop_macs,
    weights_bytes,
)
from omnibench.cost.text import prefill_operations
from omnibench.errors import OmnibenchError

CLOSED_FORM = "closed form"
FLOPS_METHOD = f"{CLOSED_FORM}; 1 MAC = 2 FLOP, attention in full, logits for the last position"
CAUSAL_METHOD = f"{CLOSED_FORM}; 1 MAC = 2 FLOP, causal attention, logits for the last position"
THOP_METHOD = f"{CLOSED_FORM}; as thop 0.1.1 counts"


def analyse(shape: ModelShape, case: PerfCase, dtype: str, tokens: int | None = None) -> Analysis:
    """All that arithmetic says of a model and a request.

    tokens: of text in the prompt, where a run has counted them. Raises OmnibenchError where the
    case leaves them to a tokenizer, and for a picture that the model refuses.
    """
    words = text_tokens(case, shape.template_tokens) if tokens is None else tokens
    if words is None:
        raise OmnibenchError(
            f"case {case.name}: how many tokens {shape.name}'s own template takes only its"
            " tokenizer can tell; give the case a text_tokens"
        )
    summary = summarise(shape, CostCase(case.width_px, case.height_px, words, dtype))
    seen = see(shape, case.width_px, case.height_px)
    operations = prompt_operations(shape, seen, words)
    return Analysis(
        case=case,
        tiles=summary.tiles,
        patches=summary.patches,
        visual_tokens=summary.visual_tokens,
        text_tokens=words,
        modules=_modules(shape, operations, dtype),
        phases=_phases(summary),
        memory_bytes=_memory(shape, case, summary.visual_tokens + words),
        figures={
            **_figures(shape, summary, words, case, dtype),
            "text_tokens": _words_value(case, words, counted=tokens is not None),
        },
    )


def thop_value(
    shape: ModelShape, case: PerfCase, words: int, *, image_in_prompt: bool = True
) -> Value:
    """What thop makes of a request with so many text tokens, in GMAC.

    image_in_prompt: False where the language model does not read the image's tokens.
    """
    seen = see(shape, case.width_px, case.height_px)
    head = shape.vision.pooling_head
    if image_in_prompt:
        operations = prompt_operations(shape, seen, words, logits="all", pooling_head=head)
    else:
        operations = image_operations(shape, seen, pooling_head=head)
        operations += prefill_operations(
            shape.text, words, text_tokens=words, attention="full", logits="all"
        )
    return Value(thop_macs(operations) / 1e9, "GMAC", "derived", method=THOP_METHOD)


def _modules(
    shape: ModelShape, operations: Sequence[Operation], dtype: str
) -> dict[str, ModuleCost]:
    held = params_by_module(model_parts(shape))
    flops, moved = flops_by_module(operations), bytes_by_module(operations, dtype)
    return {
        module: ModuleCost(held.get(module, 0), flops.get(module, 0), round(moved.get(module, 0)))
        for module in dict.fromkeys([*held, *flops])
    }


def _phases(summary: CostSummary) -> dict[str, PhaseCost]:
    costs: dict[str, PhaseCost] = {
        phase: PhaseCost(flops, summary.flops_causal[phase], summary.bytes_moved[phase])
        for phase, flops in summary.flops.items()
    }
    token = summary.flops_decode_per_token
    costs["decode"] = PhaseCost(token, token, summary.bytes_moved_decode_per_token)
    return costs


def _memory(shape: ModelShape, case: PerfCase, prompt_tokens: int) -> dict[str, Value]:
    """Weights in each dtype; the cache stays in 16 bits where the weights are narrower."""
    kept = prompt_tokens + case.new_tokens
    needed = {}
    for dtype in BYTES_PER_ELEMENT:
        cache_dtype = dtype if BYTES_PER_ELEMENT[dtype] >= 2 else "float16"
        size = weights_bytes(shape, dtype) + kept * kv_bytes_per_token(shape, cache_dtype)
        method = f"{CLOSED_FORM}; weights in {dtype}, KV cache of {kept} tokens in {cache_dtype}"
        needed[dtype] = Value(round(size), "bytes", "derived", method=method)
    return needed


def _figures(
    shape: ModelShape, summary: CostSummary, words: int, case: PerfCase, dtype: str
) -> dict[str, Value]:
    def derived(value: float, unit: str, method: str = CLOSED_FORM) -> Value:
        return Value(value, unit, "derived", method=method)

    prompt_tokens = summary.visual_tokens + words
    figures = {
        "params": derived(summary.params, "params", f"{CLOSED_FORM}; tied weights once"),
        "params_active": derived(summary.params_active, "params"),
        "visual_tokens": derived(summary.visual_tokens, "tokens"),
        "weights_bytes": derived(round(weights_bytes(shape, dtype)), "bytes"),
        "kv_bytes_per_token": derived(round(kv_bytes_per_token(shape, dtype)), "bytes"),
        "memory_needed_bytes": _memory(shape, case, prompt_tokens)[dtype],
        "flops_total": derived(summary.flops_total, "FLOP", f"{FLOPS_METHOD}; to the first token"),
        "flops_total_causal": derived(
            summary.flops_causal_total, "FLOP", f"{CAUSAL_METHOD}; to the first token"
        ),
        "flops_decode_per_token": derived(
            summary.flops_decode_per_token, "FLOP", f"{FLOPS_METHOD}; the second token"
        ),
        "bytes_decode_per_token": derived(
            summary.bytes_moved_decode_per_token, "bytes", f"{CLOSED_FORM}; the second token"
        ),
        "thop_gmacs": derived(summary.thop["gmacs"], "GMAC", THOP_METHOD),
        "thop_params_binary_billions": derived(
            summary.thop["params_binary_billions"], "2^30 params", THOP_METHOD
        ),
    }
    for phase, flops in summary.flops.items():
        figures[f"flops_{phase}"] = derived(flops, "FLOP", FLOPS_METHOD)
        figures[f"bytes_{phase}"] = derived(summary.bytes_moved[phase], "bytes")
    for phase in ("fusion", "prefill"):
        if phase in summary.flops_causal:
            causal: Mapping[str, int] = summary.flops_causal  # type: ignore[assignment]
            figures[f"flops_{phase}_causal"] = derived(causal[phase], "FLOP", CAUSAL_METHOD)
    return figures


def _words_value(case: PerfCase, words: int, *, counted: bool) -> Value:
    method = "the model's template, and one token for each word and mark of the prompt"
    if case.text_tokens is not None:
        method = "stated by the case"
    elif counted:
        method = "counted by the model's backend"
    return Value(words, "tokens", "derived", method=method)
