"""The answers of the packs, found again from the descriptions by code that did not make them."""

import itertools
import re
from collections import Counter

import pytest

from omnivlm.data.boards import Logo, Program, Sum
from omnivlm.data.covers import GENRES, Cover
from omnivlm.data.cycles import Cycle
from omnivlm.data.diagrams import FoodChains, Magnets, Rectangle
from omnivlm.data.labelled_parts import LabelledParts
from omnivlm.data.packs import FORMS, SEED
from omnivlm.data.photographs import CloseUp, Exposed, Spoiled, Tilted
from omnivlm.data.scene import Scene
from omnivlm.data.signs import GuidePost, Jar, Poster, ShopFront
from omnivlm.data.words import COLOURS, KINDS, NUMBER_WORDS

KIND = "|".join(KINDS)
COLOUR = "|".join(COLOURS)
PLURAL = "|".join(kind.plural for kind in KINDS.values())
SINGLE = {kind.plural: name for name, kind in KINDS.items()}


@pytest.fixture(scope="module")
def rows_of():
    packs = {}

    def rows(task):
        pack = packs.setdefault(task, None) or FORMS[task]("test", SEED)
        packs[task] = pack
        return [(row, pack.pictures[row["image"]]) for row in pack.rows]

    return rows


def cells(scene, kind, colour=None):
    return [t for t in scene.things if t.kind == kind and colour in (None, t.colour)]


def alone(scene, kind):
    (thing,) = cells(scene, kind)
    return thing


def side_holds(scene, kind, side):
    thing = alone(scene, kind)
    return {"left": thing.column == 0, "right": thing.column == 2, "top": thing.row == 0,
            "bottom": thing.row == 2}[side]  # fmt: skip


def relation_holds(scene, kind, way, other):
    one, two = alone(scene, kind), alone(scene, other)
    return {"to the left of": one.column < two.column, "to the right of": one.column > two.column,
            "above": one.row < two.row, "below": one.row > two.row}[way]  # fmt: skip


ONE = rf"an? (?:({COLOUR}) )?({KIND})"
YES_NO = [
    (rf"(?:Is there|Do you see|Can you see|Is) {ONE}(?: in the (?:image|picture)| shown here)?\?",
     lambda s, colour, kind: bool(cells(s, kind, colour))),
    (rf"Are there (?:exactly )?({'|'.join(NUMBER_WORDS)}) ({PLURAL})(?: in the image)?\?",
     lambda s, number, many: len(cells(s, SINGLE[many])) == NUMBER_WORDS.index(number)),
    (rf"Is there (?:only|exactly) one ({KIND})(?: in the image)?\?",
     lambda s, kind: len(cells(s, kind)) == 1),
    (rf"Is the ({KIND}) (?:on|at) the (left|right|top|bottom)(?: side)? of the (?:image|picture)\?",
     side_holds),
    (rf"Is the ({KIND}) (to the left of|to the right of|above|below) the ({KIND})(?: in .*)?\?",
     relation_holds),
    (rf"(?:Are there both|Does the picture show) an? ({KIND}) and (?:also )?an? ({KIND}).*\?",
     lambda s, one, two: bool(cells(s, one) and cells(s, two))),
    (rf"(?:Is there|Do you see either) an? ({KIND}) or an? ({KIND}).*\?",
     lambda s, one, two: bool(cells(s, one) or cells(s, two))),
    (rf"(?:Do|Are) the ({KIND}) and the ({KIND}) (?:have the same|of one) colour\?",
     lambda s, one, two: alone(s, one).colour == alone(s, two).colour),
]  # fmt: skip


def holds(scene, question):
    for pattern, check in YES_NO:
        if found := re.fullmatch(pattern, question):
            return check(scene, *found.groups())
    raise AssertionError(question)


@pytest.mark.parametrize("task", ["vqav2", "gqa", "mme"])
def test_yes_and_no_about_scenes_are_true(task, rows_of):
    checked = 0
    for row, picture in rows_of(task):
        answer = (row.get("answer") or row["multiple_choice_answer"]).lower()
        if answer in ("yes", "no") and isinstance(picture, Scene):
            question = row["question"].removesuffix(" Please answer yes or no.")
            assert holds(picture, question) == (answer == "yes"), (question, picture)
            checked += 1
    assert checked >= 48


