"""Parameters by arithmetic against the modules themselves, on the meta device."""

import pytest

from omnibench.cli.meta import model_on_meta, params_on_meta
from omnibench.cost import SHAPES, model_parts, params, params_by_module
from omnibench.errors import OmnibenchError
from omnivlm import comparators
from omnivlm.presets import PRESETS


def held(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_counts_what_its_modules_hold(name):
    assert params_on_meta(name) == params(SHAPES[name])


@pytest.mark.parametrize("name", [name for name in SHAPES if name in PRESETS])
def test_reference_models_module_by_module(name):
    model, by_module = model_on_meta(name), params_by_module(model_parts(SHAPES[name]))
    head = held(model.vision_model.head)
    assert by_module.pop("pooling_head") == head
    assert by_module.pop("vision") == held(model.vision_model) - head
    assert by_module.pop("text") == held(model.language_model)
    for part, count in by_module.items():
        assert held(getattr(model, part)) == count


@pytest.mark.parametrize("name", comparators.COMPARATORS)
def test_comparators_module_by_module(name):
    model, by_module = model_on_meta(name), params_by_module(model_parts(SHAPES[name]))
    if name.startswith("internvl"):
        assert by_module["vision"] == held(model.model.vision_tower)
        assert by_module["projector"] == held(model.model.multi_modal_projector)
    else:
        assert by_module["vision"] + by_module["projector"] == held(model.model.visual)
        assert by_module["projector"] == held(model.model.visual.merger)
    assert by_module["text"] == held(model.model.language_model)


def test_internvl_tied_is_what_the_paper_counts():
    config = comparators.internvl2_5_2b()
    config.tie_word_embeddings = True
    assert held(comparators.config_on_meta(config)) == 2_016_205_824


def test_a_name_without_modules():
    with pytest.raises(OmnibenchError, match="no modules to count behind 'fake'"):
        params_on_meta("fake")
