"""Dense labels of drawn scenes: for every patch the kind and the colour of what is drawn there."""

from __future__ import annotations

import numpy
from numpy.typing import NDArray

from omnivlm.data.parts import Part, item_random
from omnivlm.data.scene import GRID, SIDE_PX, Scene
from omnivlm.data.words import COLOURS, KINDS, PAPERS
from omnivlm.data.world import sample_scene
from omnivlm.errors import TrainingError
from omnivlm.training.samples import Labelled

CLASSES = {"kind": 1 + len(KINDS), "colour": 1 + len(COLOURS)}
"""labelling -> how many classes; 0 is the empty paper, then words.KINDS and words.COLOURS."""

_LABELLED = 0.2  # the share of scenes with words under the objects
_WRITING = 0.78  # where in a cell, from its top, the word under an object begins
_INK = 0.1  # the share of a patch that must be drawn on for it to show an object


def drawn_labels(part: Part, seed: int, index: int, grid: int = 27) -> Labelled:
    """Draw a scene and label each of its grid x grid patches.

    A patch shows the object that has most ink in it, if a tenth of its pixels is ink; written words
    are paper. Raises TrainingError where the picture cannot be cut into so many patches.
    """
    if grid < 1 or SIDE_PX % grid:
        raise TrainingError(f"a picture of {SIDE_PX} pixels has no grid of {grid} patches a side")
    rng = item_random(part, "labels", seed, index)
    labelled = rng.random() < _LABELLED
    scene = sample_scene(rng, part, least=4, most=8, labelled=labelled)
    picture = scene.draw()
    ink = inked(scene, numpy.asarray(picture))
    numbers = _most_inked(ink, len(scene.things), grid)
    kinds = [0, *(1 + list(KINDS).index(thing.kind) for thing in scene.things)]
    colours = [0, *(1 + list(COLOURS).index(thing.colour) for thing in scene.things)]
    classes = {"kind": numpy.array(kinds)[numbers], "colour": numpy.array(colours)[numbers]}
    return Labelled(picture, classes)


def inked(scene: Scene, pixels: NDArray[numpy.uint8]) -> NDArray[numpy.int64]:
    """Say of every pixel which object it shows: (side, side) of 1 + its number, 0 for paper.

    An object is what differs from the paper in its cell, which it never leaves.
    """
    red, green, blue = PAPERS[scene.paper]
    # Three comparisons are several times as fast as one along an axis of three.
    drawn = (pixels[..., 0] != red) | (pixels[..., 1] != green) | (pixels[..., 2] != blue)
    found = numpy.zeros(drawn.shape, numpy.int64)
    cell_px = SIDE_PX // GRID
    for number, thing in enumerate(scene.things, 1):
        top, left = thing.row * cell_px, thing.column * cell_px
        bottom = top + (round(_WRITING * cell_px) if thing.label else cell_px)
        window = (slice(top, bottom), slice(left, left + cell_px))
        found[window] = number * drawn[window]
    return found


def _most_inked(ink: NDArray[numpy.int64], things: int, grid: int) -> NDArray[numpy.int64]:
    patch_px = SIDE_PX // grid
    along = numpy.arange(SIDE_PX) // patch_px
    patches = grid * along[:, None] + along
    places = patches * (things + 1) + ink
    counts = numpy.bincount(places.ravel(), minlength=grid * grid * (things + 1))
    of_things = counts.reshape(grid, grid, things + 1)[:, :, 1:]
    shows = of_things.max(axis=2) >= _INK * patch_px * patch_px
    return numpy.where(shows, 1 + of_things.argmax(axis=2), 0)
