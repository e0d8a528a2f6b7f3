"""The parts of the measuring engine that need no process."""

import itertools
from pathlib import Path

import msgspec
import pytest

from omnibench.backends.fake import FakeBackend
from omnibench.core import MeterReading, Unavailable, Value
from omnibench.cost import SHAPES
from omnibench.engine.measure import spread
from omnibench.engine.measure.asking import PhaseMemory
from omnibench.engine.measure.bench import Bench
from omnibench.engine.measure.child import Server
from omnibench.engine.measure.energy import Pace, Work, repeats, resting_s
from omnibench.engine.measure.limits import check_memory, check_threads, needed_bytes
from omnibench.engine.measure.messages import (
    Answered,
    Ask,
    Ended,
    Failed,
    Go,
    Held,
    Hold,
    Open,
    Opened,
    Ran,
    Reply,
    Stamp,
)
from omnibench.engine.measure.readings import Request, load_readings, request_readings
from omnibench.engine.measure.schedule import MOST_HELD, Budget, turn, warmup_cases
from omnibench.engine.measure.surroundings import Surroundings, contended
from omnibench.errors import OmnibenchError
from tests.unit.measured import case, plan

SECOND = 10**9


def at(seconds: float, *, unix_s: float | None = None) -> Stamp:
    unix = seconds if unix_s is None else unix_s
    return Stamp(round(seconds * SECOND), round((1e9 + unix) * SECOND), round(seconds * SECOND / 2))


def memory(peak: float = 3e6) -> MeterReading:
    names = ("rss_bytes", "rss_anon_bytes", "rss_file_bytes", "peak_rss_bytes")
    return MeterReading(0.0, 1e9, dict(zip(names, (2e6, 1.5e6, 0.5e6, peak), strict=True)))


# --- spread: every figure worked out by hand ---


def test_spread_of_readings() -> None:
    assert spread.coefficient_of_variation([2.0, 4.0, 6.0]) == pytest.approx(2 / 4)
    assert spread.coefficient_of_variation([2.0]) == 0.0
    assert spread.median_absolute_deviation([1.0, 2.0, 3.0, 10.0]) == pytest.approx(1.0)
    assert not spread.restless([1.0, 1.0, 1.05])
    assert spread.restless([1.0, 1.0, 1.1])


def test_drift_is_the_halves_medians_apart() -> None:
    assert spread.drift([1.0, 1.0, 9.0, 1.1, 1.1]) == pytest.approx(0.1)
    assert spread.drift([1.0, 2.0, 3.0]) is None
    assert spread.drifted([1.0, 1.001, 1.0, 1.08, 1.081, 1.08])
    assert not spread.drifted([1.0, 1.001, 1.0, 1.02, 1.021, 1.02])  # under 3 %
    assert not spread.drifted([1.0, 1.5, 0.7, 1.1, 0.6, 1.4])  # no more than chance


def test_steady_looks_at_the_last_readings() -> None:
    assert spread.steady([9.0, 1.0, 1.01, 1.0, 0.99, 1.0])
    assert not spread.steady([1.0, 1.01, 1.0, 0.99, 1.05])
    assert not spread.steady([1.0, 1.0])


def test_percentiles_need_enough_readings() -> None:
    assert spread.percentile([1.0, 2.0, 4.0], 50) == 2.0
    assert spread.percentile(list(map(float, range(9))), 90) is None
    assert spread.percentile(list(map(float, range(11))), 90) == pytest.approx(9.0)
    assert spread.percentile([1.0] * 99, 99) is None
    assert spread.percentile([1.0] * 100, 99) == 1.0


def test_a_median_has_an_interval_over_trials() -> None:
    readings = [1.0, 2.0, 3.0, 4.0, 5.0]
    value = spread.median_value(readings, "s")
    assert (value.value, value.n, value.provenance) == (3.0, 5, "measured")
    # Of the medians of five draws, P(median = 1) = 0.058 and P(median <= 2) = 0.317.
    assert value.ci95 == (1.0, 5.0)
    assert spread.median_interval([1.0, 2.0]) is None
    assert spread.median_value([], "s").provenance == "missing"


