"""A good pack serves the next request; of a bad one nothing is served, it is said once, and the present one stays."""

import threading
import time
from pathlib import Path

import pytest

from edge.packs import reading
from edge.rewrite.entry import Phrase, Source, State
from edge.upstream.signed import MAX_BYTES, PackError
from tests.unit.rewrite.home import does, rewritten
from tests.unit.upstream.packs_made import HEARD, MEANS, OFF, OTHER_SEED, Hub, pack, rule, served


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
