"""Short texts to be read and thought about: sums on a board, tiny programs, logos."""

from dataclasses import dataclass

from PIL import Image

from omnivlm.data.canvas import Canvas
from omnivlm.data.shapes import draw_shape
from omnivlm.data.words import COLOURS, INK, Colour, sentences, with_article

_CHALK: Colour = (244, 244, 236)
_BOARD: Colour = (38, 84, 68)


@dataclass(frozen=True, slots=True)
class Sum:
    """A calculation on a blackboard, without its result."""

    left: int
    sign: str
    right: int

    @property
    def result(self) -> int:
        """Work it out."""
        if self.sign == "+":
            return self.left + self.right
        if self.sign == "-":
            return self.left - self.right
        return self.left * self.right

    @property
    def written(self) -> str:
        """The sign as it is drawn: the default font has no multiplication sign."""
        return "x" if self.sign == "*" else self.sign

    def describe(self) -> str:
        """Read it and work it out."""
        return sentences(f"A blackboard: {self.left} {self.written} {self.right} = {self.result}")

    def draw(self) -> Image.Image:
        """Draw the board, 378 x 200."""
        canvas = Canvas(378, 200, (176, 136, 96))
        canvas.rectangle((12, 12, 366, 188), _BOARD, INK)
        canvas.text((189, 100), f"{self.left} {self.written} {self.right} = ?", 56, "mm", _CHALK)
        return canvas.finish()


@dataclass(frozen=True, slots=True)
class Program:
    """A few lines of Python and what they print."""

    lines: tuple[str, ...]
    output: str

    def describe(self) -> str:
        """Read the lines and say what they print."""
        lines = (f"{number}: {line.strip()}" for number, line in enumerate(self.lines, 1))
        return sentences("A program", *lines, f"It prints {self.output}")

    def draw(self) -> Image.Image:
        """Draw the lines with their numbers, 378 x 220."""
        canvas = Canvas(378, 220, (248, 248, 252))
        canvas.rectangle((8, 8, 370, 212), (248, 248, 252), INK)
        canvas.rectangle((8, 8, 44, 212), (224, 226, 234))
        for row, line in enumerate(self.lines):
            y = 42 + 44 * row
            canvas.text((26, y), str(row + 1), 21, "mm", (110, 112, 124))
            indent = len(line) - len(line.lstrip())
            canvas.text((58 + 10 * indent, y), line.lstrip(), 27, "lm")
        return canvas.finish()


@dataclass(frozen=True, slots=True)
class Logo:
    """A name beside an emblem."""

    name: str
    emblem: str
    colour: str

    def describe(self) -> str:
        """Name the emblem and read the name."""
        return sentences(
            f"{with_article(self.colour).capitalize()} {self.emblem}", f"Name: {self.name}"
        )

    def draw(self) -> Image.Image:
        """Draw the logo, 378 x 220."""
        canvas = Canvas(378, 220)
        draw_shape(canvas, self.emblem, self.colour, (189, 76), 58, (255, 255, 255))
        canvas.text((189, 178), self.name, 44, "mm", COLOURS[self.colour])
        return canvas.finish()
