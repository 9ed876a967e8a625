"""The command `edge teach`: what is taught by typing, as by voice, and a list of what has been."""

import argparse
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from edge.core.codec import to_json
from edge.core.errors import ExitCode, InputError, UnwrittenError
from edge.core.home import HomeState
from edge.core.lessons import Lesson
from edge.core.text import normalize
from edge.core.turn import Turn
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
    ways = [bool(text) or bool(args.means), args.name is not None, args.list]
    if sum(ways) != 1 or (args.means and not text):
        raise InputError("teach.usage", "give a sentence, or a phrase with --means, or --name DEVICE NAME, or --list")
    if profile.memory.keep == "nothing":
        raise InputError("teach.nothing_kept", "memory.keep is nothing, so that nothing taught is kept: set it to all")
    if args.list:
        return _list(args, profile)
    if profile.language.split("-", maxsplit=1)[0] != "en":
        raise InputError("teach.language", "teaching in words is there in English only as yet: set language to en")
    with open_line() as hub:
        turn = hub.say(_sentence(args, text))
    return _tell(args, turn)


def _sentence(args: argparse.Namespace, text: str) -> str:
    if args.means:
        return f'when I say "{_unmarked(text)}", {_unmarked(" ".join(args.means))}'
    if args.name:
        return f"{normalize(args.name[0])} is called {normalize(args.name[1])}"
    return text


def _unmarked(text: str) -> str:
    """Without the marks by which phrase and request are told apart."""
    return " ".join(text.translate({ord(mark): None for mark in '"“”«»'}).split())


def _tell(args: argparse.Namespace, turn: Turn) -> ExitCode:
    plan, reply = turn.plan, turn.reply.text if turn.reply is not None else ""
    lesson = plan.lesson if plan is not None else None
    refused = plan.refusal if plan is not None else None
    if lesson is None and (refused is None or not refused.code.startswith(("teach.", "rewrite.", "resolve.not_allow"))):
        raise InputError(
            "teach.no_lesson", 'that teaches nothing; say it as in: edge teach "when I say movie time, dim the lights"'
        )
    if lesson is not None and lesson.unwritten:
        raise UnwrittenError
    if args.json:
        found: dict[str, Any] = {"done": lesson is not None, "reply": reply, "lesson": to_json(lesson)}
        print(json.dumps(found | {"refused": refused.code if refused else None}, ensure_ascii=False))
    else:
        from edge.show import printable

        print(printable(reply))
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
        print(json.dumps(to_json(taught), ensure_ascii=False))
        return ExitCode.OK
    for one in reversed(taught):
        print(printable(line_of(one, HomeState())))
    if not taught:
        print("nothing has been taught yet")
    return ExitCode.OK


ABOUT = ("teach the hub a phrase, a name or what you like", 'edge teach "movie time" --means "turn off the lamp"')
"""Help and example of the command."""
