"""Recordings and synthetic voices at a locked door: the whole line on real sound, with a real broker and a real lock.

All recordings here are synthetic voices, and all are played back: to the hub they are as good as anybody's.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge import past
from edge.audio.capture import FRAME_SAMPLES, FileSource, Frame
from edge.core.codec import dumps
from edge.core.turn import Turn
from edge.house import linked
from edge.hub import Hub
from edge.models import ModelStore, default_store, load_manifests
from edge.profile import load_profile
from edge.resources import data_dir
from tests.system.house import Device, device
from tools.bench.demo import RECORDINGS

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

UNLOCK = "unlocking/unlock_the_front_door"
YES = "answers/no_wake_yes"
CODE = "471108"
LOCK = {"name": "Front Door", "command_topic": "lock/set", "state_topic": "lock", "code_format": "^\\d{6}$",
        "command_template": '{"do": "{{ value }}", "code": "{{ code }}"}'}  # fmt: skip


class Played:
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


@pytest.fixture
def door(mosquitto: "Mosquitto", tmp_path: Path) -> Iterator[Callable[..., tuple[Hub, Device]]]:
    """A hub before a lock. said: lines of home.toml about it."""
    with ExitStack() as stack:

        def made(*said: str) -> tuple[Hub, Device]:
            lock = stack.enter_context(device(mosquitto.port, "lock/set"))
            lock.say("homeassistant/lock/door/config", LOCK)
            lock.say("lock", "LOCKED")
            toml = tmp_path / "home.toml"
            toml.write_text("\n".join(('[devices."lock.front_door"]', *said)) + "\n")
            settings = (f"mqtt.port={mosquitto.port}", "mqtt.host=127.0.0.1", f"paths.home={toml}",
                        f"paths.data_dir={tmp_path / 'data'}", "asr.engine=pocketsphinx", "act.confirm_ms=300",
                        "learning.ask=false")  # fmt: skip
            profile = load_profile(environ={"HOME": str(tmp_path)}, system_paths=(), overrides=settings)
            store = ModelStore(default_store(), load_manifests([data_dir("models")]))
            link = stack.enter_context(linked(profile, ready_s=10))
            known = past.of_home(profile, "home", learns=True)
            return stack.enter_context(Hub(profile, link, store=lambda: store, past=known)), lock

        yield made


def code_file(folder: Path) -> str:
    path = folder / "front-door"
    path.write_text(CODE + "\n")
    path.chmod(0o600)
    return f'code_file = "{path}"'


def asked(turn: Turn) -> bool:
    return turn.plan is not None and turn.plan.question == "confirm" and not turn.plan.commands


def test_a_recording_of_the_request_gets_a_question_and_nothing_else_is_a_yes(
    door: Callable[..., tuple[Hub, Device]], tmp_path: Path
) -> None:
    hub, lock = door(code_file(tmp_path))
    for others in (
        ("unlocking/no_wake_unlock_the_front_door", UNLOCK),
        ("oov_purple_elephants_juggle_seventeen_violins", "no_wake_turn_off_the_hallway_light"),
        ("answers/no_wake_no",),
    ):
        first, *_ = hub.replay(Played(UNLOCK, *others))
        assert first.utterance.text == "unlock the front door"
        assert asked(first)
        assert lock.heard == [], others


def test_what_is_never_to_be_touched_by_a_voice_is_not(door: Callable[..., tuple[Hub, Device]], tmp_path: Path) -> None:
    hub, lock = door('voice = "never"', code_file(tmp_path))
    turns = list(hub.replay(Played(UNLOCK, YES)))
    assert not any(turn.plan is not None and (turn.plan.commands or turn.plan.pending) for turn in turns)
    assert lock.heard == []


def test_a_lock_whose_code_the_hub_has_not_stays_shut(door: Callable[..., tuple[Hub, Device]]) -> None:
    hub, lock = door('voice = "confirm"')
    assert asked(hub.say("unlock the front door"))
    answer = hub.say("yes")
    assert answer.outcome is not None
    assert [command.code for command in answer.outcome.commands] == ["act.code_needed"]
    assert lock.heard == []


def test_the_code_goes_to_the_lock_after_the_yes_and_nowhere_else(
    door: Callable[..., tuple[Hub, Device]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    hub, lock = door('voice = "confirm"', code_file(tmp_path))
    turns = list(hub.replay(Played(UNLOCK, YES)))
    assert [json.loads(payload) for _, payload in lock.heard] == [{"do": "UNLOCK", "code": CODE}]
    assert len(turns) == 2
    hub.close()
    assert CODE not in caplog.text
    assert CODE not in "".join(dumps(turn) for turn in turns)
    assert CODE not in "".join(repr(turn) for turn in turns)
    kept = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert "history.db" in {path.name for path in kept}
    assert not [path for path in kept if CODE.encode() in path.read_bytes()]
