"""Book covers: a title, an author, and what type of book it is."""

import random
from dataclasses import dataclass

from PIL import Image

from omnivlm.data.asked import Asked, Maker, some_wrong
from omnivlm.data.canvas import Canvas
from omnivlm.data.parts import Part, colours_for, words_for
from omnivlm.data.shapes import draw_shape
from omnivlm.data.words import COLOURS, Colour, sentences, with_article

GENRES: dict[str, tuple[str, str]] = {
    "Travel": ("A TRAVEL GUIDE", "boat"),
    "Cookbooks": ("FAMILY COOKBOOK", "cup"),
    "Mystery": ("A MYSTERY NOVEL", "key"),
    "Gardening": ("A GARDENING BOOK", "flower"),
    "Children's Books": ("FOR CHILDREN", "star"),
    "Science": ("POPULAR SCIENCE", "lamp"),
    "History": ("A HISTORY", "house"),
    "Romance": ("A ROMANCE", "umbrella"),
}
"""genre -> the words by which a cover says it, and the object that is drawn on it."""

_ADJECTIVES = ("Quiet", "Golden", "Little", "Broken", "Distant", "Secret", "Bright", "Winter",
               "Hidden", "Silver", "Lost", "Open")  # fmt: skip
_NOUNS = ("River", "Garden", "Letter", "Window", "Harbour", "Journey", "Kitchen", "Mountain",
          "Lantern", "Season", "Morning", "Bridge", "Island", "Orchard", "Street")  # fmt: skip
_FIRST = ("Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grace", "Henry", "Irene", "Jonas",
          "Laura", "Martin", "Nora", "Oscar", "Paula", "Simon")  # fmt: skip
_LAST = ("Archer", "Baker", "Carver", "Dalton", "Ellis", "Fisher", "Graham", "Holmes", "Irving",
         "Keller", "Lambert", "Morris", "Norton", "Parker", "Quinn", "Turner")  # fmt: skip
_WHITE: Colour = (255, 255, 255)
_EMBLEM = {"red": "yellow", "blue": "yellow", "green": "yellow", "purple": "pink",
           "black": "orange"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands on a cover; the title has two or three words."""

    title: str
    author: str
    genre: str
    colour: str

    def describe(self) -> str:
        """Read it and name its genre."""
        return sentences(
            f"{with_article(self.colour).capitalize()} book cover",
            f"Title: {self.title}",
            f"Author: {self.author}",
            f"Genre: {self.genre}",
        )

    def draw(self) -> Image.Image:
        """Draw the cover, 270 x 378."""
        canvas = Canvas(270, 378, COLOURS[self.colour])
        canvas.rectangle((12, 12, 258, 366), COLOURS[self.colour], _WHITE)
        words, emblem = GENRES[self.genre]
        canvas.text((135, 38), words, 20, "mm", _WHITE)
        *start, last = self.title.split()
        canvas.text((135, 92), " ".join(start), 42, "mm", _WHITE)
        canvas.text((135, 142), last, 42, "mm", _WHITE)
        draw_shape(canvas, emblem, _EMBLEM[self.colour], (135, 242), 62, COLOURS[self.colour])
        canvas.text((135, 338), self.author, 27, "mm", _WHITE)
        return canvas.finish()


def sample_cover(rng: random.Random, part: Part) -> Cover:
    """Draw a cover; title and author say nothing of the genre."""
    title = f"{rng.choice(words_for(_ADJECTIVES, part))} {rng.choice(words_for(_NOUNS, part))}"
    if rng.random() < 0.5:
        title = f"The {title}"
    author = f"{rng.choice(_FIRST)} {rng.choice(words_for(_LAST, part))}"
    genre = rng.choice(list(GENRES))
    allowed = colours_for(GENRES[genre][1], part)
    colours = [c for c, of_emblem in _EMBLEM.items() if of_emblem in allowed]
    return Cover(title, author, genre, rng.choice(colours))


def author_of(cover: Cover, rng: random.Random) -> Asked:
    """Ask who wrote it."""
    wording = rng.choice(("Who wrote this book?", "Who is the author of this book?"))
    first, last = cover.author.split()
    wrong = (f"{first} {rng.choice([n for n in _LAST if n != last])}",
             f"{rng.choice([n for n in _FIRST if n != first])} {last}")  # fmt: skip
    return Asked(wording, cover.author, wrong, "author")


def title_of(cover: Cover, rng: random.Random) -> Asked:
    """Ask for the title."""
    del rng
    *start, noun = cover.title.split()
    wrong = tuple(" ".join((*start, other)) for other in _NOUNS if other != noun)[:3]
    return Asked("What is the title of this book?", cover.title, wrong, "title")


def genre_of(cover: Cover, rng: random.Random) -> Asked:
    """Ask for the genre."""
    wording = rng.choice(("What type of book is this?", "What is the genre of this book?"))
    return Asked(wording, cover.genre, some_wrong(rng, list(GENRES), cover.genre), "genre")


def is_genre(cover: Cover, rng: random.Random, genre: str) -> Asked:
    """Ask whether it is of a genre."""
    phrase = {"Cookbooks": "cookbook", "Children's Books": "children's book"}.get(
        genre, f"{genre.lower()} book"
    )
    wording = rng.choice((f"Is this a {phrase}?", f"Is this book related to {genre}?"))
    yes = cover.genre == genre
    return Asked(wording, "Yes" if yes else "No", ("No" if yes else "Yes",), "yes/no")


COVER: tuple[Maker[Cover], ...] = (author_of, title_of, genre_of)
