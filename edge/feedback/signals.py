"""What later turns and later changes in the home say about a turn: signals, and the verdict that they come to. Pure.

Implicit feedback as in self-learning assistants (Ponnusamy et al. 2020, "Feedback-based self-learning in large-scale
conversational AI agents"): nobody is asked to label anything. Every signal has a confidence, the chance that it is
meant so. Signals against a request are joined as independent doubts (noisy or). Two requests that differ are two
requests: only what failed, was taken back, denied or talked over is ever taken to have been said again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from edge.core import talk
from edge.core.questions import CONFIRM
from edge.core.turn import Result, Signal, SignalKind, Turn, Verb, Verdict
from edge.feedback import account as told
from edge.feedback.account import Account, account
from edge.feedback.alike import MISHEARD, alike, same_words, shares, words_in_common

WINDOW_MS = 30_000
"""For so long after a turn what is said or done may be about it."""
STOP_MS = 5_000
"""For so long after a reply "stop" is about the reply."""
RETRY_MS = 8_000
"""Whoever was not understood tries again within it; what is said later may be about anything."""
CHANGED_MIND_MS = 15_000
"""Who turns something off again so soon did not want it on, or not that one."""
MEANT = 0.5
"""Confidence of a rephrase from which it says what was meant."""

UNSURE = 0.3
"""Confidence of a correction that was not heard surely."""

_ASKED_FOR = ("taught", "agreed")
"""Sources of a rewrite that somebody wanted."""
_AGAINST = (SignalKind.BARGE_IN, SignalKind.REPHRASE, SignalKind.UNDO, SignalKind.DENY)
_OPPOSITE = {
    Verb.TURN_ON: Verb.TURN_OFF,
    Verb.OPEN: Verb.CLOSE,
    Verb.LOCK: Verb.UNLOCK,
    Verb.MUTE: Verb.UNMUTE,
}
_OPPOSITES = {**_OPPOSITE, **{after: before for before, after in _OPPOSITE.items()}}
_STEPS = frozenset((Verb.NEXT, Verb.PREVIOUS, Verb.CHANGE_VOLUME))
"""What people say again to have it once more."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something in the home is different."""

    entity_id: str
    state: str | None
    """As it is now."""
    attributes: Mapping[str, object] = field(default_factory=dict)
    at_ms: int = 0
    by_hub: bool = False
    """Whether a request, or what follows from one, has done it."""
    moved: bool = True
    """Whether its state was another before."""


def ended_ms(turn: Turn) -> int:
    """When the turn was over."""
    return turn.opened_ms + round(sum(span.ms for span in turn.spans))


def by_hand(turn: Turn, change: Change) -> bool:
    """Whether somebody has put back by hand, within `WINDOW_MS`, what the turn did."""
    done = turn.outcome.commands if turn.outcome is not None else ()
    mine = [c for c in done if c.entity_id == change.entity_id and c.result is Result.CONFIRMED]
    was = turn.home.entities.get(change.entity_id)
    if not mine or change.by_hub or was is None or was.state is None or was.state != change.state:
        return False
    done_ms = mine[-1].confirmed_ms
    if done_ms is None or not 0 <= done_ms - turn.opened_ms <= WINDOW_MS:
        done_ms = turn.opened_ms  # the clock was set meanwhile
    if not 0 <= change.at_ms - done_ms <= WINDOW_MS:
        return False
    return change.moved or any(
        command.entity_id == change.entity_id and _restored(command.args, was.attributes, change.attributes)
        for command in told.commands(turn.plan)
    )


def _restored(args: Mapping[str, object], was: Mapping[str, object], now: Mapping[str, object]) -> bool:
    """Whether a level that was set is what it was before."""
    return any(
        name in was and name in now and now[name] == was[name] and was[name] != value for name, value in args.items()
    )


