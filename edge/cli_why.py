"""The command `edge why`: what a turn was taken for, what else it may have meant, and what decided."""

import argparse
import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from edge.core.errors import ExitCode, InputError
from edge.core.home import Entity
from edge.core.turn import Plan, Turn, Weighed

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
    from edge import past

    if args.list and (args.forget or args.turn):
        raise InputError("why.usage", "--list goes with neither --turn nor --forget")
    if profile.memory.keep == "nothing":
        raise InputError(
            "why.nothing_kept", "memory.keep is nothing, so that no turn is kept: set it to all or no_words"
        )
    store = past.store_of(profile, past.home_name(profile, simulated=args.simulated, file=args.home))
    try:
        if args.forget:
            return _forget(args, store)
        return _list(args, store) if args.list else _explain(args, store)
    finally:
        store.close()


def _forget(args: argparse.Namespace, store: "Store") -> ExitCode:
    turn_id = _found(args, store).id if args.turn else None
    gone = store.forget(turn_id)
    if args.json:
        print(json.dumps({"forgotten": gone, "turn": turn_id}))
    else:
        print(f"{gone} lesson{'s' * (gone != 1)} taken back" + (", and all habits" if turn_id is None else ""))
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
        table(("turn", "when", "heard", "what came of it"), [(t.id, _when(t), _heard(t), did(t.plan)) for t in turns])
    )
    return ExitCode.OK


def _found(args: argparse.Namespace, store: "Store") -> Turn:
    turn = store.turn(args.turn)
    if turn is None:
        raise InputError(
            "why.no_turn", f"no turn of this home, or more than one, begins with {args.turn!r}: --list them"
        )
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
        print("\n".join(lines(turn, steps, most=len(turn.weighed) if args.verbose else SHOWN)))
    return ExitCode.NOT_DONE if turn is None else ExitCode.OK


def lines(turn: Turn, steps: "Sequence[Step]" = (), *, most: int = SHOWN) -> Iterator[str]:
    """The explanation, for people. most: how many candidates of it."""
    from edge.show import printable, table, understood

    yield printable(f"turn        {turn.id}, {_when(turn)}")
    yield printable(f"heard       {_heard(turn)}")
    yield printable(f"understood  {understood(turn)}")
    yield printable(f"outcome     {did(turn.plan)}")
    options = turn.weighed[:most]
    if not options:
        yield "\nnothing was weighed: only one thing could have been meant, or none"
    else:
        yield f"\nwhat it may have meant ({len(turn.weighed)} weighed)"
        rows = [(n, f"{o.probability:4.0%}", bar(o.probability), did(o.plan)) for n, o in enumerate(options, 1)]
        yield table(("", "likely", "", "candidate"), rows)
        yield "\nwhat spoke for each"
        yield _contributions(options, turn)
    if entities := _deciding(turn):
        yield "\nthe home as it was then"
        yield table(("device", "state", "changed"), [_state_row(entity, turn) for entity in entities])
    if turn.context.habits and options:
        mentioned = {command.entity_id for o in options for command in (*o.plan.commands, *o.plan.pending)}
        habits = [h for h in turn.context.habits if h.entity_id in mentioned]
        if habits:
            yield "\nwhat is usual here"
            worded = [(h.entity_id, _worded(h.verb.value, h.args), h.situation, f"{h.count:.1f}") for h in habits]
            yield table(("device", "is told to", "when", "times"), worded)
    for one in turn.context.spoken[:1]:
        ago = max(0, turn.opened_ms - one.at_ms) // 1000
        yield ""
        yield printable(f"said {ago} s before: {one.interpretation.text!r}: {did(one.plan)}")
    for step in steps:
        yield f"\nlearned from it ({step.reason}); taken back by: edge why --turn {turn.id} --forget"
        yield table(("feature", "moved by"), [(name, f"{value:+.3f}") for name, value in sorted(step.moves.items())])


def _contributions(options: Sequence[Weighed], turn: Turn) -> str:
    """A line a feature, the ones that differ most first; the columns' sums are the scores."""
    from edge.show import table

    names = {name for option in options for name in option.contributions}
    spans = {name: [option.contributions.get(name, 0.0) for option in options] for name in names}
    ordered = sorted(names, key=lambda name: (min(spans[name]) - max(spans[name]), name))
    most = max((abs(value) for values in spans.values() for value in values), default=0.0) or 1.0
    rows: list[tuple[str, ...]] = []
    for name in ordered:
        moved = turn.context.weights.get(name, 0.0)
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


def did(plan: Plan | None) -> str:
    """A plan in one line."""
    if plan is None:
        return "nothing"
    if plan.refusal is not None:
        return f"refused: {plan.refusal.code.partition('.')[2] or plan.refusal.code}"
    if plan.question == "confirm" and plan.pending:
        return "asks before: " + _commands(plan)
    if plan.question is not None:
        return f"asks {plan.question}: {', '.join(plan.candidates)}" if plan.candidates else f"asks {plan.question}"
    if plan.commands:
        return _commands(plan)
    told = (*plan.matched, *plan.unmatched)
    return f"answers about {_few(told)}" if told else "nothing"


def _commands(plan: Plan) -> str:
    told: dict[str, list[str]] = {}
    for command in (*plan.commands, *plan.pending):
        told.setdefault(_worded(command.verb.value, command.args), []).append(command.entity_id)
    return "; ".join(f"{what}: {_few(ids)}" for what, ids in told.items())


def _few(ids: Sequence[str]) -> str:
    return ", ".join(ids) if len(ids) <= 3 else f"{ids[0]} and {len(ids) - 1} more"


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

    return (entity.entity_id, state_words(entity), _ago(entity, turn))


def _ago(entity: Entity, turn: Turn) -> str:
    from edge.show import duration

    return "—" if entity.changed_ms is None else f"{duration((turn.opened_ms - entity.changed_ms) / 1000)} before"


def _state_json(entity: Entity) -> dict[str, Any]:
    return {"entity_id": entity.entity_id, "state": entity.state, "changed_ms": entity.changed_ms}


def _when(turn: Turn) -> str:
    when = dt.datetime.fromtimestamp(turn.opened_ms / 1000, dt.UTC).astimezone()
    return f"{when:%Y-%m-%d %H:%M:%S}"


def _heard(turn: Turn) -> str:
    return repr(turn.utterance.text) if turn.utterance.hypotheses else "(words are not kept)"
