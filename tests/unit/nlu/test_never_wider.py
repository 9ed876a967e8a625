"""What the context must not make of a sentence: more than was asked, or something else."""

from dataclasses import replace

import pytest

from edge.core.home import Area, Voice
from edge.core.turn import Command, Hypothesis, Turn, Utterance, Verb
from edge.nlu.open import OPEN_INTENTS
from edge.nlu.talk import stands
from edge.nlu.understand import Understand
from tests.unit.nlu.in_context import AREAS, MINUTE, Home, device, done, grammar, house, lamp, touched


def refused(turn: Turn) -> bool:
    """Whether nothing is done, asked or answered."""
    return turn.plan is not None and turn.plan.refusal is not None


class Wider(Home):
    """The household with a garage, and with a second bathroom of the same name."""

    areas = (*AREAS, Area("garage", "Garage", "down"), Area("bath2", "Bathroom", "up"))


# What is left out


@pytest.mark.parametrize("text", ["turn off the lights except the kitchen light", "lights off except the kitchen"])
def test_what_is_left_out_is_never_what_is_meant(text: str) -> None:
    # The bathroom has no lights; the only one that burns is the one that is to go on burning.
    turn = Home(mic="bath").set("light.kitchen_light", "on").later(MINUTE).say(text)
    assert not touched(turn) & {"light.kitchen_light"}


# Undo


def test_what_cannot_be_taken_back_takes_nothing_older_back() -> None:
    home = Home([*house(), device("vacuum.robot", "living", "docked")])
    home.say("turn on the kitchen light")
    assert done(home.say("start the robot")) == [("vacuum.robot", "start", {})]
    assert refused(home.say("undo"))


def test_what_was_only_asked_about_is_not_taken_back() -> None:
    home = Home()
    plan = home.say("unlock the front door").plan
    assert plan is not None
    assert plan.question == "confirm"
    home.later(MINUTE).set("lock.front_door", "unlocked")  # with a key, by somebody else
    assert refused(home.say("undo"))


def test_what_others_have_set_since_is_left_as_it_is() -> None:
    home = Home().set("light.floor_lamp", "on", brightness=60)
    assert touched(home.say("turn off the floor lamp")) == {"light.floor_lamp"}
    home.later(MINUTE).set("light.floor_lamp", "on", brightness=90)
    assert refused(home.say("put it back"))


def test_of_several_only_what_still_stands_is_taken_back() -> None:
    home = Home().set("light.floor_lamp", "on").set("light.reading_lamp", "on")
    assert len(done(home.say("turn off the lights in the living room"))) >= 2
    home.later(MINUTE).set("light.floor_lamp", "on")
    assert touched(home.say("undo")) == {"light.reading_lamp"}


@pytest.mark.parametrize(
    ("command", "state", "attributes", "so"),
    [
        (Command("x", Verb.TURN_OFF), "off", {}, True),
        (Command("x", Verb.TURN_OFF), "on", {}, False),
        (Command("x", Verb.TURN_ON, {"brightness": 40}), "on", {"brightness": 39.6}, True),
        (Command("x", Verb.TURN_ON, {"brightness": 40}), "on", {"brightness": 90}, False),
        (Command("x", Verb.TURN_ON, {"brightness": 40}), "off", {}, False),
        (Command("x", Verb.TURN_ON, {"brightness": 40}), "on", {"brightness": "high"}, True),
        (Command("x", Verb.SET_TEMPERATURE, {"temperature": 21}), "heat", {"temperature": 24}, False),
        (Command("x", Verb.SET_TEMPERATURE, {"temperature": 21}), "heat", {"temperature": 21.5}, True),
        (Command("x", Verb.SET_MODE, {"mode": "off"}), "off", {}, True),
        (Command("x", Verb.CLOSE), "open", {}, False),
        (Command("x", Verb.CLOSE), "closing", {}, True),
        (Command("x", Verb.UNLOCK), "locked", {}, False),
        (Command("x", Verb.PAUSE), "playing", {}, False),
        (Command("x", Verb.SET_VOLUME, {"volume": 20}), "off", {"volume": 20}, False),
    ],
)
def test_whether_a_command_still_stands(command: Command, state: str, attributes: dict[str, object], so: bool) -> None:
    assert stands(command, replace(device("light.x", None, state), attributes=attributes)) is so


# It


@pytest.mark.parametrize("text", ["turn it off", "off with it", "turn them off", "kill it"])
def test_what_a_house_cannot_do_without_is_never_it(text: str) -> None:
    home = Home([*house(), device("switch.router", "living", "on"), device("switch.aquarium", "living", "on")])
    assert refused(home.say(text))


