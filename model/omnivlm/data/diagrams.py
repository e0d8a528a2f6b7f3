"""Simple diagrams of the school subjects, each a description that draws itself."""

from dataclasses import dataclass
from itertools import pairwise

from PIL import Image

from omnivlm.data.canvas import Canvas, Point
from omnivlm.data.scene import cell_name
from omnivlm.data.words import COLOURS, INK, Colour, sentences, with_article

_PALE: Colour = (232, 240, 250)


@dataclass(frozen=True, slots=True)
class PlaceMap:
    """Places on a grid of three by three, north at the top; a place is (row, column)."""

    places: dict[str, tuple[int, int]]

    def describe(self) -> str:
        """Say where each place lies, row by row."""
        ordered = sorted(self.places, key=lambda name: self.places[name])
        return sentences(
            "A town map", *(f"{cell_name(*self.places[n]).capitalize()}: {n}" for n in ordered)
        )

    def draw(self) -> Image.Image:
        """Draw the map with its compass, 378 x 378."""
        canvas = Canvas(378, 378, (238, 246, 232))
        for name, (row, column) in self.places.items():
            x, y = 62 + 108 * column, 96 + 108 * row
            canvas.ellipse((x - 8, y - 8, x + 8, y + 8), COLOURS["red"], INK)
            canvas.text((x, y + 24), name, 19)
        canvas.arrow((338, 70), (338, 24))
        canvas.text((338, 14), "N", 19)
        canvas.line([(316, 50), (360, 50)], INK, 2)
        for text, at in (("S", (338.0, 82.0)), ("W", (306.0, 50.0)), ("E", (368.0, 50.0))):
            canvas.text(at, text, 17)
        canvas.text((16, 24), "Town map", 21, "lm")
        return canvas.finish()


@dataclass(frozen=True, slots=True)
class FoodChains:
    """Chains side by side; every organism is eaten by the next one only."""

    chains: tuple[tuple[str, ...], ...]

    def eater(self, organism: str) -> str:
        """Return what eats an organism."""
        chain = next(c for c in self.chains if organism in c)
        return chain[chain.index(organism) + 1]

    def describe(self) -> str:
        """Read the chains from the left, each from the bottom."""
        said = (
            f"{side}: " + ", ".join(f"{a} to {b}" for a, b in pairwise(chain))
            for side, chain in zip(("Left", "Right"), self.chains, strict=True)
        )
        return sentences("Food chains", *said)

    def draw(self) -> Image.Image:
        """Draw every chain as a column of boxes; an arrow points to the eater."""
        canvas = Canvas(378, 378)
        canvas.text((189, 22), "Food chains", 21)
        canvas.text((189, 46), "An arrow points to the eater.", 16)
        for column, chain in enumerate(self.chains):
            x = 100 + 178 * column
            gap = 270 / (len(chain) - 1)
            for row, organism in enumerate(reversed(chain)):
                y = 80 + gap * row
                canvas.rectangle((x - 78, y - 17, x + 78, y + 17), _PALE, INK)
                canvas.text((x, y), organism, 19)
                if row:
                    canvas.arrow((x, y - 18), (x, y - gap + 19))
        return canvas.finish()


@dataclass(frozen=True, slots=True)
class Magnets:
    """Two bar magnets end to end; `left` and `right` name their poles, `gap_px` lies between."""

    left: str
    right: str
    gap_px: int = 34

    @property
    def attract(self) -> bool:
        """Say whether the two poles that face each other differ."""
        return self.left[1] != self.right[0]

    def describe(self) -> str:
        """Read the poles from the left and say what they do."""
        does = "attract" if self.attract else "repel"
        return sentences(
            "Two magnets",
            f"Left: {' '.join(self.left)}",
            f"Right: {' '.join(self.right)}",
            f"{self.left[1]} faces {self.right[0]}, so they {does}",
        )

    def draw(self) -> Image.Image:
        """Draw the two magnets, 378 x 160."""
        canvas = Canvas(378, 160)
        half_px = self.gap_px / 2
        for start, poles in ((49 - half_px, self.left), (189 + half_px, self.right)):
            for number, pole in enumerate(poles):
                x = start + 70 * number
                colour = COLOURS["red"] if pole == "N" else COLOURS["blue"]
                canvas.rectangle((x, 50, x + 70, 110), colour, INK)
                canvas.text((x + 35, 80), pole, 32, "mm", (255, 255, 255))
        return canvas.finish()


