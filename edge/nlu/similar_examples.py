"""Sentences of a language to compare with: a bounded sample of what its templates say, without the home's names.

A template of hassil stands for up to millions of sentences. They are numbered here without being made, and a few far
apart are taken: multiples of the golden ratio, whose fractions are spread more evenly than any others (Weyl 1916;
Knuth, The Art of Computer Programming 3, 6.4), so that the same templates give the same sentences on any machine.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Any

from edge.core.text import normalize, words
from edge.nlu.similar_words import Meaning, Synonyms, Words

if TYPE_CHECKING:
    from hassil.expression import Alternative, Expression
    from hassil.intents import IntentData, Intents

PLACES = ("name", "area", "floor")
"""Lists that the home fills."""
NUMBER, COLOR = "{number}", "{color}"

_JOINT = re.compile(r"(?<=\})-|-(?=\{)|(?<=\})(?=[^\s-])")
"""Where a word is joined to a placeholder."""
_TABLES = frozenset(("binary_sensor", "sensor"))
_NO_STEP = ("up", "down")
"""Louder and quieter without how far; the wider sentences of the same meaning say it."""
_GOLDEN = 0.6180339887498949
_MAX_VALUES = 40
"""Values of a list that are told apart; longer lists are no words but names, of colours and the like."""


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence that the grammar knows."""

    text: Words = field(compare=False)
    """With a placeholder, such as `{name}`, for what is this home's or this moment's."""
    meaning: Meaning
    intent: str
    fixed: tuple[tuple[str, str], ...]
    """Slots that the template gives and values of the lists in it: what it means beside the placeholders."""
    domains: frozenset[str]
    """Of the device that is named; empty for any."""


class _NotSaidError(Exception):
    """The template holds free text, or a list that nobody knows."""


def examples_of(intents: "Intents", synonyms: Synonyms, wanted: frozenset[str], per_template: int) -> Iterator[Example]:
    """So many sentences of each template of the wanted intents; those of one meaning are equal."""
    for name, intent in intents.intents.items():
        if name in wanted:
            for block in intent.data:
                if block.required_keywords and block.slots.get("domain") in _TABLES:
                    continue  # thousands of questions of classes (`edge.nlu.wider`), each as the next
                yield from _of_block(name, block, _Sampler(intents, block, synonyms), per_template)


def colors_of(intents: "Intents") -> Iterator[str]:
    """The colours of a language that are one word."""
    for value in getattr(intents.slot_lists.get("color"), "values", ()):
        literal = _literal(value.text_in)
        if literal and len(said := words(literal)) == 1:
            yield said[0]


def _of_block(intent: str, block: "IntentData", sampler: "_Sampler", per_template: int) -> Iterator[Example]:
    fixed = {key: str(value) for key, value in block.slots.items()}
    domains = block.requires_context.get("domain") if block.requires_context else None
    asked = frozenset((domains,) if isinstance(domains, str) else domains if isinstance(domains, list) else ())
    for sentence in block.sentences:
        try:
            total = sampler.count(sentence.expression)
        except _NotSaidError:
            continue
        for at in range(min(total, per_template)):
            number = at if total <= per_template else int((at * _GOLDEN) % 1 * total)
            values: dict[str, str] = {}
            text = _plain(sampler.said(sentence.expression, number, values))
            meaning = sampler.synonyms.meaning(text)
            # "Some lights on in the hall" is a question to Home Assistant, and as good as an order to most people.
            meaning = replace(meaning, asks=meaning.asks or intent == "HassGetState")
            if meaning.words and values.get("volume_step") not in _NO_STEP:
                named = "{name}" in meaning.held
                meant = tuple(sorted({**fixed, **values}.items()))
                yield Example(text, meaning, intent, meant, asked if named else frozenset())


def _plain(text: str) -> Words:
    return tuple(word if word[:1] == "{" else normalize(word) for word in _JOINT.sub(" ", text).split() if word != "-")