# --- order and time ---


def test_models_are_asked_to_and_fro() -> None:
    assert [turn([0, 1, 2], number) for number in range(3)] == [[0, 1, 2], [2, 1, 0], [0, 1, 2]]


def test_warm_ups_show_every_size() -> None:
    large, small = case("large", size_px=(640, 480)), case("small", size_px=(64, 48))
    cases = warmup_cases([large, case("other", size_px=(640, 480)), small], 3)
    assert len(cases) == 3
    assert {(each.width_px, each.height_px) for each in cases} == {(640, 480), (64, 48)}
    assert len(warmup_cases([large, small], 1)) == 2


def test_a_budget_knows_what_still_fits() -> None:
    now = [10.0]
    budget = Budget(100.0, clock=lambda: now[0], reserved_s=30.0)
    assert budget.left_s == 70.0
    assert budget.fits("unknown")
    budget.spent("trial", 40.0)
    now[0] = 40.0
    assert budget.fits("trial")
    now[0] = 41.0
    assert not budget.fits("trial")


def test_work_is_repeated_until_the_meters_can_tell() -> None:
    decode = Work("decode", 5, None, 8.0, 2.0, 101, 81)
    assert repeats(decode, [5.0], 100.0) == 3  # 3 x 2 s, each after 8 s of prompt
    assert repeats(decode, [5.0, 10.0], 100.0) == 6  # the longer window of another meter
    assert repeats(decode, [5.0, 600.0], 100.0) == 3  # which a battery's is too long for
    assert repeats(decode, [5.0], 15.0) == 1  # shorter than wanted, and said to be
    assert repeats(decode, [5.0], 9.0) == 0
    assert repeats(decode, [5.0], -3.0) == 0
    tiny = Work("decode", 5, None, 0.001, 0.001, 101, 81)
    assert repeats(tiny, [5.0], 100.0) == MOST_HELD
    assert repeats(Work("request", 0, None, 0.0, 0.01, 101, 81), [5.0], 100.0) == 525


def test_rest_is_shortened_to_a_twelfth_of_the_budget() -> None:
    assert resting_s(180.0, Pace()) == 15.0
    assert resting_s(1000.0, Pace()) == 30.0


# --- what cannot be measured ---


def test_more_threads_than_processors_are_refused() -> None:
    check_threads(1)
    with pytest.raises(OmnibenchError, match="--threads is 4096 and there are"):
        check_threads(4096)
    with pytest.raises(OmnibenchError, match="must be 1 or more"):
        check_threads(0)


def test_a_model_that_does_not_fit_is_refused_with_the_bytes(tmp_path: Path) -> None:
    group = tmp_path / "sys/fs/cgroup"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("5000000000\n")
    (group / "memory.current").write_text("1000000000\n")
    one = case(size_px=(640, 480))
    check_memory(["omnivlm-tiny", "hf:unknown"], [one], "float32", root=tmp_path)
    with pytest.raises(OmnibenchError, match=r"omnivlm-968m 4\.\d\d GB in float32.* 4\.00 GB"):
        check_memory(["omnivlm-968m"], [one], "float32", root=tmp_path)
    with pytest.raises(OmnibenchError, match="stay in memory together"):
        check_memory(["omnivlm-968m", "nanollava"], [one], "bfloat16", root=tmp_path)


def test_needed_memory_is_weights_cache_activations_and_the_interpreter() -> None:
    shape, one = SHAPES["omnivlm-968m"], case(size_px=(640, 480))
    needed = needed_bytes(shape, [one], "float32")
    # 968,400,704 parameters; 105 tokens of 24,576 bytes; float32 logits; 0.4 GB of process.
    least = 4 * 968_400_704 + 105 * 24_576 + 4 * 151_936 + 400_000_000
    assert least < needed < least + 50_000_000