def test_gqa_choices_are_true_of_the_scene_and_the_other_is_not(rows_of):
    for row, scene in rows_of("gqa"):
        if row["types"]["structural"] != "choose":
            continue
        words, answer = row["question"], row["answer"]
        if answer in COLOURS:
            (kind,) = re.findall(rf"the ({KIND})\b", words)
            assert alone(scene, kind).colour == answer
        elif answer in KINDS:
            (colour,) = re.findall(rf"the ({COLOUR}) object", words)
            assert [t.kind for t in scene.things if t.colour == colour] == [answer]
        else:
            (kind,) = re.findall(rf"the ({KIND})\b", words)
            assert side_holds(scene, kind, answer)


KNOWN = {
    "use|for\\?": {"cup": "drinking", "key": "opening locks", "book": "reading", "boat": "sailing",
                   "lamp": "lighting", "umbrella": "keeping dry", "car": "driving",
                   "house": "living in"},
    "find|belong": {"fish": "water", "boat": "water", "car": "road", "tree": "forest",
                    "cloud": "sky", "book": "library", "cup": "kitchen"},
    "material|consist": {"book": "paper", "key": "metal", "car": "metal", "tree": "wood",
                         "cloud": "water"},
    "an animal, a plant": {"fish": "animal", "tree": "plant", "flower": "plant", "car": "vehicle",
                           "boat": "vehicle", "house": "building", "circle": "shape",
                           "square": "shape", "triangle": "shape"},
    "sides|corners": {"circle": "0", "triangle": "3", "square": "4"},
}  # fmt: skip
PAINT = {"red yellow": "orange", "blue red": "purple", "blue yellow": "green"}
LIGHTS = {"red": "stop", "yellow": "slow down", "green": "go"}


def test_okvqa_answers_are_known_of_what_is_there(rows_of):
    for row, scene in rows_of("okvqa"):
        question, answer = row["question"], Counter(row["answers"]).most_common(1)[0][0]
        named = [alone(scene, kind).colour for kind in re.findall(rf"the ({KIND})\b", question)]
        if "mix" in question:
            assert PAINT[" ".join(sorted(named))] == answer
        elif "traffic light" in question:
            assert LIGHTS[named[0]] == answer
        else:
            thing = referred(scene, question)
            (facts,) = (facts for words, facts in KNOWN.items() if re.search(words, question))
            assert facts[thing.kind] == answer, (question, thing)


def referred(scene, question):
    if found := re.search(rf"the ({COLOUR}) object", question):
        (thing,) = (t for t in scene.things if t.colour == found[1])
    else:
        place = re.search(r"object in the (.*?)(?: part)? of the image", question)[1]
        (thing,) = (t for t in scene.things if t.place == place)
    return thing


def text_on(picture):
    """Everything that can be read on a picture, in small letters."""
    match picture:
        case ShopFront():
            hours = f"{picture.opens}:00 {picture.closes}:00"
            return f"{picture.name} {picture.offer} {hours}".lower()
        case Poster():
            rest = f"{picture.hour} pm {picture.place} ${picture.price}"
            return f"{picture.event} {picture.date} {rest}".lower()
        case Jar():
            return f"{picture.brand} {picture.product} {picture.grams}".lower()
        case GuidePost():
            return " ".join(f"{name} {km}" for name, km, _ in picture.boards).lower()
        case Scene():
            return " ".join(t.label for t in picture.things if t.label).lower()
    raise AssertionError(picture)


def test_textvqa_answers_stand_on_the_picture(rows_of):
    for row, picture in rows_of("textvqa"):
        answer = Counter(row["answers"]).most_common(1)[0][0]
        assert answer in text_on(picture)
        if isinstance(picture, GuidePost) and (found := re.search(r"\d+", row["question"])):
            assert f"{answer} {found[0]}" in text_on(picture)


def test_vizwiz_answers_are_true_where_something_can_be_seen(rows_of):
    for row, picture in rows_of("vizwiz"):
        answer = Counter(row["answers"]).most_common(1)[0][0]
        assert isinstance(picture, Spoiled) == (answer == "unanswerable")
        if isinstance(picture, Tilted):
            assert answer in text_on(picture.picture)
        elif isinstance(picture, CloseUp) and answer in ("yes", "no"):
            asked = row["question"].rstrip("?").split()[-1]
            assert (asked in (picture.kind, picture.colour)) == (answer == "yes")
        elif isinstance(picture, CloseUp):
            assert answer == (picture.colour if "colour" in row["question"] else picture.kind)


