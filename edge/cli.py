"""The command `edge`. Every subcommand has `--help` with an example, and `--json`."""

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from edge import (
    __version__,
    cli_ask,
    cli_backup,
    cli_devices,
    cli_doctor,
    cli_home,
    cli_hub,
    cli_outbox,
    cli_pack,
    cli_privacy,
    cli_profile,
    cli_rewrites,
    cli_run,
    cli_service,
    cli_teach,
    cli_timers,
    cli_turns,
    cli_wake,
    cli_why,
    logs,
)
from edge.cli_print import exit_code, print_error, print_turn
from edge.core.errors import EdgeError, ExitCode, InputError

if TYPE_CHECKING:
    from edge.audio.capture import Source
    from edge.core.turn import Turn
    from edge.home.link import Link
    from edge.house import StillHome
    from edge.hub import Hub
    from edge.models import ModelStore
    from edge.profile import Profile


READY_S = 15.0
"""Seconds that the broker has for what it retains."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status (`edge.core.errors.ExitCode`)."""
    args = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another encoding shows a question mark for a name's letter, and gets the rest.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    logs.set_up(verbose=args.verbose)
    try:
        return int(args.run(args))
    except EdgeError as error:
        print_error(error, args)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.OK)
    except OSError as error:
        sys.stderr.write(f"error: {error.strerror or error}\n")
        return int(ExitCode.INPUT)


class _Command(NamedTuple):
    name: str
    run: Callable[[argparse.Namespace], ExitCode]
    help: str
    example: str
    arguments: Callable[[argparse.ArgumentParser], None] = lambda _: None  # most have none of their own


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="edge",
        description="The voice runtime of a smart-home hub: hears, understands and acts, all at home.",
        epilog="exit status: 0 done; 1 not understood, refused or not obeyed; 2 wrong input or configuration; "
        "3 something is not installed; 4 broker or microphone out of reach; 130 interrupted",
    )
    parser.add_argument("--version", action="version", version=f"edge {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        sub = commands.add_parser(
            command.name,
            help=command.help,
            description=command.help[0].upper() + command.help[1:] + ".",
            epilog=f"example: {command.example}",
        )
        sub.add_argument("--json", action="store_true", help="print JSON instead of text")
        sub.add_argument("-v", "--verbose", action="store_true", help="show what happens on the way")
        sub.add_argument("--config", type=Path, metavar="FILE", help="a further configuration file")
        sub.add_argument("--board", metavar="NAME", help="device profile to use, instead of the board that this is")
        sub.add_argument(
            "--set", action="append", default=[], metavar="KEY=VALUE", help="one setting, such as mqtt.host=hub.local"
        )
        command.arguments(sub)
        sub.set_defaults(run=command.run, announce=command.name == "run")
    return parser


def _profile(args: argparse.Namespace, config: Path | None = None) -> "Profile":
    """config: a file in place of the one that is named."""
    from edge.profile import load_profile

    return load_profile(
        config=config or args.config, board=args.board, overrides=[*args.set, *getattr(args, "set_after", [])]
    )


def _store() -> "ModelStore":
    from edge.models import ModelStore, default_store, load_manifests
    from edge.resources import data_dir

    return ModelStore(default_store(), load_manifests([data_dir("models")]))


# --- the home that a command works on --------------------------------------------------------------------


def _home_arguments(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """again: they may stand after the action, too, where a default would take back what stood before it."""
    default: dict[str, Any] = {"default": argparse.SUPPRESS} if again else {}
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--simulated",
        action="store_true",
        help="use the built-in home, on a broker of its own, instead of yours",
        **default,
    )
    which.add_argument(
        "--home",
        type=Path,
        metavar="FILE",
        help="a home saved by `edge devices --json`; nothing in it is moved",
        **default,
    )


def _of_a_home(add: Callable[..., None]) -> Callable[[argparse.ArgumentParser], None]:
    return lambda parser: add(parser, _home_arguments)


