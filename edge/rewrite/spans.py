"""Parts of rewrites that say the same in any sentence: a name of the household's own, a word that is always misheard.

From "turn on twinkle" -> "turn the study light on" the household's next "is twinkle on" is understood, and from "the
fitting room lamp" -> "the sitting room lamp" every sentence about the sitting room. A part is what differs between what
was heard and what was meant: where one stretch of words stands against one other, or where two sound alike.

Of what one stretch means, what was right last holds; and what was wrong last holds no more. Pure, in memory only.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from edge.core.sound import DIRECTIONS, is_number
from edge.core.sound import likeness as letters
from edge.rewrite.entry import Rule, Source, State

Words = tuple[str, ...]

ALIKE = 0.4
"""Likeness of two stretches from which one was heard as the other, where one was said in place of the other."""
SOUNDS_LIKE = 0.5
"""The same where nobody has said so."""
MIN_LETTERS = 4
"""Of a stretch that does not sound like what it means: shorter ones are in too much."""
MAX_WORDS = 6
_SIDES = frozenset(("left", "right"))
"""Parts of names, too, where nothing was misheard: "gustav" is the left bedside lamp."""
DOUBTS = 2
"""Contradictions in a row after which nothing is served any more that rests on a part."""
MOST_MEANINGS = 3
"""What means more than that is no name: "please", where one person says it at the end and another never."""


class Part(NamedTuple):
    """A stretch of what was heard, and what it means."""

    heard: Words
    means: Words
    alike: bool
    """Whether they sound alike: it was misheard, and is no name."""


def likeness(one: Words, other: Words) -> float:
    """How alike two stretches are in letters, 0 to 1."""
    return letters("".join(one), "".join(other))


def differing(one: Sequence[str], other: Sequence[str]) -> list[Words]:
    """Stretches of the one whose words are not in the other. Of a word that it has more often the last count."""
    left, stays = Counter(other), list[bool]()
    for word in one:
        stays.append(left[word] > 0)
        left[word] -= 1
    runs = groupby(zip(one, stays, strict=True), key=lambda pair: pair[1])
    return [tuple(word for word, _ in run) for same, run in runs if not same]


def parts(heard: str, means: str) -> tuple[Part, ...]:
    """The parts of a rewrite, in normal form; none where nothing is the same in both.

    >>> parts("turn on twinkle", "turn the study light on")
    (Part(heard=('twinkle',), means=('the', 'study', 'light'), alike=False),)
    """
    one, other = heard.split(), means.split()
    mine, theirs = differing(one, other), differing(other, one)
    if sum(map(len, mine)) >= len(one) or not mine or not theirs:
        return ()
    found = []
    for a in mine:
        how, b = max((likeness(a, b), b) for b in theirs)
        if len(b) > 1 and (b[0],) == _before(a, one):  # "the sitting" for "fitting", where the one has a "the" more
            b, how = b[1:], likeness(a, b[1:])
        if how >= ALIKE and _says_the_same(a, b):
            found.append(Part(a, b, alike=True))
    if (
        not found
        and len(mine) == len(theirs) == 1
        and _says_the_same(mine[0], tuple(w for w in theirs[0] if w not in _SIDES))
    ):
        found.append(Part(mine[0], theirs[0], alike=False))
    return tuple(p for p in found if len(p.heard) <= MAX_WORDS and (p.alike or len("".join(p.heard)) >= MIN_LETTERS))


def _before(stretch: Words, text: Sequence[str]) -> Words:
    """The word before it, if there is one."""
    at = next(at for at in range(len(text)) if tuple(text[at : at + len(stretch)]) == stretch)
    return tuple(text[at - 1 : at]) if at else ()


def sounds_like(text: str, other: str) -> bool:
    """Whether the two differ by no more than what may have been misheard: no number, and each stretch like another."""
    one, two = text.split(), other.split()
    mine, theirs = differing(one, two), differing(two, one)
    if sum(map(len, mine)) >= len(one):
        return False
    for a in mine:
        match = max(theirs, key=lambda b: likeness(a, b), default=None)
        if match is None or likeness(a, match) < SOUNDS_LIKE or not _says_the_same(a, match):
            return False
        theirs.remove(match)
    return not theirs


_ALL = frozenset(("all", "every", "everything", "both", "whole", "everywhere", "lights", "lamps"))
"""Words by which more is meant than without them."""


def says_more(text: str, other: str) -> bool:
    """Whether the other has a word that means more of the same: all of them, or several for one."""
    return not _ALL.isdisjoint(set(other.split()) - set(text.split()))


def says_otherwise(text: str, other: str) -> bool:
    """Whether the two differ in a number or a direction, or the other says more."""
    differ = set(text.split()) ^ set(other.split())
    return any(is_number(word) or word in DIRECTIONS for word in differ) or says_more(text, other)


def _says_the_same(one: Words, other: Words) -> bool:
    """Whether neither says how far or which way, as one and the same word is right for these in one sentence alone."""
    return not any(is_number(word) or word in DIRECTIONS for word in (*one, *other))


@dataclass
class _Known:
    """How a meaning of a stretch has fared; the numbers are places in the order of events."""

    part: Part
    won: int = 0
    lost: int = 0
    in_a_row: int = 0
    """Contradictions since it was right last."""


@dataclass
class Spans:
    """The parts of all rules of a home."""

    _known: dict[Words, dict[Words, _Known]] = field(default_factory=dict)
    _seen: dict[str, Rule] = field(default_factory=dict)
    _events: int = 0

    def put(self, rule: Rule) -> None:
        """The rule as it is now; what has changed since it was put before is what happened.

        On what came from a file nothing rests before it was served here.
        """
        if rule.source is Source.IMPORTED and not rule.served:
            return
        before, self._seen[rule.id] = self._seen.get(rule.id), rule
        wrong = rule.state is State.WITHDRAWN or (before is not None and rule.losses > before.losses + 1e-6)
        same = before is not None and rule.state is before.state
        if same and before is not None and not wrong and rule.wins <= before.wins and rule.served <= before.served:
            return
        self._events += 1
        for part in parts(rule.heard, rule.means):
            known = self._known.setdefault(part.heard, {}).setdefault(part.means, _Known(part))
            if wrong or rule.state is not State.ACTIVE:
                known.lost = self._events
                known.in_a_row += wrong
            elif rule.wins > rule.losses:
                known.won, known.in_a_row = self._events, 0

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "Spans":
        """The parts of these, as far as their days tell what came last."""
        made = cls()
        for rule in sorted(rules, key=lambda one: (one.last_day, one.made_day, one.id)):
            made.put(rule)
        return made

    def forget(self, rule: Rule) -> None:
        """A person wants nothing of it any more, nor of what rests on it."""
        self._seen.pop(rule.id, None)
        for part in parts(rule.heard, rule.means):
            self._known.get(part.heard, {}).pop(part.means, None)

    def _now(self, heard: Words) -> _Known | None:
        """What a stretch means now."""
        every = self._known.get(heard, {})
        last = max(every.values(), key=lambda known: known.won, default=None)
        return last if last is not None and last.won > last.lost and len(every) <= MOST_MEANINGS else None

    def doubted(self, rule: Rule) -> bool:
        """Whether a rule rests on a name that was contradicted again and again since it was right last."""
        return any(known.in_a_row >= DOUBTS for known in self._names(rule))

    def moved(self, rule: Rule) -> bool:
        """Whether a rule rests on a name that means something else by now, as far as other sentences tell."""
        now = ((known, self._now(known.part.heard)) for known in self._names(rule))
        return any(last is not None and last is not known for known, last in now)

    def _names(self, rule: Rule) -> Iterator[_Known]:
        for part in parts(rule.heard, rule.means):
            known = self._known.get(part.heard, {})
            if not part.alike and part.means in known and len(known) <= MOST_MEANINGS:
                yield known[part.means]

    def patched(self, text: str) -> Iterator[str]:
        """The text with all parts put right, then with each alone; nothing where there are none."""
        words = tuple(text.split())
        found = [known.part for at in range(len(words)) if (known := self._at(words, at)) is not None]
        every = _put(words, found)
        seen = {words}
        for one in (every, *(_put(words, [part]) for part in found if len(found) > 1)):
            if one not in seen:
                seen.add(one)
                yield " ".join(one)

    def _at(self, words: Words, at: int) -> _Known | None:
        """The longest stretch from there that means something else, and is not all that was said."""
        for end in range(min(len(words), at + MAX_WORDS), at, -1):
            if end - at < len(words) and (known := self._now(words[at:end])) is not None:
                return known
        return None


def _put(words: Words, found: Sequence[Part]) -> Words:
    made, at = list[str](), 0
    while at < len(words):
        part = next((p for p in found if words[at : at + len(p.heard)] == p.heard), None)
        made += part.means if part is not None else words[at : at + 1]
        at += len(part.heard) if part is not None else 1
    return tuple(made)
