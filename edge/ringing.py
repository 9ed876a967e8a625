"""How the hub makes its timers heard and seen: sound and words, MQTT, and commands whose time has come.

Sounds come from the keeper's thread. What is said over them is heard as over any reply, and for as long as something
rings "stop" needs no wake word between two ringings.
"""

import datetime as dt
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edge import kept_files
from edge.core.errors import EdgeError
from edge.core.home import HomeState, Voice, strictest
from edge.core.timers import Later, Timer, TimerKind
from edge.core.turn import AskedAbout, Command, Interpretation, Plan, Refusal, Result, Turn, Verb
from edge.house import StillHome
from edge.nlu.policy import YES, answered, guarded
from edge.profile import Profile
from edge.reply import timers as words
from edge.reply.chime import Chime
from edge.timers.book import Book

if TYPE_CHECKING:
    from edge.reply.speak import Speak

log = logging.getLogger("edge")

NAMED_EVERY_S = 15.0
"""Its name is said so often while it rings."""


class House(Protocol):
    """The home that the hub works on."""

    def publish(self, topic_suffix: str, payload: str) -> object:
        """Say something below the base topic."""
        ...


def book(profile: Profile, home: object) -> Book:
    """Where this hub's timers are kept; of a home that ends with the command, nowhere."""
    passing = isinstance(home, StillHome) or profile.paths.home == Path(os.devnull)  # as `edge.house.simulated` has it
    return Book(None if passing else kept_files.timers(profile))


class HubBell:
    """The keeper's bell. `speak`, `chime`: as the hub has them, where it has them.

    attentive: lets the ears hear "stop" without the wake word. perform: sends a turn down the stages after `resolve`.
    show: a part of the hub's own device and its state. published: whether what is said is published as replies are.
    """

    def __init__(
        self,
        home: House,
        *,
        speak: "Speak | None",
        chime: Callable[[], Chime | None],
        attentive: Callable[[], None],
        perform: Callable[[Turn], Turn],
        new_turn: Callable[[], Turn],
        show: Callable[[str, str], None],
        published: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._home = home
        self._speak = speak
        self._chime = chime
        self._attentive = attentive
        self._perform = perform
        self._new_turn = new_turn
        self._show = show
        self._published = published
        self._clock = clock
        self._named: dict[str, float] = {}
        """Timer -> when its name was said last."""
        self._saying = False

    def ring(self, timers: Sequence[Timer]) -> None:
        """The names at first and now and then, the tones in between."""
        now = self._clock()
        self._named = {timer.id: self._named[timer.id] for timer in timers if timer.id in self._named}
        fresh = [timer for timer in timers if timer.id not in self._named]
        again = [timer for timer in timers if now - self._named.get(timer.id, now) >= NAMED_EVERY_S]
        self._named |= dict.fromkeys((timer.id for timer in (*fresh, *again)), now)
        for timer in fresh:
            self._say(words.rung(timer), publish=True)
        for timer in again:
            self._say(words.rung(timer), publish=False)
        # Not over the words: two sounds at once are neither.
        if (self._speak is None or not (fresh or again)) and (chime := self._chime()) is not None:
            chime.ring(alarm=True)
        self._attentive()

    def quiet(self) -> None:
        """Words that are being said end; the chime is short."""
        if self._saying and self._speak is not None:
            self._speak.stop()

    def missed(self, timer: Timer) -> None:
        """It is said once."""
        if timer.ringing:
            log.info("timers.unheard: a timer has rung for its whole time, and nobody has stopped it")
            return
        log.warning("timers.missed: a timer or an alarm ended while the hub was off")
        self._say(words.missed(timer), publish=True)

    def show(self, timers: Sequence[Timer]) -> None:
        """The next timer and the next alarm, as states, and whether something rings."""
        running = [timer for timer in timers if timer.due_ms is not None]
        for kind in TimerKind:
            due = min((timer.due_ms for timer in running if timer.kind is kind and timer.due_ms), default=None)
            moment = dt.datetime.fromtimestamp(due / 1000, dt.UTC).isoformat(timespec="seconds") if due else "None"
            self._show(f"next_{kind.value}", moment)

    def carry_out(self, timer: Timer) -> None:
        """Do what waits, as after a yes: what is not as it was when it was asked for is left alone."""
        asked = Plan(
            question="confirm",
            pending=tuple(Command(later.entity_id, Verb(later.verb), later.args) for later in timer.then),
            asked_about=tuple(dict.fromkeys(map(_about, timer.then))),
        )
        turn = self._new_turn()
        plan = answered(YES, asked, turn.home)
        if (name := _forbidden_since(timer, asked, turn.home)) is not None:
            plan = Plan(refusal=Refusal("resolve.not_allowed", name))
        turn = self._perform(replace(turn, interpretation=Interpretation(YES, (), "", source="answer"), plan=plan))
        failed = plan.refusal is not None or bool(turn.error)
        failed |= turn.outcome is not None and any(c.result is not Result.CONFIRMED for c in turn.outcome.commands)
        if failed:
            log.warning("timers.not_done: what a timer was to do was not done")
        if turn.reply is not None:
            self._say(turn.reply.text, publish=True)

    def _say(self, text: str, *, publish: bool) -> None:
        if publish and self._published:
            self._home.publish("reply", text)
        if self._speak is None:
            return
        self._saying = True
        try:
            self._speak.say(text)
        except EdgeError as error:
            log.warning("%s: %s", error.code, error)
        finally:
            self._saying = False


def _forbidden_since(timer: Timer, asked: Plan, home: HomeState) -> str | None:
    """Name of a device that would now need a yes, and needed none, or another, when this was asked for."""
    now = guarded(Plan(commands=asked.pending), home)
    for later in timer.then:
        entity = home.entities.get(later.entity_id)
        stricter = entity is not None and strictest((entity.voice, Voice(later.voice))) is not Voice(later.voice)
        if entity is not None and stricter and later.entity_id in (*now.candidates, *now.left_out):
            return entity.name
    return None


def _about(later: Later) -> AskedAbout:
    return AskedAbout(later.entity_id, later.names, later.area, later.device_class)