@contextmanager
def _open_home(
    args: argparse.Namespace,
    on_structure: Callable[[], None] | None = None,
    on_change: Callable[[], None] | None = None,
) -> "Iterator[tuple[Profile, Link | StillHome]]":
    from edge.house import StillHome, linked, read_home, simulated

    profile = _profile(args)
    with ExitStack() as stack:
        if args.home is not None:
            yield profile, StillHome(read_home(args.home))
            return
        if args.simulated:
            profile = stack.enter_context(simulated(profile))
        yield (
            profile,
            stack.enter_context(
                linked(
                    profile,
                    ready_s=READY_S,
                    announce=args.announce,
                    on_change=on_change,
                    on_structure=on_structure,
                )
            ),
        )


def _open_hub(args: argparse.Namespace) -> "AbstractContextManager[Hub]":
    return cli_hub.hub(args, lambda changed: _open_home(args, changed), _store)


# --- commands --------------------------------------------------------------------------------------------


def _say(args: argparse.Namespace) -> ExitCode:
    with _open_hub(args) as hub:

        def show(turn: "Turn") -> ExitCode:
            ended = print_turn(turn, args)
            cli_timers.tell(turn, hub.keeper)
            return ended

        return cli_ask.say(args, hub, show)


def _say_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="+", metavar="TEXT", help="the request, as one would say it")
    parser.add_argument("--yes", action="store_true", help="say yes where the hub asks before it does it")
    _home_arguments(parser)


def _replay(args: argparse.Namespace) -> ExitCode:
    result = ExitCode.OK
    with _open_hub(args) as hub:
        for path in args.files:
            try:
                ended = _replay_one(hub, path, args)
            except InputError as error:
                # One recording that cannot be read is no reason not to hear the others.
                ended = error.exit_code
                print_error(error, args)
            result = max(result, ended)
    return result


