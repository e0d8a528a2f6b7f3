"""lmms-eval's replies under our own task: joined with the rows of a pack, read by our rules."""

from __future__ import annotations

from pathlib import Path

from omnibench.core import Rule, Sample, SampleRecord
from omnibench.data.find import find_pack
from omnibench.data.verify import check_hash
from omnibench.engine.evaluate import score
from omnibench.engine.results import Tally
from omnibench.errors import OmnibenchError
from omnibench.lmms.generation import decoding
from omnibench.lmms.importing import Imported
from omnibench.lmms.results_files import Line, TaskFiles
from omnibench.loading import load_task
from omnibench.plan import TaskPlan, survey


def as_our_task(task: TaskFiles, data: Path) -> Imported:
    """A task with replies as one of ours: its figures are by our rules, and can be made again.

    A document is the row at its place in the pack. Raises OmnibenchError where the questions show
    that it is not.
    """
    named = load_task(task.name)
    if not task.lines:
        raise OmnibenchError(f"{task.name} has no samples file; leave --data out")
    found = find_pack(named.task, named.split, data)
    check_hash(found.pack)
    rules = dict(named.task.rules)
    rows = list(named.task.samples(found.pack, named.split))
    records = [_record(named.label, rules, line, _row(line, rows, data)) for line in task.lines]
    tally = Tally(rules)
    for record in records:
        tally.add(record)
    n, ids, prompts = survey(record.sample() for record in records)
    header = found.pack.header
    plan = TaskPlan(
        label=named.label,
        name=named.task.name,
        split=named.split,
        version=named.task.version,
        source=None,
        pack=header.name,
        pack_folder=str(found.pack.folder.resolve()),
        kind=found.kind,
        rows_sha256=header.rows_sha256,
        n=n,
        # lmms-eval's --limit takes the first rows, which are no sample of the others.
        population=n,
        ids_sha256=ids,
        prompts_sha256=prompts,
        decoding=decoding(task.config.get("generation_kwargs") or {}),
        rules=tuple(rules),
    )
    return Imported(plan, records, tally.result(plan, seed=0))


def is_ours(name: str) -> bool:
    """Whether we have a task of that name or alias."""
    try:
        load_task(name)
    except OmnibenchError:
        return False
    return True


def _row(line: Line, rows: list[Sample], data: Path) -> Sample:
    if line.doc_id >= len(rows):
        raise OmnibenchError(
            f"document {line.doc_id} is beyond the {len(rows)} rows of {data}; name the whole pack"
        )
    row = rows[line.doc_id]
    first = next((text for text in row.prompt.splitlines() if text.strip()), "")
    if _letters(first) not in _letters(line.prompt):
        raise OmnibenchError(
            f"document {line.doc_id} asks {line.prompt[:60]!r}, row {row.id} of {data}"
            f" {first[:60]!r}; name the pack of the rows that lmms-eval asked, in their order"
        )
    return row


def _letters(text: str) -> str:
    """Prompts differ in case, spaces and punctuation."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _record(label: str, rules: dict[str, Rule], line: Line, row: Sample) -> SampleRecord:
    readings, scores = score(row, line.reply, rules, None)
    return SampleRecord(
        task=label,
        id=row.id,
        prompt=line.prompt,
        target=row.target,
        reply=line.reply,
        group=row.group,
        facets=row.facets,
        choices=row.choices,
        readings=readings,
        scores=scores,
        tokens_in=line.tokens_in,
        tokens_out=line.tokens_out,
    )
