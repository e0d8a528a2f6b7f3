"""A configuration as config.json holds it, and back, with no key unknown or missing."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any, TypeVar

from omnivlm.config import AuroraConfig, ModelConfig, NanoLLaVAConfig, OmniVLMConfig
from omnivlm.errors import CheckpointError

FAMILIES: tuple[type[ModelConfig], ...] = (OmniVLMConfig, NanoLLaVAConfig, AuroraConfig)

Part = TypeVar("Part")


def to_json(config: ModelConfig) -> dict[str, Any]:
    """What config.json holds. A tower without a stem says nothing of one."""
    out = {"model_type": config.model_type, **dataclasses.asdict(config)}
    if out["vision"].get("stem") == ():
        del out["vision"]["stem"]
    return out


def from_json(value: object) -> ModelConfig:
    """The opposite of `to_json`. Raises CheckpointError naming a key that is wrong."""
    kinds = {family.model_type: family for family in FAMILIES}
    kind = value.get("model_type") if isinstance(value, dict) else None
    if not isinstance(value, dict) or kind not in kinds:
        raise CheckpointError(
            f'config.json is not of an OmniVLM ("model_type" is {kind!r}; known:'
            f" {', '.join(kinds)})"
        )
    fields = {name: field for name, field in value.items() if name != "model_type"}
    return _decode(kinds[kind], fields, "")


def _decode(kind: type[Part], value: object, where: str) -> Part:
    """A JSON value -> a record of `kind`, with no unknown or missing key and no other type."""
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise CheckpointError(f"config: {where.rstrip('.')} is not an object")
        types = typing.get_type_hints(kind)
        fields = dataclasses.fields(kind)
        names = {field.name for field in fields}
        needed = {f.name for f in fields if f.default is dataclasses.MISSING}
        for word, wrong in (("unknown", value.keys() - names), ("missing", needed - value.keys())):
            if wrong:
                raise CheckpointError(f"config: {word} key {where}{min(wrong)}")
        parts = {name: _decode(types[name], v, f"{where}{name}.") for name, v in value.items()}
        return typing.cast("Part", kind(**parts))
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list | tuple):
            raise CheckpointError(f"config: {where.rstrip('.')} is not a list")
        each = typing.get_args(kind)[0]
        return typing.cast("Part", tuple(_decode(each, one, where) for one in value))
    accepted = (int, float) if kind is float else kind
    if isinstance(value, bool) != (kind is bool) or not isinstance(value, accepted):
        raise CheckpointError(f"config: {where.rstrip('.')} is {value!r}, not {kind.__name__}")
    return typing.cast("Part", value)
