"""The composition root: takes the profile, makes the parts, hands each what it needs, and owns the threads.

Wiring only. What a part does is in its package; this is the one module that knows them all.
"""

import datetime as dt
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from edge import hearing, hub_log, teaching
from edge.core.errors import EdgeError
from edge.core.home import HomeState
from edge.core.pipeline import Stage, check_order, run
from edge.core.timers import ringing
from edge.core.turn import EndReason, Hypothesis, Interpretation, Plan, Turn, Utterance
from edge.house import StillHome
from edge.learning import Replying
from edge.nlu.choice import waits
from edge.nlu.grammar import Grammar
from edge.nlu.policy import answers
from edge.nlu.teachable import answers_lesson
from edge.nlu.timely import heard_for_ring
from edge.nlu.understand import answers_to
from edge.past import Past
from edge.profile import Profile
from edge.reply.phrase import Phrase
from edge.rewrite.learn import Ask
from edge.rewrite.teach import Lessons
from edge.ringing import HubBell, book
from edge.timers.keeper import Keeper

if TYPE_CHECKING:
    from edge.asr.recognizer import Recognizer
    from edge.asr.standby import Standby
    from edge.audio.capture import Frame, Source
    from edge.audio.listen import Listener
    from edge.audio.live import Watch
    from edge.audio.own_sound import OwnSound
    from edge.audio.parts import ListenEvent
    from edge.audio.wake import WakeDetector
    from edge.home.link import Link
    from edge.models import ModelStore
    from edge.panel import Panel
    from edge.reply.chime import Chime

log = logging.getLogger("edge")


