"""Recordings through the hub's own endpointer and recogniser, then understanding: how many come out right.

home_en: right when intent, slots and plan equal those of the transcript typed in (which must be understood); recordings
of nothing that can be asked (text null) are right when there is no plan. coffee: a hub that knows nothing but the
sentences of coffee/sentences.yaml; right when the slots equal the label exactly. A recording that the endpointer takes
apart counts all that was understood in it.
"""

import argparse
import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from edge.asr.spoken import spoken
from edge.audio.capture import Frame
from edge.audio.listen import Listener
from edge.core.errors import EdgeError
from edge.core.home import HomeState
from edge.core.text import words
from edge.core.turn import EndReason, Turn, Utterance
from edge.house import StillHome
from edge.hub import Hub
from edge.models import ModelStore, default_store, load_manifests
from edge.nlu.grammar import Grammar
from edge.past import Past
from edge.profile import load_profile
from edge.resources import data_dir
from tools.bench import calibration, common, peers
from tools.bench.homes import load_home

SWEEP_DB = (6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0)
SEED = 20_260_301
FRAME_BYTES = 2 * common.FRAME_SAMPLES


@dataclass(frozen=True)
class Row:
    """One recording and what it must come out as."""

    path: Path
    text: str | None
    slots: dict[str, Any] | None
    voice: str


class Forgetful(Past):
    """Remembers nothing: what was said before is no part of what a recording asks for."""

    def ended(self, turn: Turn) -> None:
        """Let it go."""


@dataclass(frozen=True)
class Suite:
    """Recordings, and the hub that hears them."""

    rows: Sequence[Row]
    hub: Hub
    listener: Callable[[], Listener]
    right: Callable[[Row, Sequence[Turn]], bool]
    spoken_out: bool
    """Whether transcripts are known."""


@dataclass(frozen=True)
class Heard:
    """What became of one recording."""

    row: Row
    turns: Sequence[Turn]
    right: bool
    reading: calibration.Reading | None
    """What was heard, taken as if it were certain, and the confidence in it; None when nothing was heard."""
    latency_ms: float | None
    """Computing time from the last speech sample to the plan; None when nothing was heard."""
    pauses_ms: Sequence[int]
    """Silence that each utterance was ended by, of those that silence ended."""
    busy_s: float
    audio_s: float
    word_errors: int
    word_count: int


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; see the README of the benchmark data for its keys."""
    parser = common.parser("speech", __doc__ or "")
    parser.add_argument("--suite", choices=("home_en", "coffee"), required=True)
    parser.add_argument(
        "--engine", default="auto", help="auto, pocketsphinx, vosk, whisper or together (default: auto)"
    )
    parser.add_argument("--snr", metavar="DB", help="kitchen noise at this ratio, or `sweep`: 6 to 24 dB")
    peers.add_argument(parser, "Pocketsphinx with the language model that it carries")
    parser.add_argument("--errors", action="store_true", help="list the recordings that came out wrong")
    parser.add_argument("--report", type=Path, metavar="DIR", help="draw a reliability diagram (PNG) into this folder")
    args = parser.parse_args(argv)
    try:
        result = measure(args)
    except EdgeError as error:
        common.fail(str(error))
    common.emit(result, as_json=args.json, title=f"recognition, {args.suite}, {args.engine}")
    return 0


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Hear the suite, once a noise level."""
    suite = _suite(args)
    levels = _levels(args.snr)
    noise = common.read_audio(args.data / "noise" / "kitchen.flac") if levels != [None] else None
    by_level = {level: _hear_all(suite, level, noise, show_errors=args.errors) for level in levels}
    everything = [heard for level in levels for heard in by_level[level]]
    result = _figures(suite, everything)
    if report := getattr(args, "report", None):
        name = f"reliability-{args.suite}-{args.engine}{f'-{args.snr}' if args.snr else ''}"
        calibration.draw(_readings(everything), f"{args.suite}, {args.engine}", report / f"{name}.png")
    if len(levels) > 1:
        accuracies = {f"{level:g}": _accuracy(heard) for level, heard in by_level.items()}
        result["accuracy"] = sum(accuracies.values()) / len(accuracies)
        result["accuracy_by_snr"] = accuracies
    if args.peers:
        peer = _peer(suite)
        heard = [one for level in levels for one in _hear_all(peer, level, noise, show_errors=False)]
        result["pocketsphinx_own_model"] = _figures(peer, heard)
    return result | {"suite": args.suite, "engine": args.engine}


