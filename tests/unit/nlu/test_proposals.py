"""What is proposed in place of what was not understood: sentences that this home can say, and never the opposite."""

from pathlib import Path

import pytest

from edge.core.home import Area, Entity, HomeState
from edge.nlu.grammar import Grammar
from edge.nlu.proposals import MIN_LIKE, Proposals, tables_in
from edge.nlu.reading import Reader
from edge.nlu.resolve import resolve
from edge.resources import data_dir

EVERYDAY = (Path(__file__).parents[2] / "data" / "everyday_talk.txt").read_text(encoding="utf-8").splitlines()[::6]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Grammar("en"))


@pytest.fixture(scope="module")
def proposals(reader: Reader) -> Proposals:
    return Proposals(reader, tables_in(data_dir("models"))[0])


@pytest.fixture(scope="module")
def house() -> HomeState:
    modes = {"supported_color_modes": ["hs", "color_temp"], "brightness": 100}
    return HomeState.of(
        entities=[
            Entity("light.bedroom", "light", "Bedroom Light", area="bedroom", state="on", attributes=modes),
            Entity("switch.coffee", "switch", "Coffee Machine", area="kitchen", state="off"),
            Entity("media_player.tv", "media_player", "TV", area="bedroom", state="playing", attributes={"volume": 40}),
            Entity("lock.front_door", "lock", "Front Door", area="kitchen", state="locked"),
            Entity("vacuum.robot", "vacuum", "Dusty", area="kitchen", state="docked"),
        ],
        areas=[Area("bedroom", "Bedroom"), Area("kitchen", "Kitchen")],
        mic_area="kitchen",
    )


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("i would love to have dusty sweep", "start dusty"),
        ("let me hear the tv again at once", "unpause tv"),
        ("can the bedroom light be purple perhaps", "set bedroom light purple"),
        ("tell me what is the time over there", "whats the time"),
        ("get the coffee machine running for breakfast", "turn on coffee machine"),
    ],
)
def test_it_proposes_what_the_home_can_say(
    proposals: Proposals, reader: Reader, house: HomeState, said: str, meant: str
) -> None:
    assert reader.interpret(said, house) is None
    assert proposals.nearest(said, house) == meant
    found = reader.interpret(meant, house)
    assert found is not None
    assert resolve(found, house).refusal is None


@pytest.mark.parametrize(
    "said", ["", "   ", "日本", "🙂", "word " * 5000, "x" * 50_000, "{name}", "xyzzy plugh", "not"]
)
def test_it_proposes_nothing_for_what_means_nothing(proposals: Proposals, house: HomeState, said: str) -> None:
    assert proposals.nearest(said, house) is None


def test_it_proposes_nothing_where_something_is_not_to_be_done(proposals: Proposals, house: HomeState) -> None:
    for said in ("do not turn on the bedroom light", "never open the front door", "dont start the coffee machine"):
        assert proposals.nearest(said, house) is None


@pytest.mark.parametrize(
    ("said", "never"),
    [
        ("off with the bedroom light my dear", "on"),
        ("the front door wants to be locked tight", "unlock"),
        ("up with the volume of the tv my friend", "down"),
    ],
)
def test_it_never_proposes_the_opposite(proposals: Proposals, house: HomeState, said: str, never: str) -> None:
    ranked = list(proposals.ranked(said, house))
    assert ranked
    assert all(never not in near.sentence.split() for near in ranked)


def test_what_is_ranked_gets_less_alike(proposals: Proposals, house: HomeState) -> None:
    likes = [near.like for near in proposals.ranked("get the coffee machine running for breakfast", house)]
    assert likes == sorted(likes, reverse=True)
    assert likes[0] >= MIN_LIKE


def test_of_everyday_talk_little_is_proposed(proposals: Proposals, house: HomeState) -> None:
    """It sounds like requests, and a person sees at once that it is none; most of it is passed over all the same."""
    proposed = [text for text in EVERYDAY if proposals.nearest(text, house) is not None]
    assert len(proposed) <= len(EVERYDAY) / 3
