"""Whether a harness's scoring is a fixed rule, or reaches for chance or for a server.

Functions are followed through the names that they use, within the harness's own code, and never
called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

_JUDGES = "lmms_eval.llm_judge"
_SERVERS = frozenset({"openai", "requests", "httpx", "anthropic", "aiohttp"})
_CHANCE = frozenset({"random", "numpy.random", "secrets"})


def doubts(function: Callable[..., Any], package: Path) -> dict[str, str]:
    """{"chance" or "server": the function that reaches for it}; empty where it is a fixed rule.

    package: the folder of the harness, whose functions alone are looked into.
    """
    found: dict[str, str] = {}
    seen: set[CodeType] = set()
    waiting = list(_functions(function, frozenset()))
    while waiting:
        current = waiting.pop()
        code = current.__code__
        if code in seen or not Path(code.co_filename).is_relative_to(package):
            continue
        seen.add(code)
        names = frozenset(_names(code))
        for name in sorted(names):
            value = current.__globals__.get(name)
            kind = _kind(value, names) or _kind_of_module(name)
            if kind:
                place = Path(code.co_filename).relative_to(package.parent)
                found.setdefault(kind, f"{place}: {code.co_name}")
            waiting.extend(_functions(value, names))
    return found


def _kind(value: object, names: frozenset[str]) -> str | None:
    """What a global that a function names is to it."""
    if value is None:
        return None
    if isinstance(value, ModuleType):
        if value.__name__ == "numpy" and "random" in names:
            return "chance"
        return _kind_of_module(value.__name__)
    module = getattr(value, "__module__", None) or type(value).__module__
    return _kind_of_module(module) if isinstance(module, str) else None


def _kind_of_module(name: str) -> str | None:
    if name in _CHANCE:
        return "chance"
    if name.partition(".")[0] in _SERVERS or name.startswith(_JUDGES):
        return "server"
    return None


def _functions(value: object, names: frozenset[str]) -> Iterator[FunctionType]:
    """The functions behind a value: itself, or the methods that are named of its class."""
    inner = getattr(value, "func", value)  # functools.partial
    inner = getattr(inner, "__wrapped__", inner)
    inner = getattr(inner, "__func__", inner)
    if isinstance(inner, FunctionType):
        yield inner
    elif inner is not None and not isinstance(inner, ModuleType):
        kind = inner if isinstance(inner, type) else type(inner)
        yield from _methods(kind, names | {"__init__", "__call__"}, set())


def _methods(kind: type, names: frozenset[str], seen: set[str]) -> Iterator[FunctionType]:
    """The named methods of a class, and those that they name in turn."""
    for name in sorted(names - seen):
        method = getattr(kind, name, None)
        if isinstance(method, FunctionType):
            seen.add(name)
            yield method
            yield from _methods(kind, frozenset(_names(method.__code__)), seen)


def _names(code: CodeType) -> Iterator[str]:
    """The names that a function uses, with those of the functions within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
