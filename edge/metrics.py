"""Figures of a running hub for Prometheus, on this machine alone and only where `metrics.port` says so.

Labels are stages, codes and kinds of the hub's own, never anything that was said or that a device is called.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from edge.core.errors import MissingError
from edge.core.turn import EndReason, Turn

if TYPE_CHECKING:
    from edge.audio.wake_parts import WakeCounts

log = logging.getLogger("edge")

ADDRESS = "127.0.0.1"
SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Bounds of the stages' histogram."""


class Counting(Protocol):
    """The wake word's detector."""

    @property
    def counts(self) -> "WakeCounts":
        """What it has done."""
        ...


class Figures(Protocol):
    """The hub, as far as it counts by itself."""

    @property
    def detector(self) -> Counting | None:
        """Of the wake word; None while there is none."""
        ...

    @property
    def dropped(self) -> Callable[[], int]:
        """Frames that were lost before they were heard."""
        ...


class Metrics:
    """Counts what it is told of, and shows it with what the hub counts itself; `close` ends the listening."""

    def __init__(self, port: int, source: Figures) -> None:
        """port: of the loopback interface. One that is taken is logged, and nothing listens.

        Raises MissingError (`metrics.missing`).
        """
        try:
            import prometheus_client as prometheus
            from prometheus_client.core import CounterMetricFamily
        except ImportError as error:
            raise MissingError(
                "metrics.missing",
                "metrics.port needs prometheus-client; make install EXTRAS=metrics, or set it to 0",
            ) from error
        self._family: Any = CounterMetricFamily
        self._source = source
        registry = prometheus.CollectorRegistry()
        stage, result, layer, code = ["stage"], ["result"], ["layer"], ["code"]
        self._stages = prometheus.Histogram(
            "edge_stage_seconds", "Time that a stage took of a request", stage, registry=registry, buckets=SECONDS
        )
        self._turns = prometheus.Counter("edge_turns", "Requests, by how they ended", result, registry=registry)
        self._rewrites = prometheus.Counter("edge_rewrites", "Requests understood otherwise", layer, registry=registry)
        self._refusals = prometheus.Counter("edge_refusals", "Requests refused", code, registry=registry)
        self._outages = prometheus.Counter("edge_microphone_outages", "Times that it went away", registry=registry)
        registry.register(self)
        self._server: Any = None
        try:
            self._server, self._thread = prometheus.start_http_server(port, addr=ADDRESS, registry=registry)
        except OSError as error:
            log.warning("metrics.port: port %d cannot be had (%s): choose another metrics.port", port, error.strerror)

    def turn(self, turn: Turn) -> None:
        """A request was taken to its end."""
        for span in turn.spans:
            if span.status != "skipped":
                self._stages.labels(span.stage).observe(span.ms / 1000)
        self._turns.labels(_result(turn)).inc()
        if turn.rewrite is not None:
            self._rewrites.labels(turn.rewrite.layer).inc()
        if code := _refusal(turn):
            self._refusals.labels(code).inc()

    def outage(self) -> None:
        """The microphone has gone away."""
        self._outages.inc()

    def collect(self) -> Iterator[Any]:
        """What others count, as it is when somebody asks."""
        dropped = self._family("edge_dropped_frames", "Frames of 20 ms that were lost before they were heard")
        dropped.add_metric([], self._source.dropped())
        yield dropped
        wakes = self._family("edge_wakes", "What the wake word's models made of what they heard", labels=["kind"])
        if (detector := self._source.detector) is not None:
            for kind, number in asdict(detector.counts).items():
                wakes.add_metric([kind], number)
        yield wakes

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


def _result(turn: Turn) -> str:
    """done, asked, refused, failed, unheard, or what became of a command that was not confirmed."""
    if turn.error.endswith(".unexpected"):
        return "failed"
    if not turn.utterance.hypotheses and turn.utterance.end_reason is EndReason.NO_SPEECH:
        return "unheard"
    if turn.plan is None or _refusal(turn):
        return "refused"
    if turn.plan.question is not None:
        return "asked"
    results = {str(one.result) for one in (turn.outcome.commands if turn.outcome is not None else ())} - {"confirmed"}
    return min(results, default="done")


def _refusal(turn: Turn) -> str:
    """The code of what stood in the way; nothing where nothing did."""
    return turn.error or (turn.plan.refusal.code if turn.plan is not None and turn.plan.refusal is not None else "")
