"""Things with words on them: shop fronts, posters, jars and guide posts."""

from dataclasses import dataclass

from PIL import Image

from omnivlm.data.canvas import Canvas
from omnivlm.data.words import COLOURS, INK, Colour, sentences, with_article

_WHITE: Colour = (255, 255, 255)
_STONE: Colour = (226, 220, 210)
DARK = ("red", "green", "blue", "purple", "black")
"""The colours on which white letters are legible."""


@dataclass(frozen=True, slots=True)
class ShopFront:
    """A shop with its name above the window and its hours on the door; hours are full hours."""

    name: str
    offer: str
    opens: int
    closes: int
    colour: str

    @property
    def words(self) -> tuple[str, ...]:
        """The words in reading order."""
        hours = f"{self.opens}:00 - {self.closes}:00"
        return (*self.name.split(), *self.offer.split(), "OPEN", *hours.split())

    def describe(self) -> str:
        """Read what stands over the window, in it and on the door."""
        return sentences(
            f"{with_article(self.colour).capitalize()} shop front",
            f"Name: {self.name}",
            f"Window: {self.offer}",
            f"Open: {self.opens}:00 - {self.closes}:00",
        )

    def draw(self) -> Image.Image:
        """Draw the front, 378 x 300."""
        canvas = Canvas(378, 300, (222, 236, 248))
        canvas.rectangle((14, 20, 364, 284), _STONE, INK)
        canvas.rectangle((24, 32, 354, 84), COLOURS[self.colour], INK)
        canvas.text((189, 58), self.name, 30, "mm", _WHITE)
        for stripe in range(10):
            fill = COLOURS[self.colour] if stripe % 2 else _WHITE
            canvas.rectangle((24 + 33 * stripe, 94, 57 + 33 * stripe, 118), fill)
        canvas.rectangle((30, 130, 226, 250), (250, 250, 252), INK)
        canvas.text((128, 190), self.offer, 27)
        canvas.rectangle((238, 130, 348, 284), (150, 112, 80), INK)
        canvas.rectangle((246, 146, 340, 214), _WHITE, INK)
        canvas.text((293, 164), "OPEN", 20, "mm", COLOURS["red"])
        canvas.text((293, 194), f"{self.opens}:00 - {self.closes}:00", 15)
        canvas.ellipse((246, 230, 256, 240), INK)
        return canvas.finish()


@dataclass(frozen=True, slots=True)
class Poster:
    """An announcement: what, when, where and for how many dollars."""

    event: str
    date: str
    hour: int
    place: str
    price: int
    colour: str

    @property
    def words(self) -> tuple[str, ...]:
        """The words in reading order."""
        rest = f"{self.date} {self.hour} pm {self.place} Tickets ${self.price}"
        return (*self.event.split(), *rest.split())

    def describe(self) -> str:
        """Read it from the top."""
        return sentences(
            f"{with_article(self.colour).capitalize()} poster",
            f"Event: {self.event}",
            f"Date: {self.date}",
            f"Time: {self.hour} pm",
            f"Place: {self.place}",
            f"Tickets: ${self.price}",
        )

    def draw(self) -> Image.Image:
        """Draw the poster, 300 x 378."""
        canvas = Canvas(300, 378, (250, 246, 232))
        canvas.rectangle((10, 10, 290, 368), (250, 246, 232), INK)
        canvas.rectangle((10, 10, 290, 150), COLOURS[self.colour])
        for row, word in enumerate(self.event.split()):
            canvas.text((150, 54 + 52 * row), word, 42, "mm", _WHITE)
        canvas.text((150, 192), self.date, 34)
        canvas.text((150, 240), f"{self.hour} pm", 30)
        canvas.text((150, 286), self.place, 30)
        canvas.text((150, 336), f"Tickets ${self.price}", 26, "mm", COLOURS[self.colour])
        return canvas.finish()


@dataclass(frozen=True, slots=True)
class Jar:
    """A jar of food: brand, what is in it and how many grams."""

    brand: str
    product: str
    grams: int
    colour: str

    @property
    def words(self) -> tuple[str, ...]:
        """The words in reading order."""
        return (self.brand, *self.product.split(), str(self.grams), "g")

    def describe(self) -> str:
        """Read the label."""
        return sentences(
            f"{with_article(self.colour).capitalize()} jar",
            f"Brand: {self.brand}",
            f"Product: {self.product}",
            f"Weight: {self.grams} g",
        )

    def draw(self) -> Image.Image:
        """Draw the jar, 300 x 340."""
        canvas = Canvas(300, 340, (246, 248, 250))
        canvas.rectangle((84, 14, 216, 52), (120, 120, 128), INK)
        shoulders = [(70, 62), (230, 62), (256, 96), (256, 322), (44, 322), (44, 96)]
        red, green, blue = COLOURS[self.colour]
        canvas.polygon(shoulders, (red // 3 + 160, green // 3 + 160, blue // 3 + 160), INK)
        canvas.rectangle((50, 122, 250, 282), _WHITE, INK)
        canvas.rectangle((50, 122, 250, 176), COLOURS[self.colour], INK)
        canvas.text((150, 149), self.brand, 34, "mm", _WHITE)
        canvas.text((150, 210), self.product, 25)
        canvas.text((150, 256), f"{self.grams} g", 24)
        return canvas.finish()


@dataclass(frozen=True, slots=True)
class GuidePost:
    """Boards on a post: a place, its distance in kilometres and the side to which they point."""

    boards: tuple[tuple[str, int, str], ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The words in reading order."""
        return tuple(word for name, km, _ in self.boards for word in (name, str(km), "km"))

    def describe(self) -> str:
        """Read the boards from the top."""
        boards = (f"To the {side}: {name}, {km} km" for name, km, side in self.boards)
        return sentences("A guide post", *boards)

    def draw(self) -> Image.Image:
        """Draw the post, 378 x 330."""
        canvas = Canvas(378, 330, (224, 238, 250))
        canvas.rectangle((0, 300, 378, 330), (150, 196, 128))
        canvas.rectangle((180, 20, 198, 312), (136, 100, 70), INK)
        for row, (name, km, side) in enumerate(self.boards):
            y = 62 + 78 * row
            sign = 1 if side == "right" else -1
            corners = [(-150, -27), (130, -27), (164, 0), (130, 27), (-150, 27)]
            canvas.polygon([(189 + sign * x, y + dy) for x, dy in corners], (248, 230, 160), INK)
            canvas.text((189 - sign * 8, y), f"{name}  {km} km", 29)
        return canvas.finish()
