"""`omnibench compare` and `gate init` as users give them."""

from __future__ import annotations

import json
import re
import tomllib
from xml.etree import ElementTree

import pytest

from omnibench.cli.compare import _FINGERPRINTS
from omnibench.core import Value
from omnibench.report.matching import REFUSED, asked_alike
from tests.e2e.conftest import write_replies
from tests.report_runs import measured, missing, timed, write_eval, write_perf
from tests.report_runs import record as asked

GATE = '[[gate]]\ntask = "pope"\nmetric = "accuracy/pooled"\nkind = "{}"\nmargin = {}\n'


@pytest.fixture
def run_of(omnibench, pope_pack, tmp_path):
    """An eval run of POPE's form: the ids answered wrong -> its folder."""
    pack = pope_pack(360)

    def make(name, wrong):
        replies = {}
        for number in range(360):
            right = "yes" if number % 2 else "no"
            replies[f"r{number}"] = right if number not in wrong else "yes"  # all even ones
        file = write_replies(tmp_path / f"{name}.jsonl", replies)
        done = omnibench(
            "eval", "--model", f"replay:{file}", "--tasks", "pope", "--data", pack, "--json"
        )
        return tmp_path / done.json()["run"]

    return make


@pytest.fixture
def sides(run_of):
    return run_of("base", range(0, 20, 2)), run_of("candidate", range(10, 360, 4))


def test_without_a_gate_the_exit_code_is_0_whatever_the_difference(omnibench, sides):
    done = omnibench("compare", *sides)
    assert done.code == 0
    assert "pope" in done.out
    found = omnibench("compare", *sides, "--json").json()
    task = found["comparison"]["tasks"][0]
    before, after = set(range(0, 20, 2)), set(range(10, 360, 4))
    worse, better = len(after - before), len(before - after)
    assert (task["worse"], task["better"], task["n"], task["clusters"]) == (worse, better, 360, 20)
    pooled = task["metrics"]["official"]["accuracy/pooled"]
    assert pooled["difference"]["value"] == pytest.approx((better - worse) / 360)
    assert found["verdict"] is None
    assert {flip["change"] for flip in task["flips"][:worse]} == {"worse"}
    assert {flip["id"] for flip in task["flips"][worse:]} == {f"r{i}" for i in before - after}


@pytest.mark.parametrize(
    ("kind", "margin", "code", "word"),
    [
        ("noninferior", 0.4, 0, "PASS"),
        ("noninferior", 0.05, 1, "FAIL"),
        ("noninferior", 0.21, 3, "INCONCLUSIVE"),
        ("floor", 0.5, 0, "PASS"),
        ("ceiling", 0.5, 1, "FAIL"),
        ("exact", 0.0, 1, "FAIL"),
    ],
)
def test_the_verdict_is_the_same_everywhere(omnibench, sides, tmp_path, kind, margin, code, word):
    gates = tmp_path / "gates.toml"
    gates.write_text(GATE.format(kind, margin))
    pages = [tmp_path / name for name in ("page.html", "junit.xml", "summary.md")]
    flags = ["--gate", gates, "--html", pages[0], "--junit", pages[1], "--summary", pages[2]]
    done = omnibench("compare", *sides, *flags)
    assert done.code == code
    assert word in done.out
    document = omnibench("compare", *sides, "--gate", gates, "--json")
    assert document.code == document.json()["verdict"]["exit_code"] == code
    assert word.lower() in pages[0].read_text().lower()
    root = ElementTree.parse(pages[1]).getroot()
    status = {0: [], 1: ["failure"], 3: ["error"]}[code]
    assert [child.tag for child in root.iter() if child.tag in ("failure", "error")] == status
    assert (root.get("tests"), root.get("failures")) == ("1", str(int(code == 1)))
    assert f" {word.lower()}\n" in pages[2].read_text().splitlines(keepends=True)[0]


