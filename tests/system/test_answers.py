"""The seconds after a question, in which nobody needs the wake word: only a yes or a no counts."""

from collections.abc import Iterator

import pytest

from edge.audio.capture import FRAME_SAMPLES, FileSource, Frame
from edge.core.home import Area, Entity, HomeState, Voice
from edge.core.turn import Command, EndReason, Hypothesis, Turn, Utterance, Verb
from edge.house import StillHome
from edge.hub import Hub
from edge.models import ModelStore, default_store, load_manifests
from edge.profile import load_profile
from edge.resources import data_dir
from tools.bench.demo import RECORDINGS

pytestmark = pytest.mark.system

UNLOCK = (Command("lock.front_door", Verb.UNLOCK),)
OPEN = (Command("cover.garage_door", Verb.OPEN),)


class Spoken:
    """Recordings, one after the other, as a source."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __iter__(self) -> Iterator[Frame]:
        number = 0
        for name in self._names:
            with FileSource(RECORDINGS / f"{name}.flac") as source:
                for frame in source:
                    yield Frame(number * FRAME_SAMPLES, frame.pcm)
                    number += 1

    def close(self) -> None:
        """Nothing to give back."""


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    profile = load_profile(board="x86-64", environ={}, system_paths=(), overrides=["asr.engine=pocketsphinx"])
    home = HomeState.of(
        [
            Entity("lock.front_door", "lock", "Front Door", state="locked", voice=Voice.GUARDED),
            Entity("cover.garage_door", "cover", "Garage Door", voice=Voice.GUARDED),
            Entity("light.hallway_light", "light", "Hallway Light", area="h"),
        ],
        [Area("h", "Hallway")],
    )
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    with Hub(profile, StillHome(home), store=lambda: store) as made:
        yield made


@pytest.fixture
def asked(hub: Hub) -> Hub:
    """With a question that waits, and ears for the answer."""
    hub.listener()
    turn = hub.say("unlock the front door")
    assert turn.plan is not None
    assert turn.plan.question == "confirm"
    return hub


def heard(*texts: str, confidence: float = 1.0, wake: str | None = None) -> Utterance:
    return Utterance(tuple(Hypothesis(text, confidence) for text in texts), wake, end_reason=EndReason.SILENCE)


def commands(turn: Turn) -> tuple[Command, ...]:
    return turn.plan.commands if turn.plan else ()


@pytest.mark.parametrize(
    "utterance",
    [
        heard("turn off the hallway light"),
        heard("hey jarvis turn off the hallway light"),
        heard("what time is it"),
        heard("nothing that anybody knows"),
        heard("turn off the hallway light", "yes"),
        heard(),
    ],
    ids=lambda utterance: " / ".join(h.text for h in utterance.hypotheses),
)
def test_what_is_no_answer_is_silence(asked: Hub, utterance: Utterance) -> None:
    turn = asked.take(utterance)
    assert (turn.utterance.hypotheses, turn.interpretation, turn.plan, turn.reply, turn.spans) == (
        (),
        None,
        None,
        None,
        (),
    )
    assert commands(asked.take(heard("yes", wake="Hey Jarvis"))) == UNLOCK, "the question waits on"


def test_answers_need_no_wake_word(asked: Hub) -> None:
    assert commands(asked.take(heard("hey jarvis yes please"))) == UNLOCK
    assert not asked.take(heard("yes")).spans, "nothing waits any more"


def test_a_no_needs_no_wake_word(asked: Hub) -> None:
    turn = asked.take(heard("no thanks", confidence=0.2))
    assert turn.reply is not None
    assert turn.reply.text == "OK, I left it as it is"
    assert not asked.take(heard("yes")).spans


def test_a_yes_that_is_not_sure_does_nothing(asked: Hub) -> None:
    turn = asked.take(heard("yes", "turn off the hallway light", confidence=0.52))
    assert turn.reply is not None
    assert turn.reply.text == "Sorry, I did not hear that clearly"
    assert not commands(turn)


def test_typed_requests_and_those_with_the_wake_word_are_requests(asked: Hub) -> None:
    off = (Command("light.hallway_light", Verb.TURN_OFF),)
    assert commands(asked.say("turn off the hallway light")) == off
    assert commands(asked.take(heard("turn off the hallway light", wake="Hey Jarvis"))) == off


def test_where_no_wake_word_is_needed_all_is_a_request(asked: Hub) -> None:
    asked.listener(wake=False)
    assert commands(asked.take(heard("turn off the hallway light")))


def test_what_others_say_after_a_question_is_not_done(hub: Hub) -> None:
    said = Spoken("one_breath_open_the_garage_door", "no_wake_turn_off_the_hallway_light", "answers/yes")
    question, answer = hub.replay(said)
    assert question.plan is not None
    assert question.plan.question == "confirm"
    assert answer.utterance.wake == "Hey Jarvis"
    assert commands(answer) == OPEN


@pytest.mark.parametrize(
    ("file", "intent"),
    [("yes", "EdgeYes"), ("yes_please", "EdgeYes"), ("no_thanks", "EdgeNo"), ("no_wake_yes", "EdgeYes"),
     ("no_wake_no_thanks", "EdgeNo")],
)  # fmt: skip
def test_answers_are_heard_by_the_small_recogniser(hub: Hub, file: str, intent: str) -> None:
    asked = hub.say("unlock the front door")
    assert asked.plan is not None
    assert asked.plan.question == "confirm"
    with FileSource(RECORDINGS / "answers" / f"{file}.flac") as source:
        (turn,) = hub.replay(source, wake=not file.startswith("no_wake"))
    assert turn.interpretation is not None
    assert turn.interpretation.intent == intent


def test_an_answer_may_begin_with_the_wake_word_that_nobody_needs(hub: Hub) -> None:
    # The question and its answer in one recording: after the question nobody listens for the wake word.
    turns = list(hub.replay(Spoken("one_breath_open_the_garage_door", "answers/yes")))
    assert [turn.utterance.wake for turn in turns] == ["Hey Jarvis", None]
    assert turns[1].plan is not None
    assert turns[1].plan.commands == OPEN