def _levels(snr: str | None) -> list[float | None]:
    if snr is None:
        return [None]
    if snr == "sweep":
        return list(SWEEP_DB)
    try:
        return [float(snr)]
    except ValueError:
        common.fail(f"--snr takes a number of dB or sweep, not {snr!r}")


def _suite(args: argparse.Namespace) -> Suite:
    folder = common.need(args.data / args.suite)
    rows = [
        Row(folder / row["file"], row.get("text"), row.get("slots"), row.get("voice", "human"))
        for row in common.read_jsonl(folder / "labels.jsonl")
    ]
    # Nothing of this user's configuration takes part; the models that are installed do.
    profile = load_profile(environ={}, system_paths=(), overrides=[f"asr.engine={args.engine}"])
    if args.suite == "coffee":
        grammar = Grammar("en", [common.need(folder / "sentences.yaml")], builtin=False)
        home = HomeState()
    else:
        grammar = Grammar("en")
        home = load_home(folder / "home.json")
    # Each recording is judged for itself: hours go by between them, so that no question waits for its answer.
    hours = itertools.count(0.0, 3600.0)
    hub = Hub(profile, StillHome(home), store=store, grammar=grammar, past=Forgetful(), clock=lambda: next(hours))
    hub.standby().refresh()
    right = _right_order if args.suite == "coffee" else right_plan(hub)
    return Suite(rows, hub, lambda: hub.listener(wake=False), right, spoken_out=args.suite == "home_en")


def _peer(suite: Suite) -> Suite:
    """The same suite, endpointer and understanding, heard by Pocketsphinx as it comes."""
    from edge.audio.endpoint import EndpointSettings
    from edge.audio.vad import SileroVad

    plain = peers.PlainPocketsphinx()

    def listener() -> Listener:
        return Listener(wake=None, vad=SileroVad(), settings=EndpointSettings(), recognizer=lambda: plain)

    return replace(suite, listener=listener)


def store() -> ModelStore:
    """The models that are installed."""
    return ModelStore(default_store(), load_manifests([data_dir("models")]))


def _right_order(row: Row, turns: Sequence[Turn]) -> bool:
    orders = [turn.interpretation for turn in turns if turn.interpretation is not None]
    return len(orders) == 1 and {slot.name: slot.value for slot in orders[0].slots} == row.slots


def right_plan(hub: Hub) -> Callable[[Row, Sequence[Turn]], bool]:
    """Whether the turns that came of a recording are what its transcript, typed into this hub, comes to."""
    typed: dict[str, Turn] = {}

    def right(row: Row, turns: Sequence[Turn]) -> bool:
        meant = [_meaning(turn) for turn in turns if turn.interpretation is not None]
        if row.text is None:
            return not meant
        if row.text not in typed:
            typed[row.text] = hub.say(row.text)
        return typed[row.text].interpretation is not None and meant == [_meaning(typed[row.text])]

    return right


def _meaning(turn: Turn) -> tuple[object, ...]:
    interpretation = turn.interpretation
    slots = {(slot.name, slot.value) for slot in interpretation.slots} if interpretation else set()
    plan = turn.plan
    if plan is not None:
        plan = replace(plan, asking=None)  # the very words; their intent and slots are compared already
        if plan.timer is not None and plan.timer.new is not None:
            # Which number a timer gets and when it was set are of the turn, not of what was said.
            new = replace(plan.timer.new, id="", due_ms=None, since_ms=0)
            plan = replace(plan, timer=replace(plan.timer, new=new))
    return (interpretation.intent if interpretation else None, slots, plan)


def _hear_all(suite: Suite, snr_db: float | None, noise: common.Samples | None, *, show_errors: bool) -> list[Heard]:
    rng = np.random.default_rng(SEED)
    heard = []
    what = "clean" if snr_db is None else f"{snr_db:g} dB"
    for number, row in enumerate(suite.rows, 1):
        samples = common.read_audio(row.path)
        if snr_db is not None and noise is not None:
            samples = common.mix(samples, noise, snr_db, rng)
        one = _hear(suite, row, samples)
        heard.append(one)
        if show_errors and not one.right:
            told = " / ".join(
                f"{turn.utterance.text} ({turn.utterance.hypotheses[0].confidence:.2f})"
                for turn in one.turns
                if turn.utterance.hypotheses
            )
            sys.stderr.write(f"{row.voice:9}  {row.text or row.slots}\n           {told or '(nothing)'}\n")
        common.progress(number, len(suite.rows), what)
    return heard


