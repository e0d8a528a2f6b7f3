"""How far one text is from another, in words."""

from __future__ import annotations


def word_edits(before: str, after: str) -> int:
    """Count the words to put in, take out or replace: Levenshtein's distance over words.

    Words are what stands between white space, punctuation included.
    """
    old, new = before.split(), after.split()
    costs = list(range(len(new) + 1))
    for row, word in enumerate(old, 1):
        corner, costs[0] = costs[0], row
        for column, other in enumerate(new, 1):
            replaced = corner + (word != other)
            corner = costs[column]
            costs[column] = min(replaced, costs[column] + 1, costs[column - 1] + 1)
    return costs[-1]


def edit_ratio(before: str, after: str) -> float:
    """Divide the edits by the words of the longer text: 0 for equal texts, 1 for nothing alike."""
    longest = max(len(before.split()), len(after.split()))
    return word_edits(before, after) / longest if longest else 0.0
