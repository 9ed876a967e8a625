"""The commands `edge turns` and `edge misses`: what was asked and how it went, and what was not understood."""

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from edge import cli_teach
from edge.cli_why import did, heard_words, lines, opened_store, when
from edge.core.errors import ExitCode, InputError, UnreachableError, UnwrittenError
from edge.core.pipeline import run as run_line
from edge.core.text import normalize
from edge.core.turn import Turn
from edge.feedback.account import account
from edge.hints import options, which
from edge.nlu.taught import INTENTS, MEANT_REQUEST
from edge.nlu.teachable import is_teaching
from edge.went_words import explained, went, why_failed

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from edge.cli_teach import Line
    from edge.feedback.store import Store
    from edge.models import ModelStore
    from edge.profile import Profile

SHOWN = 20
"""Rows of a list, unless --all."""
_REPLAYED = ("rewrite", "understand", "context", "cautious", "plan", "reply")
"""Stages that a turn is sent down again: none of them acts, keeps a timer, learns or speaks."""


def add_arguments(parser: argparse.ArgumentParser, home: Callable[..., None]) -> None:
    """What `edge turns` takes. home: adds what chooses the home, before the action and after it."""
    home(parser)
    actions = parser.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="what was asked, what came of it and how it went, the latest first")
    listed.add_argument("--all", action="store_true", help=f"all that are kept, not the last {SHOWN} alone")
    for name, told in (
        ("show", "all about one: what was heard, what came of it, and what told how it went"),
        ("replay", "send one down the line again as it is now, without acting, and show what is different"),
        ("forget", "let nothing stay of one, or of all"),
    ):
        action = actions.add_parser(name, help=told)
        action.add_argument("id", nargs="?", metavar="ID", help=_WHICH[name])
        if name == "forget":
            action.add_argument("--all", action="store_true", help="all of this home")
    # After the action as well as before it; without a default, which would take back what was said before.
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON instead of text")
        home(action, again=True)


ABOUT = ("show what was asked and how it went, replay it, forget it", "edge turns show")
ABOUT_MISSES = ("show what was not understood, and say what it means", 'edge misses --teach 1 "turn on the light"')
"""Help and example of each command."""
_WHICH = {
    "show": "id of the turn, or what begins it; without it the last one",
    "replay": "id of the turn, or what begins it; without it the last one",
    "forget": "id of the turn, or what begins it",
}


def run(args: argparse.Namespace, profile: "Profile", models: "Callable[[], ModelStore]") -> ExitCode:
    """Raises InputError (`why.no_turn`, `why.nothing_kept`, `turns.usage`, `turns.no_words`) and UnwrittenError."""
    turn_id = getattr(args, "id", None)
    if args.action == "forget" and bool(turn_id) == args.all:
        raise InputError("turns.usage", "say which: edge turns forget ID, or --all")
    store = opened_store(args, profile, turn_id)
    try:
        if args.action == "list":
            return _list(args, store)
        if args.action == "forget":
            return _forget(args, store, turn_id)
        turn = _found(store, turn_id)
        if turn is None:
            print(json.dumps({"turn": None}) if args.json else "nothing has been asked here yet")
            return ExitCode.NOT_DONE
        if args.action == "show":
            return _show(args, store, turn)
        return _replay(args, turn, replayed(profile, turn, store, models))
    finally:
        store.close()


def _found(store: "Store", turn_id: str | None) -> Turn | None:
    if turn_id is None:
        return next(iter(store.turns(1)), None)
    turn = store.turn(turn_id)
    if turn is None:
        raise InputError("why.no_turn", which(turn_id, store.ids() or (), "turn", "edge turns list"))
    return turn


