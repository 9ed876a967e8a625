"""The command `edge rewrites`: what the hub understands in place of what it hears, and people in charge of it."""

import argparse
import datetime as dt
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.core.errors import ExitCode, InputError, UnwrittenError
from edge.core.home import HomeState
from edge.core.lessons import LessonKind, id_of
from edge.hints import options, which
from edge.rewrite.learn import line_of

if TYPE_CHECKING:
    from edge.core.lessons import Lesson
    from edge.profile import Profile
    from edge.rewrite.entry import Rule
    from edge.rewrite.rewrites import Known, Rewrites
    from edge.rewrite.teach import Lessons

MAX_FILE = 20_000_000
"""Bytes of a file that is imported."""
_ON_TRIAL = (
    "this home has not written that file, or it was changed since: nothing in it counts as taught. It is served only\n"
    "where a request is not understood, and what opens, unlocks or heats is asked about until it was right.\n"
    "What is to hold for certain, teach: edge teach PHRASE --means REQUEST"
)
_DAY_MS = 86_400_000
_EVIDENCE = """
for, against: evidence, counted in turns: what brought it about, most where it was taught, and since then how it went
each time that it was served; it fades by half in two months"""
SHOWN = 48
"""Characters of a text in the table."""

ABOUT = ("show and correct what is understood in place of what is heard", "edge rewrites list")
_ACTIONS = (
    ("list", "list what was taught and learnt, with how it went", "edge rewrites list"),
    ("why", "tell why a rewrite is served, or why not", "edge rewrites why 3f2a"),
    ("forget", "take one back, or all", "edge rewrites forget 3f2a"),
    ("pause", "serve one no more, or all, or serve it again", "edge rewrites pause 3f2a"),
    ("export", "write all to a file, or to the terminal", "edge rewrites export rewrites.json"),
    ("import", "take those of a file, as export has written it", "edge rewrites import rewrites.json"),
)
_SOURCES = {
    "taught": "you taught it",
    "agreed": "it asked, and you said yes",
    "corrected": "you corrected it",
    "rephrased": "you said it otherwise",
    "pooled": "from other homes",
    "imported": "it came from a file",
}
_STATES = {"active": "served", "paused": "paused", "withdrawn": "withdrawn"}


