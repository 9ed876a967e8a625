"""What people say that they like: how warm, how bright, which music, which team. Pure, English."""

from edge.core.home import HomeState
from edge.core.text import normalize, words
from edge.core.turn import Interpretation, Slot
from edge.nlu import teachable_en as en
from edge.nlu.reading import begins_request

TOPICS = ("temperature", "brightness", "music", "team")
"""What the guided talk asks about, in order."""
MAX_WORDS = 5
"""Of a team's or an artist's name."""
_DEGREES, _PERCENT = (5, 95), (1, 100)
_TENS = {word: 10 * n for n, word in enumerate(words("twenty thirty forty fifty sixty seventy eighty ninety"), 2)}
_ONES = {
    word: n
    for n, word in enumerate(
        words(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen"
        )
    )
}


def liked(text: str, home: HomeState) -> Interpretation | None:
    """`EdgeTeachLike` with the slots topic, value, and area and situation where they are said; None for other texts.

    text: in normal form.
    """
    bare, situation = text, ""
    for pattern, when in en.TIMES:
        if (match := pattern.match(bare)) is not None:
            bare, situation = match["rest"], when
            break
    area = ""
    if (match := en.IN_ROOM.match(bare)) is not None and (rooms := home.areas_named(match["area"])):
        bare, area = match["rest"], rooms[0].name
    found = liked_words(bare) or liked_words(text)
    if found is None:
        return None
    slots = [Slot("topic", found[0]), Slot("value", found[1], found[1])]
    slots += [Slot("area", area, area)] if area else []
    slots += [Slot("situation", situation)] if situation else []
    return Interpretation("EdgeTeachLike", tuple(slots), text)


def value_of(text: str, topic: str) -> str | None:
    """What a text says that is liked, of one topic; None where it says nothing of the sort, or asks for something too.

    "Jazz and turn everything off" is nobody's music: what is asked for behind the "and" is not to be swallowed.
    """
    if _asks_too(text):
        return None
    if topic in ("temperature", "brightness"):
        low, high = _DEGREES if topic == "temperature" else _PERCENT
        number = number_of(text)
        if number is None and topic == "brightness":
            number = next((percent for word, percent in en.BRIGHT.items() if word in text.split()), None)
        return f"{number:g}" if number is not None and low <= number <= high else None
    said = text.split()
    if not said or len(said) > MAX_WORDS or set(said) <= en.NOTHING or said[0] in en.NOTHING - {"the", "a"}:
        return None
    return " ".join(said[1:] if said[0] == "the" and len(said) > 1 else said)


def _asks_too(text: str) -> bool:
    tails = text.split(" and ")[1:]
    known = any(kind in text for kind in en.MUSIC if " and " in kind)  # "rock and roll"
    return not known and any(" " in tail and begins_request(tail) for tail in tails)


def number_of(text: str) -> float | None:
    """A number in figures or in words, up to 99 and with halves; None for other texts."""
    said = normalize(text).split()
    half = 0.5 if said[-3:] == ["and", "a", "half"] or said[-2:] == ["point", "five"] else 0.0
    if half:
        said = said[:-3] if said[-1] == "half" else said[:-2]
    if len(said) == 1 and said[0].replace(".", "", 1).isdecimal():
        return float(said[0]) + half
    if len(said) == 1 and said[0] in _ONES:
        return _ONES[said[0]] + half
    if said and said[0] in _TENS and len(said) <= 2 and (len(said) == 1 or 1 <= _ONES.get(said[1], 0) <= 9):
        return _TENS[said[0]] + (_ONES[said[1]] if len(said) == 2 else 0) + half
    return None


def liked_words(text: str) -> tuple[str, str] | None:
    """Topic and value of what a text says that is liked, without room and time; None for other texts."""
    for topic, patterns in (("brightness", en.BRIGHTNESSES), ("temperature", en.TEMPERATURES)):
        for pattern in patterns:
            if (match := pattern.match(text)) and (value := value_of(match["value"], topic)) is not None:
                return topic, value
    for pattern in (en.FAN_OF, en.FAN):
        if (match := pattern.match(text)) and (value := value_of(match["value"], "team")) is not None:
            return ("music" if value in en.MUSIC else "team"), value
    for topic, pattern in en.FAVOURITES:
        if (match := pattern.match(text)) and (value := value_of(match["value"], topic)) is not None:
            return topic, value
    match = en.LIKES.match(text)
    value = value_of(match["value"], "music") if match is not None else None
    if match is None or value is None:
        return None
    # Who likes pizza does not want to hear it; who loves something may.
    heard = value in en.MUSIC or value.endswith(" music") or match["verb"] == "love" or match["listens"]
    return ("music", value) if heard else None


def wordings(topic: str, value: str, area: str = "") -> tuple[tuple[str, ...], str]:
    """What is said in place of a value that the hub knows, and the request that it stands for; none for no topic.

    area: name of the room that it is about; of a room only warmth and light are.
    """
    phrases, request = en.IN_PLACE.get(topic, ((), ""))
    placed = area and topic in ("temperature", "brightness")
    where = f" in the {normalize(area)}" if placed else ""
    return tuple(f"{phrase}{where}" for phrase in phrases), request.format(value=value, where=where)
