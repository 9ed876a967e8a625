"""One correction: of the recordings that come out wrong, how many come out right once it has been said what was meant.

Every recording of home_en is heard in a hub that has learnt nothing yet. Where it comes out wrong, its transcript is
said after "no, I meant", seconds later; an hour later the same recording is heard again. In the end all
recordings are heard once more by that hub, to see what the corrections have done to the others.
"""

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edge.core.errors import EdgeError
from edge.core.timers import TimerAction, TimerDo
from edge.core.turn import Turn, Utterance
from edge.house import StillHome
from edge.hub import Hub
from edge.nlu.grammar import Grammar
from edge.past import Past
from edge.profile import load_profile
from tools.bench import common, speech
from tools.bench.homes import load_home

SECOND_S, HOUR_S = 1.0, 3600.0


class _Time:
    """The hub's clocks: they stand still until time is let pass."""

    def __init__(self) -> None:
        self.s = 0.0

    def steady(self) -> float:
        return self.s

    def wall(self) -> dt.datetime:
        return dt.datetime(2026, 1, 5, 18, tzinfo=dt.UTC) + dt.timedelta(seconds=self.s)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = common.parser("correct", __doc__ or "")
    parser.add_argument(
        "--engine", default="pocketsphinx", help="pocketsphinx, vosk, whisper, together or auto (default: pocketsphinx)"
    )
    parser.add_argument("--snr", type=float, metavar="DB", help="kitchen noise at this ratio")
    parser.add_argument("--errors", action="store_true", help="list the recordings that stay wrong, or become so")
    args = parser.parse_args(argv)
    try:
        result = measure(args)
    except EdgeError as error:
        common.fail(str(error))
    common.emit(result, as_json=args.json, title=f"one correction, {args.engine}")
    return 0


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Hear all, correct what is wrong, hear all again. Keys: see the README's figures."""
    time = _Time()
    folder = common.need(args.data / "home_en")
    rows = [
        speech.Row(folder / row["file"], row.get("text"), None, row.get("voice", "human"))
        for row in common.read_jsonl(folder / "labels.jsonl")
    ]
    profile = load_profile(environ={}, system_paths=(), overrides=[f"asr.engine={args.engine}"])
    home, grammar = StillHome(load_home(folder / "home.json")), Grammar("en")
    listening = Hub(profile, home, store=speech.store, grammar=grammar)
    listening.standby().refresh()
    heard = _heard_all(rows, listening, args.snr, args.data)
    with Hub(
        profile, home, store=speech.store, grammar=grammar, past=Past(now=time.wall), clock=time.steady, wall=time.wall
    ) as hub:
        return _figures(rows, heard, hub, time, show_errors=args.errors)


def _heard_all(rows: Sequence[speech.Row], hub: Hub, snr_db: float | None, data: Path) -> list[list[Utterance]]:
    """What the recogniser makes of each recording; it does not learn, so once is enough."""
    rng = np.random.default_rng(speech.SEED)
    noise = common.read_audio(common.need(data / "noise" / "kitchen.flac")) if snr_db is not None else None
    heard = []
    for number, row in enumerate(rows, 1):
        samples = common.read_audio(row.path)
        if snr_db is not None and noise is not None:
            samples = common.mix(samples, noise, snr_db, rng)
        listener = hub.listener(wake=False)
        some = [u for frame in speech.frames(samples) if (u := listener.accept(frame)) is not None]
        last = listener.finish()
        heard.append([*some, *([last] if last is not None else [])])
        common.progress(number, len(rows), "recordings")
    return heard


def _figures(
    rows: Sequence[speech.Row], heard: Sequence[list[Utterance]], hub: Hub, time: _Time, *, show_errors: bool
) -> dict[str, Any]:
    plain = Hub(hub.profile, hub.home, store=speech.store, grammar=hub.grammar, past=speech.Forgetful())
    right = speech.right_plan(plain)

    def again(at: int) -> list[Turn]:
        time.s += HOUR_S
        for keeper in (hub.keeper, plain.keeper):  # timers of the recordings before
            keeper.apply(TimerAction(TimerDo.CANCEL, tuple(timer.id for timer in keeper.timers())))
        return [hub.take(utterance) for utterance in heard[at]]

    before, corrected = [], {}
    for at, row in enumerate(rows):
        before.append(right(row, again(at)))
        if not before[-1] and row.text is not None:
            time.s += 5 * SECOND_S
            hub.say(f"no, I meant {row.text}")
            corrected[at] = right(row, again(at))
    after = [right(row, again(at)) for at, row in enumerate(rows)]
    unheard = [at for at in corrected if not any(u.hypotheses for u in heard[at])]
    if show_errors:
        for at in (at for at in range(len(rows)) if not after[at]):
            told = " / ".join(u.text for u in heard[at]) or "(nothing)"
            sys.stderr.write(f"{'stays wrong' if at in corrected else 'wrong now'}: {rows[at].text}: {told}\n")
    return {
        "total": len(rows),
        "right_before": sum(before),
        "corrected": len(corrected),
        "right_after_one_correction": sum(corrected.values()),
        "nothing_heard": len(unheard),
        "right_after_all": sum(after),
        "harmed": sum(was and not now for was, now in zip(before, after, strict=True)),
    }


if __name__ == "__main__":
    raise SystemExit(main())
