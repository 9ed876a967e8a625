"""Sentences to interpretations: hassil, Home Assistant's intents, and the household's own sentences.

The grammar knows the home only as lists of names; which devices a sentence means is decided in `edge.nlu.resolve`.
"""

import gc
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.core.errors import InputError
from edge.core.home import Area, Entity, Floor, HomeState
from edge.core.text import normalize
from edge.core.turn import Interpretation, Scalar, Slot
from edge.nlu.expected import expected_sentences
from edge.nlu.nearest import Vocabulary, words_of
from edge.nlu.open import open_sentences
from edge.nlu.sentences import OWN_MARK, check_sentences, merged, read_sentences, sentence_files
from edge.nlu.similar_words import synonyms
from edge.nlu.verbs import COMMON_WIDER, WIDER, widen
from edge.nlu.wider import wider_sentences

if TYPE_CHECKING:
    from hassil.intents import Intents, SlotList
    from hassil.recognize import RecognizeResult

    from edge.nlu.similar import Examples

MAX_SENTENCE_CHARS = 300
"""Longer texts are no request; hassil's matching time grows with length."""

_SENTENCE_MARKS = re.compile(r"[.,?!;:]+(?=\s|$)")
_CONTEXT_ATTRIBUTES = ("device_class",)


class Grammar:
    """What can be said in one language, and what each sentence says.

    language: code of home-assistant-intents, such as en or de.
    custom: YAML files in Home Assistant's custom-sentence format, or folders of them; a folder's `<language>/`
        subfolder is read where it exists. They win over the built-in sentences.
    builtin: whether Home Assistant's own sentences are known too.

    Raises InputError: `grammar.language` for an unknown language, `grammar.custom` for a file that cannot be used.
    """

    def __init__(self, language: str = "en", custom: Iterable[Path] = (), *, builtin: bool = True) -> None:
        from hassil.intents import Intents
        from hassil.util import merge_dict

        self.language = language
        self._builtin = builtin
        sentences: dict[str, Any] = _builtin(language) if builtin else {"language": language, "intents": {}}
        own_files = [file for path in custom for file in sentence_files(path, language)]
        own = {file: read_sentences(file) for file in own_files}
        for more in own.values():
            merge_dict(sentences, more)
        self.intents: Intents = merged(sentences, own)
        for file, more in own.items():
            check_sentences(file, more, self.intents)
        self.responses: dict[str, Any] = sentences.get("responses", {})
        """Home Assistant's reply templates of this language: `errors` and `intents`, in Jinja2."""
        wider = wider_sentences(language, sentences) if builtin else None
        self._wider: Intents | None = Intents.from_dict(wider) if wider else None
        left_open = open_sentences(language, sentences) if builtin else None
        self._open: Intents | None = Intents.from_dict(left_open) if left_open else None
        self._lists_for: tuple[HomeState, dict[str, SlotList]] | None = None

    @cached_property
    def common(self) -> "Intents | None":
        """The lean set of common wordings of the language, for what a recogniser should expect first; None without."""
        from hassil.intents import Intents
        from home_assistant_intents import get_speech_to_phrase_intents

        lean = get_speech_to_phrase_intents(self.language) if self._builtin else None
        if not lean:
            return None
        widen(lean, COMMON_WIDER)
        return Intents.from_dict(lean)

    @cached_property
    def beside(self) -> "Intents | None":
        """What people say beside these wordings, for a recogniser to expect too; None where nobody has written any."""
        from hassil.intents import Intents

        more = expected_sentences(self.language) if self._builtin else None
        return Intents.from_dict(more) if more else None

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of all sentences."""
        return Vocabulary(word for intents in filter(None, (self.intents, self._wider)) for word in words_of(intents))

    @cached_property
    def similar(self) -> "Examples | None":
        """Sentences to compare with by meaning; None where the language has no synonyms."""
        from edge.nlu.similar import Examples

        table = synonyms(self.language.split("-", maxsplit=1)[0]) if self._builtin else None
        return Examples(self.sets, table) if table else None

    @property
    def sets(self) -> "tuple[Intents, ...]":
        """All sentences that leave nothing open."""
        return tuple(filter(None, (self.intents, self._wider)))

    def settle(self) -> None:
        """Parse what is parsed late, and spare the garbage collector the result: for processes that live on.

        hassil parses a sentence when it is first needed. The parsed sentences are hundreds of thousands of objects
        that are never dropped, and that a full collection would walk in the middle of somebody's request.
        """
        for intents in filter(None, (self.intents, self._wider, self._open)):
            for block in (block for intent in intents.intents.values() for block in intent.data):
                for sentence in block.sentences:
                    sentence.get_required_clauses({**intents.expansion_rules, **block.expansion_rules})
        self.vocabulary  # noqa: B018 - made now, and kept
        self.similar  # noqa: B018
        gc.collect()
        gc.freeze()

    def slot_lists(self, home: HomeState) -> dict[str, "SlotList"]:
        """The home's names, rooms and floors as hassil lists; made once per snapshot."""
        cached = self._lists_for
        if cached is not None and cached[0] is home:
            return cached[1]
        if (
            cached is not None
            and cached[0].entities.keys() == home.entities.keys()
            and _names_of(cached[0]) == _names_of(home)
        ):
            self._lists_for = (home, cached[1])
            return cached[1]
        lists = _slot_lists(home)
        self._lists_for = (home, lists)
        return lists

    def interpret(self, text: str, home: HomeState) -> Interpretation | None:
        """The best reading of one sentence in this home, or None when the grammar has none."""
        ranked = self._ranked(text, home)
        return _interpretation(ranked, text) if ranked else None

    def readings(self, text: str, home: HomeState, limit: int) -> tuple[Interpretation, ...]:
        """All readings of one sentence in this home that differ in intent or slots, best first, so many at most."""
        return _distinct(self._ranked(text, home), text, limit)

    def open_readings(self, text: str, home: HomeState, limit: int) -> tuple[Interpretation, ...]:
        """All readings as a sentence that leaves its device or value open (`edge.nlu.open`), the most literal first."""
        plain = normalize(text)
        if self._open is None or not plain or len(plain) > MAX_SENTENCE_CHARS:
            return ()
        return _distinct(sorted(self._results(plain, home, self._open), key=_rank), text, limit)

    def _ranked(self, text: str, home: HomeState) -> "list[RecognizeResult]":
        plain = normalize(text)
        attempts = [(self.intents, text.strip())]
        if _SENTENCE_MARKS.sub("", text.strip()).casefold() != plain:  # hassil itself passes over case and these marks
            attempts.append((self.intents, plain))
        if self._wider is not None:
            attempts.append((self._wider, plain))
        found: list[RecognizeResult] = []
        for intents, attempt in attempts:
            if not attempt or len(attempt) > MAX_SENTENCE_CHARS:
                continue
            every = self._results(attempt, home, intents)
            results = (r for r in every if not (_is_half_a_question(r, plain) or _is_no_number(r, plain)))
            ranked = sorted(results, key=_rank)
            if ranked and not (intents is self.intents and _is_of_several_kinds(ranked)):
                return ranked
            found = found or ranked
        return found

    def _results(self, text: str, home: HomeState, intents: "Intents") -> "Iterable[RecognizeResult]":
        from hassil.recognize import recognize_all

        mic_area = home.area(home.mic_area)
        return recognize_all(
            text,
            intents,
            slot_lists=self.slot_lists(home),
            # Without a room of its own the microphone is "here" all the same; `resolve` then asks for the room.
            intent_context={"area": mic_area.name if mic_area else ""},
            language=self.language,
        )


