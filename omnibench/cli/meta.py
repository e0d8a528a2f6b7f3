"""A named model's parameters as its modules hold them: counted on torch's meta device.

Shapes without weights: a second and no memory beyond the libraries. The other half of the check on
`omnibench.cost`, and the only part of `omnibench models` that loads torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnibench.errors import OmnibenchError

if TYPE_CHECKING:
    from torch import nn


def params_on_meta(name: str) -> int:
    """Distinct parameters. Raises OmnibenchError for a name that no modules stand behind."""
    from omnivlm.model import parameter_count

    return parameter_count(model_on_meta(name))


def model_on_meta(name: str) -> nn.Module:
    """The modules behind a name, without weights."""
    from omnivlm import comparators
    from omnivlm.model import on_meta
    from omnivlm.presets import PRESETS

    if name in comparators.COMPARATORS:
        return comparators.on_meta(name)
    if name in PRESETS:
        return on_meta(PRESETS[name])
    raise OmnibenchError(f"no modules to count behind {name!r}; leave out --meta")
