"""Closed turns become reports of a home that has agreed, and of no other."""

import json
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge import cli_hub, past, teaching, upstreaming
from edge.cli import main
from edge.core import codec
from edge.core.turn import Turn
from edge.house import StillHome
from edge.past import Past
from edge.profile import Profile, load_profile
from edge.rewriting import rewrites_of_home
from edge.upstream import batch
from edge.upstream.carriers import ToBroker, ToCollector, ToFolder
from edge.upstream.outbox import FILE
from tests.system.house import until
from tests.unit.feedback.turns import HOME, missed, off, on, turn
from tests.unit.test_learning import Clock, House

MISSED = missed("", 0, "turn on the haul light")
HALL = turn("", 0, "turn on the hall light", on("light.hall"), name="hall light")
FAN = turn("", 0, "turn on the fan", on("fan.fan"), name="fan")
LAMP = turn("", 0, "turn off the lamp", off("light.lamp"), name="lamp", intent="HassTurnOff")


def profile_of(folder: Path, *settings: str) -> Profile:
    overrides = [f"paths.data_dir={folder / 'data'}", *settings]
    return load_profile(board="x86-64", environ={"HOME": str(folder)}, system_paths=(), overrides=overrides)


def to_folder(folder: Path) -> tuple[str, str]:
    (folder / "out").mkdir(exist_ok=True)
    return "upstream.carrier=folder", f"upstream.folder={folder / 'out'}"


class Home:
    """A hub of one home, as far as it is spoken to."""

    def __init__(self, known: Past, clock: Clock) -> None:
        self.known, self.clock, self._count = known, clock, 0

    def say(self, one: Turn, *, after_s: float = 5) -> None:
        self.clock.later(after_s)
        self._count += 1
        turn_id = f"{self.clock.ms:x}"
        self.known.takes(turn_id)
        context = self.known.context(HOME)
        self.known.ended(replace(one, id=turn_id, opened_ms=self.clock.ms, context=context))


@contextmanager
def hub(profile: Profile, clock: Clock, *, sends: bool = False, own: bool = True) -> Iterator[Home]:
    """As `edge.cli_hub` makes it."""
    known = past.of_home(profile, "house", learns=sends, now=clock.now, steady=lambda: clock.steady)
    known.rewrites = rewrites = rewrites_of_home(profile, "house", known.store, lasting=sends)
    lessons = teaching.lessons_of_home(profile, known.store, rewrites)
    with upstreaming.reporting(profile, known, lessons, own=own, sends=sends, deliver=None):
        if sends:
            known.watch(House())
        try:
            yield Home(known, clock)
        finally:
            known.close()


def agree(profile: Profile) -> None:
    outbox = upstreaming.outbox_of(profile)
    outbox.enable()
    outbox.close()


def waiting(profile: Profile) -> list[dict[str, Any]]:
    outbox = upstreaming.outbox_of(profile)
    found = [line for one in outbox.preview() for line in batch.decompressed(one.data).splitlines()[1:]]
    outbox.close()
    return [json.loads(line) for line in found]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def live(home: Home) -> None:
    """What was misheard is said again; two more go well; the last is closed by the end."""
    home.say(MISSED)
    home.say(HALL)
    home.say(FAN, after_s=100)
    home.say(LAMP, after_s=100)
    home.clock.later(100)


def test_a_home_that_has_agreed_tells(tmp_path: Path, clock: Clock) -> None:
    profile = profile_of(tmp_path, *to_folder(tmp_path))
    agree(profile)
    with hub(profile, clock) as home:
        live(home)
    told = sorted(waiting(profile), key=lambda one: str(one["h"]))
    assert told.pop([one["h"] for one in told].index("turn on the haul light")) == {
        "c": "typed",
        "d": "evening",
        "h": "turn on the haul light",
        "m": "turn on the hall light",
        "mr": "HassTurnOn name=hall_light",
        "w": None,
    }
    assert [one["h"] for one in told] == ["turn off the lamp", "turn on the fan", "turn on the hall light"]
    assert all(isinstance(one["w"], bool) for one in told)


