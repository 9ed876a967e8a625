"""What comes from a file that this home has not written is on trial: it takes nothing's place and proves nothing."""

import json
from typing import Any

import pytest

from edge.core.errors import InputError
from edge.rewrite.entry import Source
from edge.rewrite.importing import MAX_ROWS, is_own, marked
from tests.unit.nlu.in_context import lamp
from tests.unit.rewrite.home import DAY, House, does, rewritten

SECRET = bytes(range(32))


def row(heard: str, means: str, source: Source = Source.TAUGHT, **more: object) -> dict[str, Any]:
    made = {"id": "", "heard": heard, "means": means, "source": source.value, "wins": 4.0, "served": 50}
    return {**made, "last_day": DAY, **more}


def strange(house: House, *rows: dict[str, Any]) -> tuple[int, tuple[str, ...]]:
    return tuple(house.rewrites.import_({"edge_rewrites": 1, "rules": list(rows)}))  # type: ignore[return-value]


def test_a_plain_request_keeps_its_meaning() -> None:
    house = House()
    assert strange(house, row("turn on the reading lamp", "turn on the fan")) == (1, ())
    heard = house.hear("turn on the reading lamp")
    assert rewritten(heard) == ""
    assert does(heard) == ["turn_on light.reading_lamp"]


def test_it_is_served_where_a_request_is_not_understood_and_has_to_prove_itself() -> None:
    house = House()
    assert strange(
        house, row("open sesame", "open the garage door"), row("abracadabra", "turn on the ceiling fan")
    ) == (2, ())
    assert {(rule.source, rule.served) for rule in house.rewrites.rules()} == {(Source.IMPORTED, 0)}
    assert does(house.hear("abracadabra")) == ["turn_on fan.ceiling_fan"]
    asked = house.hear("open sesame")
    assert asked.plan is not None
    assert (asked.plan.commands, asked.plan.question) == ((), "confirm")


@pytest.mark.parametrize(
    ("heard", "means"),
    [
        ("turn off the reading lamb", "turn on the reading lamp"),
        ("dim the reading lamb to ten percent", "dim the reading lamp to ninety percent"),
        ("turn on the reading lamb", "turn on all the lights"),
    ],
)
def test_nothing_becomes_its_opposite(heard: str, means: str) -> None:
    house = House()
    assert strange(house, row(heard, means)) == (0, ("rewrite.otherwise",))
    assert house.rewrites.rules() == ()


@pytest.mark.parametrize("heard", ["do not open the garage", "stop the music", "the", "yes"])
def test_what_nobody_may_teach_no_file_may(heard: str) -> None:
    house = House()
    taken, codes = strange(house, row(heard, "turn on the fan"), row(heard, "turn on the fan", Source.REPHRASED))
    assert taken == 0
    assert set(codes) <= {
        "rewrite.against",
        "rewrite.common",
        "rewrite.answer",
        "rewrite.too_common",
        "rewrite.ringing",
    }


def test_what_was_taught_here_stays() -> None:
    house = House()
    house.rewrites.teach("movie time", "turn on the reading lamp")
    before = house.rewrites.rules()
    assert strange(house, row("movie time", "open the garage door")) == (0, ("rewrite.own",))
    assert strange(house, row("movie time", "turn on the reading lamp", Source.REPHRASED)) == (1, ())
    assert strange(house, row("turn on the reading lamp", "movie time")) == (0, ("rewrite.loop",))
    assert house.rewrites.rules() == before


def test_parts_of_it_are_put_into_no_other_sentence() -> None:
    house = House()
    house.devices.append(lamp("light.attic_lamp", "hall"))
    strange(house, row("turn on twinkle", "turn on the attic lamp", Source.CORRECTED))
    assert does(house.hear("turn off twinkle")) == []


def test_a_file_of_too_many_rows_is_refused_as_a_whole() -> None:
    with pytest.raises(InputError) as refused:
        strange(House(), *[row("abracadabra", "turn on the fan")] * (MAX_ROWS + 1))
    assert refused.value.code == "rewrite.too_many"


def test_a_file_is_ones_own_as_long_as_nobody_changes_it() -> None:
    house = House()
    house.rewrites.teach("movie time", "turn on the reading lamp")
    data = json.loads(json.dumps(marked(house.rewrites.export(), SECRET, "home")))
    assert is_own(data, SECRET, "home")
    assert not is_own(data, SECRET, "another home")
    assert not is_own(data, bytes(32), "home")
    assert not is_own({key: value for key, value in data.items() if key != "mark"}, SECRET, "home")
    data["rules"][0]["means"] = "open the garage door"
    assert not is_own(data, SECRET, "home")
    for mark in ("", "ü", 7, None):
        assert not is_own({**data, "mark": mark}, SECRET, "home")
    assert not is_own({"mark": "0", "rules": [float("nan")]}, SECRET, "home")
    assert not is_own([], SECRET, "home")
