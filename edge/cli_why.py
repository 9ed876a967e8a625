"""The command `edge why`: what a turn was taken for, what else it may have meant, and what decided."""

import argparse
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from edge.core.errors import ExitCode, InputError
from edge.core.home import Entity, HomeState
from edge.core.questions import CONFIRM
from edge.core.timers import TimerDo
from edge.core.turn import Command, Plan, Turn, Verb, Weighed
from edge.hints import options, which
from edge.nlu.open import OPEN_INTENTS
from edge.reply.actions import question, the
from edge.why_words import described, lesson_words

if TYPE_CHECKING:
    from edge.feedback.store import Step, Store
    from edge.profile import Profile

BAR = 20
"""Cells of a bar that stands for everything."""
SHOWN = 5
"""Candidates, unless --verbose."""
_EIGHTHS = " ▏▎▍▌▋▊▉"


def add_arguments(parser: argparse.ArgumentParser, home: Callable[[argparse.ArgumentParser], None]) -> None:
    """What the command takes. home: adds what chooses the home."""
    home(parser)
    parser.add_argument("--turn", metavar="ID", help="this turn, or the one whose id begins so, instead of the last")
    parser.add_argument("--list", action="store_true", help="list the turns that are kept, latest first")
    parser.add_argument(
        "--forget", action="store_true", help="take back what was learned: from the turn of --turn, or all, habits too"
    )


def run(args: argparse.Namespace, profile: "Profile") -> ExitCode:
    """Raises InputError (`why.usage`, `why.no_turn`, `why.nothing_kept`)."""
    if args.list and (args.forget or args.turn):
        raise InputError("why.usage", "--list goes with neither --turn nor --forget")
    all_of_it = args.forget and not args.turn and profile.mqtt.host is not None
    store = opened_store(args, profile, args.turn, named=all_of_it)
    try:
        if args.forget:
            return _forget(args, store)
        return _list(args, store) if args.list else _explain(args, store)
    finally:
        store.close()


def opened_store(args: argparse.Namespace, profile: "Profile", turn_id: str | None, *, named: bool = False) -> "Store":
    """The past of the home that was named, else of that in which something was asked last.

    turn_id: the home is that of this turn. named: whether it is the household's own, whatever was asked last.

    Raises InputError (`why.nothing_kept`).
    """
    from edge import past

    if profile.memory.keep == "nothing":
        raise InputError(
            "why.nothing_kept", "memory.keep is nothing, so that no turn is kept: set it to all or no_words"
        )
    name = past.home_name(profile, simulated=args.simulated, file=args.home)
    store = past.store_of(profile, name)
    if args.simulated or args.home is not None or named:
        return store
    if (last := store.home_asked(turn_id)) is not None and last != name:
        # Whoever has just asked in another home wants to know about that, and need not know that there are several.
        store.close()
        store = past.store_of(profile, last)
    return store


def _forget(args: argparse.Namespace, store: "Store") -> ExitCode:
    turn_id = _found(args, store).id if args.turn else None
    gone = store.forget(turn_id)
    if args.json:
        print(json.dumps({"forgotten": gone, "turn": turn_id}))
    else:
        what = ", and all habits" if turn_id is None else ""
        print(f"{gone} lesson{'s' * (gone != 1)} taken back{what}, of {home_words(store.home)}")
    return ExitCode.OK


def _list(args: argparse.Namespace, store: "Store") -> ExitCode:
    from edge.show import table, turn_json

    turns = store.turns()
    if args.json:
        print(json.dumps([turn_json(turn) for turn in turns], ensure_ascii=False))
        return ExitCode.OK
    if not turns:
        print("nothing has been asked here yet")
        return ExitCode.NOT_DONE
    print(
        table(
            ("turn", "when", "heard", "what came of it"),
            [(t.id, when(t), heard_words(t), did(t.plan, t.home)) for t in turns],
        )
    )
    return ExitCode.OK


def _found(args: argparse.Namespace, store: "Store") -> Turn:
    turn = store.turn(args.turn)
    if turn is None:
        raise InputError("why.no_turn", which(args.turn, store.ids() or (), "turn", "edge why --list"))
    return turn


def _explain(args: argparse.Namespace, store: "Store") -> ExitCode:
    from edge.show import turn_json

    turn = _found(args, store) if args.turn else next(iter(store.turns(1)), None)
    steps = () if turn is None else tuple(step for step in store.steps() if step.turn == turn.id)
    if args.json:
        found: dict[str, Any] = {"turn": None if turn is None else turn_json(turn)}
        if turn is not None:
            found["home"] = [_state_json(entity) for entity in _deciding(turn)]
            found["learned"] = [step._asdict() | {"moves": dict(step.moves)} for step in steps]
        print(json.dumps(found, ensure_ascii=False))
    elif turn is None:
        print("nothing has been asked here yet")
    else:
        print(f"home        {home_words(store.home)}")
        print("\n".join(lines(turn, steps, verbose=args.verbose, given=options(args, store.home))))
    return ExitCode.NOT_DONE if turn is None else ExitCode.OK


