"""Sentences that are said to homes, drawn from the templates of Home Assistant and of the hub, by a fixed rule.

At every choice of a template the checksum of its text and of the number of the draw says which way is taken, so that
the same templates give the same sentences on any machine. Names are those of an example home (`home_names`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import edge
from edge.core.text import normalize
from tools.quantize.home_names import DEVICES, FREE, PLACES

if TYPE_CHECKING:
    from hassil.expression import Expression
    from hassil.intents import IntentData, Intents

FILES = tuple(Path(edge.__file__).parent / "nlu" / f"{what}_en.yaml" for what in ("wider", "idioms", "able", "timers"))
"""The hub's own sentences."""
MAX_WORDS = 24


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence."""

    text: str
    """In normal form."""
    intent: str
    template: int
    """Which template it is drawn of, counted over all of them."""


class _NotSaidError(Exception):
    """The template holds a list that nothing is known for."""


def home_sentences(per_template: int) -> Iterator[Said]:
    """So many sentences, at most, of each template of the English intents, each sentence once a template."""
    number = 0
    for intents in _sets():
        for name, intent in intents.intents.items():
            for block in intent.data:
                for sentence in block.sentences:
                    number += 1
                    drawn = (_Draw(intents, block, f"{sentence.text}/{draw}") for draw in range(per_template))
                    for text in _texts(drawn, sentence.expression):
                        yield Said(text, name, number)


def _texts(drawn: "Iterator[_Draw]", expression: "Expression") -> Iterator[str]:
    seen: set[str] = set()
    for one in drawn:
        try:
            text = normalize(one.said(expression))
        except _NotSaidError:
            return
        if text and text not in seen and len(text.split()) <= MAX_WORDS:
            seen.add(text)
            yield text


@cache
def _sets() -> "tuple[Intents, ...]":
    import yaml
    from hassil.intents import Intents
    from home_assistant_intents import get_intents

    known: dict[str, Any] = get_intents("en") or {}
    found = [Intents.from_dict(known)]
    for file in FILES:
        more = yaml.safe_load(file.read_text(encoding="utf-8"))
        both = {key: {**known[key], **more.get(key, {})} for key in ("lists", "expansion_rules")}
        found.append(Intents.from_dict({"language": "en", "intents": more["intents"], **both}))
    return tuple(found)


class _Draw:
    """One way through a template."""

    def __init__(self, intents: "Intents", block: "IntentData", seed: str) -> None:
        self._lists: Mapping[str, Any] = {**intents.slot_lists, **block.slot_lists}
        self._rules: Mapping[str, Any] = {**intents.expansion_rules, **block.expansion_rules}
        context = block.requires_context or {}
        domains = context.get("domain") or block.slots.get("domain") or ()
        self._domains = (domains,) if isinstance(domains, str) else tuple(domains) if isinstance(domains, list) else ()
        self._state = crc32(seed.encode())

    def _pick(self, count: int) -> int:
        self._state = crc32(self._state.to_bytes(4, "little") + b"next")
        return self._state % count

    def said(self, expression: "Expression") -> str:
        """The words; raises _NotSaidError."""
        from hassil.expression import Alternative, Group, ListReference, Permutation, RuleReference, TextChunk

        if isinstance(expression, TextChunk):
            return expression.original_text
        if isinstance(expression, Alternative):
            return self.said(expression.items[self._pick(len(expression.items))])
        if isinstance(expression, Permutation):
            left, parts = list(expression.items), []
            while left:
                parts.append(self.said(left.pop(self._pick(len(left)))))
            return " ".join(parts)
        if isinstance(expression, Group):
            return "".join(self.said(item) for item in expression.items)
        if isinstance(expression, RuleReference):
            if expression.rule_name not in self._rules:
                raise _NotSaidError
            return self.said(self._rules[expression.rule_name].expression)
        assert isinstance(expression, ListReference)
        return self._listed(expression)

    def _listed(self, reference: Any) -> str:
        from hassil.intents import RangeSlotList, TextSlotList

        name = reference.list_name
        if name == "name":
            names = [one for domain in self._domains or DEVICES for one in DEVICES.get(domain, ())]
            if not names:
                raise _NotSaidError
            return names[self._pick(len(names))]
        if name in PLACES:
            return PLACES[name][self._pick(len(PLACES[name]))]
        found = reference.get_inline_range() or self._lists.get(name)
        if isinstance(found, RangeSlotList):
            return str(found.start + self._pick((found.stop - found.start) // found.step + 1) * found.step)
        if isinstance(found, TextSlotList):
            return self.said(found.values[self._pick(len(found.values))].text_in)
        if name in FREE:
            return FREE[name][self._pick(len(FREE[name]))]
        raise _NotSaidError


def intent_of(text: str) -> str | None:
    """The intent that the templates give to a sentence about the example home; None where none of them says it."""
    from hassil.intents import TextSlotList
    from hassil.recognize import recognize_all

    names = [(name, name, {"domain": domain}) for domain, known in DEVICES.items() for name in known]
    lists: dict[str, Any] = {
        **{name: found for intents in _sets() for name, found in intents.slot_lists.items()},
        "name": TextSlotList.from_tuples(names, name="name"),
        **{kind: TextSlotList.from_strings(known, name=kind) for kind, known in PLACES.items()},
    }
    for intents in _sets():
        for result in recognize_all(text, intents, slot_lists=lists, intent_context={"area": "kitchen"}):
            return result.intent.name
    return None
