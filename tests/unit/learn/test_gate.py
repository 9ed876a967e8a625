"""What may be published, and what may not, however often it was reported."""

from collections.abc import Iterable, Iterator

import pytest

from tests.unit.learn import homes
from tools.learn import gate, learning, risk
from tools.learn.counts import Growing, K, Seen
from tools.learn.engine_local import LocalEngine
from tools.learn.gate import Rewrite
from tools.learn.learning import Learnt


def told(some: Iterable[Seen], *, k: int = K) -> Learnt:
    return learning.learnt(Growing().learn(some).counts(k), LocalEngine(), k=k)


def missed(homes_of: Iterable[int], wrong: str, right: str, reading: str = "") -> Iterator[Seen]:
    """Homes in which one thing is heard and another was meant, which works where it is heard."""
    for number in homes_of:
        hub = homes.hub(number)
        yield Seen(hub, homes.WEEK, wrong, meant=right, meant_reading=reading)
        yield Seen(hub, homes.WEEK, right, reading, worked=homes.truthful(number, worked=True))


def worked(homes_of: Iterable[int], text: str) -> Iterator[Seen]:
    for number in homes_of:
        yield Seen(homes.hub(number), homes.WEEK, text, worked=homes.truthful(number, worked=True))


def verdict(learnt: Learnt, heard: str) -> str:
    return next(one.refused for one in learnt.rewrites if one.heard == heard)


def test_what_is_misheard_everywhere_is_published_in_its_most_frequent_wording() -> None:
    turns = [*missed(range(60), homes.WRONG, homes.RIGHT, homes.RIGHT_READING)]
    turns += missed(range(60, 85), "turn on the chicken light", "kitchen light on", homes.RIGHT_READING)
    learnt = told(turns)
    assert {one.heard: one.means for one in learnt.published} == {
        homes.WRONG: homes.RIGHT,
        "turn on the chicken light": homes.RIGHT,
    }
    rewrite = next(one for one in learnt.published if one.heard == homes.WRONG)
    assert rewrite.label == homes.RIGHT_READING
    assert rewrite.wins == 60
    assert rewrite.ratio >= gate.LEAST_RATIO
    assert rewrite.bound > gate.LEAST_BOUND
    assert rewrite.hubs == 60


def test_one_home_less_than_k_leaves_no_trace() -> None:
    assert told(missed(range(K), homes.WRONG, homes.RIGHT)).rewrites
    learnt = told([*missed(range(K - 1), "turn on the canary", homes.RIGHT), *worked(range(60), homes.RIGHT)])
    assert not learnt.rewrites
    assert "canary" not in str(learnt)


def test_what_works_for_most_is_not_taken_from_them() -> None:
    turns = [*missed(range(60), homes.WRONG, homes.RIGHT), *worked(range(100, 400), homes.WRONG)]
    assert verdict(told(turns), homes.WRONG) == "unsure"


def test_what_works_for_a_few_too_many_is_refused_by_the_ratio() -> None:
    turns = [*missed(range(60), homes.WRONG, homes.RIGHT), *worked(range(100, 130), homes.WRONG)]
    assert verdict(told(turns), homes.WRONG) == "ratio"


def test_what_worked_under_a_mark_counts_against_it() -> None:
    """Words beside those of homes are told as `<other>` where nothing was said in their place."""
    turns = [*missed(range(60), homes.WRONG, homes.RIGHT), *worked(range(100, 400), "turn on the <other> light")]
    assert verdict(told(turns), homes.WRONG) in ("unsure", "ratio", "seldom")


def test_too_few_turns_are_too_little_however_well_they_went() -> None:
    turns = [*missed(range(12), homes.WRONG, homes.RIGHT), *worked(range(60), homes.RIGHT)]
    learnt = told(turns, k=10)
    assert verdict(learnt, homes.WRONG) == "seldom"
    assert learnt.rewrites[0].losses == 0