def _list(args: argparse.Namespace, store: "Store") -> ExitCode:
    from edge.show import table, turn_json

    turns = store.turns() if args.all or args.json else store.turns(SHOWN)
    if args.json:
        print(json.dumps([turn_json(turn) for turn in turns], ensure_ascii=False))
        return ExitCode.OK
    if not turns:
        print("nothing has been asked here yet")
        return ExitCode.NOT_DONE
    rows = [(t.id, when(t), heard_words(t), did(t.plan, t.home), went(t)) for t in turns]
    print(table(("turn", "when", "heard", "what came of it", "went"), rows))
    return ExitCode.OK


def _show(args: argparse.Namespace, store: "Store", turn: Turn) -> ExitCode:
    from edge.show import printable, turn_json

    if args.json:
        print(json.dumps(turn_json(turn), ensure_ascii=False))
        return ExitCode.OK
    steps = tuple(step for step in store.steps() if step.turn == turn.id)
    told = lines(turn, steps, verbose=args.verbose, given=options(args, store.home))
    about, *rest = "\n".join(told).split("\n\n", maxsplit=1)
    print(about)
    for line in explained(turn):
        print(printable(line))
    for part in rest:
        print(f"\n{part}")
    return ExitCode.OK


def _forget(args: argparse.Namespace, store: "Store", turn_id: str | None) -> ExitCode:
    found = _found(store, turn_id) if turn_id is not None else None
    gone = store.forget_turns(found.id if found is not None else None)
    if (store.turn(found.id) if found is not None else next(iter(store.turns(1)), None)) is not None:
        raise UnwrittenError
    if args.json:
        print(json.dumps({"forgotten": gone, "turn": found.id if found is not None else None}))
    else:
        also = f"edge why{options(args, store.home)} --forget, edge rewrites{options(args, store.home)} forget --all"
        print(f"{gone} turn{'s' * (gone != 1)} forgotten; what was learned stays: {also}")
    return ExitCode.OK


# Again


def replayed(profile: "Profile", turn: Turn, store: "Store", models: "Callable[[], ModelStore]") -> Turn:
    """The turn sent down the line of this home as it is now, with its rewrites, without acting. Raises InputError."""
    from edge.house import StillHome
    from edge.hub import Hub
    from edge.teaching import lessons_of_home

    lessons = lessons_of_home(profile, store)
    with Hub(profile, StillHome(turn.home), store=models, lessons=lessons) as hub:
        return again(turn, hub.stages, lambda fresh, stages: run_line(fresh, stages, clock=time.monotonic))


def again(turn: Turn, stages: Sequence[Any], run_line: Callable[[Turn, Sequence[Any]], Turn]) -> Turn:
    """The turn sent down those stages that neither act nor keep anything. Raises InputError (`turns.no_words`)."""
    if not turn.utterance.hypotheses:
        raise InputError("turns.no_words", "its words were not kept, so that it cannot be replayed: see memory.keep")
    fresh = Turn(
        turn.id, turn.opened_ms, turn.home, turn.utterance, turn.follows, turn.asked, turn.timers, turn.context
    )
    return run_line(fresh, [stage for stage in stages if stage.name in _REPLAYED])


def _replay(args: argparse.Namespace, before: Turn, now: Turn) -> ExitCode:
    from edge.show import printable, table, turn_json, understood

    rows = [
        ("rewritten", before.rewrite.text if before.rewrite else "—", now.rewrite.text if now.rewrite else "—"),
        ("understood", understood(before), understood(now)),
    ]
    teaches = now.plan is not None and now.plan.lesson is not None  # nothing is learned by this, nor refused
    if not teaches:
        rows.append(("outcome", did(before.plan, before.home), did(now.plan, now.home)))
    if before.outcome is None and not teaches:  # what devices made of it is no part of the record of what was meant
        rows.append(("reply", before.reply.text if before.reply else "—", now.reply.text if now.reply else "—"))
    differs = [name for name, then, after in rows if then != after]
    if args.json:
        print(json.dumps({"turn": turn_json(before), "now": turn_json(now), "different": differs}, ensure_ascii=False))
        return ExitCode.OK
    print(printable(f"turn        {before.id}, {when(before)}"))
    print(printable(f"heard       {heard_words(before)}"))
    print(table(("", "then", "now", ""), [(*row, "different" if row[0] in differs else "") for row in rows]))
    return ExitCode.OK


