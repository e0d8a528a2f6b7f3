"""MM-Vet: open questions that need several capabilities at once, graded by GPT-4.

The rule, the prompt and its seven examples are those of yuweihao/MM-Vet mm-vet_evaluator.py
(Apache-2.0). lmms-eval's prompt and judge differ, so that its figure cannot be had from the same
grades: there is no rule for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from omnibench.core import AbsentImage, Dataset, Decoding, Pack, Reading, Rule, Sample, Task
from omnibench.errors import OmnibenchError
from omnibench.scoring.judged import deviation_of_runs, mean_of_runs
from omnibench.scoring.open_answers import read_text

CAPABILITIES = ("rec", "ocr", "know", "gen", "spat", "math")

_MEME = (
    "Can you explain this meme? | This meme is poking fun at the fact that the names of the"
    " countries Iceland and Greenland are misleading. Despite its name, Iceland is known for its"
    " beautiful green landscapes, while Greenland is mostly covered in ice and snow. The meme is"
    " saying that the person has trust issues because the names of these countries do not"
    " accurately represent their landscapes."
)
JUDGE_PROMPT = f"""\
Compare the ground truth and prediction from AI models, to give a correctness score for the \
prediction. <AND> in the ground truth means it is totally right only when all elements in the \
ground truth are present in the prediction, and <OR> means it is totally right when any one \
element in the ground truth is present in the prediction. The correctness score is 0.0 (totally \
wrong), 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, or 1.0 (totally right). Just complete the \
last space of the correctness score.

Question | Ground truth | Prediction | Correctness
--- | --- | --- | ---
What is x in the equation? | -1 <AND> -5 | x = 3 | 0.0
What is x in the equation? | -1 <AND> -5 | x = -1 | 0.5
What is x in the equation? | -1 <AND> -5 | x = -5 | 0.5
What is x in the equation? | -1 <AND> -5 | x = -5 or 5 | 0.5
What is x in the equation? | -1 <AND> -5 | x = -1 or x = -5 | 1.0
{_MEME} | The meme talks about Iceland and Greenland. It's pointing out that despite their names, \
Iceland is not very icy and Greenland isn't very green. | 0.4
{_MEME} | The meme is using humor to point out the misleading nature of Iceland's and Greenland's \
names. Iceland, despite its name, has lush green landscapes while Greenland is mostly covered in \
ice and snow. The text 'This is why I have trust issues' is a playful way to suggest that these \
contradictions can lead to distrust or confusion. The humor in this meme is derived from the \
unexpected contrast between the names of the countries and their actual physical characteristics. \
| 1.0
"""


class Row(msgspec.Struct, frozen=True):
    """The hub's columns; `capability` lists what a question needs, with commas."""

    id: str
    question: str
    answer: str
    capability: str
    image: str | None = None


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a question, asked as it stands; its cluster is the picture."""
    return (_sample(row, pack) for row in pack.rows(Row))


def judge_prompt(sample: Sample, reply: str) -> str:
    """What the judge completes: the examples, then "question | ground truth | prediction | "."""
    truth = str(sample.target).replace("<AND>", " <AND> ").replace("<OR>", " <OR> ")
    return f"{JUDGE_PROMPT}\n{sample.prompt} | {truth} | {reply} | "


def _sample(row: Row, pack: Pack) -> Sample:
    capabilities = tuple(name.strip() for name in row.capability.split(","))
    if not set(capabilities) <= set(CAPABILITIES):
        raise OmnibenchError(
            f"row {row.id} of {pack.name}: capability {row.capability!r} names others than"
            f" {', '.join(CAPABILITIES)}; mend it"
        )
    return Sample(
        id=row.id,
        prompt=row.question,
        target=row.answer,
        images=(pack.image(row.image) if row.image else AbsentImage(f"row {row.id}"),),
        group=pack.picture(row.image) if row.image else row.id,
        facets={"capability": capabilities},
    )


def _score(reading: Reading, sample: Sample) -> float:
    """Without a judge nothing is known to be right."""
    return 0.0


TASK = Task(
    name="mmvet",
    title="MM-Vet: integrated capabilities",
    version=1,
    splits=("test",),
    dataset=Dataset(hub="lmms-lab/MMVet", licence="Apache-2.0"),
    citation="Yu et al., MM-Vet: Evaluating Large Multimodal Models for Integrated Capabilities,"
    " ICML 2024, arXiv:2308.02490",
    decoding=Decoding(max_new_tokens=1024),
    samples=samples,
    cluster="image",
    rules={
        "official": Rule(
            read=read_text,
            score=_score,
            metrics={
                "total": mean_of_runs(),
                **{name: mean_of_runs(("capability", name)) for name in CAPABILITIES},
                "std": deviation_of_runs(),
            },
            headline="total",
            judged=True,
        )
    },
    judge_prompt=judge_prompt,
)
