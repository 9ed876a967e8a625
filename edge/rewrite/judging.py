"""What a closed turn teaches.

What was said and what was served are kept apart: how a served rewrite went is evidence for the rewrite, and only how a
request went as it was heard is evidence for that. (Ponnusamy et al. 2020, "Feedback-based self-learning in large-scale
conversational AI agents".)
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace

from edge.core.questions import CONFIRM
from edge.core.text import normalize
from edge.core.turn import Plan, Rewrite, SignalKind, Turn
from edge.rewrite import guard
from edge.rewrite.choosing import keys
from edge.rewrite.entry import Rule, Source, State
from edge.rewrite.labels import content_of, is_request, label_of
from edge.rewrite.risk import named_otherwise
from edge.rewrite.shelf import Shelf
from edge.rewrite.teaching import NO_PHRASE, may_be

FAINT = 0.01
"""Evidence for a rewrite of which nothing is known yet but that it was served."""
ONCE = 0.5
"""Evidence of one failure, beside which the same failing again is the second."""
REPEATED = 1.2
"""Evidence from which the hub offers to remember what it means: two failures that ended alike."""


class Judging:
    """Puts on a shelf, whose lock is held meanwhile, what turns teach.

    labels: what the last turns were taken for, by their ids.
    """

    def __init__(self, shelf: Shelf, labels: Mapping[str, str]) -> None:
        self._shelf, self._labels = shelf, labels
        self._waiting: deque[tuple[Plan, str]] = deque(maxlen=4)
        """Questions whether a rewrite is to be carried out, each with its rule's id."""

    def closed(self, turn: Turn) -> None:
        """As of `Rewrites.closed`."""
        if self._answers(turn):
            return
        verdict, heard_as = turn.verdict, keys(turn)
        if verdict is None or not heard_as or not is_request(turn):
            return
        heard, confidence = heard_as[0]
        won, weight = verdict.success, min(1.0, max(0.0, verdict.confidence))
        # A no alone, as to "open the garage door?", does not say that what is asked next was meant.
        told = won is False and any(
            signal.kind is SignalKind.DENY and signal.other_turn == verdict.meant_turn for signal in turn.signals
        )
        meant = normalize(verdict.meant) if won is False else ""
        instead = bool(meant) and may_be(heard, meant, self._shelf.reserved)
        instead = instead and not _named_otherwise(turn, heard, meant, confidence, told=told)
        if turn.rewrite is not None:
            self._served(turn, turn.rewrite, won, weight, said_so=told and instead)
        elif won is not None and self._shelf.reserved(heard) in ("", *NO_PHRASE):
            self._shelf.went(heard, label_of(turn), won=won, weight=weight)
        if instead:
            label = self._labels.get(verdict.meant_turn or "", "")
            self._meant(
                heard,
                meant,
                label,
                Source.CORRECTED if told else Source.REPHRASED,
                weight=weight,
                confidence=confidence,
            )

    def _answers(self, turn: Turn) -> bool:
        """Whether it is an answer to a question; whether to carry out a rewrite is a question about that, too."""
        said = turn.interpretation
        if turn.asked is None or said is None or said.source != "answer":
            return False
        for one in tuple(self._waiting):
            asked, rule_id = one
            if asked == turn.asked:
                self._waiting.remove(one)
                rule = self._shelf.rule(rule_id)
                if rule is not None and turn.plan is not None and turn.plan.refusal is None:
                    self._judged(rule, won=bool(turn.plan.commands), weight=1.0)
        return True

    def _served(self, turn: Turn, served: Rewrite, won: bool | None, weight: float, *, said_so: bool) -> None:
        """said_so: whether somebody said what was meant instead, which contradicts the rule by itself."""
        rule = self._shelf.rule(served.rule_id)
        if rule is None and served.rule_id:
            return  # forgotten meanwhile, which is not to be undone
        like = rule is None or rule.heard != served.heard
        made = self._of_its_own(turn, served, rule, won, weight) if like else rule
        if turn.plan is not None and turn.plan.question == CONFIRM and not served.proven and made is not None:
            self._waiting.append((turn.plan, made.id))
            if won is not False:
                return  # the answer tells
        if rule is not None and said_so and rule.heard == served.heard:
            self._shelf.put(replace(rule, served=rule.served + 1))
        elif rule is not None and won is not None:
            self._judged(rule, won=won, weight=weight)

    def _of_its_own(
        self, turn: Turn, served: Rewrite, rule: Rule | None, won: bool | None, weight: float
    ) -> Rule | None:
        """What was only like a key is one of its own from now on, with the evidence that it has."""
        if not may_be(served.heard, served.text, self._shelf.reserved):
            return None
        asks = turn.plan is not None and turn.plan.question == CONFIRM
        if won is None and not asks:
            return None
        source = rule.source if rule is not None and rule.source not in guard.ASKED_FOR else Source.REPHRASED
        confidence = keys(turn)[0][1]
        made = self._shelf.instead(
            served.heard,
            served.text,
            label_of(turn),
            source=source,
            weight=weight if won else FAINT,
            confidence=confidence,
        )
        if made is not None and won is False:
            made = guard.contradicted(made, weight, self._shelf.day())
            self._shelf.put(made)
        return made

    def _judged(self, rule: Rule, *, won: bool, weight: float) -> None:
        day = self._shelf.day()
        after = guard.praised(rule, weight, day) if won else guard.contradicted(rule, weight, day)
        self._shelf.put(replace(after, served=after.served + 1))

    def _meant(self, heard: str, means: str, label: str, source: Source, *, weight: float, confidence: float) -> None:
        shelf, day = self._shelf, self._shelf.day()
        for _, other in shelf.of(means)[1]:
            if other.means == heard and other.state is State.ACTIVE:
                shelf.put(guard.contradicted(other, weight, day))  # two that point at each other are not both right
        made = shelf.instead(heard, means, label, source=source, weight=weight, confidence=confidence)
        if made is None:
            return
        if source in guard.TOLD:
            shelf.put(replace(made, state=State.ACTIVE, losses=min(made.losses, 1.0), confidence=confidence))
        elif made.state is State.WITHDRAWN and not guard.hurts(made):
            shelf.put(replace(made, state=State.ACTIVE))

    def offers(self, turn: Turn, before: Sequence[Turn] = ()) -> tuple[str, str] | None:
        """As of `Rewrites.offers`."""
        said, shelf = normalize(turn.text), self._shelf
        again = {normalize(one.utterance.text) for one in before if one.rewrite is None}
        if turn.rewrite is not None or not said:
            return None
        for rule in shelf.meaning(said):
            if rule.source is not Source.REPHRASED or rule.state is not State.ACTIVE:
                continue
            # What has failed just now is not among the evidence yet: its turn is still open.
            enough = ONCE if rule.heard in again else REPEATED
            if rule.wins >= enough and rule.served == 0 and shelf.offer(rule.heard, rule.means):
                return rule.heard, rule.means
        return None


def _named_otherwise(turn: Turn, heard: str, meant: str, confidence: float, *, told: bool) -> bool:
    """Whether the turn plainly named something else than what was meant, so that it never comes to mean that."""
    if turn.rewrite is not None or turn.weighed or content_of(turn) < 1.0:
        return False
    return named_otherwise(heard, meant, turn.home, confidence=confidence, told=told)
