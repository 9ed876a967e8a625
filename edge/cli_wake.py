"""The command `edge wake`: what a wake word's models make of one's own voice and room."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge import cli_enroll, wakes
from edge.audio import wake_tune
from edge.audio.wake_tune import Heard, Proposal
from edge.core.errors import ExitCode, InputError, MissingError
from edge.models import ModelStore
from edge.profile import Profile
from edge.show import Progress, table

if TYPE_CHECKING:
    from edge.audio.capture import Frame, Source

SOUNDS = (".wav", ".flac")
_NAME_WIDTH = 24
FRAME_MS = 20
ENOUGH_S = 600
"""Sound without the word, from which a threshold is more than a guess: a false alarm a day is one in 86,400 s."""
Microphone = Callable[[], "Source"]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Actions and their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    tune = actions.add_parser(
        "tune",
        help="show the score of recordings over time, and propose a threshold",
        epilog="example: edge wake tune alexa/*.wav --without talk.flac --plot scores.png",
    )
    tune.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="WAV, FLAC, or folders of them, with the word"
    )
    tune.add_argument("--without", nargs="+", default=[], type=Path, metavar="FILE", help="the same, without the word")
    tune.add_argument("--seconds", type=int, default=0, metavar="N", help="listen to the microphone for so long")
    tune.add_argument("--model", metavar="NAME", help="wake word: an id or a file (default: the first of wake.models)")
    tune.add_argument("--plot", type=Path, metavar="FILE", help="also draw the scores into a PNG file")
    _common(tune)
    enroll = actions.add_parser(
        "enroll",
        help="let only enrolled voices wake the hub",
        description=f"Enrol a voice, for the setting wake.speakers; {cli_enroll.CAVEAT}.",
        epilog="example: edge wake enroll --name anna one.wav two.wav three.wav",
    )
    cli_enroll.arguments(enroll)
    _common(enroll)


def _common(parser: argparse.ArgumentParser) -> None:
    """What every command has, after the action's name too; the command's own stand before it."""
    absent = argparse.SUPPRESS
    parser.add_argument("--json", action="store_true", default=absent, help="print JSON")
    parser.add_argument("--config", type=Path, default=absent, metavar="FILE", help="a further configuration file")
    parser.add_argument("--board", default=absent, metavar="NAME", help="device profile to use")
    # Of its own name: an action's values would take the place of those that stand before it.
    parser.add_argument(
        "--set", action="append", dest="set_after", default=absent, metavar="KEY=VALUE", help="one setting"
    )


def run(args: argparse.Namespace, profile: "Profile", store: "ModelStore", microphone: Microphone) -> ExitCode:
    """microphone: opens it."""
    does = cli_enroll.run if args.action == "enroll" else _tune
    return does(args, profile, store, microphone)


def _tune(args: argparse.Namespace, profile: "Profile", store: "ModelStore", microphone: Microphone) -> ExitCode:
    from edge.audio import wake_tune

    if not args.files and args.seconds < 1:
        raise InputError("wake.nothing_to_hear", "name recordings, or listen to the microphone with --seconds N")
    name = args.model or profile.wake.models[0]
    word = wakes.word(name, profile.wake, store)
    # Its own models: a word's models follow one stream at a time.
    detector = wakes.detector(replace(profile.wake, models=(name,)), store)
    threshold = word.rule.both if word.verifier else word.model.threshold
    held, free = recordings(args.files), recordings(args.without)
    if args.plot is not None:
        _plotter()  # says at once that it is not there

    def heard(paths: Iterable[Path]) -> "list[Heard]":
        return [wake_tune.listen(path.name, _frames(path), word, detector) for path in paths]

    with_word, without = heard(held), heard(free)
    if args.seconds:
        with_word.append(wake_tune.listen("microphone", _spoken(microphone, args.seconds), word, detector))
    proposal = wake_tune.propose([each.best for each in with_word], [each.best for each in without])
    setting = "wake.both" if word.verifier else "wake.threshold"
    if args.plot is not None:
        plot(args.plot, [*with_word, *without], threshold if word.verifier is None else word.rule.near)
    if args.json:
        result = {"model": name, "setting": setting, "threshold": threshold, "proposed": proposal.threshold}
        result |= {"missed": proposal.missed, "false_alarms": proposal.false_alarms, "guessed": proposal.guessed}
        print(json.dumps(result | {"with_word": _rows(with_word), "without": _rows(without)}, ensure_ascii=False))
        return ExitCode.OK
    _show(with_word, "with the word")
    _show(without, "without it")
    _advise(setting, threshold, proposal, with_word, without)
    if args.plot is not None:
        print(f"drawn into {args.plot}")
    return ExitCode.OK


def recordings(paths: Sequence[Path]) -> list[Path]:
    """The files, and those of the folders in order of name. Raises InputError (`wake.no_recordings`)."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in SOUNDS) if path.is_dir() else [path]
        if not inside:
            raise InputError("wake.no_recordings", f"{path} holds no .wav or .flac file")
        found += inside
    return found


