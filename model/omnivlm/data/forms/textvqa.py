"""TextVQA's form: reading what is written, ten annotators who write in small letters."""

from collections.abc import Sequence
from dataclasses import replace

from omnivlm.data import scene_questions, sign_questions
from omnivlm.data.annotators import ten_answers
from omnivlm.data.asked import Asked, Drawn, source
from omnivlm.data.canvas import Picture
from omnivlm.data.pack import Pack, interleave
from omnivlm.data.parts import Part, item_random
from omnivlm.data.scene import Scene
from omnivlm.data.signs import GuidePost, Jar, Poster, ShopFront
from omnivlm.data.world import sample_scene

_SHOPS = source(sign_questions.sample_shop, sign_questions.SHOP, lambda shop: (shop,))
_POSTERS = source(sign_questions.sample_poster, sign_questions.POSTER, lambda poster: (poster,))
_JARS = source(sign_questions.sample_jar, sign_questions.JAR, lambda jar: (jar,))
_POSTS = source(sign_questions.sample_post, sign_questions.POST, lambda post: (post,))
_LABELLED = source(
    lambda rng, part: sample_scene(rng, part, labelled=True),
    (scene_questions.label_of,),
    lambda scene: (scene,),
)
# name, source, pictures, questions to a picture
_GROUPS = (
    ("shops", _SHOPS, 9, 3), ("posters", _POSTERS, 9, 3), ("jars", _JARS, 9, 3),
    ("posts", _POSTS, 9, 3), ("labelled", _LABELLED, 9, 2),
)  # fmt: skip
_FIRST_QUESTION = 40001


def textvqa(part: Part, seed: int) -> Pack:
    """Draw 45 pictures with 126 questions."""
    pack = Pack("textvqa", part, seed)
    runs: list[Sequence[Drawn]] = [
        draw(part, sets, each, ("textvqa", name, seed)) for name, draw, sets, each in _GROUPS
    ]
    for number, one in enumerate(interleave(runs)):
        rng = item_random(part, "textvqa", "answers", number, seed)
        image = pack.keep(one.pictures[0])
        question_id = _FIRST_QUESTION + number
        pack.rows.append({
            "id": str(question_id),
            "image_id": image.removesuffix(".png"),
            "question_id": question_id,
            "question": one.asked.question,
            "image": image,
            "ocr_tokens": words_on(one.pictures[0]),
            "answers": ten_answers(lower(one.asked), rng),
        })  # fmt: skip
    return pack


def words_on(picture: Picture) -> list[str]:
    """List the words that are written on a picture, in reading order."""
    if isinstance(picture, Scene):
        return [thing.label for thing in picture.things if thing.label]
    if isinstance(picture, ShopFront | Poster | Jar | GuidePost):
        return list(picture.words)
    return []


def lower(asked: Asked) -> Asked:
    """Write the answers in small letters."""
    wrong = tuple(word.lower() for word in asked.wrong)
    return replace(asked, answer=asked.answer.lower(), wrong=wrong)
