import pandas as pd
import pytest

import omnibench
from omnibench.core import Value
from omnibench.errors import OmnibenchError
from omnibench.report.frames import PERF_COLUMNS, SAMPLE_COLUMNS, SCORE_COLUMNS, write_csv
from tests.report_runs import measured, missing, record, timed, write_eval, write_perf


@pytest.fixture
def runs(tmp_path):
    more = {"accuracy/popular": missing("fraction", "the pack lacks it")}
    write_eval(tmp_path, [record(n, right=n > 0) for n in range(4)], more=more)
    write_perf(tmp_path, {"tiny": timed(1.9, 14.0)})
    return tmp_path


def test_load_gives_the_figures_that_the_runs_hold(runs):
    frames = omnibench.load(runs)
    headline = frames.scores[frames.scores["headline"]].iloc[0]
    assert (headline["task"], headline["metric"], headline["value"]) == ("pope", "accuracy", 0.75)
    assert (headline["low"], headline["high"], headline["n"]) == (0.65, 0.85, 4)
    ttft = frames.perf.query("quantity == 'ttft_s'").set_index("provenance")["value"]
    assert ttft.to_dict() == {"measured": 1.9, "projected": pytest.approx(0.76), "published": 0.75}
    assert set(frames.runs["kind"]) == {"eval", "perf"}


def test_samples_and_trials_are_one_row_a_record_and_a_reading(runs):
    frames = omnibench.load(str(runs))
    assert list(frames.samples["score/official"]) == [0.0, 1.0, 1.0, 1.0]
    assert list(frames.samples["answer/official"]) == ["no", "yes", "yes", "yes"]
    assert list(frames.samples["facet/category"].unique()) == ["popular"]
    assert list(frames.trials["reading"]) == ["ttft.time_s", "decode.package_j"]
    assert frames.trials["temperature_c"].iloc[0] == 41.5


def test_what_is_missing_has_no_value_and_a_reason(runs):
    frames = omnibench.load([runs])
    facet = frames.scores.query("metric == 'accuracy/popular'").iloc[0]
    assert pd.isna(facet["value"])
    assert facet["reason"] == "the pack lacks it"


def test_tables_without_rows_have_their_columns(tmp_path):
    write_eval(tmp_path / "evals", [], score=Value(None, "fraction", "missing", reason="none"))
    frames = omnibench.load(tmp_path / "evals")
    assert tuple(frames.perf.columns) == PERF_COLUMNS
    assert tuple(frames.samples.columns) == SAMPLE_COLUMNS
    assert tuple(frames.scores.columns) == SCORE_COLUMNS


def test_csv_holds_the_same_tables(runs, tmp_path):
    frames = omnibench.load(runs)
    written = write_csv(frames, tmp_path / "tables")
    assert [path.name for path in written] == [
        "runs.csv", "scores.csv", "samples.csv", "perf.csv", "trials.csv",
    ]  # fmt: skip
    read = pd.read_csv(tmp_path / "tables" / "scores.csv")
    assert list(read["value"].dropna()) == list(frames.scores["value"].dropna())


def test_runs_of_one_model_are_told_apart(tmp_path):
    for _ in range(2):
        write_eval(tmp_path, [record(0)])
    write_eval(tmp_path, [record(0)], control="blind")
    names = list(omnibench.load(tmp_path).runs["run"])
    assert len(set(names)) == 3
    assert "tiny, blind" in names


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(OmnibenchError, match="is not a run"):
        omnibench.load(tmp_path)


def test_a_run_that_is_named_twice_is_refused(tmp_path):
    run = write_eval(tmp_path, [record(0)])
    with pytest.raises(OmnibenchError, match="named twice"):
        omnibench.load([run.folder, tmp_path])


def test_figures_of_two_perf_runs_stay_apart(tmp_path):
    write_perf(tmp_path, {"tiny": {"ttft_s": [measured(1.0, "s")]}})
    write_perf(tmp_path, {"tiny": {"ttft_s": [measured(2.0, "s")]}})
    perf = omnibench.load(tmp_path).perf
    assert perf.groupby("run")["value"].sum().tolist() == [1.0, 2.0]