def add_arguments(parser: argparse.ArgumentParser, home: Callable[..., None]) -> None:
    """The actions and their arguments. home: adds those that choose the home, before the action and after it."""
    home(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    for name, told, example in _ACTIONS:
        action = actions.add_parser(name, help=told, description=told, epilog=f"example: {example}")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
        home(action, again=True)
        if name == "why":
            action.add_argument("id", metavar="ID", help="the rewrite, or what its id begins with")
        if name in ("forget", "pause"):
            action.add_argument("id", metavar="ID", nargs="?", help="the rewrite, or what its id begins with")
            action.add_argument("--all", action="store_true", help="all of this home")
        if name == "forget":
            action.description = f"{told}; with --all also how often each request worked"
        if name == "pause":
            action.add_argument("--off", action="store_true", help="serve it again")
        if name in ("export", "import"):
            action.add_argument("file", metavar="FILE", type=Path, nargs="?" if name == "export" else None)


def run(args: argparse.Namespace, profile: "Profile") -> ExitCode:
    """Raises InputError (`rewrites.usage`, `.unknown`, `.nothing_kept`, `.file`) and UnwrittenError."""
    if args.action in ("forget", "pause") and bool(args.id) == args.all:
        raise InputError("rewrites.usage", f"say which: edge rewrites {args.action} ID, or --all")
    if profile.memory.keep == "nothing":
        raise InputError(
            "rewrites.nothing_kept", "memory.keep is nothing, so that nothing learnt is kept: set it to all or no_words"
        )
    with _opened(args, profile) as (rewrites, home, lessons):
        if args.action == "list":
            return _list(args, rewrites, home, lessons)
        if args.action == "why" and (lesson := _lesson(args.id, rewrites, lessons)) is not None:
            return _why_lesson(args, lesson, home)
        if args.action == "forget":
            return _forget(args, rewrites, home, lessons)
        if args.action == "export":
            return _export(args, rewrites, home, lessons, profile)
        if args.action == "import":
            return _import(args, rewrites, home, lessons, profile)
        return _RUN[args.action](args, rewrites, home)


@contextmanager
def _opened(args: argparse.Namespace, profile: "Profile") -> "Iterator[tuple[Rewrites, str, Lessons]]":
    """The rewrites of the home that is meant: the one named, else the household's own where there is one to change.

    Else the one in which something was asked last: whoever has just asked there means that.
    """
    from edge import past
    from edge.rewriting import rewrites_of_home
    from edge.teaching import lessons_of_home

    name = past.home_name(profile, simulated=args.simulated, file=args.home)
    changes = args.action in ("forget", "pause", "import")
    named = args.simulated or args.home is not None or (changes and profile.mqtt.host is not None)
    store = past.store_of(profile, name)
    if not named and (last := store.home_asked()) is not None and last != name:
        store.close()
        store = past.store_of(profile, last)
    rewrites = rewrites_of_home(profile, store.home, store)
    try:
        yield rewrites, store.home, lessons_of_home(profile, store, rewrites)
    finally:
        rewrites.close()
        store.close()


def _list(args: argparse.Namespace, rewrites: "Rewrites", home: str, lessons: "Lessons") -> ExitCode:
    from edge.core.codec import to_json
    from edge.show import table

    rules, taught = rewrites.rules(), [one for one in lessons.every() if one.kind is not LessonKind.PHRASE]
    if args.json:
        told = [to_json(one) | {"id": id_of(one)} for one in taught]
        rows = [_json(rule) for rule in rules]
        print(json.dumps({"home": home, "paused": rewrites.paused, "rules": rows, "lessons": told}))
        return ExitCode.OK
    if rewrites.paused:
        print(f"all are paused; serve them again with: edge rewrites{options(args, home)} pause --all --off\n")
    if not rules and not taught:
        print(f"nothing was taught or learnt yet in {_home_words(home)}")
        return ExitCode.OK
    if rules:
        head = ("rewrite", "when heard", "is meant", "how learnt", "times served", "for", "against", "state", "last")
        print(table(head, (_row(rule) for rule in rules)))
        print(_EVIDENCE)
    if taught:
        print(
            "\n" * bool(rules)
            + table(
                ("id", "names and likings", "taught"),
                [(id_of(one)[:8], line_of(one, HomeState()), _day(one.at_ms // _DAY_MS)) for one in taught],
            )
        )
    return ExitCode.OK


def _row(rule: "Rule") -> Sequence[object]:
    heard = rule.heard if not rule.situation else f"{rule.heard} ({_when(rule.situation)})"
    return (
        *(rule.id[:8], _short(heard), _short(rule.means), _SOURCES[rule.source.value], rule.served),
        *(f"{rule.wins:.1f}", f"{rule.losses:.1f}", _STATES[rule.state.value], _day(rule.last_day)),
    )


def _why(args: argparse.Namespace, rewrites: "Rewrites", home: str) -> ExitCode:
    from edge.show import printable, table

    known = rewrites.why(args.id)
    if known is None:
        raise _unknown(args.id, rewrites)
    if args.json:
        told = known._asdict() | {"rule": _json(known.rule), "phrases": [_phrase_json(one) for one in known.phrases]}
        print(json.dumps(told | {"home": home, "served": _served(known, options(args, home))}))
        return ExitCode.OK
    rule = known.rule
    print(f"rewrite     {rule.id}, in {_home_words(home)}")
    print(printable(f"heard       {rule.heard!r}"))
    print(printable(f"is meant    {rule.means!r}"))
    print(f"learnt      {_SOURCES[rule.source.value]}, on {_day(rule.made_day)}")
    if rule.situation:
        print(printable(f"holds       {_when(rule.situation)}"))
    if rule.confidence < 1:
        print(f"surely      it was heard {rule.confidence:.0%} surely when it was learnt")
    print(f"served      {rule.served} time{'s' * (rule.served != 1)}")
    print(f"evidence    {rule.wins:.1f} turns for it, with what brought it about, {rule.losses:.1f} against it")
    print(f"right       {known.right:.0%} likely")
    print(f"\n{_served(known, options(args, home))}")
    if known.phrases:
        print("\nhow the phrase went as it was heard")
        rows = [
            (_short(one.label) or "nothing understood", f"{one.wins:.1f}", f"{one.losses:.1f}") for one in known.phrases
        ]
        print(table(("taken for", "right", "wrong"), rows))
    return ExitCode.OK


def _why_lesson(args: argparse.Namespace, lesson: "Lesson", home: str) -> ExitCode:
    from edge.core.codec import to_json
    from edge.show import printable

    if args.json:
        print(json.dumps({"lesson": to_json(lesson) | {"id": id_of(lesson)}, "home": home}))
        return ExitCode.OK
    print(f"{lesson.kind.value:12}{id_of(lesson)}, in {_home_words(home)}")
    print(printable(f"taught      {line_of(lesson, HomeState())}, on {_day(lesson.at_ms // _DAY_MS)}"))
    for rule in lesson.rules:
        print(f"rewrite     edge rewrites{options(args, home)} why {rule[:8]}")
    return ExitCode.OK


def _served(known: "Known", given: str) -> str:
    """Whether it is served, and why not, in a sentence. given: home and settings, for the command that it names."""
    state = known.rule.state.value
    if known.paused:
        return "it is not served, as all are paused"
    if state == "paused":
        again = f"edge rewrites{given} pause {known.rule.id[:8]} --off"
        return f"it is not served, as it is paused; serve it again with: {again}"
    if state == "withdrawn":
        return "it is not served any more: it was wrong more often than right"
    if known.leads_back:
        return "it is not served, as what it means is heard for the phrase itself, which is surer"
    if known.usually_works and known.rule.source.value not in ("taught", "agreed"):
        return "it is served seldom or never: the phrase usually works as it is"
    if known.rule.source.value == "imported":
        return "it is served where the request is not understood as it is, as nobody here has taught it"
    if not known.proven:
        return "it is served, and asks first where it opens, unlocks or heats, until it was right once"
    return "it is served"


def _forget(args: argparse.Namespace, rewrites: "Rewrites", home: str, lessons: "Lessons") -> ExitCode:
    gone, taught = 0, 0
    if args.all:
        gone, taught = len(rewrites.rules()), sum(one.kind is LessonKind.NAME for one in lessons.every())
        lessons.forget_all()
    elif (lesson := _lesson(args.id, rewrites, lessons)) is not None:
        gone, taught = len(lesson.rules), int(lesson.kind is LessonKind.NAME)
        lessons.take_back(lesson)
    else:
        gone = rewrites.forget(_found(rewrites, args.id).id)
    if lessons.unwritten:
        raise UnwrittenError
    if args.json:
        print(json.dumps({"forgotten": gone, "names": taught, "home": home}))
    else:
        names = f"{taught} name{'s' * (taught != 1)}"
        what = " and ".join(filter(None, (_count(gone) if gone or not taught else "", names if taught else "")))
        print(f"{what} taken back, of {_home_words(home)}")
    return ExitCode.OK


def _lesson(begin: str, rewrites: "Rewrites", lessons: "Lessons") -> "Lesson | None":
    """The name or liking that is meant, where no rewrite can be. Raises InputError (`rewrites.unknown`)."""
    ids = {id_of(one): one for one in lessons.every() if one.kind is not LessonKind.PHRASE}
    found = [one for one in ids if begin and one.startswith(begin)]
    if len(found) + sum(rule.id.startswith(begin) for rule in rewrites.rules()) > 1:
        raise _unknown(begin, rewrites, ids)
    return ids[found[0]] if found else None


def _pause(args: argparse.Namespace, rewrites: "Rewrites", home: str) -> ExitCode:
    about = rewrites.pause(None if args.all else _found(rewrites, args.id).id, on=not args.off)
    _must_be_written(rewrites)
    if args.json:
        print(json.dumps({"paused": not args.off, "rewrites": about, "home": home}))
    else:
        print(f"{_count(about)} {'served again' if args.off else 'paused'}, of {_home_words(home)}")
    return ExitCode.OK


def _export(
    args: argparse.Namespace, rewrites: "Rewrites", home: str, lessons: "Lessons", profile: "Profile"
) -> ExitCode:
    from edge.core.codec import to_json
    from edge.rewrite.importing import marked
    from edge.rewriting import secret

    data = rewrites.export() | {"lessons": [to_json(one) for one in lessons.every()]}
    if (key := secret(profile, make=True)) is not None:
        data = marked(data, key, home)
    text = json.dumps(data, indent=1) + "\n"
    if args.file is None:
        sys.stdout.write(text)
        return ExitCode.OK
    try:
        with os.fdopen(os.open(args.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            if args.file.is_file():  # and neither a terminal nor a pipe
                os.fchmod(file.fileno(), 0o600)  # before there is anything that others could read
            file.write(text)
    except OSError as error:
        raise InputError("rewrites.file", f"{args.file}: {error.strerror}") from error
    number, names = len(data["rules"]), sum(one.kind is LessonKind.NAME for one in lessons.names())
    told = f"{_count(number)}{f' and {names} names' if names else ''} written to {args.file}"
    print(json.dumps({"exported": number, "names": names}) if args.json else told)
    return ExitCode.OK


def _import(
    args: argparse.Namespace, rewrites: "Rewrites", home: str, lessons: "Lessons", profile: "Profile"
) -> ExitCode:
    from edge.rewrite.importing import is_own, lessons_in
    from edge.rewrite.teaching import RefusedError
    from edge.rewriting import secret

    try:
        with args.file.open("rb") as file:
            raw = file.read(MAX_FILE + 1)
    except OSError as error:
        raise InputError("rewrites.file", f"{args.file}: {error.strerror}") from error
    if len(raw) > MAX_FILE:
        raise InputError("rewrites.file", f"{args.file} is larger than {MAX_FILE // 1_000_000} MB, as no export is")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        data = None
    key = secret(profile)
    own = key is not None and is_own(data, key, home)
    done = rewrites.import_(data, own=own)
    taught, refused = lessons_in(data, own=own)
    for lesson in taught:
        try:
            lessons.restore(lesson)
        except InputError:
            refused = (*refused, "rewrite.invalid")
    refused = (*done.refused, *refused)
    if lessons.unwritten:
        raise UnwrittenError
    if args.json:
        print(json.dumps({"taken": done.taken, "refused": list(refused), "own": own, "home": home}))
    else:
        print(f"{_count(done.taken)} taken, into {_home_words(home)}{', as they were' if own else ', on trial'}")
        if not own:
            print(_ON_TRIAL)
        for code in dict.fromkeys(refused):
            print(f"{refused.count(code)} refused: {RefusedError(code)}")
    return ExitCode.NOT_DONE if refused else ExitCode.OK


_RUN: dict[str, Callable[[argparse.Namespace, "Rewrites", str], ExitCode]] = {
    "why": _why,
    "pause": _pause,
}


def _must_be_written(rewrites: "Rewrites") -> None:
    """Raises UnwrittenError: a command has no other time to write it."""
    if rewrites.unwritten:
        raise UnwrittenError


def _found(rewrites: "Rewrites", rule_id: str) -> "Rule":
    known = rewrites.why(rule_id)
    if known is None:
        raise _unknown(rule_id, rewrites)
    return known.rule


def _unknown(begin: str, rewrites: "Rewrites", others: Iterable[str] = ()) -> InputError:
    ids = (*others, *(rule.id for rule in rewrites.rules()))
    return InputError("rewrites.unknown", which(begin, ids, "rewrite", "edge rewrites list"))


def _json(rule: "Rule") -> dict[str, Any]:
    from edge.rewrite.rewrites import exported

    return exported([rule])[0]


def _phrase_json(phrase: Any) -> dict[str, Any]:
    return {"label": phrase.label, "wins": phrase.wins, "losses": phrase.losses}


def _count(number: int) -> str:
    return f"{number} rewrite{'s' * (number != 1)}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _day(day: int) -> str:
    try:
        return str(dt.date(1970, 1, 1) + dt.timedelta(days=day)) if day else "—"
    except OverflowError:
        return "—"


def _when(situation: str) -> str:
    """A situation in words."""
    kind, _, what = situation.partition(":")
    return {"hour": f"in the {what}", "after": f"after: {what}"}.get(kind, situation).replace("in the day", "by day")


def _home_words(name: str) -> str:
    from edge.cli_why import home_words

    return "your home" if name.startswith("None:") else home_words(name)  # no broker is configured yet