def test_it_is_what_was_named_whatever_that_is() -> None:
    home = Home([*house(), device("switch.router", "living", "on")])
    home.say("turn on the router")
    assert touched(home.say("turn it off")) == {"switch.router"}


# A room, and light into it


@pytest.mark.parametrize("text", ["let some light into the garage", "daylight in the garage"])
@pytest.mark.parametrize("device_class", ["garage", None])
def test_no_door_is_opened_for_its_light(text: str, device_class: str | None) -> None:
    door = device("cover.garage_door", "garage", "closed", position=0, device_class=device_class)
    assert refused(Wider([*house(), door]).say(text))


def test_a_garage_is_opened_by_its_door_after_a_yes() -> None:
    door = device("cover.garage_door", "garage", "closed", device_class="garage", voice=Voice.GUARDED)
    plan = Wider([*house(), door]).say("open the garage").plan
    assert plan is not None
    assert (plan.question, plan.candidates) == ("confirm", ("cover.garage_door",))


def test_a_room_with_blinds_is_opened_by_them_and_not_by_its_door() -> None:
    door = device("cover.terrace_door", "bedroom", "closed", device_class="door", voice=Voice.GUARDED)
    assert touched(Home([*house(), door]).say("open up the bedroom")) == {"cover.bedroom_blinds"}


def test_of_two_rooms_of_one_name_none_is_meant_from_elsewhere() -> None:
    blinds = (device(f"cover.{room}_blind", room, "open", device_class="blind") for room in ("bath", "bath2"))
    home = Wider([*house(), *blinds])
    assert refused(home.say("close up the bathroom"))
    home.mic = "bath2"
    assert touched(home.say("close up the bathroom")) == {"cover.bath2_blind"}


# Titles


@pytest.mark.parametrize(
    "text", ["start washing machine", "start dishwasher", "Start the jukebox", "put on the kettle"]
)
def test_a_thing_is_no_title(text: str) -> None:
    home = Home([one for one in house() if one.entity_id != "switch.kettle"])
    assert not touched(home.say(text))


def test_a_title_is_played_in_the_room_that_is_named() -> None:
    ((player, _, args),) = done(Home().say("play jazz in the kitchen"))
    assert (player, args["media"]) == ("media_player.kitchen_radio", "jazz")
    ((player, _, args),) = done(Home().say("play jazz on the kitchen radio"))
    assert (player, args["media"]) == ("media_player.kitchen_radio", "jazz")


def test_a_room_without_a_player_plays_nothing_elsewhere() -> None:
    assert refused(Home().say("play jazz in the bedroom"))


@pytest.mark.parametrize("text", ["Play The Hunger Games.", "PLAY THE HUNGER GAMES", "play the hunger games"])
def test_a_title_is_one_however_it_is_written(text: str) -> None:
    assert done(Home().say(text)) == [("media_player.tv", "play", {"media": "the hunger games", "kind": "film"})]


# Sensors that say nothing, and numbers that are none


@pytest.mark.parametrize("state", [None, "unknown", "on"])
def test_a_room_is_empty_only_when_its_sensor_says_so(state: str | None) -> None:
    sensor = device("binary_sensor.kitchen_motion", "kitchen", state, device_class="motion")
    home = Home([*house(), sensor]).set("light.kitchen_light", "on")
    assert refused(home.say("turn off the lights in the empty rooms"))


def test_an_empty_room_goes_dark() -> None:
    sensor = device("binary_sensor.kitchen_motion", "kitchen", "off", device_class="motion")
    home = Home([*house(), sensor]).set("light.kitchen_light", "on")
    assert touched(home.say("turn off the lights in the empty rooms")) == {"light.kitchen_light"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "high", None, [20]])
@pytest.mark.parametrize("text", ["a bit brighter", "warmer", "faster", "i am cold", "what is the temperature"])
def test_an_attribute_that_is_no_number_is_no_number(value: object, text: str) -> None:
    odd = {"brightness": value, "temperature": value, "speed": value, "current_temperature": value, "max_temp": value}
    home = Home([replace(e, attributes={**e.attributes, **odd}) for e in house()])
    home.set("light.floor_lamp", "on").set("fan.bedroom_fan", "on")
    turn = home.say(text)
    assert not turn.error
    for _, _, args in done(turn):
        assert all(not isinstance(one, bool) and one == one and abs(float(str(one))) < 1000 for one in args.values())


