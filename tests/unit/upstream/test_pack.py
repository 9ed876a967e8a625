"""A good pack serves the next request; of a bad one nothing is served, it is said once, and the present one stays."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from edge.core.turn import Verdict
from edge.packs import reading
from edge.rewrite.cache import Cache
from edge.rewrite.entry import Phrase, Source, State
from edge.upstream.kept_pack import PackFiles
from edge.upstream.pack import doubt
from edge.upstream.signed import MAX_BYTES, PackError
from tests.unit.rewrite.home import does, rewritten
from tests.unit.upstream.packs_made import HEARD, MEANS, OTHER_SEED, Hub, pack, rule

OFF = "turn off the reading lamp"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path)
    yield made
    made.end()


def served(hub: Hub) -> str:
    return rewritten(hub.house.hear(HEARD))


def test_it_serves_the_very_next_request(hub: Hub) -> None:
    assert served(hub) == ""
    assert hub.offer(pack()) is not None
    turn = hub.house.hear(HEARD)
    assert does(turn) == ["turn_on light.reading_lamp"]
    assert turn.rewrite is not None
    assert (turn.rewrite.layer, turn.rewrite.source, turn.rewrite.proven) == ("global", "pooled", False)
    assert hub.told == []


def test_it_is_served_after_a_start(hub: Hub, tmp_path: Path) -> None:
    hub.offer(pack())
    hub.end()
    again = Hub(tmp_path)
    assert served(again) == MEANS
    again.end()


def test_without_a_pack_nothing_is_made(hub: Hub, tmp_path: Path) -> None:
    hub.packs.heed()
    hub.packs.judge()
    assert not list(tmp_path.glob("*global*"))


def test_the_same_again_is_no_news(hub: Hub, tmp_path: Path) -> None:
    hub.offer(pack())
    before = (tmp_path / "global.rewrites.json").stat()
    assert hub.offer(pack()) is None
    assert hub.told == []
    assert (tmp_path / "global.rewrites.json").stat() == before


REFUSED = {
    "another key": (pack(rule(means=OFF), sequence=2, seed=OTHER_SEED), "pack.signature"),
    "older": (pack(rule(means=OFF), sequence=1), "pack.older"),
    "another of its number": (pack(rule(means=OFF), sequence=2), "pack.older"),
    "another encoder": (pack(rule(means=OFF), sequence=3, encoder="0" * 16), "pack.encoder"),
    "another language": (pack(rule(means=OFF), sequence=3, language="de"), "pack.language"),
    "another format": (pack(rule(means=OFF), sequence=3, cache_format=9), "pack.format"),
    "cut": (pack(rule(means=OFF), sequence=3)[:-1], "pack.corrupt"),
    "gigantic": (pack(rule(means=OFF), sequence=3) + bytes(MAX_BYTES), "pack.too_large"),
    "risky meaning": (pack(rule(), rule("movie time", "open the garage door"), sequence=3), "pack.risky"),
    "risky words": (pack(rule(), rule("unlock the front door", MEANS), sequence=3), "pack.risky"),
    "risky domain": (pack(rule(label="HassTurnOn area=x domain=script"), sequence=3), "pack.risky"),
    "risky name": (pack(rule(label="HassTurnOn name=back_gate"), sequence=3), "pack.risky"),
    "hot": (pack(rule("movie time", "turn on the oven"), sequence=3), "pack.risky"),
    "a mark": (pack(rule("movie time", "turn on the <light>"), sequence=3), "pack.rule"),
    "an answer": (pack(rule("yes", MEANS), sequence=3), "pack.rule"),
    "a stop": (pack(rule("stop", MEANS), sequence=3), "pack.rule"),
    "no normal form": (pack(rule("Turn On, the X", MEANS), sequence=3), "pack.rule"),
    "taught": (pack(rule(source=Source.TAUGHT), sequence=3), "pack.rule"),
    "paused": (pack(rule(state=State.PAUSED), sequence=3), "pack.rule"),
    "situated": (pack(rule(situation="hour:evening"), sequence=3), "pack.rule"),
    "no evidence that can be": (pack(rule(wins=5_000.0), sequence=3), "pack.rule"),
    "another count": (pack(rule(means=OFF), sequence=3, rules=2), "pack.rule"),
    "phrases": (pack(rule(), sequence=3, phrases=(Phrase("movie time", "x", 9.0),)), "pack.rule"),
}


@pytest.mark.parametrize("bad", REFUSED)
def test_a_bad_one_is_refused_and_said_once(hub: Hub, tmp_path: Path, bad: str) -> None:
    data, code = REFUSED[bad]
    hub.offer(pack(sequence=2))
    kept = (tmp_path / "global.rewrites").read_bytes()
    for _ in range(3):
        assert hub.offer(data) is None
    assert hub.told == [code]
    assert served(hub) == MEANS
    assert (tmp_path / "global.rewrites").read_bytes() == kept
    assert hub.packs.status().state.last_code == code
    assert not list(tmp_path.glob(".*"))
    assert hub.offer(pack(sequence=4)) is not None


def test_what_was_said_is_not_said_again_after_a_start(hub: Hub, tmp_path: Path) -> None:
    bad = pack(rule("movie time", "open the garage door"), sequence=3)
    hub.offer(bad)
    hub.end()
    again = Hub(tmp_path)
    again.offer(bad)
    assert again.told == []
    again.offer(pack(rule("movie time", "open the garage door"), sequence=4))
    assert again.told == ["pack.risky"]
    again.end()


def test_it_is_swapped_between_requests(hub: Hub) -> None:
    heard: list[str] = []
    ending = threading.Event()
    hub.offer(pack(sequence=1))

    def ask() -> None:
        while not ending.is_set():
            heard.append(served(hub))

    asking = threading.Thread(target=ask)
    asking.start()
    for sequence in range(2, 12):
        hub.offer(pack(rule(means=OFF if sequence % 2 else MEANS), sequence=sequence))
        asked = len(heard)
        while len(heard) < asked + 2:
            time.sleep(0.001)
    ending.set()
    asking.join()
    assert hub.told == []
    assert {MEANS, OFF} == set(heard)


def test_of_what_is_signed_by_nobody_no_more_than_the_head_is_read(hub: Hub) -> None:
    data, sizes = reading(pack(seed=OTHER_SEED) + bytes(1_000_000)), []

    def read(size: int) -> bytes:
        sizes.append(size)
        return data(size)

    with pytest.raises(PackError):
        hub.packs.take(read)
    assert sum(sizes) < 1_000


# On trial


def test_what_would_have_spoilt_a_request_is_not_served(hub: Hub) -> None:
    hub.lived("turn on the flor lamp", won=True)
    assert hub.offer(pack(rule("turn on the flor lamp", MEANS))) is None
    assert hub.told == ["pack.worse"]
    assert rewritten(hub.house.hear("turn on the flor lamp")) == ""


def test_what_usually_works_here_is_left_alone_and_no_reason_to_refuse_all(hub: Hub) -> None:
    for _ in range(3):
        hub.lived("turn on the floor lamp", won=True)
    hub.house.rewrites.keep()
    assert hub.offer(pack(rule(), rule("turn on the floor lamp", MEANS))) is not None
    assert does(hub.house.hear("turn on the floor lamp")) == ["turn_on light.floor_lamp"]


def test_what_would_have_mended_a_failure_is_counted(hub: Hub) -> None:
    hub.lived("turn on the floor lamp", won=True)
    hub.lived(HEARD, won=False, meant=MEANS)
    hub.lived("turn on the sealing van", won=False)
    assert hub.offer(pack(rule(), rule("turn on the sealing van", MEANS))) is not None
    found = hub.packs.status().state.tried
    assert (found.turns, found.well, found.wins, found.losses) == (3, 1, 1, 0)


# Taken back


def test_it_goes_back_to_the_one_before(hub: Hub) -> None:
    hub.offer(pack(sequence=1))
    hub.offer(pack(rule(means=OFF), sequence=2))
    assert served(hub) == OFF
    hub.packs.take_back()
    assert served(hub) == MEANS
    assert hub.offer(pack(rule(means=OFF), sequence=2)) is None
    assert hub.told == ["pack.refused"]
    assert hub.offer(pack(rule(means=OFF), sequence=3)) is not None
    assert served(hub) == OFF


def test_the_only_one_is_taken_back_to_none(hub: Hub, tmp_path: Path) -> None:
    hub.offer(pack())
    hub.packs.take_back()
    assert served(hub) == ""
    assert not (tmp_path / "global.rewrites").exists()
    with pytest.raises(PackError) as told:
        hub.packs.take_back()
    assert told.value.code == "pack.none"


def test_where_none_was_ever_taken_none_is_taken_back_and_no_file_made(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(PackError) as told:
        hub.packs.take_back()
    assert told.value.code == "pack.none"
    assert not list(tmp_path.glob("*global.rewrites*"))


def test_only_one_step_is_gone_back(hub: Hub) -> None:
    for sequence, means in ((1, MEANS), (2, OFF), (3, "turn on the ceiling fan")):
        hub.offer(pack(rule(means=means), sequence=sequence))
    hub.packs.take_back()
    assert served(hub) == OFF
    hub.packs.take_back()
    assert served(hub) == ""


def test_doubt() -> None:
    assert doubt(0, 0) == 0.5
    assert doubt(0, 5) == 1 - 1 / 64
    assert doubt(100, 0) < 1e-20


NAMES = ("one", "two", "three", "four", "five", "six")


def test_when_it_hurts_it_takes_itself_back_and_says_so_once(hub: Hub) -> None:
    bad = [rule(f"make it {name}", MEANS) for name in NAMES]
    hub.offer(pack())
    hub.offer(pack(rule(), *bad, sequence=2))
    for name in NAMES[:4]:
        turn = hub.house.hear(f"make it {name}")
        assert rewritten(turn) == MEANS
        closed = replace(turn, verdict=Verdict(False, 0.9, turn.opened_ms + 1))
        hub.house.rewrites.closed(closed)
        hub.packs.closed(closed)
    hub.packs.judge()
    assert (hub.packs.status().state.losses, hub.told) == (4, [])
    hub.lived("make it five", won=False)
    hub.packs.judge()
    assert hub.told == ["pack.rolled_back"]
    assert rewritten(hub.house.hear("make it six")) == ""
    assert rewritten(hub.house.hear("make it one")) == ""
    assert served(hub) == MEANS
    hub.offer(pack(rule(), *bad, sequence=2))
    assert hub.told == ["pack.rolled_back", "pack.refused"]


def test_one_that_helps_stays(hub: Hub) -> None:
    hub.offer(pack(rule(), rule("make it one", MEANS)))
    for _ in range(8):
        hub.lived(HEARD, won=True)
    for _ in range(3):
        hub.lived("make it one", won=False)
    hub.packs.judge()
    found = hub.packs.status()
    assert found.state.wins == 8
    assert found.state.losses >= 1
    assert found.doubt < 0.1
    assert served(hub) == MEANS


def test_what_was_wrong_here_once_is_not_served_when_its_pack_has_gone(hub: Hub) -> None:
    hub.offer(pack(rule(wins=8.0)))
    hub.lived(HEARD, won=False)
    assert [one.state for one in hub.house.rewrites.rules()] == [State.ACTIVE]
    hub.packs.take_back()
    assert [one.state for one in hub.house.rewrites.rules()] == [State.WITHDRAWN]
    assert served(hub) == ""


# Files


def test_another_process_changes_it(hub: Hub, tmp_path: Path) -> None:
    hub.offer(pack())
    other = Hub(tmp_path / "other")
    other.packs._files = PackFiles(tmp_path / "global.rewrites")
    other.packs.take_back()
    other.end()
    assert served(hub) == MEANS
    hub.packs.heed()
    assert served(hub) == ""


@pytest.mark.parametrize("damage", ["cut", "other", "gone"])
def test_a_damaged_file_gives_way_to_the_one_before(tmp_path: Path, damage: str) -> None:
    hub = Hub(tmp_path)
    hub.offer(pack(sequence=1))
    hub.offer(pack(rule(means=OFF), sequence=2))
    hub.end()
    file = tmp_path / "global.rewrites"
    whole = file.read_bytes()
    file.unlink()
    if damage != "gone":
        file.write_bytes(whole[:-9] if damage == "cut" else b"other" * 99)
    again = Hub(tmp_path)
    again.packs.begin()
    assert served(again) == MEANS
    assert again.offer(pack(rule(means=OFF), sequence=2)) is not None
    again.end()


def test_what_is_known_of_it_may_be_damaged_too(tmp_path: Path) -> None:
    hub = Hub(tmp_path)
    hub.offer(pack())
    hub.end()
    for text in ("", "{}", "[]", '{"edge_pack": 1}', "[" * 5_000, "x" * 30_000):
        (tmp_path / "global.rewrites.json").write_text(text)
        with pytest.raises(PackError) as told:
            PackFiles(tmp_path / "global.rewrites").state()
        assert told.value.code == "pack.state"


def test_a_folder_that_may_not_be_written_costs_the_pack_alone(hub: Hub, tmp_path: Path) -> None:
    hub.offer(pack())
    (tmp_path / ".global.rewrites.new").mkdir()
    assert hub.offer(pack(rule(means=OFF), sequence=2)) is None
    assert hub.told == ["pack.write"]
    assert served(hub) == MEANS


_INSTALLER = """
import sys
from pathlib import Path
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Rule, Source
from edge.rewrite.packing import packed
from edge.upstream.kept_pack import PackFiles
from edge.upstream.signed import Manifest, seal, unseal
from edge.upstream.trial import Tried
files, first = PackFiles(Path(sys.argv[1])), int(sys.argv[2])
made = []
for n in range(first, first + 40):
    cache = packed([], [Rule(str(n), f"movie {n}", "turn on the lamp", Source.POOLED)], Encoder())
    manifest = Manifest(n, "2026-W48", "en", "0" * 16, 1, 1, "0" * 64)
    made.append(unseal(seal(manifest, cache, bytes(32)), [bytes.fromhex(sys.argv[3])]))
