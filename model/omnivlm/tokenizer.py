"""Text to token ids and back, on the `tokenizers` library."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers, trainers

from omnivlm.errors import CheckpointError
from omnivlm.prompts import IMAGE_PAD, SPECIAL_TOKENS, TURN_START, Part, Special

# How Qwen2 cuts text before byte pairs are merged: words with their space, single digits, signs.
_QWEN2_PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
    r"\s*[\r\n]+|\s+(?!\S)|\s+"
)

_HEADER = "assistant"
_TINY = ("corpus.txt", "drawn.txt", "words.txt")
_WORDS_WEIGH = 5  # so often they count: none is left in pieces


class Tokenizer:
    """A tokenizer.json. Text that spells a special token is read as text.

    needed: the special tokens without which it is refused. Where the image's is not among them and
    not there, its place is held by the first id that is free.
    """

    def __init__(
        self, tokenizer_json: str, where: str, needed: Sequence[str] = SPECIAL_TOKENS
    ) -> None:
        self.tokenizer_json = tokenizer_json
        self._whole = _parsed(tokenizer_json, where)
        # The same without special tokens: no text that it reads can become one.
        self._plain = _parsed(json.dumps({**json.loads(tokenizer_json), "added_tokens": []}), where)
        self._vocabulary: dict[str, int] = self._whole.get_vocab(with_added_tokens=True)
        self.special = {name: self._special_id(name, where) for name in needed}
        if IMAGE_PAD not in self.special:
            free = max(self._vocabulary.values()) + 1
            self.special[IMAGE_PAD] = self._vocabulary.get(IMAGE_PAD, free)

    @property
    def highest_id(self) -> int:
        """The largest token id, which the embedding table must have."""
        return max(*self._vocabulary.values(), self.special[IMAGE_PAD])

    def encode(self, parts: Sequence[Part]) -> list[int]:
        """Template parts -> token ids."""
        ids: list[int] = []
        for part in parts:
            if isinstance(part, Special):
                ids.append(self.special[part.name])
            else:
                # Half a surrogate pair is no text; it becomes a question mark.
                text = part.encode("utf-8", "replace").decode("utf-8")
                ids += self._plain.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Token ids -> text, special tokens left out."""
        text: str = self._whole.decode(ids, skip_special_tokens=True)
        return text

    def reply(self, ids: Sequence[int]) -> str:
        """What a reply says: generated ids -> text, less the assistant's header.

        The template ends with the user's turn, so that the model itself begins with
        `<|im_start|>assistant` and a newline, possibly after a newline.
        """
        start = self.special[TURN_START]
        if start not in ids[:2]:
            return self.decode(ids)
        text = self.decode(ids[list(ids).index(start) + 1 :])
        header, newline, rest = text.partition("\n")
        if newline:
            return rest if header.strip() == _HEADER else text
        return "" if _HEADER.startswith(header.strip()) else text

    def _special_id(self, name: str, where: str) -> int:
        if name not in self._vocabulary:
            raise CheckpointError(f"{where} has no token {name}; it is not of Qwen2's family")
        return self._vocabulary[name]


def read_tokenizer(path: Path, needed: Sequence[str] = SPECIAL_TOKENS) -> Tokenizer:
    """A tokenizer.json from disk."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from None
    return Tokenizer(text, str(path), needed)


def tiny_tokenizer(vocabulary: int) -> Tokenizer:
    """The small models' tokenizer: byte pairs of the bundled lines of questions and answers.

    corpus.txt is written by hand; drawn.txt holds a turn of each of 200 conversations of the drawn
    world's training part, so that what the small models mostly read is short; words.txt holds what
    that world has names for, and the words that it says most often. They become one token each,
    with a space before them and without: a small model finds one token again, and hardly several.
    """
    text = {name: files("omnivlm").joinpath("tiny", name).read_text("utf-8") for name in _TINY}
    lines = [line for each in text.values() for line in each.splitlines(keepends=True)]
    words = [form for word in text["words.txt"].split() for form in (word, f" {word}")]
    return trained_tokenizer([*lines, *words * _WORDS_WEIGH], vocabulary)


def trained_tokenizer(lines: Iterable[str], vocabulary: int) -> Tokenizer:
    """Byte-level byte-pair encoding of at most `vocabulary` tokens; reads and writes any text."""
    tokenizer = _byte_level(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=1,
        show_progress=False,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(lines, trainer)
    return Tokenizer(tokenizer.to_str(), "the small tokenizer")


def byte_pair_tokenizer(
    vocabulary: Mapping[str, int], merges: Sequence[str], special: Sequence[str], where: str
) -> Tokenizer:
    """Qwen2's from its parts. A merge is two tokens with a space between."""
    pairs = [(left, right) for left, _, right in (merge.partition(" ") for merge in merges)]
    try:
        tokenizer = _byte_level(models.BPE(dict(vocabulary), pairs))
    except Exception as error:  # noqa: BLE001 - the library raises bare Exception for bad merges
        raise CheckpointError(f"{where}: its tokenizer cannot be read: {error}") from None
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_special_tokens(list(special))
    return Tokenizer(tokenizer.to_str(), where)


def _byte_level(model: models.BPE) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_QWEN2_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _parsed(tokenizer_json: str, where: str) -> Any:
    try:
        json.loads(tokenizer_json)
        return tokenizers.Tokenizer.from_str(tokenizer_json)
    except Exception as error:  # noqa: BLE001 - the library raises bare Exception for a bad file
        raise CheckpointError(f"{where} is not a tokenizer.json: {error}") from None
