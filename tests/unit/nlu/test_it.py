""" "It" is what was spoken of, and nothing else."""

from tests.unit.nlu.in_context import MINUTE, Home, done, touched


def test_the_oven_that_was_set_is_what_a_bit_more_is_of() -> None:
    home = Home(mic="living")
    home.say("set the oven to 190 degrees")
    assert touched(home.say("a bit more")) == {"climate.oven"}
    assert done(home.say("better 200 degrees")) == [("climate.oven", "set_temperature", {"temperature": 200})]


def test_what_the_oven_cannot_be_set_to_is_not_set_elsewhere() -> None:
    home = Home(mic="living")
    home.say("set the oven to 190 degrees")
    assert not touched(home.say("set it to 25 degrees"))


def test_a_degree_for_nothing_is_for_the_thermostat_here() -> None:
    home = Home().set("climate.living_room_thermostat", temperature=21)
    assert touched(home.say("better 21 degrees")) <= {"climate.living_room_thermostat"}


def test_a_late_answer_dims_no_room() -> None:
    plan = Home().say("the kitchen one").plan
    assert plan is None or not plan.commands


def test_the_lamp_is_one_also_after_both_were_spoken_of() -> None:
    home = Home()
    home.say("turn on the lights")
    home.say("turn off the lights")
    plan = home.say("turn on the lamp").plan
    assert plan is not None
    assert len(plan.commands) <= 1


def test_what_was_only_asked_about_is_not_it() -> None:
    home = Home()
    asked = home.say("turn on the lamp").plan
    assert asked is not None
    assert asked.question == "which"
    assert not touched(home.later(MINUTE).say("turn it off again"))


def test_cancel_is_no_undo() -> None:
    home = Home()
    home.say("turn on the hall light")
    assert not touched(home.say("cancel that"))
