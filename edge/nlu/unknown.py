"""A request whose thing or room this home does not have: understood as far as it goes, so that the refusal can name it.

Never more than a refusal: what is taken for a name here is one that no device, room or floor of the home bears.
"""

import re
from collections.abc import Iterator

from edge.core.text import words
from edge.core.turn import Interpretation, Slot
from edge.nlu.paraphrase import HomeWords, Words, tidy

MAX_WORDS = 4
"""Words of a name; more are no name but another sentence."""

_COMMANDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (intent, re.compile(pattern))
    for intent, pattern in (
        ("HassTurnOn", r"(?:turn|switch|put) on (?:the |my |our )?(?P<name>.+)"),
        ("HassTurnOn", r"(?:turn|switch|put) (?:the |my |our )?(?P<name>.+) on"),
        ("HassTurnOn", r"(?:open|lock|activate) (?:the |my |our )?(?P<name>.+)"),
        ("HassTurnOff", r"(?:turn|switch|put) off (?:the |my |our )?(?P<name>.+)"),
        ("HassTurnOff", r"(?:turn|switch|put) (?:the |my |our )?(?P<name>.+) off"),
        ("HassTurnOff", r"(?:close|shut|unlock|deactivate) (?:the |my |our )?(?P<name>.+)"),
        ("HassGetState", r"(?:is|are) (?:the |my |our )?(?P<name>.+) (?:on|off|open|closed|shut|locked|unlocked)"),
    )
)
_ROOM = re.compile(r"(?P<name>.+) (?:in|of|at) (?:the |my |our )(?P<area>.+)")
_NO_NAME = frozenset(
    words(
        """
        it that this them those these one ones everything anything something all every both and or not to the a i you
        we they he she if when please up down on off in at for with until again there here
        """
    )
)


def unknown_thing(said: Words, known: HomeWords) -> Interpretation | None:
    """The request for something that this home does not have; None where it is no request or has all that is named."""
    text = " ".join(tidy(said))
    for intent, pattern in _COMMANDS:
        if found := pattern.fullmatch(text):
            slots = tuple(_slots(found["name"], known))
            return Interpretation(intent, slots, text, source="nearest", score=0.0) if slots else None
    return None


def _slots(name: str, known: HomeWords) -> Iterator[Slot]:
    placed = _ROOM.fullmatch(name)
    area = tuple(placed["area"].split()) if placed else ()
    thing = tuple((placed["name"] if placed else name).split())
    if not _is_name(thing) or (area and not _is_name(area)):
        return
    if area and area not in known.areas and area not in known.floors:
        yield Slot("area", " ".join(area), " ".join(area))
    elif known.mention(thing) is None:
        yield Slot("name", " ".join(thing), " ".join(thing))


def _is_name(said: Words) -> bool:
    return 0 < len(said) <= MAX_WORDS and _NO_NAME.isdisjoint(said) and not any(word.isdigit() for word in said)
