"""From the words of a command to tasks with their packs, rules and samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from omnibench.core import Backend, Control, Judge, Rule, Sample
from omnibench.data.find import Found, find_pack
from omnibench.data.replies import check_replies, read_replies
from omnibench.data.verify import check_hash
from omnibench.engine.controls import MajorityBackend, apply_control, majority_answer
from omnibench.engine.limit import choose
from omnibench.errors import OmnibenchError
from omnibench.loading import NamedTask
from omnibench.plan import TaskPlan, survey


@dataclass(frozen=True, slots=True)
class Asked:
    """A task on its pack: what is going to be asked. chosen: the ids of a limited run."""

    named: NamedTask
    found: Found
    rules: dict[str, Rule]
    chosen: frozenset[str] | None

    def samples(self, control: Control | None = None, seed: int = 0) -> Iterator[Sample]:
        """The samples in order, as a control shows them."""
        split = self.named.split
        for sample in apply_control(self.named.task.samples(self.found.pack, split), control, seed):
            if self.chosen is None or sample.id in self.chosen:
                yield sample

    def _count(self) -> int:
        return sum(1 for _ in self.named.task.samples(self.found.pack, self.named.split))

    def plan(self) -> TaskPlan:
        """What a plan keeps of it."""
        task, header = self.named.task, self.found.pack.header
        source = self.named.source
        n, ids, prompts = survey(self.samples())
        population = n if self.chosen is None else self._count()
        if n == 0:
            raise OmnibenchError(f"pack {self.found.pack.folder} has no row of {self.named.label}")
        return TaskPlan(
            label=self.named.label,
            name=task.name,
            split=self.named.split,
            version=task.version,
            source=None if source is None else str(source.resolve()),
            pack=header.name,
            pack_folder=str(self.found.pack.folder.resolve()),
            kind=self.found.kind,
            rows_sha256=header.rows_sha256,
            n=n,
            population=population,
            ids_sha256=ids,
            prompts_sha256=prompts,
            decoding=task.decoding,
            rules=tuple(self.rules),
        )


def ask_for(
    named: NamedTask,
    rules: dict[str, Rule],
    *,
    data: Path | None,
    full: bool,
    limit: int | None,
    seed: int,
) -> Asked:
    """Find and check the pack of a task and, with a limit, choose its samples."""
    if named.find is not None:
        found = named.find(data)
    else:
        found = find_pack(named.task, named.split, data, full=full)
        check_hash(found.pack)
    chosen = None
    if limit is not None:
        chosen = choose(named.task.samples(found.pack, named.split), limit, f"{seed}/{named.label}")
    return Asked(named, found, rules, chosen)


def choose_rules(tasks: list[NamedTask], words: str | None) -> dict[str, dict[str, Rule]]:
    """Label -> the rules named in `words` ("official,lmms-eval-0.7.3"); all where it is None."""
    if words is None:
        return {named.label: dict(named.task.rules) for named in tasks}
    names = [name.strip() for name in words.split(",")]
    known = {rule: None for named in tasks for rule in named.task.rules}
    for name in names:
        if name not in known:
            raise OmnibenchError(f"no rule {name!r}; known: {', '.join(known)}")
    chosen = {}
    for named in tasks:
        rules = named.task.rules
        chosen[named.label] = {name: rules[name] for name in names if name in rules}
        if not chosen[named.label]:
            raise OmnibenchError(f"{named.label} has no rule {words}; it has: {', '.join(rules)}")
    return chosen


def open_judge(spec: str | None, repeats: int, rules: dict[str, dict[str, Rule]]) -> Judge | None:
    """The judge, where one is named; refused where no rule needs it."""
    if spec is None:
        return None
    if not any(rule.judged for chosen in rules.values() for rule in chosen.values()):
        raise OmnibenchError(f"no rule of {', '.join(rules)} needs a judge; leave --judge out")
    from omnibench import judges

    return judges.open_judge(spec, repeats=repeats)


def majority(asked: list[Asked]) -> Backend:
    """The control `majority`: the most frequent right answer of the rows that will be asked."""
    answers = {}
    for item in asked:
        answer = majority_answer(item.samples())
        if answer is None:
            raise OmnibenchError(
                f"--control majority needs right answers, and those of {item.named.label} are not"
                " public; leave it out"
            )
        answers[item.named.label] = answer
    return MajorityBackend(answers)


def replay_data(model: str) -> Path | None:
    """The folder of packs in `replay:DIR/NAME`; None for `replay:FILE`."""
    path = Path(model.removeprefix("replay:"))
    return None if path.is_file() or path.suffix == ".jsonl" else path.parent


def recorded_replies(model: str, asked: list[Asked]) -> dict[str, dict[str, str]]:
    """Task -> id -> reply of a `replay:` model, checked against the rows that will be asked."""
    path = Path(model.removeprefix("replay:"))
    one_file = replay_data(model) is None
    if one_file and len(asked) > 1:
        raise OmnibenchError(
            f"{model} is one file of replies and serves one task; for several name"
            " replay:DIR/NAME (replies/NAME.jsonl of every pack in DIR)"
        )
    replies = {}
    for item in asked:
        file = path if one_file else item.found.pack.folder / "replies" / f"{path.name}.jsonl"
        replies[item.named.label] = read = read_replies(file)
        check_replies(file, read, (s.id for s in item.samples()), item.found.pack.ids())
    return replies
