"""What people teach one home's hub, with the file that the profile names: handed to the line and to the commands."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from edge.core.home import HomeState
from edge.core.lessons import is_void, named
from edge.core.pipeline import Stage, run
from edge.core.turn import Hypothesis, Turn
from edge.feedback.kept_rules import KeptRules
from edge.feedback.store import Store
from edge.nlu.context import InContext
from edge.nlu.grammar import Grammar
from edge.nlu.liked import wordings
from edge.nlu.policy import confirming
from edge.nlu.teachable import Teachable
from edge.nlu.timely import Timely
from edge.nlu.understand import Understand
from edge.profile import Profile
from edge.rewrite.learn import Learn
from edge.rewrite.stage import Cautious, Once, Rewriting
from edge.rewrite.teach import Lessons
from edge.rewriting import dangerous, reserved_words, rewrites_of_home
from edge.timers.keeper import Keeper
from edge.timers.stage import Keep

if TYPE_CHECKING:
    from edge.rewrite.rewrites import Rewrites

log = logging.getLogger("edge")


def lessons_of_home(
    profile: Profile,
    store: Store | None,
    rewrites: "Rewrites | None" = None,
    *,
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
) -> Lessons:
    """The lessons of one home. store: the history's file; None keeps them in memory alone.

    rewrites: of the same home; None: those of the file, without its packed cache.
    """
    return Lessons(
        rewrites or rewrites_of_home(profile, store.home if store is not None else "", store),
        KeptRules(store) if store is not None else None,
        now_ms=now_ms,
        wordings=wordings,
        reserved=reserved_words(profile.language, profile.wake.models),
    )


def understanding(
    grammar: Callable[[], Grammar],
    lessons: Lessons,
    keeper: Keeper,
    recent: Callable[[], Sequence[Turn]],
    *,
    clock: Callable[[], float],
) -> list[Stage]:
    """The line as far as something is to be acted on. recent: the turns before, latest first."""
    understand = Once(Teachable(Timely(Understand(grammar)), grammar().language, meaning=lessons.meaning))
    context = Once(InContext())

    def trial(turn: Turn) -> Turn:
        return run(turn, (understand, context), clock=clock)

    def saying(turn: Turn, text: str) -> Turn:
        heard = replace(turn.utterance, hypotheses=(Hypothesis(text, 1.0),))
        return trial(Turn(turn.id, turn.opened_ms, turn.home, heard, timers=turn.timers, context=turn.context))

    return [
        Rewriting(lessons.rules, trial),
        understand,
        context,
        Cautious(confirming, dangerous),
        Keep(keeper),
        Learn(lessons, saying, recent),
    ]


def with_names(home: HomeState, lessons: Lessons) -> HomeState:
    """The home, with what its devices have been taught to be called. Of names that are void a warning tells, once."""
    names = lessons.names()
    for one in names:
        if is_void(one, home):
            _tell_void(one.device)
    return named(home, names)


@lru_cache
def _tell_void(_: str) -> None:
    log.warning(
        "teach.name_void: a device is another kind of thing now: its name is to be taught anew (edge teach --list)"
    )
