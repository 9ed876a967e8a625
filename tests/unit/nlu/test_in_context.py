"""The state of the home decides what is meant: the examples that this project exists for, and more of their kinds.

All of them run through the stages of the hub with the weights that it ships with.
"""

import pytest

from edge.core.home import Voice
from edge.core.turn import Plan
from tests.unit.nlu.in_context import DAY, HOUR, MINUTE, Home, device, done, house, lamp, touched

# "What is the temperature"


def test_with_the_oven_on_the_temperature_is_the_ovens() -> None:
    home = Home().set("climate.oven", "heat", current_temperature=140).later(8 * MINUTE)
    assert home.say("what is the temperature").plan == Plan(matched=("climate.oven",))


def test_an_hour_later_it_still_is() -> None:
    home = Home().set("climate.oven", "heat", current_temperature=176).later(HOUR)
    assert home.say("what is the temperature").plan == Plan(matched=("climate.oven",))


def test_with_the_oven_off_it_is_the_rooms() -> None:
    assert Home().say("what is the temperature").plan == Plan(matched=("climate.living_room_thermostat",))


def test_with_the_oven_on_here_is_still_the_room() -> None:
    home = Home().set("climate.oven", "heat", current_temperature=140).later(8 * MINUTE)
    assert home.say("what is the temperature in the bedroom").plan == Plan(matched=("climate.bedroom_thermostat",))


# "Play Hunger Games"


def test_a_title_is_a_film_where_there_is_a_screen() -> None:
    assert done(Home().say("play hunger games")) == [
        ("media_player.tv", "play", {"media": "hunger games", "kind": "film"})
    ]


def test_a_title_is_an_audiobook_or_music_where_there_is_none() -> None:
    ((player, verb, args),) = done(Home(mic="kitchen").say("play hunger games"))
    assert (player, verb, args["media"]) == ("media_player.kitchen_radio", "play", "hunger games")
    assert args["kind"] in ("audiobook", "music")


def test_what_is_read_out_needs_no_screen() -> None:
    home = Home([e for e in house() if e.entity_id != "media_player.tv"], mic="kitchen")
    assert done(home.say("read me hunger games")) == [
        ("media_player.kitchen_radio", "play", {"media": "hunger games", "kind": "audiobook"})
    ]


def test_nothing_is_watched_where_no_screen_is() -> None:
    home = Home([e for e in house() if e.entity_id != "media_player.tv"], mic="kitchen")
    turn = home.say("watch hunger games")
    assert turn.plan is None or turn.plan.refusal is not None


# "Play music"


def test_play_music_plays_what_this_household_plays() -> None:
    home = Home()
    for _ in range(4):
        home.at(19.0).set(
            "media_player.kitchen_radio", "playing", media_title="fado nights", media_content_type="music"
        )
        home.later(2 * HOUR).set("media_player.kitchen_radio", "off", media_title="")
    turn = home.at(19.2).say("play music")
    assert done(turn) == [("media_player.kitchen_radio", "play", {"media": "fado nights", "kind": "music"})]


def test_another_household_hears_something_else() -> None:
    home = Home()
    for _ in range(4):
        home.at(20.0).set("media_player.tv", "playing", media_title="jazz radio", media_content_type="music")
        home.later(HOUR).set("media_player.tv", "off", media_title="")
    assert done(home.at(20.3).say("play some music"))[0][2]["media"] == "jazz radio"


# "Start brewing"


def _mornings(home: Home, count: int) -> None:
    for _ in range(count):
        home.at(7.0).set("switch.alarm_clock", "on").set("switch.alarm_clock", "off")
        home.later(5 * MINUTE).set("switch.coffee_maker", "on")
        home.later(HOUR).set("switch.coffee_maker", "off")


def test_start_brewing_is_coffee_for_one_who_always_makes_it_after_the_alarm() -> None:
    home = Home(mic="kitchen")
    _mornings(home, 4)
    home.at(7.0).set("switch.alarm_clock", "on").set("switch.alarm_clock", "off").later(4 * MINUTE)
    assert done(home.say("start brewing")) == [("switch.coffee_maker", "turn_on", {})]


