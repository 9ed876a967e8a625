"""What was said, as it may be told: published words and marks. Pure, English."""

import re
from collections.abc import Iterator, Sequence

from edge.core.text import normalize
from edge.upstream.misheard import misheard
from edge.upstream.names import Names, Words, is_number
from edge.upstream.vocabulary import MARKS, MAX_WORDS, OTHER, TIME, Vocabulary, bucket, some

MAX_PLAIN = 3
"""Words beside those that homes are spoken to with, in one text. More are somebody's talk, and none of them is told."""

_UNITS = {
    **{word: n for n, word in enumerate(some("zero one two three four five six seven eight nine ten eleven twelve"))},
    **{
        word: n
        for n, word in enumerate(
            ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"], 13
        )
    },
}
_TENS = {word: 10 * n for n, word in enumerate(some("twenty thirty forty fifty sixty seventy eighty ninety"), start=2)}
_TIMES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
NUMBERS = frozenset((*_UNITS, *_TENS, *_TIMES))
"""Words of which a number's mark is made."""
TIMES = frozenset(
    some(
        "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays "
        "saturdays sundays january february april june july august september october november december noon midday "
        "midnight oclock am pm easter christmas xmas halloween thanksgiving ramadan hanukkah diwali"
    )
)
"""Words that tell a time or a day. March and May are words of other meanings too, and left as those."""
_CLOCK = re.compile(r"\d{1,2}(\.\d\d)?(am|pm)|\d{3,4}(am|pm|h)")
_PAST = frozenset(("past", "to", "till", "til", "after", "before"))
_MINUS = frozenset(("minus", "negative"))
_PARTS = frozenset(("half", "quarter"))


def told(text: str, names: Names, vocabulary: Vocabulary, *, like: Sequence[Words] = ()) -> Words:
    """The words of a text that may be told.

    Names by the type of what they name, the longest first; numbers by their decade; times by `<time>`; everything else
    that homes are not spoken to with by one `<other>`, however long it is. like: texts that were understood or
    said in its place, as they are told: a word of the vocabulary that sounds like the one in its place there was
    misheard, and is told.
    """
    said = tuple(_marked(tuple(normalize(text).split()), names, vocabulary))
    return _together(_without_talk(said, like, vocabulary))


def says_something(words: Words) -> bool:
    """Whether any word of it is told."""
    return any(word not in MARKS for word in words)


def _marked(said: Words, names: Names, vocabulary: Vocabulary) -> Iterator[str]:
    at = 0
    while at < len(said):
        if (name := names.at(said, at)) is not None:
            count, mark = name
            for word in mark:
                yield bucket(float(word)) if is_number(word) else word if word in vocabulary else OTHER
        elif (found := _time(said, at) or _number(said, at)) is not None:
            count, one = found
            yield one
        else:
            count, word = 1, said[at]
            public = word in vocabulary and not (word in names.private and word not in vocabulary.home)
            yield word if public and word not in MARKS else OTHER
        at += count


def _time(said: Words, at: int) -> tuple[int, str] | None:
    """A time of day or a day that begins there: how many words, and its mark."""
    first, rest = said[at], said[at + 1 :]
    if first in TIMES or _CLOCK.fullmatch(first):
        return 1, TIME
    if first in _PARTS and rest[:1] and rest[0] in _PAST and (hour := _digits(said, at + 2)) is not None:
        return 2 + hour[0], TIME
    if (number := _digits(said, at)) is None:
        return None
    count, values = number
    after = said[at + count : at + count + 1]
    if after and after[0] in TIMES:
        return count + 1, TIME
    if after in (("past",), ("to",)) and (hour := _digits(said, at + count + 1)) is not None:
        return count + 1 + hour[0], TIME
    if len(values) > 2:
        return count, OTHER  # a telephone's, or a card's
    return (count, TIME) if len(values) == 2 else None


def _number(said: Words, at: int) -> tuple[int, str] | None:
    found = _digits(said, at)
    return None if found is None else (found[0], bucket(found[1][0]))


def _digits(said: Words, at: int) -> tuple[int, tuple[float, ...]] | None:
    """The numbers that stand there one after the other: how many words, and each number.

    "twenty one point five" is one, "seven thirty" are two, and a telephone's are many.
    """
    values: list[float] = []
    begin = at
    while at < len(said) and (one := _one(said, at)) is not None:
        count, value = one
        values.append(value)
        at += count
    return (at - begin, tuple(values)) if values else None


def _one(said: Words, at: int) -> tuple[int, float] | None:
    word = said[at]
    if word in _MINUS and at + 1 < len(said) and (one := _one(said, at + 1)) is not None:
        return one[0] + 1, -one[1]
    if is_number(word):
        return 1, float(word)
    if word not in NUMBERS:
        return None
    value, end = _below_hundred(said, at) or (1.0, at)
    while end < len(said) and said[end] in _TIMES:
        value *= _TIMES[said[end]]
        end += 1
        more = end + 1 if said[end : end + 1] == ("and",) else end
        if (rest := _below_hundred(said, more)) is not None:
            value, end = value + rest[0], rest[1]
    if said[end : end + 1] == ("point",) and (rest := _below_hundred(said, end + 1)) is not None:
        end = rest[1]  # no decade hangs on it
    return end - at, value


def _below_hundred(said: Words, at: int) -> tuple[float, int] | None:
    word = said[at] if at < len(said) else ""
    if word in _UNITS:
        return float(_UNITS[word]), at + 1
    if word not in _TENS:
        return None
    unit = _UNITS.get(said[at + 1] if at + 1 < len(said) else "", 0)
    return (float(_TENS[word] + unit), at + 2) if 1 <= unit <= 9 else (float(_TENS[word]), at + 1)


def _without_talk(said: Words, like: Sequence[Words], vocabulary: Vocabulary) -> Words:
    """With `<other>` for words that nobody speaks to a home with, but for a few that were misheard."""
    beside = [word not in vocabulary.home and word not in MARKS for word in said]
    heard = frozenset[int]().union(*(misheard(said, one) for one in like)) if sum(beside) <= MAX_PLAIN else frozenset()
    return tuple(
        OTHER if out and at not in heard else word for at, (word, out) in enumerate(zip(said, beside, strict=True))
    )


def _together(words: Words) -> Words:
    """With one mark for several that are the same and adjacent, so that none tells how long a text was."""
    kept = [word for n, word in enumerate(words) if word not in MARKS or n == 0 or words[n - 1] != word]
    return tuple(kept[:MAX_WORDS])
