"""How a turn went, in words for people: its signals, its verdict, and what was made of a request that failed."""

from collections.abc import Iterator

from edge.core.turn import Result, Signal, SignalKind, Turn
from edge.feedback.account import account

_SIGNALS = {
    SignalKind.BARGE_IN: "somebody talked over the reply, or stopped it",
    SignalKind.REPHRASE: "it was said again, otherwise or the same",
    SignalKind.UNDO: "it was put back",
    SignalKind.CONFIRM: "somebody said that it was right",
    SignalKind.DENY: "somebody said that it was not meant",
    SignalKind.CONTENT: "nobody objected",
}
_FAILED = {
    "nothing_heard": "no words were heard",
    "low_confidence": "it was not heard clearly enough",
    "no_intent": "it was not understood",
}


def went(turn: Turn) -> str:
    """How it went, in a word or two.

    >>> from edge.core.home import HomeState
    >>> from edge.core.turn import Utterance, Verdict
    >>> went(Turn("1", 0, HomeState(), Utterance(())))
    'open'
    >>> went(Turn("1", 0, HomeState(), Utterance(()), verdict=Verdict(False, 0.9, 1)))
    'wrong (90 %)'
    """
    found = turn.verdict
    if found is None:
        return "open"
    if found.success is None:
        return "nothing tells"
    return f"{'right' if found.success else 'wrong'} ({found.confidence * 100:.0f} %)"


def explained(turn: Turn) -> Iterator[str]:
    """How it went and what told so, a line each."""
    yield f"went        {went(turn)}"
    if turn.verdict is not None and turn.verdict.meant:
        said = f", said in turn {turn.verdict.meant_turn}" if turn.verdict.meant_turn else ""
        yield f"meant       {turn.verdict.meant!r}{said}"
    for signal in turn.signals:
        yield f"because     {_SIGNALS[signal.kind]}{_when(turn, signal)}"


def _when(turn: Turn, signal: Signal) -> str:
    if signal.kind is SignalKind.CONTENT:
        return f" ({signal.confidence * 100:.0f} % that this says so)"
    after = max(0, signal.at_ms - turn.opened_ms) / 1000
    by = f", in turn {signal.other_turn}" if signal.other_turn else ""
    return f" {after:.0f} s after{by} ({signal.confidence * 100:.0f} % that it was meant so)"


def why_failed(turn: Turn) -> str:
    """Why a request came to nothing, or was wrong; nothing where it was neither."""
    if turn.error:
        reason = turn.error.partition(".")[2]
        return _FAILED.get(reason, f"it failed: {reason.replace('_', ' ')}")
    plan = turn.plan
    if plan is not None and plan.refusal is not None and account(turn).success is False:
        return f"refused: {(plan.refusal.code.partition('.')[2] or plan.refusal.code).replace('_', ' ')}"
    if turn.verdict is not None and turn.verdict.success is False:
        return "something else was meant"
    results = [one.result for one in turn.outcome.commands] if turn.outcome is not None else []
    if any(result is not Result.CONFIRMED for result in results):
        return "a device did not obey"
    return ""
