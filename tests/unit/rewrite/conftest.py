"""Hubs of one household that keep what they are taught."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import teaching
from edge.feedback.store import Store
from edge.house import StillHome
from edge.hub import Hub
from tests.unit.nlu.in_context import grammar
from tests.unit.rewrite.taught import HOME, PROFILE, Start


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Makes a hub of one household; each is as after a restart."""
    stores: list[Store] = []
    hubs: list[Hub] = []

    def made() -> Hub:
        store = Store(tmp_path / "history.db", "home", lambda code, sentence: pytest.fail(f"{code}: {sentence}"))
        stores.append(store)
        lessons = teaching.lessons_of_home(PROFILE, store)
        hubs.append(Hub(PROFILE, StillHome(HOME), store=pytest.fail, grammar=grammar(), lessons=lessons))
        return hubs[-1]

    yield made
    for hub in hubs:
        hub.close()
    for store in stores:
        store.close()


@pytest.fixture
def hub(start: Start) -> Hub:
    return start()
