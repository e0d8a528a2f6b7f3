"""Signs and the questions that reading them answers."""

import random

from omnivlm.data.asked import Asked, Maker, numbers_near, some_wrong
from omnivlm.data.parts import Part, words_for
from omnivlm.data.signs import DARK, GuidePost, Jar, Poster, ShopFront
from omnivlm.data.words import LABELS, PLACES

_TRADES = ("CAFE", "BAKERY", "MARKET", "STORE", "DINER", "BOOKS", "TOYS", "SHOES")
_OFFERS = ("Fresh bread", "Hot soup", "New hats", "Old maps", "Cold juice", "Gift cards",
           "Warm socks", "Sweet pies", "Used bikes", "Ripe plums")  # fmt: skip
_EVENTS = ("CHESS", "MUSIC", "DANCE", "POTTERY", "CIRCUS", "POETRY", "SCIENCE", "KITE", "FILM")
_OCCASIONS = ("NIGHT", "FAIR", "SHOW", "WEEK", "FESTIVAL", "EVENING")
_MONTHS = ("January", "March", "April", "May", "June", "July", "August", "October", "November")
_PRODUCTS = ("Plum jam", "Green olives", "Red beans", "Pea soup", "Mustard", "Honey", "Apple sauce",
             "Pickles", "Sweet corn", "Fish paste", "Nut butter", "Tomatoes")  # fmt: skip


def sample_shop(rng: random.Random, part: Part) -> ShopFront:
    """Draw a shop front."""
    name = f"{rng.choice(words_for(LABELS, part))} {rng.choice(_TRADES)}"
    return ShopFront(
        name, rng.choice(_OFFERS), rng.randint(6, 11), rng.randint(15, 22), rng.choice(DARK)
    )


def sample_poster(rng: random.Random, part: Part) -> Poster:
    """Draw a poster."""
    event = f"{rng.choice(words_for(_EVENTS, part))} {rng.choice(_OCCASIONS)}"
    date = f"{rng.randint(2, 28)} {rng.choice(_MONTHS)}"
    place = f"{rng.choice(words_for(PLACES, part))} Hall"
    return Poster(event, date, rng.randint(1, 11), place, rng.randint(3, 19), rng.choice(DARK))


def sample_jar(rng: random.Random, part: Part) -> Jar:
    """Draw a jar."""
    grams = rng.choice(range(100, 951, 50))
    brand = rng.choice(words_for(LABELS, part))
    return Jar(brand, rng.choice(_PRODUCTS), grams, rng.choice(DARK))


def sample_post(rng: random.Random, part: Part) -> GuidePost:
    """Draw a guide post with three boards at different distances."""
    names = rng.sample(words_for(PLACES, part), 3)
    distances = rng.sample(range(2, 30), 3)
    sides = rng.choice((("left", "right", "left"), ("right", "left", "right"),
                        ("left", "left", "right"), ("right", "right", "left")))  # fmt: skip
    return GuidePost(tuple(zip(names, distances, sides, strict=True)))


def _number(question: str, answer: int, rng: random.Random, also: str, step: int = 1) -> Asked:
    wrong = numbers_near(answer, rng, step, step)
    return Asked(question, str(answer), wrong, "number", (also.format(answer),))


def shop_name(shop: ShopFront, rng: random.Random) -> Asked:
    """Read the name."""
    wording = rng.choice(("What is the name of this shop?", "What is this place called?",
                          "what does the large sign say?"))  # fmt: skip
    first, second = shop.name.lower().split()
    wrong = (first, f"{second} {first}", f"the {second}")
    return Asked(wording, shop.name.lower(), wrong, "name")


def shop_offer(shop: ShopFront, rng: random.Random) -> Asked:
    """Read what is written in the window."""
    wording = rng.choice(("What is written in the window?", "what does this shop advertise?"))
    wrong = some_wrong(rng, [o.lower() for o in _OFFERS], shop.offer.lower())
    return Asked(wording, shop.offer.lower(), wrong, "offer")


def shop_hours(shop: ShopFront, rng: random.Random) -> Asked:
    """Read when the shop opens or closes."""
    opens = rng.random() < 0.5
    hour = shop.opens if opens else shop.closes
    verb = "open" if opens else "close"
    wording = rng.choice((f"At what time does the shop {verb}?", f"when does it {verb}?"))
    wrong = tuple(f"{n}:00" for n in numbers_near(hour, rng, 1, 1))
    return Asked(wording, f"{hour}:00", wrong, "hours", (str(hour),))