@dataclass(frozen=True, slots=True)
class Beaker:
    """A solution: equal volumes, `cells` of a 5 x 4 grid hold a dissolved particle."""

    name: str
    colour: str
    cells: tuple[int, ...]

    def describe(self) -> str:
        """Count the particles."""
        return sentences(f"{self.name}: {len(self.cells)} {self.colour} particles")

    def draw(self) -> Image.Image:
        """Draw the beaker, 190 x 230."""
        canvas = Canvas(190, 230)
        canvas.polygon([(20, 66), (170, 66), (170, 190), (20, 190)], (206, 230, 250))
        canvas.line([(20, 24), (20, 190), (170, 190), (170, 24)], INK, 3)
        for cell in self.cells:
            x, y = 39 + 28 * (cell % 5), 82 + 30 * (cell // 5)
            canvas.ellipse((x - 9, y - 9, x + 9, y + 9), COLOURS[self.colour], INK)
        canvas.text((95, 211), self.name, 20)
        return canvas.finish()


@dataclass(frozen=True, slots=True)
class Shelf:
    """Beakers side by side in one picture."""

    beakers: tuple[Beaker, ...]

    def describe(self) -> str:
        """Count the particles of each, from the left."""
        return " ".join(beaker.describe() for beaker in self.beakers)

    def draw(self) -> Image.Image:
        """Draw them from left to right, 190 px each."""
        image = Image.new("RGB", (190 * len(self.beakers), 230))
        for number, beaker in enumerate(self.beakers):
            image.paste(beaker.draw(), (190 * number, 0))
        return image


@dataclass(frozen=True, slots=True)
class PriceList:
    """A shop's board; prices are whole dollars."""

    shop: str
    prices: dict[str, int]

    def describe(self) -> str:
        """Read the board."""
        prices = (f"{item}: ${price}" for item, price in self.prices.items())
        return sentences(f"A price list of {self.shop}", *prices)

    def draw(self) -> Image.Image:
        """Draw the board, 378 x 300."""
        canvas = Canvas(378, 300, (252, 248, 236))
        canvas.rectangle((8, 8, 370, 292), (252, 248, 236), INK)
        canvas.text((189, 38), self.shop, 26)
        canvas.line([(28, 62), (350, 62)])
        gap = 210 / len(self.prices)
        for row, (item, price) in enumerate(self.prices.items()):
            y = 76 + gap * (row + 0.5)
            canvas.text((40, y), item, 24, "lm")
            canvas.text((338, y), f"${price}", 24, "rm")
        return canvas.finish()


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle with its sides written on it, in centimetres; drawn to scale."""

    width: int
    height: int
    colour: str

    @property
    def area(self) -> int:
        """Return the area in square centimetres."""
        return self.width * self.height

    @property
    def perimeter(self) -> int:
        """Return the way round in centimetres."""
        return 2 * (self.width + self.height)

    def describe(self) -> str:
        """Read the sides."""
        return sentences(
            f"{with_article(self.colour).capitalize()} rectangle, {self.width} cm wide and"
            f" {self.height} cm high"
        )

    def draw(self) -> Image.Image:
        """Draw the rectangle, 378 x 300."""
        canvas = Canvas(378, 300)
        scale = min(240 / self.width, 200 / self.height)
        half: Point = (self.width * scale / 2, self.height * scale / 2)
        red, green, blue = COLOURS[self.colour]
        pale = (red // 4 + 191, green // 4 + 191, blue // 4 + 191)
        canvas.rectangle((160 - half[0], 130 - half[1], 160 + half[0], 130 + half[1]), pale, INK)
        canvas.text((160, 130 + half[1] + 22), f"{self.width} cm", 22)
        canvas.text((160 + half[0] + 12, 130), f"{self.height} cm", 22, "lm")
        return canvas.finish()


@dataclass(frozen=True, slots=True)
class FractionBar:
    """A bar cut into equal pieces, some of them shaded from the left."""

    pieces: int
    shaded: int
    colour: str

    def describe(self) -> str:
        """Count the pieces."""
        return sentences(f"A bar of {self.pieces} pieces, {self.shaded} of them {self.colour}")

    def draw(self) -> Image.Image:
        """Draw the bar, 378 x 140."""
        canvas = Canvas(378, 140)
        width_px = 340 / self.pieces
        for piece in range(self.pieces):
            fill = COLOURS[self.colour] if piece < self.shaded else (255, 255, 255)
            left = 19 + piece * width_px
            canvas.rectangle((left, 35, left + width_px, 105), fill, INK)
        return canvas.finish()
