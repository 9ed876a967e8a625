"""The published baseline: character n-grams plus metaphone, TF-IDF, cosine, the nearest phrase that worked."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable

from edge.core.sound import sound
from edge.core.text import normalize


class CharGrams:
    """Of a text, the nearest of those that worked; it is served when it is read otherwise and near enough."""

    steps = (0.5, 0.6, 0.7, 0.8)
    """Cosines from which it is served, for a table."""

    def __init__(self, worked: Iterable[tuple[str, str]]) -> None:
        self._texts = sorted({(normalize(text), label) for text, label in worked})
        grams = [self._grams(text) for text, _ in self._texts]
        among = Counter(gram for each in grams for gram in each)
        self._rare = {gram: math.log((1 + len(grams)) / (1 + count)) + 1 for gram, count in among.items()}
        self._index: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, each in enumerate(grams):
            for gram, weight in self._weighed(each).items():
                self._index[gram].append((number, weight))

    def answer(self, text: str, label: str, least: float) -> tuple[str, str] | None:
        """The nearest phrase that worked and its reading, where it is at least this near and read otherwise."""
        like: defaultdict[int, float] = defaultdict(float)
        for gram, weight in self._weighed(self._grams(normalize(text))).items():
            for number, other in self._index.get(gram, ()):
                like[number] += weight * other
        best = max(like, key=like.__getitem__, default=None)
        if best is None or like[best] < least or self._texts[best][1] == label:
            return None
        return self._texts[best]

    def _grams(self, text: str) -> Counter[str]:
        heard = " ".join(sound(word) for word in text.split())
        return Counter(
            f"{kind}{framed[at : at + size]}"
            for kind, framed in (("l", f" {text} "), ("s", f" {heard} "))
            for size in (2, 3, 4)
            for at in range(len(framed) - size + 1)
        )

    def _weighed(self, grams: Counter[str]) -> dict[str, float]:
        weights = {gram: count * self._rare.get(gram, 0.0) for gram, count in grams.items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        return {gram: weight / length for gram, weight in weights.items() if weight} if length else {}
