"""The recogniser follows the home's names, beside the listening, and never changes within an utterance."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from edge.asr.standby import Standby
from edge.core.errors import EdgeError, InputError, MissingError
from edge.core.home import Entity, HomeState
from edge.core.turn import Hypothesis

PATIENCE_S = 10


class Made:
    """A recogniser that knows for which names it was made."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def accept(self, pcm: bytes) -> None:
        raise NotImplementedError

    def partial(self) -> str:
        return ""

    def finish(self) -> tuple[Hypothesis, ...]:
        return ()

    def reset(self) -> None:
        return None


class House:
    """A home that changes."""

    def __init__(self) -> None:
        self.state = HomeState.of([Entity("light.a", "light", "A", state="off")])
        self.built = 0
        self.building = threading.Event()
        self.error: EdgeError | None = None
        self.errors: list[EdgeError] = []
        self.failed = threading.Event()

    def now(self) -> HomeState:
        return self.state

    def add(self, name: str) -> None:
        more = Entity(f"light.{name.lower()}", "light", name)
        self.state = HomeState.of([*self.state.entities.values(), more])

    def build(self, home: HomeState) -> Made:
        self.built += 1
        if self.error is not None:
            raise self.error
        self.building.set()
        return Made(tuple(e.name for e in home.entities.values()))

    def told(self, error: EdgeError) -> None:
        self.errors.append(error)
        self.failed.set()


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def standby(house: House) -> Iterator[Standby]:
    made = Standby(house.build, house.now, on_error=house.told, settle_s=0.0)
    yield made
    made.close()


def names(standby: Standby) -> tuple[str, ...]:
    made = standby()
    assert isinstance(made, Made)
    return made.names


def test_it_is_built_once(house: House, standby: Standby) -> None:
    assert standby() is standby()
    assert house.built == 1


def test_states_do_not_matter_but_names_do(house: House, standby: Standby) -> None:
    first = standby()
    entity = house.state.entities["light.a"]
    house.state = HomeState.of([replace(entity, state="on", changed_ms=5)])
    standby.refresh()
    assert standby() is first
    house.add("B")
    standby.refresh()
    assert names(standby) == ("A", "B")


def test_it_follows_the_home_in_its_own_thread(house: House, standby: Standby) -> None:
    assert names(standby) == ("A",)
    standby.start()
    house.building.clear()
    house.add("B")
    standby.home_changed()
    assert house.building.wait(PATIENCE_S)
    standby.close()
    assert names(standby) == ("A", "B")


def test_a_rebuild_that_fails_is_told_and_the_old_one_stays(house: House, standby: Standby) -> None:
    first = standby()
    standby.start()
    house.error = MissingError("asr.library", "not there")
    house.add("B")
    standby.home_changed()
    assert house.failed.wait(PATIENCE_S)
    assert standby() is first
    assert [error.code for error in house.errors] == ["asr.library"]


def test_a_first_build_that_fails_is_raised(house: House, standby: Standby) -> None:
    house.error = MissingError("asr.library", "not there")
    with pytest.raises(MissingError):
        standby()


def test_a_file_that_changes_is_taken_up_without_any_news_from_the_home(house: House) -> None:
    file = [1]
    standby = Standby(house.build, house.now, on_error=house.told, also=lambda: file[0], settle_s=0.0, poll_s=0.01)
    try:
        standby()
        house.building.clear()
        standby.start()
        file[0] = 2
        assert house.building.wait(PATIENCE_S)
        house.error = InputError("pronunciations.invalid", "line 3")
        file[0] = 3
        assert house.failed.wait(PATIENCE_S)
        house.failed.clear()
        for _ in range(3):
            standby.home_changed()
            assert not house.failed.wait(0.05), "what is wrong is told once, however often devices report"
        house.error = None
        house.building.clear()
        file[0] = 4
        assert house.building.wait(PATIENCE_S)
    finally:
        standby.close()
    assert [error.code for error in house.errors] == ["pronunciations.invalid"]
