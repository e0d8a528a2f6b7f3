"""What is measured of a model on a device: names, units, which way is better, definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class QuantityWords:
    """How a quantity is shown. better: None where neither more nor less of it is good in itself."""

    title: str
    unit: str
    better: Better | None
    definition: str


STAGES = ("preprocess_s", "vision_s", "projector_s", "prefill_s", "first_sample_s")
"""What the time to the first token is made of, in order; `gap_s` is the rest."""


def _stage(title: str, does: str) -> QuantityWords:
    return QuantityWords(title, "s", "lower", f"Time of one stage up to the first token: {does}.")


def _moved(by: str) -> QuantityWords:
    return QuantityWords(
        f"Bytes moved, {by}", "bytes", "lower", "Weights, activations and cache, by closed form."
    )


QUANTITIES: Mapping[str, QuantityWords] = {
    "ttft_s": QuantityWords(
        "Time to first token",
        "s",
        "lower",
        "From the decoded picture and the text in memory to the first token's id on the host.",
    ),
    "preprocess_s": _stage("Preprocessing", "resizing, normalising, tokenising"),
    "vision_s": _stage("Vision tower", "the picture through the vision encoder"),
    "projector_s": _stage("Projector", "visual features into the language model's space"),
    "prefill_s": _stage("Prefill", "the whole prompt through the language model"),
    "first_sample_s": _stage("First sampling", "choosing the first token"),
    "gap_s": QuantityWords(
        "Gap", "s", None, "Time to first token less the sum of its stages; above 5 % it is doubted."
    ),
    "decode_tok_per_s": QuantityWords(
        "Decoding speed",
        "tokens/s",
        "higher",
        "(N − 1) / (t_N − t_1) for a fixed number N of tokens, the end-of-text token ignored.",
    ),
    "itl_p50_s": QuantityWords(
        "Gap between tokens, median", "s", "lower", "Median time from one token to the next."
    ),
    "itl_p90_s": QuantityWords(
        "Gap between tokens, p90", "s", "lower", "90th percentile of the time between tokens."
    ),
    "prefill_tok_per_s": QuantityWords(
        "Prefill speed",
        "tokens/s",
        "higher",
        "Text and visual tokens over the prefill's time; the vision encoder is left out.",
    ),
    "latency_s": QuantityWords(
        "Whole answer", "s", "lower", "From picture and text in memory to the last token."
    ),
    "load_s": QuantityWords("Loading", "s", "lower", "Cold start of the model."),
    "first_image_s": QuantityWords(
        "First picture", "s", "lower", "The first request after loading; kept apart from the rest."
    ),
    "request_j": QuantityWords(
        "Energy of an answer", "J", "lower", "Joules of one whole request, gross of idle power."
    ),
    "decode_j_per_token": QuantityWords(
        "Energy of a token",
        "J/token",
        "lower",
        "Joules from the first to the last token over N − 1, gross of idle power.",
    ),
    "prefill_j_per_token": QuantityWords(
        "Energy of a prompt token", "J/token", "lower", "Joules of the prefill over its tokens."
    ),
    "vision_j": QuantityWords("Energy of the picture", "J", "lower", "Joules of the vision tower."),
    "j_per_correct_answer": QuantityWords(
        "Energy of a right answer",
        "J",
        "lower",
        "Joules of an answer over the share of right answers.",
    ),
    "peak_rss_bytes": QuantityWords(
        "Peak memory", "bytes", "lower", "Highest resident set of a fresh process (VmHWM)."
    ),
    "rss_anon_bytes": QuantityWords(
        "Memory of its own", "bytes", "lower", "Anonymous part of the resident set."
    ),
    "rss_file_bytes": QuantityWords(
        "Mapped files", "bytes", "lower", "File-backed part of the resident set: mapped weights."
    ),
    "weights_bytes": QuantityWords("Weights", "bytes", "lower", "Tied weights counted once."),
    "kv_bytes_per_token": QuantityWords(
        "Cache of a token", "bytes", "lower", "Keys and values that one token adds."
    ),
    "params": QuantityWords("Parameters", "", "lower", "Tied weights counted once."),
    "params_active": QuantityWords(
        "Active parameters", "", "lower", "Parameters that take part in an answer."
    ),
    "visual_tokens": QuantityWords(
        "Visual tokens", "tokens", "lower", "Tokens of the picture that the language model reads."
    ),
    "flops_vision": QuantityWords(
        "Work of the vision tower", "FLOP", "lower", "1 multiply-add = 2 FLOP."
    ),
    "flops_projector": QuantityWords(
        "Work of the projector", "FLOP", "lower", "1 multiply-add = 2 FLOP."
    ),
    "flops_prefill": QuantityWords(
        "Work of the prefill", "FLOP", "lower", "Attention in full, logits of the last position."
    ),
    "flops_decode_per_token": QuantityWords(
        "Work of a token", "FLOP", "lower", "The first token after the prompt."
    ),
    "flops_total": QuantityWords(
        "Work up to the first token", "FLOP", "lower", "The sum over the phases."
    ),
    "flops_total_causal": QuantityWords(
        "Work up to the first token, causal",
        "FLOP",
        "lower",
        "The same, what a causal mask hides taken as work that is not done.",
    ),
    "flops_prefill_causal": QuantityWords(
        "Work of the prefill, causal", "FLOP", "lower", "What a causal mask hides left out."
    ),
    "bytes_vision": _moved("vision tower"),
    "bytes_projector": _moved("projector"),
    "bytes_fusion": _moved("fusion"),
    "bytes_prefill": _moved("prefill"),
    "bytes_decode_per_token": _moved("first token after the prompt"),
    "memory_needed_bytes": QuantityWords(
        "Weights and cache", "bytes", "lower", "Weights, and the cache at the end of the answer."
    ),
    "text_tokens": QuantityWords(
        "Text tokens", "tokens", None, "Tokens of the prompt, template included, picture left out."
    ),
    "file_decode_s": QuantityWords(
        "Decoding the file", "s", "lower", "From the picture's file to its pixels; not in the TTFT."
    ),
    "request_net_j": QuantityWords(
        "Energy of an answer, net", "J", "lower", "Joules of one whole request, less idle power."
    ),
    "decode_net_j_per_token": QuantityWords(
        "Energy of a token, net", "J/token", "lower", "Of decoding, less idle power."
    ),
    "prefill_net_j_per_token": QuantityWords(
        "Energy of a prompt token, net", "J/token", "lower", "Of the prefill, less idle power."
    ),
    "vision_net_j": QuantityWords(
        "Energy of the picture, net", "J", "lower", "Of the vision tower, less idle power."
    ),
    "idle_w": QuantityWords("Power at rest", "W", "lower", "With the models resident."),
    "questions_per_charge": QuantityWords(
        "Questions a charge", "questions/charge", "higher", "Of the profile's battery."
    ),
    "iphone_charge_share": QuantityWords(
        "Share of an iPhone's charge", "fraction", "lower", "Joules of an answer over a charge."
    ),
    "mfu_vision": QuantityWords(
        "MFU, vision",
        "fraction",
        "higher",
        "Share of this machine's calibrated matrix-product rate that the vision tower reached.",
    ),
    "mfu_prefill": QuantityWords(
        "MFU, prefill",
        "fraction",
        "higher",
        "Share of this machine's calibrated matrix-product rate that the prefill reached.",
    ),
    "mbu_decode": QuantityWords(
        "MBU, decoding",
        "fraction",
        "higher",
        "Share of this machine's calibrated matrix-vector bandwidth that decoding reached.",
    ),
    "itl_p99_s": QuantityWords(
        "Gap between tokens, p99", "s", "lower", "99th percentile; it takes 100 gaps."
    ),
    "inference_s": QuantityWords(
        "Latency as published", "s", "lower", "As papers print it who do not say what it takes in."
    ),
    "start_s": QuantityWords("Start", "s", "lower", "A new process and its imports."),
    "thop_gmacs": QuantityWords(
        "GMAC as thop counts", "GMAC", "lower", "What papers print as GFLOPs that count with thop."
    ),
    "thop_params_binary_billions": QuantityWords(
        "Parameters as thop counts", "2^30 params", "lower", "What they print as B of parameters."
    ),
}


def words_of(quantity: str) -> QuantityWords:
    """How a quantity is shown; one that is not listed shows its own name, without a direction.

    What stands behind a slash, as in `j_per_correct_answer/pope`, is kept in the title.
    """
    name, slash, facet = quantity.partition("/")
    words = QUANTITIES.get(name)
    if words is None:
        return QuantityWords(quantity, "", None, "")
    return replace(words, title=f"{words.title}, {facet}") if slash else words
