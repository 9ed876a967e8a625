"""Figures for Prometheus: what a turn counts as, and what happens where they cannot be shown."""

import socket
import sys
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from edge.audio.wake_parts import WakeCounts
from edge.core.errors import MissingError
from edge.core.home import HomeState
from edge.core.turn import (
    CommandOutcome,
    EndReason,
    Hypothesis,
    Outcome,
    Plan,
    Refusal,
    Result,
    Rewrite,
    Span,
    Turn,
    Utterance,
)
from edge.metrics import Metrics


class Detector:
    counts = WakeCounts(wakes=3, strangers=1)


class Hub:
    detector = Detector()
    dropped: Callable[[], int] = staticmethod(lambda: 7)


def turn(plan: Plan | None = None, **more: object) -> Turn:
    utterance = Utterance((Hypothesis("turn on the zanzibar", 1.0),), end_reason=EndReason.SILENCE)
    return Turn("1", 0, HomeState(), **{"utterance": utterance, "plan": plan, **more})  # type: ignore[arg-type]


def done(*results: Result) -> Turn:
    return turn(Plan(), outcome=Outcome(tuple(CommandOutcome("light.zanzibar", result) for result in results)))


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def metrics(port: int) -> Iterator[Metrics]:
    pytest.importorskip("prometheus_client", reason="prometheus-client is not installed: pip install -e .[metrics]")
    made = Metrics(port, Hub())
    yield made
    made.close()


def scrape(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize(
    ("taken", "result"),
    [
        (turn(Plan()), "done"),
        (done(Result.CONFIRMED, Result.CONFIRMED), "done"),
        (done(Result.CONFIRMED, Result.UNREACHABLE), "unreachable"),
        (turn(Plan(question="which")), "asked"),
        (turn(Plan(refusal=Refusal("resolve.no_area", "zanzibar"))), "refused"),
        (turn(None, spans=(Span("understand", 1.0, "failed", "understand.no_intent"),)), "refused"),
        (turn(None, spans=(Span("act", 1.0, "failed", "act.unexpected"),)), "failed"),
        (turn(None, utterance=Utterance((), end_reason=EndReason.NO_SPEECH)), "unheard"),
    ],
)
def test_what_a_turn_counts_as(metrics: Metrics, port: int, taken: Turn, result: str) -> None:
    metrics.turn(taken)
    shown = [line for line in scrape(port).splitlines() if line.startswith("edge_turns_total")]
    assert shown == [f'edge_turns_total{{result="{result}"}} 1.0']


def test_all_of_it_without_a_word(metrics: Metrics, port: int) -> None:
    spans = (Span("understand", 20.0), Span("act", 0.0, "skipped"), Span("reply", 1.0))
    rewrite = Rewrite("turn on zanzibar", "personal", "rule", 1.0)
    metrics.turn(turn(Plan(refusal=Refusal("resolve.no_area", "zanzibar")), spans=spans, rewrite=rewrite))
    metrics.outage()
    shown = scrape(port)
    for line in (
        'edge_stage_seconds_count{stage="understand"} 1.0',
        'edge_stage_seconds_bucket{le="0.03",stage="understand"} 1.0',
        'edge_refusals_total{code="resolve.no_area"} 1.0',
        'edge_rewrites_total{layer="personal"} 1.0',
        'edge_wakes_total{kind="wakes"} 3.0',
        'edge_wakes_total{kind="strangers"} 1.0',
        "edge_dropped_frames_total 7.0",
        "edge_microphone_outages_total 1.0",
    ):
        assert line in shown.splitlines()
    assert 'stage="act"' not in shown
    assert "zanzibar" not in shown


def test_it_listens_on_this_machine_alone(metrics: Metrics, port: int) -> None:
    scrape(port)
    with socket.socket() as other, pytest.raises(ConnectionRefusedError):
        other.connect(("127.0.0.2", port))


def test_a_port_that_is_taken_is_told_and_ends_nothing(
    metrics: Metrics, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    again = Metrics(port, Hub())
    again.turn(turn(Plan()))
    again.close()
    assert [message.partition(":")[0] for message in caplog.messages] == ["metrics.port"]
    assert "edge_turns_total" not in [line.split("{")[0] for line in scrape(port).splitlines()]


def test_without_the_library_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(MissingError, match="make install EXTRAS=metrics") as caught:
        Metrics(0, Hub())
    assert caught.value.code == "metrics.missing"
