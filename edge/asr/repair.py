"""Near misses of open recognisers, snapped to what this home can say.

What was heard becomes a string of phones, in which words have no borders ("bed light" and "bedlight" are one), and the
sentences of the expectation's automaton are searched for those at the least weighted edit distance (Wagner & Fischer
1974, "The string-to-string correction problem"; costs: `edge.asr.likeness`), best first (A*: Hart, Nilsson & Raphael
1968): "activate wood lighting" is near "activate mood lighting".
A node of the search is the beginning of a sentence, with its distance to every beginning of what was heard; the rest
costs at least what any words at all, in any order, would.
"""

import heapq
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from edge.asr.expectation import Expectation
from edge.asr.lexicon import Lexicon
from edge.asr.likeness import INDEX, PHONES, gap, swap
from edge.asr.spoken import spoken
from edge.core.phones import Pronunciation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Costs = NDArray[np.float32]

MAX_DISTANCE = 0.35
"""Distance a phone above which a sentence is not near at all: strangers are about 0.5 apart."""
REPAIR_DISTANCE = 0.2
"""Distance a phone up to which a text is repaired without asking its sound."""
MARGIN = 0.5
"""What a sentence of another meaning must be farther away, as a distance: less than one phone."""
SPREAD = 1.5
"""Sentences that are farther than the nearest by this much are none of its rivals: two phones."""
MAX_PHONES = 120
"""Longer speech is not one request."""
MAX_EXPANDED = 600
"""Beginnings of sentences followed; it bounds the time."""
MIN_PASSES = 8
"""Beginnings followed through one state; the nearest so far is not always that of the nearest sentence."""
SLACK = 3
"""Phones that a word may be heard longer than it is."""


@dataclass(frozen=True, slots=True)
class Near:
    """A sentence that can be said here."""

    text: str
    distance: float
    """Weighted edits from what was heard."""
    relative: float
    """Distance a phone of what was heard."""
    log_probability: float
    """Of the sentence, in the expectation."""


