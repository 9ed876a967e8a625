"""Simulated households: the same on every run, true to their homes, plausible, and just to what they judge."""

import ast
import itertools
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from households import SEEDS, lived, requests

from edge.core.home import HomeState, Voice
from tools.bench.household import HomeChange, Household, Request
from tools.bench.household.moment import DAY, FAMILIES
from tools.bench.household.people import Person
from tools.bench.household.truth import Acts, Asks, Tells
from tools.bench.household.wordings import ALL, wordings

PACKAGE = Path(__file__).resolve().parents[3] / "tools" / "bench" / "household"


def test_it_shares_nothing_with_what_it_judges() -> None:
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            assert not [n for n in names if n.startswith("edge.") and not n.startswith("edge.core")], path
            assert not [n for n in names if n.partition(".")[0] in ("hassil", "home_assistant_intents")], path


def test_there_are_families_and_wordings_enough() -> None:
    assert len([f for f in FAMILIES.values() if f.kind == "context"]) >= 44
    assert len({one for ways in ALL.values() for one in ways}) >= 300


def test_half_of_the_households_know_wordings_that_the_others_never_use() -> None:
    even, odd = ({(key, one) for key in ALL for one in wordings(key, seed)} for seed in (0, 1))
    assert even - odd
    assert odd - even
    assert len(even & odd) > len(ALL)


# The same on every run


def test_the_same_seed_lives_the_same_days() -> None:
    assert lived(3) == tuple(Household.of(3).days(3))
    assert lived(3) != lived(5)


def test_days_that_are_taken_one_by_one_are_the_same() -> None:
    household = Household.of(3)
    assert lived(3) == tuple(event for _ in range(3) for event in household.days(1))


# True to the home


def test_a_truth_names_only_what_is_there() -> None:
    for request in requests():
        assert request.truth.devices <= request.home.entities.keys(), request


def test_time_goes_on_and_changes_are_dated() -> None:
    for seed in SEEDS:
        events = lived(seed)
        assert all(a.at_ms <= b.at_ms for a, b in itertools.pairwise(events))
        for event in events:
            changed = max(entity.changed_ms or 0 for entity in event.home.entities.values())
            assert changed <= event.at_ms
            assert event.home.taken_ms <= event.at_ms


def test_what_has_changed_says_so_and_nothing_else_is_copied() -> None:
    before: HomeState | None = None
    for event in lived(4):
        if isinstance(event, HomeChange) and before is not None:
            differing = {key for key, entity in event.home.entities.items() if entity is not before.entities[key]}
            assert differing == set(event.devices)
        elif before is not None:
            assert event.home is before
        before = event.home


def test_a_state_that_changes_is_dated_when_it_changes() -> None:
    before: HomeState | None = None
    for event in lived(4):
        if before is not None:
            for key, entity in event.home.entities.items():
                if entity.state != before.entities[key].state:
                    assert entity.changed_ms == event.at_ms
        before = event.home


@pytest.mark.parametrize("size", [15, 40, 80, 400])
def test_a_house_is_as_large_as_it_should_be(size: int) -> None:
    home = Household.of(7, size).home()
    assert 0.6 * size <= len(home.entities) <= max(1.1 * size, 32)
    assert {e.area for e in home.entities.values()} - {None} <= {a.id for a in home.areas}


def test_what_opens_and_heats_wants_a_yes() -> None:
    for request in requests():
        for one in request.truth.accept:
            if isinstance(one, Acts) and one.needs_yes:
                marked = {e.entity_id for e in request.home.entities.values() if e.voice is Voice.CONFIRM}
                assert marked & {wish.device for wish in one.wishes}


# Plausible


def test_most_requests_are_plain() -> None:
    kinds = Counter(request.truth.kind for request in requests())
    total = kinds.total()
    assert 0.55 < kinds["plain"] / total < 0.75
    assert 0.18 < kinds["context"] / total < 0.32
    assert kinds["guard"] / total < 0.08


def test_few_requests_need_a_question() -> None:
    asks = sum(isinstance(request.truth.accept[0], Asks) for request in requests())
    assert 0 < asks / len(requests()) < 0.03


def test_nobody_speaks_at_night_or_without_words() -> None:
    for request in requests():
        assert request.text
        assert request.heard[0][0] == request.text
        assert "{" not in request.text
        assert request.at_ms % DAY > DAY / 24 * 5 or request.at_ms % DAY < DAY / 24 * 2


def test_a_person_keeps_to_their_own_wordings() -> None:
    person = Person.of("Anna", 1)
    assert person.words("on", x="the lamp") == Person.of("Anna", 1).words("on", x="the lamp")
    usual = {Person.of("Anna", seed).words("on", x="the lamp")[0] for seed in range(40)}
    assert len(usual) > 3


def test_the_oven_decides_what_the_temperature_is() -> None:
    truths = {r.truth.family: r for r in requests() if r.truth.family in ("oven_temperature", "room_temperature")}
    assert len(truths) == 2
    for name, request in truths.items():
        told = request.truth.accept[0]
        assert isinstance(told, Tells)
        assert all(("oven" in device) is (name == "oven_temperature") for device in told.about)


def test_a_habit_is_expected_only_when_it_could_be_seen() -> None:
    brewing = [
        r for seed in range(16) for r in lived(seed, 5) if isinstance(r, Request) and r.truth.family == "start_brewing"
    ]
    assert any(len(r.truth.accept) > 1 for r in brewing)
    assert any(len(r.truth.accept) == 1 for r in brewing)
    for request in brewing:
        if len(request.truth.accept) == 1 and isinstance(request.truth.accept[0], Acts):
            assert "switch." in request.truth.accept[0].wishes[0].device


def test_habits_change_and_are_then_unknown_again() -> None:
    changed = 0
    for seed in range(4):
        household = Household.of(seed)
        for _ in household.days(20):
            pass
        before = {what: habit.facts for what, habit in household.habits.items()}
        for _ in household.days(2):
            pass
        changed += sum(habit.facts != before[what] for what, habit in household.habits.items())
        assert household.habits.keys() == before.keys()
    assert changed > 2


def test_no_hash_decides_what_happens() -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-m", "tools.bench.household", "--tell", "--seed", "12"],
            cwd=PACKAGE.parents[2],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert len(runs[0].splitlines()) > 30