def signals(
    turn: Turn, later: Sequence[Turn], changes: Sequence[Change] = (), *, barged_ms: int | None = None
) -> tuple[Signal, ...]:
    """What speaks for and against a turn, in order of time.

    later: the turns after it, oldest first. changes: in the home, after it. barged_ms: when somebody talked over the
    reply. Silence is not told here: see `content`.
    """
    found: list[Signal] = []
    if barged_ms is not None:
        found.append(Signal(SignalKind.BARGE_IN, barged_ms, None, 0.3))
    if turn.utterance.text.strip() or turn.interpretation is not None:
        own, turn, later, refused = _answered(turn, later)
        found += refused
        found += _hands(turn, changes)
        found += _from_turns(turn, own, later, tuple(found))
    return tuple(sorted(found, key=lambda signal: signal.at_ms))


def _hands(turn: Turn, changes: Sequence[Change]) -> list[Signal]:
    """The first time that somebody put back by hand what was done, else set what a learnt rewrite had set otherwise."""
    back = [Signal(SignalKind.UNDO, c.at_ms, None, 0.8) for c in changes if by_hand(turn, c)]
    other = [Signal(SignalKind.UNDO, c.at_ms, None, 0.6) for c in changes if _learnt(turn) and _otherwise(turn, c)]
    return back[:1] or other[:1]


def _learnt(turn: Turn) -> bool:
    """Whether it was understood by a rewrite that nobody has asked for, which may be wrong."""
    return turn.rewrite is not None and turn.rewrite.source not in _ASKED_FOR


def _otherwise(turn: Turn, change: Change) -> bool:
    """Whether a hand, within `WINDOW_MS`, set a level that the turn had set to another."""
    set_to = [command.args for command in told.commands(turn.plan) if command.entity_id == change.entity_id]
    soon = 0 <= change.at_ms - turn.opened_ms <= WINDOW_MS
    changed = ((change.attributes.get(name), value) for args in set_to for name, value in args.items())
    return soon and not change.by_hub and any(now is not None and now != value for now, value in changed)


def _answered(turn: Turn, later: Sequence[Turn]) -> tuple[Account, Turn, Sequence[Turn], tuple[Signal, ...]]:
    """A question with its answer is one request: what was done after it is what the turn has done."""
    own = account(turn)
    if not own.waits or not later or later[0].asked is None or not told.is_answer(later[0]):
        return own, turn, later, ()
    said = later[0]
    if said.plan is not None and said.plan.question is not None:
        return _answered(replace(turn, plan=said.plan), later[1:])  # it asked once more
    if said.plan is not None and said.plan.commands:
        agreed = turn.plan is not None and turn.plan.question == CONFIRM
        turn = replace(turn, plan=said.plan, outcome=said.outcome)
        return account(turn)._replace(agreed=agreed), turn, later[1:], ()
    against: tuple[Signal, ...] = ()
    if said.plan is not None and said.plan.refusal is None and turn.plan is not None:
        # Of a yes that is asked for, a no may mean that it was misheard; and so may "neither".
        sure = 0.6 if turn.plan.question == CONFIRM else 0.5
        against = (Signal(SignalKind.DENY, said.opened_ms, said.id, sure),)
    return own, turn, later[1:], against