def home_words(name: str) -> str:
    """The home that a file of the past knows by this name, as people choose it."""
    if name == "simulated":
        return "the built-in home (--simulated)"
    return "a home from a file (--home)" if name.startswith("file ") else f"your home, at {name}"


def lines(turn: Turn, steps: "Sequence[Step]" = (), *, verbose: bool = False, given: str = "") -> Iterator[str]:
    """The explanation, for people. verbose: with all candidates, and the features by the names that they go by.

    given: home and settings, as of `edge.hints.options`, for commands that are named.
    """
    from edge.nlu.context import NEITHER
    from edge.show import printable, table, understood

    yield printable(f"turn        {turn.id}, {when(turn)}")
    yield printable(f"heard       {heard_words(turn)}{_served(turn, given)}")
    yield printable(f"understood  {understood(turn)}")
    yield printable(f"outcome     {did(turn.plan, turn.home)}")
    found = [option for option in turn.weighed if option.interpretation.intent not in NEITHER.values()]
    neither = [option for option in turn.weighed if option.interpretation.intent in NEITHER.values()]
    options = [*found[: len(found) if verbose else SHOWN], *neither]
    if not options:
        yield f"\nnothing had to be weighed: {_why_not(turn)}"
    else:
        yield f"\nwhat it may have meant ({len(found)} weighed)"
        ways = {intent: way for way, intent in NEITHER.items()}
        said = [ways.get(option.interpretation.intent) or did(option.plan, turn.home) for option in options]
        shares = [option.probability for option in options]
        rows = [(n, f"{p:4.0%}", bar(p), name) for n, (p, name) in enumerate(zip(shares, said, strict=True), 1)]
        yield table(("", "likely", "", "candidate"), rows)
        yield "\nwhat spoke for each"
        yield _contributions(options, turn, verbose=verbose)
    if entities := _deciding(turn):
        yield "\nthe home as it was then"
        yield table(("device", "state", "changed"), [_state_row(entity, turn) for entity in entities])
    if turn.context.habits and options:
        mentioned = {command.entity_id for o in options for command in (*o.plan.commands, *o.plan.pending)}
        habits = [h for h in turn.context.habits if h.entity_id in mentioned]
        if habits:
            yield "\nwhat is usual here"
            worded = [
                (_name(h.entity_id, turn.home), _worded(h.verb.value, h.args), h.situation, f"{h.count:.1f}")
                for h in habits
            ]
            yield table(("device", "is told to", "when", "times"), worded)
    for one in turn.context.spoken[:1]:
        ago = max(0, turn.opened_ms - one.at_ms) // 1000
        yield ""
        yield printable(f"said {ago} s before: {one.interpretation.text!r}: {did(one.plan, turn.home)}")
    for step in steps:
        yield f"\nlearned from it ({step.reason}); taken back by: edge why{given} --turn {turn.id} --forget"
        moves = _grouped(step.moves, verbose=verbose)
        yield table(("feature", "moved by"), [(name, f"{value:+.3f}") for name, value in sorted(moves.items())])


def _served(turn: Turn, given: str) -> str:
    """What was understood in place of what was heard, and by what."""
    by = turn.rewrite
    if by is None:
        return ""
    whose = "this home means that" if by.layer == "personal" else "other homes mean that"
    see = f": edge rewrites{given} why {by.rule_id[:8]}" if by.layer == "personal" else ""
    return f"; understood as {by.text!r}, because {whose} (rewrite {by.rule_id[:8]}{see})"


def _why_not(turn: Turn) -> str:
    if turn.interpretation is None or turn.error:
        return "nothing was understood"
    if turn.interpretation.source == "answer":
        return "it answers what was asked"
    if turn.plan is not None and turn.plan.refusal is not None and turn.plan.refusal.code == "resolve.no_referent":
        return "nothing here fits it"
    if any(reading.intent in OPEN_INTENTS for reading in turn.readings):
        return "after what was said before, only one thing could be meant, or none"
    return "the words alone say it" if turn.rewrite is None else "the words in their place say it"


def _grouped(features: Mapping[str, float], *, verbose: bool) -> dict[str, float]:
    """The features in words; what is weighed for all requests and again for this kind is one thing."""
    found: dict[str, float] = {}
    for name, value in features.items():
        called = name if verbose else described(name)
        found[called] = found.get(called, 0.0) + value
    return found


def _contributions(options: Sequence[Weighed], turn: Turn, *, verbose: bool) -> str:
    """A line a feature, the ones that differ most first; the columns' sums are the scores."""
    from edge.show import table

    grouped = [_grouped(option.contributions, verbose=verbose) for option in options]
    shifts = _grouped(turn.context.weights, verbose=verbose)
    names = {name for one in grouped for name in one}
    spans = {name: [one.get(name, 0.0) for one in grouped] for name in names}
    ordered = sorted(names, key=lambda name: (min(spans[name]) - max(spans[name]), name))
    most = max((abs(value) for values in spans.values() for value in values), default=0.0) or 1.0
    rows: list[tuple[str, ...]] = []
    for name in ordered:
        moved = shifts.get(name, 0.0)
        first = bar(abs(spans[name][0]) / most, 10)
        cells = [f"{value:+.2f}" if value else "·" for value in spans[name]]
        rows.append((name, first, *cells, f"{moved:+.2f}" if moved else ""))
    scores = [f"{sum(option.contributions.values()):+.2f}" for option in options]
    rows.append(("score", "", *scores, ""))
    return table(("feature", "for 1", *(str(n) for n in range(1, len(options) + 1)), "moved here"), rows)


