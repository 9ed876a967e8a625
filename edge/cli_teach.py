"""The command `edge teach`: what is taught by typing, as by voice, and a list of what has been."""

import argparse
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from edge.core.codec import to_json
from edge.core.errors import ExitCode, InputError, UnwrittenError
from edge.core.home import HomeState
from edge.core.lessons import Lesson, LessonAction, id_of
from edge.core.text import normalize
from edge.core.turn import Interpretation, Turn
from edge.nlu.teachable import is_called, phrase_means
from edge.rewrite.entry import Source
from edge.rewrite.learn import line_of

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from edge.profile import Profile


class Line(Protocol):
    """A hub that moves nothing."""

    def say(self, text: str) -> Turn:
        """A typed request, down the line."""
        ...

    def teach(self, said: Interpretation) -> Turn:
        """Something taught without a sentence."""
        ...

    def snapshot(self) -> HomeState:
        """The home as it is now."""
        ...


def add_arguments(parser: argparse.ArgumentParser, home: Callable[[argparse.ArgumentParser], None]) -> None:
    """What the command takes. home: adds what chooses the home."""
    home(parser)
    parser.add_argument(
        "text", nargs="*", metavar="TEXT", help='a sentence that teaches ("call the floor lamp bertha"), or a phrase'
    )
    parser.add_argument("--means", nargs="+", metavar="REQUEST", help="with a phrase: the request that it is to mean")
    parser.add_argument("--name", nargs=2, metavar=("DEVICE", "NAME"), help="call a device by one more name")
    parser.add_argument("--list", action="store_true", help="list what has been taught")


def run(
    args: argparse.Namespace, profile: "Profile", open_line: "Callable[[], AbstractContextManager[Line]]"
) -> ExitCode:
    """open_line: the hub, on the home as it is now; it moves nothing.

    Raises InputError (`teach.usage`, `teach.no_lesson`, `teach.nothing_kept`, `teach.language`) and UnwrittenError.
    """
    text = " ".join(args.text).strip()
    ways = [bool(text) or args.means is not None, args.name is not None, args.list]
    if sum(ways) != 1:
        raise InputError("teach.usage", _ONE_WAY if any(ways) else f"give {_WAYS}")
    if args.means is not None:
        _must_say((text, "the phrase"), (" ".join(args.means), "what it means"))
    if args.name is not None:
        _must_say((args.name[0], "the device"), (args.name[1], "its name"))
    if profile.memory.keep == "nothing":
        raise InputError("teach.nothing_kept", "memory.keep is nothing, so that nothing taught is kept: set it to all")
    if args.list:
        return _list(args, profile)
    if profile.language.split("-", maxsplit=1)[0] != "en":
        raise InputError("teach.language", "teaching in words is there in English only as yet: set language to en")
    with open_line() as hub:
        turn = _taught(args, text, hub)
    return tell(args, turn)


_WAYS = "a sentence, or a phrase with --means, or --name DEVICE NAME, or --list"
_ONE_WAY = f"give one alone of these: {_WAYS}"


def _must_say(*parts: tuple[str, str]) -> None:
    for text, what in parts:
        if not normalize(text):
            raise InputError("teach.usage", f"{what} is missing: give it in words")


def _taught(args: argparse.Namespace, text: str, hub: Line) -> Turn:
    """What is given in parts is taken as it is, and read as no sentence."""
    if args.means is not None:
        return taught_phrase(hub, text, " ".join(args.means))
    if args.name is not None:
        return hub.teach(is_called(normalize(args.name[0]), normalize(args.name[1])))
    return hub.say(text)


def taught_phrase(hub: Line, heard: str, means: str) -> Turn:
    """The turn by which a phrase was taught, or refused."""
    return hub.teach(phrase_means(normalize(heard), normalize(means), hub.snapshot()))


def lesson_of(turn: Turn) -> LessonAction | None:
    """What was taught; None where it was refused. Raises UnwrittenError."""
    lesson = turn.plan.lesson if turn.plan is not None else None
    if lesson is not None and lesson.unwritten:
        raise UnwrittenError
    return lesson


def answered(turn: Turn) -> str:
    """What the hub says to it. Raises UnwrittenError."""
    from edge.show import printable

    lesson_of(turn)
    return printable(turn.reply.text) if turn.reply is not None else ""


def tell(args: argparse.Namespace, turn: Turn) -> ExitCode:
    """Print what came of it. Raises InputError (`teach.no_lesson`) and UnwrittenError."""
    plan, reply = turn.plan, answered(turn)
    lesson = lesson_of(turn)
    refused = plan.refusal if plan is not None else None
    if lesson is None and (refused is None or not refused.code.startswith(("teach.", "rewrite.", "resolve.not_allow"))):
        raise InputError(
            "teach.no_lesson", 'that teaches nothing; say it as in: edge teach "when I say movie time, dim the lights"'
        )
    if args.json:
        found: dict[str, Any] = {"done": lesson is not None, "reply": reply, "lesson": to_json(lesson)}
        print(json.dumps(found | {"refused": refused.code if refused else None}, ensure_ascii=False))
    else:
        print(reply)
    return ExitCode.OK if lesson is not None else ExitCode.NOT_DONE


def _list(args: argparse.Namespace, profile: "Profile") -> ExitCode:
    from edge import past, teaching
    from edge.show import printable

    store = past.store_of(profile, past.home_name(profile, simulated=args.simulated, file=args.home))
    try:
        lessons = teaching.lessons_of_home(profile, store)
        known = lessons.known()
    finally:
        store.close()
    asked = (Source.TAUGHT, Source.AGREED)
    taught = [one for one in known if isinstance(one, Lesson) or one.source in asked]
    if args.json:
        told = [to_json(one) | {"id": id_of(one) if isinstance(one, Lesson) else one.id} for one in taught]
        print(json.dumps(told, ensure_ascii=False))
        return ExitCode.OK
    for one in reversed(taught):
        print(printable(line_of(one, HomeState())))
    if not taught:
        print("nothing has been taught yet")
    return ExitCode.OK


ABOUT = ("teach the hub a phrase, a name or what you like", 'edge teach "movie time" --means "turn off the lamp"')
"""Help and example of the command."""