def test_what_it_learns_is_learned_all_the_same(tmp_path: Path, clock: Clock) -> None:
    profile = profile_of(tmp_path, *to_folder(tmp_path))
    agree(profile)
    with hub(profile, clock) as home:
        live(home)
        assert isinstance(home.known.rewrites, upstreaming.Reporting)
    known = past.store_of(profile, "house")
    rewrites = rewrites_of_home(profile, "house", known)
    assert [(rule.heard, rule.means) for rule in rewrites.rules()] == [
        ("turn on the haul light", "turn on the hall light")
    ]
    rewrites.close()
    known.close()


def nobody_asked(folder: Path) -> Profile:
    return profile_of(folder)


def no_target(folder: Path) -> Profile:
    agree(profile_of(folder))
    return profile_of(folder)


def nobody_agreed(folder: Path) -> Profile:
    return profile_of(folder, *to_folder(folder))


@pytest.mark.parametrize("made", [nobody_asked, no_target, nobody_agreed])
@pytest.mark.parametrize("sends", [False, True])
def test_without_both_nothing_is_made_or_sent(
    tmp_path: Path, clock: Clock, made: Callable[[Path], Profile], sends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.socket", lambda *_, **__: pytest.fail("a socket was opened"))
    profile = made(tmp_path)
    before = {one: one.read_bytes() for one in (tmp_path / "data").glob(f"{FILE}*")}
    with hub(profile, clock, sends=sends) as home:
        live(home)
        running = {thread.name for thread in threading.enumerate()}
        assert ("outbox" in running) is (sends and made is nobody_agreed)
    assert {one: one.read_bytes() for one in (tmp_path / "data").glob(f"{FILE}*")} == before
    assert list((tmp_path / "out").glob("*")) == []


@pytest.mark.parametrize("keep", ["no_words", "nothing"])
@pytest.mark.parametrize("sends", [False, True])
def test_a_home_that_keeps_no_words_tells_nothing(tmp_path: Path, clock: Clock, keep: str, sends: bool) -> None:
    profile = profile_of(tmp_path, *to_folder(tmp_path))
    agree(profile)
    with hub(profile, clock) as home:
        live(home)
    before = waiting(profile)
    (tmp_path / "data" / f"{FILE}.broken").write_text("turn on the light")
    clock.later(100)
    with hub(replace(profile, memory=replace(profile.memory, keep=keep)), clock, sends=sends) as home:  # type: ignore[arg-type]
        live(home)
    assert not list((tmp_path / "data").glob("*.broken")) or not sends
    # What waited was of before, and goes when the hub itself starts, as all that was said does.
    assert waiting(profile) == ([] if sends else before)
    assert list((tmp_path / "out").glob("*")) == []


def test_a_home_that_is_not_the_households_tells_nothing(tmp_path: Path, clock: Clock) -> None:
    profile = profile_of(tmp_path, *to_folder(tmp_path))
    agree(profile)
    with hub(profile, clock, own=False) as home:
        live(home)
    assert waiting(profile) == []


def test_paused_nothing_waits_in_memory_either(tmp_path: Path, clock: Clock) -> None:
    profile = profile_of(tmp_path, *to_folder(tmp_path))
    agree(profile)
    outbox = upstreaming.outbox_of(profile)
    with hub(profile, clock) as home:
        outbox.pause()
        live(home)
        home.known.rewrites.keep()  # type: ignore[union-attr]
        outbox.enable()
        home.say(FAN, after_s=100)
        clock.later(100)
    outbox.close()
    told = [one["h"] for one in waiting(profile)]
    assert told[-1] == "turn on the fan"
    assert "turn on the haul light" not in told


def test_what_is_forgotten_before_it_is_told_is_not_told(tmp_path: Path, clock: Clock) -> None:
    profile = profile_of(tmp_path, *to_folder(tmp_path))
    agree(profile)
    with hub(profile, clock) as home:
        home.say(HALL)
        store = home.known.store
        assert store is not None
        until(lambda: len(store.turns()) == 1, "it is on disk")
        store.forget_turns()
        clock.later(100)
    assert waiting(profile) == []


def test_what_this_household_calls_things_is_not_told(tmp_path: Path, clock: Clock) -> None:
    profile = profile_of(tmp_path, *to_folder(tmp_path))
    (profile.paths.data_dir / "voices").mkdir(parents=True, mode=0o700)
    (profile.paths.data_dir / "voices" / "hall.json").write_text("{}")
    known = past.store_of(profile, "house")
    lessons = teaching.lessons_of_home(profile, known)
    lessons.phrase("fan", "turn on the hall light")
    names = upstreaming._names(profile, lessons, replace(HALL, home=HOME))
    known.close()
    assert names.told["hall",] == ("<person>",)
    assert names.told["fan",] == ("<other>",)


def test_it_is_sent_by_a_hub_that_listens(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.upstream.sending.Sending.__init__.__kwdefaults__", {"look_s": 0.01}, raising=False)
    monkeypatch.setattr("edge.upstream.outbox.Limits.__init__.__defaults__", (1_000, 100, 30.0, 50, 0))
    profile = profile_of(tmp_path, *to_folder(tmp_path))
    agree(profile)
    with hub(profile, clock, sends=True) as home:
        live(home)
        until(lambda: len(list((tmp_path / "out").glob("*.edgebatch"))) == 4, "a batch for each text is there")
    assert not [thread for thread in threading.enumerate() if thread.name == "outbox"]


def test_as_the_command_wires_it(tmp_path: Path) -> None:
    profile = profile_of(tmp_path, *to_folder(tmp_path))

    @contextmanager
    def open_home(_: object) -> Iterator[tuple[Profile, StillHome]]:
        yield profile, StillHome(HOME)

    def running(**chosen: Any) -> tuple[bool, bool]:
        args = Namespace(**{"simulated": False, "home": None, "announce": True, **chosen})
        with cli_hub.hub(args, open_home, lambda: pytest.fail("a model was asked for")) as one:
            threads = {thread.name for thread in threading.enumerate()}
            return isinstance(one.past.rewrites, upstreaming.Reporting), "outbox" in threads

    assert running() == (True, True)
    assert running(announce=False) == (True, False)
    assert running(simulated=True) == (False, False)
    assert running(home=tmp_path / "home.json") == (False, False)


def test_carriers(tmp_path: Path) -> None:
    def carrier(*settings: str, deliver: Any = None) -> object:
        return upstreaming.carrier_of(profile_of(tmp_path, *settings), deliver)

    assert carrier() is None
    assert isinstance(carrier(*to_folder(tmp_path)), ToFolder)
    url = "upstream.url=https://collector.example/batch"
    assert isinstance(carrier("upstream.carrier=https", url), ToCollector)
    assert carrier("upstream.carrier=mqtt") is None
    assert isinstance(carrier("upstream.carrier=mqtt", deliver=lambda *_: True), ToBroker)


def test_a_language_without_a_vocabulary(tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    profile = profile_of(tmp_path, *to_folder(tmp_path), "language=de")
    with hub(profile, clock) as home:
        live(home)
    assert "vocabulary.none" in caplog.text
    assert not list((tmp_path / "data").glob(f"{FILE}*"))


def test_a_saved_home_asked_by_a_command_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    file = tmp_path / "home.json"
    file.write_text(codec.dumps(HOME))
    assert main(["say", "--home", str(file), "is the lamp on"]) == 0
    assert capsys.readouterr().out
    assert not list(tmp_path.rglob("outbox*"))
