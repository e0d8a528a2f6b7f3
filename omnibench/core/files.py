"""TOML files that people write, read strictly."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from omnibench.errors import OmnibenchError

Kind = TypeVar("Kind")


def read_toml(path: Path, kind: type[Kind], what: str) -> Kind:
    """The file as a record. Raises OmnibenchError naming the file and the key at fault."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise OmnibenchError(f"{what} {path}: {error.strerror or error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OmnibenchError(f"{what} {path}: {error}") from None
    except RecursionError:
        raise OmnibenchError(f"{what} {path}: nested too deeply") from None
