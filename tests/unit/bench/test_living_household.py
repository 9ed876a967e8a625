"""Households that live with a hub: misheard alike every day, with words of their own, and the same on every run."""

import itertools
from random import Random

from edge.core.turn import Command, Plan, Turn, Verb
from tools.bench.household import HomeChange, Manner, Reaction, Request, Verdict
from tools.bench.household.ears import ALIKE, Ears
from tools.bench.household.living import TELEVISION, VISITOR, Living
from tools.bench.household.truth import Acts, Refuses

WEEKS = 4


def deaf(request: Request) -> Turn:
    """A hub that understands nothing."""
    return Turn(f"turn-{request.id}-{request.attempt}", request.at_ms, request.home, request.utterance)


def lived(seed: int, days: int) -> tuple[Living, list[Request], list[Reaction]]:
    """What is said to a deaf hub."""
    household, said, reactions = Living.of(seed), list[Request](), list[Reaction]()
    for event in household.days(days):
        request = None if isinstance(event, HomeChange) else event
        while request is not None:
            said.append(request)
            reactions.append(household.react(request, deaf(request)))
            request = reactions[-1].request
    return household, said, reactions


def test_the_same_seed_lives_the_same_days_with_the_same_hub() -> None:
    assert lived(3, 3)[1] == lived(3, 3)[1]
    assert lived(3, 3)[1] != lived(5, 3)[1]


def test_a_word_is_mistaken_for_the_same_one_again_and_again_and_not_always() -> None:
    checked = 0
    for seed in range(8):
        ears = Ears(seed, ("kitchen", "lamp", "floor", "blinds"))
        for word, mistake in ears.mistakes("Anna").items():
            heard = [ears.hear(f"the {word}", "Anna", Random(f"{seed} {n}"))[0][0] for n in range(400)]
            share = sum(one == f"the {mistake.heard}" for one in heard) / len(heard)
            assert 0.5 < share < 0.99
            assert set(heard) == {f"the {word}", f"the {mistake.heard}"}
            assert mistake.heard in ALIKE[word]
            checked += 1
    assert checked > 8


def test_what_is_doubted_has_what_was_said_as_its_second_reading() -> None:
    readings = [Ears(seed, ("kitchen",)).hear("the kitchen", "Ben", Random(n)) for seed in range(20) for n in range(20)]
    seconds = [one for one in readings if len(one) > 1]
    assert seconds
    assert all(one[0][1] > one[1][1] and one[1][0] == "the kitchen" for one in seconds)


def test_two_people_are_not_misheard_alike() -> None:
    ears = Ears(1, ("kitchen", "lamp", "floor", "blinds", "table", "office"))
    assert ears.mistakes("Anna") != ears.mistakes("Ben")


def test_own_words_come_again_and_are_said_plainly_when_nobody_understands() -> None:
    _, said, reactions = lived(2, 14)
    own = [(one, after) for one, after in zip(said, reactions, strict=True) if one.own and not one.attempt]
    assert len({one.said for one, _ in own}) < len(own)
    plainly = [after.request for _, after in own if after.manner is Manner.REPHRASES and after.request is not None]
    assert plainly
    for one, after in own:
        if after.request is not None and after.manner is Manner.REPHRASES:
            assert after.request.said == one.said or after.request.said in one.others
            assert after.request.truth.accept == one.truth.accept


def test_few_correct_and_whoever_does_says_the_whole_of_it() -> None:
    manners = [(r, after) for seed in range(0, 60, 2) for r, after in zip(*lived(seed, 3)[1:], strict=True)]
    corrected = [(r, after.request) for r, after in manners if after.manner is Manner.CORRECTS]
    assert 0 < len(corrected) < len(manners) / 10
    assert all(then is not None and then.said == f"no i meant {r.others[0]}" for r, then in corrected)


def test_after_three_weeks_some_words_mean_something_else() -> None:
    household, said, _ = lived(4, 7 * WEEKS)
    changed = household.changed
    assert 0 < len(changed) < len(household.own_words.meanings)
    for key, since_ms in changed.items():
        meant = [(r.at_ms >= since_ms, r.truth.accept[0]) for r in said if r.own == key and not r.attempt]
        devices = [
            {wish.device for wish in acts.wishes} | {str(wish.facts) for wish in acts.wishes}
            for after in (False, True)
            for was_after, acts in meant
            if was_after is after and isinstance(acts, Acts)
        ]
        assert devices
    names = {one.key: one.is_name for one in household.own_words.meanings}
    both = [
        key for key in changed if not names[key] and len({r.at_ms >= changed[key] for r in said if r.own == key}) == 2
    ]
    for key in both:
        wishes = {
            (r.at_ms >= changed[key], acts.wishes)
            for r in said
            if r.own == key and isinstance(acts := r.truth.accept[0], Acts)
        }
        assert not {w for after, w in wishes if after} & {w for after, w in wishes if not after}
    assert both


def test_there_are_strangers_and_a_television_that_wants_nothing() -> None:
    every = [one for seed in (2, 4, 6) for one in lived(seed, 7)[1]]
    assert any(one.person == VISITOR for one in every)
    on_air = [one for one in every if one.person == TELEVISION]
    assert on_air
    assert all(one.truth.accept == (Refuses(),) and one.attempt == 0 for one in on_air)


def test_some_requests_come_within_seconds_of_another_and_have_nothing_to_do_with_it() -> None:
    firsts = [one for one in Living.of(6).days(7) if isinstance(one, Request) and not one.follows]
    gaps = [b.at_ms - a.at_ms for a, b in itertools.pairwise(firsts)]
    assert 2 < sum(gap < 30_000 for gap in gaps) < len(gaps) / 4


def test_a_yes_is_said_to_what_was_meant_and_a_no_to_anything_else() -> None:
    household = Living.of(2)
    request = next(e for e in household.days(3) if isinstance(e, Request) and e.own)
    acts = request.truth.accept[0]
    assert isinstance(acts, Acts)
    wish = acts.wishes[0]
    facts = {k: v for k, v in wish.facts if isinstance(v, str | int | float) and k != "power"}
    right = Command(wish.device, Verb.TURN_ON, facts)
    wrong = Command("light.of_nobody", Verb.TURN_ON)
    answers = [
        household.react(request, _asking(request, command)).request for command in (wrong, right)
    ]  # in this order: the first is no answer to the second
    assert answers[0] is not None
    assert answers[0].said == "no"
    if len(acts.wishes) == 1 and not {"temperature", "position"} & facts.keys():
        assert answers[1] is not None
        assert answers[1].said == "yes"


def _asking(request: Request, command: Command) -> Turn:
    plan = Plan(question="confirm", pending=(command,))
    return Turn("t", request.at_ms, request.home, request.utterance, plan=plan)


def test_what_a_wrong_deed_moved_is_put_back_or_spoken_against() -> None:
    household = Living.of(2)
    seen = 0
    for event in household.days(7):
        if not isinstance(event, Request) or event.truth.family != "usual":
            continue
        dark = [e for e in event.home.entities.values() if e.domain == "light" and e.state == "off"]
        target = next((e for e in dark if e.entity_id not in event.truth.devices), None)
        if target is None:
            continue
        plan = Plan((Command(target.entity_id, Verb.TURN_ON),))
        turn = Turn("t", event.at_ms, event.home, event.utterance, plan=plan)
        reaction = household.react(event, turn)
        assert reaction.verdict is Verdict.WRONG_ACTION
        assert reaction.manner in (Manner.BY_HAND, Manner.UNDOES, Manner.CORRECTS)
        assert target.entity_id in reaction.changes[0].devices
        seen += 1
    assert seen > 10
