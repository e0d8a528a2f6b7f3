"""Dense labels of place: in which row and column of a picture each patch lies.

A tower that learns only what is drawn forgets where, and a language model that reads its features
cannot tell one place from another. SigLIP's features keep both.
"""

from __future__ import annotations

import numpy
from numpy.typing import NDArray

NINTHS = 9
CLASSES = {"row": 1 + NINTHS, "column": 1 + NINTHS}
"""labelling -> how many classes: ninths of the picture from the top and the left, from 1 on."""


def place_labels(grid: int) -> dict[str, NDArray[numpy.int64]]:
    """Labelling -> (grid, grid) of class numbers, the same for every picture."""
    ninths = 1 + NINTHS * numpy.arange(grid) // grid
    rows, columns = numpy.meshgrid(ninths, ninths, indexing="ij")
    return {"row": rows, "column": columns}