def test_what_everybody_means_otherwise_is_not_sure() -> None:
    turns = [
        turn
        for at, right in enumerate(
            ("turn on the kitchen light", "turn on the hallway light", "turn on the office light")
        )
        for turn in missed(range(40 * at, 40 * at + 40), "turn on the kit light", right)
    ]
    assert verdict(told(turns), "turn on the kit light") == "unsure"


@pytest.mark.parametrize(
    ("wrong", "right", "refused"),
    [
        ("open the front store", "open the front door", "risky"),
        ("turn on the often", "turn on the oven", "risky"),
        ("unlock the back light", "turn on the back light", "risky"),
        ("stop the fan now", "turn on the fan", "meaning"),
        ("turn on the fan now", "turn off the fan", "meaning"),
        ("turn off the lights", "turn off the hallway light", "must_not_change"),
    ],
)
def test_what_is_never_rewritten(wrong: str, right: str, refused: str) -> None:
    assert verdict(told(missed(range(60), wrong, right)), wrong) == refused


def test_a_reading_tells_of_risk_where_the_words_do_not() -> None:
    assert risk.risky("turn on it", "HassTurnOn area=hallway domain=lock")
    assert risk.risky("turn on it", "HassTurnOn device_class=garage")
    assert risk.risky("turn on it", "HassTurnOn name=garage_door")
    assert not risk.risky("turn on it", "HassTurnOn name=kitchen_light")


def test_a_rewrite_does_not_lead_to_what_is_rewritten() -> None:
    turns = [*missed(range(60), "turn on the kitten light", "turn on the kitchens light")]
    turns += [*missed(range(60, 160), "turn on the kitchens light", homes.RIGHT)]
    published = told(turns).published
    assert not {one.heard for one in published} & {one.means for one in published}


def test_what_was_served_says_nothing_of_the_words_alone() -> None:
    """A pack serves the rewrite, nobody says anything in its place any more, and it is kept all the same."""
    before = list(missed(range(60), homes.WRONG, homes.RIGHT, homes.RIGHT_READING))
    later = [
        Seen(homes.hub(number), homes.WEEK, homes.WRONG, served=homes.RIGHT, worked=homes.truthful(number, worked=True))
        for number in range(200, 500)
    ]
    explored = list(missed(range(500, 525), homes.WRONG, homes.RIGHT, homes.RIGHT_READING))
    learnt = told([*later, *explored])
    assert [one.heard for one in learnt.published] == [homes.WRONG]
    assert learnt.published[0].wins > told(before).published[0].wins


def test_a_rewrite_that_fails_where_it_is_served_is_withdrawn() -> None:
    turns = list(missed(range(40), homes.WRONG, homes.RIGHT, homes.RIGHT_READING))
    turns += [
        Seen(
            homes.hub(number), homes.WEEK, homes.WRONG, served=homes.RIGHT, worked=homes.truthful(number, worked=False)
        )
        for number in range(200, 400)
    ]
    assert verdict(told(turns), homes.WRONG) == "unsure"


def test_the_hub_goes_on_exploring() -> None:
    """Evidence in a pack is no more than a household's own may be, in the same proportion."""
    learnt = told(missed(range(500), homes.WRONG, homes.RIGHT, homes.RIGHT_READING))
    (rule,) = learning.rules(learnt)
    assert rule.wins + rule.losses <= 8.001
    assert rule.means == homes.RIGHT
    assert rule.last_day == rule.made_day == 20780


def test_a_file_that_says_more_than_it_may_is_looked_at_again() -> None:
    bad = Rewrite("open the store", "open the door", "", 1.0, 0.0, 99, 100.0, 0.0, 50.0)
    good = Rewrite(homes.WRONG, homes.RIGHT, "", 1.0, 0.0, 99, 100.0, 0.0, 50.0)
    judged = learning.passing(Learnt((homes.WEEK,), 20, {}, (bad, good)), gate.curated())
    assert [one.heard for one in judged.published] == [homes.WRONG]
    assert judged.funnel["refused_risky"] == 1
