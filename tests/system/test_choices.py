"""A question which of several is meant, and its answer: typed over a real broker, and spoken without the wake word."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from edge.audio.capture import FRAME_SAMPLES, FileSource, Frame
from edge.core.home import Area, Entity, Floor, HomeState
from edge.core.turn import Command, EndReason, Hypothesis, Turn, Utterance, Verb
from edge.home.simulated import SimulatedHome
from edge.house import StillHome, linked
from edge.hub import Hub
from edge.models import ModelStore, default_store, load_manifests
from edge.past import Past
from edge.profile import load_profile
from edge.resources import data_dir
from tools.bench.demo import RECORDINGS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

FLOOR, READING = "light.floor_lamp", "light.reading_lamp"
HOME_TOML = """
[devices."lock.front_door"]
aliases = ["outer door"]

[devices."lock.balcony_door"]
aliases = ["outer door"]
"""


def test_a_dialogue_over_a_broker(mosquitto: "Mosquitto", tmp_path: "Path") -> None:
    folder = tmp_path / ".config" / "edge"
    folder.mkdir(parents=True)
    (folder / "home.toml").write_text(HOME_TOML)
    settings = ["mqtt.host=127.0.0.1", "mqtt.port=" + str(mosquitto.port)]
    profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=settings)
    now = 0.0
    with (
        SimulatedHome(broker=("127.0.0.1", mosquitto.port)) as house,
        linked(profile, ready_s=10) as link,
        Hub(profile, link, store=_no_store, clock=lambda: now) as hub,
    ):

        def say(text: str) -> str:
            reply = hub.say(text).reply
            assert reply is not None
            return reply.text

        assert say("turn on the lights") == "In which room?"
        assert say("the kitchen").startswith("Turned on the ")
        assert house.state("light.kitchen_light")["state"] == "on"
        assert house.state("light.counter_light")["state"] == "on"
        assert house.state("light.hallway_light")["state"] == "off"

        house.set("lock.balcony_door", state="locked")
        question = say("unlock the outer door")
        # Devices are named in the order in which the broker has told of them.
        first, second = "the Balcony Door", "the Front Door"
        if "Front Door or" in question:
            first, second = second, first
        named = f"{first} or {second}?"
        assert question == f"T{named[1:]}"
        assert say("the garage door") == f"Sorry, which one: {named}"
        ordinal = "the first one" if first == "the Balcony Door" else "the second one"
        assert say(ordinal) == "Unlock the Balcony Door?"
        assert house.state("lock.balcony_door")["state"] == "locked"
        assert say("yes") == "Unlocked the Balcony Door"
        assert house.state("lock.balcony_door")["state"] == "unlocked"

        assert say("lock the outer door") == question
        assert say("both") == f"Locked {first} and {second}"
        assert house.state("lock.front_door")["state"] == "locked"

        assert say("turn off the lights") == "In which room?"
        now += profile.act.answer_s + 1
        assert say("the kitchen") == "Sorry, I couldn't understand that"
        assert house.state("light.counter_light")["state"] == "on", "it is too late for an answer"


def _no_store() -> ModelStore:
    raise AssertionError("typed requests need no model")


@pytest.fixture(scope="module")
def ears() -> Iterator[Hub]:
    profile = load_profile(board="x86-64", environ={}, system_paths=(), overrides=["asr.engine=pocketsphinx"])
    home = HomeState.of(
        [
            Entity(FLOOR, "light", "Floor Lamp", area="den", state="on"),
            Entity(READING, "light", "Reading Lamp", area="den", state="on"),
            Entity("switch.a", "switch", "Heater", area="kitchen", state="off"),
            Entity("switch.b", "switch", "Heater", area="bedroom", state="off"),
        ],
        [Area("den", "Den", "ground"), Area("kitchen", "Kitchen", "ground"), Area("bedroom", "Bedroom", "first")],
        [Floor("ground", "Ground Floor"), Floor("first", "First Floor")],
        mic_area="den",
    )
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    with Hub(profile, StillHome(home), store=lambda: store) as made:
        yield made


@pytest.fixture
def hub(ears: Hub) -> Hub:
    """It hears as in the test before, and remembers nothing of it: which lamp was meant then is told by the context."""
    ears.past = Past()
    return ears


@pytest.fixture
def asked(hub: Hub) -> Hub:
    """With a question that waits, and ears for the answer."""
    hub.listener()
    hub.past = Past()  # what was answered in another test is what it would do
    turn = hub.say("turn off the lamp")
    assert turn.plan is not None
    assert turn.plan.question == "which"
    return hub


def heard(*texts: str, confidence: float = 1.0) -> Utterance:
    return Utterance(tuple(Hypothesis(text, confidence) for text in texts), end_reason=EndReason.SILENCE)


def commands(turn: Turn) -> tuple[str, ...]:
    return tuple(command.entity_id for command in turn.plan.commands) if turn.plan else ()


@pytest.mark.parametrize(
    "utterance",
    [
        heard("turn on the heater in the kitchen"),
        heard("turn on the heater in the kitchen", "floor lamp"),
        heard("what time is it"),
        heard("dogs"),
        heard(),
    ],
    ids=lambda utterance: " / ".join(h.text for h in utterance.hypotheses),
)
def test_what_is_no_answer_is_silence(asked: Hub, utterance: Utterance) -> None:
    assert not asked.take(utterance).spans
    assert commands(asked.take(heard("hey jarvis the floor lamp"))) == (FLOOR,), "the question waits on"
    assert not asked.take(heard("the floor lamp")).spans, "nothing waits any more"


def test_the_second_question_is_listened_for_too(asked: Hub) -> None:
    again = asked.take(heard("the bedroom"))
    assert again.reply is not None
    assert again.reply.text == "Sorry, which one: the Floor Lamp or the Reading Lamp?"
    assert commands(asked.take(heard("the reading one"))) == (READING,)


class Spoken:
    """Recordings, one after the other, as a source."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __iter__(self) -> Iterator[Frame]:
        number = 0
        for name in self._names:
            with FileSource(RECORDINGS / "answers" / f"{name}.flac") as source:
                for frame in source:
                    yield Frame(number * FRAME_SAMPLES, frame.pcm)
                    number += 1

    def close(self) -> None:
        """Nothing to give back."""


@pytest.mark.parametrize(
    ("question", "file", "chosen"),
    [
        ("turn off the lamp", "the_reading_lamp", (READING,)),
        ("turn off the lamp", "the_second_one", (READING,)),
        ("turn off the lamp", "both_of_them", (FLOOR, READING)),
        ("turn off the lamp", "neither", ()),
        ("turn on the heater", "kitchen", ("switch.a",)),
        ("turn on the heater", "upstairs", ("switch.b",)),
    ],
)
def test_answers_are_heard_by_the_small_recogniser(hub: Hub, question: str, file: str, chosen: tuple[str, ...]) -> None:
    hub.past = Past()
    hub.say(question)
    (turn,) = hub.replay(Spoken(f"no_wake_{file}"), wake=False)
    assert turn.interpretation is not None
    assert turn.interpretation.source == "answer"
    assert commands(turn) == chosen


def test_an_answer_needs_no_wake_word(hub: Hub) -> None:
    question, answer = hub.replay(Spoken("turn_off_the_lamp", "no_wake_the_reading_lamp"))
    assert question.plan is not None
    assert question.plan.pending == tuple(Command(one, Verb.TURN_OFF) for one in (FLOOR, READING))
    assert (question.utterance.wake, answer.utterance.wake) == ("Hey Jarvis", None)
    assert commands(answer) == (READING,)