def poster_event(poster: Poster, rng: random.Random) -> Asked:
    """Read what is announced."""
    wording = rng.choice(("What event is announced?", "what is the title on the poster?",
                          "What is this poster about?"))  # fmt: skip
    first, second = poster.event.lower().split()
    return Asked(wording, f"{first} {second}", (first, second, f"{second} {first}"), "event")


def poster_date(poster: Poster, rng: random.Random) -> Asked:
    """Read the date."""
    wording = rng.choice(("On which date does it take place?", "what day is the event?"))
    day, month = poster.date.lower().split()
    wrong = tuple(f"{n} {month}" for n in numbers_near(int(day), rng, 1, 1))
    return Asked(wording, f"{day} {month}", wrong, "date", (f"{month} {day}",))


def poster_place(poster: Poster, rng: random.Random) -> Asked:
    """Read where it takes place."""
    wording = rng.choice(("Where does the event take place?", "what is the venue?"))
    wrong = some_wrong(rng, [f"{p.lower()} hall" for p in PLACES], poster.place.lower())
    return Asked(wording, poster.place.lower(), wrong, "place")


def poster_hour(poster: Poster, rng: random.Random) -> Asked:
    """Read the hour."""
    wording = rng.choice(("At what time does the event start?", "what time does it begin?"))
    wrong = tuple(f"{n} pm" for n in numbers_near(poster.hour, rng, 1, 1))
    return Asked(wording, f"{poster.hour} pm", wrong, "hour", (f"{poster.hour}pm",))


def poster_price(poster: Poster, rng: random.Random) -> Asked:
    """Read the price."""
    wording = rng.choice(("How much is a ticket?", "what does a ticket cost?"))
    wrong = tuple(f"${n}" for n in numbers_near(poster.price, rng, 1, 1))
    return Asked(wording, f"${poster.price}", wrong, "price", (f"{poster.price} dollars",))


def jar_brand(jar: Jar, rng: random.Random) -> Asked:
    """Read the brand."""
    wording = rng.choice(("What brand is this?", "what is the brand on the jar?"))
    wrong = some_wrong(rng, [w.lower() for w in LABELS], jar.brand.lower())
    return Asked(wording, jar.brand.lower(), wrong, "brand")


def jar_product(jar: Jar, rng: random.Random) -> Asked:
    """Read what is inside."""
    wording = rng.choice(("What is in this jar?", "what product is this?", "What food is this?"))
    wrong = some_wrong(rng, [p.lower() for p in _PRODUCTS], jar.product.lower())
    return Asked(wording, jar.product.lower(), wrong, "product")


def jar_grams(jar: Jar, rng: random.Random) -> Asked:
    """Read the weight."""
    wording = rng.choice(("How many grams are in the jar?", "how many grams does it hold?"))
    return _number(wording, jar.grams, rng, "{} g", 50)


def post_distance(post: GuidePost, rng: random.Random) -> Asked:
    """Read how far it is to a place."""
    name, km, _ = rng.choice(post.boards)
    wording = rng.choice(("How many kilometres is it to the {}?", "how far away is the {} in km?"))
    return _number(wording.format(name.lower()), km, rng, "{} km")


def post_place(post: GuidePost, rng: random.Random) -> Asked:
    """Find the place at a distance."""
    name, km, _ = rng.choice(post.boards)
    wording = rng.choice(("Which place is {} km away?", "what can you reach after {} km?"))
    wrong = tuple(other.lower() for other, _, _ in post.boards if other != name)
    return Asked(wording.format(km), name.lower(), wrong, "place")


def post_side(post: GuidePost, rng: random.Random) -> Asked:
    """Find the only place to one side."""
    sides = [side for _, _, side in post.boards]
    alone = min(("left", "right"), key=sides.count)
    (name,) = (n.lower() for n, _, side in post.boards if side == alone)
    wording = rng.choice(
        ("Which place lies to the {}?", "which place does the sign to the {} name?")
    )
    wrong = tuple(n.lower() for n, _, side in post.boards if side != alone)
    return Asked(wording.format(alone), name, wrong, "place")


SHOP: tuple[Maker[ShopFront], ...] = (shop_name, shop_offer, shop_hours)
POSTER: tuple[Maker[Poster], ...] = (
    poster_event, poster_date, poster_place, poster_hour, poster_price,
)  # fmt: skip
JAR: tuple[Maker[Jar], ...] = (jar_brand, jar_product, jar_grams)
POST: tuple[Maker[GuidePost], ...] = (post_distance, post_place, post_side)
