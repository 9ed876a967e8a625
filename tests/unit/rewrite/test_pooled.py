"""What all homes have learnt, served in one: as if it were said there and now."""

import pytest

from edge.rewrite.cache import Cache
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Rule, Source
from edge.rewrite.ledger import rule_id
from edge.rewrite.packing import packed
from tests.unit.rewrite.home import House, does, rewritten


@pytest.fixture
def house() -> House:
    made = House()
    pairs = (
        ("turn on the rights", "turn on the lights"),
        ("turn on the reeling lamb", "turn on the reading lamp"),
        ("turn on the attic night", "turn on the attic light"),
        ("turn up the thing", "turn on the reeding lamp"),
    )
    rules = [Rule(rule_id(heard, means), heard, means, Source.POOLED, wins=20.0) for heard, means in pairs]
    made.rewrites.global_layer(Cache(packed((), rules, Encoder()), Encoder()))
    return made


def test_what_the_context_decides_is_decided_by_that_of_this_home(house: House) -> None:
    turn = house.hear("turn on the rights")
    assert turn.weighed  # of which lights it is said, the room and what is on tell
    assert rewritten(turn) == "turn on the lights"
    assert set(does(turn)) == {"turn_on light.reading_lamp", "turn_on light.floor_lamp"}


def test_what_names_its_thing_is_served_where_there_is_one(house: House) -> None:
    assert does(house.hear("turn on the reeling lamb")) == ["turn_on light.reading_lamp"]
    assert rewritten(house.hear("turn on the attic night")) == ""


def test_what_is_itself_only_guessed_at_is_not_served(house: House) -> None:
    guessed = house.hear("turn on the reeding lamp").interpretation
    assert guessed is not None
    assert guessed.source == "nearest"
    assert rewritten(house.hear("turn up the thing")) == ""
