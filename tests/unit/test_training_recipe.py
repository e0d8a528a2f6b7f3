"""A recipe is read strictly: each mistake is named with its file, its key and what is allowed."""

from pathlib import Path

import pytest

import omnivlm
from omnivlm.errors import TrainingError
from omnivlm.training.recipe import fingerprint, read_recipe

RECIPE = """
model = "omnivlm-tiny"
[sft]
data = { source = "drawn", samples = 8 }
steps = 2
batch = 2
learning_rate = 1e-3
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("steps = 2", "stepz = 2", r"unknown field `stepz` - at `\$.sft`; known keys: data, steps"),
        ("model =", "kind =", r"unknown field `kind`; known keys: model, seed"),
        ("steps = 2", "steps = 0", r"Expected `int` >= 1 - at `\$.sft.steps`"),
        ("1e-3", "-1", r"Expected `float` > 0.0 - at `\$.sft.learning_rate`"),
        ("batch = 2", "warm_up = 2.0\nbatch = 2", r"<= 1.0 - at `\$.sft.warm_up`"),
        ("batch = 2\n", "", r"missing required field `batch` - at `\$.sft`"),
        ('"drawn"', '"web"', r"Invalid value 'web' - at `\$.sft.data.source`"),
        ("samples = 8", "sample = 8", r"`sample` - at `\$.sft.data`"),
        ('"omnivlm-tiny"', '"gpt"', "no model 'gpt'; known: tiny"),
        ('"omnivlm-tiny"', '"aurora-tiny"', "aurora-tiny cannot be trained here"),
        ("[sft]", "[dpo]\nbeta = 0.1", None),
        ("[sft]", "[tower]", None),
        ("[sft]", "[projector]\nvisual_tokens = 80\n[sft]", "cannot be grouped into 80"),
        ("[sft]", '[projector]\ncompressor = "conv1d"\n[alignment]', "and conv1d has weights"),
        ("[sft]", "[alignment]", None),
        ("[sft]", "[sft", "is not TOML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, message: str | None) -> None:
    path = written(tmp_path, RECIPE.replace(old, new))
    if message is None:
        assert len(read_recipe(path).stages) == 1
        return
    with pytest.raises(TrainingError, match=message) as caught:
        read_recipe(path)
    assert str(path) in str(caught.value)


def test_a_stage_reads_what_it_can(tmp_path: Path) -> None:
    llava = 'data = { source = "llava", file = "a.json", images = "b" }'
    text = RECIPE.replace('data = { source = "drawn", samples = 8 }', llava)
    assert read_recipe(written(tmp_path, text)).stages == ["sft"]
    with pytest.raises(TrainingError, match=r"tower.data.source cannot be 'llava'.* reads drawn"):
        read_recipe(written(tmp_path, text.replace("[sft]", "[tower]")))


def test_no_file_and_no_stage(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be read: No such file"):
        read_recipe(tmp_path / "none.toml")
    with pytest.raises(TrainingError, match="has no stage; give one of tower, alignment, language"):
        read_recipe(written(tmp_path, 'model = "omnivlm-tiny"'))


def test_a_fingerprint_is_of_what_a_stage_depends_on(tmp_path: Path) -> None:
    kept = fingerprint(read_recipe(written(tmp_path, RECIPE)), "sft")

    def changed(old: str, new: str) -> str:
        return fingerprint(read_recipe(written(tmp_path, RECIPE.replace(old, new))), "sft")

    assert changed("batch", "checkpoint_steps = 7\nbatch") == kept
    assert changed("1e-3", "2e-3") != kept
    assert changed("[sft]", "seed = 1\n[sft]") != kept
    assert changed("[sft]", "[projector]\nvisual_tokens = 9\n[sft]") != kept


def test_the_bundled_recipes_can_be_read() -> None:
    recipes = sorted((Path(omnivlm.__file__).parent / "recipes").glob("*.toml"))
    assert {path.stem for path in recipes} >= {"smoke", "omnivlm-tiny"}
    assert read_recipe(recipes[-1]).stages[-1] == "dpo"
    for path in recipes:
        read_recipe(path)
