"""Arithmetic on shapes, and what papers print, to the printed digit."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from omnibench.cases import CASES
from omnibench.cost import SHAPES
from omnibench.engine.perf.analytic import analyse, thop_value
from omnibench.engine.perf.image_tokens import image_token_example
from omnibench.errors import OmnibenchError
from omnibench.profiles import profile_names
from omnibench.published import papers, published_values, read_paper

QUESTION, AURORA = CASES["image-question"], CASES["aurora"]


def giga(figures, quantity):
    return figures[quantity].value / 1e9


def test_omnivlms_work_is_that_of_its_closed_form():
    analysis = analyse(SHAPES["omnivlm-968m"], QUESTION, "float16")
    figures = analysis.figures
    assert round(giga(figures, "flops_vision"), 2) == 666.45
    assert round(giga(figures, "flops_projector"), 2) == 7.47
    assert round(giga(figures, "flops_prefill"), 2) == 73.43
    assert round(giga(figures, "flops_total"), 2) == 747.35
    assert round(giga(figures, "flops_decode_per_token"), 3) == 0.997
    assert giga(figures, "flops_total_causal") < giga(figures, "flops_total")
    assert figures["params"].value == 968_400_704
    assert figures["weights_bytes"].value == 1_936_801_408
    assert figures["kv_bytes_per_token"].value == 12_288
    assert {value.provenance for value in figures.values()} == {"derived"}


def test_modules_and_phases_add_up_to_the_whole():
    analysis = analyse(SHAPES["aurora-edge-v-2b"], AURORA, "float32")
    total = analysis.figures["flops_total"].value
    assert sum(cost.flops for cost in analysis.modules.values()) == total
    until = [cost.flops for phase, cost in analysis.phases.items() if phase != "decode"]
    assert sum(until) == total
    held = sum(cost.params for cost in analysis.modules.values())
    assert held == analysis.figures["params"].value


def test_memory_at_each_dtype_is_weights_and_cache():
    analysis = analyse(SHAPES["omnivlm-968m"], QUESTION, "float32")
    kept = 81 + 20 + 32
    assert analysis.memory_bytes["bfloat16"].value == 1_936_801_408 + kept * 12_288
    assert analysis.memory_bytes["int8"].value == 968_400_704 + kept * 12_288
    assert analysis.memory_bytes["q4_0"].value == 968_400_704 * 18 // 32 + kept * 12_288
    assert analysis.memory_bytes["float32"] == analysis.figures["memory_needed_bytes"]


def test_tokens_that_a_run_has_counted_are_taken():
    analysis = analyse(SHAPES["omnivlm-tiny"], CASES["image-question-own-prompt"], "float32", 51)
    assert analysis.text_tokens == 51
    with pytest.raises(OmnibenchError, match="give the case a text_tokens"):
        analyse(SHAPES["omnivlm-tiny"], CASES["image-question-own-prompt"], "float32")


def test_every_figure_counted_with_thop_comes_out_to_the_printed_digit():
    printed = [
        figure
        for paper in papers()
        for figure in paper.figures
        if figure.quantity in ("thop_gmacs", "thop_params_binary_billions")
    ]
    assert len(printed) == 14
    for figure in printed:
        shape = SHAPES[figure.model]
        if figure.quantity == "thop_gmacs":
            found = thop_value(
                shape, AURORA, figure.text_tokens, image_in_prompt=figure.image_in_prompt
            )
            assert round(found.value, 1) == figure.value, figure.model
        else:
            figures = analyse(shape, AURORA, "float32").figures
            assert round(figures[figure.quantity].value, 2) == figure.value, figure.model


def test_the_papers_price_of_an_image():
    found = image_token_example(papers())
    worked_out = {quantity: values[0] for quantity, values in found.items()}
    assert worked_out["image_tokens"].value == 4 * 170 + 85 == 765
    assert worked_out["image_j"].value == pytest.approx(535.5)
    assert worked_out["iphone_charge_share"].value == pytest.approx(0.01071)
    assert all("published figures" in value.method for value in worked_out.values())
    assert found["image_j"][1].value == 536
    assert found["image_j"][1].provenance == "published"


def test_without_its_figures_the_price_of_an_image_is_missing():
    found = image_token_example([])
    assert {value.value for values in found.values() for value in values} == {None}


def test_published_figures_are_of_known_models_devices_and_requests():
    for paper in papers():
        for figure in paper.figures:
            assert set(figure.profiles) <= set(profile_names())
            if figure.profiles:
                assert figure.model in SHAPES
                assert set(figure.cases) <= set(CASES)


def test_a_papers_table_stands_on_its_device_alone():
    def printed(profile, case="image-question"):
        found = published_values(papers(), model="nanollava", profile=profile, case=case)
        return {name: values[0].value for name, values in found.items()}

    assert printed("ryzen-hx370")["ttft_s"] == 6.82
    assert printed("ryzen-hx370-890m")["decode_tok_per_s"] == 19.20
    assert printed("galaxy-s22")["ttft_s"] == 60.23
    assert printed("galaxy-s22")["decode_tok_per_s"] == 24.33
    assert "ttft_s" not in printed("apple-m1")
    assert "ttft_s" not in printed("ryzen-hx370", "aurora")
    assert printed("host")["params"] == 1e9


@pytest.mark.parametrize(
    ("line", "said"),
    [("value = 1\nunknown = 2", "unknown"), ("value = -1", "figures"), ("value = nan", "nan")],
)
def test_a_wrong_file_of_published_figures_is_refused(tmp_path, line, said):
    path = tmp_path / "p.toml"
    path.write_text(
        'id = "p"\ntitle = "t"\nsource = "s"\n[[figures]]\nmodel = "m"\nquantity = "q"\n'
        f'unit = "s"\nwhere = "Table 1"\n{line}\n'
    )
    with pytest.raises(OmnibenchError, match=rf"p\.toml.*{said}"):
        read_paper(path)


def test_analytic_loads_no_torch(tmp_path):
    code = (
        "import sys\nfrom omnibench.cli import main\n"
        "code = main(['perf', '--analytic', '--model', 'omnivlm-968m,nanollava', '--json'])\n"
        "heavy = {'torch', 'transformers', 'pandas', 'numpy'} & set(sys.modules)\n"
        "print(code, sorted(heavy), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stderr.splitlines()[-1] == "0 []"
    document = json.loads(done.stdout)
    assert document["kind"] == "analytic"
    totals = [
        cases["image-question"]["figures"]["flops_total"]["value"]
        for cases in document["models"].values()
    ]
    assert round(totals[1] / totals[0], 3) == 1.555
    assert list(tmp_path.iterdir()) == []


def test_a_pooling_head_that_is_held_is_shown_though_it_does_nothing():
    modules = analyse(SHAPES["omnivlm-968m"], QUESTION, "float32").modules
    assert modules["pooling_head"].params == 15_238_352
    assert modules["pooling_head"].flops == 0
    shape = SHAPES["omnivlm-968m"]
    bare = replace(shape, vision=replace(shape.vision, pooling_head=False))
    assert "pooling_head" not in analyse(bare, QUESTION, "float32").modules