class Repair:
    """The sentences of one expectation, to be searched by sound.

    dictionary: pronunciations as for `edge.asr.lexicon`. Raises OSError when it cannot be read.
    """

    def __init__(self, expectation: Expectation, dictionary: Path) -> None:
        import numpy as np

        self._language = expectation.language
        self._lexicon = SortedLexicon(dictionary, expectation.pronunciations)
        self._said: dict[str, Pronunciation] = {}
        pronunciations = self._lexicon.pronounce(expectation.words, expectation.spellings)
        numbers: dict[str, list[int]] = {}
        sounds: list[Pronunciation] = []
        for word, variants in pronunciations.items():
            numbers[word] = []
            for phones in dict.fromkeys(variants):
                numbers[word].append(len(sounds))
                sounds.append(phones)
        # Words are ordered by length, so that those that are over drop out of the computation.
        order = sorted(range(len(sounds)), key=lambda number: -len(sounds[number]))
        place = {number: rank for rank, number in enumerate(order)}
        self._lengths = np.array([len(sounds[number]) for number in order], np.int32)
        longest = int(self._lengths.max(initial=0))
        self._sounds = np.zeros((len(order), longest), np.int32)
        for rank, number in enumerate(order):
            self._sounds[rank, : len(sounds[number])] = [INDEX[phone] for phone in sounds[number]]
        self._swaps = np.array([[swap(one, other) for other in PHONES] for one in PHONES], np.float32)
        self._gaps = np.array([gap(phone) for phone in PHONES], np.float32)
        self._arcs = []
        for arcs in expectation.automaton.arcs:
            ways = [(place[number], arc) for arc in arcs for number in numbers.get(arc.word, ())]
            self._arcs.append((np.array([rank for rank, _ in ways], np.intp), [arc for _, arc in ways]))
        self._automaton = expectation.automaton

    def nearest(self, text: str, count: int = 8, *, within: float = MAX_DISTANCE) -> tuple[Near, ...]:
        """The sentences that sound most like the text, nearest first, those of equal distance likelier first.

        within: largest distance a phone. Deterministic; empty when nothing is near or nothing was heard.
        """
        phones = self.phones(text)
        if not 0 < len(phones) <= MAX_PHONES or not len(self._lengths):
            return ()
        heard = [INDEX[phone] for phone in phones]
        spans = self._spans(heard)
        rest = _rest(spans)
        limit, most = float(rest[0]) + SPREAD, within * len(heard)
        found, expanded = self._search(spans, rest, count, min(limit, most), MAX_EXPANDED)
        # A close limit keeps the search small; it is widened only when nothing lies within.
        while not found and limit < most and expanded < MAX_EXPANDED:
            limit += 2 * SPREAD
            found, more = self._search(spans, rest, count, min(limit, most), MAX_EXPANDED - expanded)
            expanded += more
        found.sort(key=lambda near: (round(near[0], 4), -near[1], near[2]))
        return tuple(
            Near(" ".join(words), distance, distance / len(heard), log_probability)
            for distance, log_probability, words in found[:count]
        )

    def nearest_of(self, texts: Iterable[str], count: int = 8, *, within: float = MAX_DISTANCE) -> tuple[Near, ...]:
        """The sentences that are nearest to any of the texts; each with its least distance."""
        best: dict[str, Near] = {}
        seen: set[Pronunciation] = set()
        for text in texts:
            phones = self.phones(text)
            if phones in seen:
                continue
            seen.add(phones)
            for near in self.nearest(text, count, within=within):
                if near.text not in best or near.distance < best[near.text].distance:
                    best[near.text] = near
        ordered = sorted(best.values(), key=lambda near: (round(near.relative, 5), -near.log_probability, near.text))
        return tuple(ordered[:count])

    def repaired(self, texts: Iterable[str], meaning: Callable[[str], Hashable] = lambda text: text) -> str | None:
        """The one sentence that must have been said; None when none is near enough, or several are that differ.

        texts: readings of one utterance, best first.
        meaning: sentences of which it is equal mean the same.
        """
        near = self.nearest_of(texts, within=REPAIR_DISTANCE)
        if not near:
            return None
        best = near[0]
        rivals = [other for other in near[1:] if other.distance - best.distance < MARGIN]
        return best.text if all(meaning(other.text) == meaning(best.text) for other in rivals) else None

    def phones(self, text: str) -> Pronunciation:
        """How the text is said; words that cannot be read are passed over."""
        words = (spoken(text, self._language) or "").split()
        missing = [word for word in words if word not in self._said]
        if missing:
            if len(self._said) > 4096:
                self._said.clear()
                missing = words
            for word, variants in self._lexicon.pronounce(missing).items():
                self._said[word] = variants[0]
        return tuple(phone for word in words for phone in self._said.get(word, ()))

    def log_probability(self, text: str) -> float | None:
        """Of the sentence in the home; None for what cannot be said there."""
        state, total = 0, 0.0
        for word in text.split():
            arc = next((arc for arc in self._automaton.arcs[state] if arc.word == word), None)
            if arc is None:
                return None
            state, total = arc.target, total + math.log(arc.probability)
        final = self._automaton.finals[state]
        return total + math.log(final) if final > 0 else None

    def _search(
        self, spans: "Costs", rest: "Costs", count: int, limit: float, most: int
    ) -> tuple[list[tuple[float, float, tuple[str, ...]]], int]:
        """Distance, log probability and words of the sentences within the limit, and how many beginnings it took."""
        import numpy as np

        length, width = len(rest) - 1, spans.shape[2]
        begin = np.full(length + 1, np.inf, np.float32)
        begin[0] = 0.0
        found: dict[tuple[str, ...], tuple[float, float, tuple[str, ...]]] = {}
        passed = [0] * len(self._arcs)
        order = 0
        queue: list[tuple[float, int, int, bool, Costs, float, tuple[str, ...]]] = []
        queue.append((float(rest[0]), order, 0, False, begin, 0.0, ()))
        expanded = 0
        while queue and expanded < most:
            bound, _, state, ended, costs, log_probability, words = heapq.heappop(queue)
            if bound > limit or len(found) >= count:
                break
            if ended:
                found.setdefault(words, (bound, log_probability, words))
                limit = min(limit, bound + SPREAD)
                continue
            if passed[state] >= max(count, MIN_PASSES):
                continue
            passed[state] += 1
            expanded += 1
            if self._automaton.finals[state] > 0 and costs[length] <= limit:
                order += 1
                chance = log_probability + math.log(self._automaton.finals[state])
                heapq.heappush(queue, (float(costs[length]), order, state, True, costs, chance, words))
            ranks, arcs = self._arcs[state]
            if not len(ranks):
                continue
            live = np.flatnonzero(costs + rest <= limit)
            first, last = int(live[0]), int(live[-1]) + 1
            after = np.full((len(ranks), length + width), np.inf, np.float32)
            for at in range(first, last):
                part = after[:, at : at + width]
                np.minimum(part, spans[ranks, at] + costs[at], out=part)
            after = after[:, : length + 1]
            bounds = (after + rest).min(axis=1)
            for way in np.flatnonzero(bounds <= limit):
                arc = arcs[way]
                order += 1
                chance = log_probability + math.log(arc.probability)
                entry = (float(bounds[way]), order, arc.target, False, after[way], chance, (*words, arc.word))
                heapq.heappush(queue, entry)
        return list(found.values()), expanded

    def _spans(self, heard: Sequence[int]) -> "Costs":
        """Distance of every word to every stretch of what was heard: [words, start, phones of the stretch]."""
        import numpy as np

        sounds, lengths = self._sounds, self._lengths
        length, width = len(heard), sounds.shape[1] + SLACK + 1
        padded = np.array([*heard, *[0] * width])
        stretch = padded[np.arange(length + 1)[:, None] + np.arange(width - 1)]  # [start, phone]
        beyond = np.arange(length + 1)[:, None] + np.arange(width - 1) >= length
        lost = np.where(beyond, np.inf, self._gaps[stretch]).astype(np.float32)
        row = np.zeros((len(sounds), length + 1, width), np.float32)
        row[:, :, 1:] = np.cumsum(lost, axis=1)
        for at in range(sounds.shape[1]):
            active = int(np.searchsorted(-lengths, -at, side="left"))  # words of more than `at` phones
            phones = sounds[:active, at]
            swapped = row[:active, :, :-1] + self._swaps[phones][:, stretch]
            row[:active] += self._gaps[phones][:, None, None]
            np.minimum(row[:active, :, 1:], swapped, out=row[:active, :, 1:])
            for column in range(1, width):
                before = row[:active, :, column - 1] + lost[:, column - 1]
                np.minimum(row[:active, :, column], before, out=row[:active, :, column])
        return row