# What went wrong


@dataclass(frozen=True)
class Miss:
    """Words that came to nothing, or to the wrong thing."""

    words: str
    """Empty where no words are kept."""
    times: int
    last: Turn
    why: str
    meant: str = ""
    """What was said in their place, the last time that something was."""


def misses(
    turns: Sequence[Turn], taught: Mapping[str, int] = MappingProxyType({}), language: str = "en"
) -> tuple[Miss, ...]:
    """What failed, counted by its words, the latest first; what has worked or was taught since is none.

    What failed to teach something is no request that anything could be meant by. turns: latest first. taught: phrases
    and when they were taught, in ms.
    """
    found: dict[str, Miss] = {}
    worked: set[str] = set()
    for turn in turns:
        if _teaches(turn, language) or turn.opened_ms <= taught.get(normalize(turn.utterance.text), -1):
            continue
        words = normalize(turn.utterance.text)
        key = words or turn.error or "(words are not kept)"
        wrong = turn.verdict.success if turn.verdict is not None else account(turn).success
        if key not in found and wrong is True:
            worked.add(key)
        if key in worked or wrong is not False:
            continue
        meant = turn.verdict.meant if turn.verdict is not None else ""
        meant = "" if is_teaching(meant, language) else meant
        before = found.get(key)
        if before is None:
            found[key] = Miss(words, 1, turn, why_failed(turn), meant)
        else:
            found[key] = replace(before, times=before.times + 1, meant=before.meant or meant)
    return tuple(found.values())


def _teaches(turn: Turn, language: str) -> bool:
    said = turn.interpretation.intent if turn.interpretation is not None else ""
    meant = any(one.intent == MEANT_REQUEST for one in turn.readings[:1])
    return said in INTENTS or (not meant and is_teaching(turn.utterance.text, language))


def add_miss_arguments(parser: argparse.ArgumentParser, home: Callable[[argparse.ArgumentParser], None]) -> None:
    """What `edge misses` takes."""
    home(parser)
    parser.add_argument(
        "--teach",
        nargs="+",
        metavar=("N", "TEXT"),
        help="remember what the N-th of the list means, as one would say it",
    )


def run_misses(
    args: argparse.Namespace, profile: "Profile", open_line: "Callable[[], AbstractContextManager[Line]]"
) -> ExitCode:
    """open_line: the hub, on the home as it is now; it moves nothing.

    Raises InputError (`misses.usage`, `misses.no_words`, `misses.which_home`, `why.nothing_kept`) and UnwrittenError.
    """
    from edge.teaching import lessons_of_home

    store = opened_store(args, profile, None)
    try:
        args.simulated = args.simulated or (args.home is None and store.home == "simulated")
        own = not (args.home is None and store.home.startswith("file "))  # of which nobody knows where it is
        taught = {one.heard: one.at_ms for one in lessons_of_home(profile, store).every()}
        found = misses(store.turns(), taught, profile.language)

        def teach(heard: str, means: str) -> Turn:
            if not own:
                raise InputError("misses.which_home", "say which home that was: --home FILE")
            with open_line() as hub:
                return cli_teach.taught_phrase(hub, heard, means)

        if args.teach:
            return _teach(args, found, teach)
        nearest = _nearest(found, profile, open_line) if own else {}
        if args.json:
            rows = [
                {
                    "n": n,
                    "heard": m.words,
                    "times": m.times,
                    "last_ms": m.last.opened_ms,
                    "why": m.why,
                    "meant": m.meant,
                    "nearest": nearest.get(m.words, ""),
                }
                for n, m in enumerate(found, 1)
            ]
            print(json.dumps(rows, ensure_ascii=False))
            return ExitCode.OK
        _tell(found, nearest, options(args, store.home))
        if found and sys.stdin.isatty() and sys.stdout.isatty():
            _ask(found, teach)
        return ExitCode.OK
    finally:
        store.close()


