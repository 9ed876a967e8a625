"""Whatever is away, forbidden, a group or unknown: what goes on from it is never about more, nor anything else."""

import pytest

from edge.core.home import Voice
from edge.core.turn import Turn, Verb
from tests.unit.nlu.in_context import DAY, MINUTE, Home, device, done, house, lamp, touched

FLOOR, READING = "light.floor_lamp", "light.reading_lamp"


def refused(turn: Turn) -> str:
    assert turn.plan is not None
    assert not turn.plan.commands
    assert turn.plan.refusal is not None
    return turn.plan.refusal.code


@pytest.mark.parametrize("text", ["turn it off again", "turn it off", "put it back", "make it red"])
def test_a_lamp_that_has_gone_is_no_other_lamp(text: str) -> None:
    home = Home()
    home.set("light.living_room_ceiling_light", "on", brightness=60)
    home.later(MINUTE * 5).say("turn on the floor lamp")
    del home.entities[FLOOR]
    assert refused(home.say(text)) == "resolve.gone"


def test_what_is_spoken_of_later_may_be_another() -> None:
    home = Home()
    home.say("turn on the floor lamp")
    del home.entities[FLOOR]
    home.say("turn on the kitchen light")
    assert touched(home.say("turn it off again")) == {"light.kitchen_light"}


def test_a_group_is_not_it() -> None:
    group = lamp("light.downstairs", "living", "on", group_members=[FLOOR, READING])
    home = Home([*house(), group])
    home.set(FLOOR, "on", brightness=60)
    for text in ("turn it off", "turn off the light", "a bit darker", "turn off the lamp"):
        assert "light.downstairs" not in touched(home.say(text))
        home.set(FLOOR, "on", brightness=60)


@pytest.mark.parametrize("text", ["turn it off", "turn off the lamp", "turn off the light", "a bit darker"])
def test_what_no_voice_may_touch(text: str) -> None:
    entities = [e for e in house() if e.entity_id != FLOOR]
    home = Home([*entities, lamp(FLOOR, "living", "on", voice=Voice.NEVER)])
    assert FLOOR not in touched(home.say(text))


def test_and_the_bedroom_leaves_alone_what_no_voice_may_touch() -> None:
    kept = lamp("light.night_light", "bedroom", voice=Voice.NEVER)
    home = Home([*house(), kept])
    home.say("turn on the lights in the kitchen")
    assert touched(home.say("and the bedroom")) == {"light.bedroom_light"}


@pytest.mark.parametrize("text", ["turn off the light", "it is dark", "turn on the light", "make it warmer"])
def test_where_the_microphones_room_is_unknown_no_room_is_guessed(text: str) -> None:
    home = Home(mic=None)
    home.set("light.kitchen_light", "on", brightness=50)
    home.later(DAY // 2)
    turn = home.say(text)
    assert len(touched(turn)) <= 1


def test_one_part_of_several_cannot_be_said_of_another_room() -> None:
    home = Home()
    home.set("light.kitchen_light", "on", brightness=50)
    home.set("light.bedroom_light", "on", brightness=50)
    home.set("lock.front_door", "unlocked")
    turn = home.say("turn off the kitchen light and lock the front door")
    assert touched(turn) == {"light.kitchen_light", "lock.front_door"}
    assert done(home.say("and the bedroom")) == []
    undone = home.say("put it back").plan
    assert undone is not None
    assert undone.question == "confirm"
    assert {c.verb for c in undone.pending} == {Verb.TURN_ON, Verb.UNLOCK}


def test_what_a_scene_has_set_is_not_put_back_and_nothing_before_it() -> None:
    home = Home()
    home.say("turn on the floor lamp")
    assert done(home.say("good night")) == [("scene.good_night", "activate", {})]
    assert refused(home.say("put it back")) == "resolve.no_undo"


def test_what_changed_nothing_is_as_it_was() -> None:
    home = Home()
    home.say("turn on the kitchen light")
    home.say("turn on the kitchen light")
    assert refused(home.say("put it back")) == "resolve.as_it_was"


def test_a_player_that_takes_no_titles_is_told_none() -> None:
    entities = [e for e in house() if e.domain != "media_player"]
    deaf = device("media_player.tv", "living", "paused", name="TV", device_class="tv", plays_titles=False)
    home = Home([*entities, deaf])
    assert refused(home.say("play hunger games")) == "resolve.nothing_plays_that"
    assert refused(Home(entities).say("watch dune")) == "resolve.nothing_plays_that"
    both = Home([*entities, deaf, device("media_player.radio", "kitchen", "off", device_class="speaker")])
    assert touched(both.say("play hunger games")) <= {"media_player.radio"}
