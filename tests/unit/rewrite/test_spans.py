"""Parts of rewrites that hold in any sentence: what they are, what they mean now, and when they are left alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge.core.turn import Signal, SignalKind
from edge.rewrite.entry import Rule, Source, State
from edge.rewrite.spans import Part, Spans, parts, sounds_like
from tests.unit.rewrite.home import House


def rule(heard: str, means: str, *, wins: float = 1.0, losses: float = 0.0, **more: object) -> Rule:
    made = Rule(f"{heard}>{means}", heard, means, Source.REPHRASED, wins=wins, losses=losses)
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("heard", "means", "found"),
    [
        ("turn on twinkle", "turn the study light on", [("twinkle", "the study light", False)]),
        ("turn on gustav", "turn on the left night lamp", [("gustav", "the left night lamp", False)]),
        ("turn on the fitting room lamp", "turn on the sitting room lamp", [("fitting", "sitting", True)]),
        ("the kitchen at kettle on", "turn on the kitchenette kettle", [("kitchen at", "kitchenette", True)]),
        ("make it 17 the greece", "make it 17 degrees", [("the greece", "degrees", True)]),
        ("lights off in the fitting room", "turn off the lights in the sitting room", [("fitting", "sitting", True)]),
    ],
)
def test_a_part_is_what_differs(heard: str, means: str, found: list[tuple[str, str, bool]]) -> None:
    assert [(" ".join(p.heard), " ".join(p.means), p.alike) for p in parts(heard, means)] == found


@pytest.mark.parametrize(
    ("heard", "means"),
    [
        ("movie time", "dim the lamp to 20 percent and close the blinds"),  # nothing is the same
        ("open the blinds", "close the blinds"),
        ("dim the lamp to 15", "dim the lamp to 50"),
        ("turn it up", "turn the lamp up"),  # too short to be a name
        ("turn on the lamp", "turn the lamp on"),
        ("could you turn twinkle on", "turn the study light on"),  # either may be what is meant by the study light
    ],
)
def test_what_says_how_far_or_which_way_and_what_is_doubtful_is_no_part(heard: str, means: str) -> None:
    assert parts(heard, means) == ()


def test_what_sounds_alike_differs_in_sound_alone() -> None:
    assert sounds_like("turn on the fitting room lamp", "turn on the sitting room lamp")
    assert sounds_like("turn the lamp on", "turn on the lamp")
    for other in ("turn off the sitting room lamp", "turn on the kitchen lamp", "turn on the sitting room lamp twice"):
        assert not sounds_like("turn on the fitting room lamp", other)
    assert not sounds_like("dim the lamp to 20", "dim the lamp to 30")
    assert not sounds_like("fitting", "sitting")


def test_parts_are_put_into_any_sentence_all_at_once_and_each_alone() -> None:
    known = Spans()
    known.put(rule("turn on twinkle", "turn on the study light"))
    known.put(rule("the fitting room lamp on", "the sitting room lamp on"))
    assert list(known.patched("dim twinkle to 40 percent")) == ["dim the study light to 40 percent"]
    assert list(known.patched("twinkle and the fitting room fan off")) == [
        "the study light and the sitting room fan off",
        "the study light and the fitting room fan off",
        "twinkle and the sitting room fan off",
    ]
    assert list(known.patched("twinkle")) == []  # all that was said is a rule of its own
    assert list(known.patched("turn on the hall light")) == []


def test_what_was_right_last_holds_and_what_was_wrong_last_does_not() -> None:
    known, old = Spans(), rule("turn on twinkle", "turn on the study light", wins=4.0)
    known.put(old)
    known.put(replace(old, losses=1.0))
    assert list(known.patched("dim twinkle to 40")) == []
    assert not known.doubted(old)
    known.put(replace(old, losses=2.0))
    assert known.doubted(rule("turn off twinkle", "turn off the study light"))
    known.put(replace(old, wins=5.0, losses=2.0))
    assert list(known.patched("dim twinkle to 40")) == ["dim the study light to 40"]
    assert not known.doubted(old)


def test_a_name_that_has_moved_takes_its_other_sentences_along() -> None:
    known, old = Spans(), rule("turn on twinkle", "turn on the study light")
    known.put(old)
    known.put(rule("turn off twinkle", "turn off the hall lamp"))
    assert known.moved(old)
    assert not known.doubted(old)
    assert list(known.patched("turn on twinkle")) == ["turn on the hall lamp"]


def test_what_stands_for_this_and_that_is_no_name() -> None:
    known, pleases = Spans(), [rule(f"the lamp {n} please", f"{n} the lamp turn") for n in "abcd"]
    other = [rule(f"the fan {n} please", f"{n} the fan {verb}") for n, verb in zip("abcd", "wxyz", strict=True)]
    for one in (*pleases, *other):
        known.put(one)
    assert list(known.patched("is the hall lamp on please")) == []
    assert not any(known.moved(one) or known.doubted(one) for one in pleases)


@pytest.mark.parametrize("state", [State.PAUSED, State.WITHDRAWN])
def test_of_a_rule_out_of_service_no_part_is_served(state: State) -> None:
    known, one = Spans(), rule("turn on twinkle", "turn on the study light")
    known.put(one)
    known.put(replace(one, state=state))
    assert list(known.patched("dim twinkle to 40")) == []
    known.put(one)
    assert list(known.patched("dim twinkle to 40")) == ["dim the study light to 40"]
    known.forget(one)
    assert list(known.patched("dim twinkle to 40")) == []


def test_of_kept_rules_the_day_tells_what_came_last() -> None:
    old = rule("turn on twinkle", "turn on the study light", last_day=5)
    new = rule("turn off twinkle", "turn off the hall lamp", last_day=9)
    for order in ([old, new], [new, old]):
        assert list(Spans.of(order).patched("is twinkle on")) == ["is the hall lamp on"]
    assert Part(("twinkle",), ("the", "hall", "lamp"), alike=False) in parts("is twinkle on", "is the hall lamp on")


# In a home


def learnt(house: House, heard: str, means: str) -> None:
    failed = house.hear(heard)
    said = house.hear(means)
    house.close(failed, won=False, meant=said)


def test_a_name_is_understood_in_a_sentence_that_it_was_never_said_in() -> None:
    house = House()
    learnt(house, "turn on twinkle", "turn on the reading lamp")
    turn = house.hear("dim twinkle to 40 percent")
    assert turn.rewrite is not None
    assert turn.plan is not None
    assert [c.entity_id for c in turn.plan.commands] == ["light.reading_lamp"]


def test_a_part_is_kept_over_a_restart(tmp_path: Path) -> None:
    house = House(tmp_path)
    learnt(house, "turn on twinkle", "turn on the reading lamp")
    house.end()
    again = House(tmp_path)
    assert again.hear("dim twinkle to 40 percent").rewrite is not None
    again.end()


def test_what_is_plainly_understood_is_left_alone() -> None:
    house = House()
    learnt(house, "turn on the floor pump", "turn on the floor lamp")
    learnt(house, "dim the reading ramp to 40 percent", "dim the floor lamp to 40 percent")
    turn = house.hear("turn on the reading lamp")
    assert turn.rewrite is None


def test_what_opens_the_house_is_asked_about_first() -> None:
    house = House()
    learnt(house, "lock the pearly gates", "lock the front door")
    turn = house.hear("unlock the pearly gates")
    assert turn.plan is None or not turn.plan.commands


def test_a_near_rewrite_never_goes_the_other_way_or_to_another_number() -> None:
    house = House()
    learnt(house, "torn on the killing fan please", "turn on the ceiling fan please")
    learnt(house, "dim the weeding lamp to 40 percent please", "dim the reading lamp to 40 percent please")
    for said in ("torn off the killing fan please", "dim the weeding lamp to 60 percent please"):
        turn = house.hear(said)
        assert turn.rewrite is None or turn.rewrite.text not in (
            "turn on the ceiling fan please",
            "dim the reading lamp to 40 percent please",
        )


def test_what_was_put_together_wrongly_is_not_put_together_so_again() -> None:
    house = House()
    learnt(house, "turn on twinkle", "turn on the reading lamp")
    wrong = house.hear("dim twinkle to 40 percent")
    assert wrong.rewrite is not None
    house.close(replace(wrong, signals=(Signal(SignalKind.UNDO, 0, None, 0.9),)), won=False)
    assert house.hear("dim twinkle to 40 percent").rewrite is None
