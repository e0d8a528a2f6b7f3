"""Replies of many forms, drawn for a row: what terse, chatty, broken and odd models say."""

from __future__ import annotations

import random
from typing import Any

_FORMS = (
    "{}",
    "{}.",
    " {} ",
    "({})",
    "({}).",
    "{})",
    "{}:",
    "[{}]",
    "**{}**",
    '"{}"',
    "{}\n",
    "\n{}",
    "{}, I think",
    "The answer is {}",
    "The answer is {}.",
    "The answer is ({}).",
    "the correct option is {} because of its shape",
    "I choose {}",
    "Answer: {}",
    "It is {} or {}",
    "not {}",
    "{} {}",
    "{}\t{}",
    "{},{}",
    "{}; {}",
    "{}-{}",
    "{}'s {}",
    "It's the {}, isn't it?",
    "Well, what can be seen here looks to me like {} on the whole",
)
_ODD = (
    "yes no Yes No NO nope not Now y n none None one two ten zero a an the A B C D E F Z nan banana"
    " USA DNA 1 2 3.14 1,000 1,,000 1.5. .5 5% $5 100 105 0 0.0 -1 2e5 1/2 50%. 10:30 o'clock"
    " maam mightnt've ma'am its she's o.k. p.m. U.S.A. e-mail w/o a_b <b> `c` x=y {d} \\ @me"
    " red blue green; blue, Unanswerable unanswerable unsuitable ! ? . , ' \" 选 答案是A 正解 É ß İ"
)
_WORDS = _ODD.split()


def odd_reply(row: dict[str, Any], random_numbers: random.Random) -> str:
    """One reply, made of the row's own answers and options or of odd words, in some form."""
    own = _own_words(row)
    first, second = (
        random_numbers.choice(own if random_numbers.random() < 0.6 else _WORDS) for _ in range(2)
    )
    if random_numbers.random() < 0.2:
        first = random_numbers.choice((first.upper(), first.lower(), first.capitalize()))
    if random_numbers.random() < 0.15:
        return " ".join(random_numbers.choices([*_WORDS, *own], k=random_numbers.randrange(12)))
    return random_numbers.choice(_FORMS).format(first, second)


def _own_words(row: dict[str, Any]) -> list[str]:
    words = [row["answer"]] if isinstance(row.get("answer"), str) else []
    answers = row.get("answers", ())
    words += [answer if isinstance(answer, str) else answer["answer"] for answer in answers]
    options = row.get("options", row.get("choices", ()))
    words += options if isinstance(options, list) else []
    words += [row[letter] for letter in "ABCDE" if row.get(letter) not in (None, "nan")]
    if options or "A" in row:
        words += list("ABCDE")
    return words or list(_WORDS)
