"""A run cut anywhere in its records, and gone on with, ends as the run that was not cut."""

import contextlib
import io
import json
import os
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnibench.cli import main


def without_times(path):
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        row.pop("seconds", None)
    return rows


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of the fake model over two bundled packs."""
    out = tmp_path_factory.mktemp("runs")
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["eval", "--model", "fake", "--tasks", "chartqa,pope", "--out", str(out)]) == 0
    (run,) = out.iterdir()
    return run


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(share=st.floats(0, 1), garbage=st.binary(max_size=40).filter(lambda b: b"\n" not in b))
def test_a_run_cut_at_any_byte_ends_as_the_uncut_one(finished, tmp_path_factory, share, garbage):
    cut = tmp_path_factory.mktemp("cut") / "run"
    shutil.copytree(finished, cut)
    (cut / "results.json").unlink()
    samples = cut / "samples.jsonl"
    size = int(share * samples.stat().st_size)
    os.truncate(samples, size)
    with samples.open("ab") as file:
        file.write(garbage)
    whole_lines = samples.read_bytes().rpartition(b"\n")[0]
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["eval", "--resume", str(cut)]) == 0
    assert samples.read_bytes().startswith(whole_lines)
    assert without_times(samples) == without_times(finished / "samples.jsonl")
    assert (cut / "results.json").read_bytes() == (finished / "results.json").read_bytes()