class _Watch:
    """Goes through the turns after one, for as long as they may be about it."""

    def __init__(self, turn: Turn, own: Account, before: Sequence[Signal]) -> None:
        self.turn, self.own, self.found = turn, own, list[Signal]()
        self.before = {one.kind for one in before}

    def tell(self, kind: SignalKind, said: Turn, sure: float) -> None:
        self.found.append(Signal(kind, said.opened_ms, said.id, sure))
        self.before.add(kind)

    def goes_on(self, said: Turn, gap: int) -> bool:
        """Take in the next request; whether the one after it may still be about the turn. gap: milliseconds between."""
        names = told.intents(said)
        if not names.isdisjoint(talk.ABOUT_ANOTHER):
            return self._told_of(said, names)
        if told.is_lesson(said):
            return False
        if told.ends(said) and gap <= STOP_MS:
            # A blind that is stopped half way may have been meant to be opened.
            self.tell(SignalKind.BARGE_IN, said, 0.3 if _moves_the_same(self.turn, said) else 0.5)
            return False
        if self.own.success is True and gap <= CHANGED_MIND_MS and _reverses(self.turn, said):
            self.tell(SignalKind.UNDO, said, 0.4)
            return True
        sure = _said_again(self.turn, self.own, said, gap, self.before)
        if sure:
            self.tell(SignalKind.REPHRASE, said, sure)
        return bool(sure) and account(said).success is False

    def _told_of(self, said: Turn, names: frozenset[str]) -> bool:
        """Something is said about the turn."""
        if not talk.surely(said) and (talk.CONFIRM in names or told.corrects(said)):
            # Somebody else in the room, or the television: that doubts a little, and teaches nothing.
            if talk.CONFIRM not in names:
                self.tell(SignalKind.DENY, said, UNSURE)
            return False
        if talk.CONFIRM in names:
            self.tell(SignalKind.CONFIRM, said, 0.95)
            return False
        if told.corrects(said):
            self.tell(SignalKind.DENY, said, 0.9)
            if account(said).success is False:
                return True
            self.tell(SignalKind.REPHRASE, said, 0.95)
            return False
        if talk.DENY in names:
            self.tell(SignalKind.DENY, said, 0.9)
            return True
        if talk.UNDO in names and any(told.commands(self.turn.plan)):
            self.tell(SignalKind.UNDO, said, 0.9)
            return True
        return False


def _from_turns(turn: Turn, own: Account, later: Sequence[Turn], before: Sequence[Signal]) -> list[Signal]:
    watch, end = _Watch(turn, own, before), ended_ms(turn)
    for said in later:
        gap = said.opened_ms - end
        if not -1_000 <= gap <= WINDOW_MS:
            break
        if told.is_answer(said) and not (told.asks_whether_it_worked(turn) and said.asked == turn.plan):
            continue
        if not watch.goes_on(said, gap):
            break
        end = ended_ms(said)
    return watch.found


def _said_again(turn: Turn, own: Account, said: Turn, gap: int, before: set[SignalKind]) -> float:
    """Confidence that a request is what was meant by the turn before; 0 where nothing tells.

    before: what has spoken against the turn so far.
    """
    failed = own.success is False
    taken_back, barged = not before.isdisjoint((SignalKind.UNDO, SignalKind.DENY)), SignalKind.BARGE_IN in before
    if same_words(turn, said):
        again = own.success is True and any(told.commands(turn.plan)) and not _steps(turn) and not own.agreed
        # Who is asked "shall I?" and says the same once more wants it: they had no time, or no way, to say yes.
        unclear = own.waits and turn.plan is not None and turn.plan.question != CONFIRM
        return 0.7 if failed or taken_back else 0.6 if again else 0.5 if unclear else 0.0
    other = told.says(said) != told.says(turn)
    near = alike(turn, said) >= MISHEARD
    if account(said).success is False:
        tries = failed and gap <= RETRY_MS and _kin(turn, said)
        return 0.6 if (failed or taken_back or own.waits) and near else 0.5 if tries else 0.0
    if not other or not told.says(said):
        return 0.0
    same_thing = shares(turn, said)
    if failed:
        unlike = turn.error == "" and turn.interpretation is not None and not words_in_common(turn, said)
        return _retried(gap, near=near, same_thing=same_thing, kin=_kin(turn, said), unlike=unlike)
    if own.waits:
        return 0.7 if near else 0.5 if same_thing and gap <= RETRY_MS else 0.0
    if taken_back:
        # Who turns off what they had asked for, and turns on another, may have wanted both: what names another thing
        # is evidence all the same, and is served only where the first may have been misheard (`edge.rewrite.choosing`).
        return 0.85 if near else 0.7 if same_thing or _same_kind(turn, said) else 0.5 if gap <= RETRY_MS else 0.0
    if barged:
        return 0.7 if near and gap <= RETRY_MS else 0.0
    # What was only learnt, and not taught, was wrong where the same thing is at once set otherwise.
    return 0.6 if _learnt(turn) and gap <= RETRY_MS and _moves_the_same(turn, said) else 0.0