def _rest(spans: "Costs") -> "Costs":
    """By position: what the phones from there on cost at least, whatever words they are."""
    import numpy as np

    cheapest = spans.min(axis=0)  # [start, phones of the stretch]
    length = len(cheapest) - 1
    rest = np.zeros(length + 1, np.float32)
    for at in reversed(range(length)):
        reach = min(cheapest.shape[1] - 1, length - at)
        rest[at] = (cheapest[at, 1 : reach + 1] + rest[at + 1 : at + reach + 1]).min()
    return rest


class SortedLexicon(Lexicon):
    """A dictionary kept in memory as its file is, sorted by word: any word is found at once."""

    def __init__(self, dictionary: Path, own: Mapping[str, tuple[Pronunciation, ...]] = MappingProxyType({})) -> None:
        super().__init__(dictionary, own)
        self._text = b"\n" + dictionary.read_bytes()

    def _look_up(self, words: set[str]) -> None:
        for word in words - self._known.keys():
            self._known[word] = list(self._entries(word.encode()))

    def _entries(self, word: bytes) -> Iterator[Pronunciation]:
        text = self._text
        low, high = 0, len(text)  # of line breaks; the first entry lies after `low`
        while low < high:
            middle = text.rfind(b"\n", 0, (low + high) // 2 + 1)
            end = text.find(b"\n", middle + 1)
            if _base(text[middle + 1 : end]) < word:
                low = end if end >= 0 else high
            else:
                high = middle
        while 0 <= low < len(text) - 1:
            end = text.find(b"\n", low + 1)
            line = text[low + 1 : end if end >= 0 else len(text)]
            if _base(line) != word:
                return
            yield tuple(line.partition(b" ")[2].decode().split())
            low = end


def _base(line: bytes) -> bytes:
    return line.partition(b" ")[0].partition(b"(")[0]
