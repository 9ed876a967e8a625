"""How alike two requests are, in words and by ear. Pure.

Whoever was misheard says the same words again, or nearly so: what differs then sounds alike. Whoever was not understood
says it otherwise, of the same thing.
"""

from difflib import SequenceMatcher

from edge.core.sound import likeness, sound
from edge.core.text import words
from edge.core.turn import Turn

MOST = 3
"""Readings of one utterance that are looked at."""
MISHEARD = 0.4
"""Likeness of what differs from which one may have been heard as the other."""
_SAME = 0.7
"""Likeness of one word heard twice."""
_LEFT_OUT = 0.5
"""Of a word that one has and the other has not: people add a word and leave one out."""


def heard(turn: Turn) -> list[list[str]]:
    """The readings of a turn as words, best first."""
    texts = [hypothesis.text for hypothesis in turn.utterance.hypotheses[:MOST]]
    return [found for text in texts if (found := words(text))]


def alike(one: Turn, other: Turn) -> float:
    """How alike what differs between the two sounds, 0 to 1; 1 for the same words."""
    return max((_alike(left, right) for left in heard(one) for right in heard(other)), default=0.0)


def same_words(one: Turn, other: Turn) -> bool:
    """Whether both were heard as the same, in the first place."""
    return bool(heard(one)) and heard(one)[:1] == heard(other)[:1]


def words_in_common(one: Turn, other: Turn) -> bool:
    """Whether any word was heard in both, in the first place."""
    return any(not set(mine).isdisjoint(theirs) for mine in heard(one)[:1] for theirs in heard(other)[:1])


def shares(one: Turn, other: Turn) -> bool:
    """Whether half or more of the words by which the other request names its things, or what sounds so, are in this."""
    said = other.interpretation
    slots = (*said.slots, *(slot for part in said.also for slot in part.slots)) if said is not None else ()
    texts = [text for slot in slots for text in (slot.text, slot.value) if isinstance(text, str)]
    named = {word for text in texts for word in words(text)} & {word for reading in heard(other) for word in reading}
    mine = {word for reading in heard(one) for word in reading}
    shared = [word for word in named if any(_likeness(word, own) >= _SAME for own in mine)]
    return bool(shared) and 2 * len(shared) >= len(named)


def _alike(one: list[str], other: list[str]) -> float:
    if sorted(one) == sorted(other):
        return 1.0
    parts = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    total = weight = 0.0
    for kind, i1, i2, j1, j2 in parts:
        if kind == "equal":
            continue
        left, right = "".join(one[i1:i2]), "".join(other[j1:j2])
        size = max(len(left), len(right))
        weight += size
        total += size * (_likeness(left, right) if kind == "replace" else _LEFT_OUT)
    kept = any(kind == "equal" for kind, *_ in parts)
    found = total / weight
    # Where nothing is the same, half of the sound may be chance.
    return found if kept else found * found


def _likeness(one: str, other: str) -> float:
    """By letters or by ear, whichever is more."""
    return max(likeness(one, other), likeness(sound(one), sound(other)))
