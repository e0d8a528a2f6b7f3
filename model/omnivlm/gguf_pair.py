"""The pair of GGUF files that NexaAI publishes: the language model, and tower with projector.

Quantised tensors are made into plain numbers as they are read; the model computes in its own dtype.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from omnivlm.config import OmniVLMConfig, ProjectorConfig, TextConfig, VisionConfig
from omnivlm.errors import CheckpointError
from omnivlm.gguf_names import text_name, vision_name
from omnivlm.names import OUTPUT
from omnivlm.tensors import WEIGHTS, Shape
from omnivlm.tokenizer import Tokenizer, byte_pair_tokenizer

if TYPE_CHECKING:
    import gguf

_TEXT, _VISION = "qwen2", "siglip"
_PROBE = "vision_model.head.probe"
_CONTROL, _UNUSED = 3, 5
"""llama.cpp's token types."""


@dataclass(frozen=True, slots=True)
class GGUFFile:
    """A file that is open: its tensors are read when they are asked for."""

    path: Path
    reader: gguf.GGUFReader

    def value(self, key: str, default: Any = None) -> Any:
        """A value of the header. Raises CheckpointError where it is absent and has no default."""
        field = self.reader.get_field(key)
        if field is None:
            if default is None:
                raise CheckpointError(f"{self.path} has no {key}")
            return default
        value = field.contents()
        # A number that was cut to float32 -> the decimal one that was meant: 1e-6, not 9.99...e-7.
        return float(f"{value:.7g}") if isinstance(value, float) else value

    def architecture(self) -> str:
        """What kind of model it holds."""
        return str(self.value("general.architecture"))

    def shape(self, name: str) -> Shape:
        """Of one tensor, in torch's order. Raises CheckpointError where it is absent."""
        for tensor in self.reader.tensors:
            if tensor.name == name:
                return _shape(tensor)
        raise CheckpointError(f"{self.path} lacks {name}")


