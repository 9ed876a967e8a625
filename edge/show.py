"""What commands print: tables, turns and progress, for people and as JSON."""

import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TextIO

from edge.core.codec import to_json
from edge.core.home import Entity, HomeState, Voice
from edge.core.lessons import asks_first
from edge.core.text import normalize
from edge.core.turn import Command, CommandOutcome, Result, Turn
from edge.doctor import Check
from edge.reply.states import spoken_state

PROGRESS_AFTER_S = 1.0
"""Nothing is shown for what takes less."""
REDRAW_S = 0.1
_UNPRINTABLE = "\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""Control characters, signs that turn the direction of text, and halves of characters, which cannot be written."""
_SPACES = re.compile(r"[\t\n\r]+")
_CONTROLS = re.compile(f"[\x00-\x1f{_UNPRINTABLE}]")
_UNESCAPED = re.compile(f"[{_UNPRINTABLE}]")


def printable(text: str) -> str:
    r"""The text on one line; what a device says must not steer the terminal.

    >>> printable("21\x1b[2J")
    '21�[2J'
    """
    return _CONTROLS.sub("�", _SPACES.sub(" ", text))


def printable_json(text: str) -> str:
    r"""The same JSON value, with everything escaped that could steer a terminal.

    >>> printable_json('"\x9b2J"')
    '"\\u009b2J"'
    """
    return _UNESCAPED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Left-aligned columns under a rule.

    >>> print(table(["a", "b"], [["x", 1]]))
    a  b
    ─  ─
    x  1
    """
    lines = [[printable(str(cell)) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(head, *lines, strict=True)]
    rule = ["─" * width for width in widths]
    padded = (
        "  ".join(cell + " " * (w - _width(cell)) for cell, w in zip(row, widths, strict=True))
        for row in ([*head], rule, *lines)
    )
    return "\n".join(line.rstrip() for line in padded)


def done(turn: Turn) -> bool:
    """Whether the turn ended as its speaker wished, as far as the hub can tell."""
    plan = turn.plan
    if turn.error or plan is None or plan.refusal is not None or plan.question is not None:
        return False
    if plan.lesson is not None and (plan.lesson.unwritten or asks_first(plan.lesson)):
        return False
    return turn.outcome is None or all(c.result is Result.CONFIRMED for c in turn.outcome.commands)


def understood(turn: Turn) -> str:
    """Intent and slots in one line."""
    if turn.interpretation is None:
        return turn.error or "nothing"
    slots = ", ".join(f"{s.name}={s.value}" for s in turn.interpretation.slots if s.value != "")
    return f"{turn.interpretation.intent}({slots})"


def turn_json(turn: Turn) -> dict[str, Any]:
    """The turn as plain JSON types, without the snapshot of the home, and with `done`."""
    data: dict[str, Any] = to_json(turn)
    del data["home"]
    return data | {"done": done(turn)}


def turn_lines(turn: Turn, *, verbose: bool) -> Iterable[str]:
    """The reply; with what led to it, when asked."""
    return map(printable, _turn_lines(turn, verbose=verbose))


def _turn_lines(turn: Turn, *, verbose: bool) -> Iterable[str]:
    if verbose:
        best = next(iter(turn.utterance.hypotheses), None)
        sure = f" (confidence {best.confidence:.2f})" if best and best.confidence < 1 else ""
        yield f"heard       {turn.utterance.text!r}{sure}"
        yield f"understood  {understood(turn)}"
        for command in turn.plan.commands if turn.plan else ():
            yield f"command     {command.verb} {command.entity_id}{_args(command)}"
        for outcome in turn.outcome.commands if turn.outcome else ():
            yield f"device      {outcome.entity_id} {outcome.result}{_took(outcome)}"
        yield "took        " + ", ".join(f"{span.stage} {span.ms:.1f} ms" for span in turn.spans)
    if turn.plan and turn.plan.commands and turn.outcome is None and not turn.error:
        # A home from a file: its devices are not there to be moved, and must not be said to have been.
        for command in turn.plan.commands:
            yield f"would {command.verb.replace('_', ' ')} {command.entity_id}{_args(command)}"
    elif turn.reply is not None and turn.reply.text:
        yield turn.reply.text
    if turn.error.startswith("speak."):
        yield f"not said aloud ({turn.error}): see edge doctor"


def _args(command: Command) -> str:
    return "".join(f" {key}={value}" for key, value in command.args.items())


def matching(home: HomeState, text: str) -> HomeState:
    """The home with only those devices whose room, name, aliases, state or id hold the text."""
    wanted = normalize(text)
    kept = [e for e in home.entities.values() if wanted in normalize(" ".join((*_searched(e, home), *e.aliases)))]
    return HomeState.of(kept, home.areas, home.floors, home.mic_area, home.taken_ms)


Taught = Mapping[str, Sequence[str]]
"""Entity id -> what people have taught the hub to call it too."""


def devices_table(home: HomeState, taught: Taught = MappingProxyType({})) -> str:
    """The devices by room."""
    return table(DEVICE_HEAD, device_rows(home, taught))


def device_rows(home: HomeState, taught: Taught = MappingProxyType({})) -> list[tuple[str, ...]]:
    """A line a device, in the columns of `DEVICE_HEAD`, by room and name."""
    entities = sorted(home.entities.values(), key=lambda entity: _searched(entity, home))
    return [device_row(entity, home, taught.get(entity.entity_id, ())) for entity in entities]


DEVICE_HEAD = ("room", "name", "state", "heard", "voice", "id")
VOICES = {Voice.ALLOWED: "", Voice.GUARDED: "guarded", Voice.CONFIRM: "asks first", Voice.NEVER: "never"}
"""What a voice may do, as the table shows it."""


def device_row(entity: Entity, home: HomeState, taught: Sequence[str] = ()) -> tuple[str, ...]:
    """One line of the table."""
    room, name, state, entity_id = _searched(entity, home)
    name = "; ".join((name, *(f"{one} (taught)" for one in taught)))
    voice = "needs another name" if entity.is_nameless else VOICES[entity.voice]
    return (room, name, state, age(entity, home.taken_ms), voice, entity_id)


def age(entity: Entity, now_ms: int) -> str:
    """How long ago the device reported; `kept` where all that is known is what the broker had kept."""
    if entity.reported_ms is not None:
        return duration((now_ms - entity.reported_ms) / 1000)
    return "—" if entity.state is None else "kept"


def duration(seconds: float) -> str:
    """A time span in its largest whole unit.

    >>> duration(7300)
    '2 h'
    """
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(0, int(seconds))} s"


def rooms_without_devices(home: HomeState) -> list[str]:
    """Names of rooms that only the configuration knows of: misspelt, most likely."""
    inhabited = {entity.area for entity in home.entities.values()}
    return sorted(area.name for area in home.areas if area.id not in inhabited)


def _searched(entity: Entity, home: HomeState) -> tuple[str, str, str, str]:
    area = home.area(entity.area)
    return (area.name if area else "—", entity.name, state_words(entity), entity.entity_id)


def state_words(entity: Entity) -> str:
    """The state as people read it; a dash until the device has reported."""
    return "—" if entity.state is None and entity.available else spoken_state(entity)


def _took(outcome: CommandOutcome) -> str:
    if outcome.sent_ms is None or outcome.confirmed_ms is None:
        return ""
    return f" after {outcome.confirmed_ms - outcome.sent_ms} ms"


def _width(text: str) -> int:
    # East Asian wide characters take two cells of a terminal.
    return sum(2 if "\u1100" <= char <= "\u115f" or "\u2e80" <= char <= "\uffe6" else 1 for char in text)


class Progress:
    """A line on a terminal that says what is going on and how far it is; silent when standard error is no terminal."""

    def __init__(self, what: str, *, stream: TextIO = sys.stderr, clock: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._stream = stream
        self._clock = clock
        self._began = clock()
        self._last = 0.0
        self._shown = False

    def __call__(self, done_units: int, total: int | None) -> None:
        """done_units of total (bytes, files, seconds); total None or 0 when it is not known."""
        now = self._clock()
        if not self._stream.isatty() or now - self._began < PROGRESS_AFTER_S or now - self._last < REDRAW_S:
            return
        self._last = now
        self._shown = True
        if total:
            share = min(1.0, done_units / total)
            bar = "█" * int(share * 30)
            self._stream.write(f"\r{self._what} {bar:<30} {share:4.0%}")
        else:
            self._stream.write(f"\r{self._what} {done_units:,}")
        self._stream.flush()

    def clear(self) -> None:
        """Take the line away, for something else to be printed in its place."""
        if self._shown:
            self._stream.write("\r\033[K")
            self._stream.flush()
            self._shown = False

    def close(self) -> None:
        """End the line."""
        if self._shown:
            self._stream.write("\n")


def checks_text(checks: Sequence[Check]) -> str:
    """A table of what was checked, and what to do about what is not right."""
    marks = {"ok": "ok", "warn": "!", "fail": "FAIL"}
    told = [table(("", "what", "found"), [(marks[c.status], c.name, c.found) for c in checks])]
    told += [f"\n{check.name}: {check.advice}" for check in checks if check.advice and check.status != "ok"]
    return "\n".join(told)
