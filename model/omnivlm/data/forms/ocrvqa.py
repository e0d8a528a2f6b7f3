"""OCR-VQA's form: book covers, their authors, titles and genres."""

from omnivlm.data.asked import Asked, ask
from omnivlm.data.covers import COVER, GENRES, is_genre, sample_cover
from omnivlm.data.pack import Pack
from omnivlm.data.parts import Part, item_random

_ROUNDS = 4  # in each every genre has one cover


def ocrvqa(part: Part, seed: int) -> Pack:
    """Draw 32 covers with four questions each; of two covers each is asked for the other's genre.

    Every genre is thus asked about as often where the answer is yes as where it is no.
    """
    pack = Pack("ocrvqa", part, seed)
    for index in range(_ROUNDS):
        order = item_random(part, "ocrvqa", "genres", index, seed)
        genres = order.sample(list(GENRES), len(GENRES))
        for number, genre in enumerate(genres):
            rng = item_random(part, "ocrvqa", index, number, seed)
            cover = sample_cover(rng, part)
            while cover.genre != genre:
                cover = sample_cover(rng, part)
            # In even rounds the covers at even places are asked for their own genre, the others
            # for that of the cover before them; in odd rounds the other way round.
            own = (index + number) % 2 == 0
            other = genres[(number - 1) % len(genres)]
            asked = [*ask(cover, rng, COVER, 3), is_genre(cover, rng, genre if own else other)]
            _add_rows(pack, pack.keep(cover), asked)
    return pack


def _add_rows(pack: Pack, image: str, asked: list[Asked]) -> None:
    for one in asked:
        pack.rows.append({
            "id": str(len(pack.rows)),
            "image": image,
            "question": one.question,
            "answer": one.answer,
        })  # fmt: skip