def _builtin(language: str) -> dict[str, Any]:
    from home_assistant_intents import get_intents, get_languages

    sentences = get_intents(language) if language in get_languages() else None
    if sentences is None:
        known = ", ".join(sorted(get_languages()))
        raise InputError("grammar.language", f"language {language!r} is not known; set one of: {known}")
    widen(sentences, WIDER)
    return sentences


def _names_of(home: HomeState) -> list[tuple[str, ...]]:
    return [e.names for e in home.entities.values() if not e.is_setting] + [
        (a.name, *a.aliases) for a in home.areas + home.floors
    ]


_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def _slot_lists(home: HomeState) -> dict[str, "SlotList"]:
    from hassil.intents import TextSlotList, TextSlotValue

    def values(names: Iterable[tuple[str, str, dict[str, Any]]]) -> TextSlotList:
        return TextSlotList(
            name=None,
            values=[
                TextSlotValue.from_tuple((form, out, context), allow_template=False)
                for name, out, context in names
                # Its own spelling and its normal form: "Joe's" is also heard as "joes", and "Spot 1" as "spot one".
                for form in dict.fromkeys((_plain(name), normalize(name), _in_words(normalize(name))))
                if form
            ],
        )

    devices = [entity for entity in home.entities.values() if not entity.is_setting]
    shared = Counter((entity.domain, normalize(entity.names[0])) for entity in devices)

    used = Counter(name for entity in devices for name in {normalize(one) for one in entity.names})

    def told(entity: Entity, name: str) -> str:
        # Of several that share a name, an alias of one means that one; an alias of several means none of them yet.
        mine_alone = shared[entity.domain, normalize(entity.names[0])] == 1 and used[normalize(name)] == 1
        return entity.names[0] if mine_alone else name

    return {
        "name": values((n, told(e, n), _context(e)) for e in devices for n in e.names),
        "area": values((n, a.name, {}) for a in home.areas for n in _called(a, home.areas)),
        "floor": values((n, f.name, {}) for f in home.floors for n in _called(f, home.floors)),
    }


