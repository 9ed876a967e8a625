"""What has changed and is not on disk yet, and how it goes together with what others have written meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from edge.rewrite.entry import Phrase, Rule, Source, State
from edge.rewrite.ledger import CAP

Key = tuple[str, str]
_Entry = TypeVar("_Entry", Phrase, Rule)


def key_of(phrase: Phrase) -> Key:
    """What a phrase is known by."""
    return phrase.text, phrase.label


@dataclass
class Pending:
    """The changes, each with what is on disk in its place: None where nothing is."""

    phrases: dict[Key, Phrase | None] = field(default_factory=dict)
    rules: dict[str, Rule | None] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    """Rules to be taken away, before the others are written."""
    notes: dict[Key, bool] = field(default_factory=dict)
    """Kind and key -> whether it is noted."""
    everything: bool = False
    """Whether all is to be taken away before."""

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.phrases or self.rules or self.gone or self.notes or self.everything)

    def forget(self, rule_id: str) -> None:
        """The rule is to go."""
        self.rules.pop(rule_id, None)
        self.gone.add(rule_id)

    def put_back(self, taken: "Pending") -> None:
        """What was taken to be written could not be; what has changed since stays the later."""
        self.notes = taken.notes | self.notes
        if self.everything:
            return
        self.everything = taken.everything
        self.phrases |= taken.phrases
        self.rules |= {one: was for one, was in taken.rules.items() if one not in self.gone}
        self.gone |= taken.gone

    def anew(self, phrases: Iterable[Phrase], rules: Iterable[Rule]) -> None:
        """The disk has lost everything: all this is to be written."""
        self.phrases = {key_of(phrase): None for phrase in phrases}
        self.rules = {rule.id: None for rule in rules}


def merged(theirs: _Entry, mine: _Entry, was: _Entry | None) -> _Entry:
    """What two have made of the same: the evidence of both. was: as both knew it; None: neither did.

    What one of them has paused stays so.
    """
    if was is None:  # both have learnt it, likely from the same turns
        wins, losses = max(theirs.wins, mine.wins), max(theirs.losses, mine.losses)
    else:
        wins, losses = theirs.wins + mine.wins - was.wins, theirs.losses + mine.losses - was.losses
    both = replace(
        mine,
        wins=min(CAP, max(0.0, wins)),
        losses=min(CAP, max(0.0, losses)),
        last_day=max(theirs.last_day, mine.last_day),
    )
    if not (isinstance(both, Rule) and isinstance(theirs, Rule) and isinstance(mine, Rule)):
        return both
    before = was if isinstance(was, Rule) else None
    served = theirs.served + mine.served - before.served if before is not None else max(theirs.served, mine.served)
    return replace(
        both,
        source=min(theirs.source, mine.source, key=list(Source).index),
        served=max(0, served),
        state=_state(theirs.state, mine.state, before.state if before is not None else State.ACTIVE),
    )


def _state(theirs: State, mine: State, was: State) -> State:
    if mine is was:
        return theirs
    if theirs is was or mine is State.PAUSED:
        return mine
    return theirs
