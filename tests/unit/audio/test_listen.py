"""The frame loop, with the real wake word, voice activity detector and recordings; only the recogniser is made here."""

import pytest
from listening import At, Loudness, Tape, between, heard, listener, real, script, scripted
from sounds import Recording, frames_of, recording, recordings, silence

from edge.audio.endpoint import EndpointSettings
from edge.audio.listen import HELD_MS, LEAD_IN_MS
from edge.audio.parts import ListenEvent, ListenEventKind
from edge.audio.wake import LATE_MS
from edge.core.turn import EndReason

WOKE, BEGAN, ENDED = ListenEventKind


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
