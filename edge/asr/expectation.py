"""What a recogniser should expect to hear in this home: every sentence of the templates, with its probability.

hassil's templates, the home's names and the numbers that ranges allow become one automaton of words
(`edge.asr.automaton`); recognisers take from it what they can use: a grammar, a language model, a list of phrases.
Nothing is sampled, so equal homes give equal expectations.

The probabilities are a prior from the templates alone: intents are alike, an intent's blocks, templates and
alternatives too, except that authors list the usual wording first; Home Assistant's lean set of common wordings, where
it is given, counts as much as all others together; and people prefer round numbers (Jansen & Pollmann 2001, "On round
numbers", Journal of Quantitative Linguistics 8).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from hassil.expression import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    Sentence,
    TextChunk,
)
from hassil.intents import IntentData, Intents, RangeSlotList, SlotList, TextSlotList, TextSlotValue

from edge.asr import shares
from edge.asr.automaton import Automaton, WordGraph
from edge.asr.everyday import WILDCARDS
from edge.asr.fitting import fits
from edge.asr.spoken import number_words, roundness, spellings, spoken
from edge.core.phones import Pronunciation
from edge.core.text import normalize

ABSENT_DOMAIN = 0.1
"""Weight of sentences about a kind of device that this home has none of: rare, but better heard rightly and refused
than taken for something else."""

MAX_PERMUTED = 4
"""Longer permutations are expected in their written order only: n! paths."""

MAX_DEPTH = 32
"""Rules nested more deeply call themselves."""


@dataclass(frozen=True)
class Expectation:
    """What can be said, how probable each continuation is, and how words were spelled."""

    language: str
    automaton: Automaton
    spellings: Mapping[str, str] = field(default_factory=dict)
    """Words as templates and names write them (ecobee: EcoBee), where that differs; it tells how they are read."""
    pronunciations: Mapping[str, tuple[Pronunciation, ...]] = field(default_factory=dict)
    """How the household says words of its own, for recognisers that go by pronunciations."""

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The vocabulary: lower case, in alphabetical order."""
        return self.automaton.words


def build(
    intents: Intents,
    slot_lists: Mapping[str, SlotList],
    language: str,
    wake_phrases: Sequence[str] = (),
    *,
    common: Intents | None = None,
    wildcards: Mapping[str, Sequence[str]] | None = None,
    answers: Sequence[Sequence[str]] = (),
    choices: Intents | None = None,
    beside: Intents | None = None,
    learnt: Sequence[str] = (),
    before: Sequence[str] = (),
) -> Expectation:
    """The expectation of one home.

    intents: all that is understood, the household's own sentences among it.
    slot_lists: this home's names, areas and floors; each name's context says of what domain it is.
    wake_phrases: may stand in front of any sentence.
    common: the usual wordings (Home Assistant's lean set for speech), to be thought more probable.
    wildcards: what to expect where a template takes any words, by list name; by default the everyday things of the
        language. Templates are left out for which there is nothing, for nobody can expect anything.
    answers: what may be said to a question of the hub's: the ways to say yes and to say no, the usual one first.
    choices: what may be said where it asks which of several is meant.
    beside: what else people say, such as what goes on from what was said before.
    learnt: phrases that the household has taught. before: what may stand in front of a whole request to teach it.
    """
    if wildcards is None:
        wildcards = WILDCARDS.get(language.split("-", maxsplit=1)[0], {})
    compiler = _Compiler(slot_lists, language, wildcards)
    graph = WordGraph()
    begin, end = graph.state(), graph.state()
    said = [(text, 1 / (1 + n)) for way in answers for n, one in enumerate(way) if (text := compiler.spoken(one))]
    own = [(text, 1.0) for one in learnt if (text := compiler.spoken(one))]
    others = (
        *((shares.ANSWER_SHARE, bool(said)), (shares.CHOICE_SHARE, choices is not None)),
        *((shares.BESIDE_SHARE, beside is not None), (shares.LEARNT_SHARE, bool(own))),
    )
    requests = 1 - sum(share for share, given in others if given)
    share = shares.COMMON_SHARE if common is not None else 0.0
    _add(graph, compiler.intents(intents), begin, end, requests * (1 - share))
    if common is not None:
        _add(graph, compiler.intents(common), begin, end, requests * share)
    if choices is not None:
        _add(graph, compiler.intents(choices), begin, end, shares.CHOICE_SHARE)
    if beside is not None:
        _add(graph, compiler.intents(beside), begin, end, shares.BESIDE_SHARE)
    for part, ways in ((shares.ANSWER_SHARE, said), (shares.LEARNT_SHARE, own)):
        for text, weight in ways:
            first = graph.state()
            graph.join(begin, first, part * weight / sum(w for _, w in ways))
            graph.join(graph.say(first, text), end)

    wake = [text for phrase in wake_phrases if (text := compiler.spoken(phrase))]
    polite = [text for phrase in intents.skip_words if (text := compiler.spoken(phrase))]
    after_wake = _optional(graph, 0, wake, shares.WAKE_SHARE, before=True)
    teaching = [text for phrase in before if (text := compiler.spoken(phrase))]
    after_polite = _optional(graph, after_wake, polite, shares.POLITE_SHARE, before=True)
    graph.join(_optional(graph, after_polite, teaching, shares.BEFORE_SHARE, before=True), begin)
    graph.accept(_optional(graph, end, polite, shares.POLITE_SHARE, before=False))
    return Expectation(language, Automaton.of(graph), MappingProxyType(dict(sorted(compiler.spellings.items()))))


