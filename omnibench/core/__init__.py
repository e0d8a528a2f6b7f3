"""The records and protocols that every other part agrees on.

What touches disk is a frozen msgspec Struct; what holds functions is a frozen dataclass; behaviour
is a Protocol. Only the standard library and msgspec are imported here.
"""

from typing import TYPE_CHECKING

from omnibench.core.data import (
    AbsentImage,
    Facets,
    Image,
    Pack,
    RowType,
    Sample,
    Target,
)
from omnibench.core.meters import (
    Amount,
    Behaviour,
    Meter,
    MeterReading,
    Quantity,
    Scope,
    Unavailable,
)
from omnibench.core.models import (
    Backend,
    Finish,
    ModelCard,
    Phase,
    Reply,
    Request,
    Step,
)
from omnibench.core.perf import (
    Conditions,
    PerfCase,
    PerfResults,
    TrialKind,
    TrialRecord,
)
from omnibench.core.records import (
    FORMAT,
    Control,
    DataUsed,
    EvalResults,
    PackKind,
    Provenance,
    SampleRecord,
    TaskResult,
    Value,
)
from omnibench.core.scoring import (
    Aggregation,
    Judge,
    Metric,
    Reading,
    Rule,
    Scored,
)
from omnibench.core.tasks import (
    Dataset,
    Decoding,
    Task,
)

if TYPE_CHECKING:
    from omnibench.core.scoring import Floats as Floats

__all__ = [
    "FORMAT",
    "AbsentImage",
    "Aggregation",
    "Amount",
    "Backend",
    "Behaviour",
    "Conditions",
    "Control",
    "DataUsed",
    "Dataset",
    "Decoding",
    "EvalResults",
    "Facets",
    "Finish",
    "Image",
    "Judge",
    "Meter",
    "MeterReading",
    "Metric",
    "ModelCard",
    "Pack",
    "PackKind",
    "PerfCase",
    "PerfResults",
    "Phase",
    "Provenance",
    "Quantity",
    "Reading",
    "Reply",
    "Request",
    "RowType",
    "Rule",
    "Sample",
    "SampleRecord",
    "Scope",
    "Scored",
    "Step",
    "Target",
    "Task",
    "TaskResult",
    "TrialKind",
    "TrialRecord",
    "Unavailable",
    "Value",
]
