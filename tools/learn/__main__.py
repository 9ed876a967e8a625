"""`python -m tools.learn`: from what many homes report to a pack of rewrites for all of them."""

import argparse
import importlib
import importlib.util
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.core.errors import EdgeError, ExitCode, InputError, MissingError
from edge.upstream.vocabulary import Vocabulary
from tools.learn import learning
from tools.learn.counts import K

_OTHERS = {
    "vocabulary": "make the published vocabulary",
    "dictionary": "make what the compression of batches may refer back to",
    "keys": "make the key that packs are signed with",
    "publish": "make the signed pack of the rewrites that passed",
}
"""Commands of modules that have a command line of their own."""

_EXAMPLES = """examples:
  python -m tools.learn collect --spool spool --port 8787
  python -m tools.learn ingest --spool spool --store store
  python -m tools.learn learn --store store --out learnt.json
  python -m tools.learn gate learnt.json --out rules.json
  python -m tools.learn report learnt.json --before last/learnt.json --out page.html
  python -m tools.learn publish --help
  python -m tools.learn scale --turns 100000 1000000 10000000 --json
"""


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _collect(args: argparse.Namespace) -> int:
    from tools.learn import collector

    spool = collector.Spool(args.spool, Vocabulary.load(args.language))
    if args.mqtt is None:
        scheme = "https" if args.tls_cert else "http"
        place = f"{scheme}://{args.host}:{args.port}/batch"
        collector.serve(
            *(spool, args.host, args.port),
            certificate=args.tls_cert,
            key=args.tls_key,
            seconds=args.seconds,
            ready=lambda: _say(f"collecting at {place} into {args.spool}; Ctrl+C ends it"),
        )
        _show({"taken": spool.taken, "repeated": spool.repeated, "refused": spool.refused}, args)
        return ExitCode.OK
    host, _, port = args.mqtt.rpartition(":") if ":" in args.mqtt else (args.mqtt, "", "1883")
    if not port.isdigit():
        raise InputError("collect.broker", f"{args.mqtt} is no broker; name it as HOST or HOST:PORT")
    broker = collector.MqttCollector(
        spool, topic=args.topic, username=args.username, password=os.environ.get("EDGE_MQTT_PASSWORD"), ca=args.ca_file
    )
    ended = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: ended.set())
    broker.connect(host, int(port))
    _say(f"collecting from {host}:{port}, topic {args.topic}, into {args.spool}; Ctrl+C ends it")
    ended.wait(args.seconds)
    broker.close()
    _show({"taken": spool.taken, "repeated": spool.repeated, "refused": spool.refused}, args)
    return ExitCode.OK


def _ingest(args: argparse.Namespace) -> int:
    from tools.learn import ingest

    taken = ingest.ingest(
        args.spool,
        args.store,
        today=datetime.now(UTC).date(),
        vocabulary=Vocabulary.load(args.language),
        say=_say,
    )
    of = {"batches": taken.batches, "turns": taken.turns, "repeated": taken.repeated, "lost_by_hubs": taken.lost}
    _show({**of, "refused": dict(sorted(taken.refused.items())), "deleted_weeks": taken.deleted}, args)
    return ExitCode.OK


def _learn(args: argparse.Namespace) -> int:
    what = learning.learn(args.store, learning.engine(args.engine, cores=args.cores), k=args.k, last=args.weeks)
    learning.write(args.out, what)
    if dropped := what.funnel["keys_dropped"]:
        _say(f"{dropped} of {dropped + what.funnel['keys']} things were left out: fewer than {args.k} homes told them")
    _say(f"{len(what.published)} of {len(what.rewrites)} rewrites may be published; all are in {args.out}")
    _show(dict(what.funnel), args)
    return ExitCode.OK


def _gate(args: argparse.Namespace) -> int:
    from tools.learn import gate

    what = learning.read(args.learnt)
    kept = gate.curated(args.must_not_change) if args.must_not_change else gate.curated()
    passed = learning.passing(what, kept)
    learning.write(args.out, passed.only_published())
    refused = {reason: n for reason in gate.REASONS if (n := passed.funnel[f"refused_{reason}"])}
    for reason, number in refused.items():
        _say(f"{number} refused: {gate.REASONS[reason]}")
    _show({"published": len(passed.published), "refused": refused, "file": str(args.out)}, args)
    return ExitCode.OK if passed.published else ExitCode.NOT_DONE


def _report(args: argparse.Namespace) -> int:
    from tools.learn import report_page

    before = learning.read(args.before) if args.before else None
    made = report_page.write(args.out, learning.read(args.learnt), before)
    _show({"files": [str(path) for path in made]}, args)
    return ExitCode.OK


def _scale(args: argparse.Namespace) -> int:
    from tools.learn import scale

    rows = []
    for turns in args.turns:
        _say(f"making and learning {int(turns)} turns")
        rows.append(scale.cost(int(turns), engine=args.engine))
        if not args.json:
            print("  ".join(f"{key} {value}" for key, value in rows[-1].items()))
    if args.plot:
        scale.draw(rows, args.plot)
    if args.json:
        print(json.dumps({"costs": rows}))
    return ExitCode.OK


