"""A configuration that is taken over by a hub as it runs: all of what can be, or nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.core.errors import InputError
from edge.core.home import HomeState
from edge.house import StillHome
from edge.hub import Hub
from edge.models import ModelStore
from edge.profile import load_profile
from edge.reloading import Reloading, place
from edge.settings import Profile

SENTENCES = """
language: en
intents:
  Greenhouse:
    data:
      - sentences: ["water the greenhouse"]
"""


class House:
    """Takes the household."""

    def __init__(self) -> None:
        self.floors: list[str] = []

    def rehouse(self, household: object) -> None:
        self.floors = [floor.name for floor in household.floors]  # type: ignore[attr-defined]


class Config:
    """The files of one household."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "edge"
        self.folder.mkdir()
        self.file = self.folder / "edge.toml"
        self.environ = {"XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder), "HOME": str(folder)}

    def load(self) -> Profile:
        return load_profile(environ=self.environ, system_paths=(), board="x86-64")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path)


def no_store() -> ModelStore:
    raise AssertionError("no model is needed")


@pytest.fixture
def hub(config: Config, home: HomeState) -> Iterator[Hub]:
    with Hub(config.load(), StillHome(home), store=no_store) as made:
        yield made


def test_what_can_be_is_taken_over_and_the_rest_is_named(hub: Hub, config: Config) -> None:
    house = House()
    reloading = Reloading(hub, config.load, house)  # type: ignore[arg-type]
    grammar = hub.grammar
    config.file.write_text(
        '[act]\nanswer_s = 7\nconfirm_ms = 9\n[mqtt]\npassword = "x"\n[home.floors]\nAttic = ["Loft"]\n'
    )
    assert reloading() == ("mqtt.password", "act.confirm_ms")
    assert (hub.profile.act.answer_s, hub.profile.act.confirm_ms, hub.profile.mqtt.password) == (7, 2000, None)
    assert house.floors == ["Attic"]
    assert hub.grammar is grammar, "making one takes seconds, and no sentence has changed"
    assert reloading() == ("mqtt.password", "act.confirm_ms"), "they still wait"
    config.file.unlink()
    assert reloading() == ()
    assert (hub.profile.act.answer_s, house.floors) == (30, [])


def test_sentences_of_the_household_are_understood_from_then_on(hub: Hub, config: Config) -> None:
    reloading = Reloading(hub, config.load, None)
    assert hub.say("water the greenhouse").interpretation is None
    folder = config.folder / "custom_sentences/en"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text(SENTENCES)
    assert reloading() == ()
    heard = hub.say("water the greenhouse").interpretation
    assert heard is not None
    assert heard.intent == "Greenhouse"


@pytest.mark.parametrize(
    ("file", "text", "code", "line"),
    [
        ("edge.toml", '[act]\nanswer_s = "Zanzibar"\n', "config.invalid", ":2"),
        ("home.toml", '\n[devices."light.x"]\nvoice = "Zanzibar"\n', "household.invalid", ":3"),
        ("custom_sentences/en/own.yaml", "intents: [Zanzibar", "grammar.custom", None),
    ],
)
def test_a_file_that_is_wrong_leaves_all_as_it_is(
    hub: Hub, config: Config, file: str, text: str, code: str, line: str | None
) -> None:
    house = House()
    reloading = Reloading(hub, config.load, house)  # type: ignore[arg-type]
    before = hub.profile, hub.grammar
    path = config.folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if path != config.file:
        config.file.write_text('[act]\nanswer_s = 7\n[home.floors]\nAttic = ["Loft"]\n')
    with pytest.raises(InputError) as caught:
        reloading()
    assert caught.value.code == code
    assert place(caught.value).startswith(f"{path}{line or ''}")
    assert "Zanzibar" not in place(caught.value)
    assert (hub.profile, hub.grammar) == before
    assert house.floors == []


def test_a_simulated_home_stays_as_it_is(hub: Hub, config: Config) -> None:
    reloading = Reloading(hub, config.load, None)
    config.file.write_text('[act]\nanswer_s = 7\n[home]\narea = "Loft"\n')
    assert reloading() == ()
    assert (hub.profile.act.answer_s, hub.profile.home.area) == (7, None)


def test_an_error_without_a_place_has_none() -> None:
    assert place(InputError("config.secret", "nothing is said of a file")) == ""