def _retried(gap: int, *, near: bool, same_thing: bool, kin: bool, unlike: bool) -> float:
    """After it was not understood, or refused. kin: whether it may be the same wish. unlike: in no word the same."""
    soon = gap <= RETRY_MS
    if near:
        return (0.9 if soon else 0.8) if kin or same_thing else 0.5
    if same_thing:
        return (0.7 if soon else 0.5) if kin else 0.4
    # Of what was understood, though not to be had, an unlike request is the next and not the same.
    return 0.5 if soon and kin and not unlike else 0.0


def _kin(turn: Turn, said: Turn) -> bool:
    """Whether nothing was made of the turn, or it was refused something of the same kind."""
    first, then = turn.interpretation, said.interpretation
    return turn.error != "" or first is None or (then is not None and first.intent == then.intent)


def _steps(turn: Turn) -> bool:
    """Whether it moves something a step, or to the next."""
    return any(c.verb in _STEPS or any("step" in name for name in c.args) for c in told.commands(turn.plan)) or any(
        slot.name.endswith("_step") for slot in (turn.interpretation.slots if turn.interpretation else ())
    )


def _moves_the_same(turn: Turn, said: Turn) -> bool:
    mine = {command.entity_id for command in told.commands(turn.plan)}
    return bool(mine & {command.entity_id for command in told.commands(said.plan)})


def _same_kind(turn: Turn, said: Turn) -> bool:
    """Whether both do the same to things of one kind."""
    kinds = [{(c.entity_id.partition(".")[0], c.verb) for c in told.commands(t.plan)} for t in (turn, said)]
    return bool(kinds[0] & kinds[1])


def _reverses(turn: Turn, said: Turn) -> bool:
    """Whether it does the opposite to the very same devices."""
    mine = {(c.entity_id, _OPPOSITES.get(c.verb)) for c in told.commands(turn.plan)}
    then = {(c.entity_id, c.verb) for c in told.commands(said.plan)}
    return bool(mine) and mine == then


def content(turn: Turn, found: Sequence[Signal], at_ms: int, later: Sequence[Turn] = ()) -> tuple[Signal, ...]:
    """The weak success of a turn to which nobody objected for as long as it was watched."""
    own, whole, *_ = _answered(turn, later)
    if own.success is not True or told.intents(turn) & talk.ABOUT_ANOTHER:
        return ()
    if any(signal.kind in _AGAINST or signal.kind is SignalKind.CONFIRM for signal in found):
        return ()
    sure = own.confidence if any(told.commands(whole.plan)) else min(own.confidence, told.ANSWERED)
    return (Signal(SignalKind.CONTENT, at_ms, None, sure),)


def verdict(turn: Turn, found: Sequence[Signal], later: Sequence[Turn], at_ms: int) -> Verdict:
    """How a turn went, by its signals and by what it tells itself.

    Where it failed and was said otherwise, `meant` holds that, and the confidence is also that this was meant.
    """
    own = _answered(turn, later)[0]
    against = _joined([s.confidence for s in found if s.kind in _AGAINST])
    favour = _joined([s.confidence for s in found if s.kind not in _AGAINST])
    if own.success is False:
        against = _joined([against, own.confidence])
    if against < 0.5 and favour < 0.5 and max(against, favour) < told.ANSWERED:
        return Verdict(None, 0.0, at_ms)
    if favour > against:
        return Verdict(True, round(favour * (1 - against), 3), at_ms)
    if against < 0.5:
        return Verdict(None, 0.0, at_ms)
    sure = against * (1 - favour)
    for signal in sorted(found, key=lambda one: -one.confidence):
        said = next((one for one in later if one.id == signal.other_turn), None)
        if signal.kind is not SignalKind.REPHRASE or said is None:
            continue
        refused = account(said).success is False or (said.plan is not None and said.plan.refusal is not None)
        worked = not refused and told.stands_alone(said) and not same_words(turn, said)
        if signal.confidence >= MEANT and worked and said.interpretation is not None:
            sure = min(sure, signal.confidence)
            return Verdict(False, round(sure, 3), at_ms, said.interpretation.text, said.id)
    return Verdict(False, round(sure, 3), at_ms)


def _joined(doubts: Sequence[float]) -> float:
    left = 1.0
    for one in doubts:
        left *= 1 - one
    return 1 - left