def _in_words(name: str) -> str:
    """A name with the small numbers in it in English words, as most recognisers write them."""
    return " ".join(_SMALL[int(w)] if w.isdecimal() and int(w) < len(_SMALL) else w for w in name.split())


def _called(place: Area | Floor, others: "Sequence[Area | Floor]") -> tuple[str, ...]:
    """Name and aliases, but for an alias that is another's name: a kitchen called bedroom does not take the bedroom."""
    taken = {normalize(other.name) for other in others if other is not place}
    return (place.name, *(alias for alias in place.aliases if normalize(alias) not in taken))


def _is_half_a_question(result: "RecognizeResult", text: str) -> bool:
    # Home Assistant lets people leave out the verb, and so hears a question in "all lights off".
    return result.intent.name == "HassGetState" and result.response == "all" and text.startswith(("all ", "every "))


def _is_no_number(result: "RecognizeResult", text: str) -> bool:
    # "The kitchen one" is an answer, and no brightness of one percent.
    bare = text.endswith(" one") and not text.endswith((" to one", " at one", " by one"))
    return bare and any(e.value == 1 and e.text_clean == "one" for e in result.entities_list)


def _is_of_several_kinds(ranked: "Sequence[RecognizeResult]") -> bool:
    # A door's contact and its lock's share its name; which is meant the word for its state tells, and that the wider
    # sentences know.
    sensed = "name" in ranked[0].entities and _agreed(ranked, "domain") == "binary_sensor"
    return sensed and _agreed(ranked, "device_class") is None


def _plain(name: str) -> str:
    return " ".join(name.split())


def _context(entity: Entity) -> dict[str, Any]:
    # As Home Assistant gives it to hassil: templates such as "dim {name}" ask for the domain.
    known = {key: entity.attributes[key] for key in _CONTEXT_ATTRIBUTES if entity.attributes.get(key)}
    return {"domain": entity.domain, **known}


def _rank(result: "RecognizeResult") -> tuple[bool, int, int, int, int, int, str]:
    """Sort key, best first.

    The household's own sentences first, then as hassil's `recognize_best` ranks: fewer wildcards, a named device over
    a room, more literal text, less in wildcards, fewer slots. A sentence that is nothing but a name comes after all
    that are requests: a device that is called "unlock the front door" is not to have what is asked of the front door.
    """
    wildcards = [e for e in result.entities_list if e.is_wildcard]
    name = result.entities.get("name")
    name_length = len(name.text) if name is not None and not name.is_wildcard and result.text_chunks_matched else 0
    return (
        not (result.intent_metadata or {}).get(OWN_MARK, False),
        len(wildcards),
        -name_length,
        -result.text_chunks_matched,
        sum(len(e.text or "") for e in wildcards),
        # "Garage door" is one thing before it is a door in the garage.
        sum(1 for e in result.entities_list if e.text),
        result.intent.name,
    )


def _interpretation(ranked: "Sequence[RecognizeResult]", text: str) -> Interpretation:
    best = ranked[0]
    values = {
        name: Slot(name, _scalar(entity.value), entity.text_clean)
        for name, entity in best.entities.items()
        if entity.value is not None
    }
    if "name" in values and "domain" not in values:
        # "Unlock the front door" means the lock of that name, not its contact sensor: the template asked for a lock.
        # Where readings of equal rank disagree on the domain it stays open, and `resolve` asks.
        if (domain := _agreed(ranked, "domain")) is not None:
            values["domain"] = Slot("domain", domain)
        # So it is with the contact of a door and with its battery, which bridges give the door's name.
        if domain == "binary_sensor" and (kind := _agreed(ranked, "device_class")) is not None:
            values.setdefault("device_class", Slot("device_class", kind))
    return Interpretation(
        intent=best.intent.name,
        slots=tuple(slot for _, slot in sorted(values.items())),
        text=text,
        response=best.response or "default",
    )


def _distinct(ranked: "Sequence[RecognizeResult]", text: str, limit: int) -> tuple[Interpretation, ...]:
    found: dict[tuple[object, ...], Interpretation] = {}
    for at in range(len(ranked)):
        reading = _interpretation(ranked[at:], text)
        found.setdefault((reading.intent, reading.slots), reading)
        if len(found) == limit:
            break
    return tuple(found.values())


def _agreed(ranked: "Sequence[RecognizeResult]", key: str) -> str | None:
    best = _rank(ranked[0])
    found = {r.context.get(key) for r in ranked if _rank(r) == best}
    value = found.pop() if len(found) == 1 else None
    return value if isinstance(value, str) else None


def _scalar(value: object) -> Scalar:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | float | bool) else str(value).strip()
