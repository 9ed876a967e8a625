"""The nearest sentence by meaning: other words for the same are understood; talk and risks are not guessed."""

from pathlib import Path

import pytest

from edge.core.home import Area, Entity, HomeState
from edge.core.turn import Verb
from edge.nlu.grammar import Grammar
from edge.nlu.reading import Reader
from edge.nlu.resolve import resolve
from edge.nlu.similar import MIN_SIMILARITY, Examples
from edge.nlu.similar_words import Synonyms, stem, synonyms

DATA = Path(__file__).parents[2] / "data"
EVERYDAY = (DATA / "everyday_talk.txt").read_text(encoding="utf-8").splitlines()
OTHERWISE = [line.split("\t") for line in (DATA / "said_otherwise.tsv").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Grammar("en"))


@pytest.fixture(scope="module")
def house() -> HomeState:
    modes = {"supported_color_modes": ["hs", "color_temp"], "brightness": 100}
    return HomeState.of(
        entities=[
            Entity("light.bedroom", "light", "Bedroom Light", area="bedroom", state="on", attributes=modes),
            Entity("light.reading", "light", "Reading Lamp", area="bedroom", state="on", attributes=modes),
            Entity("light.kitchen", "light", "Kitchen Light", area="kitchen", state="on", attributes=modes),
            Entity("light.counter", "light", "Counter Light", area="kitchen", state="off", attributes=modes),
            Entity("switch.coffee", "switch", "Coffee Machine", area="kitchen", state="off"),
            Entity("fan.bedroom", "fan", "Bedroom Fan", area="bedroom", state="on"),
            Entity("media_player.tv", "media_player", "TV", area="living", state="playing", attributes={"volume": 40}),
            Entity("cover.blinds", "cover", "Bedroom Blinds", area="bedroom", state="open"),
            Entity("cover.gate", "cover", "Big Gate", area="garage", state="closed"),
            Entity("lock.front_door", "lock", "Front Door", area="hall", state="locked"),
            Entity("climate.hall", "climate", "Thermostat", area="hall", state="heat", attributes={"temperature": 20}),
            Entity("vacuum.robot", "vacuum", "Dusty", area="hall", state="docked"),
            Entity("scene.movie", "scene", "Movie Night"),
            Entity("alarm_control_panel.home", "alarm_control_panel", "House Alarm", area="hall", state="armed_away"),
        ],
        areas=[
            Area("bedroom", "Bedroom", "upper"),
            Area("kitchen", "Kitchen", "ground"),
            Area("living", "Living Room", "ground"),
            Area("hall", "Hall", "ground"),
            Area("garage", "Garage", "ground"),
        ],
        mic_area="kitchen",
    )


@pytest.mark.parametrize(("said", "plain"), OTHERWISE)
def test_what_is_said_otherwise_does_the_same(reader: Reader, house: HomeState, said: str, plain: str) -> None:
    near, meant = reader.similar(said, house), reader.interpret(plain, house)
    assert near is not None
    assert meant is not None
    plan = resolve(near, house)
    assert plan.commands or plan.matched or plan.unmatched
    assert plan == resolve(meant, house)
    assert (near.source, near.text) == ("nearest", said)
    assert MIN_SIMILARITY <= near.score <= 1


@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_talk_is_not_near_anything(reader: Reader, house: HomeState, text: str) -> None:
    assert reader.similar(text, house) is None
    assert reader.nearest(text, house) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kill",
        "kill kill kill",
        "kill it",
        "kill the attic light",  # no such room
        "kill the lava lamp",
        "pop the jacuzzi on",
        "i need the sauna on",
        "kill the bedroom light and the garage light",
        "kill everything except the bedroom",
        "do not kill the bedroom light",
        "kill the bedroom light tomorrow",
        "kill the bedroom light when i leave",
        "who killed the bedroom light",
        "flip the bedroom light on and then off",
        "alles licht in der kitchen ausmachen",
        "éteins la bedroom light",
        "消して bedroom light",
        "выключи свет",
        "आलो बंद करो",
        "🙂 🙂 🙂",
        "'; drop table lights; --",
        "{{ states('light.bedroom') }} off",
        "{name} off",
        "\x00\x01\x02 kill",
        "kill the bedroom light " * 2500,
        "kill " * 10_000,
    ],
)
def test_it_is_not_guessed(reader: Reader, house: HomeState, text: str) -> None:
    assert reader.similar(text, house) is None
    assert reader.nearest(text, house) is None