def _replay_one(hub: "Hub", path: Path, args: argparse.Namespace) -> ExitCode:
    from edge.audio.capture import RATE, FileSource
    from edge.show import Progress, turn_json

    turns = []
    heard_s = Progress(f"{path.name}: seconds heard")
    with FileSource(path) as source:
        for turn in hub.replay(source, wake=not args.no_wake, on_frame=lambda f: heard_s(f.end // RATE, None)):
            turns.append(turn)
            heard_s.clear()
            if not args.json:
                print_turn(turn, args, f"{path.name}: " if len(args.files) > 1 else "")
    heard_s.clear()
    if args.json:
        print(json.dumps({"file": str(path), "turns": [turn_json(turn) for turn in turns]}, ensure_ascii=False))
    elif not turns:
        needed = "speech" if args.no_wake else f"wake word ({', '.join(hub.profile.wake.models)})"
        print(f"{path.name}: no {needed} was heard")
    return max((exit_code(turn) for turn in turns), default=ExitCode.NOT_DONE)


def _replay_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recordings, WAV or FLAC")
    parser.add_argument("--no-wake", action="store_true", help="take all speech as requests, without the wake word")
    _home_arguments(parser)


def _run(args: argparse.Namespace) -> ExitCode:
    return cli_run.run(
        args,
        lambda: _profile(args),
        lambda: _open_hub(args),
        lambda profile: _source_of(args, profile),
        lambda turn: print_turn(turn, args),
    )


def _source_of(args: argparse.Namespace, profile: "Profile") -> "Callable[[], Source]":
    from edge.audio.capture import RATE, PcmSource
    from edge.audio.microphone import Microphones

    audio = profile.audio
    if args.stdin:
        return lambda: PcmSource(io.FileIO(sys.stdin.fileno(), closefd=False), rate=audio.rate or RATE)
    return Microphones(audio.device, rate=audio.rate, queue_frames=audio.queue_frames)


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stdin", action="store_true", help="read raw PCM (16 bit, mono, little-endian) instead of a microphone"
    )
    parser.add_argument("--no-wake", action="store_true", help="take all speech as requests, without the wake word")
    _home_arguments(parser)


def _devices(args: argparse.Namespace) -> ExitCode:
    return cli_devices.run(args, lambda: _profile(args), lambda told=None: _open_home(args, on_change=told), _store)


def _devices_arguments(parser: argparse.ArgumentParser) -> None:
    cli_devices.add_arguments(parser)
    _home_arguments(parser)


def _teach(args: argparse.Namespace) -> ExitCode:
    return cli_teach.run(args, _profile(args), partial(cli_hub.still_hub, args, lambda: _open_home(args), _store))


def _why(args: argparse.Namespace) -> ExitCode:
    return cli_why.run(args, _profile(args))


def _turns(args: argparse.Namespace) -> ExitCode:
    return cli_turns.run(args, _profile(args), _store)


def _misses(args: argparse.Namespace) -> ExitCode:
    open_line = partial(cli_hub.still_hub, args, lambda: _open_home(args), _store)
    return cli_turns.run_misses(args, _profile(args), open_line)


def _models(args: argparse.Namespace) -> ExitCode:
    from edge import cli_models

    return cli_models.run(args.action, _store(), args.ids, as_json=args.json)


def _models_arguments(parser: argparse.ArgumentParser) -> None:
    from edge.cli_models import add_arguments

    add_arguments(parser)


def _wake(args: argparse.Namespace) -> ExitCode:
    profile, args.stdin = _profile(args), False
    return cli_wake.run(args, profile, _store(), _source_of(args, profile))


_COMMANDS = (
    _Command("run", _run, "listen to the microphone and act", "edge run --set audio.device=USB", _run_arguments),
    _Command(
        "replay", _replay, "send recordings through the whole line", "edge replay --simulated a.flac", _replay_arguments
    ),
    _Command(
        "say",
        _say,
        "send a typed request through the line",
        'edge say --simulated "turn on the kitchen light"',
        _say_arguments,
    ),
    _Command(
        "why", _why, "show why a request was taken as it was", "edge why --list", _of_a_home(cli_why.add_arguments)
    ),
    _Command("teach", _teach, *cli_teach.ABOUT, _of_a_home(cli_teach.add_arguments)),
    _Command(
        *("rewrites", lambda args: cli_rewrites.run(args, _profile(args)), *cli_rewrites.ABOUT),
        arguments=_of_a_home(cli_rewrites.add_arguments),
    ),
    _Command("pack", lambda args: cli_pack.run(args, _profile(args), READY_S), *cli_pack.ABOUT, cli_pack.add_arguments),
    _Command("outbox", lambda args: cli_outbox.run(args, _profile(args)), *cli_outbox.ABOUT, cli_outbox.add_arguments),
    _Command("turns", _turns, *cli_turns.ABOUT, _of_a_home(cli_turns.add_arguments)),
    _Command("misses", _misses, *cli_turns.ABOUT_MISSES, _of_a_home(cli_turns.add_miss_arguments)),
    _Command("devices", _devices, "show the devices of the home", "edge devices --room kitchen", _devices_arguments),
    _Command(
        "home",
        lambda args: cli_home.run(args, _profile(args), lambda: _open_home(args)),
        "check the home's names, rooms and devices",
        "edge home check",
        _of_a_home(cli_home.add_arguments),
    ),
    _Command("timers", lambda args: cli_timers.run(args, _profile(args)), *cli_timers.ABOUT),
    _Command("models", _models, "list, pull and verify models", "edge models pull vosk-small-en-us", _models_arguments),
    _Command(
        "wake", _wake, "tune the wake word, enrol voices", "edge wake tune word/ --without talk.wav", cli_wake.arguments
    ),
    _Command(
        *("profile", lambda args: cli_profile.run(args, _profile(args), _store()), *cli_profile.ABOUT),
        arguments=cli_profile.add_arguments,
    ),
    _Command(
        *("doctor", lambda args: cli_doctor.run(args, _profile(args), _store(), READY_S), *cli_doctor.ABOUT),
        arguments=cli_doctor.add_arguments,
    ),
    _Command("backup", lambda args: cli_backup.run(args, _profile(args)), *cli_backup.ABOUT),
    _Command("restore", lambda args: cli_backup.run_restore(args, partial(_profile, args)), *cli_backup.ABOUT_RESTORE),
    _Command("privacy", lambda args: cli_privacy.run(args, _profile(args)), *cli_privacy.ABOUT),
    _Command("service", lambda args: cli_service.run(args, _profile, _store), *cli_service.ABOUT),
)
"""In the order in which a newcomer meets them."""