def test_ocrvqa_answers_stand_on_the_cover(rows_of):
    for row, cover in rows_of("ocrvqa"):
        assert isinstance(cover, Cover)
        if row["answer"] in ("Yes", "No"):
            named = [g for g in GENRES if g.lower().removesuffix("s") in row["question"].lower()]
            if "children" in row["question"].lower():
                named = ["Children's Books"]
            assert (named == [cover.genre]) == (row["answer"] == "Yes")
        else:
            assert row["answer"] in (cover.author, cover.title, cover.genre)


def test_ai2d_answers_follow_the_arrows_and_letters(rows_of):
    for row, picture in rows_of("ai2d"):
        answer = row["options"][int(row["answer"])]
        right = [option for option in row["options"] if fits(picture, row["question"], option)]
        assert right == [answer], row


def fits(picture, question, option):
    if isinstance(picture, LabelledParts):
        letters = {name: letter for name, letter in picture.letters.items() if name in question}
        if letters:
            return option in letters.values()
        return picture.letters.get(option) == re.search(r"\b[A-D]\b", question)[0]
    if isinstance(picture, Cycle):
        if question.startswith("How many"):
            return option == str(len(picture.stages))
        following = dict(zip(picture.stages, picture.stages[1:] + picture.stages[:1], strict=True))
        stage = next(s for s in picture.stages if re.search(rf"\b{s}\b", question))
        if "after" in question or "follows" in question:
            return following[stage] == option
        return following.get(option) == stage
    assert isinstance(picture, FoodChains)
    return fits_chain(picture, question, option)


def fits_chain(picture, question, option):
    eats = {b: a for chain in picture.chains for a, b in itertools.pairwise(chain)}
    eaten = {a: b for b, a in eats.items()}
    if found := re.search(r"every (.*) disappeared, what would the (.*) population", question):
        lost, kept = found.groups()
        effect = {eats[kept]: "decrease", eaten[kept]: "increase"}.get(lost, "stay the same")
        return option == effect
    if found := re.search(r"food chain of the (.*)\?", question):
        (chain,) = (chain for chain in picture.chains if found[1] in chain)
        return option == chain[0 if "producer" in question else -1]
    if found := re.search(r"what does the (.*) eat\?", question):
        return eats[found[1]] == option
    return eaten[re.search(r"(?:eats|feeds on) the (.*)\?", question)[1]] == option


def test_mme_sums_programs_and_logos_are_what_is_said(rows_of):
    for row, picture in rows_of("mme"):
        yes = row["answer"] == "Yes"
        match picture:
            case Sum():
                named = int(re.search(r"\d+", row["question"])[0])
                assert (calculated(picture) == named) == yes
            case Rectangle():
                named = int(re.search(r"\d+", row["question"])[0])
                assert (picture.width * picture.height == named) == yes
            case Logo():
                assert (f'"{picture.name.lower()}"' in row["question"]) == yes
            case Program():
                printed = []
                exec("\n".join(picture.lines), {"print": printed.append})
                assert printed == [type(printed[0])(picture.output)]
                assert (f"'{picture.output}'" in row["question"]) == yes


def calculated(picture):
    return eval(f"{picture.left} {picture.sign} {picture.right}")


THINGS = {
    "tea": "cup", "lock": "key", "read": "book", "under water": "fish", "light up": "lamp",
    "rain?": "umbrella", "roads": "car", "travel on water": "boat", "Can rain": "cloud",
    "three sides": "triangle", "equal sides": "square", "vase": "flower",
}  # fmt: skip


def test_mme_common_sense_is_about_what_is_seen(rows_of):
    for row, picture in rows_of("mme"):
        if row["category"] == "commonsense_reasoning":
            (kind,) = (kind for words, kind in THINGS.items() if words in row["question"])
            assert (picture.kind == kind) == (row["answer"] == "Yes")


CHINESE = {
    "圆形": "circle", "正方形": "square", "三角形": "triangle", "五角星": "star", "房子": "house",
    "树": "tree", "汽车": "car", "花": "flower", "杯子": "cup", "钥匙": "key", "书": "book",
    "台灯": "lamp", "鱼": "fish", "帆船": "boat", "雨伞": "umbrella", "云": "cloud",
    "红色": "red", "橙色": "orange", "黄色": "yellow", "绿色": "green", "蓝色": "blue",
    "紫色": "purple", "粉色": "pink", "黑色": "black",
    "左上角": "top left", "上方中间": "top centre", "右上角": "top right",
    "左侧中间": "middle left", "正中央": "centre", "右侧中间": "middle right",
    "左下角": "bottom left", "下方中间": "bottom centre", "右下角": "bottom right",
}  # fmt: skip


