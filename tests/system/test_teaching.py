"""Teaching, on the simulated home: what is taught by typing or by voice is done at the next request, and is heard."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import cli, past, teaching
from edge.audio.capture import PcmSource
from edge.core.turn import Turn
from edge.home.simulated import SimulatedHome
from edge.house import linked, simulated_profile
from edge.hub import Hub
from edge.models import ModelStore, default_store, load_manifests
from edge.profile import load_profile
from edge.reply.speak import HibariVoice
from edge.resources import data_dir

pytestmark = pytest.mark.system

LAMP = "light.floor_lamp"


@pytest.fixture(scope="module")
def house() -> Iterator[SimulatedHome]:
    with SimulatedHome() as home:
        yield home


@pytest.fixture(scope="module")
def hub(house: SimulatedHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("data")
    settings = ["asr.engine=pocketsphinx", f"paths.data_dir={folder}"]
    profile = simulated_profile(load_profile(environ={}, system_paths=(), overrides=settings), house)
    models = ModelStore(default_store(), load_manifests([data_dir("models")]))
    known = past.of_home(profile, "home", learns=False)
    lessons = teaching.lessons_of_home(profile, known.store)
    with (
        linked(profile, ready_s=10.0) as link,
        Hub(profile, link, store=lambda: models, past=known, lessons=lessons) as made,
    ):
        # Before the recogniser is made, which takes seconds: a hub that listens makes it anew after each of them.
        made.say("when I say hocus pocus, turn on the floor lamp")
        made.say("call the floor lamp bertha")
        yield made


@pytest.fixture(scope="module")
def voice() -> HibariVoice:
    return HibariVoice()


def heard(hub: Hub, voice: HibariVoice, text: str) -> Turn:
    """Said aloud to the hub, without the wake word."""
    pause = bytes(2 * voice.rate)
    sound = pause + b"".join(voice.synthesize(text)) + pause
    (turn,) = hub.replay(PcmSource(io.BytesIO(sound), rate=voice.rate), wake=False)
    assert turn.utterance.text == text
    return turn


def reply(turn: Turn) -> str:
    assert turn.reply is not None
    return turn.reply.text


def test_a_phrase_that_was_typed_is_heard(hub: Hub, house: SimulatedHome, voice: HibariVoice) -> None:
    hub.say("turn off the floor lamp")
    turn = heard(hub, voice, "hocus pocus")
    assert turn.rewrite is not None
    assert (turn.rewrite.source, turn.rewrite.proven) == ("taught", True)
    assert house.state(LAMP)["state"] == "on"


def test_a_phrase_is_taught_by_voice(hub: Hub, house: SimulatedHome, voice: HibariVoice) -> None:
    hub.say("turn on the floor lamp")
    assert reply(heard(hub, voice, "when i say movie time turn off the floor lamp")).startswith("OK")
    heard(hub, voice, "movie time")
    assert house.state(LAMP)["state"] == "off"


def test_the_example_that_everybody_tries(hub: Hub, house: SimulatedHome) -> None:
    hub.say("when I say cinema please, dim the living room to twenty percent and close the blinds")
    hub.say("cinema please")
    assert house.state("cover.living_room_blinds")["state"] == "closed"
    assert house.state(LAMP)["brightness"] == 20
    hub.say("forget cinema please")


def test_a_name_that_was_taught_is_heard(hub: Hub, house: SimulatedHome, voice: HibariVoice) -> None:
    hub.say("turn off the floor lamp")
    heard(hub, voice, "turn on bertha")
    assert house.state(LAMP)["state"] == "on"


def test_a_correction_undoes_what_was_done_in_its_place(hub: Hub, house: SimulatedHome) -> None:
    hub.say("turn off the hall light")
    hub.say("turn off the floor lamp")
    hub.say("turn on the floor lamp")
    hub.say("no, I meant turn on the kitchen light")
    assert (house.state(LAMP)["state"], house.state("light.kitchen_light")["state"]) == ("off", "on")


def test_what_was_taught_is_told(hub: Hub) -> None:
    told = reply(hub.say("what have you learned?"))
    assert "“hocus pocus” means “turn on the floor lamp”" in told


def test_the_command_teaches_and_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--simulated", "--set", f"paths.data_dir={tmp_path}"]
    assert cli.main(["teach", *where, "party", "--means", "turn on the kitchen light"]) == 0
    assert cli.main(["teach", *where, "--name", "kitchen light", "bertha"]) == 0
    assert cli.main(["say", *where, "party"]) == 0
    assert cli.main(["teach", *where, "yes", "--means", "unlock the front door"]) == 1
    assert cli.main(["teach", *where, "turn on the kitchen light"]) == 2
    capsys.readouterr()
    assert cli.main(["teach", *where, "--list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Kitchen Light is also called “bertha”",
        "“party” means “turn on the kitchen light”",
    ]