_Blocks = list[tuple[float, Automaton]]
"""What an intent's blocks of sentences say, each with its weight."""


def _add(graph: WordGraph, intents: Sequence[_Blocks], begin: int, end: int, share: float) -> None:
    """Every sentence of the intents, between two states."""
    for blocks in intents:
        total = sum(weight for weight, _ in blocks)
        for weight, automaton in blocks:
            first = graph.state()
            graph.join(begin, first, share / len(intents) * weight / total)
            graph.join(graph.embed(automaton, first), end)


def _optional(graph: WordGraph, state: int, texts: Sequence[str], share: float, *, before: bool) -> int:
    """One of the texts, or more probably none."""
    after = graph.state()
    graph.join(state, after, 1 - share if texts else 1.0)
    for text in texts:
        start = graph.state()
        graph.join(state, start, share / len(texts))
        graph.join(graph.say(start, f"{text} " if before else f" {text}"), after)
    return after


@dataclass(frozen=True)
class _Scope:
    """Where a template's names are looked up."""

    rules: Mapping[str, Sentence]
    lists: Mapping[str, SlotList]
    data: IntentData
    depth: int = 0


class _Kinds(NamedTuple):
    """The values of one list, by their contexts."""

    values: Sequence[TextSlotValue]
    """All of them: as long as they are held, their id is theirs."""
    one_of_each: list[TextSlotValue]
    texts: list[tuple[str, int]]
    """What is plain text, with the number of its kind."""
    templates: list[tuple[TextSlotValue, int]]
    """What is not."""


