"""Headlines from run to run: the file that carries them and the chart of them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from omnibench.core import Value
from omnibench.errors import OmnibenchError
from omnibench.report import history
from omnibench.report.headlines import Headline, headlines
from omnibench.report.history import add_to_history, read_history
from omnibench.report.opened import open_runs
from omnibench.report.trend import MOST_PANELS, MOST_POINTS, series_of, trend_chart
from tests.report_runs import missing, record, timed, write_eval, write_perf


def headline(run, value=0.5, metric="f1", model="tiny"):
    figure = Value(value, "fraction", "measured", ci95=(value - 0.1, value + 0.1))
    return Headline(run, model, "pope", metric, figure)


def test_a_run_is_added_once_and_the_oldest_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "MOST_RUNS", 3)
    path = tmp_path / "history.jsonl"
    assert read_history(path) == []
    for run in "aabbccdd":
        add_to_history(path, [headline(run), headline(run, metric="accuracy")])
    entries = read_history(path)
    assert [entry.run for entry in entries] == ["b", "c", "d"]
    assert set(entries[0].headlines) == {"pope.f1", "pope.accuracy"}
    assert not list(tmp_path.glob("*.partial"))


def test_a_damaged_line_is_named(tmp_path):
    path = tmp_path / "history.jsonl"
    add_to_history(path, [headline("a")])
    with path.open("ab") as file:
        file.write(b'{"format":1,"run":\n')
    with pytest.raises(OmnibenchError, match="line 2 is damaged"):
        add_to_history(path, [headline("b")])


def test_headlines_of_runs_name_what_is_missing(tmp_path):
    write_eval(tmp_path, [record(i) for i in range(6)])
    write_eval(tmp_path, [record(i) for i in range(6)], finished=False, name="cut")
    figures = timed(0.4, 50) | {"decode_j_per_token": [missing("J/token", "no zone")]}
    write_perf(tmp_path, {"tiny": figures})
    found = {(one.model, one.name): one for one in headlines(open_runs([tmp_path]))}
    assert found["tiny", "pope.accuracy"].value.value == 1.0
    assert "cut off" in found["cut", "pope.headline"].value.reason
    assert found["tiny", "image-question.ttft_s"].value.provenance == "measured"
    joules = found["tiny", "image-question.decode_j_per_token"]
    assert (joules.no_sensor, joules.value.reason) == (True, "no zone")


def test_the_chart_has_a_panel_a_headline_and_a_line_a_model(tmp_path):
    path = tmp_path / "history.jsonl"
    for run in range(MOST_POINTS + 5):
        add_to_history(
            path, [headline(f"r{run}", 0.5 + run / 500), headline(f"r{run}", 0.4, "acc")]
        )
    add_to_history(path, [headline("x", model="once <b>"), headline("y", 0.6, model="other & <b>")])
    add_to_history(path, [headline("z", 0.7, model="other & <b>")])
    series = series_of(read_history(path))
    assert {(one.name, one.model) for one in series} == {
        ("pope.f1", "tiny"), ("pope.acc", "tiny"), ("pope.f1", "other & <b>"),
    }  # fmt: skip
    assert max(len(one.values) for one in series) == MOST_POINTS
    root = ElementTree.fromstring(trend_chart(series, "trend"))
    text = " ".join(root.itertext())
    assert "pope.f1, %" in text
    assert "other & <b>" in text
    assert "once" not in text


def test_one_run_makes_no_chart(tmp_path):
    add_to_history(tmp_path / "h", [headline("a")])
    assert trend_chart(series_of(read_history(tmp_path / "h")), "trend") is None


def test_a_chart_stays_small(tmp_path):
    for run in "ab":
        add_to_history(tmp_path / "h", [headline(run, metric=f"m{i}") for i in range(30)])
    chart = trend_chart(series_of(read_history(tmp_path / "h")), "trend")
    assert f"pope.m{MOST_PANELS - 1}" in chart
    assert f"pope.m{MOST_PANELS}," not in chart