def bar(share: float, cells: int = BAR) -> str:
    """A bar of so many cells at most, in eighths.

    >>> [bar(share, 4) for share in (0, 0.5, 0.53125, 1, 7)]
    ['', '██', '██▏', '████', '████']
    """
    eighths = round(min(1.0, max(0.0, share)) * cells * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def did(plan: Plan | None, home: HomeState) -> str:
    """A plan in one line, with the devices by their names."""
    if plan is None:
        return "nothing"
    if plan.refusal is not None:
        return f"refused: {(plan.refusal.code.partition('.')[2] or plan.refusal.code).replace('_', ' ')}"
    if plan.timer is not None:
        new, do = plan.timer.new, plan.timer.do.value
        if plan.question is not None and plan.question != CONFIRM:
            return f"asks {plan.question.removesuffix('_again').replace('_', ' ')} to {do}"
        what = new.kind.value if new is not None else "timer"
        later = tuple(Command(one.entity_id, Verb(one.verb), one.args) for one in new.then) if new is not None else ()
        asks = "asks before: " if plan.question is not None else ""
        a = {"alarm": "an alarm"}.get(what, f"a {what}")
        if plan.timer.do is TimerDo.STATUS:
            return "tells about timers"
        return f"{asks}{do} {a}" + (f", and then: {_commands(Plan(commands=later), home)}" if later else "")
    if plan.lesson is not None and not plan.commands:
        return lesson_words(plan.lesson)
    if plan.question == CONFIRM and plan.pending:
        return f"asks before: {_commands(plan, home)}"
    if plan.question is not None:
        asks = f"asks {plan.question.removesuffix('_again').replace('_', ' ')}"
        return f"{asks}: {_few(plan.candidates, home)}" if plan.candidates else asks
    if plan.commands:
        return _commands(plan, home)
    told = (*plan.matched, *plan.unmatched)
    return f"answers about {_few(told, home)}" if told else "nothing"


def _commands(plan: Plan, home: HomeState) -> str:
    commands = (*plan.commands, *plan.pending)
    said = question(commands, {command.entity_id: _name(command.entity_id, home) for command in commands})
    return said[:1].lower() + said[1:].removesuffix("?")


def _few(ids: Sequence[str], home: HomeState) -> str:
    names = [the(_name(one, home)) for one in ids[:3]]
    return f"{names[0]} and {len(ids) - 1} more" if len(ids) > 3 else ", ".join(names)


def _name(entity_id: str, home: HomeState) -> str:
    entity = home.entities.get(entity_id)
    return entity.name if entity is not None else entity_id


def _worded(verb: str, args: Any) -> str:
    return " ".join((verb.replace("_", " "), *(f"{name}={value}" for name, value in sorted(args.items()))))


def _deciding(turn: Turn) -> list[Entity]:
    """The devices of all that was weighed or came of it, those that changed last first."""
    plans = [option.plan for option in turn.weighed[:SHOWN]] + ([turn.plan] if turn.plan is not None else [])
    ids: dict[str, None] = {}
    for plan in plans:
        ids |= dict.fromkeys(command.entity_id for command in (*plan.commands, *plan.pending))
        ids |= dict.fromkeys((*plan.matched, *plan.unmatched, *plan.candidates))
    found = [turn.home.entities[entity_id] for entity_id in ids if entity_id in turn.home.entities]
    return sorted(found, key=lambda entity: -(entity.changed_ms or 0))[:20]


def _state_row(entity: Entity, turn: Turn) -> tuple[str, str, str]:
    from edge.show import state_words

    return (entity.name, state_words(entity), _ago(entity, turn))


def _ago(entity: Entity, turn: Turn) -> str:
    from edge.show import duration

    return "—" if entity.changed_ms is None else f"{duration((turn.opened_ms - entity.changed_ms) / 1000)} before"


def _state_json(entity: Entity) -> dict[str, Any]:
    return {"entity_id": entity.entity_id, "state": entity.state, "changed_ms": entity.changed_ms}


def when(turn: Turn) -> str:
    """When it was asked, in the time of the machine."""
    when = dt.datetime.fromtimestamp(turn.opened_ms / 1000, dt.UTC).astimezone()
    return f"{when:%Y-%m-%d %H:%M:%S}"


def heard_words(turn: Turn) -> str:
    """What was heard, in quotes."""
    return repr(turn.utterance.text) if turn.utterance.hypotheses else "(words are not kept)"