class Hub:
    """One household's line, wired.

    home: where devices are mirrored and reached; nothing is acted on in a `StillHome`.
    store: makes the model store when a model is needed first. grammar: handed in where it has been made already.
    past: what is remembered of this home; None: only what is said from now on. It is closed with the hub.
    lessons: what people have taught; None: only what they teach from now on, in memory.
    """

    def __init__(
        self,
        profile: Profile,
        home: "Link | StillHome",
        *,
        store: "Callable[[], ModelStore]",
        grammar: Grammar | None = None,
        past: Past | None = None,
        lessons: Lessons | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], dt.datetime] = lambda: dt.datetime.now().astimezone(),
        new_id: Callable[[], str] = lambda: os.urandom(8).hex(),
    ) -> None:
        self.profile = profile
        self.home = home
        self._store = store
        self._clock = clock
        self._wall = wall
        self._new_id = new_id
        self.grammar = grammar or Grammar(profile.language, [profile.paths.custom_sentences])
        self._panel: Panel | None = getattr(home, "panel", None)  # the hub's own link has one, no other has
        self._speak = hearing.speaker(profile)
        self._chime: Chime | None = None
        self._alarm: Chime | None = None
        """Of timers, where there is no other chime."""
        self.lessons = lessons or teaching.lessons_of_home(profile, None)
        self._recent: deque[Turn] = deque(maxlen=5)
        """The turns before, latest first."""
        self.keeper = Keeper(book(profile, home), wall_ms=self._now_ms)
        self._performing = threading.Lock()
        """Held while commands go out: those of a turn, or those of a timer."""
        self.past = past or Past(now=wall)
        if self.past.rewrites is None:
            self.past.rewrites = self.lessons.rules
        self.stages = self._line()
        check_order(self.stages)
        self._standby: Standby | None = None
        self.dropped: Callable[[], int] = lambda: 0
        """Frames that were lost so far before they were heard."""
        self.detector: WakeDetector | None = None
        """Of the listener that was made last."""
        self._asked: tuple[Plan, float] | None = None
        """The question that waits for its answer, and when it had been put."""
        self._ears: Listener | None = None
        """Who is to listen for the answer without a wake word."""
        self._closing = ExitStack()
        self._closing.callback(self.past.close)
        self.past.watch(home)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the threads."""
        self._closing.close()

    def say(self, text: str) -> Turn:
        """A typed request, down the whole line but for hearing."""
        return self.take(Utterance((Hypothesis(text, 1.0),), end_reason=EndReason.TYPED))

    def take(self, utterance: Utterance) -> Turn:
        """One utterance, down the line; the reply and what came of it are published.

        What is said without the wake word while the hub listens for an answer, and is none, is taken for silence: the
        turn holds no words and no spans, and the question waits on.
        """
        if utterance.wake is None and utterance.end_reason is not EndReason.TYPED and self._ears is not None:
            utterance = hearing.without_wake_words(utterance, self.profile, self._store())
            stops = heard_for_ring(utterance.hypotheses) and ringing(self.keeper.timers())
            if not stops and (not self._waits() or not self._is_answer(utterance)):
                silence = replace(utterance, hypotheses=(), end_reason=EndReason.NO_SPEECH)
                turn = Turn(self._new_id(), self._now_ms(), HomeState(), silence)
                self.past.silent()
                if self._panel is not None:
                    self._panel.ended(turn)
                return turn
        if self._panel is not None:
            self._panel.began()
        asked = self._question()
        turn = replace(self._new_turn(), utterance=utterance, asked=asked)
        turn = replace(turn, follows=self._recent[0].id if self._recent else None)
        self.past.takes(turn.id)
        turn = replace(turn, context=self.past.context(turn.home))
        with self._performing:
            turn = run(turn, self.stages, clock=self._clock, on_unexpected=hub_log.defect)
        self._publish(turn)
        self.past.ended(turn)
        self._recent.appendleft(turn)
        if turn.plan is not None and waits(turn.plan):
            self._asked = (turn.plan, self._clock())  # the reply has been spoken by now
            if self._ears is not None:
                if self._panel is not None:
                    self._panel.asked()
                self._ears.expect_answer()
        return turn

    def teach(self, said: Interpretation) -> Turn:
        """Something taught as it is, without a sentence from which it had to be read; nothing is kept of the turn."""
        turn = replace(self._new_turn(), interpretation=said, readings=(said,))
        some = [stage for stage in self.stages if stage.name in ("context", "learn", "reply")]
        return run(turn, some, clock=self._clock, on_unexpected=hub_log.defect)

    def snapshot(self) -> HomeState:
        """The home as it is now, with the names that people have taught."""
        return teaching.with_names(self.home.snapshot(), self.lessons)

    def _new_turn(self) -> Turn:
        self.lessons.look()
        home, timers = self.snapshot(), self.keeper.timers()
        return Turn(self._new_id(), self._now_ms(), home, Utterance(()), timers=timers)

    def _question(self) -> Plan | None:
        """What was asked last, if it is not too long ago; whatever is said next ends it."""
        asked = self._asked[0] if self._asked is not None and self._waits() else None
        self._asked = None
        return asked

    def _waits(self) -> bool:
        return self._asked is not None and self._clock() - self._asked[1] <= self.profile.act.answer_s

    def _is_answer(self, utterance: Utterance) -> bool:
        if self._asked is None:
            return False
        if (lesson := self._asked[0].lesson) is not None and lesson.asks:
            return answers_lesson(lesson, utterance.hypotheses)
        waiting = answers_to(self._asked[0], self.snapshot(), self.keeper.timers(), self.grammar)
        return waiting.any_in(utterance.hypotheses)

    def confirm(self) -> Turn:
        """Say yes to the question of the turn before."""
        return self.say(answers(self.grammar.language)[0][0])

    def replay(
        self, source: "Source", *, wake: bool = True, on_frame: "Callable[[Frame], None] | None" = None
    ) -> Iterator[Turn]:
        """Every request in a recording, as fast as it can be heard.

        wake: whether the wake word is needed. on_frame: told of every frame, for a progress display.
        Raises EdgeError for a recording or model that cannot be used.
        """
        listener = self.listener(wake=wake)
        for frame in source:
            if on_frame is not None:
                on_frame(frame)
            if (utterance := listener.accept(frame)) is not None:
                yield from self._taken(utterance)
        if (utterance := listener.finish()) is not None:
            yield from self._taken(utterance)

    def _taken(self, utterance: Utterance) -> Iterator[Turn]:
        """The turn, unless it was silence to the hub."""
        turn = self.take(utterance)
        if turn.spans:
            yield turn

    def listen(
        self,
        open_source: "Callable[[], Source]",
        *,
        wake: bool = True,
        on_outage: Callable[[EdgeError | None], None] = hub_log.outage,
        watch: "Watch | None" = None,
    ) -> Iterator[Turn]:
        """Requests as they are spoken, for as long as the source lasts.

        Frames are listened to in a thread of their own, also while a reply is being spoken; turns are taken on the
        caller's. A microphone that goes away is waited for. Raises EdgeError for one that is not there at the start,
        and, when the first turn is asked for, for a recogniser that cannot be made.
        """

        def heard(event: "ListenEvent") -> None:
            if event.kind is not ListenEventKind.ENDED:
                self.past.listens()
            if self._speak is not None:
                self._speak.stop()  # someone talks over the reply
            if self._panel is not None:
                self._panel.heard(event)

        from edge.audio.live import LiveListening
        from edge.audio.parts import ListenEventKind

        own = self._own_sound(wake=wake)
        listener = self.listener(wake=wake, on_event=heard, own=own)
        if self.detector is not None:
            self._closing.callback(hub_log.counts, self.detector)
        if self._panel is not None:
            self._panel.begin(listener, detector=self.detector if wake else None, speak=self._speak, chime=self._chime)
            self._closing.callback(self._panel.close)
        self._ring(own)
        listening = LiveListening(open_source, listener, on_outage=on_outage, watch=watch)
        self._closing.callback(listening.close)
        self.dropped = lambda: listening.dropped
        return self._heard(listening)

    def _heard(self, utterances: "Iterable[Utterance]") -> Iterator[Turn]:
        """Their turns, once the recogniser is made: what is said meanwhile waits for it, and is not lost.

        That takes seconds, in which a hub that does not listen yet would miss what is said to it after a power cut.
        """
        self.standby()()
        self.standby().start()
        self.grammar.settle()
        for utterance in utterances:
            yield from self._taken(utterance)

    def listener(
        self,
        *,
        wake: bool = True,
        on_event: "Callable[[ListenEvent], None] | None" = None,
        own: "OwnSound | None" = None,
    ) -> "Listener":
        """The frame loop, with the profile's wake words and endpoint; the one before it is used no more."""
        from edge import wakes

        if not wake:
            self._ears = None  # all speech is listened to as it is
            return hearing.listener(self.profile, self.standby(), detector=None, on_event=on_event, own=own)
        if self.detector is None:
            voices = self.profile.paths.data_dir / "voices"
            self.detector = wakes.detector(self.profile.wake, self._store(), voices)
        # One for all recordings that are replayed: each new one would leave tens of MB of loose memory behind.
        self.detector.reset()
        self._ears = hearing.listener(self.profile, self.standby(), detector=self.detector, on_event=on_event, own=own)
        return self._ears

    def standby(self) -> "Standby":
        """The recogniser that follows the home's names; made on first use."""
        from edge.asr.pronunciations import fingerprint
        from edge.asr.standby import Standby

        if self._standby is None:
            own = self.profile.paths.pronunciations
            self._standby = Standby(
                self._recognizer,
                self.snapshot,
                on_error=hub_log.error,
                also=lambda: (fingerprint(own), self.lessons.fingerprint(), id(self.grammar)),
            )
            self._closing.callback(self._standby.close)
        return self._standby

    def take_over(self, profile: Profile, grammar: Grammar) -> None:
        """Go by these from the next turn on; of the profile, what is looked up in it. To be called between two."""
        self.profile, self.grammar = profile, grammar
        self.home_changed()

    def home_changed(self) -> None:
        """Something in the home has changed; the recogniser may have to expect other names."""
        if self._standby is not None:
            self._standby.home_changed()

    def _line(self) -> tuple[Stage, ...]:
        from edge.home.act import Act

        stages = teaching.understanding(
            lambda: self.grammar, self.lessons, self.keeper, lambda: tuple(self._recent), clock=self._clock
        )
        if not isinstance(self.home, StillHome):
            stages.append(Act(self.home, confirm_ms=self.profile.act.confirm_ms))
            stages.append(Ask(self.lessons, worked=self.profile.learning.ask, recent=lambda: tuple(self._recent)))
        stages.append(Phrase(lambda: self.grammar.responses, now=self._wall))
        if self._speak is not None:
            stages.append(Replying(self._speak, self.past.replies))
        return tuple(stages)

    def _ring(self, own: "OwnSound | None") -> None:
        """Let timers be heard from now on."""

        def chime() -> "Chime | None":
            if self._chime is not None:
                return self._chime
            if self._alarm is None:
                self._alarm = hearing.alarm(own, on_error=hub_log.error)
                self._closing.callback(self._alarm.close)
            self._alarm.muted = self._speak is not None and self._speak.muted
            return self._alarm

        def perform(turn: Turn) -> Turn:
            with self._performing:
                later = [stage for stage in self.stages if stage.name in ("act", "reply")]
                return run(turn, later, clock=self._clock, on_unexpected=hub_log.defect)

        bell = HubBell(
            self.home,
            speak=self._speak,
            chime=chime,
            attentive=lambda: self._ears.expect_answer() if self._ears is not None else None,
            perform=perform,
            new_turn=self._new_turn,
            show=self._panel.show if self._panel is not None else lambda *_: None,
            published=self.profile.reply.publish,
        )
        self.keeper.start(bell)
        self._closing.callback(self.keeper.close)

    def _own_sound(self, *, wake: bool) -> "OwnSound | None":
        """What the hub plays while it listens; None when it plays nothing."""
        if self._speak is None and not self.profile.reply.chime:
            return None
        own = hearing.own_sound(self.profile, self._store, wake=wake)
        if self._speak is not None:
            self._speak.own = own
        if self.profile.reply.chime:
            self._chime = hearing.chime(own, on_error=hub_log.error)
            self._closing.callback(self._chime.close)
        return own

    def _recognizer(self, home: HomeState) -> "Recognizer":
        return hearing.recognizer(self.profile, self._store(), home, self.grammar, self.lessons.phrases())

    def _now_ms(self) -> int:
        return int(self._wall().timestamp() * 1000)

    def _publish(self, turn: Turn) -> None:
        if turn.plan is not None and turn.plan.publish and turn.interpretation is not None:
            self.home.publish("intent", hub_log.intent_json(turn.interpretation, turn.home))
        if turn.reply is not None and self.profile.reply.publish:
            self.home.publish("reply", turn.reply.text)
        if self._panel is not None:
            self._panel.ended(turn)