def plot(path: Path, each: "Sequence[Heard]", line: float) -> None:
    """Scores over time into a PNG file, a panel a recording. Raises MissingError, InputError (`wake.plot`)."""
    pyplot = _plotter()
    figure, panels = pyplot.subplots(len(each), 1, squeeze=False, figsize=(9, 1.2 + 1.1 * len(each)), sharey=True)
    for panel, heard in zip(panels[:, 0], each, strict=True):
        panel.plot([n * 0.02 for n in range(1, len(heard.scores) + 1)], heard.scores, linewidth=1)
        panel.axhline(line, linestyle="--", linewidth=0.8, color="grey")
        panel.set_ylim(0, 1.02)
        panel.set_title(f"{heard.name}: {heard.best:.2f}", fontsize=8, loc="left")
    panels[-1, 0].set_xlabel("seconds")
    figure.tight_layout()
    try:
        figure.savefig(path, format="png")
    except OSError as error:
        raise InputError("wake.plot", f"{path} cannot be written: {error.strerror}") from error
    finally:
        pyplot.close(figure)


def _plotter() -> Any:
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError as error:
        raise MissingError("wake.plot_missing", "drawing needs matplotlib; make install EXTRAS=plot") from error
    return pyplot


def _frames(path: Path) -> "Iterator[Frame]":
    from edge.audio.capture import RATE, FileSource

    heard_s = Progress(f"{path.name}: seconds heard")
    with FileSource(path) as source:
        for frame in source:
            heard_s(frame.end // RATE, None)
            yield frame
    heard_s.clear()


def _spoken(microphone: Microphone, seconds: int) -> "Iterator[Frame]":
    from edge.audio.capture import RATE

    heard_s = Progress("say the wake word a few times: seconds heard")
    with ExitStack() as stack:
        source = stack.enter_context(microphone())
        for frame in source:
            heard_s(frame.end // RATE, seconds)
            yield frame
            if frame.end >= seconds * RATE:
                break
    heard_s.clear()


def _show(each: "Sequence[Heard]", what: str) -> None:
    if not each:
        return
    width = shutil.get_terminal_size().columns
    named = min(_NAME_WIDTH, max(8, width // 4))
    ramp = wake_tune.BLOCKS if _can_print(wake_tune.BLOCKS) else wake_tune.ASCII
    rows = []
    for heard in each:
        name = heard.name if len(heard.name) <= named else "…" + heard.name[1 - named :]
        mark = "yes" if heard.wakes else "no"
        rows.append((name, f"{heard.best:.2f}", mark, wake_tune.draw(heard.scores, max(8, width - named - 19), ramp)))
    print(table((what, "score", "wakes", "the first model's score over time"), rows) + "\n")


def _advise(
    setting: str, threshold: float, proposal: "Proposal", with_word: "Sequence[Heard]", without: "Sequence[Heard]"
) -> None:
    missed = f"{proposal.missed} of {len(with_word)} with the word missed"
    if 2 * proposal.missed >= len(with_word) or proposal.false_alarms:
        print(f"no threshold parts these recordings: at best {missed}, {proposal.false_alarms} false alarms.")
        print("Is it the right wake word (--model), and are those without it behind --without?")
        return
    print(f"{setting} is {threshold:.2f}; these recordings propose {proposal.threshold:.2f}:")
    print(f"  {missed}, {proposal.false_alarms} false alarms in those without")
    seconds = sum(len(heard.scores) for heard in without) * FRAME_MS // 1000
    if seconds < ENOUGH_S:
        print(f"  a guess, from {seconds} s without the word: give minutes of talk after --without first")
    section, _, key = setting.partition(".")
    print(f"to set it, in edge.toml:\n\n  [{section}]\n  {key} = {proposal.threshold:.2f}")


def _rows(each: "Sequence[Heard]") -> list[dict[str, object]]:
    return [
        {
            "file": heard.name,
            "seconds": round(len(heard.scores) * 0.02, 2),
            "score": round(heard.best, 4),
            "wakes": heard.wakes,
            "scores": [round(score, 3) for score in heard.scores],
        }
        for heard in each
    ]


def _can_print(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return os.environ.get("TERM", "") != "linux" or not sys.stdout.isatty()