class _Compiler:
    """Templates to automata, one block of sentences at a time.

    Every block, and every list of names or numbers within it, is made as small as it gets before it becomes part of
    something larger: the graph of a whole language at once would take seconds and hundreds of megabytes.

    The methods that take a state return the state after their part, or None: it cannot be said.
    """

    def __init__(
        self, slot_lists: Mapping[str, SlotList], language: str, wildcards: Mapping[str, Sequence[str]]
    ) -> None:
        self._graph = WordGraph()
        """Of the block at hand."""
        self._texts_of: dict[Hashable, Automaton] = {}
        self._kinds_of: dict[int, _Kinds] = {}
        self._names_of: dict[tuple[int, tuple[bool, ...]], dict[str, float]] = {}
        self._normal_of: dict[str, str] = {}
        self._spoken_of: dict[str, str | None] = {}
        self.spellings: dict[str, str] = {}
        self._slot_lists = slot_lists
        self._language = language
        self._wildcards = wildcards
        names = slot_lists.get("name")
        values = names.values if isinstance(names, TextSlotList) else []
        self._domains = {value.context["domain"] for value in values if value.context and "domain" in value.context}

    def intents(self, intents: Intents) -> list[_Blocks]:
        """What can be said of the intents, those left out of which nothing can."""
        compiled = []
        for name in sorted(intents.intents):
            blocks = [block for data in intents.intents[name].data if (block := self._block(intents, data))]
            if blocks:
                compiled.append(blocks)
        return compiled

    def _block(self, intents: Intents, data: IntentData) -> tuple[float, Automaton] | None:
        scope = _Scope(
            {**intents.expansion_rules, **data.expansion_rules},
            {**intents.slot_lists, **self._slot_lists, **data.slot_lists},
            data,
        )
        self._graph = WordGraph()
        paths = []
        for sentence in data.sentences:
            first = self._graph.state()
            if (last := self._compile(sentence.expression, first, scope)) is not None:
                paths.append((first, last))
        if not paths:
            return None
        for first, last in paths:
            self._graph.join(0, first, 1 / len(paths))
            self._graph.accept(last)
        domains = data.domains
        absent = bool(domains and self._domains) and not domains & self._domains
        return (ABSENT_DOMAIN if absent else 1.0), Automaton.of(self._graph)

    def _compile(self, expression: Expression, state: int, scope: _Scope) -> int | None:
        if isinstance(expression, TextChunk):
            text = self.spoken(expression.original_text)
            return None if text is None else self._graph.say(state, text)
        if isinstance(expression, Alternative):
            return self._alternatives(expression.items, state, scope)
        if isinstance(expression, Permutation):
            return self._permutation(expression.items, state, scope)
        if isinstance(expression, Group):
            return self._sequence(expression.items, state, scope)
        if isinstance(expression, RuleReference):
            rule = scope.rules.get(expression.rule_name)
            if rule is None or scope.depth >= MAX_DEPTH:
                return None
            deeper = _Scope(scope.rules, scope.lists, scope.data, scope.depth + 1)
            return self._compile(rule.expression, state, deeper)
        if isinstance(expression, ListReference):
            return self._list(expression, state, scope)
        return None

    def _sequence(self, items: Iterable[Expression], state: int, scope: _Scope) -> int | None:
        for item in items:
            after = self._compile(item, state, scope)
            if after is None:
                return None
            state = after
        return state

    def _alternatives(self, items: Sequence[Expression], state: int, scope: _Scope) -> int | None:
        branches = []
        for rank, item in enumerate(items):
            first = self._graph.state()
            if (last := self._compile(item, first, scope)) is not None:
                branches.append((first, last, 1 / (1 + rank)))
        return self._merge(state, branches)

    def _permutation(self, items: Sequence[Expression], state: int, scope: _Scope) -> int | None:
        if len(items) > MAX_PERMUTED:
            return self._sequence(items, state, scope)
        if not items:
            return state
        branches = []
        for index, item in enumerate(items):
            first = self._graph.state()
            last = self._compile(item, first, scope)
            if last is not None:
                last = self._permutation([*items[:index], *items[index + 1 :]], last, scope)
            if last is not None:
                branches.append((first, last, 1.0))
        return self._merge(state, branches)

    def _list(self, reference: ListReference, state: int, scope: _Scope) -> int | None:
        if (inline := reference.get_inline_range()) is not None:
            start, stop, step = inline
            return self._range(RangeSlotList(None, start, stop, step), state)
        slot_list = scope.lists.get(reference.list_name)
        if isinstance(slot_list, RangeSlotList):
            return self._range(slot_list, state)
        if isinstance(slot_list, TextSlotList):
            return self._values(slot_list.values, state, scope)
        texts = [text for item in self._wildcards.get(reference.list_name, ()) if (text := self.spoken(item))]
        return self._texts(dict.fromkeys(texts, 1.0), state)

    def _values(self, values: Sequence[TextSlotValue], state: int, scope: _Scope) -> int | None:
        kinds = self._kinds(values)
        # A home has thousands of names and they are of a few kinds: what fits is asked once a kind.
        fitting = tuple(fits(value, scope.data) for value in kinds.one_of_each)
        branches = []
        for value, kind in kinds.templates:
            if not fitting[kind]:
                continue
            first = self._graph.state()
            last = self._compile(value.text_in, first, scope)
            if last is not None:
                branches.append((first, last, 1.0))
        texts = self._names(kinds, fitting)
        if texts:
            first = self._graph.state()
            last = self._texts(texts, first, key=(id(values), fitting))
            if last is not None:
                branches.append((first, last, float(len(texts))))
        return self._merge(state, branches)

    def _kinds(self, values: Sequence[TextSlotValue]) -> _Kinds:
        if id(values) not in self._kinds_of:
            places: dict[str, int] = {}
            found = _Kinds(values, [], [], [])
            for value in values:
                kind = places.setdefault(repr(value.context), len(places))
                if kind == len(found.one_of_each):
                    found.one_of_each.append(value)
                if isinstance(value.text_in, TextChunk):
                    found.texts.append((value.text_in.original_text, kind))
                else:
                    found.templates.append((value, kind))
            self._kinds_of[id(values)] = found
        return self._kinds_of[id(values)]

    def _names(self, kinds: _Kinds, fitting: tuple[bool, ...]) -> Mapping[str, float]:
        """The texts of the fitting values, each once."""
        key = (id(kinds), fitting)
        if key not in self._names_of:
            texts: dict[str, str] = {}
            for written, kind in kinds.texts:
                # A name and its normal form (Joe's, joes) are one thing to hear.
                if fitting[kind] and (text := self.spoken(written)):
                    texts.setdefault(self._normal(written), text)
            self._names_of[key] = dict.fromkeys(texts.values(), 1.0)
        return self._names_of[key]

    def _normal(self, text: str) -> str:
        if text not in self._normal_of:
            self._normal_of[text] = normalize(text)
        return self._normal_of[text]

    def _range(self, numbers: RangeSlotList, state: int) -> int | None:
        weights: dict[str, float] = {}
        for number in numbers.get_numbers():
            for text in number_words(number, numbers.words_language or self._language):
                weights.setdefault(text, roundness(number))
        # A unit may be glued to the digits in writing (2700K), never in speech.
        after = self._texts(weights, self._graph.say(state, " "))
        return None if after is None else self._graph.say(after, " ")

    def _texts(self, weights: Mapping[str, float], state: int, key: Hashable = None) -> int | None:
        if not weights:
            return None
        key = key or tuple(weights.items())
        if key not in self._texts_of:
            graph = WordGraph()
            total = sum(weights.values())
            for text, weight in weights.items():
                first = graph.state()
                graph.join(0, first, weight / total)
                graph.accept(graph.say(first, text))
            self._texts_of[key] = Automaton.of(graph)
        first = self._graph.state()
        self._graph.join(state, first)
        return self._graph.embed(self._texts_of[key], first)

    def _merge(self, state: int, branches: Sequence[tuple[int, int, float]]) -> int | None:
        if not branches:
            return None
        total = sum(weight for _, _, weight in branches)
        after = self._graph.state()
        for first, last, weight in branches:
            self._graph.join(state, first, weight / total)
            self._graph.join(last, after)
        return after

    def spoken(self, text: str) -> str | None:
        """A piece of a template or a name as it is said, spaces at its ends kept; None when nobody can say it."""
        if text in self._spoken_of:
            return self._spoken_of[text]
        said = self._spoken_of[text] = spoken(text, self._language)
        if said is not None:
            for word, written in spellings(text).items():
                self.spellings.setdefault(word, written)
        return said
