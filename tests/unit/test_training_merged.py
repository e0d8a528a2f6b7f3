"""Several questions in one sequence are each read as if they were asked alone."""

from dataclasses import replace

import PIL.Image
import pytest
import torch

from omnivlm.answering import LoadedModel
from omnivlm.config import OmniVLMConfig
from omnivlm.initialise import untrained
from omnivlm.loading import filled, on_meta
from omnivlm.model import OmniVLM
from omnivlm.presets import NANOLLAVA_TINY, OMNIVLM_TINY
from omnivlm.questions import Question
from omnivlm.tokenizer import tiny_tokenizer
from omnivlm.training.answers_job import answer_logits
from omnivlm.training.merged import IGNORED, batched, merged
from omnivlm.training.samples import Turn
from omnivlm.training.template import Template

TURNS = (
    Turn("Is there a cup in the image?\nAnswer the question using a single word or phrase.", "yes"),
    Turn("Is there a car?", "no"),
    Turn("Describe the image.", "Top left: a small red cup."),
)


def test_two_questions_by_hand() -> None:
    sequence = merged([[1, 2, 3, 4], [1, 2, 5]], [[7, 8], [9]])
    assert sequence.ids.tolist() == [1, 2, 3, 4, 7, 8, 5, 9]
    assert sequence.positions.tolist() == [0, 1, 2, 3, 4, 5, 2, 3]
    assert sequence.segments.tolist() == [0, 0, 1, 1, 1, 1, 2, 2]
    off = IGNORED
    assert sequence.targets.tolist() == [off, off, off, 7, 8, off, 9, off]
    assert sequence.allowed().int().tolist() == [
        [1, 0, 0, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 1, 1, 0, 0],
        [1, 1, 0, 0, 0, 0, 1, 0],
        [1, 1, 0, 0, 0, 0, 1, 1],
    ]


def test_one_question_learns_its_whole_answer() -> None:
    sequence = merged([[1, 2]], [[3, 4]])
    assert sequence.ids.tolist() == [1, 2, 3, 4]
    assert sequence.targets.tolist() == [IGNORED, 3, 4, IGNORED]


def test_padding_sees_itself_alone() -> None:
    batch = batched([merged([[1, 2]], [[3]]), merged([[1]], [[3]])])
    assert batch.mask[1, 0, 2].tolist() == [False, False, True]
    assert batch.targets[1].tolist() == [3, IGNORED, IGNORED]


@pytest.fixture(scope="module", params=[OMNIVLM_TINY, NANOLLAVA_TINY], ids=lambda each: each.name)
def model(request: pytest.FixtureRequest) -> OmniVLM:
    config: OmniVLMConfig = request.param
    text = replace(config.text, num_hidden_layers=2)
    vision = replace(config.vision, num_hidden_layers=1, unused_layers=0)
    smaller = replace(config, text=text, vision=vision)
    return filled(on_meta(smaller), untrained(smaller, 3, torch.float32), torch.device("cpu"))


def test_logits_of_merged_questions_are_those_of_each_alone(model: OmniVLM) -> None:
    template = Template(model.config, tiny_tokenizer(1024))
    width = model.config.vision.hidden_size
    features = torch.randn(729, width, generator=torch.Generator().manual_seed(1)).half()
    together = template.merged(TURNS, 1, 4096)
    other = template.merged(TURNS[:1], 0, 4096)  # another row, so that there is padding
    pad = template.image_pad
    with torch.no_grad():
        found, targets = answer_logits(model, pad, [(together, [features]), (other, [])])
        alone = [answer_logits(model, pad, [(template.merged([turn], 1, 4096), [features])])
                 for turn in TURNS]  # fmt: skip
        bare, _ = answer_logits(model, pad, [(other, [])])
    expected = torch.cat([logits for logits, _ in alone] + [bare])
    assert expected.std() > 0.5
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    kept = torch.cat([each for _, each in alone])
    assert targets[: len(kept)].tolist() == kept.tolist()


def test_turns_that_do_not_fit_are_left_out() -> None:
    template = Template(OMNIVLM_TINY, tiny_tokenizer(1024))
    whole = template.merged(TURNS, 1, 4096)
    fewer = template.merged(TURNS, 1, len(whole) - 1)
    assert (whole.segments.max(), fewer.segments.max()) == (3, 2)
    assert template.merged(TURNS, 1, 1).segments.max() == 1


def test_questions_and_answers_are_spelled_as_at_inference(model: OmniVLM) -> None:
    tokenizer = tiny_tokenizer(1024)
    template, loaded = Template(model.config, tokenizer), LoadedModel(model, tokenizer, "", "")
    picture = PIL.Image.new("RGB", (30, 20))
    for pictures in ((), (picture,), (picture, picture)):
        asked = Question(TURNS[0].prompt, pictures, 4)
        (sequence,) = [template.question(asked.prompt, len(pictures))]
        assert loaded._prompt(asked).ids == tuple(sequence)
    end = tokenizer.special["<|im_end|>"]
    answer = template.answer("yes, <|im_end|>")
    assert (answer.count(end), answer[-1]) == (1, end)
    assert tokenizer.reply(answer[:-1]) == "yes, <|im_end|>"