def test_an_own_prompt_is_counted_where_weights_are_drawn() -> None:
    own = msgspec.structs.replace(case(), text_tokens=None)
    asked = plan("omnivlm-968m", "nanollava", "fake", weights="random", cases=(own,))
    bench = Bench(asked, None, Path("/"), Budget(1.0))
    # The papers' prompts: 37 text tokens of OmniVLM's, 19 of nanoLLaVA's.
    counted = [bench.stated(model, own).text_tokens for model in range(3)]
    assert counted == [37, 19, None]
    assert bench.stated(0, case()).text_tokens == 20
    read = msgspec.structs.replace(asked, weights="a/folder")
    assert Bench(read, None, Path("/"), Budget(1.0)).stated(0, own).text_tokens is None


# --- conditions ---


def write_stat(root: Path, user: int, *, steal: int = 0) -> None:
    (root / "proc").mkdir(exist_ok=True)
    (root / "proc/stat").write_text(f"cpu {user} 0 0 9 0 0 0 {steal} 0 0\ncpu0 1 0 0 0\n")


def test_others_work_is_what_all_did_less_our_own(tmp_path: Path) -> None:
    now = [0.0]
    surroundings = Surroundings(tmp_path, 1, list, clock=lambda: now[0])
    write_stat(tmp_path, 1000)
    began_s = surroundings.look()
    write_stat(tmp_path, 100_000 + 1200, steal=100)  # 100,200 ticks of 0.01 s in 1,000 s
    now[0] = 1000.0
    found = surroundings.since(began_s)
    assert found.others_cpu == pytest.approx(1.002, abs=0.05)
    assert found.steal == pytest.approx(0.001)
    assert contended(found)
    assert (found.frequency_hz, found.temperature_c, found.governor) == (None, None, None)


def test_a_short_trial_is_judged_by_the_half_second_that_ends_with_it(tmp_path: Path) -> None:
    now = [0.0]
    surroundings = Surroundings(tmp_path, 1, list, clock=lambda: now[0])
    write_stat(tmp_path, 0)
    assert surroundings.since(surroundings.look()).others_cpu is None  # nothing to compare with
    now[0] = 99.9
    began_s = surroundings.look()
    write_stat(tmp_path, 5000)
    now[0] = 100.0
    found = surroundings.since(began_s)
    assert found.others_cpu is not None
    assert found.others_cpu == pytest.approx(0.5, abs=0.05)  # 50 s in 100, not in the last 0.1


def test_frequency_temperature_and_governor_are_read_where_they_are(tmp_path: Path) -> None:
    for number, khz in enumerate((2_000_000, 3_000_000)):
        folder = tmp_path / f"sys/devices/system/cpu/cpu{number}/cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_cur_freq").write_text(f"{khz}\n")
        (folder / "scaling_governor").write_text("powersave\n")
    for number, milli in enumerate((41_000, 63_500)):
        folder = tmp_path / f"sys/class/thermal/thermal_zone{number}"
        folder.mkdir(parents=True)
        (folder / "temp").write_text(f"{milli}\n")
    surroundings = Surroundings(tmp_path, 2, list)
    found = surroundings.since(surroundings.look())
    assert found.frequency_hz == 2.5e9
    assert found.temperature_c == 63.5
    assert found.governor == "powersave"
    assert (found.others_cpu, found.steal) == (None, None)
    assert not contended(found)


# --- readings ---


def phases() -> dict[str, Ended]:
    made = (
        Ended("preprocess", at(0.0), at(0.1), 0, memory()),
        Ended("vision", at(0.11), at(1.0), 0, memory()),
        Ended("prefill", at(1.0), at(1.5), 101, memory(4e6)),
        Ended("first_sample", at(1.5), at(1.6), 1),
        Ended("decode", at(1.6), at(2.6), 2, memory(5e6)),
    )
    return {each.phase: each for each in made}


