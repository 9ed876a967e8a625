"""What may be said to "which one?" in one home, as sentence templates, for a recogniser to expect. Pure."""

from typing import TYPE_CHECKING

from edge.core.home import HomeState
from edge.core.text import words
from edge.nlu.choice_words import choice_words, fixed

if TYPE_CHECKING:
    from hassil.intents import Intents


def sentences(language: str, home: HomeState) -> "Intents":
    """Templates with the lists `name`, `area` and `floor`, and what the home's names begin with.

    "Floor" is all that people say of the floor lamp when they are asked.
    """
    from hassil.intents import Intents

    known = choice_words(language)
    parts = sorted({part for entity in home.entities.values() for name in entity.names if (part := _part(name))})
    said = [way.format("{name}") for way in known.said]
    said += [way.format("{part}") for way in known.said] if parts else []
    placed = [way.format(place) for place in ("{area}", "{floor}") for way in known.placed]
    intents = {
        "Fixed": {"data": [{"sentences": list(way)} for way in fixed(language) if way]},
        "Named": {"data": [{"sentences": said, "lists": {"part": {"values": parts}} if parts else {}}]},
        "Placed": {"data": [{"sentences": placed}]},
    }
    return Intents.from_dict({"language": language, "intents": intents})


def _part(name: str) -> str:
    """The words of a name but for the last, in normal form, which holds no sign of a template."""
    return " ".join(words(name)[:-1])