def test_start_brewing_asks_one_of_whom_nothing_is_known() -> None:
    plan = Home(mic="kitchen").say("start brewing").plan
    assert plan is not None
    assert plan.question in ("which", "confirm")
    assert set(plan.candidates) <= {"switch.coffee_maker", "switch.kettle"}
    assert not plan.commands


def test_two_mornings_are_no_habit_yet() -> None:
    home = Home(mic="kitchen")
    _mornings(home, 1)
    home.at(7.0).set("switch.alarm_clock", "on").set("switch.alarm_clock", "off").later(4 * MINUTE)
    turn = home.say("start brewing")
    assert turn.plan is not None
    assert turn.plan.question is not None


# What is on, plays, moves, rings


@pytest.mark.parametrize(
    ("before", "text", "wanted"),
    [
        ({"media_player.tv": "playing"}, "pause", ("media_player.tv", "pause")),
        ({"media_player.kitchen_radio": "playing"}, "stop playing", ("media_player.kitchen_radio", "pause")),
        ({"media_player.kitchen_radio": "paused"}, "carry on", ("media_player.kitchen_radio", "play")),
        ({"media_player.kitchen_radio": "playing"}, "louder", ("media_player.kitchen_radio", "change_volume")),
        ({"media_player.tv": "playing"}, "too loud", ("media_player.tv", "change_volume")),
        ({"media_player.kitchen_radio": "playing"}, "next song", ("media_player.kitchen_radio", "next")),
        ({"media_player.tv": "playing"}, "mute", ("media_player.tv", "mute")),
        ({"light.floor_lamp": "on"}, "turn off the lamp", ("light.floor_lamp", "turn_off")),
        ({"light.reading_lamp": "on"}, "turn on the lamp", ("light.floor_lamp", "turn_on")),
        ({"fan.bedroom_fan": "on"}, "turn off the fan", ("fan.bedroom_fan", "turn_off")),
        ({"fan.bedroom_fan": "on"}, "a bit faster", ("fan.bedroom_fan", "set_speed")),
        ({"fan.bathroom_extractor_fan": "on"}, "slower", ("fan.bathroom_extractor_fan", "set_speed")),
        ({"light.floor_lamp": "on"}, "a bit brighter", ("light.floor_lamp", "turn_on")),
        ({"light.reading_lamp": "on"}, "too bright", ("light.reading_lamp", "turn_on")),
        ({"cover.bedroom_blinds": "opening"}, "stop", ("cover.bedroom_blinds", "stop")),
        ({"lock.front_door": "unlocked"}, "lock the door", ("lock.front_door", "lock")),
        ({}, "a bit warmer", ("climate.living_room_thermostat", "set_temperature")),
        ({}, "i am cold", ("climate.living_room_thermostat", "set_temperature")),
        ({}, "the light in red", ("light.reading_lamp", "turn_on")),
        ({}, "good night", ("scene.good_night", "activate")),
        ({}, "movie time", ("scene.movie_night", "activate")),
        ({}, "let some light into the bedroom", ("cover.bedroom_blinds", "open")),
    ],
)
def test_the_state_tells_the_device(before: dict[str, str], text: str, wanted: tuple[str, str]) -> None:
    home = Home()
    for entity_id, state in before.items():
        home.set(entity_id, state, brightness=50, media_title="the kinks")
    turn = home.later(2000 if "opening" in before.values() else 5 * MINUTE).say(text)
    assert [(entity_id, verb) for entity_id, verb, _ in done(turn)] == [wanted]


def test_it_is_dark_in_here() -> None:
    turn = Home().say("it is dark in here")
    assert touched(turn)
    assert touched(turn) <= {"light.living_room_ceiling_light", "light.floor_lamp", "light.reading_lamp"}


def test_the_damp_room_gets_its_fan() -> None:
    home = Home().set("sensor.bathroom_humidity", "86")
    assert touched(home.say("the mirror is all steamed up")) == {"fan.bathroom_extractor_fan"}


def test_a_ringing_alarm_is_what_stop_is_said_to() -> None:
    home = Home(mic="bedroom").at(6.5).set("switch.alarm_clock", "on").later(20_000)
    assert done(home.say("i am awake")) == [("switch.alarm_clock", "turn_off", {})]


