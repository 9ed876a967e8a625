"""Dialogues, replayed from recordings through wake word, recogniser, context and broker, on the simulated home."""

from collections.abc import Iterator

import pytest

from edge.audio.capture import FileSource
from edge.core.timers import TimerDo
from edge.core.turn import Turn
from edge.home.simulated import SimulatedHome
from edge.house import linked, simulated_profile
from edge.hub import Hub
from edge.models import ModelStore, default_store, load_manifests
from edge.profile import load_profile
from edge.resources import data_dir
from tools.bench.demo import RECORDINGS

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def house() -> Iterator[SimulatedHome]:
    with SimulatedHome() as home:
        yield home


@pytest.fixture(scope="module")
def hub(house: SimulatedHome) -> Iterator[Hub]:
    plain = load_profile(environ={}, system_paths=(), overrides=["asr.engine=pocketsphinx"])
    profile = simulated_profile(plain, house)
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    with linked(profile, ready_s=10.0) as link, Hub(profile, link, store=lambda: store) as made:
        made.standby().refresh()
        yield made


def heard(hub: Hub, said: str, *, wake: bool = False) -> Turn:
    name = said.replace(" ", "_").replace("'", "")
    with FileSource(RECORDINGS / "talk" / f"{'' if wake else 'no_wake_'}{name}.flac") as source:
        (turn,) = hub.replay(source, wake=wake)
    assert turn.utterance.text == said
    return turn


def reply(turn: Turn) -> str:
    assert turn.reply is not None
    return turn.reply.text


def test_on_and_off_again_and_back(hub: Hub, house: SimulatedHome) -> None:
    lamp = "light.floor_lamp"
    states = [house.state(lamp)["state"]]
    for said in ("turn on the floor lamp", "turn it off again", "put it back"):
        plan = heard(hub, said, wake=True).plan
        assert plan is not None
        assert [command.entity_id for command in plan.commands] == [lamp]
        states.append(house.state(lamp)["state"])
    assert states == ["off", "on", "off", "on"]


def test_another_room_and_more_and_undone(hub: Hub, house: SimulatedHome) -> None:
    kitchen, bedroom = "light.kitchen_light", "light.bedroom_light"
    heard(hub, "turn on the kitchen light")
    heard(hub, "the bedroom too")
    assert (house.state(kitchen)["state"], house.state(bedroom)["state"]) == ("on", "on")
    heard(hub, "make it fifty percent")
    assert house.state(bedroom)["brightness"] == 50
    heard(hub, "undo that")
    assert house.state(bedroom)["brightness"] == 100


def test_a_need_names_no_device(hub: Hub, house: SimulatedHome) -> None:
    before = house.state("climate.living_room_thermostat")["temperature"]
    heard(hub, "i'm cold")
    assert house.state("climate.living_room_thermostat")["temperature"] > before


def test_timers_and_alarms(hub: Hub) -> None:
    assert reply(heard(hub, "set a pizza timer for ten minutes")) == "Pizza timer set for 10 minutes"
    left = heard(hub, "how much time is left")
    assert left.plan is not None
    assert left.plan.timer is not None
    assert left.plan.timer.do is TimerDo.STATUS
    assert "7:00" in reply(heard(hub, "set an alarm for seven"))
    assert "6:30" in reply(heard(hub, "wake me up at half past six"))
    # Which half of the day is meant depends on the hour at which this runs.
    clock = [divmod(int(timer.at.replace(":", "")), 100) for timer in hub.keeper.timers() if timer.at]
    assert sorted((hour % 12, minute) for hour, minute in clock) == [(6, 30), (7, 0)]
    assert reply(heard(hub, "snooze")) == "Nothing is ringing"


@pytest.mark.parametrize("said", ["a bit brighter", "pause it", "play some jazz", "no the other one", "good night"])
def test_it_is_heard(hub: Hub, said: str) -> None:
    heard(hub, said)