class _Sampler:
    """Numbers the sentences of one block's templates, without the words in them that say nothing."""

    def __init__(self, intents: "Intents", block: "IntentData", synonyms: Synonyms) -> None:
        self.synonyms = synonyms
        self._lists: Mapping[str, Any] = {**intents.slot_lists, **block.slot_lists}
        self._rules: Mapping[str, Any] = {**intents.expansion_rules, **block.expansion_rules}
        self._counts: dict[int, int] = {}
        self._kept: dict[int, list[Expression]] = {}

    def count(self, expression: "Expression") -> int:
        """How many sentences; raises _NotSaidError."""
        key = id(expression)
        if key not in self._counts:
            self._counts[key] = self._counted(expression)
        return self._counts[key]

    def _counted(self, expression: "Expression") -> int:
        from hassil.expression import Alternative, Group, ListReference, RuleReference

        if isinstance(expression, Alternative):
            return sum(self.count(item) for item in self._items(expression))
        if isinstance(expression, Group):
            return prod(self.count(item) for item in expression.items)
        if isinstance(expression, RuleReference):
            return self.count(self._rule(expression.rule_name))
        if isinstance(expression, ListReference):
            return max(1, len(self._values(expression)))
        return 1

    def _items(self, alternative: "Alternative") -> "list[Expression]":
        """The alternatives that differ in what they say; what may be left out is, where it decides nothing."""
        key = id(alternative)
        if key not in self._kept:
            kept: dict[object, Expression] = {}
            for item in alternative.items:
                literal = _literal(item)
                if literal is None:
                    kept[id(item)] = item
                    continue
                meaning = self.synonyms.meaning(_plain(literal))
                if not alternative.is_optional or meaning.deciding or not literal.strip():
                    # Parts of a word ("light[s]") are no words of their own.
                    kept.setdefault(meaning.words if literal.strip() else "", item)
            # What can be left out is left out in the first sentence of all, which is always taken.
            self._kept[key] = sorted(kept.values(), key=_literal_or_more)
        return self._kept[key]

    def said(self, expression: "Expression", number: int, values: dict[str, str]) -> str:
        """The sentence of that number, below `count`; the values of lists in it go into `values`."""
        from hassil.expression import Alternative, Group, ListReference, RuleReference, TextChunk

        if isinstance(expression, TextChunk):
            return expression.original_text
        if isinstance(expression, Alternative):
            for item in self._items(expression):
                if number < self.count(item):
                    return self.said(item, number, values)
                number -= self.count(item)
        if isinstance(expression, Group):
            parts: list[str] = []
            for item in expression.items:
                number, here = divmod(number, self.count(item))
                parts.append(self.said(item, here, values))
            return "".join(parts)
        if isinstance(expression, RuleReference):
            return self.said(self._rule(expression.rule_name), number, values)
        assert isinstance(expression, ListReference)
        known = self._values(expression)
        if not known:
            return _placeholder(expression.list_name)
        value = known[number]
        values[expression.slot_name] = str(value.value_out)
        return self.said(value.text_in, 0, values)

    def _rule(self, name: str) -> "Expression":
        if name not in self._rules:
            raise _NotSaidError
        expression: Expression = self._rules[name].expression
        return expression

    def _values(self, reference: Any) -> list[Any]:
        """The words that a list stands for; none where it is the home's, a number or a colour. Raises _NotSaidError."""
        from hassil.intents import RangeSlotList, TextSlotList

        name = reference.list_name
        if name in PLACES:
            return []
        if reference.get_inline_range() is not None:
            return []
        found = self._lists.get(name)
        if isinstance(found, RangeSlotList) or name == "color":
            return []
        if not isinstance(found, TextSlotList) or len(found.values) > _MAX_VALUES:
            raise _NotSaidError
        for value in found.values:
            self.count(value.text_in)
        return list(found.values)


def _placeholder(name: str) -> str:
    return f"{{{name}}}" if name in PLACES else COLOR if name == "color" else NUMBER


def _literal(expression: "Expression") -> str | None:
    """The words, where there are no choices and no lists in it."""
    from hassil.expression import Alternative, Group, TextChunk

    if isinstance(expression, TextChunk):
        return expression.original_text
    if not isinstance(expression, Group) or (isinstance(expression, Alternative) and len(expression.items) != 1):
        return None
    parts = [_literal(item) for item in expression.items]
    return None if None in parts else "".join(part or "" for part in parts)


def _literal_or_more(expression: "Expression") -> bool:
    return _literal(expression) != ""
