"""The hub's packs: fetched, served and judged beside its turns; nothing at all where none is configured."""

import base64
import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.core.turn import Verdict
from edge.packs import MQTT, TOPIC, OneHome, Told, Watching, packs_of_home, watched
from edge.upstream.fetching import opened
from edge.upstream.signed import MAX_BYTES, PackError
from tests.unit.nlu.in_context import grammar
from tests.unit.rewrite.home import House, rewritten
from tests.unit.upstream.packs_made import HEARD, KEY, MEANS, OTHER_SEED, lived_in, pack, profile, rule, until

house = lived_in


@contextlib.contextmanager
def watching(house: House, folder: Path, **upstream: Any) -> Iterator[Watching | None]:
    heard: dict[str, Callable[[bytes], None]] = {}
    with watched(
        profile(folder, **upstream),
        house.rewrites,
        house.store,
        grammar=grammar,
        home=lambda: house.hear("hello").home,
        rests=lambda: True,
        listen=heard.__setitem__,
    ) as one:
        house.heard = heard  # type: ignore[attr-defined]
        yield one


def test_without_a_source_nothing_is_made_and_nothing_runs(house: House, tmp_path: Path) -> None:
    before = threading.active_count()
    files = sorted(tmp_path.iterdir())
    with watching(house, tmp_path) as one:
        assert one is None
        assert threading.active_count() == before
    assert sorted(tmp_path.iterdir()) == files


def test_one_that_comes_by_mqtt_is_served(house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with watching(house, tmp_path, pack_source=MQTT) as one:
        assert one is not None
        came = house.heard[f"edge/{TOPIC}"]  # type: ignore[attr-defined]
        came(pack(seed=OTHER_SEED))
        until(lambda: caplog.records)
        came(pack(seed=OTHER_SEED))
        came(pack())
        until(lambda: rewritten(house.hear(HEARD)) == MEANS)
        came(bytes(MAX_BYTES + 9))
        until(lambda: len(caplog.records) == 2)
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["pack.signature", "pack.corrupt"]


def test_one_that_was_taken_is_served_though_no_source_is_configured_any_more(house: House, tmp_path: Path) -> None:
    with watching(house, tmp_path, pack_source=MQTT) as one:
        assert one is not None
        one.offer(pack())
        until(lambda: rewritten(house.hear(HEARD)) == MEANS)
    house.rewrites.global_layer(None)
    assert rewritten(house.hear(HEARD)) == ""
    with watching(house, tmp_path, pack_key=None):
        until(lambda: rewritten(house.hear(HEARD)) == MEANS)


def test_it_looks_by_itself_and_goes_on_when_nobody_answers(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source, asked = tmp_path / "new.edgepack", []

    def look() -> Any:
        asked.append(1)
        return opened(str(source), (KEY,))

    household = OneHome(profile(tmp_path), house.store, house.rewrites, grammar, home=lambda: house.hear("hello").home)
    packs = packs_of_home(profile(tmp_path), household, warns=True)
    one = Watching(packs, look, rng=random.Random(1), first_s=0.0, every_s=0.0)
    one.start()
    until(lambda: asked)
    one._awake.set()
    until(lambda: len(asked) > 1)
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["pack.unreachable"]
    source.write_bytes(pack())
    one._awake.set()
    until(lambda: rewritten(house.hear(HEARD)) == MEANS)
    one.close()
    assert not one._thread.is_alive()


def test_closed_turns_reach_the_guard(house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    names = ("one", "two", "three", "four", "five")
    with watching(house, tmp_path, pack_source=MQTT) as one:
        assert one is not None
        told = Told(house.rewrites, one.closed)
        one.offer(pack(rule(), *(rule(f"make it {name}", MEANS) for name in names)))
        until(lambda: rewritten(house.hear(HEARD)) == MEANS)
        for name in names:
            turn = house.hear(f"make it {name}")
            told.closed(replace(turn, verdict=Verdict(False, 0.9, turn.opened_ms + 1)))
        one._awake.set()
        until(lambda: rewritten(house.hear(HEARD)) == "")
        told.keep()
        told.idle()
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["pack.rolled_back"]
    assert not any("make it" in record.getMessage() for record in caplog.records)


def test_a_key_that_is_none_is_told_at_once(house: House, tmp_path: Path) -> None:
    bad = profile(tmp_path, pack_key=base64.b64encode(KEY[:-1]).decode(), pack_source=MQTT)
    with pytest.raises(PackError) as told:
        packs_of_home(bad, OneHome(bad, house.store, house.rewrites, grammar))
    assert told.value.code == "pack.key"
