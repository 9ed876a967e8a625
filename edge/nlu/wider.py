"""What is said beside Home Assistant's own sentences, of a home and of timers: read from `<what>_<language>.yaml`.

The questions of the device classes are made here from two tables, as there are dozens of classes and each is asked in
the same ways. These sentences are looked at after Home Assistant's own, and no recogniser expects them, but for the few
that `edge.nlu.expected` names: they widen what is understood, not what is misheard.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_ASKED: Mapping[str, tuple[str, ...]] = {
    "any": (
        "<are_any> {things} {state} [<place>]",
        "<are_any> ({{area}}|{{floor}}) {things} {state}",
        "<is> {things} [<place>] {state}",
        "<is> {things} {state} <place>",
    ),
    "all": ("<are_all> {things} {state} [<place>]", "<are_all> ({{area}}|{{floor}}) {things} {state}"),
    "which": ("<which> {things} <is> {state} [<place>]", "<which> ({{area}}|{{floor}}) {things} <is> {state}"),
    "how_many": ("<how_many> {things} <is> {state} [<place>]", "<how_many> ({{area}}|{{floor}}) {things} <is> {state}"),
}
"""Response of Home Assistant -> how it is asked of all devices of a class."""
_THERE = (
    "<is> [there] [any] {there} [<place>]",
    "<is> [there] [any] {there} (detected|triggered|reported) [<place>]",
    "(has|have|was|were) [any] {there} [been] (detected|reported) [<place>]",
)
_ANYTHING = "is (anything|something) {on} [<place>]"
_NAMED = (
    "<is> [<the>] {{name}} {state} [<place>]",
    "<is> [<the>] {{name}} (sensor|detector|battery) {state} [<place>]",
    "<is> [<the>] {{name}} (still|currently|really) {state}",
    "<check> <if> [<the>] {{name}} (is|are) [(still|currently|really)] {state}",
    "(did|have|has) <person> (leave|left) [<the>] {{name}} {state}",
)
_READ = (
    "<what_is> [<the>] [current|present] {words} [level|reading|value|concentration] <reads> [<the>] {{name}}",
    "<what_is> [<the>] [current|present] (level|concentration|amount|value) of {words} <reads> [<the>] {{name}}",
    "<what_is> [<the>] [current|present] (level|concentration) {words} <reads> [<the>] {{name}}",
    "<what_is> [<the>] {{name}}[s|'s] [current|present] {words} [level|reading|value|concentration]",
    "how (much|high|strong) is [<the>] {words} [level] <reads> [<the>] {{name}}",
    "(what|which|how much) {words} [level|concentration] (does|has) [<the>] {{name}} (have|show|report|got) [left]",
)
_READ_ROOM = (
    "<what_is> [<the>] [current|present] {words} [level|reading|value|concentration] <in> [<the>] {{area}}",
    "<what_is> [<the>] {{area}} [current|present] {words} [level|reading|value|concentration]",
    "how (much|high|strong) is [<the>] {words} [level] <in> [<the>] {{area}}",
)


_FILES = ("wider", "idioms", "able")
"""What is told of a home, how people put it, and what devices can do beside."""


def wider_sentences(language: str, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """The wider sentences of a language in Home Assistant's format; None where nobody has written any.

    known: the language's own sentences, whose lists and expansion rules the wider ones may use.
    """
    import yaml

    files = [Path(__file__).with_name(f"{name}_{language}.yaml") for name in _FILES]
    if not files[0].is_file():
        return None
    loaded: dict[str, Any] = {}
    for file in files:
        _merge(loaded, yaml.safe_load(file.read_text(encoding="utf-8")))
    intents: dict[str, Any] = loaded["intents"]
    rules: dict[str, str] = {**known.get("expansion_rules", {}), **loaded.get("expansion_rules", {})}
    intents.setdefault("HassGetState", {"data": []})["data"] += _questions(loaded, rules)
    lists = {**known.get("lists", {}), **loaded.get("lists", {})}
    if (timers := Path(__file__).with_name(f"timers_{language}.yaml")).is_file():
        more = yaml.safe_load(timers.read_text(encoding="utf-8"))
        for name, intent in more["intents"].items():
            intents.setdefault(name, {"data": []})["data"] += intent["data"]
        rules |= more["expansion_rules"]
        lists |= more["lists"]
    return {
        "language": language,
        "intents": intents,
        "lists": lists,
        "expansion_rules": rules,
        "skip_words": known.get("skip_words", []),
    }


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        elif isinstance(value, list) and key == "data":
            into.setdefault(key, []).extend(value)
        else:
            into[key] = value


def _questions(tables: Mapping[str, Any], rules: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for kind, words in tables["binary_sensors"].items():
        yield from _of_class(kind, words, rules)
    for kind, words in tables["sensors"].items():
        slots = {"domain": "sensor", "device_class": kind}
        yield {
            "sentences": [sentence.format(words=words) for sentence in _READ],
            "slots": slots,
            "requires_context": dict(slots),
            "required_keywords": _keywords(words, rules),
            "response": "one",
        }
        if kind != "temperature":  # the thermostat tells it too, and has an intent of its own
            yield {
                "sentences": [sentence.format(words=words) for sentence in _READ_ROOM],
                "slots": slots,
                "required_keywords": _keywords(words, rules),
                "response": "one",
            }


def _keywords(pattern: str, rules: Mapping[str, str]) -> list[str]:
    """Words of which whatever matches the pattern holds at least one.

    hassil looks for them before it looks at a sentence, or even parses it: that a hundred classes can be asked about
    costs nothing until one is.
    """
    while rule := re.search(r"<(\w+)>", pattern):
        pattern = pattern.replace(rule[0], rules[rule[1]])
    return sorted(set(re.findall(r"[\w.]+", re.sub(r"(\w+)\[s\]", r"\1 \1s", pattern))))


def _of_class(kind: str, words: Mapping[str, str], rules: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    slots = {"domain": "binary_sensor", "device_class": kind}
    for state in ("on", "off"):
        stated = {**slots, "state": state}
        keywords = _keywords(words[state], rules)
        for response, sentences in _ASKED.items():
            asked = [sentence.format(things=words["things"], state=words[state]) for sentence in sentences]
            yield {"sentences": asked, "slots": stated, "required_keywords": keywords, "response": response}
        named = [sentence.format(state=words[state]) for sentence in _NAMED]
        yield {
            "sentences": named,
            "slots": stated,
            "requires_context": dict(slots),
            "required_keywords": keywords,
            "response": "one_yesno",
        }
    there = [sentence.format(there=words["there"]) for sentence in _THERE] if "there" in words else []
    thing = [_ANYTHING.format(on=words["on"])] if "thing" in words["things"] else []
    if there or thing:
        yield {"sentences": [*there, *thing], "slots": {**slots, "state": "on"}, "response": "any"}
