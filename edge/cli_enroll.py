"""The command `edge wake enroll`: whose voices may wake the hub."""

import argparse
import json
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from edge import wakes
from edge.audio import speaker, voices
from edge.audio.speaker import NEEDED, RECORDINGS, Voice
from edge.core.errors import ExitCode, InputError
from edge.core.text import normalize
from edge.models import ModelStore
from edge.profile import Profile
from edge.show import table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edge.audio.capture import Frame, Source
    from edge.audio.wake import WakeDetector

Microphone = Callable[[], "Source"]
CAVEAT = "a convenience, not a lock: a recording of the voice, or a voice much like it, wakes the hub too"
_BEFORE_FRAMES = 175
_AFTER_FRAMES = 20
"""Frames of 20 ms kept before the word was heard and after it."""
_WAIT_FRAMES = 1500
"""Frames of 20 ms that the microphone waits for the word: 30 s."""


class _Take(NamedTuple):
    """One recording of the word."""

    name: str
    word: "NDArray[np.float32]"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the action."""
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="three recordings of the wake word (default: the microphone)",
    )
    parser.add_argument("--name", metavar="NAME", help="whose voice it is: small letters, digits, - and _")
    parser.add_argument(
        "--model", metavar="NAME", help="wake word: an id or a file (default: the first of wake.models)"
    )
    parser.add_argument("--list", action="store_true", help="show whose voices are enrolled")
    parser.add_argument("--forget", metavar="NAME", help="delete a voice")


def run(args: argparse.Namespace, profile: Profile, store: ModelStore, microphone: Microphone) -> ExitCode:
    """Raises InputError (`voice.*`, `wake.*`, `audio.*`) and MissingError."""
    folder = profile.paths.data_dir / "voices"
    if [bool(args.name), args.list, bool(args.forget)].count(True) != 1:
        raise InputError("voice.nothing_to_do", "give one of --name NAME, --list and --forget NAME")
    if args.list:
        return _list(folder, as_json=args.json)
    if args.forget:
        voices.forget(folder, args.forget)
        print(json.dumps({"forgot": args.forget}) if args.json else f"forgot the voice of {args.forget}")
        if args.forget in profile.wake.speakers:
            sys.stderr.write(f"edge: {args.forget} still stands in wake.speakers; take it out\n")
        return ExitCode.OK
    return _enroll(args, profile, store, microphone, folder)


def _list(folder: Path, *, as_json: bool) -> ExitCode:
    found = [voices.read(folder, name) for name in voices.names(folder)]
    if as_json:
        print(json.dumps([{"name": voice.name, "words": list(voice.words)} for voice in found], ensure_ascii=False))
    elif found:
        print(table(("voice", "wake words"), [(voice.name, ", ".join(voice.words)) for voice in found]))
    else:
        print("nobody is enrolled: edge wake enroll --name NAME")
    return ExitCode.OK


def _enroll(
    args: argparse.Namespace, profile: Profile, store: ModelStore, microphone: Microphone, folder: Path
) -> ExitCode:
    voices.check_name(args.name)
    if args.files and len(args.files) != RECORDINGS:
        raise InputError("voice.recordings", f"give {RECORDINGS} recordings of the wake word, not {len(args.files)}")
    model = args.model or profile.wake.models[0]
    detector = wakes.detector(replace(profile.wake, models=(model,)), store)
    phrase = wakes.word(model, replace(profile.wake, verify="off"), store).model.phrase
    if args.files:
        takes = [_from_file(path, detector, phrase) for path in args.files]
    else:
        takes = list(_from_microphone(microphone, detector, phrase))
    likeness = speaker.alike([take.word for take in takes])
    for take, like in zip(takes, likeness, strict=True):
        if like < NEEDED:
            raise InputError(
                "voice.unlike",
                f"{take.name} sounds unlike the others (likeness {like:.2f}, needed {NEEDED}): "
                "let one person say all of them, from where the wake word is usually said",
            )
    words = {normalize(phrase): tuple(take.word for take in takes)}
    if args.name in voices.names(folder) and (kept := _kept(folder, args.name)) is not None:
        words = {**kept.words, **words}
    voices.write(folder, Voice(args.name, words))
    if args.json:
        rows = [
            {"recording": take.name, "seconds": round(len(take.word) * 0.02, 2), "likeness": round(like, 3)}
            for take, like in zip(takes, likeness, strict=True)
        ]
        print(json.dumps({"name": args.name, "word": phrase, "needed": NEEDED, "recordings": rows}, ensure_ascii=False))
        return ExitCode.OK
    shown = [
        (take.name, f"{len(take.word) * 0.02:.2f} s", f"{like:.2f}") for take, like in zip(takes, likeness, strict=True)
    ]
    print(table((f"“{phrase}”", "length", f"likeness (needed {NEEDED})"), shown))
    listed = ", ".join(f'"{name}"' for name in dict.fromkeys((*profile.wake.speakers, args.name)))
    print(f"\nenrolled {args.name}: {CAVEAT}")
    print(f"to let these voices alone wake the hub, in ~/.config/edge/edge.toml:\n\n  [wake]\n  speakers = [{listed}]")
    return ExitCode.OK


def _kept(folder: Path, name: str) -> Voice | None:
    """What the person is enrolled with already; a damaged file is replaced."""
    try:
        return voices.read(folder, name)
    except InputError as error:
        if error.code != "voice.broken":
            raise
        return None


def _from_file(path: Path, detector: "WakeDetector", phrase: str) -> _Take:
    from edge.audio.capture import FileSource

    detector.reset()
    with FileSource(path) as source:
        for word in _words(_and_silence(source), detector, path.name):
            return _Take(path.name, word)
    raise InputError("voice.no_wake_word", f"{path.name}: “{phrase}” was not heard in it: record the wake word again")


def _from_microphone(microphone: Microphone, detector: "WakeDetector", phrase: str) -> Iterator[_Take]:
    said = 0
    with microphone() as source:
        words = _words(source, detector, "the recording")
        while said < RECORDINGS:
            sys.stderr.write(f"edge: say “{phrase}” ({said + 1} of {RECORDINGS})\n")
            word = next(words, None)
            if word is None:
                raise InputError("voice.no_wake_word", f"“{phrase}” was not heard: see edge wake tune --seconds 20")
            said += 1
            yield _Take(f"recording {said}", word)


def _and_silence(source: "Iterable[Frame]") -> "Iterator[Frame]":
    """A recording that is cut off just after the word is heard to the end all the same."""
    from edge.audio.capture import FRAME_BYTES, Frame

    end = 0
    for frame in source:
        end = frame.end
        yield frame
    for _ in range(50):
        silence = Frame(end, bytes(FRAME_BYTES))
        end = silence.end
        yield silence


def _words(frames: "Iterable[Frame]", detector: "WakeDetector", name: str) -> "Iterator[NDArray[np.float32]]":
    """The wake words in the sound, until none is heard for a long time. Raises InputError for one that is unfit."""
    kept: deque[Frame] = deque(maxlen=_BEFORE_FRAMES + _AFTER_FRAMES)
    noticed_at, wait, quiet = 0, 0, 0
    for frame in frames:
        kept.append(frame)
        detection = detector.accept(frame)
        if wait == 0 and detection is not None:
            noticed_at, wait = detection.at_sample, _AFTER_FRAMES
        elif wait > 0:
            wait -= 1
            if wait == 0:
                try:
                    yield speaker.enrol(b"".join(each.pcm for each in kept), frame.end - noticed_at)
                except InputError as error:
                    raise InputError(error.code, f"{name}: {error}") from error
                quiet = 0
        quiet += 1
        if quiet > _WAIT_FRAMES:
            return
