"""The question which of several is meant, short enough to be kept in mind until its end."""

from collections.abc import Sequence

from edge.core.home import Entity, HomeState
from edge.core.questions import MAX_NAMED, WHICH_ROOM, again, first
from edge.reply.actions import the


def which(question: str, candidates: Sequence[str], home: HomeState) -> str:
    """The question in words; a second time in others.

    question: its code. candidates: entity ids between which it asks, in the order in which they are named: those of
    one name by their rooms, and of more than `MAX_NAMED` only the number.
    """
    anew = again(question) is None
    if first(question) == WHICH_ROOM:
        return "Which room? Please say its name" if anew else "In which room?"
    named = _either([home.entities[one] for one in candidates if one in home.entities], home)
    if not named:
        return "Please say its name or its room" if anew else f"Which one? There are {len(candidates)}"
    return f"Sorry, which one: {named}?" if anew else f"{named[0].upper()}{named[1:]}?"


def _either(candidates: Sequence[Entity], home: HomeState) -> str:
    """The candidates, told apart; nothing where they are too many, or nothing that can be said tells them apart."""
    names = [entity.name for entity in candidates]
    rooms = [room.name if (room := home.area(entity.area)) else "" for entity in candidates]
    told = {(name, room if names.count(name) > 1 else "") for name, room in zip(names, rooms, strict=True)}
    if len(candidates) > MAX_NAMED or len(told) < len(candidates):
        return ""
    if len(set(names)) == 1 and len(names) > 1 and all(rooms):
        # "The Heater in the Bedroom or in the Garage?"
        return f"{the(names[0])} {_or([f'in {the(room)}' for room in rooms])}"
    return _or(
        [
            f"{the(name)} in {the(room)}" if names.count(name) > 1 and room else the(name)
            for name, room in zip(names, rooms, strict=True)
        ]
    )


def _or(texts: Sequence[str]) -> str:
    return f"{', '.join(texts[:-1])} or {texts[-1]}" if len(texts) > 1 else "".join(texts)