def test_gate_init_writes_margins_that_the_run_can_show(omnibench, sides, tmp_path):
    base, candidate = sides
    first = omnibench("gate", "init", base)
    assert first.code == 0
    gates = tomllib.loads((tmp_path / "gates.toml").read_text())["gate"]
    mde = json.loads((base / "results.json").read_text())["tasks"]["pope"]["mde"]["value"]
    assert [(gate["task"], gate["metric"]) for gate in gates] == [("pope", "mean_f1")]
    # of 20 clusters even no change at all leaves as much open as one of them flipped either way
    assert gates[0]["margin"] == pytest.approx(max(mde, 1.96 * 2**0.5 / 22), abs=0.01)
    assert gates[0]["margin"] >= mde
    assert omnibench("compare", base, base, "--gate", "gates.toml").code == 0
    again = omnibench("gate", "init", candidate)
    assert again.code == 2
    assert "gates.toml is there already" in again.err


def test_timings_are_gated_by_their_ratio_and_what_is_computed_exactly(omnibench, tmp_path):
    base = write_perf(tmp_path / "a", {"tiny": timed(0.40, 50)})
    slower = write_perf(tmp_path / "b", {"tiny": timed(0.80, 25)})
    assert omnibench("gate", "init", base.folder).code == 0
    gates = tomllib.loads((tmp_path / "gates.toml").read_text())["gate"]
    kinds = {gate["metric"]: gate["kind"] for gate in gates}
    assert kinds["ttft_s"] == kinds["decode_tok_per_s"] == "noninferior"
    assert kinds["visual_tokens"] == kinds["params"] == "exact"
    assert "decode_j_per_token" not in kinds
    assert omnibench("compare", base.folder, slower.folder, "--gate", "gates.toml").code == 1
    assert omnibench("compare", slower.folder, base.folder, "--gate", "gates.toml").code == 0


def test_runs_of_a_folder_are_the_unit_of_timings(omnibench, tmp_path):
    for number, ttft in enumerate((0.40, 0.41, 0.39)):
        write_perf(tmp_path / "a" / str(number), {"tiny": timed(ttft, 50)})
        write_perf(tmp_path / "b" / str(number), {"tiny": timed(ttft * 1.1, 50)})
    sides = []
    for side in ("a", "b"):
        folder = tmp_path / f"runs-{side}"
        folder.mkdir()
        for number, run in enumerate(sorted((tmp_path / side).glob("*/*"))):
            run.rename(folder / f"{run.name}-{number}")
        sides.append(folder)
    found = omnibench("compare", *sides, "--json").json()["comparison"]
    ttft = next(one for one in found["perf"] if one["quantity"] == "ttft_s")
    assert ttft["ratio"]["value"] == pytest.approx(1.1)
    assert "3 and 3 runs" in ttft["ratio"]["method"]
    assert ttft["base"]["n"] == 3


def test_a_contended_run_decides_nothing(omnibench, tmp_path):
    base = write_perf(tmp_path / "a", {"tiny": timed(0.40, 50)})
    disturbed = write_perf(tmp_path / "b", {"tiny": timed(0.10, 90)}, contended=True)
    gates = tmp_path / "gates.toml"
    gates.write_text(
        '[[gate]]\ncase = "image-question"\nmetric = "ttft_s"\nkind = "noninferior"\nmargin = 0.1\n'
    )
    assert omnibench("compare", base.folder, disturbed.folder, "--gate", gates).code == 3


@pytest.mark.parametrize(
    ("meters", "status"), [(("clock", "memory"), "skipped"), (("clock", "powercap"), "error")]
)
def test_a_missing_sensor_is_skipped_and_a_failed_one_an_error(omnibench, tmp_path, meters, status):
    figures = timed(0.4, 50) | {"decode_j_per_token": [missing("J/token", "it was torn off")]}
    runs = [write_perf(tmp_path / side, {"tiny": figures}, meters=meters).folder for side in "ab"]
    (tmp_path / "gates.toml").write_text(
        '[[gate]]\ncase = "image-question"\nmetric = "decode_j_per_token"\nkind = "ceiling"\n'
        "margin = 1.0\n"
    )
    done = omnibench("compare", *runs, "--gate", "gates.toml", "--junit", "junit.xml")
    assert done.code == 3
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert [child.tag for child in root.iter() if child.tag in ("skipped", "error")] == [status]


