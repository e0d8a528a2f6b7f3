"""Measured times to the first token and decode rates, one JSON line each, to hold projections to.

    python benchmarks/projection_trials.py --results FILE [--dtype float32] [--threads 1]
        [--clock wall] [--trials 5] [--new-tokens 12] [--models M[,M]] [--longest-s 600]

Every model runs at its true size with random weights in a process of its own: 20 synthetic text
tokens, a picture of noise of 640 x 480 px (448 x 448 for Qwen2-VL-2B), decoded before the clock
starts. What lies in FILE is gone on with: a model is done once so many of its trials count by the
clock, the wall's or the CPU time of the process. Both are in every line.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omnibench.core import Conditions
from omnibench.engine.measure.surroundings import Surroundings, contended

MODELS = (
    "omnivlm-968m", "omnivlm-729", "omnivlm-243", "omnivlm-9", "nanollava", "aurora-compress",
    "aurora-cross", "aurora-decoder", "aurora-edge-v-2b", "qwen2-vl-2b",
)  # fmt: skip
TEXT_TOKENS = 20
QWEN = "qwen2-vl-2b"
LONG_S = 30.0
"""Beside a first token that takes so long, what the first trial after loading loses is nothing."""


def size_px(model: str) -> tuple[int, int]:
    """The picture that the model is asked about."""
    return (448, 448) if model == QWEN else (640, 480)


def main() -> None:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clock", default="wall", choices=("wall", "cpu"))
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--new-tokens", type=int, default=12)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--longest-s", type=float, default=600, help="no model is begun after it")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        _measure(arguments)
        return
    began = time.monotonic()
    for model in arguments.models.split(","):
        missing = _missing(arguments, model)
        if missing > 0 and time.monotonic() - began < arguments.longest_s:
            command = [sys.executable, __file__, *sys.argv[1:], "--one", model]
            subprocess.run(command, check=True)


def read(path: Path) -> list[dict[str, Any]]:
    """The trials of a results file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def counts(trial: dict[str, Any], clock: str) -> bool:
    """By the wall clock only what others left alone; not just after loading, unless it is long."""
    left_alone = clock == "cpu" or not trial["contended"]
    return left_alone and (not trial["first"] or trial["ttft_cpu_s"] >= LONG_S)


def _missing(arguments: argparse.Namespace, model: str) -> int:
    """How many trials that count are still to be had."""
    wanted = {"model": model, "dtype": arguments.dtype, "threads": arguments.threads}
    own = [each for each in read(arguments.results) if wanted.items() <= each.items()]
    return arguments.trials - sum(counts(each, arguments.clock) for each in own)


def _measure(arguments: argparse.Namespace) -> None:
    import torch

    torch.set_num_threads(arguments.threads)
    start = time.perf_counter()
    model = Asked(arguments.one, getattr(torch, arguments.dtype))
    load_s = time.perf_counter() - start
    for trial in range(arguments.trials + 1):
        if _missing(arguments, arguments.one) <= 0:
            break
        line = {
            "model": arguments.one, "dtype": arguments.dtype, "threads": arguments.threads,
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "first": trial == 0,
            **_trial(model, trial, arguments.new_tokens, arguments.threads),
            "load_s": round(load_s, 2),
        }  # fmt: skip
        with arguments.results.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)


def _trial(model: Asked, seed: int, new_tokens: int, threads: int) -> dict[str, Any]:
    """One answer: when each phase and each token was there, and what others did meanwhile."""
    picture = model.picture(seed)
    surroundings = Surroundings(Path("/"), threads, pids=tuple)
    began_s = surroundings.look()
    start, cpu_start = time.perf_counter(), time.process_time()
    phases: dict[str, float] = {}
    token_times: list[float] = []
    last = start
    beside: list[Conditions] = []
    first_s = began_s
    cpu_first = cpu_start
    for phase in model.steps(picture, new_tokens):
        now = time.perf_counter()
        if phase == "decode":
            token_times.append(now - start)
        else:
            phases[phase] = now - last
            if phase == "first_sample":
                token_times.append(now - start)
                beside.append(surroundings.since(began_s))
                first_s, cpu_first = surroundings.look(), time.process_time()
        last = now
    cpu_end = time.process_time()
    beside.append(surroundings.since(first_s))
    return {
        "phases_s": {name: round(value, 5) for name, value in phases.items()},
        "ttft_s": round(token_times[0], 5),
        "decode_tok_per_s": round((len(token_times) - 1) / (token_times[-1] - token_times[0]), 4),
        "ttft_cpu_s": round(cpu_first - cpu_start, 5),
        "decode_tok_per_cpu_s": round((len(token_times) - 1) / (cpu_end - cpu_first), 4),
        "token_times_s": [round(value, 5) for value in token_times],
        "others_cpu": [each.others_cpu for each in beside],
        "steal": [each.steal for each in beside],
        "contended": any(contended(each) for each in beside),
    }  # fmt: skip


