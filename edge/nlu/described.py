"""A device that is described, as one does who gives it a name: "the lamp by the sofa" is the Sofa Lamp. Pure.

Every word of the description must be of the device's names, of its room's or floor's, or a word for what it is; where
several fit, the one of the microphone's room is meant, and else nobody knows.
"""

from collections.abc import Iterator

from edge.core.home import Entity, HomeState
from edge.core.text import words
from edge.nlu.choice_words import KINDS

_SMALL = frozenset(
    words(
        """
        the a an my our this that your by at on in of from near next to beside behind over above under with for which is
        there here thing device and
        """
    )
)
"""Words that tell nothing, or nothing that the hub could know."""
_PLACES = frozenset(("door", "gate", "window"))
"""Kinds that tell where something is rather: "the lamp by the door"."""


def described(said: str, home: HomeState) -> tuple[Entity, ...]:
    """The devices that the words describe, those of the microphone's room alone where there are any; maybe none."""
    wanted = tuple(words(said))
    bare = tuple(word for word in wanted if word not in _SMALL)
    if not wanted or wanted[-1] in ("by", "at", "on", "in", "of", "the", "a", "my", "our", "and", "is", "near", "to"):
        return ()
    there = [entity for entity in home.entities.values() if not entity.is_setting]
    ways = (
        [e for e in there if any(_bare(name) == _bare(said) for name in e.names)],
        [e for e in there if bare and set(bare) <= set(_called(e, home))],
    )
    found = next((way for way in ways if way), [])
    here = [entity for entity in found if entity.area == home.mic_area and home.mic_area is not None]
    return tuple(here or found)


def _bare(name: str) -> tuple[str, ...]:
    said = tuple(words(name))
    return said[1:] if said[:1] and said[0] in ("the", "my", "our") else said


def _called(entity: Entity, home: HomeState) -> Iterator[str]:
    for name in entity.names:
        yield from words(name)
    yield from KINDS.get(entity.domain, frozenset()) - _PLACES
    if entity.device_class:
        yield from words(entity.device_class)
    area = home.area(entity.area)
    floors = [floor for floor in home.floors if area is not None and floor.id == area.floor]
    for place in (*((area,) if area else ()), *floors):
        for name in (place.name, *place.aliases):
            yield from words(name)