def test_what_has_just_been_opened_is_closed() -> None:
    home = Home().set("cover.bedroom_blinds", "open", position=100).later(15_000)
    assert touched(home.say("close it again")) == {"cover.bedroom_blinds"}


def test_the_machine_that_runs_is_asked_about() -> None:
    home = Home().set("binary_sensor.washing_machine", "on").later(10 * MINUTE)
    plan = home.say("is it done yet").plan
    assert plan is not None
    assert plan.unmatched == ("binary_sensor.washing_machine",)


# What was said before


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ("turn on the hall light", "turn it off again", [("light.hall_light", "turn_off", {})]),
        ("turn on the hall light", "set it to 40 percent", [("light.hall_light", "turn_on", {"brightness": 40})]),
        ("turn on the reading lamp", "make it blue", [("light.reading_lamp", "turn_on", {"color": "blue"})]),
        ("turn on the light in the kitchen", "and in the bedroom", [("light.bedroom_light", "turn_on", {})]),
        ("turn on the kitchen light", "and the hall light", [("light.hall_light", "turn_on", {})]),
        ("turn on the light in the kitchen", "the same in the hall", [("light.hall_light", "turn_on", {})]),
        ("open the bedroom blinds", "put it back", [("cover.bedroom_blinds", "close", {})]),
        ("turn on the hall light", "undo that", [("light.hall_light", "turn_off", {})]),
        (
            "set the living room thermostat to 23 degrees", "better 21 degrees",
            [("climate.living_room_thermostat", "set_temperature", {"temperature": 21})],
        ),
        ("is the bedroom blinds open", "open it", [("cover.bedroom_blinds", "open", {})]),
    ],
)  # fmt: skip
def test_what_goes_on_from_what_was_said(first: str, second: str, wanted: list[object]) -> None:
    home = Home()
    assert usable(home, first)
    assert done(home.say(second)) == wanted


def usable(home: Home, text: str) -> bool:
    plan = home.say(text).plan
    return plan is not None and bool(plan.commands or plan.matched or plan.unmatched)


def test_them_is_all_that_was_spoken_of() -> None:
    home = Home()
    home.say("turn on the lights")
    lights = {"light.living_room_ceiling_light", "light.floor_lamp", "light.reading_lamp"}
    assert touched(home.say("turn them off again")) == lights


def test_and_the_bedroom_asks_the_same_of_it() -> None:
    home = Home()
    home.say("what is the temperature in the living room")
    assert home.say("and the bedroom").plan == Plan(matched=("climate.bedroom_thermostat",))


def test_no_the_other_one_puts_the_first_back() -> None:
    home = Home()
    home.say("turn on the floor lamp")
    assert done(home.say("no the other one")) == [
        ("light.reading_lamp", "turn_on", {}),
        ("light.floor_lamp", "turn_off", {}),
    ]


def test_the_wrong_room_is_put_right() -> None:
    home = Home()
    home.say("turn on the lights in the kitchen")
    assert done(home.say("no i meant the hall")) == [
        ("light.hall_light", "turn_on", {}),
        ("light.kitchen_light", "turn_off", {}),
    ]


def test_a_dimmed_lamp_is_put_back_to_its_level() -> None:
    home = Home().set("light.floor_lamp", "on", brightness=80)
    home.say("set the floor lamp to 20 percent")
    assert done(home.say("put it back")) == [("light.floor_lamp", "turn_on", {"brightness": 80})]


def test_half_an_hour_later_it_is_nobody_any_more() -> None:
    home = Home()
    home.say("turn on the hall light")
    turn = home.later(30 * MINUTE).say("put it back")
    assert turn.plan is not None
    assert turn.plan.refusal is not None


# Habits


def test_the_usual_after_coming_home() -> None:
    home = Home()
    for _ in range(4):
        home.at(9.0).set("device_tracker.anna", "not_home").set("light.hall_light", "off")
        home.at(17.0).set("device_tracker.anna", "home").later(MINUTE).set("light.hall_light", "on")
        home.at(23.0).set("light.hall_light", "off")
    home.at(9.0).set("device_tracker.anna", "not_home")
    home.at(17.0).set("device_tracker.anna", "home").later(MINUTE)
    assert done(home.say("the usual")) == [("light.hall_light", "turn_on", {})]