def _hear(suite: Suite, row: Row, samples: common.Samples) -> Heard:
    """One recording, fed as fast as it is taken; the clock runs only while the hub computes."""
    listener = suite.listener()
    busy_s = 0.0
    busy_at: list[float] = []
    utterances: list[tuple[Utterance, float]] = []
    pauses_ms: list[int] = []

    def timed(step: Callable[[], Utterance | None]) -> None:
        nonlocal busy_s
        began = time.perf_counter()
        utterance = step()
        busy_s += time.perf_counter() - began
        if utterance is not None:
            utterances.append((utterance, busy_s))
            if utterance.end_reason is EndReason.SILENCE:
                pauses_ms.append(len(busy_at) * common.FRAME_SAMPLES * 1000 // common.RATE - utterance.ended_ms)

    for frame in frames(samples):
        busy_at.append(busy_s)
        timed(lambda frame=frame: listener.accept(frame))  # type: ignore[misc]
    timed(listener.finish)
    turns = []
    latency_ms = None
    for utterance, done_s in utterances:
        began = time.perf_counter()
        turns.append(suite.hub.take(utterance))
        thinking_s = time.perf_counter() - began
        last = min(len(busy_at) - 1, utterance.ended_ms * common.RATE // 1000 // common.FRAME_SAMPLES + 1)
        latency_ms = (done_s - busy_at[last] + thinking_s) * 1000
        busy_s += thinking_s
    errors, count = _word_errors(row.text, [utterance.text for utterance, _ in utterances])
    right = suite.right(row, turns)
    reading = _reading(suite, row, turns)
    return Heard(row, turns, right, reading, latency_ms, pauses_ms, busy_s, len(samples) / common.RATE, errors, count)


def _reading(suite: Suite, row: Row, turns: Sequence[Turn]) -> calibration.Reading | None:
    """The whole of a recording: as doubtful as the most doubtful of what was heard in it."""
    heard = [turn.utterance for turn in turns if turn.utterance.hypotheses]
    if not heard:
        return None
    certain = [suite.hub.say(utterance.text) for utterance in heard]
    # Speech that asks for nothing has no right reading, not even one that is not understood.
    right = not (suite.spoken_out and row.text is None) and suite.right(row, certain)
    return calibration.Reading(min(u.hypotheses[0].confidence for u in heard), right)


def _readings(heard: Sequence[Heard]) -> list[calibration.Reading]:
    return [one.reading for one in heard if one.reading is not None]


def frames(samples: common.Samples) -> Iterator[Frame]:
    """The recording, 20 ms at a time; the last one filled up with silence."""
    pcm = samples.astype("<i2").tobytes()
    for start in range(0, len(pcm), FRAME_BYTES):
        yield Frame(start // 2, pcm[start : start + FRAME_BYTES].ljust(FRAME_BYTES, b"\0"))


def _word_errors(wanted: str | None, heard: Sequence[str]) -> tuple[int, int]:
    """Levenshtein distance in words, and the number of words that were said; numbers in words on both sides."""
    if wanted is None:
        return 0, 0
    said, got = (words(spoken(text, "en") or text) for text in (wanted, " ".join(heard)))
    row = list(range(len(got) + 1))
    for i, word in enumerate(said, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1], len(said)


def _accuracy(heard: Sequence[Heard]) -> float:
    return sum(one.right for one in heard) / len(heard)


def _figures(suite: Suite, heard: Sequence[Heard]) -> dict[str, Any]:
    latencies = [one.latency_ms for one in heard if one.latency_ms is not None]
    pauses = [pause for one in heard for pause in one.pauses_ms]
    nothing = [one for one in heard if suite.spoken_out and one.row.text is None]
    said = sum(one.word_count for one in heard)
    totals = Counter(one.row.voice for one in heard)
    rights = Counter(one.row.voice for one in heard if one.right)
    return {
        "right": sum(one.right for one in heard),
        "total": len(heard),
        "accuracy": _accuracy(heard),
        "oov_rejected": sum(one.right for one in nothing),
        "oov_total": len(nothing),
        "wer": sum(one.word_errors for one in heard) / said if said else None,
        "rtf": sum(one.busy_s for one in heard) / sum(one.audio_s for one in heard),
        "final_latency_ms_p50": common.percentile(latencies, 50),
        "final_latency_ms_p95": common.percentile(latencies, 95),
        "ended_after_ms_p50": common.percentile(pauses, 50),
        "ended_after_ms_p95": common.percentile(pauses, 95),
        "peak_rss_mb": common.peak_rss_mb(),
        **calibration.figures(_readings(heard)),
    } | {
        f"{voice}_{key}": count[voice]
        for voice in sorted(totals)
        for key, count in (("right", rights), ("total", totals))
    }


if __name__ == "__main__":
    raise SystemExit(main())