class GGUFPair:
    """Both files as one checkpoint, under our names."""

    def __init__(self, text: GGUFFile, vision: GGUFFile) -> None:
        self.where = text.path.parent
        self._text, self._vision = text, vision
        width = vision.shape("v.position_embd.weight")[-1]
        self._places: dict[str, tuple[GGUFFile, Any]] = {}
        for tensor in text.reader.tensors:
            self._places[text_name(tensor.name)] = (text, tensor)
        for tensor in vision.reader.tensors:
            self._places[vision_name(tensor.name, _shape(tensor)[0], width)] = (vision, tensor)
        self.config = OmniVLMConfig(
            "omnivlm", *_seeing(vision), text=_text_config(text, tied=OUTPUT not in self._places)
        )

    @property
    def origin(self) -> str:
        """What numbers the file of the language model holds, most of all."""
        kinds = Counter(tensor.tensor_type.name for tensor in self._text.reader.tensors)
        return f"GGUF, {kinds.most_common(1)[0][0]}"

    def shapes(self) -> Mapping[str, Shape]:
        """Name -> shape."""
        shapes = {name: _shape(tensor) for name, (_, tensor) in self._places.items()}
        if len(shapes.get(_PROBE, ())) == 1:  # the converter squeezes what has one row
            shapes[_PROBE] = (1, 1, *shapes[_PROBE])
        return shapes

    def tensor(self, name: str) -> Tensor:
        """The values of one, dequantised: (rows, ...) float32."""
        from gguf.quants import dequantize

        file, tensor = self._places[name]
        try:
            # A copy, since torch has no tensors that cannot be written to.
            values = np.array(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        except NotImplementedError:
            kind = tensor.tensor_type.name
            raise CheckpointError(f"{file.path}: {tensor.name} is {kind}, unknown here") from None
        return torch.from_numpy(values).reshape(self.shapes()[name])

    def sha256(self) -> str:
        """Of the list of both files' digests."""
        digests = []
        for file in (self._text, self._vision):
            with file.path.open("rb") as opened:
                digests.append(hashlib.file_digest(opened, "sha256").hexdigest())
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()

    def tokenizer(self) -> Tokenizer | None:
        """Qwen2's, from the language model's file; None where that holds none or another kind."""
        file, key = self._text, "tokenizer.ggml."
        if (file.value(key + "model", ""), file.value(key + "pre", "")) != ("gpt2", "qwen2"):
            return None
        tokens = file.value(key + "tokens", [])
        kinds = file.value(key + "token_type", [1] * len(tokens))
        used = {
            token: i
            for i, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
            if kind != _UNUSED
        }
        special = [token for token, i in used.items() if kinds[i] == _CONTROL]
        return byte_pair_tokenizer(used, file.value(key + "merges", []), special, str(file.path))


def open_pair(folder: Path) -> GGUFPair | None:
    """The pair in a folder; None where there is no GGUF file, or safetensors beside it."""
    paths = sorted(folder.glob("*.gguf"))
    if not paths or (folder / WEIGHTS).exists():
        return None
    if len(paths) != 2:
        raise CheckpointError(
            f"{folder} holds {len(paths)} GGUF files; put a language model and its mmproj there"
        )
    files = {file.architecture(): file for file in map(_opened, paths)}
    if files.keys() != {_TEXT, _VISION}:
        raise CheckpointError(
            f"{folder} holds GGUF files of {' and '.join(sorted(files))}; OmniVLM's are of"
            f" {_TEXT} and {_VISION}"
        )
    return GGUFPair(files[_TEXT], files[_VISION])


def _opened(path: Path) -> GGUFFile:
    try:
        import gguf
    except ImportError:
        raise CheckpointError(
            f"{path} is a GGUF file; to read it, install the package gguf:"
            " pip install 'omnibench[gguf]'"
        ) from None
    try:
        return GGUFFile(path, gguf.GGUFReader(path))
    except (OSError, ValueError, IndexError, KeyError, OverflowError, MemoryError) as error:
        raise CheckpointError(f"{path} is truncated or not a GGUF file ({error})") from None


def _shape(tensor: Any) -> Shape:
    """GGUF lists the fastest dimension first."""
    return tuple(int(length) for length in reversed(tensor.shape.tolist()))


def _seeing(file: GGUFFile) -> tuple[VisionConfig, ProjectorConfig]:
    key = f"{_VISION}.vision."
    positions, width = file.shape("v.position_embd.weight")
    hidden, joined = file.shape("mm.0.weight")
    layers = {t.name.split(".")[2] for t in file.reader.tensors if t.name.startswith("v.blk.")}
    vision = VisionConfig(
        image_size=file.value(key + "image_size"),
        patch_size=file.shape("v.patch_embd.weight")[-1],
        hidden_size=width,
        intermediate_size=file.value(key + "feed_forward_length"),
        num_hidden_layers=len(layers),
        num_attention_heads=file.value(key + "attention.head_count"),
        layer_norm_eps=file.value(key + "attention.layer_norm_epsilon", 1e-6),
    )
    if joined % width or positions % (joined // width):
        raise CheckpointError(f"{file.path}: mm.0 reads {joined} numbers, not whole patches")
    tokens = positions // (joined // width)
    return vision, ProjectorConfig("reshape", visual_tokens=tokens, hidden_size=hidden)


def _text_config(file: GGUFFile, *, tied: bool) -> TextConfig:
    key = f"{_TEXT}."
    rows, width = file.shape("token_embd.weight")
    heads = file.value(key + "attention.head_count")
    return TextConfig(
        vocab_size=rows,
        hidden_size=width,
        intermediate_size=file.value(key + "feed_forward_length"),
        num_hidden_layers=file.value(key + "block_count"),
        num_attention_heads=heads,
        num_key_value_heads=file.value(key + "attention.head_count_kv", heads),
        max_position_embeddings=file.value(key + "context_length"),
        rope_theta=file.value(key + "rope.freq_base", 1e6),
        rms_norm_eps=file.value(key + "attention.layer_norm_rms_epsilon", 1e-6),
        tie_word_embeddings=tied,
    )
