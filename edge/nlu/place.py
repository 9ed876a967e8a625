"""Where the devices of a sentence are to be; and the questions and refusals that end the search for them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.core.home import Area, Entity, HomeState
from edge.core.turn import Interpretation, Plan, Refusal, Scalar, Slot


class Unresolved(Exception):  # noqa: N818 - not an error: a plan that ends the search early
    """Carries the question or refusal that ends the search for devices."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


@dataclass(frozen=True, slots=True)
class Place:
    """Where the devices are to be: in a room, on a floor, or anywhere."""

    areas: tuple[Area, ...] | None = None
    """None: anywhere."""
    said: bool = False
    """Whether the sentence named it, rather than the microphone's room standing in."""
    kind: str = ""
    """area or floor, for refusals."""

    def holds(self, entity: Entity) -> bool:
        """Whether the device is there."""
        return self.areas is None or entity.area in {area.id for area in self.areas}


def refuse(code: str, subject: Scalar = "") -> "Unresolved":
    """A refusal, to be raised. subject: what the sentence named."""
    return Unresolved(Plan(refusal=Refusal(f"resolve.{code}", str(subject))))


def ask(question: str, candidates: Iterable[Entity] = ()) -> "Unresolved":
    """A question, to be raised. candidates: what it asks between."""
    return Unresolved(Plan(question=question, candidates=ids_of(candidates)))


def place_of(interpretation: Interpretation, home: HomeState) -> Place:
    """Where the sentence says, else the microphone's room where the grammar put that in. Raises Unresolved."""
    floor, area = interpretation.slot("floor"), slot_of(interpretation, "area")
    if area is not None and area.value != "":
        rooms = home.areas_named(str(area.value))
        if not rooms:
            raise refuse("no_area", area.value)
        if len(rooms) > 1 and home.mic_area in {room.id for room in rooms}:
            rooms = tuple(room for room in rooms if room.id == home.mic_area)
        if len(rooms) > 1:
            raise ask("which_room")
        return Place(rooms, bool(area.text), "area")
    if floor is not None:
        floors = home.floors_named(str(floor))
        if not floors:
            raise refuse("no_floor", floor)
        ids = {one.id for one in floors}
        return Place(tuple(room for room in home.areas if room.floor in ids), said=True, kind="floor")
    if area is not None:
        # "Turn on the lights", said to a microphone whose room is not known: here, but nobody knows where.
        return Place((), said=False, kind="area")
    return Place()


def slot_of(interpretation: Interpretation, name: str) -> Slot | None:
    """The slot of this name, with how it was said."""
    return next((slot for slot in interpretation.slots if slot.name == name), None)


def ids_of(entities: Iterable[Entity]) -> tuple[str, ...]:
    """Ids of the entities, in order."""
    return tuple(entity.entity_id for entity in entities)


def chosen_of(ids: str, home: HomeState) -> tuple[Entity, ...]:
    """The entities whose ids are given, joined with commas. Raises Unresolved where one is not there."""
    for entity_id in (one := ids.split(",")):
        if entity_id not in home.entities:
            raise refuse("gone", entity_id)
    return tuple(home.entities[entity_id] for entity_id in one)
