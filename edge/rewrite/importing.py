"""Rewrites that come from a file: a household's own as they were, and anybody else's on trial.

A file is the household's own where it carries the mark that only this home's secret makes of it (HMAC-SHA256, RFC
2104). Of any other nobody knows who taught what is in it. So nothing in it counts as taught: its rules are
`Source.IMPORTED`, come with little evidence, take nothing's place, and are served only where a request is not
understood as it is.
"""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from edge.core.codec import from_json
from edge.core.errors import InputError
from edge.core.lessons import Lesson, LessonKind
from edge.core.sound import DIRECTIONS, is_number
from edge.rewrite import guard
from edge.rewrite.entry import Rule, Source
from edge.rewrite.ledger import rule_id
from edge.rewrite.shelf import Shelf
from edge.rewrite.spans import says_otherwise
from edge.rewrite.teaching import RefusedError, checked, may_be

VERSION = 1
"""Of what is exported."""
MARK = "mark"
"""Key of the mark in what is exported."""
MAX_TAUGHT = 2_000
"""Rules that somebody asked for; more are a mistake."""
MAX_ROWS = 10_000
"""Rules of a file: a home keeps no more."""
MAX_LABEL = 400
"""Characters of what a meaning was taken for."""
MAX_WINS = 0.5
"""Evidence that a strange rule may bring: less than one turn here is."""
_SITUATION = re.compile(r"(?:[a-z_]{1,20}:[^\x00-\x1f\x7f]{1,80})?\Z")

Teach = Callable[[str, str, Source, str, str], Rule]
"""Given what is heard and meant, how it was learnt, its label and its situation: the rule, from now on."""


class Imported(NamedTuple):
    """What became of rules that were handed in."""

    taken: int
    refused: tuple[str, ...]
    """Codes, one for each that was refused."""


def marked(data: Mapping[str, Any], secret: bytes, home: str) -> dict[str, Any]:
    """What is exported, with the mark of the home of this name."""
    return {**data, MARK: _mark(data, secret, home)}


def is_own(data: object, secret: bytes, home: str) -> bool:
    """Whether the home of this name has exported this, and nobody has changed it since."""
    mark = data.get(MARK) if isinstance(data, dict) else None
    return isinstance(data, dict) and isinstance(mark, str) and mark.isascii() and _same(data, mark, secret, home)


def _same(data: Mapping[str, Any], mark: str, secret: bytes, home: str) -> bool:
    try:
        return hmac.compare_digest(mark, _mark(data, secret, home))
    except (ValueError, RecursionError):  # what no export holds
        return False


def _mark(data: Mapping[str, Any], secret: bytes, home: str) -> str:
    rest = {key: value for key, value in data.items() if key != MARK}
    text = json.dumps([home, rest], sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hmac.new(secret, text.encode(), "sha256").hexdigest()


def take(data: object, shelf: Shelf, teach: Teach, *, own: bool) -> Imported:
    """Put on the shelf, whose lock is held meanwhile, what was exported. own: whether this home has written it.

    Raises InputError (`rewrite.not_exported`, `rewrite.too_many`).
    """
    rows = data.get("rules") if isinstance(data, dict) and data.get("edge_rewrites") == VERSION else None
    if not isinstance(rows, list):
        raise InputError("rewrite.not_exported", "that is no file that edge rewrites export has written")
    if len(rows) > MAX_ROWS:
        raise InputError("rewrite.too_many", f"that file holds {len(rows):,} rewrites; {MAX_ROWS:,} is the most")
    taken, refused = 0, list[str]()
    room = MAX_TAUGHT - len(shelf.listed.asked)
    for row in rows:
        try:
            rule = _plausible(row)
            if own:
                room -= rule.source in guard.ASKED_FOR
                _restore(rule, shelf, teach, full=room < 0)
            else:
                _try(rule, shelf)
            taken += 1
        except RefusedError as error:
            refused.append(error.code)
    return Imported(taken, tuple(refused))


def lessons_in(data: object, *, own: bool) -> tuple[tuple[Lesson, ...], tuple[str, ...]]:
    """What was taught in what is exported, and codes of what is refused of it. own: as of `take`.

    A name from anywhere else could call a lock the night light, and nobody would be asked; likings are rules, too.
    """
    rows = data.get("lessons") if isinstance(data, dict) else None
    found, refused = list[Lesson](), list[str]()
    for row in rows[:MAX_ROWS] if isinstance(rows, list) else ():
        try:
            lesson = from_json(Lesson, row)
        except InputError:
            refused.append("rewrite.invalid")
            continue
        if own:
            found.append(lesson)
        elif lesson.kind is LessonKind.NAME:
            refused.append("rewrite.names")
    return tuple(found), tuple(refused)


def _plausible(row: object) -> Rule:
    try:
        rule = from_json(Rule, row)
    except InputError as error:
        raise RefusedError("rewrite.invalid") from error
    if not guard.plausible(rule) or len(rule.label) > MAX_LABEL or not _SITUATION.match(rule.situation):
        raise RefusedError("rewrite.invalid")
    return rule


def _restore(rule: Rule, shelf: Shelf, teach: Teach, *, full: bool) -> None:
    """The rule as it was, where it may be taught or learnt still. full: whether enough has been taught."""
    if full and rule.source in guard.ASKED_FOR:
        raise RefusedError("rewrite.full")
    if rule.source in guard.ASKED_FOR:
        made: Rule | None = teach(rule.heard, rule.means, rule.source, rule.label, rule.situation)
    else:
        _learnable(rule, shelf)
        made = shelf.instead(
            *(rule.heard, rule.means, rule.label),
            source=rule.source,
            weight=1.0,
            confidence=rule.confidence,
            situation=rule.situation,
        )
    if made is None:
        raise RefusedError("rewrite.nothing")
    shelf.put(replace(rule, id=made.id, heard=made.heard, means=made.means))


def _learnable(rule: Rule, shelf: Shelf) -> tuple[str, str]:
    """Phrase and meaning, in normal form and followed to its end. Raises RefusedError."""
    found = checked(rule.heard, rule.means, shelf.reserved, lambda text: [one for _, one in shelf.of(text)[1]])
    if not may_be(*found, shelf.reserved):
        raise RefusedError("rewrite.invalid")
    return found


def _try(rule: Rule, shelf: Shelf) -> None:
    """The rule as one of which nobody knows whether it is right here."""
    heard, means = _learnable(rule, shelf)
    if any(is_number(word) or word in DIRECTIONS for word in heard.split()) and says_otherwise(heard, means):
        raise RefusedError("rewrite.otherwise")
    there = [one for _, one in shelf.of(heard)[1] if one.situation == rule.situation]
    if any(one.means == means for one in there):
        return  # it is known here, and stays what it is
    if any(one.source in guard.ASKED_FOR for one in there):
        raise RefusedError("rewrite.own")
    shelf.put(
        Rule(
            *(rule_id(heard, means, rule.situation), heard, means, Source.IMPORTED, rule.label),
            wins=min(rule.wins, MAX_WINS),
            losses=rule.losses,
            confidence=rule.confidence,
            situation=rule.situation,
            made_day=shelf.day(),
            last_day=shelf.day(),
            state=rule.state,
        )
    )
