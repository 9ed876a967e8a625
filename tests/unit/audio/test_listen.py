"""The frame loop, with the real wake word, voice activity detector and recordings; only the recogniser is made here."""

from collections.abc import Callable, Iterable
from threading import Thread

import numpy as np
import pytest
from sounds import Recording, frames_of, hey_jarvis, recording, recordings, silence

from edge.audio.capture import Frame
from edge.audio.endpoint import EndpointSettings
from edge.audio.listen import HELD_MS, KEPT_MS, LEAD_IN_MS, PAUSE_MS, Listener
from edge.audio.parts import ListenEvent, ListenEventKind, Vad, without_wake_word
from edge.audio.vad import SileroVad
from edge.audio.wake import LATE_MS, Detection, WakeDetector, WakeStage
from edge.core.errors import InputError
from edge.core.turn import EndReason, Hypothesis, Utterance, Word

WOKE, BEGAN, ENDED = ListenEventKind


class Tape:
    """A recogniser that keeps what it is given, and hears what it is told to."""

    def __init__(self, *hears: str) -> None:
        self.hears = hears or ("turn on the light",)
        self.pcm = b""
        self.takes: list[bytes] = []
        self.resets = 0
        self.whole: float | None = None
        """What it answers when it is asked whether the request is whole."""

    def accept(self, pcm: bytes) -> None:
        self.pcm += pcm

    def partial(self) -> str:
        return self.hears[0]

    def ending(self) -> float | None:
        return self.whole

    def finish(self) -> tuple[Hypothesis, ...]:
        self.takes.append(self.pcm)
        return tuple(Hypothesis(text, 1.0 - n / 10) for n, text in enumerate(self.hears))

    def reset(self) -> None:
        self.pcm = b""
        self.resets += 1


class Loudness:
    """A voice activity detector that takes anything but zeros for speech."""

    def __init__(self) -> None:
        self.accepted = 0

    def accept(self, pcm: bytes) -> float:
        self.accepted += 1
        return 1.0 if any(pcm) else 0.0

    def reset(self) -> None:
        pass


class At:
    """A wake stage that fires at one moment of every stretch that it hears; late, when it has to look twice."""

    def __init__(self, seconds: float, late: float = 0.0) -> None:
        self._late = round(late / 0.02)
        self._frames = round(seconds / 0.02) + self._late
        self._heard = 0

    def accept(self, frame: Frame) -> Detection | None:
        self._heard += 1
        noticed = frame.end - 320 * self._late
        return Detection("Hey Jarvis", 0.99, noticed) if self._heard == self._frames else None

    def reset(self) -> None:
        self._heard = 0


def listener(
    recognizer: Tape,
    *,
    wake: WakeStage | None = None,
    vad: Vad | None = None,
    events: list[ListenEvent] | None = None,
    settings: EndpointSettings | None = None,
    on_false_wake: Callable[[], None] | None = None,
) -> Listener:
    return Listener(
        wake=wake,
        vad=vad or SileroVad(),
        settings=settings or EndpointSettings(),
        recognizer=lambda: recognizer,
        on_event=None if events is None else events.append,
        on_false_wake=on_false_wake,
    )


def real(recognizer: Tape, events: list[ListenEvent] | None = None) -> Listener:
    return listener(recognizer, wake=WakeDetector([hey_jarvis()]), events=events)


def scripted(recognizer: Tape, wakes_at: float, events: list[ListenEvent] | None = None) -> Listener:
    return listener(recognizer, wake=At(wakes_at), vad=Loudness(), events=events)


def heard(listening: Listener, frames: Iterable[Frame]) -> list[Utterance]:
    found = [listening.accept(frame) for frame in frames]
    return [utterance for utterance in [*found, listening.finish()] if utterance is not None]


