"""The stage that has the plan carried out, and waits to see whether the devices obeyed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from edge.core.turn import Command, Outcome, Turn


class Devices(Protocol):
    """Whoever can reach the devices."""

    def execute(self, commands: Sequence[Command], timeout_s: float) -> Outcome:
        """Send the commands in order and wait up to `timeout_s` seconds for the devices to report."""
        ...


class Act:
    """Executes the commands of the plan; a plan without commands passes unchanged."""

    name = "act"
    reads = ("plan",)
    writes = ("outcome",)
    always = False

    def __init__(self, devices: Devices, *, confirm_ms: int) -> None:
        self._devices = devices
        self._confirm_s = confirm_ms / 1000

    def __call__(self, turn: Turn) -> Turn:
        """The turn with the fate of every command."""
        if turn.plan is None or not turn.plan.commands:
            return turn
        return replace(turn, outcome=self._devices.execute(turn.plan.commands, self._confirm_s))