def test_a_change_in_the_future_is_no_late_one() -> None:
    home = Home([*house(), lamp("light.shelf_lamp", "living", "on")]).set("light.reading_lamp", "on")
    ahead = replace(home.entities["light.shelf_lamp"], changed_ms=home.now_ms + 3_600_000)
    home.entities["light.shelf_lamp"] = ahead
    home.later(2 * MINUTE)
    assert touched(home.say("turn it off")) == {"light.reading_lamp"}


# What a device cannot be set to, or a voice not touch


@pytest.mark.parametrize("text", ["set it to 80 degrees", "better 60", "60 degrees"])
def test_no_room_is_set_hotter_than_it_can_be(text: str) -> None:
    boiler = device("water_heater.boiler", "bath", "eco", temperature=50, min_temp=30, max_temp=85)
    rooms = {f"climate.{room}_thermostat" for room in ("living_room", "bedroom")}
    for entities in (house(), [*house(), boiler], [replace(e, attributes={}) for e in house()]):
        assert not touched(Home(entities).say(text)) & rooms


def test_what_may_not_be_brewed_with_is_no_film() -> None:
    home = Home([replace(e, voice=Voice.NEVER) if e.domain == "switch" else e for e in house()])
    assert refused(home.say("start brewing"))


@pytest.mark.parametrize("voice", [Voice.NEVER, Voice.CONFIRM])
@pytest.mark.parametrize(
    "text",
    [
        *("lights off", "turn it off", "turn it on", "it is dark", "brighter", "make it red", "louder", "pause"),
        *("good night", "play dune", "i am cold", "start brewing", "undo", "the other one", "and the bedroom", "stop"),
        *("turn off the lamp", "open the blinds", "do the blinds", "set it to 25 degrees", "my usual", "play music"),
    ],
)
def test_no_way_leads_round_what_a_voice_may_do(voice: Voice, text: str) -> None:
    home = Home([replace(e, voice=voice) for e in house()])
    for hour in (18.1, 18.1, 18.1):
        home.at(hour).set("light.floor_lamp", "on", brightness=30).set("light.floor_lamp", "off")
    home.set("light.floor_lamp", "on", brightness=30)
    home.set("media_player.tv", "playing", media_title="dune", media_content_type="music")
    home.say("turn on the floor lamp")
    turn = home.say(text)
    assert not done(turn)
    if voice is Voice.NEVER and turn.plan is not None:
        assert turn.plan.question in (None, "which")


def test_a_microphone_in_no_room_opens_no_blinds_of_the_whole_house() -> None:
    assert len(touched(Home(mic=None).say("do the blinds"))) < 2


# What was heard


def test_what_was_heard_worse_than_a_request_does_not_speak_against_it() -> None:
    heard = (Hypothesis("turn on the lights", 0.9), Hypothesis("turn them off", 0.6))
    turn = Understand(grammar)(Turn("t", 0, Home().state, Utterance(heard)))
    worse = {reading.intent for reading in turn.readings if reading.text == "turn them off"}
    assert not worse & OPEN_INTENTS


def test_without_a_request_the_best_reading_that_goes_on_counts() -> None:
    heard = (Hypothesis("mumble fumble", 0.9), Hypothesis("turn them off", 0.6))
    turn = Understand(grammar)(Turn("t", 0, Home().state, Utterance(heard)))
    assert {reading.text for reading in turn.readings} == {"turn them off"}


# Going on


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("turn off the hall light", "and the front door"),
        ("turn on the hall light", "and the bedroom blinds"),
        ("turn off the hall light", "no i meant the front door"),
    ],
)
def test_off_never_becomes_unlock_nor_on_open(first: str, then: str) -> None:
    home = Home([replace(e, voice=Voice.ALLOWED) for e in house()])
    assert done(home.say(first))
    assert refused(home.say(then))


def test_what_is_opened_is_followed_by_what_is_opened() -> None:
    home = Home()
    assert done(home.say("open the living room blinds"))
    assert done(home.say("and the bedroom blinds")) == [("cover.bedroom_blinds", "open", {})]


# Many


def test_the_only_lamp_that_burns_is_found_among_many() -> None:
    many = [lamp(f"light.shelf_lamp_{number}", "kitchen") for number in range(40)]
    home = Home([*house(), *many], mic="bath")
    home.entities["light.shelf_lamp_33"] = replace(many[33], state="on", changed_ms=home.now_ms - 600 * MINUTE)
    for number in (*range(33), *range(34, 40)):
        home.entities[f"light.shelf_lamp_{number}"] = replace(many[number], changed_ms=home.now_ms - MINUTE)
    home.later(60 * MINUTE)
    assert touched(home.say("turn off the lamp")) == {"light.shelf_lamp_33"}
