"""A pack is taken back by hand, and by itself when it hurts; one that helps stays."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge.core.turn import Verdict
from edge.packs import OneHome, packs_of_home, reading
from edge.rewrite.entry import State
from edge.upstream.pack import doubt
from edge.upstream.signed import PackError
from tests.unit.nlu.in_context import grammar
from tests.unit.rewrite.home import rewritten
from tests.unit.upstream.packs_made import HEARD, MEANS, OFF, Hub, pack, profile, rule, served


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


def test_how_one_fared_is_not_counted_for_the_next_that_another_process_took(hub: Hub, tmp_path: Path) -> None:
    hub.offer(pack(sequence=1))
    command = packs_of_home(profile(tmp_path), OneHome(profile(tmp_path), None, None, grammar))
    command.begin()
    assert command.take(reading(pack(rule(means=OFF), sequence=2))) is not None
    turn = hub.house.hear(HEARD)
    hub.packs.closed(replace(turn, verdict=Verdict(False, 0.9, turn.opened_ms + 1)))
    hub.packs.judge()
    state = hub.packs.status().state
    assert state.present is not None
    assert (state.present.sequence, state.wins, state.losses) == (2, 0, 0)
    hub.packs.heed()
    assert served(hub) == OFF
