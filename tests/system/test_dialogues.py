"""Dialogues as people have them, over a real broker: after an answer, a refusal, a timer, a lost device."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from edge.cli import main
from edge.core.timers import Timer, TimerKind
from edge.core.turn import Turn
from edge.home.catalogue import ROWS
from edge.home.simulated import SimulatedHome
from edge.house import linked
from edge.hub import Hub
from edge.models import ModelStore
from edge.nlu.grammar import Grammar
from edge.past import Past, home_name, of_home
from edge.profile import Profile, load_profile
from tests.system.conftest import Mosquitto
from tests.system.house import until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.system

TV, RADIO = "media_player.television", "media_player.kitchen_radio"


class Quiet:
    """Rings without a sound."""

    def ring(self, timers: "Sequence[Timer]") -> None: ...

    def quiet(self) -> None: ...

    def missed(self, timer: Timer) -> None: ...

    def carry_out(self, timer: Timer) -> None: ...

    def show(self, timers: "Sequence[Timer]") -> None: ...


class Talk:
    """A hub to talk to. Its clock can be put on; the devices' goes with the machine's."""

    def __init__(self, house: SimulatedHome, profile: Profile, grammar: Grammar) -> None:
        self.house, self.ahead = house, dt.timedelta()
        self._linked = linked(profile, ready_s=10)
        link = self._linked.__enter__()
        past: Past = of_home(profile, home_name(profile, simulated=False, file=None), learns=True, now=self.now)
        self.hub = Hub(profile, link, store=_no_store, grammar=grammar, past=past, wall=self.now)
        self.hub.keeper.start(Quiet())

    def now(self) -> dt.datetime:
        return dt.datetime.now().astimezone() + self.ahead

    def say(self, text: str) -> str:
        turn: Turn = self.hub.say(text)
        assert turn.reply is not None
        return turn.reply.text

    def state(self, entity_id: str) -> object:
        return self.house.state(entity_id)["state"]

    def seen(self, entity_id: str, state: str) -> None:
        """Once the hub knows that it is so."""
        until(lambda: self.hub.home.snapshot().entities[entity_id].state == state, f"{entity_id} {state}")

    def close(self) -> None:
        self.hub.keeper.close()
        self.hub.close()
        self._linked.__exit__(None, None, None)


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar("en")


@pytest.fixture
def profile(mosquitto: Mosquitto, tmp_path: "Path") -> Profile:
    settings = ["mqtt.host=127.0.0.1", f"mqtt.port={mosquitto.port}", 'home.area="Living Room"']
    return load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=settings)


@pytest.fixture
def talk(mosquitto: Mosquitto, profile: Profile, grammar: Grammar) -> Iterator[Callable[[], Talk]]:
    made: list[Talk] = []
    with SimulatedHome(broker=("127.0.0.1", mosquitto.port)) as house:

        def begin() -> Talk:
            made.append(Talk(house, profile, grammar))
            return made[-1]

        yield begin
        for one in made:
            one.close()


DIALOGUES: tuple[tuple[tuple[str, str], ...], ...] = (
    (
        ("set a ten minute timer", "Timer set for 10 minutes"),
        ("set a five minute timer", "Timer set for 5 minutes"),
        ("cancel the timer", "Which one do you mean: 5 minute timer or 10 minute timer?"),
        ("the blue one", "Sorry, which one: 5 minute timer or 10 minute timer?"),
        ("the ten minute one", "Timer cancelled"),
        ("how much time is left", "5 minutes left."),
    ),
    (
        ("turn off the living room light in ten minutes", "I'll turn off the Living Room Light in 10 minutes"),
        ("and the bedroom fan", "I'll turn off the Bedroom Fan in 10 minutes"),
        ("cancel that", "OK, I won't turn off the Bedroom Fan"),
        ("how much time is left", "10 minutes left."),
    ),
    (
        ("turn on the kitchen light", "Turned on the light"),
        ("turn off the living room light in ten minutes", "I'll turn off the Living Room Light in 10 minutes"),
        ("put it back", "OK, I won't turn off the Living Room Light"),
    ),
    (
        ("unlock the balcony door", "Unlock the Balcony Door?"),
        ("yes", "Unlocked the Balcony Door"),
        ("lock it again", "Locked the Balcony Door"),
        ("put it back", "Unlock the Balcony Door?"),
    ),
    (
        (
            "turn off the living room light and lock the front door",
            "Turned off the Living Room Light and locked the Front Door",
        ),
        ("put it back", "Unlock the Front Door and set the Living Room Light to 80 percent?"),
        ("yes", "Set the Living Room Light to 80 percent and unlocked the Front Door"),
        ("turn them off again", "Turned off the Living Room Light"),
    ),
    (
        ("are any lights on", "Yes, Living Room Light"),
        ("turn them off", "Turned off the Living Room Light"),
    ),
    (("put it back", "That is as it was"),),
    (
        ("dim the floor lamp to 30 percent", "Brightness set"),
        ("brighter", "Set the Floor Lamp to 50 percent"),
        ("and the desk lamp", "Set the Desk Lamp to 20 percent"),
        ("put it back", "Turned off the Desk Lamp"),
        ("put it back", "Set the Floor Lamp to 30 percent"),
        ("put it back", "Turned off the Floor Lamp"),
    ),
    (
        ("play hunger games", "Playing hunger games on the Television"),
        ("no the kitchen radio", "Playing hunger games on the Kitchen Radio and turned off the Television"),
    ),
    (
        ("turn off the living room light in ten minutes", "I'll turn off the Living Room Light in 10 minutes"),
        ("turn off the bedroom fan in ten minutes", "I'll turn off the Bedroom Fan in 10 minutes"),
        ("cancel the timer", "Which one do you mean: one for the Living Room Light or one for the Bedroom Fan?"),
        ("the fan", "OK, I won't turn off the Bedroom Fan"),
    ),
    (
        ("unlock the front door in ten minutes", "Unlock the Front Door in 10 minutes?"),
        ("yes", "I'll unlock the Front Door in 10 minutes"),
        ("and the balcony door", "Unlock the Balcony Door in 10 minutes?"),
        ("no", "OK, I left it as it is"),
    ),
    (("stop", "Nothing is playing, moving or ringing here"),),
    (
        ("good night", "Activated"),
        ("put it back", "Sorry, I don't know how it was before Good Night, so I cannot put that back"),
    ),
    (
        ("play hunger games", "Playing hunger games on the Television"),
        ("pause", "Paused the Television"),
        ("turn it off", "Turned off the Television"),
    ),
    (("start brewing", "Turn on the Coffee Machine?"), ("yes", "Turned on the Coffee Machine")),
)


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue[0][0])
def test_dialogues(talk: Callable[[], Talk], dialogue: tuple[tuple[str, str], ...]) -> None:
    hub = talk()
    for said, reply in dialogue:
        assert hub.say(said) == reply


def test_what_was_chosen_is_gone_on_from(talk: Callable[[], Talk]) -> None:
    hub = talk()
    assert hub.say("turn off the lights on the moon").startswith("Sorry")
    question = hub.say("lock the door")  # one of the two is unlocked
    assert question == "Locked the Front Door"
    assert hub.say("put it back") == "Unlock the Front Door?"
    assert hub.say("yes") == "Unlocked the Front Door"
    assert hub.state("lock.balcony_door") == "locked"


def test_no_other_thing_takes_the_place_of_what_is_gone(talk: Callable[[], Talk]) -> None:
    hub = talk()
    assert hub.say("turn on the floor lamp") == "Turned on the light"
    hub.house.set_available("light.floor_lamp", False)
    until(lambda: not hub.hub.home.snapshot().entities["light.floor_lamp"].available, "it is away")
    assert hub.say("turn it off again") == "Sorry, Floor Lamp cannot be reached any more"
    assert hub.say("put it back") == "Sorry, Floor Lamp cannot be reached any more"
    assert hub.state("light.living_room_light") == "on"


def test_what_could_not_be_reached_is_it(talk: Callable[[], Talk]) -> None:
    hub = talk()
    assert hub.say("turn on the kitchen light") == "Turned on the light"
    hub.house.set_available("light.floor_lamp", False)
    until(lambda: not hub.hub.home.snapshot().entities["light.floor_lamp"].available, "it is away")
    assert hub.say("turn on the floor lamp") == "Sorry, Floor Lamp cannot be reached"
    assert hub.say("turn it off again") == "Sorry, Floor Lamp cannot be reached any more"
    assert hub.state("light.kitchen_light") == "on"


def test_stop_is_said_to_what_rings_before_all_else(talk: Callable[[], Talk]) -> None:
    hub = talk()
    hub.house.set(TV, state="playing")
    hub.seen(TV, "playing")
    assert hub.say("set a timer for one second") == "Timer set for 1 second"
    until(lambda: any(timer.ringing for timer in hub.hub.keeper.timers()), "it rings")
    assert hub.say("stop") == "OK"
    assert hub.state(TV) == "playing"
    assert hub.say("stop") == "Paused the Television"


def test_what_is_corrected_twice_is_taken_otherwise_until_that_is_forgotten(
    talk: Callable[[], Talk], mosquitto: Mosquitto, tmp_path: "Path", monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = talk()

    def both_play() -> None:
        hub.ahead += dt.timedelta(hours=2)
        for player in (TV, RADIO):
            hub.house.set(player, state="idle")
            hub.seen(player, "idle")
            hub.house.set(player, state="playing")
            hub.seen(player, "playing")

    both_play()
    assert hub.say("pause") == "Paused the Television"
    assert hub.say("no i meant the kitchen radio") == "Paused the Kitchen Radio and resumed the Television"
    both_play()
    assert hub.say("pause") in ("The Kitchen Radio or the Television?", "The Television or the Kitchen Radio?")
    assert hub.say("the radio") == "Paused the Kitchen Radio"
    both_play()
    assert hub.say("pause") == "Paused the Kitchen Radio"

    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    own = ["--set", "mqtt.host=127.0.0.1", "--set", f"mqtt.port={mosquitto.port}"]
    assert main(["why", "--forget", *own]) == 0
    both_play()
    hub.say("what time is it")  # the hub looks after each turn whether something was taken back
    until(lambda: not hub.hub.past.context(hub.hub.home.snapshot()).weights, "it has forgotten")
    both_play()
    assert hub.say("pause") == "Paused the Television"


def test_every_row_of_the_home_is_named_in_replies(talk: Callable[[], Talk]) -> None:
    hub = talk()
    lamps = [row for row in ROWS if row.domain == "light" and row.room == "Living Room"]
    assert {row.name for row in lamps} == {"Living Room Light", "Floor Lamp"}
    assert hub.say("turn on the light") == "Turned on the Floor Lamp and the Living Room Light"


def test_a_question_between_alarms(talk: Callable[[], Talk]) -> None:
    hub = talk()
    for text in ("wake me every weekday at seven in the morning", "wake me every weekday at eight in the morning"):
        assert hub.say(text).startswith("I'll wake you at ")
    assert hub.say("cancel the alarm").startswith("Which one do you mean: ")
    assert hub.say("the one at eight") == "Alarm cancelled"
    assert [timer.at for timer in hub.hub.keeper.timers() if timer.kind is TimerKind.ALARM] == ["07:00"]


def _no_store() -> ModelStore:
    raise AssertionError("no model is needed for what is typed")
