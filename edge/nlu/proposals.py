"""What somebody may have meant whose words came to nothing: the nearest sentence by meaning that this home can say.

What was said is compared, as a vector (`edge.nlu.static_encoder`), with a sample of the sentences that the grammar
knows, of the things that were named. This only ever proposes: a person reads it, and teaches it or does not. So it may
propose what is never done by guess.

As a second opinion on `edge.nlu.similar` the vectors were tried and left out: where they let its thresholds be lower
(similarity 0.65, margin 0.05, strange 0.35), 4 of 535 sentences more were understood, and three remarks of everyday
talk ("i turned the kitchen light off already", 0.86) were as near to a request as those four (0.73 to 0.91).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.core.home import HomeState
from edge.core.text import normalize
from edge.nlu.grammar import MAX_SENTENCE_CHARS, Grammar
from edge.nlu.paraphrase import tidy
from edge.nlu.reading import Reader
from edge.nlu.resolve import resolve
from edge.nlu.similar import Examples
from edge.nlu.similar_examples import Example
from edge.nlu.similar_words import synonyms
from edge.nlu.static_encoder import StaticEncoder

TABLES = tuple(
    Path(name) for name in ("home-encoder-en/home-encoder-en.int8", "home-encoder-en-int4/home-encoder-en.int4")
)
"""Word vectors, below the folder of the models; the first that is there."""
MIN_LIKE = 0.7
"""Cosine; what is less near is not proposed."""
MAX_WORDS = 24
"""Longer talk is no request."""
MAX_TRIES = 5
"""Meanings that are tried in the home, the nearest first."""
PER_TEMPLATE = 4
"""Sentences taken of one template."""
_FREE_TEXT = ("HassBroadcast", "HassMediaSearch", "HassRespond", "HassNevermind")
"""Beginnings of intents that take any words, or mean nothing."""


_LESS = frozenset(("less", "fewer", "without", "more", "too", "enough"))
"""Words that turn what is said beside them round, or by how much, of which the nearest sentence may know nothing."""


@dataclass(frozen=True, slots=True)
class Near:
    """A meaning, and how near it is."""

    sentence: str
    """Its first wording, with the names that were said, in normal form."""
    intent: str
    like: float
    """Cosine of its nearest wording."""


class Proposals:
    """Nearest sentences of one language."""

    def __init__(self, reader: Reader, table: Path) -> None:
        """table: of word vectors. Raises InputError (`encoder.file`)."""
        self._reader = reader
        self._encoder = StaticEncoder.open(table)
        self._examples = _examples(reader.grammar)
        """None in a language without synonyms."""

    def nearest(self, text: str, home: HomeState) -> str | None:
        """The sentence, in normal form; None where none is near or none can be done in this home."""
        for near in self.ranked(text, home):
            if near.like < MIN_LIKE:
                return None
            found = self._reader.interpret(near.sentence, home)
            if found is not None and found.intent == near.intent and resolve(found, home).refusal is None:
                return near.sentence
        return None

    def ranked(self, text: str, home: HomeState) -> Iterator[Near]:
        """The nearest meanings, the nearest first."""
        import numpy as np

        said = tidy(tuple(normalize(text).split())) if len(text) <= MAX_SENTENCE_CHARS else ()
        known = self._examples
        if not said or len(said) > MAX_WORDS or known is None or not _LESS.isdisjoint(said):
            return
        if "not" in known.synonyms.meaning(said).words:
            return  # what is not to be done is proposed least of all
        sayable = list(known.sayable(said, self._reader.words(home), home))
        like = self._encoder.vectors([sentence for _, sentence in sayable]) @ self._encoder.vector(" ".join(said))
        first: dict[tuple[object, ...], str] = {}
        for one, sentence in sayable:
            first.setdefault(_meant(one), sentence)
        seen: set[tuple[object, ...]] = set()
        for at in np.argsort(-like, kind="stable"):
            one = sayable[at][0]
            if _meant(one) not in seen:
                seen.add(_meant(one))
                yield Near(first[_meant(one)], one.intent, float(like[at]))
            if len(seen) == MAX_TRIES:
                return


def tables_in(models: Path) -> tuple[Path, ...]:
    """The word vectors in the folder of the models, the best first; none where an installation was made smaller."""
    return tuple(models / table for table in TABLES if (models / table).is_file())


def _meant(one: Example) -> tuple[object, ...]:
    return one.intent, one.fixed, one.meaning.held


def _examples(grammar: Grammar) -> Examples | None:
    table = synonyms(grammar.language.split("-", maxsplit=1)[0])
    if table is None:
        return None
    known = {name for intents in grammar.sets for name in intents.intents if not name.startswith(_FREE_TEXT)}
    return Examples(grammar.sets, table, wanted=frozenset(known), per_template=PER_TEMPLATE)
