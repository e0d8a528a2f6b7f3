"""Checkpoints in the Hugging Face layout: checked, and loaded.

Nothing is fetched, no code of a checkpoint runs, and only safetensors are read, never pickles.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnibench.errors import OmnibenchError
from omnibench.hub.locks import joint_sha256, sha256_of

NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model with its processor. unused: tensors that the model has no place for.

    Both are transformers' own classes, which are not typed.
    """

    model: Any
    processor: Any
    sha256: str
    unused: tuple[str, ...]


def load(folder: Path, dtype: str, device: str) -> Loaded:
    """Model and processor, ready to answer, or one line that says what is wrong with them."""
    import torch
    from transformers import AutoModelForImageTextToText, PreTrainedConfig

    files = _weight_files(folder)
    automatic: Any = AutoModelForImageTextToText
    with _one_line_errors(folder), _quiet():
        config: PreTrainedConfig = _config(folder)
        processor = _processor(folder, config)
        model, found = automatic.from_pretrained(
            folder,
            config=config,
            dtype=getattr(torch, dtype),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    # transformers fills with random numbers what is missing or misshapen, and says so in a log.
    _refuse(folder, "lacks", sorted(found["missing_keys"]))
    _refuse(folder, "holds misshapen", sorted(map(_misshapen, found["mismatched_keys"])))
    _refuse(
        folder,
        "holds numbers that are none (NaN, infinite) in",
        [key for key, value in model.named_parameters() if not bool(value.isfinite().all())],
    )
    model.to(device_of(device))
    model.train(False)
    digest = joint_sha256(sha256_of(file) for file in files)
    return Loaded(model, processor, digest, tuple(sorted(found["unexpected_keys"])))


def in_short(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    return ", ".join(names[:NAMED_AT_MOST]) + more


def device_of(name: str) -> str:
    """`auto`, or a device of torch's -> one that is here."""
    import torch

    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return next(kind for kind, is_there in there.items() if is_there)
    if not there.get(name.partition(":")[0], False):
        usable = ", ".join(kind for kind, is_there in there.items() if is_there)
        raise OmnibenchError(f"no device {name!r} here; usable: auto, {usable}")
    return name


def _weight_files(folder: Path) -> list[Path]:
    """The safetensors files, each with a readable header; all that the index names."""
    from safetensors import SafetensorError, safe_open

    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise OmnibenchError(f"{folder} holds no .safetensors; pickled weights are never loaded")
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        named = set(_json(index).get("weight_map", {}).values())
        _refuse(folder, "lacks", sorted(named - {file.name for file in files}))
    for file in files:
        try:
            with safe_open(file, "pt"):
                pass
        except SafetensorError as error:
            raise OmnibenchError(
                f"{file} is cut off or no safetensors file ({error}); fetch it again"
            ) from None
    return files


def _config(folder: Path) -> Any:
    """The configuration, if transformers itself has an image-text-to-text model of this type."""
    from transformers import AutoConfig
    from transformers.models.auto import modeling_auto

    path = folder / "config.json"
    if not path.is_file():
        raise OmnibenchError(f"{folder} holds no config.json; give the folder of a checkpoint")
    written = _json(path)
    kind = written.get("model_type")
    if kind not in modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES:
        if "auto_map" in written:
            raise OmnibenchError(
                f"{folder} needs code that it brings along ({kind}), which is never run; use a"
                " conversion to transformers' own classes"
            )
        raise OmnibenchError(f"{folder} holds {kind!r}, which is no image-text-to-text model")
    return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def _processor(folder: Path, config: Any) -> Any:
    """The processor, without its part for videos: that needs torchvision, and no task has one."""
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING

    mapping: Any = PROCESSOR_MAPPING
    known = mapping[type(config)]
    kept = [part for part in known.get_attributes() if "video" not in part]
    made: Any = type(
        known.__name__,
        (known,),
        {"get_attributes": classmethod(lambda _: kept), "__module__": known.__module__},
    )
    processor: Any = made.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if processor.chat_template is None and processor.tokenizer.chat_template is None:
        raise OmnibenchError(f"{folder} has no chat template, so that no question can be put")
    processor.tokenizer.padding_side = "left"
    if processor.tokenizer.pad_token is None:
        processor.tokenizer.pad_token = processor.tokenizer.eos_token
    return processor


@contextmanager
def _one_line_errors(folder: Path) -> Iterator[None]:
    """What transformers raises over a bad checkpoint, as OmnibenchError."""
    from safetensors import SafetensorError

    try:
        yield
    except (
        OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, ImportError,
        SafetensorError,
    ) as error:  # fmt: skip
        said = " ".join(f"{error}".split())
        raise OmnibenchError(
            f"{folder} cannot be loaded: {type(error).__name__}: {said[:300]}"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """No bars and no advice of transformers': what it finds is checked here."""
    from transformers.utils import logging

    said: Any = logging
    level, bar = said.get_verbosity(), said.is_progress_bar_enabled()
    said.set_verbosity_error()
    said.disable_progress_bar()
    try:
        yield
    finally:
        said.set_verbosity(level)
        if bar:
            said.enable_progress_bar()


def _json(path: Path) -> dict[str, Any]:
    try:
        written = json.loads(path.read_bytes())
    except ValueError as error:
        raise OmnibenchError(f"{path} is no JSON ({error}); fetch it again") from None
    if not isinstance(written, dict):
        raise OmnibenchError(f"{path} holds no object; fetch it again")
    return written


def _misshapen(found: Sequence[Any]) -> str:
    key, there, wanted = found
    return f"{key} ({tuple(there)} in place of {tuple(wanted)})"


def _refuse(folder: Path, what: str, names: Sequence[str]) -> None:
    """Name what is wrong, if anything is."""
    if names:
        raise OmnibenchError(f"{folder} {what} {in_short(names)}")