class Asked:
    """A model that is asked about pictures of noise; only the phases' ends come back."""

    def __init__(self, name: str, dtype: Any) -> None:
        self._name, self._dtype = name, dtype
        self._model = _qwen(dtype) if name == QWEN else _reference(name, dtype)

    def picture(self, seed: int) -> Any:
        """A picture unlike every other, in memory."""
        from random_models import noise

        return noise(seed, size_px(self._name))

    def steps(self, picture: Any, new_tokens: int) -> Iterator[str]:
        """The name of each phase as it ends, then "decode" for each further token."""
        if self._name == QWEN:
            yield from _qwen_steps(self._model, picture, new_tokens, self._dtype)
            return
        from omnivlm.questions import Question

        question = Question("", (picture,), new_tokens, text_tokens=TEXT_TOKENS)
        for step in self._model.stream(question):
            yield step.phase


def _reference(name: str, dtype: Any) -> Any:
    """One of the papers' models."""
    import torch

    from omnivlm.answering import LoadedModel
    from omnivlm.checkpoint import filled
    from omnivlm.model import on_meta
    from omnivlm.presets import FULL

    model = on_meta(FULL[name])
    tensors = {key: _numbers(key, each, dtype) for key, each in model.named_parameters()}
    return LoadedModel(filled(model, tensors, torch.device("cpu")), None, "random", "")


def _numbers(name: str, parameter: Any, dtype: Any) -> Any:
    """Small random numbers, repeated; norms 1, biases 0. Speed does not depend on them."""
    import torch

    if parameter.dim() == 1:
        return torch.full(parameter.shape, 0.0 if name.endswith("bias") else 1.0, dtype=dtype)
    some = torch.randn(2**20, generator=torch.Generator().manual_seed(0)).mul_(0.02).to(dtype)
    made = torch.empty(parameter.numel(), dtype=dtype)
    for start in range(0, made.numel(), some.numel()):
        made[start : start + some.numel()] = some[: made.numel() - start]
    return made.view(parameter.shape)


def _qwen(dtype: Any) -> Any:
    """Qwen2-VL-2B by transformers' own classes."""
    from omnivlm.comparators import COMPARATORS, config_on_meta

    model: Any = config_on_meta(COMPARATORS[QWEN].config())
    tensors = {key: _numbers(key, each, dtype) for key, each in model.named_parameters()}
    model.load_state_dict(tensors, strict=False, assign=True)
    model.tie_weights()
    model.requires_grad_(False)
    assert not any(each.is_meta for each in model.parameters()), "a weight was left out"
    for module in model.modules():
        for rotary in ("rotary_emb", "rotary_pos_emb"):
            _restore(getattr(module, rotary, None))
    return model


def _restore(rotary: Any) -> None:
    """The frequencies, which no checkpoint holds and the meta device has no values for."""
    import torch

    if rotary is None:
        return
    rotary.to_empty(device="cpu")
    if hasattr(rotary, "config"):
        fresh = type(rotary)(config=rotary.config)
        rotary.inv_freq = fresh.inv_freq
        if hasattr(rotary, "original_inv_freq"):
            rotary.original_inv_freq = fresh.inv_freq
    else:
        width = 2 * rotary.inv_freq.numel()
        steps = torch.arange(0, width, 2, dtype=torch.float) / width
        rotary.inv_freq = 1.0 / (10_000.0**steps)


def _qwen_steps(model: Any, picture: Any, new_tokens: int, dtype: Any) -> Iterator[str]:
    """As backends.transformers streams, with the logits of the last position alone."""
    import torch
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    with torch.inference_mode():
        seen = Qwen2VLImageProcessorPil()(images=[picture], return_tensors="pt")
        pixels, grid = seen["pixel_values"].to(dtype), seen["image_grid_thw"]
        visual = int(grid.prod()) // 4
        ids = torch.cat([
            torch.tensor([model.config.vision_start_token_id]),
            torch.full((visual,), model.config.image_token_id),
            torch.arange(1, TEXT_TOKENS),
        ])[None]  # fmt: skip
        yield "preprocess"
        features = model.model.get_image_features(pixel_values=pixels, image_grid_thw=grid)
        yield "vision"
        model.model.rope_deltas = None
        model.model.get_image_features = lambda *_, **__: features
        types = (ids == model.config.image_token_id).int()
        out = model(
            input_ids=ids, pixel_values=pixels, image_grid_thw=grid, use_cache=True,
            logits_to_keep=1, mm_token_type_ids=types, attention_mask=torch.ones_like(ids),
        )  # fmt: skip
        del model.model.get_image_features
        yield "prefill"
        token = int(out.logits[0, -1].argmax())
        yield "first_sample"
        for _ in range(new_tokens - 1):
            out = model(
                input_ids=torch.tensor([[token]]), past_key_values=out.past_key_values,
                use_cache=True,
            )  # fmt: skip
            token = int(out.logits[0, -1].argmax())
            yield "decode"


if __name__ == "__main__":
    main()
