"""The YAML definitions of lmms-eval's tasks: found by name, and refused where they will not do."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnibench.errors import OmnibenchError
from omnibench.lmms.soundness import doubts

_NAMED = re.compile(rb"^(task|group|tag):[ ]*[\"']?([\w.\-]+)[\"']?[ ]*(?:#.*)?\r?$", re.MULTILINE)
_REFUSED = {
    "server": "asks a model over the network to score replies",
    "chance": "guesses at random where it cannot read a reply",
}


@dataclass(frozen=True, slots=True)
class Definition:
    """A task of lmms-eval: its YAML file, with the functions that it names loaded."""

    name: str
    settings: Mapping[str, Any]

    @property
    def split(self) -> str:
        """The split that it asks."""
        return str(self.settings.get("test_split") or self.settings.get("validation_split"))

    @property
    def generation(self) -> Mapping[str, Any]:
        """Its generation settings, with the ending that lmms-eval gives where there is none."""
        found = dict(self.settings.get("generation_kwargs") or {"do_sample": False})
        found.setdefault("until", [self.settings.get("fewshot_delimiter", "\n\n")])
        return found

    @property
    def filters(self) -> list[str]:
        """The names of the filters through which replies are scored."""
        return [entry["name"] for entry in self.settings.get("filter_list") or [{"name": "none"}]]


def package() -> Path:
    """The folder of the installed lmms-eval."""
    spec = importlib.util.find_spec("lmms_eval")
    if spec is None or spec.origin is None:
        raise OmnibenchError("lmms-eval is not installed; docs/lmms-eval.md says how")
    return Path(spec.origin).parent


def define(name: str) -> Definition:
    """A task by its name. Refused: groups, other kinds of output, scoring that is no fixed rule."""
    definition = read_definition(name)
    settings = definition.settings
    kind = settings.get("output_type", "generate_until")
    if kind != "generate_until" or "class" in settings:
        raise OmnibenchError(f"lmms:{name} is of the kind {kind}; only generate_until is served")
    if settings.get("num_fewshot"):
        raise OmnibenchError(f"lmms:{name} shows examples first; only tasks without are served")
    if settings.get("process_results_use_image") or settings.get("full_docs"):
        raise OmnibenchError(
            f"lmms:{name} scores by more than a reply and its document's words; run it by lmms-eval"
        )
    for function in _scoring(settings):
        for doubt, place in doubts(function, package()).items():
            raise OmnibenchError(
                f"lmms:{name} {_REFUSED[doubt]} ({place}); run it by lmms-eval, or take"
                " omnibench's own task where there is one"
            )
    return definition


def read_definition(name: str) -> Definition:
    """A task by its name, whatever it does. OmnibenchError where there is none."""
    return Definition(name, _load(yaml_file(name)))


def yaml_file(name: str) -> Path:
    """Where a task is defined. OmnibenchError where it is a group, or nowhere."""
    groups: dict[str, set[str]] = {}
    for file in sorted((package() / "tasks").rglob("*.yaml")):
        text = file.read_bytes()
        if name.encode() not in text:
            continue
        names = [(kind.decode(), found.decode()) for kind, found in _NAMED.findall(text)]
        if ("task", name) in names:
            return file
        members = {found for kind, found in names if kind == "task"}
        if ("group", name) in names or ("tag", name) in names:
            groups.setdefault(name, set()).update(members)
            listed = re.findall(rb"^\s+- ([\w.\-]+)\s*$", text, re.MULTILINE)
            groups[name].update(member.decode() for member in listed)
    if name in groups:
        members_named = ", ".join(sorted(groups[name] - {name})[:8])
        raise OmnibenchError(f"lmms:{name} is a group; name its tasks: {members_named}")
    raise OmnibenchError(
        f"lmms-eval has no task {name!r}; `python -m lmms_eval --tasks list` shows them"
    )


def _load(file: Path) -> dict[str, Any]:
    from lmms_eval.utils import load_yaml_config

    try:
        settings: dict[str, Any] = load_yaml_config(str(file))
    except (ImportError, OSError, AttributeError, LookupError, NameError) as error:
        # A task's own modules may want packages, or variables, that are not there.
        words = " ".join(str(error.__cause__ or error).split())
        raise OmnibenchError(f"{file.name} of lmms-eval cannot be loaded: {words}") from error
    return settings


def _scoring(settings: Mapping[str, Any]) -> Iterator[Callable[..., Any]]:
    functions = [settings.get("process_results")]
    functions += [entry.get("aggregation") for entry in settings.get("metric_list") or []]
    yield from (function for function in functions if callable(function))