def script(*stretches: tuple[float, bool]) -> bytes:
    """Speech and silence of so many seconds; every sample of speech is its own offset, so that it can be found."""
    length = round(sum(seconds for seconds, _ in stretches) * 16_000)
    samples, at = (np.arange(length) % 30_000 + 1).astype("<i2"), 0
    for seconds, is_speech in stretches:
        until = at + round(seconds * 16_000)
        if not is_speech:
            samples[at:until] = 0
        at = until
    pcm: bytes = samples.tobytes()
    return pcm


def between(pcm: bytes, began: float, ended: float) -> bytes:
    return pcm[round(began * 16_000) * 2 : round(ended * 16_000) * 2]


class TestRecordings:
    @pytest.mark.parametrize("each", recordings(), ids=lambda r: r.path.stem)
    def test_one_utterance_after_the_wake_word_and_none_without(self, each: Recording) -> None:
        utterances = heard(real(Tape()), each.frames())
        assert len(utterances) == int(each.wake)
        for utterance in utterances:
            assert (utterance.wake, utterance.end_reason) == ("Hey Jarvis", EndReason.SILENCE)

    @pytest.mark.parametrize("stem", ["turn_on_the_kitchen_light", "close_the_garage_door"])
    def test_after_a_pause_only_the_request_is_recognised(self, stem: str) -> None:
        tape, each = Tape(), recording(stem)
        (utterance,) = heard(real(tape), each.frames())
        assert tape.takes[0] in each.pcm  # nothing lost, nothing twice
        began = each.pcm.index(tape.takes[0]) / 32
        assert began > 1_400  # the wake word is over by then
        assert began <= utterance.began_ms - LEAD_IN_MS + 20

    @pytest.mark.parametrize("stem", ["one_breath_turn_on_the_office_light", "one_breath_open_the_garage_door"])
    def test_in_one_breath_the_wake_word_is_recognised_too(self, stem: str) -> None:
        tape, each = Tape("hey jarvis turn on the light"), recording(stem)
        (utterance,) = heard(real(tape), each.frames())
        began = each.pcm.index(tape.takes[0]) / 32
        assert began < 600 + 50  # the recording's speech begins at 600 ms
        assert utterance.began_ms == pytest.approx(600, abs=120)
        assert utterance.text == "turn on the light"

    def test_events_come_in_order(self) -> None:
        events: list[ListenEvent] = []
        (utterance,) = heard(real(Tape(), events), recording("turn_on_the_kitchen_light").frames())
        assert [event.kind for event in events] == [WOKE, BEGAN, ENDED]
        assert [event.at_ms for event in events] == sorted(event.at_ms for event in events)
        assert {event.wake for event in events} == {"Hey Jarvis"}
        assert events[1].at_ms == utterance.began_ms
        assert [event.reason for event in events] == [None, None, EndReason.SILENCE]

    def test_the_same_again_after_an_utterance(self) -> None:
        frames = list(recording("turn_on_the_kitchen_light").frames())
        tape = Tape()
        twice = heard(real(tape), frames_of(b"".join(frame.pcm for frame in frames) * 2))
        assert len(twice) == 2
        assert twice[1].wake == twice[0].wake
        assert len(tape.takes) == 2

    def test_reset_in_the_middle_equals_new(self) -> None:
        frames = list(recording("turn_on_the_kitchen_light").frames())
        listening = real(Tape())
        for frame in frames[: len(frames) // 2]:
            listening.accept(frame)
        listening.reset()
        assert heard(listening, frames) == heard(real(Tape()), frames)

    def test_all_speech_without_a_wake_word(self) -> None:
        (utterance,) = heard(listener(Tape()), recording("no_wake_turn_off_the_hallway_light").frames())
        assert utterance.wake is None
        assert utterance.began_ms == pytest.approx(600, abs=120)

    @pytest.mark.parametrize("wake", [True, False])
    def test_silence_yields_nothing(self, wake: bool) -> None:
        assert heard(real(Tape()) if wake else listener(Tape()), frames_of(silence(12))) == []


class TestPauseOrOneBreath:
    WAKE = ((1.0, False), (0.8, True))
    """The wake word ends at 1.8 s."""

    def test_a_pause(self) -> None:
        tape = Tape()
        pcm = script(*self.WAKE, (0.5, False), (1.0, True), (1.5, False))
        (utterance,) = heard(scripted(tape, 1.86), frames_of(pcm))
        assert (utterance.began_ms, utterance.ended_ms) == (2300, 3300)
        assert between(pcm, 2.3, 3.3) in tape.takes[0]
        assert between(pcm, 1.7, 1.8) not in tape.takes[0]
        assert tape.takes[0] == between(pcm, 2.0, 3.3 + HELD_MS / 1000)

    def test_one_breath(self) -> None:
        tape = Tape("hey jarvis turn on the light")
        pcm = script(*self.WAKE, (1.5, True), (1.5, False))
        (utterance,) = heard(scripted(tape, 1.86), frames_of(pcm))
        assert (utterance.began_ms, utterance.ended_ms) == (1000, 3300)
        assert tape.takes[0] == between(pcm, 0.7, 3.3 + HELD_MS / 1000)

    @pytest.mark.parametrize("word_s", [0.2, 0.3, 0.5])
    def test_a_short_request_in_one_breath(self, word_s: float) -> None:
        tape = Tape("hey jarvis stop")
        pcm = script(*self.WAKE, (word_s, True), (1.5, False))
        (utterance,) = heard(scripted(tape, 1.86), frames_of(pcm))
        assert utterance.text == "stop"
        assert between(pcm, 1.0, 1.8 + word_s) in tape.takes[0]

    def test_a_short_request_and_then_the_rest(self) -> None:
        tape = Tape()
        pcm = script(*self.WAKE, (0.3, True), (0.4, False), (0.6, True), (1.5, False))
        assert len(heard(scripted(tape, 1.86), frames_of(pcm))) == 1
        assert between(pcm, 1.0, 3.1) in tape.takes[0]

    @pytest.mark.parametrize("wakes_at", [1.7, 1.8, 1.9, 2.1, 2.3])
    @pytest.mark.parametrize("pause", [0.0, 0.1, 0.18, 0.2, 0.22, 0.3, 0.6, 3.0])
    def test_no_sample_of_the_request_is_lost(self, wakes_at: float, pause: float) -> None:
        tape = Tape("hey jarvis turn on the light")
        pcm = script(*self.WAKE, (pause, False), (1.2, True), (1.5, False))
        utterances = heard(scripted(tape, wakes_at), frames_of(pcm))
        assert [utterance.text for utterance in utterances] == ["turn on the light"]
        assert any(between(pcm, 1.8 + pause, 3.0 + pause) in take for take in tape.takes)

    @pytest.mark.parametrize("late", [0.02, 0.1, 0.4, LATE_MS / 1000])
    @pytest.mark.parametrize("pause", [0.0, 0.1, 0.2, 0.3, 0.6, 3.0])
    @pytest.mark.parametrize("speech", [0.2, 0.3, 1.2])
    def test_a_wake_stage_that_takes_longer_changes_nothing(self, late: float, pause: float, speech: float) -> None:
        pcm = script(*self.WAKE, (pause, False), (speech, True), (1.5, False))
        outcomes = []
        for wake in (At(1.86), At(1.86, late)):
            tape, events = Tape("hey jarvis stop"), list[ListenEvent]()
            listening = listener(tape, wake=wake, vad=Loudness(), events=events)
            outcomes.append((heard(listening, frames_of(pcm)), tape.takes, events))
        assert outcomes[0] == outcomes[1]
        assert len(outcomes[0][0]) == 1

    def test_a_short_request_may_end_before_a_late_wake_stage_has_noticed(self) -> None:
        tape = Tape("hey jarvis stop")
        pcm = script(*self.WAKE, (0.36, True), (1.0, False))
        listening = listener(
            tape,
            wake=At(1.8, 0.6),
            vad=Loudness(),
            settings=EndpointSettings(silence_ms=100, early_ms=100),
            events=None,
        )
        (utterance,) = heard(listening, frames_of(pcm))
        assert (utterance.text, utterance.end_reason) == ("stop", EndReason.SILENCE)

    def test_a_wake_word_drawn_out_is_not_yet_a_request(self) -> None:
        tape = Tape("hey jarvis")
        pcm = script(*self.WAKE, (1.5, False), (1.0, True), (1.5, False))
        listening = scripted(tape, 1.4)  # noticed 0.4 s before its end
        frames = frames_of(pcm)
        until = round(3.2 / 0.02)
        assert [listening.accept(frame) for frame in frames[:until]] == [None] * until
        tape.hears = ("turn on the light",)
        (utterance,) = heard(listening, frames[until:])
        assert utterance.text == "turn on the light"
        assert between(pcm, 3.3, 4.3) in tape.takes[-1]

    def test_speech_before_the_wake_word_is_left_out(self) -> None:
        tape = Tape("hey jarvis turn on the light")
        pcm = script((1.0, True), (0.4, False), (0.8, True), (1.2, True), (1.5, False))
        (utterance,) = heard(scripted(tape, 2.26), frames_of(pcm))
        assert utterance.began_ms == 1400
        assert tape.takes[0] == between(pcm, 1.1, 3.4 + HELD_MS / 1000)

    def test_a_soft_beginning_is_kept(self) -> None:
        tape = Tape()
        pcm = script(*self.WAKE, (1.0, False), (0.06, True), (0.5, False), (1.0, True), (1.5, False))
        heard(scripted(tape, 1.86), frames_of(pcm))
        assert between(pcm, 2.8, 4.36) in tape.takes[0]


class TestHowCompleteARequestIs:
    @pytest.mark.parametrize(("whole", "ends_after"), [(1.0, 0.38), (0.5, 0.38), (0.3, 0.7), (None, 0.7), (0.0, 1.5)])
    def test_a_whole_request_ends_early_and_an_unfinished_one_late(
        self, whole: float | None, ends_after: float
    ) -> None:
        tape = Tape()
        tape.whole = whole
        listening = listener(tape, vad=Loudness())
        frames = frames_of(script((0.4, False), (1.0, True), (2.0, False)))
        until = next(frame for frame in frames if listening.accept(frame) is not None)
        assert until.end / 16_000 == pytest.approx(1.4 + ends_after, abs=0.001)

    def test_what_is_said_after_a_long_pause_belongs_to_an_unfinished_request(self) -> None:
        tape = Tape()
        tape.whole = 0.0
        pcm = script((0.4, False), (1.0, True), (1.2, False), (0.5, True), (2.0, False))
        (utterance,) = heard(listener(tape, vad=Loudness()), frames_of(pcm))
        assert (utterance.began_ms, utterance.ended_ms) == (400, 3100)
        assert tape.takes == [between(pcm, 0.1, 3.1 + HELD_MS / 1000)]  # the pause too: nothing is out of order

    def test_it_is_asked_once_a_pause(self) -> None:
        asked: list[int] = []

        class Asked(Tape):
            def ending(self) -> float | None:
                asked.append(len(self.pcm))
                return None

        pcm = script((0.4, False), (1.0, True), (0.5, False), (0.5, True), (0.2, False), (0.5, True), (1.0, False))
        heard(listener(Asked(), vad=Loudness()), frames_of(pcm))
        assert len(asked) == 2


class TestEnds:
    WAKE = ((1.0, False), (0.8, True))

    def test_nobody_speaks_after_the_wake_word(self) -> None:
        events: list[ListenEvent] = []
        (utterance,) = heard(scripted(Tape(), 1.86, events), frames_of(script(*self.WAKE, (6.0, False))))
        assert utterance.hypotheses == ()
        assert (utterance.wake, utterance.end_reason) == ("Hey Jarvis", EndReason.NO_SPEECH)
        assert [event.kind for event in events] == [WOKE, ENDED]
        assert utterance.ended_ms == pytest.approx(1_800 + PAUSE_MS + 5_000, abs=40)

    @pytest.mark.parametrize(
        ("after", "hears", "wakes_at", "false"),
        [
            ([(6.0, False)], "", 1.86, 1),
            ([(0.5, False)], "", 1.86, 1),
            ([(0.4, False), (0.8, True), (2.0, False)], "turn on", 1.86, 0),
            ([(6.0, False)], "", 60.0, 0),
        ],
    )
    def test_a_wake_that_nobody_speaks_after_is_told_of(
        self, after: list[tuple[float, bool]], hears: str, wakes_at: float, false: int
    ) -> None:
        told: list[bool] = []
        listening = listener(Tape(hears), wake=At(wakes_at), vad=Loudness(), on_false_wake=lambda: told.append(True))
        if wakes_at == 60.0:
            listening.attend()  # an unanswered question is no wake
        heard(listening, frames_of(script(*self.WAKE, *after)))
        assert len(told) == false

    def test_endless_speech(self) -> None:
        (utterance, *_) = heard(scripted(Tape(), 1.86), frames_of(script(*self.WAKE, (40, True))))
        assert utterance.end_reason is EndReason.MAX_LENGTH

    @pytest.mark.parametrize(
        ("after", "hears", "text", "reason"),
        [
            ([(0.1, True)], "hey jarvis", "", EndReason.NO_SPEECH),
            ([(0.15, True)], "hey jarvis stop", "stop", EndReason.END_OF_AUDIO),
            ([(0.8, True)], "hey jarvis turn on", "turn on", EndReason.END_OF_AUDIO),
            ([(0.5, False)], "", "", EndReason.NO_SPEECH),
            ([(0.5, False), (0.8, True)], "turn on", "turn on", EndReason.END_OF_AUDIO),
        ],
    )
    def test_the_audio_ends(self, after: list[tuple[float, bool]], hears: str, text: str, reason: EndReason) -> None:
        (utterance,) = heard(scripted(Tape(hears), 1.86), frames_of(script(*self.WAKE, *after)))
        assert (utterance.text, utterance.end_reason, utterance.wake) == (text, reason, "Hey Jarvis")

    def test_the_audio_ends_asleep(self) -> None:
        assert heard(scripted(Tape(), 60), frames_of(script(*self.WAKE))) == []

    def test_a_question_needs_no_wake_word(self) -> None:
        listening = scripted(Tape("the bedroom"), 60)
        listening.attend()
        utterances = heard(listening, frames_of(script((1.0, False), (0.8, True), (2.0, False))))
        assert [(u.text, u.wake) for u in utterances] == [("the bedroom", None)]

    def test_a_question_that_nobody_answers(self) -> None:
        listening = scripted(Tape(), 60)
        listening.attend()
        (utterance,) = heard(listening, frames_of(silence(6)))
        assert (utterance.end_reason, utterance.hypotheses) == (EndReason.NO_SPEECH, ())


class TestAnswers:
    """After a question of the hub's own the wake word is not needed."""

    def test_an_answer_needs_no_wake_word(self) -> None:
        listening = scripted(Tape("yes"), 60)
        listening.expect_answer()
        utterances = heard(
            listening, frames_of(script((1.0, False), (0.5, True), (2.0, False), (1.0, True), (2, False)))
        )
        assert [(u.text, u.wake) for u in utterances] == [("yes", None)], "one answer, and then the wake word again"

    def test_no_answer_is_no_utterance(self) -> None:
        told: list[ListenEvent] = []
        listening = scripted(Tape(), 1.86, told)
        listening.expect_answer()
        assert heard(listening, frames_of(silence(6))) == []
        assert [event.kind for event in told] == []
        (utterance,) = heard(listening, frames_of(script(*TestEnds.WAKE, (0.5, False), (1.0, True), (2, False))))
        assert utterance.wake == "Hey Jarvis", "asleep again, and listening for it"

    def test_sound_that_is_no_answer_ends_it_quietly(self) -> None:
        listening = scripted(Tape(""), 60)
        listening.expect_answer()
        assert (
            heard(listening, frames_of(script((1.0, False), (0.5, True), (2.0, False), (0.5, True), (2.0, False))))
            == []
        )

    def test_whoever_is_being_heard_is_heard_out(self) -> None:
        listening = scripted(Tape(), 1.86)
        frames = frames_of(script(*TestEnds.WAKE, (0.5, False), (1.5, True), (2.0, False)))
        utterances = []
        for at, frame in enumerate(frames):
            if at == 160:  # in the middle of the request
                listening.expect_answer()
            if utterance := listening.accept(frame):
                utterances.append(utterance)
        assert [u.wake for u in utterances] == ["Hey Jarvis"]

    def test_it_may_be_asked_for_from_another_thread(self) -> None:
        listening = scripted(Tape("yes"), 60)
        thread = Thread(target=listening.expect_answer)
        thread.start()
        thread.join()
        assert heard(listening, frames_of(script((1.0, False), (0.5, True), (2.0, False))))[0].text == "yes"


class TestResources:
    def test_the_recogniser_is_fed_as_the_sound_arrives(self) -> None:
        tape = Tape()
        listening = scripted(tape, 1.86)
        pcm = script((1.0, False), (0.8, True), (0.5, False), (2.0, True))
        for frame in frames_of(pcm):
            listening.accept(frame)
        assert pcm.endswith(tape.pcm[-640:])
        assert len(tape.pcm) >= len(between(pcm, 2.0, 4.3))
        assert listening.partial == "turn on the light"

    def test_asleep_the_voice_activity_detector_rests(self) -> None:
        vad = Loudness()
        listening = listener(Tape(), wake=At(60), vad=vad)
        heard(listening, frames_of(script((2.0, True))))
        assert vad.accepted == 0

    @pytest.mark.parametrize("wake", [True, False])
    def test_what_is_kept_stays_small(self, wake: bool) -> None:
        tape = Tape()
        listening = scripted(tape, 3_600) if wake else listener(tape, vad=Loudness())
        most = (KEPT_MS + LATE_MS * wake) // 20 + 1
        for frame in frames_of(script(*[(2.0, True), (1.0, False)] * 20)):
            listening.accept(frame)
            assert len(listening._kept) <= most

    def test_a_recogniser_is_reset_after_every_utterance(self) -> None:
        tape = Tape()
        heard(listener(tape, vad=Loudness()), frames_of(script(*[(1.0, True), (1.0, False)] * 3)))
        assert (len(tape.takes), tape.resets, tape.pcm) == (3, 3, b"")

    def test_a_recogniser_that_fails_leaves_a_listener_that_can_be_reset(self) -> None:
        class Broken(Tape):
            def finish(self) -> tuple[Hypothesis, ...]:
                raise InputError("asr.broken", "it broke")

        listening = scripted(Broken(), 1.86)
        frames = frames_of(script((1.0, False), (0.8, True), (0.5, False), (1.0, True), (1.5, False)))
        with pytest.raises(InputError):
            heard(listening, frames)
        listening.reset()
        assert heard(listening, frames_of(silence(1))) == []


class TestHypotheses:
    def test_the_wake_word_goes_from_text_and_words(self) -> None:
        said = ("hey", "jarvis", "turn", "it", "on")
        words = tuple(Word(text, 100 * n, 100 * n + 90, 0.9) for n, text in enumerate(said))
        bare = without_wake_word(Hypothesis("hey jarvis turn it on", 0.8, words), "Hey Jarvis")
        assert bare.text == "turn it on"
        assert [word.text for word in bare.words] == ["turn", "it", "on"]
        assert bare.words[0].began_ms == 200

    def test_without_the_wake_word_nothing_changes(self) -> None:
        hypothesis = Hypothesis("Turn it ON", 0.8, (Word("Turn", 0, 90, 0.9),))
        assert without_wake_word(hypothesis, "Hey Jarvis") == hypothesis

    def test_only_the_wake_word(self) -> None:
        bare = without_wake_word(
            Hypothesis("hey jarvis", 0.8, (Word("hey", 0, 9, 1.0), Word("jarvis", 9, 20, 1.0))), "Hey Jarvis"
        )
        assert (bare.text, bare.words) == ("", ())

    def test_words_are_timed_from_the_start_of_the_audio(self) -> None:
        class Timed(Tape):
            def finish(self) -> tuple[Hypothesis, ...]:
                return (Hypothesis("stop", 1.0, (Word("stop", 300, 700, 1.0),)),)

        pcm = script((1.0, False), (0.8, True), (0.5, False), (0.4, True), (1.5, False))
        (utterance,) = heard(scripted(Timed(), 1.86), frames_of(pcm))
        (word,) = utterance.hypotheses[0].words
        assert (word.began_ms, word.ended_ms) == (2300, 2700)

    def test_readings_that_differ_in_the_wake_word_only_are_one(self) -> None:
        tape = Tape("hey jarvis stop", "stop", "hey jarvis", "hey jarvis top")
        pcm = script((1.0, False), (0.8, True), (1.0, True), (1.5, False))
        (utterance,) = heard(scripted(tape, 1.86), frames_of(pcm))
        assert [h.text for h in utterance.hypotheses] == ["stop", "top"]
        assert utterance.hypotheses[0].confidence == 1.0


class TestDeaf:
    """What is said while the hub is not to listen is gone, and leaves nothing behind."""

    @pytest.mark.parametrize("until", [0.2, 0.4, 0.6, 0.8])
    def test_a_request_under_way_comes_to_nothing(self, until: float) -> None:
        tape, frames = Tape(), list(recording("turn_on_the_kitchen_light").frames())
        events: list[ListenEvent] = []
        dropped: list[int] = []
        listening = real(tape, events)
        listening.on_dropped = lambda: dropped.append(len(events))
        at = round(until * len(frames))
        assert [listening.accept(frame) for frame in frames[:at]] == [None] * at
        listening.deaf = True
        assert [listening.accept(frame) for frame in frames[at:]] == [None] * (len(frames) - at)
        assert listening.finish() is None
        assert tape.takes == []
        assert listening.partial == ""
        assert dropped == ([len(events)] if events else []), "told once, if anything was begun"
        assert ENDED not in {event.kind for event in events}

    def test_it_hears_nothing_and_then_as_new(self) -> None:
        sound, events = recording("turn_on_the_kitchen_light").pcm, list[ListenEvent]()
        frames = list(frames_of(sound + sound))
        listening, half = real(Tape(), events), len(sound) // 640
        listening.deaf = True
        assert not any(listening.accept(frame) for frame in frames[:half])
        assert events == []
        listening.deaf = False
        listening.on_dropped = lambda: pytest.fail("an utterance that ended was not dropped")
        (utterance,) = heard(listening, frames[half:])
        (alone,) = heard(real(Tape()), frames_of(sound))
        assert utterance.began_ms - half * 20 == pytest.approx(alone.began_ms, abs=20)

    def test_half_a_wake_word_of_before_does_not_count(self) -> None:
        sound = recording("turn_on_the_kitchen_light").pcm
        frames = list(frames_of(sound))
        events: list[ListenEvent] = []
        assert heard(real(Tape(), events), frames)
        woke = next(at for at, frame in enumerate(frames) if frame.end // 16 >= events[0].at_ms)
        listening = real(Tape())
        for at, frame in enumerate(frames):
            listening.deaf = at == woke - 15  # for one frame, 0.3 s before the word is noticed
            assert listening.accept(frame) is None
        assert listening.finish() is None
