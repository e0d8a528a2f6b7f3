"""What a control run was asked in place of the benchmark, in words for every page."""

from __future__ import annotations

from collections.abc import Mapping

from omnibench.core import Control

CONTROLS: Mapping[Control, str] = {
    "blind": "grey pictures in place of the benchmark's",
    "shuffled": "every question with another one's picture",
    "majority": "always the most frequent right answer; no model was asked",
}
