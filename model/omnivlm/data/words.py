"""The words of the drawn world: what there is, what it is called, what can be said of it."""

from dataclasses import dataclass

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "red": (216, 32, 38),
    "orange": (250, 132, 16),
    "yellow": (248, 214, 36),
    "green": (40, 156, 60),
    "blue": (30, 92, 210),
    "purple": (128, 58, 168),
    "pink": (250, 140, 196),
    "black": (32, 32, 36),
}

INK: Colour = (28, 28, 32)
PAPERS: tuple[Colour, ...] = ((255, 255, 255), (244, 246, 250), (236, 244, 236), (246, 240, 232))


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be said of a kind of object without looking.

    theme: the kinds that are found together; frequency: its relative weight within the theme;
    use: completes "Which object ...?" and is true of no other kind.
    """

    plural: str
    theme: str
    frequency: int
    use: str | None = None


KINDS: dict[str, Kind] = {
    "circle": Kind("circles", "figures", 4),
    "square": Kind("squares", "figures", 3),
    "triangle": Kind("triangles", "figures", 2, "has exactly three sides"),
    "star": Kind("stars", "figures", 2),
    "house": Kind("houses", "street", 3, "is a home for people"),
    "tree": Kind("trees", "street", 4, "has a wooden trunk"),
    "car": Kind("cars", "street", 3, "is driven on a road"),
    "flower": Kind("flowers", "street", 2, "has petals"),
    "cup": Kind("cups", "room", 4, "is used to drink from"),
    "key": Kind("keys", "room", 2, "opens a lock"),
    "book": Kind("books", "room", 3, "is made to be read"),
    "lamp": Kind("lamps", "room", 2, "gives light in a room"),
    "fish": Kind("fish", "shore", 3, "breathes with gills"),
    "boat": Kind("boats", "shore", 3, "carries people across water"),
    "umbrella": Kind("umbrellas", "shore", 2, "keeps a person dry in the rain"),
    "cloud": Kind("clouds", "shore", 4, "is where rain falls from"),
}

THEMES: dict[str, int] = {"street": 4, "room": 4, "shore": 3, "figures": 3}
"""How often each theme is drawn, relative to the others."""

LABELS: tuple[str, ...] = (
    "ACORN", "AMBER", "ANVIL", "BASIL", "BEACH", "BRICK", "CABIN", "CANDY", "CORAL", "DAISY",
    "DELTA", "EAGLE", "EMBER", "FERRY", "FLINT", "GRAPE", "HAVEN", "HAZEL", "IVORY", "JOLLY",
    "KAYAK", "LEMON", "LOTUS", "MAPLE", "MANGO", "NORTH", "OASIS", "OLIVE", "PEARL", "PIANO",
    "QUILT", "RIVER", "ROBIN", "SALTY", "SOLAR", "TIGER", "TULIP", "ULTRA", "VIOLA", "WALTZ",
)  # fmt: skip

SHOPS: tuple[str, ...] = (
    "GREEN MARKET", "CORNER CAFE", "SUNNY BAKERY", "HARBOUR SHOP", "RIVER STORE", "OLD MILL",
    "CITY DINER", "PARK KIOSK", "HILL BISTRO", "STATION BAR",
)  # fmt: skip

GOODS: tuple[str, ...] = (
    "Apple", "Bread", "Coffee", "Juice", "Milk", "Pizza", "Rice", "Salad", "Soup", "Tea",
    "Cake", "Honey",
)  # fmt: skip

PLACES: tuple[str, ...] = (
    "Bank", "Bridge", "Castle", "Church", "Farm", "Garden", "Harbour", "Library", "Market", "Mill",
    "Museum", "Park", "School", "Station", "Tower",
)  # fmt: skip

NUMBER_WORDS: tuple[str, ...] = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
)  # fmt: skip


def with_article(phrase: str) -> str:
    """Put "a" or "an" before a phrase of this world ("an umbrella", "a red umbrella")."""
    return f"{'an' if phrase[0].lower() in 'aeiou' else 'a'} {phrase}"


def sentences(*parts: str) -> str:
    """End each part with a full stop."""
    return " ".join(f"{part}." for part in parts)
