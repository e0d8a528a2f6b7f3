import PIL.Image
import pytest

from omnibench.core import (
    Dataset,
    Decoding,
    ModelCard,
    Reading,
    Reply,
    Request,
    Rule,
    Sample,
    Task,
)
from omnibench.engine.controls import apply_control
from omnibench.engine.evaluate import evaluate
from omnibench.engine.limit import choose
from omnibench.errors import ImageError, JudgeError, OmnibenchError

RULES = {
    "official": Rule(
        read=lambda reply, sample: Reading(reply),
        score=lambda reading, sample: float(reading.answer == sample.target),
        metrics={},
        headline="accuracy",
    )
}


def task(rules=RULES, **changes):
    fields = {
        "name": "t",
        "title": "T",
        "version": 1,
        "splits": ("test",),
        "dataset": Dataset("hub/t", "none"),
        "citation": "",
        "decoding": Decoding(4),
        "samples": lambda pack, split: iter(()),
        "rules": rules,
    }
    return Task(**fields | changes)


class Picture:
    """An image in memory; `broken` cannot be read."""

    def __init__(self, name, colour=(1, 2, 3), broken=False):
        self.name, self.colour, self.broken, self.reads = name, colour, broken, 0

    def read(self):
        import io

        self.reads += 1
        if self.broken:
            raise ImageError(f"image {self.name} is missing")
        buffer = io.BytesIO()
        self.open().save(buffer, "PNG")
        return buffer.getvalue()

    def open(self):
        return PIL.Image.new("RGB", (6, 4), self.colour)


class Model:
    """Answers with the colour of the first image; fails where it is told to."""

    card = ModelCard("model", None, "none", None, None)

    def __init__(self, failing=()):
        self.failing, self.calls = failing, []

    def generate(self, requests):
        self.calls.append([request.id for request in requests])
        for request in requests:
            if request.id in self.failing:
                raise ValueError("the prompt is longer than the context")
            seen = [image.open().getpixel((0, 0)) for image in request.images]
            yield Reply(str(seen[0]) if seen else "blind", tokens_in=3, tokens_out=1)

    def stream(self, request: Request):
        yield from ()

    def close(self):
        pass


def samples(count, images=()):
    return [
        Sample(str(i), f"question {i}", "blind", images, group=f"g{i // 2}") for i in range(count)
    ]


def test_records_follow_the_samples_whatever_the_batch():
    for size in (1, 3, 100):
        records = list(evaluate(task(), "t", samples(7), Model(), rules=RULES, batch_size=size))
        assert [record.id for record in records] == [str(i) for i in range(7)]
        assert all(record.scores == {"official": 1.0} for record in records)
        assert all(record.tokens_in == 3 for record in records)


def test_one_failing_sample_is_one_record_with_an_error_and_the_rest_goes_on():
    model = Model(failing={"4"})
    records = list(evaluate(task(), "t", samples(7), model, rules=RULES, batch_size=3))
    failed = [record for record in records if record.error]
    assert [record.id for record in failed] == ["4"]
    assert failed[0].error == "ValueError: the prompt is longer than the context"
    assert (failed[0].reply, failed[0].scores) == (None, {})
    assert [record.reply for record in records if not record.error] == ["blind"] * 6


def test_a_missing_image_concerns_its_own_sample_only():
    gone = Sample("2", "q", "x", (Picture("gone", broken=True),), group="g2")
    asked = [*samples(2, (Picture("there"),)), gone]
    records = list(evaluate(task(), "t", asked, Model(), rules=RULES, batch_size=8))
    assert [r.error for r in records] == [None, None, "ImageError: image gone is missing"]


def test_a_backend_that_answers_too_little_or_too_much_is_a_failure_not_a_shift():
    class Lazy(Model):
        def generate(self, requests):
            yield Reply("only one")

    records = list(evaluate(task(), "t", samples(3), Lazy(), rules=RULES, batch_size=3))
    assert [record.reply for record in records] == ["only one"] * 3


def test_batches_are_cut_at_the_same_places_on_resume():
    whole, resumed = Model(), Model()
    list(evaluate(task(), "t", samples(10), whole, rules=RULES, batch_size=4))
    done = {"0", "1", "2", "3", "4"}
    records = list(
        evaluate(task(), "t", samples(10), resumed, rules=RULES, batch_size=4, done=done)
    )
    assert resumed.calls == whole.calls[1:]
    assert [record.id for record in records] == ["5", "6", "7", "8", "9"]


def test_a_shared_image_is_read_once_and_its_hash_kept():
    shared, told = Picture("shared"), []
    records = list(
        evaluate(
            task(), "t", samples(6, (shared,)), Model(), rules=RULES, batch_size=2,
            on_image=told.append,
        )
    )  # fmt: skip
    assert shared.reads == 1
    assert len({record.images for record in records}) == 1
    assert [sha for sha, _ in told] == list(records[0].images)