@pytest.mark.parametrize("task", ["mmbench_en", "mmbench_cn"])
def test_of_the_lettered_options_one_alone_is_true(task, rows_of):
    checked = Counter()
    for row, picture in rows_of(task):
        options = {c: row[c] for c in "ABCD" if row[c] != "nan"}
        true = [
            letter for letter, option in options.items()
            if option_fits(picture, row["category"], row["question"], option)
        ]  # fmt: skip
        assert true == [row["answer"]], (row, picture)
        checked[row["category"]] += 1
    assert len(checked) == 10


def english(text):
    """Put the words of the drawn world that stand in a text into English, longest first."""
    for word in sorted(CHINESE, key=len, reverse=True):
        text = text.replace(word, f" {CHINESE[word]} ")
    return " ".join(text.split())


def option_fits(picture, category, question, option):
    plain, said = english(option), english(question)
    match picture:
        case FoodChains():
            eaten = re.search(r"（(.*)）|(?:eats|on) the (.*)\?", question)
            fed = next(filter(None, eaten.groups()))
            eater = re.sub(r".*（(.*)）", r"\1", option)
            return any((fed, eater) in itertools.pairwise(c) for c in picture.chains)
        case Magnets():
            return picture.attract == ("吸引" in option or "attract" in option)
        case Scene():
            return scene_fits(picture, category, said, question, plain)
    if category == "image_quality":
        return quality_fits(picture, option)
    values = dict(zip(picture.categories, picture.series[0].values, strict=True))
    if option in values:
        most = "highest" in question or "高" in question
        return values[option] == (max if most else min)(values.values())
    return str(values[next(c for c in values if c in question)]) == option


def quality_fits(picture, option):
    if isinstance(picture, Spoiled):
        return "blurred" in option or "模糊" in option
    if isinstance(picture, Exposed):
        return ("dark" if picture.light < 1 else "bright") in option or (
            "过暗" if picture.light < 1 else "过度"
        ) in option
    return "sharp" in option or "清晰" in option


def scene_fits(scene, category, question, said, option):
    meant = [t for t in scene.things if mentions(question, t)]
    match category:
        case "attribute_recognition":
            return [t.colour for t in meant] == [option]
        case "ocr":
            return [t.label for t in meant] == [option]
        case "attribute_comparison":
            return (meant[0].colour == meant[1].colour) == ("相同" in option or "same" in option)
        case "function_reasoning":
            used = any(use in said for use in USES.get(option, ()))
            return option in scene.kinds() and used
        case "spatial_relationship":
            (thing,) = meant
            down, right = next(step for word, step in STEPS.items() if word in question)
            other = scene.at(thing.row + down, thing.column + right)
            return other is not None and other.kind == option
    if option.isdigit():
        return len(meant) == int(option)
    return [t.place for t in meant] == [option]


STEPS = {"left of": (0, -1), "左侧": (0, -1), "right of": (0, 1), "右侧": (0, 1), "above": (-1, 0),
         "上方": (-1, 0), "below": (1, 0), "下方": (1, 0)}  # fmt: skip
USES = {
    "triangle": ("three sides", "三条边"), "house": ("home for people", "供人居住"),
    "tree": ("wooden trunk", "树干"), "car": ("driven on a road", "公路上行驶"),
    "flower": ("petals", "花瓣"), "cup": ("drink from", "喝水"), "key": ("opens a lock", "开锁"),
    "book": ("to be read", "供人阅读"), "lamp": ("gives light", "照明"),
    "fish": ("gills", "鳃"), "boat": ("across water", "水上航行"),
    "umbrella": ("dry in the rain", "撑起来挡雨"), "cloud": ("where rain falls from", "会下雨"),
}  # fmt: skip


def mentions(question, thing):
    """Say whether a question names this thing: by its kind, and by its colour where it has one."""
    kinds = re.findall(rf"\b({PLURAL}|{KIND})\b", question)
    colours = re.findall(rf"\b({COLOUR})\b", question)
    named = {SINGLE.get(kind, kind) for kind in kinds}
    return thing.kind in named and (not colours or thing.colour in colours)