@pytest.mark.parametrize(
    "text",
    [
        "pull the big gate open for me will you",
        "draw back the big gate",
        "undo the lock on the front door",
        "unbolt the front door",
        "crank the thermostat up to thirty degrees",
        "stick the thermostat on",
        "knock the house alarm off",
        "kill all the lights in every room",
        "kill every light on the ground floor",
    ],
)
def test_nothing_risky_is_done_by_guess(reader: Reader, house: HomeState, text: str) -> None:
    found = reader.similar(text, house)
    assert found is None or not resolve(found, house).commands


def test_a_direction_is_never_turned_round(reader: Reader, house: HomeState) -> None:
    for said, verb in (("pop the bedroom fan off", Verb.TURN_OFF), ("pop the bedroom fan on", Verb.TURN_ON)):
        near = reader.similar(said, house) or reader.interpret(said, house)
        assert near is not None
        assert [command.verb for command in resolve(near, house).commands] == [verb]


def test_of_two_things_of_one_name_none_is_guessed(reader: Reader) -> None:
    two = HomeState.of(
        entities=[
            Entity("media_player.a", "media_player", "Telly", area="a", state="on"),
            Entity("media_player.b", "media_player", "Television", area="b", state="on"),
        ],
        areas=[Area("a", "Den", None), Area("b", "Loft", None)],
    )
    assert reader.similar("kill the tv set", two) is None
    near = reader.similar("kill the telly", two)
    assert near is not None
    assert [command.entity_id for command in resolve(near, two).commands] == ["media_player.a"]


def test_the_same_sample_every_time(reader: Reader) -> None:
    table = synonyms("en")
    assert table is not None
    first, second = (Examples((Grammar("en").intents,), table) for _ in range(2))
    assert first.count == second.count
    assert 500 < first.count < 20_000


def test_a_language_without_synonyms_is_matched_no_further() -> None:
    assert synonyms("de") is None
    assert Grammar("de").similar is None
    assert Grammar("en", builtin=False).similar is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("shut {name} off", "turn off the {name}"),
        ("pop the {name} on please", "switch on {name}"),
        ("volume {number} on the {name}", "volume of {name} {number}"),
        ("{name} is too bright", "make {name} a bit darker"),
        ("put {name} on pause", "pause the {name}"),
        ("i need the {name} on", "get the {name} on"),
    ],
)
def test_ways_of_saying_one_thing_become_one(one: str, other: str) -> None:
    table = synonyms("en")
    assert table is not None
    left, right = (table.meaning(tuple(said.split())) for said in (one, other))
    assert left.words - {"set"} == right.words - {"set"}
    assert (left.deciding, left.held, left.asks) == (right.deciding, right.held, right.asks)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("turn {name} on", "turn {name} off"),
        ("is {name} on", "turn {name} on"),
        ("open {name}", "close {name}"),
        ("lock {name}", "unlock {name}"),
        ("turn {name} up", "turn {name} up a bit"),
        ("turn on {name}", "do not turn on {name}"),
        ("play {name}", "pause {name}"),
        ("turn off {area}", "turn off {name}"),
    ],
)
def test_what_differs_in_what_decides_is_never_compared(one: str, other: str) -> None:
    table = synonyms("en")
    assert table is not None
    left, right = (table.meaning(tuple(said.split())) for said in (one, other))
    assert (left.deciding, left.held, left.asks) != (right.deciding, right.held, right.asks)


def test_the_table_of_a_language_holds_only_what_can_be_said() -> None:
    table = synonyms("en")
    assert isinstance(table, Synonyms)
    assert table.meaning(()).words == frozenset()
    assert table.called(("living", "room", "telly")) == ("living", "room", "tv")
    assert stem("glass") == "glass"