@pytest.mark.parametrize(
    ("changes", "fingerprint"),
    [
        ({"task_rows_sha256": "1" * 64}, "data"),
        ({"task_prompts_sha256": "3"}, "prompt"),
        ({"control": "blind"}, "prompt"),
        ({"task_version": 2}, "rule"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_the_name_of_its_fingerprint(
    omnibench, tmp_path, changes, fingerprint
):
    records = [asked(number, right=number % 3 > 0) for number in range(60)]
    base = write_eval(tmp_path / "a", records).folder
    other = write_eval(tmp_path / "b", records, **changes).folder
    done = omnibench("compare", base, other)
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert f"pope: {fingerprint} (" in done.err
    assert f"--even-if {fingerprint}" in done.err
    allowed = omnibench("compare", base, other, "--even-if", fingerprint)
    assert allowed.code == 0
    assert "compared all the same" in allowed.out


def test_a_judge_counts_only_where_it_has_a_say(omnibench, tmp_path):
    records = [asked(number, right=number % 3 > 0) for number in range(60)]
    base = write_eval(tmp_path / "a", records)
    other = write_eval(tmp_path / "b", records, judge="replay:other")
    assert omnibench("compare", base.folder, other.folder).code == 0  # nobody judges POPE
    sides = [(run.plan, run.plan.tasks[0]) for run in (base, other)]
    assert [found.fingerprint for found in asked_alike(*sides, judged=True)] == ["rule"]


@pytest.mark.parametrize(
    ("changes", "fingerprint"),
    [
        ({"machine": {"cpu": "Another processor"}}, "machine"),
        ({"threads": 4}, "threads"),
        ({"dtype": "bfloat16"}, "dtype"),
    ],
)
def test_timings_of_another_machine_are_refused(omnibench, tmp_path, changes, fingerprint):
    base = write_perf(tmp_path / "a", {"tiny": timed(0.4, 50)}).folder
    other = write_perf(tmp_path / "b", {"tiny": timed(0.4, 50)}, **changes).folder
    (tmp_path / "gates.toml").write_text(
        '[[gate]]\ncase = "image-question"\nmetric = "ttft_s"\nkind = "ceiling"\nmargin = 9\n'
    )
    done = omnibench("compare", base, other, "--gate", "gates.toml")
    assert done.code == 2
    assert f"perf: {fingerprint} (" in done.err
    assert omnibench("compare", base, other, "--even-if", fingerprint).code == 0


def test_what_is_computed_is_the_same_on_every_machine(omnibench, tmp_path):
    figures = {"params": [Value(5e6, "params", "derived")]}
    base = write_perf(tmp_path / "a", {"tiny": figures}).folder
    other = write_perf(tmp_path / "b", {"tiny": figures}, machine={"cpu": "Another"}).folder
    assert omnibench("compare", base, other).code == 0


def test_only_common_samples_are_compared_where_the_data_may_differ(omnibench, tmp_path):
    base = write_eval(tmp_path / "a", [asked(i) for i in range(60)], task_ids_sha256="x").folder
    other = write_eval(tmp_path / "b", [asked(i, right=i > 40) for i in range(30, 90)]).folder
    done = omnibench("compare", base, other, "--even-if", "data", "--json")
    task = done.json()["comparison"]["tasks"][0]
    assert (task["n"], task["left_out"], task["worse"]) == (30, 60, 11)


def test_history_holds_each_run_once(omnibench, sides, tmp_path):
    for _ in range(2):
        for candidate in sides:
            omnibench("compare", sides[0], candidate, "--history", "history.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [line["run"] for line in lines] == [side.name for side in sides]
    assert set(lines[0]["headlines"]) == {"pope.mean_f1"}
    (tmp_path / "history.jsonl").write_text('{"format": 1}\n')
    done = omnibench("compare", *sides, "--history", "history.jsonl")
    assert done.code == 2
    assert "line 1 is damaged" in done.err


def spoil_cut(folder):
    (folder / "results.json").unlink()
    lines = (folder / "samples.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "samples.jsonl").write_bytes(b"".join(lines[:7]) + lines[7][:20])


def spoil_records(folder):
    (folder / "samples.jsonl").unlink()


def spoil_line(folder):
    lines = (folder / "samples.jsonl").read_bytes().splitlines(keepends=True)
    lines[3] = lines[3][:40] + b"\n"
    (folder / "samples.jsonl").write_bytes(b"".join(lines))


def spoil_format(folder):
    plan = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps(plan | {"format": 9}))


def spoil_older_format(folder):
    text = (folder / "samples.jsonl").read_text()
    (folder / "samples.jsonl").write_text(text.replace('"format":1', '"format":0'))


def spoil_results(folder):
    text = (folder / "results.json").read_text()
    results = json.loads(text)
    for figures in results["tasks"]["pope"]["metrics"].values():
        for value in figures.values():
            if value["value"] is not None:
                value["value"] *= 0.5
    (folder / "results.json").write_text(json.dumps(results))


def spoil_folder(folder):
    (folder / "plan.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoil_cut, "cut off"), (spoil_records, "cut off: 0 of 360 records"),
        (spoil_line, "line 4"), (spoil_format, "format 9"), (spoil_older_format, "samples.jsonl"),
        (spoil_results, "not what the records give"), (spoil_folder, "not a run"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("which", [0, 1])
def test_a_damaged_run_is_one_clear_line_and_never_green(
    omnibench, sides, tmp_path, spoil, says, which
):
    spoil(sides[which])
    (tmp_path / "gates.toml").write_text(GATE.format("floor", 0.0))
    done = omnibench("compare", *sides, "--gate", "gates.toml", "--junit", "junit.xml")
    assert done.code == 2
    assert says in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""


def test_bad_words_are_one_clear_line(omnibench, sides, tmp_path):
    gates = tmp_path / "gates.toml"
    gates.write_text(GATE.format("floor", 0.5).replace("accuracy/pooled", "accurasy"))
    for words, says in [
        (["--gate", gates], "'accurasy' of pope; known: mean_f1"),
        (["--gate", tmp_path / "none.toml"], "gate init"),
        (["--html", tmp_path / "none" / "page.html"], "cannot be written"),
        (["--junit", tmp_path], "is a folder"),
        (["--summary", tmp_path / "none" / "s.md"], "cannot be written"),
        (["--even-if", "weather"], "known: data"),
    ]:
        done = omnibench("compare", *sides, *words)
        assert done.code == 2
        assert says in done.err
        assert done.err.count("\n") == 1


def test_an_eval_and_a_timing_have_nothing_in_common(omnibench, sides, tmp_path):
    timings = write_perf(tmp_path / "p", {"tiny": {"ttft_s": [measured(1, "s")]}}).folder
    done = omnibench("compare", sides[0], timings)
    assert done.code == 2
    assert "nothing in common: pope on one side, timings of tiny" in done.err


def test_a_gate_on_what_only_one_side_has_is_not_measured(omnibench, sides, tmp_path):
    (tmp_path / "gates.toml").write_text(
        '[[gate]]\ntask = "mmmu"\nmetric = "accuracy"\nkind = "floor"\nmargin = 0.1\n'
    )
    done = omnibench("compare", *sides, "--gate", "gates.toml")
    assert done.code == 3
    assert "not measured" in done.out


def test_the_two_lists_of_fingerprints_are_one():
    assert _FINGERPRINTS == REFUSED


def replayed(omnibench, tmp_path, evidence, pack, task, models):
    """model -> the run of its recorded replies."""
    folder = evidence / pack
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    runs = []
    for model in models:
        words = ("--model", f"replay:{folder / 'replies' / f'{model}.jsonl'}", "--data", folder)
        runs.append(tmp_path / omnibench("eval", *words, "--tasks", task, "--json").json()["run"])
    return folder, *runs


def lines(path):
    return {row["id"]: row for row in map(json.loads, path.read_text().splitlines())}


def flips_of(before, after):
    changed = (row for row in before if before[row] != after[row])
    return {(row, "better" if after[row] > before[row] else "worse") for row in changed}


def test_real_replies_of_two_models_on_scienceqa(omnibench, evidence, tmp_path):
    models = ("llava-13b-v0", "llava-1.5-13b")
    folder, better, worse = replayed(
        omnibench, tmp_path, evidence, "scienceqa-test-4241", "scienceqa", models
    )
    found = omnibench("compare", better, worse, "--json").json()["comparison"]["tasks"][0]
    rows = lines(folder / "rows.jsonl")
    before, after = (read_as_llava_does(folder, rows, model) for model in models)
    assert {(flip["id"], flip["change"]) for flip in found["flips"]} == flips_of(before, after)
    official = json.loads((folder / "expected.json").read_text())
    one, two = (official[model]["official"]["accuracy"] for model in models)
    headline = found["metrics"]["official"]["accuracy"]
    assert headline["difference"]["value"] == pytest.approx(two - one)
    assert headline["p_method"] == "McNemar mid-p"
    assert omnibench("gate", "init", better).code == 0
    assert omnibench("compare", better, worse, "--gate", "gates.toml").code == 1
    assert omnibench("compare", worse, better, "--gate", "gates.toml").code == 0


def read_as_llava_does(folder, rows, model):
    """LLaVA's eval_science_qa.py, written down a second time: id -> whether it is right."""
    right = {}
    for row_id, line in lines(folder / "replies" / f"{model}.jsonl").items():
        reply, letters = line["reply"], "ABCDE"
        if reply in letters:
            answer = reply
        elif len(reply) >= 3 and reply[0] in letters and reply[1:3] == ". ":
            answer = reply[0]
        else:
            said = re.findall(r"The answer is ([A-Z]).", reply)
            answer = said[0] if len(said) == 1 else "FAILED"
        options = letters[: len(rows[row_id]["choices"])]
        right[row_id] = answer in options and letters.index(answer) == rows[row_id]["answer"]
    return right


def test_real_replies_of_two_models_on_okvqa(omnibench, evidence, tmp_path):
    """The flips are those of the official scorer's own verdicts, row by row."""
    models = ("revive", "pica-gpt3-5gt")
    folder, better, worse = replayed(
        omnibench, tmp_path, evidence, "okvqa-val-5046", "okvqa", models
    )
    found = omnibench("compare", better, worse, "--json").json()["comparison"]["tasks"][0]
    before, after = (
        {row: line["vqaeval_score"] for row, line in lines(folder / "per_row" / name).items()}
        for name in (f"{model}.jsonl" for model in models)
    )
    assert {(flip["id"], flip["change"]) for flip in found["flips"]} == flips_of(before, after)
    gain = sum(after.values()) / len(after) - sum(before.values()) / len(before)
    assert found["metrics"]["official"]["accuracy"]["difference"]["value"] == pytest.approx(gain)


def test_without_a_gate_junit_has_a_case_a_headline(omnibench, tmp_path):
    figures = timed(0.4, 50) | {"decode_j_per_token": [missing("J/token", "no zone")]}
    runs = [write_perf(tmp_path / side, {"tiny": figures}).folder for side in "ab"]
    done = omnibench("compare", *runs, "--junit", "junit.xml", "--summary", "summary.md")
    assert done.code == 0
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    cases = {case.get("name"): [child.tag for child in case][1:] for case in root.iter("testcase")}
    assert cases == {
        "image-question.ttft_s": [], "image-question.decode_tok_per_s": [],
        "image-question.decode_j_per_token": ["skipped"], "image-question.peak_rss_bytes": [],
    }  # fmt: skip
    for page in (done.out, (tmp_path / "summary.md").read_text()):
        assert "computed figures are the same on both sides" in page
        assert "missing on both sides" in page


def test_the_code_of_a_users_own_task_is_named(omnibench, tmp_path, repository):
    source = tmp_path / "mine.py"
    source.write_text((repository / "tasks" / "pope.py").read_text())
    records = [asked(i, right=i % 3 > 0) for i in range(30)]
    run = write_eval(tmp_path / "a", records, task_source=str(source)).folder
    done = omnibench("compare", run, run)
    assert done.code == 0
    assert f"runs the code of {source}" in done.err