def test_stages_and_their_gap_make_the_first_tokens_time() -> None:
    answered = Answered(at(0.0), tuple(round(s * SECOND) for s in (1.6, 2.1, 2.6)), SECOND // 4)
    request = Request(phases(), answered)
    read = request_readings(request, 1, watts=None, cut=None)
    assert {
        name: read[f"{name}.time_s"].value for name in ("ttft", "gap", "decode", "request")
    } == {
        "ttft": pytest.approx(1.6),
        "gap": pytest.approx(0.01),
        "decode": pytest.approx(1.0),
        "request": pytest.approx(2.6),
    }
    assert read["request.cpu_s"].value == pytest.approx(1.3)  # half of the time, as stamped
    assert read["file_decode.time_s"].value == 0.25
    assert read["decode.peak_rss_bytes"].value == 5e6
    assert request.token_times_s == pytest.approx((1.6, 2.1, 2.6))
    assert request.tokens_in == 101


def test_a_clock_that_steps_spoils_the_times_across_it() -> None:
    made = phases()
    moved = msgspec.structs.replace(made["decode"], ended=at(2.6, unix_s=3602.6))
    read = request_readings(Request({**made, "decode": moved}, None), 1, watts=None, cut=None)
    for name in ("decode.time_s", "request.time_s"):
        assert (read[name].value, read[name].provenance) == (None, "missing")
        assert "clock was set, or the machine slept: +3600.0 s" in (read[name].reason or "")
    assert read["ttft.time_s"].value == pytest.approx(1.6)


def test_what_was_cut_is_missing_with_its_reason() -> None:
    made = {name: ended for name, ended in phases().items() if name in ("preprocess", "vision")}
    read = request_readings(Request(made, None), 1, watts=None, cut="it was killed")
    assert read["vision.time_s"].value == pytest.approx(0.89)
    assert read["ttft.time_s"] == Value(None, "s", "missing", reason="it was killed")
    assert "prefill.time_s" not in read


def test_drawn_weights_are_not_loaded() -> None:
    opened = Opened(FakeBackend.card, at(2.0), at(5.0), memory(), 1)
    read = load_readings(opened, at(0.0), 1, drawn=True)
    assert (read["start.time_s"].value, read["draw.time_s"].value) == (2.0, 3.0)
    assert read["load.time_s"].provenance == "missing"
    assert load_readings(opened, at(0.0), 1, drawn=False)["load.time_s"].value == 3.0


def test_memory_that_cannot_be_read_says_why() -> None:
    reading = PhaseMemory(Unavailable("there is no /proc here")).read()
    ended = Ended("prefill", at(0.0), at(1.0), 9, reading)
    read = request_readings(Request({"prefill": ended}, None), 1, watts=None, cut=None)
    assert read["prefill.peak_rss_bytes"].reason == "there is no /proc here"


# --- the process's side ---


def test_a_process_answers_one_command_after_another() -> None:
    commands = (
        Ask(case(), 1, 4),
        Open("fake", None, "cpu", "float32", 1),
        Ask(case(), 1, 4),
        Go(),
        Hold(case(), (1, 2), 4, 1),
        Go(),
        Go(),
    )
    said: list[Reply] = []
    Server(said.append).serve(msgspec.json.encode(command) for command in commands)
    kinds = [type(reply) for reply in said]
    assert kinds == [Failed, Opened, *[Ended] * 6, Answered, Failed, Held, Ran, Failed]
    assert said[0] == Failed("no model has been loaded")
    answered = said[8]
    assert isinstance(answered, Answered)
    assert len(answered.token_times_ns) == 4
    gaps = [after - before for before, after in itertools.pairwise(answered.token_times_ns)]
    assert min(gaps) >= 1_000_000  # a fake's step lasts that long
