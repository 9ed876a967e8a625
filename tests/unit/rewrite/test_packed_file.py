"""What is made of all rules, the packed file first, is made while nobody speaks and where something has changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.rewrite.cache import Cache
from edge.rewrite.entry import Source
from edge.rewrite.rewrites import FOLD_S, SOON_S
from tests.unit.rewrite.home import House, does
from tests.unit.rewrite.tables import HEARD, MEANS, a_hub_and_a_command, judged, the_rule


def test_a_file_is_made_now_and_then_and_only_where_something_has_changed(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    command.end()
    made: list[Cache | None] = []

    def file() -> Cache | None:
        return hub.rewrites._shelf.layers.personal_file

    for second in range(int(SOON_S)):
        hub.seconds = float(second)
        hub.rewrites.idle()
    assert file() is None
    for second in range(int(SOON_S), int(SOON_S + 4 * FOLD_S), 10):
        hub.seconds = float(second)
        if second % 100 == 0 and second < 2 * FOLD_S:
            hub.close(hub.hear("turn on the floor lamp"), won=True, sure=0.5)
        hub.rewrites.idle()
        if not made or made[-1] is not file():
            made.append(file())
    assert len(made) == 3  # soon, and after a quarter of an hour and another; then nothing has changed
    hub.end()


def flipped(whole: bytes) -> bytes:
    return whole[:200] + bytes((whole[200] ^ 255,)) + whole[201:]


@pytest.mark.parametrize("damage", [flipped, lambda whole: whole[:-40]])
def test_a_damaged_file_takes_no_place_of_the_last_good_one(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    import os

    hub, command = a_hub_and_a_command(tmp_path)
    hub.rewrites.fold()
    hub.rewrites.teach("cozy", "turn on the kitchen lamp")
    hub.rewrites.fold()
    command.end()
    hub.end()
    file, last = tmp_path / "rewrites.cache", tmp_path / "rewrites.cache.last"
    was, times = last.read_bytes(), file.stat()
    whole = file.read_bytes()
    file.unlink()
    file.write_bytes(damage(whole))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # a disk that forgets changes no times
    again = House(tmp_path)
    again.rewrites.teach("private words", "turn on the floor lamp")
    (tmp_path / ".rewrites.cache.new").mkdir()  # and takes no new file either
    again.rewrites.fold()
    assert last.read_bytes() == was
    assert does(again.hear("cozy")) == ["turn_on light.kitchen_lamp"]
    again.end()


def test_what_was_asked_for_is_listed_anew_only_where_it_changed(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    assert hub.rewrites.asked() == ("movie time",)
    first = hub.rewrites.asked()
    judged(hub)
    assert hub.rewrites.asked() is first
    command.rewrites.teach("cozy", "turn on the kitchen lamp")
    hub.rewrites.keep()
    assert hub.rewrites.asked() == ("cozy", "movie time")
    hub.rewrites.forget(the_rule(hub, "movie time").id)
    assert hub.rewrites.asked() == ("cozy",)
    command.rewrites.forget()
    hub.rewrites.keep()
    assert hub.rewrites.asked() == ()
    assert {rule.source for rule in hub.rewrites.rules()} == set[Source]()
    command.end()
    hub.end()


@pytest.mark.parametrize("folds", [0, 1])
def test_what_is_made_of_all_rules_is_made_while_nobody_speaks(tmp_path: Path, folds: int) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    command.end()
    hub.corrected("turn on twinkle", MEANS)
    hub.rewrites.keep()
    for _ in range(folds):
        hub.rewrites.fold()
    hub.end()
    again, plain = House(tmp_path), House(tmp_path, packs=False)
    again.rewrites.forget(the_rule(again, "movie time").id)
    again.rewrites.idle()
    assert again.rewrites._shelf.made()
    plain.rewrites.keep()
    assert not plain.rewrites._shelf.made()
    for house in (again, plain):
        assert does(house.hear("turn off twinkle")) == ["turn_off light.reading_lamp"]
        assert {rule.heard for rule in house.rewrites._shelf.meaning(MEANS)} == {HEARD, "turn on twinkle"}
        assert house.rewrites.asked() == ()
    again.end()
    plain.end()
