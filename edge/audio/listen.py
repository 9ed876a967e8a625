"""The frame loop: wake word, endpoint and recogniser, pushed forward by one frame at a time.

    asleep --wake word--> awake --a pause--> waiting --speech--> hearing --silence--> utterance, asleep
                            |                   |
                            |                   +--nobody speaks--> utterance without words, asleep
                            +--speech goes on (one breath)--> hearing

People say "hey jarvis, turn on the light" with a pause and without one, and no word of either may be lost. So the last
seconds of sound are kept. When a pause follows the wake word, the recogniser begins shortly before the speech after it.
When none does, the recogniser is given everything from where that stretch of speech began, hears the wake word too, and
the wake word is taken off the text. Telling the two apart takes a few hundred milliseconds; what arrived meanwhile is
handed over at once, and from there on every frame as it comes, so that little is left to do after the last sample.

While asleep only the wake stage runs: the voice activity detector costs many times as much, and looks back over the
kept sound when it is woken.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from threading import Event

from edge.audio.capture import FRAME_SAMPLES, Frame
from edge.audio.endpoint import SAMPLES_PER_MS, Endpointer, EndpointSettings, SpeechBegan, SpeechEnded, SpeechGate
from edge.audio.own_sound import OwnSound
from edge.audio.parts import ListenEvent, ListenEventKind, Recognizer, Vad, without_wake_word
from edge.audio.wake import LATE_MS, WakeStage
from edge.core.text import normalize, without_prefix
from edge.core.turn import EndReason, Hypothesis, Utterance

KEPT_MS = 1500
"""Sound kept from before the wake word is noticed: the longest wake phrases take a second, noticing them 0.3 s."""
LEAD_IN_MS = 300
"""Sound before the first speech sample that a recogniser is given: soft first consonants lie before it."""
PAUSE_MS = 200
"""Silence after the wake word that counts as a pause; the stop in a consonant is shorter than 150 ms."""
WAKE_TAIL_MS = 120
"""Speech after the wake word was noticed that may still be its own end: measured, 99 of 100 are shorter."""
ONE_BREATH_MS = 300
"""Speech after the wake word was noticed that no longer needs a pause to be told from it."""
HELD_MS = 300
"""Silence after which sound is held back from the recogniser until someone speaks again: what it takes to hear how a
last consonant dies away. The silence that an utterance ends with is decoded by nobody then."""


class _State(Enum):
    ASLEEP = auto()
    AWAKE = auto()
    WAITING = auto()
    HEARING = auto()


@dataclass(frozen=True, slots=True)
class _Heard:
    """A frame, and how much it sounded like speech."""

    frame: Frame
    probability: float
    speech: bool


class Listener:
    """Frames in, utterances out. Memory stays the same however long it listens."""

    def __init__(
        self,
        *,
        wake: WakeStage | None,
        vad: Vad,
        settings: EndpointSettings,
        recognizer: Callable[[], Recognizer],
        on_event: Callable[[ListenEvent], None] | None = None,
        own: OwnSound | None = None,
        kept_ms: int = KEPT_MS,
        on_false_wake: Callable[[], None] | None = None,
    ) -> None:
        """wake: None makes every stretch of speech an utterance.

        recognizer: called once an utterance, when it is woken; may hand out the same one again, which has then been
        reset. on_event: called from within `accept` and `finish`; must be quick. own: what the hub
        plays itself, which is not listened to. kept_ms: milliseconds of sound kept
        from before the wake word is noticed. on_false_wake: called when nobody has said anything after a wake word.
        """
        self._wake = wake
        self._on_false_wake = on_false_wake
        self._vad = vad
        self._settings = settings
        self._gate = SpeechGate(settings)
        self._endpointer = Endpointer(settings)
        self._make_recognizer = recognizer
        self._on_event = on_event
        self._own = own
        self._kept_samples = kept_ms * SAMPLES_PER_MS
        self._recognizer: Recognizer | None = None
        self._kept: deque[_Heard] = deque()
        self._answer_due = Event()
        self.deaf = self._was_deaf = False
        """Set from any thread: frames are dropped, and with them what is under way, until it is False again."""
        self.on_dropped: Callable[[], None] | None = None
        """Called, like `on_event`, when what was begun comes to nothing, without having ended."""
        self._begun = False
        self._sleep()

    def accept(self, frame: Frame) -> Utterance | None:
        """The utterance that this frame ends, if it ends one.

        Raises EdgeError when a model fails; `reset` then makes the listener usable again.
        """
        if self._own is not None:
            self._own.heard(frame.end)
        if self.deaf is not self._was_deaf:
            self._was_deaf = self.deaf
            self.reset()
        if self._was_deaf:
            self._answer_due.clear()
            return None
        if self._answer_due.is_set():
            self._answer_due.clear()
            self._await_answer()
        return self._doze(frame) if self._state is _State.ASLEEP else self._attend_to(frame)

    def _attend_to(self, frame: Frame) -> Utterance | None:
        heard = self._listen(frame)
        if self._state is _State.AWAKE:
            self._decide(heard)
            return None
        if self._state is _State.WAITING:
            return self._wait(heard)
        return self._hear(heard)

    def finish(self) -> Utterance | None:
        """The utterance under way when the audio ends, if there is one; then the listener is as new."""
        if self._state is _State.AWAKE:
            # One breath or only the wake word: what is left of the text when it is taken off will tell.
            self._begin_at_wake_word()
            hypotheses = self._hypotheses()
            return self._done(EndReason.END_OF_AUDIO if hypotheses else EndReason.NO_SPEECH, hypotheses)
        if self._state is _State.HEARING:
            return self._done(EndReason.END_OF_AUDIO, self._hypotheses())
        if self._state is _State.WAITING and self._expected:
            return self._done(EndReason.NO_SPEECH, ())
        self.reset()
        return None

    def reset(self) -> None:
        """Drop what is under way and listen as new."""
        if self._recognizer is not None:
            self._recognizer.reset()
        self._sleep()
        begun, self._begun = self._begun, False
        if begun and self.on_dropped is not None:
            self.on_dropped()

    def attend(self) -> None:
        """Listen for a request at once, without the wake word, as after a question; drops what is under way."""
        self.reset()
        self._recognizer = self._make_recognizer()
        self._expected = True
        self._state = _State.WAITING

    def expect_answer(self) -> None:
        """Listen from the next frame on for an answer, without the wake word; silence then is none, and no utterance.

        May be called from any thread, when the question has been put. Nothing happens while somebody is being heard.
        """
        self._answer_due.set()

    def _await_answer(self) -> None:
        if self._state is _State.ASLEEP:
            self.attend()
            self._expected = False
            self._awaiting_answer = self._begun = True  # whoever shows that it is awaited is told when it did not come

    @property
    def partial(self) -> str:
        """What the recogniser has heard so far of the utterance under way, or nothing."""
        if self._state is not _State.HEARING or self._recognizer is None:
            return ""
        text = self._recognizer.partial()
        return without_prefix(text, self._phrase) if self._phrase else text

    def _sleep(self) -> None:
        self._state = _State.WAITING if self._wake is None else _State.ASLEEP
        if self._wake is not None:
            self._wake.reset()
        self._vad.reset()
        self._gate.reset()
        self._endpointer.reset()
        self._recognizer = None
        self._kept.clear()
        self._phrase: str | None = None
        self._expected = False
        """Whether somebody has asked to be heard, so that silence is an answer too."""
        self._awaiting_answer = False
        self._one_breath = False
        self._since_wake = 0
        self._quiet = 0
        """Samples since the last speech, in AWAKE."""
        self._base: int | None = None
        """Stream offset at which the endpointer began to count."""
        self._began = 0
        self._fed_from = 0
        self._held: list[bytes] = []
        """Silence that the recogniser is not given unless someone speaks again."""
        self._now = 0

    def _doze(self, frame: Frame) -> Utterance | None:
        assert self._wake is not None
        self._keep(_Heard(frame, 0.0, speech=False), further=LATE_MS * SAMPLES_PER_MS)
        detection = self._wake.accept(frame)
        if detection is None:
            return None
        if self._own is not None and self._own.explains(detection):
            self._wake.reset()  # so that a person who says it next is heard at once
            return None
        self._phrase = detection.phrase
        self._expected = True
        self._tell(ListenEventKind.WOKE, detection.at_sample)
        self._recognizer = self._make_recognizer()
        self._state = _State.AWAKE
        self._began = detection.at_sample
        frames = [heard.frame for heard in self._kept]
        self._kept.clear()
        for kept in frames:
            # The wake stage may have taken a moment longer: what it heard meanwhile came after the wake word.
            if kept.end <= detection.at_sample:
                self._note_quiet(self._listen(kept))
            elif (ended := self._attend_to(kept)) is not None:
                return ended
        return None

    def _listen(self, frame: Frame) -> _Heard:
        self._now = frame.end
        if self._own is not None:
            frame = self._own.blanked(frame, woken=self._phrase is not None)
        probability = self._vad.accept(frame.pcm)
        heard = _Heard(frame, probability, self._gate.accept(probability))
        self._keep(heard)
        return heard

    def _keep(self, heard: _Heard, further: int = 0) -> None:
        self._kept.append(heard)
        # Until it is known where to begin, the sound since the wake word is kept on top.
        while self._kept[0].frame.end <= heard.frame.end - self._kept_samples - self._since_wake - further:
            self._kept.popleft()

    def _note_quiet(self, heard: _Heard) -> None:
        self._quiet = 0 if heard.speech else self._quiet + FRAME_SAMPLES

    def _decide(self, heard: _Heard) -> None:
        """Whether a pause follows the wake word or the request follows at once."""
        self._since_wake += FRAME_SAMPLES
        self._note_quiet(heard)
        speech_after = self._since_wake - self._quiet
        if self._quiet >= PAUSE_MS * SAMPLES_PER_MS:
            # "Hey jarvis, stop" has its pause after the request, so a pause alone proves nothing.
            if speech_after > WAKE_TAIL_MS * SAMPLES_PER_MS:
                self._begin_at_wake_word()
            else:
                self._await_speech()
        elif speech_after >= ONE_BREATH_MS * SAMPLES_PER_MS:
            self._begin_at_wake_word()

    def _await_speech(self) -> None:
        # Nothing from before the pause may reach the recogniser: it is the wake word's end.
        while self._kept and self._kept[-1].frame.start - self._kept[0].frame.start >= PAUSE_MS * SAMPLES_PER_MS:
            self._kept.popleft()
        self._since_wake = 0
        self._one_breath = False
        self._held.clear()
        self._endpointer.reset()
        self._base = None
        self._state = _State.WAITING
        if self._own is not None:
            self._own.waiting()

    def _begin_at_wake_word(self) -> None:
        """Feed everything from where the stretch of speech began that the wake word is part of."""
        stretch: deque[_Heard] = deque()
        speaking, quiet = False, 0
        for heard in reversed(self._kept):
            quiet = 0 if heard.speech else quiet + FRAME_SAMPLES
            speaking = speaking or heard.speech
            if speaking and quiet >= PAUSE_MS * SAMPLES_PER_MS:
                break
            stretch.appendleft(heard)
        while len(stretch) > 1 and not stretch[0].speech:
            stretch.popleft()
        self._one_breath = True
        self._since_wake = 0
        self._begin(stretch[0].frame.start, stretch[0].frame.start)
        self._endpointer.reset()
        self._base = stretch[0].frame.start
        for heard in stretch:
            # No gap in the stretch is long enough to end it.
            self._endpointer.accept(heard.probability, FRAME_SAMPLES)

    def _begin(self, at: int, feed_from: int) -> None:
        """Start the recogniser. at: stream offset at which speech began; feed_from: where the recogniser's begins."""
        if self._recognizer is None:
            self._recognizer = self._make_recognizer()
        self._state = _State.HEARING
        self._began = at
        self._tell(ListenEventKind.SPEECH_BEGAN, at)
        lead_in = [h.frame for h in self._kept if h.frame.end > feed_from - LEAD_IN_MS * SAMPLES_PER_MS]
        self._fed_from = lead_in[0].start
        self._recognizer.accept(b"".join(frame.pcm for frame in lead_in))

    def _wait(self, heard: _Heard) -> Utterance | None:
        event = self._endpoint(heard)
        if isinstance(event, SpeechBegan):
            assert self._base is not None
            at = self._base + event.at
            # A soft "add" before "apples" is too short to count as speech on its own, and yet is part of what is said.
            earliest = at - self._settings.silence_ms * SAMPLES_PER_MS
            soft = next((h.frame.start for h in self._kept if h.speech and h.frame.start >= earliest), at)
            self._begin(at, min(soft, at))
        elif isinstance(event, SpeechEnded):
            if self._expected:
                return self._done(EndReason.NO_SPEECH, ())
            if self._awaiting_answer:
                self.reset()
                return None
            self._endpointer.reset()
            self._base = None
        return None

    def _hear(self, heard: _Heard) -> Utterance | None:
        event = self._endpoint(heard)
        self._feed(heard)
        if event is None and self._endpointer.asks:
            assert self._recognizer is not None
            self._endpointer.expect(self._recognizer.ending())
        return self._ended(event) if isinstance(event, SpeechEnded) else None

    def _feed(self, heard: _Heard) -> None:
        assert self._recognizer is not None
        if not heard.speech and self._endpointer.pause > HELD_MS * SAMPLES_PER_MS:
            self._held.append(heard.frame.pcm)
            return
        self._recognizer.accept(b"".join((*self._held, heard.frame.pcm)))
        self._held.clear()

    def _endpoint(self, heard: _Heard) -> SpeechBegan | SpeechEnded | None:
        if self._base is None:
            self._base = heard.frame.start
        return self._endpointer.accept(heard.probability, FRAME_SAMPLES)

    def _ended(self, event: SpeechEnded) -> Utterance | None:
        hypotheses = self._hypotheses()
        if self._one_breath and not hypotheses and event.reason is not EndReason.MAX_LENGTH:
            # Only the wake word was said, drawn out or late to be noticed: the request is still to come.
            assert self._recognizer is not None
            self._recognizer.reset()
            self._await_speech()
            return None
        if self._awaiting_answer and not hypotheses:
            self.reset()  # what was heard was no answer, and nobody has asked to be told so
            return None
        # Speech too short for the endpointer may still have been understood.
        understood = event.reason is EndReason.NO_SPEECH and hypotheses
        return self._done(EndReason.SILENCE if understood else event.reason, hypotheses)

    def _hypotheses(self) -> tuple[Hypothesis, ...]:
        assert self._recognizer is not None
        offset_ms = self._fed_from // SAMPLES_PER_MS
        found: dict[str, Hypothesis] = {}
        for hypothesis in self._recognizer.finish():
            bare = without_wake_word(hypothesis, self._phrase) if self._phrase else hypothesis
            words = tuple(
                replace(word, began_ms=word.began_ms + offset_ms, ended_ms=word.ended_ms + offset_ms)
                for word in bare.words
            )
            # Readings that differ in the wake word only are one.
            if text := normalize(bare.text):
                found.setdefault(text, replace(bare, words=words))
        return tuple(found.values())

    def _done(self, reason: EndReason, hypotheses: tuple[Hypothesis, ...]) -> Utterance:
        last = self._now
        if reason is not EndReason.NO_SPEECH and self._base is not None:
            last = max(self._began, self._base + self._endpointer.last_speech)
        utterance = Utterance(
            hypotheses=hypotheses,
            wake=self._phrase,
            began_ms=self._began // SAMPLES_PER_MS,
            ended_ms=last // SAMPLES_PER_MS,
            end_reason=reason,
        )
        self._tell(ListenEventKind.ENDED, self._now, reason)
        if reason is EndReason.NO_SPEECH and self._phrase is not None and self._on_false_wake is not None:
            self._on_false_wake()
        self.reset()
        return utterance

    def _tell(self, kind: ListenEventKind, at: int, reason: EndReason | None = None) -> None:
        self._begun = kind is not ListenEventKind.ENDED
        if self._on_event is not None:
            self._on_event(ListenEvent(kind, at // SAMPLES_PER_MS, self._phrase, reason))