def _show(result: Mapping[str, Any], args: argparse.Namespace) -> None:
    if args.json:
        print(json.dumps(result, ensure_ascii=False))
        return
    for key, value in result.items():
        print(f"{key}: {_plain(value)}")


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {number}" for name, number in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _from(least: int, most: int = sys.maxsize) -> Callable[[str], int]:
    """A number of these."""

    def number(given: str) -> int:
        if int(given) < least:
            raise argparse.ArgumentTypeError(f"{given} is less than {least}")
        if int(given) > most:
            raise argparse.ArgumentTypeError(f"{given} is more than {most}")
        return int(given)

    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.learn",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, what: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=what, description=what)
        made.add_argument("--json", action="store_true", help="print one JSON object")
        made.set_defaults(run=run)
        return made

    one = command("collect", "take batches over HTTP, or from a broker, into a spool folder", _collect)
    one.add_argument("--spool", type=Path, required=True, metavar="DIR", help="folder that batches are kept in")
    one.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1: this machine alone)")
    one.add_argument("--port", type=_from(1, 65_535), default=8787, help="default 8787")
    one.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate, to be reached by https")
    one.add_argument("--tls-key", type=Path, metavar="FILE", help="its key, where it is in a file of its own")
    one.add_argument("--mqtt", metavar="HOST[:PORT]", help="take them from this broker instead")
    one.add_argument("--topic", default="edge/upstream/batch", help="default edge/upstream/batch")
    one.add_argument("--username", help="at the broker; the password is in EDGE_MQTT_PASSWORD")
    one.add_argument("--ca-file", type=Path, metavar="FILE", help="speak TLS to the broker, with this authority")
    one.add_argument("--seconds", type=float, help="end after so long (default: when interrupted)")
    one.add_argument("--language", default="en", help="of the batches (default en)")

    one = command("ingest", "check batches, and move their turns from the spool to Parquet by week", _ingest)
    one.add_argument("--spool", type=Path, required=True, metavar="DIR", help="folder with *.edgebatch files")
    one.add_argument("--store", type=Path, required=True, metavar="DIR", help="folder of turns")
    one.add_argument("--language", default="en", help="of the batches (default en)")

    one = command("learn", "find what many homes mean by what they are misheard as", _learn)
    one.add_argument("--store", type=Path, required=True, metavar="DIR", help="folder of turns")
    one.add_argument("--out", type=Path, required=True, metavar="FILE", help="file of all that was learnt")
    one.add_argument("-k", "--k", type=_from(1), default=K, help=f"hubs that must have reported a thing (default {K})")
    one.add_argument("--weeks", type=_from(1), default=learning.WEEKS, help=f"the last (default {learning.WEEKS})")
    one.add_argument("--engine", default="local", choices=("local", "spark"), help="default local")
    one.add_argument("--cores", type=_from(1), default=2, help="of Spark (default 2)")

    one = command("gate", "keep what may be published", _gate)
    one.add_argument("learnt", type=Path, help="file that `learn` wrote")
    one.add_argument("--out", type=Path, required=True, metavar="FILE", help="file of what passed, for `publish`")
    one.add_argument("--must-not-change", type=Path, metavar="FILE", help="requests that must not change, a line each")

    one = command("report", "draw a page: funnel, best and worst rewrites, wins and losses, drift", _report)
    one.add_argument("learnt", type=Path, help="file that `learn` wrote")
    one.add_argument("--before", type=Path, metavar="FILE", help="the same of the last pack, to tell what changed")
    one.add_argument("--out", type=Path, required=True, metavar="FILE", help="HTML file; a PNG is written beside it")

    one = command("scale", "tell what learning so many made-up turns costs", _scale)
    one.add_argument("--turns", type=float, nargs="+", default=[1e5, 1e6, 1e7], help="default 1e5 1e6 1e7")
    one.add_argument("--engine", default="local", choices=("local", "spark"), help="default local")
    one.add_argument("--plot", type=Path, metavar="FILE", help="draw cost per turn (extra `plot`)")

    for name, what in _OTHERS.items():
        commands.add_parser(name, help=what, add_help=False)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; exit status as documented in the README."""
    given = list(sys.argv[1:] if argv is None else argv)
    args = argparse.Namespace(json=False)
    try:
        if given and given[0] in _OTHERS:
            return _other(given[0], given[1:])
        args = _parser().parse_args(given)
        return int(args.run(args))
    except EdgeError as error:
        if args.json:
            print(json.dumps({"error": error.code, "message": str(error)}, ensure_ascii=False))
        _say(f"error: {error}")
        return int(error.exit_code)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _other(name: str, argv: list[str]) -> int:
    if importlib.util.find_spec(f"tools.learn.{name}") is None:
        raise MissingError("learn.command", f"this build has no command {name}")
    return int(importlib.import_module(f"tools.learn.{name}").main(argv))


def collect() -> int:
    """The command `edge-collector`."""
    return main(["collect", *sys.argv[1:]])


if __name__ == "__main__":
    raise SystemExit(main())