def _nearest(
    found: Sequence[Miss], profile: "Profile", open_line: "Callable[[], AbstractContextManager[Line]]"
) -> dict[str, str]:
    """Words of misses -> the nearest sentence that the home can say, where nobody knows better what they meant."""
    wanted = [one for one in found if one.words and not one.meant and one.last.interpretation is None][:SHOWN]
    if not wanted or profile.language.split("-", maxsplit=1)[0] != "en":
        return {}
    from edge.nlu.grammar import Grammar
    from edge.nlu.proposals import Proposals, tables_in
    from edge.nlu.reading import Reader
    from edge.resources import data_dir

    proposals = None
    for table in tables_in(data_dir("models")):
        try:
            proposals = Proposals(Reader(Grammar(profile.language, [profile.paths.custom_sentences])), table)
            break
        except InputError as error:
            print(f"not used: {error}", file=sys.stderr)
    if proposals is None:
        return {}
    try:
        with open_line() as hub:
            home = hub.snapshot()
    except UnreachableError as error:
        print(f"no sentences are proposed: {error}", file=sys.stderr)
        return {}
    near = {one.words: proposals.nearest(one.words, home) for one in wanted}
    return {words: sentence for words, sentence in near.items() if sentence is not None}


def _tell(found: Sequence[Miss], nearest: Mapping[str, str], given: str) -> None:
    from edge.show import printable, table

    if not found:
        print("nothing was missed, as far as is known")
        return
    rows = [
        (n, repr(m.words) if m.words else "(words are not kept)", m.times, when(m.last), m.why, m.meant or "—")
        for n, m in enumerate(found, 1)
    ]
    print(table(("", "heard", "times", "last", "why", "meant, it seems"), rows))
    for n, m in enumerate(found, 1):
        if near := nearest.get(m.words):
            told = f"did you mean {near!r} by {m.words!r}? teach it: edge misses{given} --teach {n} {shlex.quote(near)}"
            print(printable(told))
    if not sys.stdin.isatty():
        print(f"\nsay what one means: edge misses{given} --teach 1 {shlex.quote('turn on the light')}")


def _teach(args: argparse.Namespace, found: Sequence[Miss], teach: Callable[[str, str], Turn]) -> ExitCode:
    number, *text = args.teach
    miss = _numbered(number, found)
    means = " ".join(text) or miss.meant
    if not means:
        raise InputError("misses.usage", 'say what it means: edge misses --teach 1 "turn on the light"')
    turn = teach(miss.words, means)
    if args.json and cli_teach.lesson_of(turn) is not None:
        print(json.dumps({"heard": miss.words, "means": means}, ensure_ascii=False))
        return ExitCode.OK
    return cli_teach.tell(args, turn)


def _numbered(number: str, found: Sequence[Miss]) -> Miss:
    if not number.isdecimal() or not 1 <= int(number) <= len(found):
        raise InputError("misses.usage", f"there is no miss {number!r}: edge misses numbers them")
    miss = found[int(number) - 1]
    if not miss.words:
        raise InputError("misses.no_words", "its words were not kept, so that it cannot be taught: see memory.keep")
    return miss


def _ask(found: Sequence[Miss], teach: Callable[[str, str], Turn]) -> None:
    """Let whoever sits before it teach, one after the other."""
    while True:
        try:
            number = input("teach which one? (its number, or nothing) ").strip()
            if not number:
                return
            miss = _numbered(number, found)
            means = input(f"what did you mean by {miss.words!r}? {f'[{miss.meant}] ' if miss.meant else ''}").strip()
            if means := means or miss.meant:
                print(cli_teach.answered(teach(miss.words, means)))
        except InputError as error:
            print(error)
        except EOFError:
            print()
            return
