"""What the measuring process is asked to do."""

from __future__ import annotations

import msgspec


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Time the kernels in a dtype on so many threads, for about so long."""

    threads: int
    dtype: str
    budget_s: float