def test_a_sample_without_images_has_no_hashes():
    (record,) = evaluate(task(), "t", samples(1), Model(), rules=RULES)
    assert record.images == ()


def test_an_interrupt_is_not_a_sample_error():
    class Interrupted(Model):
        def generate(self, requests):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(evaluate(task(), "t", samples(2), Interrupted(), rules=RULES))


class Grader:
    name = "grader"

    def grade(self, sample_id, prompt):
        if sample_id == "1":
            raise JudgeError("no grade in 5 tries")
        return (1.0, 0.5)


JUDGED = {
    "official": Rule(lambda reply, sample: Reading(reply), lambda r, s: 0.0, {}, "total", True)
}


def test_a_judge_that_fails_makes_an_error_and_never_a_zero():
    judged = task(JUDGED, judge_prompt=lambda sample, reply: f"{sample.prompt} | {reply}")
    good, bad = evaluate(judged, "t", samples(2), Model(), rules=JUDGED, judge=Grader())
    assert (good.grades, good.scores, good.error) == ((1.0, 0.5), {"official": 0.75}, None)
    assert (bad.reply, bad.grades, bad.scores) == ("blind", None, {})
    assert bad.error == "judge: no grade in 5 tries"


def test_blind_shows_grey_of_the_same_size():
    (sample,) = apply_control(samples(1, (Picture("p"),)), "blind", 0)
    picture = sample.images[0].open()
    assert (picture.size, picture.getpixel((0, 0))) == ((6, 4), (128, 128, 128))


@pytest.mark.parametrize("groups", [2, 3, 10])
def test_shuffled_gives_every_group_another_groups_image(groups):
    rows = [
        Sample(f"{g}/{i}", "q", "x", (Picture(f"p{g}"),), group=f"g{g}")
        for g in range(groups)
        for i in range(2)
    ]
    shown = list(apply_control(rows, "shuffled", 0))
    for before, after in zip(rows, shown, strict=True):
        assert before.images[0].name != after.images[0].name
    first_of_each = [sample.images[0].name for sample in shown[::2]]
    assert sorted(first_of_each) == sorted(f"p{g}" for g in range(groups))
    assert [s.images[0].name for s in apply_control(rows, "shuffled", 0)] == [
        s.images[0].name for s in shown
    ]


def test_shuffled_keeps_the_number_of_images_and_leaves_text_alone():
    rows = [
        Sample("a", "q", "x", (Picture("1"), Picture("2")), group="a"),
        Sample("b", "q", "x", (Picture("3"),), group="b"),
        Sample("c", "q", "x", (), group="c"),
    ]
    assert [[i.name for i in s.images] for s in apply_control(rows, "shuffled", 0)] == [
        ["3", "3"],
        ["1"],
        [],
    ]


def test_shuffled_refuses_a_single_image():
    with pytest.raises(OmnibenchError, match="at least two"):
        list(apply_control(samples(2, (Picture("p"),))[:1], "shuffled", 0))


def test_a_limit_takes_whole_clusters_by_seed_and_not_by_order():
    rows = samples(100)
    chosen = choose(rows, 20, "0/t")
    assert len(chosen) == 20
    assert chosen == choose(reversed(rows), 20, "0/t")
    assert chosen != choose(rows, 20, "1/t")
    assert chosen != {str(i) for i in range(20)}
    groups = {row.group for row in rows if row.id in chosen}
    assert {row.id for row in rows if row.group in groups} == chosen


@pytest.mark.parametrize(("limit", "expected"), [(1, 2), (3, 2), (10_000, 100)])
def test_a_limit_keeps_to_its_number_where_clusters_allow(limit, expected):
    assert len(choose(samples(100), limit, "0/t")) == expected


def test_a_limit_keeps_the_strata_in_proportion():
    kinds = ["common"] * 60 + ["some"] * 30 + ["rare"] * 10
    rows = [
        Sample(str(i), "q", "x", group=f"g{i}", facets={"kind": kind})
        for i, kind in enumerate(kinds)
    ]
    for limit, expected in ((10, (6, 3, 1)), (20, (12, 6, 2)), (50, (30, 15, 5))):
        chosen = choose(rows, limit, "0/t")
        counts = tuple(
            sum(row.id in chosen for row in rows if row.facets["kind"] == kind)
            for kind in ("common", "some", "rare")
        )
        assert all(abs(a - b) <= 1 for a, b in zip(counts, expected, strict=True)), counts
        assert len(chosen) == limit


def test_a_larger_limit_adds_to_a_smaller_one():
    rows = samples(100)
    assert choose(rows, 10, "0/t") < choose(rows, 40, "0/t")


def test_a_cluster_that_does_not_fit_gives_way_to_one_that_does():
    rows = [Sample(f"a{i}", "q", "x", group="a") for i in range(30)]
    rows += [Sample(f"b{i}", "q", "x", group=f"b{i}") for i in range(30)]
    assert len(choose(rows, 10, "0/t")) in (10, 30)