print("ready", flush=True)
for manifest, cache in made:
    with files.locked():
        files.put_aside(cache)
        state = files.install(files.settled(files.state()), manifest, Tried(), 1)
        if manifest.sequence % 3 == 0:
            files.take_back(state, refuse=True)
    print(manifest.sequence, flush=True)
"""


@pytest.mark.system
def test_killed_in_the_midst_of_a_swap_one_whole_pack_is_served(tmp_path: Path) -> None:
    file = tmp_path / "global.rewrites"
    files, key = PackFiles(file), bytes(SigningKey(bytes(32)).verify_key).hex()
    for kill in range(4):
        first = 100 * kill + 1
        command = [sys.executable, "-c", _INSTALLER, str(file), str(first), key]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            for _ in range(4):
                writer.stdout.readline()
            time.sleep(kill * 0.0011)
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        with files.locked():
            state = files.settled(files.state())
        assert state.staged is None
        assert state.present is not None
        assert state.present.sequence >= first + 1
        cache = Cache.open(file)
        assert [one.heard for one in cache.rules()] == [f"movie {state.present.sequence}"]
        cache.close()


STEPS = ("staged", "linked", "renamed", "rolling")


@pytest.mark.parametrize("step", STEPS)
def test_every_step_is_gone_on_from(tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the disk holds when the power goes after each step."""
    hub = Hub(tmp_path)
    hub.offer(pack(sequence=1))
    calls = {"staged": "_swap", "linked": "replace", "renamed": "save", "rolling": "_go_back"}

    class PowerError(Exception):
        pass

    def goes(*_: object, **__: object) -> None:
        raise PowerError

    with monkeypatch.context() as patch:
        if step == "linked":
            there = Path.replace

            def replaced(path: Path, to: Path) -> Path:
                if path.name == ".global.rewrites.new":
                    raise PowerError
                return there(path, to)

            patch.setattr(Path, "replace", replaced)
        elif step == "renamed":
            saved, count = PackFiles.save, []

            def save(files: PackFiles, state: object) -> None:
                count.append(1)
                if len(count) == 2:
                    raise PowerError
                saved(files, state)  # type: ignore[arg-type]

            patch.setattr(PackFiles, "save", save)
        else:
            patch.setattr(PackFiles, calls[step], goes)
        newer = reading(pack(rule(means=OFF), sequence=2))
        with pytest.raises(PowerError):
            hub.packs.take_back() if step == "rolling" else hub.packs.take(newer)
    hub.end()
    again = Hub(tmp_path)
    assert served(again) == ("" if step == "rolling" else OFF)
    if step != "rolling":
        again.packs.take_back()
        assert served(again) == MEANS
    again.end()
