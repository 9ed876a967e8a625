"""A plain request never becomes its opposite, another number, or more of the same; and forgotten is forgotten."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from edge.core.turn import Signal, SignalKind, Verdict
from edge.rewrite.entry import Source
from edge.rewrite.spans import says_more, says_otherwise
from edge.rewrite.teaching import RefusedError
from tests.unit.rewrite.home import House, does, rewritten


@pytest.fixture
def house() -> Iterator[House]:
    made = House(file=False)
    yield made
    made.end()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("turn on the floor lamp", "turn off the floor lamp"),
        ("turn on the floor lamp", "turn off all the lights"),
        ("turn on the floor lamp", "turn on the lights"),
        ("set the floor lamp to 20 percent", "set the floor lamp to 70 percent"),
    ],
)
def test_a_change_of_mind_is_no_rule(house: House, said: str, meant: str) -> None:
    plain = does(house.hear(said))
    for _ in range(3):
        house.corrected(said, meant)
        again = house.hear(said)
        assert (rewritten(again), does(again)) == ("", plain)


def test_what_was_heard_unsurely_the_wrong_way_is_put_right(house: House) -> None:
    house.corrected(("turn on the floor lamp", 0.7), "turn off the floor lamp")
    assert does(house.hear(("turn on the floor lamp", 0.7))) == ["turn_off light.floor_lamp"]
    assert does(house.hear(("turn on the floor lamp", 0.9))) == ["turn_on light.floor_lamp"], "surely heard"
    assert does(house.hear("turn on the floor lamp")) == ["turn_on light.floor_lamp"], "typed"


def test_however_unsurely_it_was_heard_no_more_is_moved(house: House) -> None:
    house.corrected(("turn on the floor lamp", 0.7), "turn on all the lights")
    assert does(house.hear(("turn on the floor lamp", 0.7))) == ["turn_on light.floor_lamp"]


def test_what_the_household_asked_for_is_its_own(house: House) -> None:
    house.rewrites.teach("turn on the floor lamp", "turn off the reading lamp", source=Source.AGREED)
    assert does(house.hear("turn on the floor lamp")) == ["turn_off light.reading_lamp"]


def test_a_noise_is_no_request(house: House) -> None:
    house.corrected(("the room of", 0.22), "turn on the reading lamp")
    assert does(house.hear(("the room of", 0.06))) == []
    assert does(house.hear(("the room of", 0.22))) == ["turn_on light.reading_lamp"]


def test_what_was_forgotten_is_not_learnt_again_of_the_turn_that_it_served(house: House) -> None:
    house.rewrites.teach("hocus pocus", "turn on the floor lamp")
    served = house.hear("hocus pocus")
    assert does(served) == ["turn_on light.floor_lamp"]
    house.rewrites.forget(house.rewrites.rules()[0].id)
    house.close(served, won=True)
    assert not house.rewrites.rules()
    assert does(house.hear("hocus pocus")) == []


def test_a_no_to_a_question_does_not_say_what_was_meant(house: House) -> None:
    asked, later = house.hear("turn on the reeling lamb"), house.hear("turn on the reading lamp")
    verdict = Verdict(False, 0.6, asked.opened_ms + 1, later.text, later.id)
    house.rewrites.closed(
        replace(asked, signals=(Signal(SignalKind.DENY, asked.opened_ms + 1, "answer", 0.6),), verdict=verdict)
    )
    assert [rule.source.value for rule in house.rewrites.rules()] == ["rephrased"]


def test_what_says_more() -> None:
    assert says_more("turn on the lamp", "turn on both lamps")
    assert not says_more("turn on all the lamps", "turn on the lamp")
    assert says_otherwise("wait ten minutes", "wait five minutes")
    assert not says_otherwise("turn on the reeling lamb", "turn on the reading lamp")


@pytest.mark.parametrize("phrase", ["stop the music", "help", "do not open the garage door", "no more light", "wait"])
def test_what_stops_or_forbids_keeps_its_meaning(house: House, phrase: str) -> None:
    with pytest.raises(RefusedError) as refused:
        house.rewrites.teach(phrase, "turn on the floor lamp")
    assert refused.value.code == "rewrite.against"


def test_a_noise_that_was_corrected_opens_nothing(house: House) -> None:
    for meant in ("unlock the front door", "open the garage door"):
        house.corrected(("the room of", 0.3), meant)
        assert [rule.means for rule in house.rewrites.rules() if rule.means == meant]
        again = house.hear(("the room of", 0.3))
        assert (rewritten(again), again.plan) == ("", None)
    surely = house.hear(("the room of", 0.6))
    assert surely.plan is not None
    assert (rewritten(surely), surely.plan.question) == ("open the garage door", "confirm")


@pytest.mark.parametrize("heard", ["the", "on", "turn it off", "uh", "go", "um"])
def test_what_is_said_all_day_or_heard_in_any_noise_is_no_key(house: House, heard: str) -> None:
    house.corrected((heard, 0.6), "turn on the reading lamp")
    assert house.rewrites.rules() == ()
