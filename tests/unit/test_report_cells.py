import pytest

from omnibench.core import Value
from omnibench.quantities import QUANTITIES, words_of
from omnibench.report.cells import SYMBOLS, cell_of


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.85953, "fraction", "85.95 %"),
        (36.31, "points", "36.3 points"),
        (0.057, "s", "0.0570 s"),
        (4.5812, "s", "4.58 s"),
        (0.000042, "s", "42.0 µs"),
        (14.0, "tokens/s", "14.0 tokens/s"),
        (2.1e9, "bytes", "2.10 GB"),
        (6.7e11, "FLOP", "670 GFLOP"),
        (968_123_456, "params", "968 M"),
        (81, "tokens", "81 tokens"),
        (12345.6, "J", "12.3 kJ"),
        (0.0, "s", "0.00 s"),
        (-0.002, "s", "-0.00200 s"),
    ],
)
def test_a_figure_has_three_digits_and_its_unit(value, unit, text):
    assert cell_of(Value(value, unit, "measured")).text == text


def test_an_interval_is_written_in_the_unit_of_its_figure():
    value = Value(0.5, "s", "projected", interval=(0.0004, 1.25))
    assert cell_of(value).interval == "0.000400 – 1.25"
    assert cell_of(Value(3e9, "bytes", "measured", ci95=(2.9e9, 3.1e9))).interval == "2.90 – 3.10"


def test_what_is_missing_is_a_dash_with_its_reason_and_sorts_as_nothing():
    cell = cell_of(Value(None, "J", "missing", reason="no sensor"))
    assert (cell.text, cell.note, cell.sort, cell.provenance) == ("–", "no sensor", None, "missing")


def test_provenances_differ_by_word_and_by_symbol():
    assert len(set(SYMBOLS.values())) == len(SYMBOLS) == 6


def test_a_quantity_that_is_not_listed_claims_no_direction():
    assert words_of("colour").better is None
    assert words_of("colour").title == "colour"
    assert words_of("j_per_correct_answer/pope").title.endswith(", pope")
    assert all(words.definition for words in QUANTITIES.values())
