"""Pictures as a phone takes them: one thing close up, tilted, or spoiled beyond reading."""

from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageFilter

from omnivlm.data.canvas import WRITTEN, Canvas, Picture
from omnivlm.data.shapes import draw_shape
from omnivlm.data.words import PAPERS, Colour, sentences, with_article

Fault = Literal["blurred", "dark", "bright", "covered"]
FAULTS: tuple[Fault, ...] = ("blurred", "dark", "bright", "covered")

_FLAT: dict[Fault, Colour] = {"dark": (12, 12, 16), "bright": (253, 251, 246)}
_SAID: dict[Fault, str] = {
    "blurred": "blurred", "dark": "too dark", "bright": "too bright", "covered": "covered",
}  # fmt: skip
_TABLE: Colour = (206, 190, 170)
_FINGER: Colour = (232, 184, 158)


@dataclass(frozen=True, slots=True)
class CloseUp:
    """One object that fills most of the picture, a little off its middle."""

    kind: str
    colour: str
    shift: tuple[int, int] = (0, 0)
    paper: int = 0

    def describe(self) -> str:
        """Name the object."""
        return sentences(f"{with_article(self.colour).capitalize()} {self.kind}")

    def draw(self) -> Image.Image:
        """Draw it, 378 x 378."""
        paper = PAPERS[self.paper]
        canvas = Canvas(378, 378, paper)
        middle = (189.0 + self.shift[0], 189.0 + self.shift[1])
        draw_shape(canvas, self.kind, self.colour, middle, 130, paper)
        return canvas.finish()


@dataclass(frozen=True, slots=True)
class Tilted:
    """A picture that lies at an angle on a table."""

    picture: Picture
    degrees: int

    def describe(self) -> str:
        """Say what lies there."""
        return f"Lying at an angle: {self.picture.describe()}"

    def draw(self) -> Image.Image:
        """Turn the picture; what lies beyond its edge is the table."""
        image = self.picture.draw()
        image.info.pop(WRITTEN, None)  # it no longer lies where it was written
        return image.rotate(
            self.degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=_TABLE
        ).resize((378, 378))


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A picture that a fault makes useless."""

    picture: Picture
    fault: Fault

    def describe(self) -> str:
        """Name the fault; nothing else can be said."""
        return sentences(f"The picture is {_SAID[self.fault]}, nothing can be made out")

    def draw(self) -> Image.Image:
        """Draw it and spoil it; nothing that is asked of it can be seen any more."""
        image = self.picture.draw()
        image.info.pop(WRITTEN, None)  # nobody can read it any more
        if self.fault == "blurred":
            return image.filter(ImageFilter.GaussianBlur(22))
        if self.fault in _FLAT:
            return Image.new("RGB", image.size, _FLAT[self.fault])
        canvas = Canvas(*image.size, _FINGER)
        width_px, height_px = image.size
        shade = (_FINGER[0] - 24, _FINGER[1] - 26, _FINGER[2] - 24)
        canvas.ellipse((-0.5 * width_px, -0.6 * height_px, 0.4 * width_px, 1.5 * height_px), shade)
        return canvas.finish()


@dataclass(frozen=True, slots=True)
class Exposed:
    """A picture taken with too little light (below 1) or too much; it can still be made out."""

    picture: Picture
    light: float

    def describe(self) -> str:
        """Say what is seen in which light."""
        return f"Too {'dark' if self.light < 1 else 'bright'}: {self.picture.describe()}"

    def draw(self) -> Image.Image:
        """Draw it darker, or so bright that little but the outlines is left."""
        image = self.picture.draw()
        if self.light < 1:
            return image.point(lambda level: round(level * self.light))
        return image.point(lambda level: round(255 - (255 - level) / self.light**1.4))
