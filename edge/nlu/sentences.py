"""The household's own sentences: YAML in Home Assistant's custom-sentence format, checked file by file.

hassil finds some mistakes only when a sentence is said, and names none of them by file. They are found here, when the
files are read, so that a person is told of them once and where they are.
"""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.core.errors import InputError

if TYPE_CHECKING:
    from hassil.expression import Expression
    from hassil.intents import IntentData, Intents

MAX_BYTES = 1_000_000
"""A file above this size is refused: YAML of that size takes minutes to parse on a hub."""

OWN_MARK = "edge_own"
"""Key in a block's metadata that tells the household's own sentences from the built-in ones."""

MAX_RANGE = 10_000
"""Numbers in a list of them: hassil writes each out in words when the first sentence is matched."""

_MAPPINGS = ("metadata", "slots", "requires_context", "excludes_context", "lists", "expansion_rules", "settings")
"""Keys of a block that are looked at when a sentence of it is matched, and not before."""
_PLACES = frozenset(("name", "area", "floor"))
"""Lists that the home fills."""


def sentence_files(path: Path, language: str) -> list[Path]:
    """The file itself, or the YAML files of a folder: those in its `<language>/` subfolder where it has one."""
    if path.is_file():
        return [path]
    folder = path / language if (path / language).is_dir() else path
    return sorted(file for file in folder.glob("*.y*ml") if file.suffix in (".yaml", ".yml"))


def read_sentences(file: Path) -> dict[str, Any]:
    """One file, every block of sentences marked as the household's own. Raises InputError (`grammar.custom`)."""
    import yaml

    try:
        if file.stat().st_size > MAX_BYTES:
            raise _wrong(file, f"larger than {MAX_BYTES} bytes; split or shorten it")
        loaded = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError("grammar.custom", f"{file}{line}: not YAML: {error.problem or error}") from error
    except (OSError, ValueError, yaml.YAMLError) as error:  # bad UTF-8, numbers that Python cannot hold, bad YAML
        raise _wrong(file, f"not readable as YAML: {_first_line(error)}") from error
    except RecursionError as error:
        raise _wrong(file, "nested too deeply") from error
    if not isinstance(loaded, dict) or not isinstance(loaded.get("intents", {}), dict):
        raise _wrong(file, "expected a mapping with `intents`, as Home Assistant documents it")
    for key in ("lists", "expansion_rules", "responses", "settings"):
        if not isinstance(loaded.get(key, {}), dict):
            raise _wrong(file, f"{key}: expected a mapping")
    if not _are_texts(loaded.get("skip_words", [])):
        raise _wrong(file, "skip_words: expected a list of texts")
    _check_lists(file, loaded)
    for name, intent in loaded.get("intents", {}).items():
        _check_blocks(file, f"intent {name!s:.50}", intent)
    return loaded


def _check_blocks(file: Path, what: str, intent: object) -> None:
    """Whether each block has what is looked at later, and each value the kind that it must have; marks them."""
    data = intent.get("data") if isinstance(intent, dict) else None
    if not isinstance(data, list) or not all(isinstance(block, dict) for block in data):
        raise _wrong(file, f"{what}: expected `data`, a list of sentence blocks")
    for block in data:
        if not _are_texts(block.get("sentences")):
            raise _wrong(file, f"{what}: expected `sentences`, a list of texts, in every block")
        for key in _MAPPINGS:
            if not isinstance(block.get(key, {}), dict):
                raise _wrong(file, f"{what}: {key}: expected a mapping")
        if not _are_texts(block.get("required_keywords", [])):
            raise _wrong(file, f"{what}: required_keywords: expected a list of texts")
        block.setdefault("metadata", {})[OWN_MARK] = True


def _check_lists(file: Path, loaded: dict[str, Any]) -> None:
    """Whether each list and rule can be parsed, by itself."""
    from hassil.intents import Intents, RangeSlotList

    for kind in ("lists", "expansion_rules"):
        for name, one in loaded.get(kind, {}).items():
            try:
                made = Intents.from_dict({"language": "en", "intents": {}, kind: {name: one}}).slot_lists
                ranges = [found for found in made.values() if isinstance(found, RangeSlotList)]
                too_many = any(len(range(found.start, found.stop, found.step)) >= MAX_RANGE for found in ranges)
            except Exception as error:
                # As in `check_sentences`.
                raise _wrong(file, f"{kind}: {name!s:.50}: cannot be parsed: {_first_line(error)}") from error
            if too_many:
                raise _wrong(file, f"{kind}: {name!s:.50}: has more than {MAX_RANGE:,} numbers")


def merged(sentences: dict[str, Any], files: Iterable[Path]) -> "Intents":
    """The sentences of a language with those of these files among them. Raises InputError (`grammar.custom`)."""
    from hassil.intents import Intents

    try:
        return Intents.from_dict(sentences)
    except Exception as error:
        # What is right by itself may not fit what is built in under the same name.
        names = ", ".join(map(str, files)) or "no file"
        raise InputError("grammar.custom", f"{names}: cannot be used together: {_first_line(error)}") from error


def check_sentences(file: Path, loaded: dict[str, Any], intents: "Intents") -> None:
    """Whether all sentences of a file can be parsed, and all rules and lists that they name exist.

    intents: of the whole language, this file's merged in. Raises InputError (`grammar.custom`).
    """
    from hassil.intents import Intents as Parsed

    built_in = _built_in(intents)
    for name, intent in loaded.get("intents", {}).items():
        if name.startswith("Hass") and built_in and name not in built_in:
            raise _wrong(file, f"intent {name}: there is no such intent{_nearest(name, built_in)}")
        parts = {"language": "en", "intents": {name: intent}}
        parts |= {key: loaded[key] for key in ("lists", "expansion_rules") if key in loaded}
        try:
            blocks = Parsed.from_dict(parts).intents[name].data
            missing = [problem for block in blocks for problem in _missing(block, intents)]
        except Exception as error:
            # hassil raises whatever its parser meets.
            raise _wrong(file, f"intent {name}: cannot be parsed: {_first_line(error)}") from error
        if missing:
            raise _wrong(file, f"intent {name}: {missing[0]}")


def _are_texts(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(one, str) for one in found)


def _built_in(intents: "Intents") -> list[str]:
    return [
        name
        for name, intent in intents.intents.items()
        if any(not (block.metadata or {}).get(OWN_MARK) for block in intent.data)
    ]


def _missing(block: "IntentData", intents: "Intents") -> list[str]:
    rules = {**intents.expansion_rules, **block.expansion_rules}
    lists = {*intents.slot_lists, *block.slot_lists, *_PLACES}
    problems: list[str] = []
    seen: set[str] = set()

    def visit(expression: "Expression") -> None:
        from hassil.expression import Group, ListReference, RuleReference

        if isinstance(expression, Group):
            for item in expression.items:
                visit(item)
        elif isinstance(expression, RuleReference) and expression.rule_name not in seen:
            seen.add(expression.rule_name)
            if expression.rule_name in rules:
                visit(rules[expression.rule_name].expression)
            else:
                problems.append(f"no expansion rule <{expression.rule_name}>{_nearest(expression.rule_name, rules)}")
        elif (
            isinstance(expression, ListReference)
            and expression.get_inline_range() is None
            and expression.list_name not in lists
        ):
            problems.append(f"no list {{{expression.list_name}}}{_nearest(expression.list_name, lists)}")

    for sentence in block.sentences:
        visit(sentence.expression)
    return problems


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


def _wrong(file: Path, problem: str) -> InputError:
    return InputError("grammar.custom", f"{file}: {problem}")


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
