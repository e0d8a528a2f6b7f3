"""Decides whether a reply says yes or no, as POPE's script and as lmms-eval do."""

from __future__ import annotations

import re

from omnibench.core import Reading, Sample

_NO_WORDS = frozenset({"No", "not", "no"})
_YES = re.compile(r"\byes\b", re.IGNORECASE)


def read_first_sentence(reply: str, sample: Sample) -> Reading:
    """POPE's own rule: "no" where the first sentence has the word No, not or no; else "yes".

    Source: RUCAIBox/POPE (AoiDragon/POPE) evaluate.py, the same in LLaVA's eval_pope.py: text up
    to the first ".", commas removed, split at single spaces. So "NO", "nope", "Not sure" and the
    empty reply are "yes"; such a reading is unread, since no "yes" stands in the reply.
    """
    words = reply.split(".")[0].replace(",", "").split(" ")
    if not _NO_WORDS.isdisjoint(words):
        return Reading("no")
    return Reading("yes", unread=_YES.search(reply) is None)


def read_exact(reply: str, sample: Sample) -> Reading:
    """lmms-eval 0.7.3 (tasks/pope/utils.py): the whole reply is "yes" or "no" in any case.

    "Yes." and "Yes, there is" are neither.
    """
    text = reply.lower().strip()
    return Reading(text) if text in ("yes", "no") else Reading(None, unread=True)
