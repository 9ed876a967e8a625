"""The simulated fleet: what is planted, what homes report, and what is known of the truth of it."""

from functools import cache
from random import Random

import pytest

from edge.core.turn import Turn
from edge.rewrite.entry import Rule, Source
from edge.upstream import batch as batches
from edge.upstream.report import Confidence, DayPart, TurnReport
from tools.bench.fleet import link, lives
from tools.bench.fleet.homes import FleetHome
from tools.bench.fleet.hub import FleetLine, Remembering
from tools.bench.fleet.planted import NONE, FleetEars, Planted, plant
from tools.bench.fleet.truth import Truth, mistaken
from tools.bench.household import Request, Verdict
from tools.bench.household.ears import Ears
from tools.bench.household_bench import Life, Together
from tools.bench.household_line import read_words

EVERYWHERE = (Planted("lights", "nights", 1.0), Planted("hall", "all", 1.0, trap=True))


# What is planted


@pytest.mark.parametrize("seed", range(1, 6))
def test_what_is_planted_may_be_reported_and_is_taken_for_no_other_request(seed: int) -> None:
    found = plant(seed, lives.tells)
    assert len({one.word for one in found}) == len(found)
    assert all(part in lives.words() for one in found for part in one.heard.split())
    assert not {one.heard for one in found if not one.trap} & {one.word for one in found}
    assert found == plant(seed, lives.tells) != plant(seed + 1, lives.tells)


def test_a_home_mistakes_the_same_words_the_same_way_and_some_homes_none() -> None:
    ears = [FleetEars(seed, EVERYWHERE, Ears(seed, ())) for seed in range(200)]
    none = sum(not one.mistakes for one in ears)
    assert abs(none / 200 - NONE) < 0.1
    deaf = next(one for one in ears if one.mistakes)
    often = deaf.mistakes["lights"][1]
    heard = [deaf.hear("turn on the lights", "Anna", Random(n))[0][0] for n in range(400)]
    assert set(heard) == {"turn on the lights", "turn on the nights"}
    assert abs(heard.count("turn on the nights") / 400 - often) < 0.1
    assert FleetEars(3, EVERYWHERE, Ears(3, ())).mistakes == ears[3].mistakes


def test_homes_of_one_family_differ_in_what_is_heard_alone() -> None:
    one, other = (FleetHome.at(11, seed, EVERYWHERE) for seed in (1, 2))
    assert one.home().entities.keys() == other.home().entities.keys()
    assert one.people == other.people
    said = [[event.said for event in home.days(1) if isinstance(event, Request)] for home in (one, other)]
    assert said[0] == said[1] != []


# What they report


def commands(turn: Turn) -> tuple[object, ...]:
    return () if turn.plan is None else (turn.plan.commands, turn.plan.matched, turn.plan.question, turn.plan.refusal)


@cache
def home() -> lives.Lived:
    return lives.lived(11, 3, EVERYWHERE, 1, Remembering(read_words()))


def test_what_is_read_once_is_the_same_as_what_is_read_anew() -> None:
    made: list[list[tuple[object, ...]]] = []
    for stage in (read_words(), Remembering(read_words())):
        turns = list[Turn]()

        def told(_: Request, turn: Turn, __: Verdict, kept: list[Turn] = turns) -> None:
            kept.append(turn)

        Together(FleetHome.at(11, 3, EVERYWHERE), FleetLine(understanding=stage), Life(), told).live(1)
        made.append([(one.interpretation, one.readings, one.error, commands(one)) for one in turns])
    assert made[0] == made[1] != []


def test_batches_are_real_ones_of_a_week_with_each_content_once() -> None:
    sent = [batches.decode(data, vocabulary=lives.words()) for data in home().sent]
    assert {one.week for one in sent} == {"2026-W02"}
    assert len({one.pseudonym for one in sent}) == len({one.reports[0].heard for one in sent}) == len(sent)
    contents = [batches.content(report) for one in sent for report in one.reports]
    assert len(set(contents)) == len(contents) > 5
    assert len(home().bags()[0]) <= len(contents)


# The truth


def lived(seed: int, week: int, *, instead: str = "turn on the lights") -> lives.Lived:
    heard, said = "turn on the nights", "turn on the lights"
    made = lives.Lived(seed, seed, EVERYWHERE[:1])
    made.misheard[week, heard, said] += 1
    made.meant[heard, said] += 1
    made.meant["cave mode", "cave mode"] += 1
    made.same.add(frozenset((said, "lights on")))
    made.whole.add(heard)
    told = TurnReport("en", DayPart.NIGHT, Confidence.HIGH, tuple(heard.split()), meant=tuple(instead.split()))
    iso, name = f"2026-W{lives.FIRST_WEEK + week:02}", f"{seed:032x}"
    made.sent = [batches.encode(batches.Batch(name, name, iso, "en", lives.words().sha256, (told,)))]
    return made


def rule(heard: str, means: str) -> Rule:
    return Rule(f"{heard}>{means}", heard, means, Source.POOLED)


def test_a_mistake_is_undone_by_whatever_wording_of_what_was_meant() -> None:
    truth = Truth([lived(1, 0), lived(2, 0)])
    good = [rule("turn on the nights", means) for means in ("turn on the lights", "lights on", "the lights on")]
    for one in good:
        found = truth.beside([one, rule("cave mode", "lights on")], k=2)
        assert (found.right, found.precision, found.recall, found.undoing) == ((one,), 0.5, 1.0, 1)
    assert truth.beside([rule("turn on the nights", "open the blinds")], k=2).misses == {"turn on the nights"}


def test_what_too_few_homes_met_or_told_in_one_week_is_not_asked_for() -> None:
    assert Truth([lived(1, 0), lived(2, 1)]).planted(2) == (frozenset(), frozenset())
    met, told = Truth([lived(1, 0), lived(2, 0, instead="open the blinds")]).planted(2)
    assert (len(met), len(told)) == (1, 0)
    assert Truth([lived(1, 0), lived(2, 0)]).planted(2)[1] == met


def test_what_is_heard_of_several_mistakes_and_of_a_trap() -> None:
    both = (Planted("turn", "term", 1), Planted("lights", "nights", 1), *EVERYWHERE[1:])
    assert mistaken("turn on the lights in the hall", both) == "term on the nights in the hall"
    assert mistaken("open the hall", both) == ""


# Linking


def test_homes_that_say_the_same_every_week_are_linked_and_those_that_say_what_all_say_are_not() -> None:
    rng = Random(5)
    common = [f"turn on the light of room {number}" for number in range(40)]
    own = [{week: tuple(f"home {at} thing {n}" for n in range(5)) for week in (1, 2)} for at in range(40)]
    alike = [{week: tuple(rng.sample(common, 5)) for week in (1, 2)} for _ in range(40)]
    assert link.linked(own).accuracy > 0.95
    chance = link.linked(alike)
    assert abs(chance.accuracy - 0.5) < 3 * chance.error
