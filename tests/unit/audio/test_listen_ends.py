"""How the frame loop ends: utterances, answers, what it holds and gives back, and what it drops."""

from threading import Thread

import pytest
from listening import At, Loudness, Tape, between, heard, listener, real, script, scripted
from sounds import frames_of, recording, silence

from edge.audio.listen import KEPT_MS, PAUSE_MS
from edge.audio.parts import ListenEvent, ListenEventKind, without_wake_word
from edge.audio.wake import LATE_MS
from edge.core.errors import InputError
from edge.core.turn import EndReason, Hypothesis, Word

WOKE, BEGAN, ENDED = ListenEventKind


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
        dropped: list[bool] = []
        listening.on_dropped = lambda: dropped.append(True)
        listening.expect_answer()
        assert heard(listening, frames_of(silence(6))) == []
        assert [event.kind for event in told] == []
        assert dropped == [True], "who shows that it is listening is told that it no longer is"
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