def test_of_two_lamps_the_one_of_every_evening() -> None:
    home = Home()
    for _ in range(5):
        home.at(20.0).set("light.reading_lamp", "on").later(2 * HOUR).set("light.reading_lamp", "off")
    assert done(home.at(20.0).say("turn on the lamp")) == [("light.reading_lamp", "turn_on", {})]


def test_of_two_lamps_that_nothing_tells_apart_it_asks() -> None:
    plan = Home().say("turn on the lamp").plan
    assert plan is not None
    assert (plan.question, set(plan.candidates)) == ("which", {"light.floor_lamp", "light.reading_lamp"})


def test_the_temperature_of_every_evening() -> None:
    home = Home()
    for _ in range(4):
        home.at(18.5).set("climate.living_room_thermostat", temperature=22)
        home.at(23.0).set("climate.living_room_thermostat", temperature=17)
    turn = home.at(18.5).say("make it comfortable")
    assert done(turn) == [("climate.living_room_thermostat", "set_temperature", {"temperature": 22})]


# Never wider, never unasked


@pytest.mark.parametrize(
    "text",
    [
        "turn it off", "put it back", "no the other one", "and the kitchen", "turn them off", "stop", "the usual",
        "a bit more", "open it", "make it comfortable", "pause",
    ],
)  # fmt: skip
def test_with_nothing_to_go_on_from_nothing_is_done(text: str) -> None:
    turn = Home().later(DAY).say(text)
    assert turn.plan is not None
    assert not turn.plan.commands
    assert turn.plan.refusal is not None or turn.plan.question is not None


def test_what_context_opens_needs_its_yes_all_the_same() -> None:
    home = Home()
    home.say("lock the front door")
    plan = home.say("unlock it").plan
    assert plan is not None
    assert (plan.question, plan.commands) == ("confirm", ())


def test_a_lock_is_not_undone_without_a_yes() -> None:
    home = Home().set("lock.front_door", "unlocked")
    home.say("lock the front door")
    plan = home.say("undo that").plan
    assert plan is not None
    assert (plan.question, plan.commands) == ("confirm", ())


def test_what_no_voice_may_touch_is_not_touched_by_it_either() -> None:
    entities = [e for e in house() if e.entity_id != "fan.bedroom_fan"]
    home = Home([*entities, device("fan.bedroom_fan", "bedroom", "on", voice=Voice.NEVER, speed=50)])
    turn = home.say("turn off the fan")
    assert "fan.bedroom_fan" not in touched(turn)


def test_a_named_device_is_never_another_one() -> None:
    home = Home().set("light.reading_lamp", "on")
    assert done(home.say("turn on the floor lamp")) == [("light.floor_lamp", "turn_on", {})]


def test_an_unknown_name_is_refused_by_name() -> None:
    plan = Home().set("light.floor_lamp", "on").say("turn off the disco ball").plan
    assert plan is not None
    assert plan.refusal is not None
    assert plan.refusal.subject == "disco ball"


def test_a_home_that_has_lost_the_device_does_nothing() -> None:
    home = Home()
    home.say("turn on the hall light")
    del home.entities["light.hall_light"]
    turn = home.say("turn it off again")
    assert turn.plan is not None
    assert not turn.plan.commands


def test_what_was_weighed_is_told_with_its_reasons() -> None:
    turn = Home().set("climate.oven", "heat", current_temperature=140).say("what is the temperature")
    best, *others = turn.weighed
    assert best.plan == turn.plan
    assert others
    assert best.contributions["hot_on"] > 0
    assert sum(one.probability for one in turn.weighed) <= 1.001


def test_an_odd_lamp_of_many_is_only_one_of_them() -> None:
    home = Home([lamp(f"light.lamp_{n}", "living", "on" if n == 7 else "off") for n in range(60)])
    assert touched(home.say("turn off the lamp")) <= {"light.lamp_7"}
