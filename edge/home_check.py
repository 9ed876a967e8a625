"""What in a home is in the way of speaking to it: names, rooms and devices, each with the one thing to do. Pure.

Names sound alike when they have the same words but for one, and the phones of that one are close (`edge.asr.likeness`).
Whole names are not held against each other: two thousand of them make two million pairs, and what differs in two words
is told apart by a recogniser that expects nothing but the names of this home.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from edge.core.home import Area, Entity, HomeState
from edge.core.phones import Pronunciation
from edge.core.text import words
from edge.doctor import Check, Health
from edge.home.complaints import Complaint
from edge.home.household import Household

ALIKE = 0.75
"""Difference of two words that are alike, costs as in `edge.asr.likeness`: that of one lost consonant, or of up to
three close neighbours. Desk and deck are alike; bathroom and bedroom, which every house has, are not."""
MANY = 200
"""Names that differ in one word and are no longer held against each other: numbers, made by a machine."""
LISTED = 5
"""Names that one finding tells; more are counted."""

Sounds = Callable[[Sequence[str]], Mapping[str, Sequence[Pronunciation]]]
"""Words -> the ways to say each."""

_NO_ROOM = "in no room"
_NO_DEVICES = "rooms without devices"
_NOWHERE = frozenset(("scene", "script", "automation", "update", "event", "device_tracker", "sensor", "weather"))
"""Kinds of device that need no room: nobody says "in the kitchen" of them, or they are many and seldom asked about."""
_UNSAYABLE = re.compile(r"0x[0-9a-f]{4,}|(?=\w*\d)(?=\w*[a-z])[0-9a-z]{6,}|\d{5,}", re.IGNORECASE)
"""Addresses, serial numbers, and long numbers."""


def check(
    home: HomeState, household: Household, *, sounds: Sounds | None, complaints: Iterable[Complaint] = ()
) -> tuple[Check, ...]:
    """Everything that is found, what is serious first; nothing when all is well.

    household: as it was read, for entries that mean nothing. sounds: how words are said; None where that is not known,
    or not worth the time. complaints: what of the broker's messages could not be used (`Link.complaints`).
    """
    found = [
        *_same_names(home),
        *(_alike(home, sounds) if sounds else ()),
        *_templates(home),
        *_unused(complaints),
        *_entries(home, household),
        *_rooms_of_one_name(home),
        *_codes(home, household),
        *_spelled_twice(home),
        *_unsayable(home),
        *_nameless(home),
        *_unavailable(home),
        *_no_room(home),
        *_no_devices(home),
    ]
    return tuple(sorted(found, key=lambda one: one.status is not Health.FAIL))


def summary(findings: Sequence[Check]) -> tuple[Check, ...]:
    """For a check of everything: rooms without devices, devices without rooms, and one line on all the others."""
    told = tuple(finding for finding in findings if finding.name in (_NO_ROOM, _NO_DEVICES))
    if not (others := len(findings) - len(told)):
        return told
    number = f"{others} {'other ' if told else ''}finding{'s' * (others != 1)} about names, rooms and devices"
    return (*told, Check("home", Health.WARN, number, "run edge home check"))


def _same_names(home: HomeState) -> Iterator[Check]:
    groups: dict[tuple[str, str | None, str], list[Entity]] = {}
    for entity in _sorted(home):
        for said in {" ".join(words(name)) for name in entity.names}:
            # A lock and its contact sensor share a name as a rule: the sentence tells which is meant.
            groups.setdefault((said, entity.area, entity.domain), []).append(entity)
    told: set[tuple[str, ...]] = set()
    for (said, area, _), entities in sorted(groups.items(), key=lambda item: item[0][0]):
        ids = tuple(entity.entity_id for entity in entities)
        if len(ids) > 1 and said and ids not in told:
            told.add(ids)
            room = home.area(area)
            where = f"in {room.name}" if room else "in no room"
            yield Check(
                f"same name: {said}",
                Health.FAIL,
                f"{_listed(ids)}, both {where}" if len(ids) == 2 else f"{_listed(ids)}, all {where}",
                f'give one a name of its own in home.toml: [devices."{ids[-1]}"] name = "…"',
            )


def _alike(home: HomeState, sounds: Sounds) -> Iterator[Check]:
    gaps: dict[tuple[str, ...], dict[str, Entity | Area]] = {}
    things: list[Area | Entity] = [*home.areas, *_sorted(home)]
    for thing in things:
        kind = "room" if isinstance(thing, Area) else "device"
        for name in (thing.name, *thing.aliases):
            said = words(name)
            for at, word in enumerate(said):
                # A kind of thing that is named with these words but for one.
                gaps.setdefault((kind, *said[:at], "*", *said[at + 1 :]), {}).setdefault(word, thing)
    several = {key: named for key, named in gaps.items() if 1 < len(named) <= MANY}
    readings = sounds(sorted({word for named in several.values() for word in named}))
    for key, named in sorted(several.items()):
        for one, other in combinations(sorted(named), 2):
            cost = _difference(readings.get(one, ()), readings.get(other, ()))
            if named[one] is named[other] or cost > ALIKE:
                continue
            names = [" ".join(word if part == "*" else part for part in key[1:]) for word in (one, other)]
            how = "are easily taken for each other" if cost else "are one word to the ear"
            yield Check(
                f"sounds alike: {names[0]}, {names[1]}",
                Health.WARN if cost else Health.FAIL,
                f"{one!r} and {other!r} {how} ({_id(named[one])}, {_id(named[other])})",
                "give one of them another name or an alias in home.toml, and use that",
            )


def _difference(one: Sequence[Pronunciation], other: Sequence[Pronunciation]) -> float:
    """Of the two closest ways to say two words."""
    return min((_distance(a, b) for a in one for b in other), default=float("inf"))


def _distance(one: Pronunciation, other: Pronunciation) -> float:
    """What it costs to take one for the other: edit distance (Wagner & Fischer 1974) with costs by sound."""
    from edge.asr.likeness import gap, swap

    row = [0.0]
    for phone in other:
        row.append(row[-1] + gap(phone))
    for phone in one:
        before, row = row, [row[0] + gap(phone)]
        for at, against in enumerate(other):
            row.append(min(before[at] + swap(phone, against), before[at + 1] + gap(phone), row[at] + gap(against)))
    return row[-1]


def _templates(home: HomeState) -> Iterator[Check]:
    for _, entity in sorted(home.entities.items()):
        if key := entity.attributes.get("template_error"):
            yield Check(
                f"template: {entity.name}",
                Health.FAIL,
                f"{key} of {entity.entity_id} cannot be read, so its value is not known",
                f"correct the template where the device is configured: edge devices --why {entity.entity_id} shows it",
            )


def _unused(complaints: Iterable[Complaint]) -> Iterator[Check]:
    """Messages that could not be used, a line for each reason."""
    topics: dict[str, list[str]] = {}
    for complaint in complaints:
        if complaint.code != "template.failed":  # those are told above, with the entity that they spoil
            why = f" ({complaint.why})" if complaint.why and complaint.subject else ""
            topics.setdefault(complaint.code, []).append(
                f"{complaint.subject or 'the announcements of all devices'}{why}"
            )
    for code, subjects in sorted(topics.items()):
        yield Check(
            f"ignored: {code}",
            Health.FAIL,
            _listed(subjects),
            _WHAT_TO_DO.get(
                code, "correct what publishes there, or remove what the broker retains: mosquitto_pub -r -n -t TOPIC"
            ),
        )


_WHAT_TO_DO = {"link.denied": "let this user read there, in the broker's access rules", "link.unexpected": "report it"}


def _entries(home: HomeState, household: Household) -> Iterator[Check]:
    known = [*home.entities, *(name for entity in home.entities.values() for name in entity.names)]
    for rule in household.unmatched(home.entities.values()):
        near = difflib.get_close_matches(rule.pattern[:100], known, 1, cutoff=0.7)
        hint = f"did you mean {near[0]}?" if near else "correct it, or take it out"
        yield Check(f"home.toml: {rule.pattern}", Health.FAIL, f"{rule.origin}: no device is called so", hint)


def _rooms_of_one_name(home: HomeState) -> Iterator[Check]:
    """Names and aliases that two rooms go by, so that one is taken for the other."""
    rooms: dict[str, list[str]] = {}
    for area in home.areas:
        for said in {" ".join(words(name)) for name in (area.name, *area.aliases)}:
            rooms.setdefault(said, []).append(area.name)
    for said, names in sorted(rooms.items()):
        if len(names) > 1:
            yield Check(
                f"rooms called {said}",
                Health.FAIL,
                f"{_listed(sorted(names))} go by one name",
                "take the alias away from all of them but one, in home.toml",
            )


def _codes(home: HomeState, household: Household) -> Iterator[Check]:
    """Locks and alarms that ask for a code which the hub has not been given."""
    for entity in _sorted(home):
        if entity.attributes.get("code_format") and household.code(entity.entity_id) is None:
            yield Check(
                f"code: {entity.name}",
                Health.FAIL,
                f"{entity.entity_id} wants a code, and the hub has none",
                f'write it into a file of its own, chmod 600, and in home.toml: [devices."{entity.entity_id}"] '
                'code_file = "…"',
            )


def _spelled_twice(home: HomeState) -> Iterator[Check]:
    """Rooms that are one room, most likely, spelled in two ways."""
    names = {area.name: "".join(words(area.name)) for area in home.areas}
    for one, other in combinations(sorted(names), 2):
        close = difflib.SequenceMatcher(None, names[one], names[other]).ratio()
        if names[one] and (names[one] == names[other] or (close > 0.9 and _letters(one) == _letters(other))):
            yield Check(
                f"rooms: {one}, {other}",
                Health.WARN,
                "two rooms are spelled almost alike",
                f'if they are one, write in home.toml: [rooms."{one}"] aliases = ["{other}"]',
            )


def _letters(name: str) -> str:
    # Bedroom 1 and Bedroom 2 differ in what matters.
    return re.sub(r"\D", "", name)


def _unsayable(home: HomeState) -> Iterator[Check]:
    bad = [e for e in _sorted(home) if not any(_can_be_said(name) for name in e.names)]
    if bad:
        yield Check(
            "names nobody can say",
            Health.WARN,
            _listed(f"{entity.name or '(none)'} ({entity.entity_id})" for entity in bad),
            f'name them in home.toml: [devices."{bad[0].entity_id}"] name = "…"',
        )


def _nameless(home: HomeState) -> Iterator[Check]:
    bad = [entity for _, entity in sorted(home.entities.items()) if entity.is_nameless and entity.name]
    if bad:
        yield Check(
            "names that mean something else",
            Health.WARN,
            _listed(f"{entity.name} ({entity.entity_id})" for entity in bad),
            f'nobody can speak of it until home.toml says: [devices."{bad[0].entity_id}"] aliases = ["…"]',
        )


def _can_be_said(name: str) -> bool:
    said = " ".join(words(name))
    return any(letter.isalpha() for letter in said) and not _UNSAYABLE.search(said)


def _unavailable(home: HomeState) -> Iterator[Check]:
    away = [entity.name for entity in _sorted(home) if not entity.available]
    if away:
        yield Check(
            "unavailable",
            Health.WARN,
            _listed(away),
            "see that they have power and are in reach: edge devices --unavailable",
        )


def _no_room(home: HomeState) -> Iterator[Check]:
    lost = [e for e in _sorted(home) if home.area(e.area) is None and e.domain not in _NOWHERE]
    if lost:
        yield Check(
            _NO_ROOM,
            Health.WARN,
            _listed(entity.name for entity in lost),
            f'say where they are in home.toml: [devices."{lost[0].entity_id}"] room = "…"',
        )


def _no_devices(home: HomeState) -> Iterator[Check]:
    inhabited = {entity.area for entity in home.entities.values()}
    empty = sorted(area.name for area in home.areas if area.id not in inhabited)
    if empty:
        yield Check(_NO_DEVICES, Health.WARN, _listed(empty), "check their spelling in home.toml and edge.toml")


def _sorted(home: HomeState) -> list[Entity]:
    """The devices that people speak of."""
    return [entity for _, entity in sorted(home.entities.items()) if not entity.is_setting]


def _id(thing: Entity | Area) -> str:
    return thing.entity_id if isinstance(thing, Entity) else f"room {thing.name}"


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - LISTED} more" if len(listed) > LISTED else ""
    return ", ".join(listed[:LISTED]) + more
