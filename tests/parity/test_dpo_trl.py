"""The DPO loss against TRL's trainer on the same logits; tox -e nightly installs TRL.

TRL's import alone takes seconds and brings `datasets`, so that no quick test has it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from omnivlm.training.preference import dpo_loss

pytestmark = [
    pytest.mark.nightly,
    # What TRL and its dependencies warn of is theirs.
    pytest.mark.filterwarnings("default"),
]

BETA = 0.3
ROWS = [
    {"prompt": "what is it", "chosen": " a red cup", "rejected": " a blue cup here"},
    {"prompt": "and this", "chosen": " a key", "rejected": " two boats and a key"},
    {"prompt": "is it red", "chosen": " yes", "rejected": " no"},
]


def words() -> PreTrainedTokenizerFast:
    """One token a word."""
    known = sorted({word for row in ROWS for text in row.values() for word in text.split()})
    vocabulary = {word: number for number, word in enumerate(["<unk>", "<pad>", "<end>", *known])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>", eos_token="<end>"
    )


def model(seed: int, size: int) -> Qwen2ForCausalLM:
    """Far from even logits, so that every answer has a probability of its own."""
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=size, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64,
    )  # fmt: skip
    made = Qwen2ForCausalLM(config)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(0, 0.3)
    return made.eval()


def answer_logps(learner: Qwen2ForCausalLM, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """(2B,): each answer's log-probability, from the model's plain logits."""
    logits = learner(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    likely = logits[:, :-1].log_softmax(-1).gather(2, batch["input_ids"][:, 1:, None]).squeeze(2)
    return (likely * batch["completion_mask"][:, 1:]).sum(1)


def test_trl_s_trainer_has_the_same_loss_and_gradient(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="TRL is not installed: tox -e nightly")
    trl = pytest.importorskip("trl", reason="TRL is not installed: tox -e nightly")
    tokenizer = words()
    learner, reference = model(0, len(tokenizer)), model(1, len(tokenizer))
    arguments = trl.DPOConfig(
        output_dir=str(tmp_path), beta=BETA, per_device_train_batch_size=len(ROWS), report_to=[],
        use_cpu=True, bf16=False, gradient_checkpointing=False, disable_dropout=True,
    )  # fmt: skip
    trainer: Any = trl.DPOTrainer(
        model=learner, ref_model=reference, args=arguments, processing_class=tokenizer,
        train_dataset=datasets.Dataset.from_list(ROWS),
    )  # fmt: skip
    batch = next(iter(trainer.get_train_dataloader()))
    theirs = trainer.compute_loss(trainer.model, dict(batch))
    (their_gradient,) = torch.autograd.grad(theirs, [learner.lm_head.weight])

    ours_learner, ours_reference = model(0, len(tokenizer)), model(1, len(tokenizer))
    chosen, rejected = answer_logps(ours_learner, batch).chunk(2)
    with torch.no_grad():
        held = answer_logps(ours_reference, batch).chunk(2)
    ours = dpo_loss(chosen, rejected, *held, BETA)
    (gradient,) = torch.autograd.grad(ours, [ours_learner.lm_head.weight])
    assert ours.item() > 0.1, "a loss of nothing would prove nothing"
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(gradient, their_gradient, rtol=1e-4, atol=1e-6)
