"""Hub and commands write the same tables at the same moment: no change is undone, and nobody waits."""

import threading
from pathlib import Path

import pytest

from edge.rewrite.entry import State
from tests.unit.rewrite.home import does, rewritten
from tests.unit.rewrite.tables import HEARD, MEANS, a_hub_and_a_command, hindered, judged, on_disk, the_rule


def test_what_was_forgotten_elsewhere_does_not_come_back_with_new_evidence(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    command.rewrites.forget(the_rule(command).id)
    judged(hub)  # before it takes that in
    hub.rewrites.keep()
    assert [rule.heard for rule in hub.rewrites.rules()] == ["movie time"]
    assert rewritten(hub.hear(HEARD)) == ""
    assert not hub.rewrites.unwritten
    assert list(on_disk(tmp_path)) == ["movie time"]
    command.end()
    hub.end()


def test_what_was_paused_elsewhere_stays_so_with_new_evidence(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    command.rewrites.pause(the_rule(command).id)
    before = the_rule(command)
    judged(hub)
    hub.rewrites.keep()
    rule = the_rule(hub)
    assert (rule.state, rule.served) == (State.PAUSED, before.served + 1)
    assert rule.wins > before.wins
    assert on_disk(tmp_path)[HEARD] == (round(rule.wins, 3), "paused")
    command.end()
    hub.end()


def test_the_evidence_of_both_counts(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    before = the_rule(hub)
    for house in (hub, command):
        judged(house)
        house.close(house.hear("turn on the floor lamp"), won=True, sure=0.5)
    command.rewrites.keep()
    hub.rewrites.keep()
    command.rewrites.keep()
    after = the_rule(hub)
    assert after.served == before.served + 2
    assert after.wins == pytest.approx(before.wins + 1.0)
    assert the_rule(command) == after
    assert [one.wins for one in hub.rewrites._shelf.of("turn on the floor lamp")[0]] == [0.5]  # one turn to both
    command.end()
    hub.end()


def test_what_is_taught_again_after_it_was_forgotten_elsewhere_is_kept(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    command.rewrites.forget()
    hub.rewrites.teach("movie time", "turn off the reading lamp")
    assert on_disk(tmp_path) == {"movie time": (4.0, "active")}
    assert [rule.heard for rule in hub.rewrites.rules()] == ["movie time"]
    command.end()
    hub.end()


def test_a_request_waits_for_no_disk(tmp_path: Path) -> None:
    begun, done = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert done.wait(60)

    house, tables = hindered(tmp_path)
    house.corrected(HEARD, MEANS)
    tables.before = slow
    writing = threading.Thread(target=house.rewrites.keep)
    writing.start()
    assert begun.wait(60)
    assert does(house.hear(HEARD)) == ["turn_on light.reading_lamp"]  # would never come back
    judged(house)
    assert not house.rewrites.unwritten  # it is under way
    done.set()
    writing.join()
    house.rewrites.keep()
    assert not house.rewrites.unwritten
    rule = the_rule(house)
    assert on_disk(tmp_path)[HEARD] == (round(rule.wins, 3), "active")
    assert rule.served == 1
    house.end()
