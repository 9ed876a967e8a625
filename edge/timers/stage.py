"""The stage that keeps what a plan does with timers: on the disk before the household is told."""

import logging
from dataclasses import replace

from edge.core.errors import EdgeError
from edge.core.turn import Plan, Refusal, Turn
from edge.timers.keeper import Keeper

log = logging.getLogger("edge")


class Keep:
    """Carries out `plan.timer`; a plan without passes unchanged, and so does one that asks or refuses.

    What cannot be kept is refused: `timers.not_kept`, `timers.past`, `timers.too_many`, and `timers.no_hub` where
    nobody would ring.
    """

    name = "keep"
    reads = ("plan",)
    writes = ("plan",)
    always = False

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def __call__(self, turn: Turn) -> Turn:
        """The turn with the plan as it was kept, or a refusal."""
        plan = turn.plan
        if plan is None or plan.timer is None or plan.question is not None or plan.refusal is not None:
            return turn
        if plan.timer.new is not None and not self._keeper.heard:
            return replace(turn, plan=Plan(refusal=Refusal("timers.no_hub")))
        try:
            return replace(turn, plan=replace(plan, timer=self._keeper.apply(plan.timer)))
        except EdgeError as error:
            if error.code == "timers.not_kept":
                log.warning("%s: %s", error.code, error)
            return replace(turn, plan=Plan(refusal=Refusal(error.code)))
