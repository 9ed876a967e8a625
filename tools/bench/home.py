"""The mirror of a large house and the way of a command, over a real Mosquitto; beside it a bare paho-mqtt subscriber.

Broker, house, hub and bare subscriber are processes of their own. `mirror_msgs_per_s` and `floor_msgs_per_s` are what
the hub and the bare subscriber get through in a second of one core's computing; `cpu_fraction` is the hub's computing
over the time in which 2,000 messages came every second. A message is lost when its entities did not take it in, or do
not show the last state. `bytes_per_entity` is what the hub's process grew by, from before the connection to the end.
"""

import argparse
import multiprocessing
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tools.bench import common
from tools.bench.home_load import PATIENCE_S, Source, house, listener, sources

RATE = 2000
"""Messages a second."""
COMMANDS = 500
SNAPSHOT_EVERY_S = 0.02


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = common.parser("home", __doc__ or "")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long states are said (default: 60)")
    parser.add_argument("--entities", type=int, default=2000, help="size of the house (default: 2000)")
    args = parser.parse_args(argv)
    common.emit(measure(args), as_json=args.json, title="home")
    return 0


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """The whole run."""
    context = multiprocessing.get_context("spawn")
    with _mosquitto() as port:
        home, home_end = context.Pipe()
        hub, hub_end = context.Pipe()
        floor, floor_end = context.Pipe()
        processes = [
            context.Process(target=house, args=(port, args.entities, home_end), daemon=True),
            context.Process(target=_hub, args=(port, args.entities, hub_end), daemon=True),
            context.Process(target=listener, args=(port, floor_end), daemon=True),
        ]
        for process in processes:
            process.start()
        home.send(("announce",))
        announced = _answer(home)
        _answer(floor)
        hub.send(("discover",))
        result: dict[str, Any] = _answer(hub)
        if result["discovered"] != announced:
            common.fail(f"{announced} entities were announced and {result['discovered']} discovered")
        floor.send("tell")
        computed, heard = _answer(floor)
        hub.send(("listen",))
        common.progress(0, 2, "states")
        home.send(("say", RATE, args.seconds))
        counts = _answer(home, args.seconds)
        hub.send(counts)
        result |= _answer(hub)
        floor.send("tell")
        computed_then, heard_then = _answer(floor)
        common.progress(1, 2, "commands")
        hub.send(("command",))
        result |= _answer(hub)
        common.progress(2, 2, "done")
        home.send(("stop",))
        hub.send(("stop",))
        floor.send("stop")
        for process in processes:
            process.join(PATIENCE_S)
    result["floor_msgs_per_s"] = round((heard_then - heard) / max(computed_then - computed, 1e-9))
    return result


def _answer(pipe: Connection, more_s: float = 0.0) -> Any:
    if not pipe.poll(PATIENCE_S + more_s):
        common.fail("a process of the benchmark does not answer")
    try:
        return pipe.recv()
    except EOFError:
        common.fail("a process of the benchmark has ended")


@contextmanager
def _mosquitto() -> Iterator[int]:
    """A broker on a free port, set as it comes."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:" + os.environ["PATH"])
    if program is None:
        common.fail("mosquitto is not installed: apt-get install mosquitto")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # started as root it gives its rights away
        config = Path(folder) / "mosquitto.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        process = subprocess.Popen([program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 10
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if process.poll() is not None or time.monotonic() > until:
                        common.fail("mosquitto does not start")
                    time.sleep(0.02)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def _hub(port: int, entities: int, orders: Connection) -> None:
    """The process that is the hub: the link as `edge run` has it, and whoever looks at the home."""
    from edge.home.link import Link, LinkSettings

    made = sources(entities)
    link = Link(LinkSettings(port=port, client_id="bench-hub"), clock_ms=lambda: int(time.time() * 1000))
    orders.recv()
    before = _rss_bytes()
    began = time.perf_counter()
    link.connect(PATIENCE_S)
    link.wait_ready(PATIENCE_S)
    discovery_s = time.perf_counter() - began
    orders.send({"discovered": len(link.snapshot().entities), "discovery_s": round(discovery_s, 3)})
    orders.recv()
    listened = _listen(link, made, orders)
    grown = (_rss_bytes() - before) / max(1, len(link.snapshot().entities))
    orders.send(listened | {"bytes_per_entity": round(grown)})
    orders.recv()
    orders.send(_command(link, made))
    orders.recv()
    link.close()


def _listen(link: Any, made: Sequence[Source], orders: Connection) -> dict[str, Any]:
    """Take snapshots while states come, until the house has told how often it said what."""
    ended = threading.Event()
    link.listen("bench/end", lambda _: ended.set())
    reports = {entity_id: link.reports(entity_id) for source in made for entity_id in source.entity_ids}
    computed, began = time.process_time(), time.perf_counter()
    times_us: list[float] = []
    while not ended.wait(SNAPSHOT_EVERY_S):
        at = time.perf_counter()
        link.snapshot()
        times_us.append((time.perf_counter() - at) * 1e6)
    wall, cpu = time.perf_counter() - began, time.process_time() - computed
    counts: dict[str, int] = orders.recv()
    lost = 0
    home = link.snapshot().entities
    for source in made:
        said = counts[source.topic]
        missing = max(said - (link.reports(i) - reports[i]) for i in source.entity_ids)
        wrong = said and not source.shown(home, said)
        lost += max(missing, 1 if wrong else 0)
    messages = sum(counts.values())
    return {
        "messages": messages,
        "lost": lost,
        "mirror_msgs_per_s": round(messages / max(cpu, 1e-9)),
        "cpu_fraction": round(cpu / wall, 4),
        "snapshot_us_p99": round(common.percentile(times_us, 99), 1),
    }


def _command(link: Any, made: Sequence[Source]) -> dict[str, Any]:
    """Commands to switches, one after the other; the time from giving one to its confirmation."""
    from edge.core.turn import Command, Result, Verb

    times_ms: list[float] = []
    switches = [source.entity_ids[0] for source in made if source.kind == "switch"]
    for number in range(COMMANDS):
        entity_id = switches[number % len(switches)]
        is_on = link.snapshot().entities[entity_id].state == "on"
        began = time.perf_counter()
        (outcome,) = link.execute([Command(entity_id, Verb.TURN_OFF if is_on else Verb.TURN_ON)], 5.0).commands
        times_ms.append((time.perf_counter() - began) * 1000)
        if outcome.result is not Result.CONFIRMED:
            times_ms[-1] = 5000.0
    return {"confirm_ms_p99": round(common.percentile(times_ms, 99), 3)}


def _rss_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    raise SystemExit(main())
