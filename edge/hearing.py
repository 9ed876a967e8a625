"""The composition root's part for hearing: wake words, the frame loop, the recogniser and what it expects."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edge import hub_log
from edge.core.errors import EdgeError, MissingError
from edge.core.home import HomeState
from edge.core.text import without_prefix
from edge.core.turn import Utterance
from edge.nlu.choice_expected import sentences
from edge.nlu.expected import before_requests
from edge.nlu.grammar import Grammar
from edge.nlu.policy import answers
from edge.nlu.teachable import framed
from edge.profile import Profile
from edge.settings import WHISPER_RAM_MIB

if TYPE_CHECKING:
    from edge.asr.expectation import Expectation
    from edge.asr.recognizer import Recognizer
    from edge.audio.listen import Listener
    from edge.audio.own_sound import OwnSound
    from edge.audio.parts import ListenEvent
    from edge.audio.parts import Recognizer as Heard
    from edge.audio.wake import WakeDetector
    from edge.models import ModelStore
    from edge.reply.chime import Chime
    from edge.reply.speak import Speak


def listener(
    profile: Profile,
    recognizer: "Callable[[], Heard]",
    *,
    detector: "WakeDetector | None",
    on_event: "Callable[[ListenEvent], None] | None",
    own: "OwnSound | None",
) -> "Listener":
    """The frame loop, with the profile's endpoint. detector: of the wake word; None needs none."""
    from edge.audio.endpoint import EndpointSettings
    from edge.audio.listen import Listener
    from edge.audio.vad import SileroVad

    endpoint = profile.endpoint
    return Listener(
        wake=detector,
        on_false_wake=detector.was_false if detector is not None else None,
        vad=SileroVad(),
        settings=EndpointSettings(
            silence_ms=endpoint.silence_ms,
            early_ms=endpoint.early_ms,
            late_ms=endpoint.late_ms,
            no_speech_ms=endpoint.no_speech_ms,
            max_ms=endpoint.max_ms,
        ),
        recognizer=recognizer,
        on_event=on_event,
        own=own,
        kept_ms=profile.audio.pre_roll_ms,
    )


def without_wake_words(utterance: Utterance, profile: Profile, store: "ModelStore") -> Utterance:
    """The utterance without a wake word before it: after a question nobody need say one, and many do."""
    from edge import wakes

    hypotheses = utterance.hypotheses
    for name in profile.wake.models:
        phrase = wakes.phrase(name, store)
        hypotheses = tuple(replace(h, text=without_prefix(h.text, phrase)) for h in hypotheses)
    return replace(utterance, hypotheses=hypotheses)


def own_sound(profile: Profile, store: "Callable[[], ModelStore]", *, wake: bool) -> "OwnSound":
    """What tells the hub's own sound from others', with the wake words that its voice might say."""
    from edge import wakes
    from edge.audio.own_sound import OwnSound
    from edge.reply.chime import TONES_HZ

    words = (lambda: [wakes.word(name, profile.wake, store()) for name in profile.wake.models]) if wake else None
    return OwnSound(words, chime_hz=TONES_HZ)


def chime(own: "OwnSound", *, on_error: Callable[[EdgeError], None]) -> "Chime":
    """The chime, rung whenever somebody pauses after the wake word."""
    from edge.reply.chime import Chime
    from edge.reply.speak import SoundCard

    made = Chime(SoundCard(), own=own, on_error=on_error)
    own.on_waiting = made.ring
    return made


def alarm(own: "OwnSound | None", *, on_error: Callable[[EdgeError], None]) -> "Chime":
    """What timers ring with, where the hub does not chime otherwise."""
    from edge.reply.chime import Chime
    from edge.reply.speak import SoundCard

    return Chime(SoundCard(), own=own, on_error=on_error)


def speaker(profile: Profile) -> "Speak | None":
    """What replies are spoken with; None where they are not."""
    if not profile.reply.speak:
        return None
    from edge.reply.speak import HibariVoice, SoundCard, Speak

    speak = Speak(HibariVoice(profile.reply.voice), SoundCard())
    speak.on_outage = hub_log.no_output
    return speak


def recognizer(
    profile: Profile, store: "ModelStore", home: HomeState, grammar: Grammar, learnt: Sequence[str] = ()
) -> "Recognizer":
    """The recogniser that the profile asks for, expecting this home. Raises EdgeError."""
    from edge.asr.recognizer import create

    asr, budget = profile.asr, profile.budget
    both = asr.engine == "together" or (asr.engine == "auto" and budget.ram_mib >= WHISPER_RAM_MIB)
    return create(
        asr.engine,
        model_dir=_folder(profile, store, asr.model) if asr.engine in ("auto", "vosk", "together") else None,
        whisper_dir=_folder(profile, store, asr.whisper_model) if both or asr.engine == "whisper" else None,
        threads=budget.threads,
        expectation=expected(profile, store, home, grammar, learnt),
    )


def expected(
    profile: Profile,
    store: "ModelStore",
    home: HomeState,
    grammar: Grammar | None = None,
    learnt: Sequence[str] = (),
) -> "Expectation":
    """What a recogniser should expect to hear in this home. Raises InputError for a wrong file of pronunciations.

    grammar: handed in where it has been made already. learnt: phrases that were taught.
    """
    from edge import wakes
    from edge.asr import expectation, pronunciations

    grammar = grammar or Grammar(profile.language, [profile.paths.custom_sentences])
    own = pronunciations.read(profile.paths.pronunciations)
    made = expectation.build(
        grammar.intents,
        grammar.slot_lists(home),
        profile.language,
        tuple(wakes.phrase(name, store) for name in profile.wake.models),
        common=grammar.common,
        answers=answers(grammar.language),
        choices=sentences(grammar.language, home),
        beside=grammar.beside,
        learnt=learnt,
        before=before_requests(grammar.language),
    )
    english = grammar.language.split("-", maxsplit=1)[0] == "en"
    return replace(made, pronunciations=own, framed=framed if english else made.framed)


def _folder(profile: Profile, store: "ModelStore", model_id: str) -> Path | None:
    """Where a recogniser's model is; None when it is not here and another engine may do."""
    try:
        return store.locate(model_id)
    except MissingError:
        asr = profile.asr
        if asr.engine == "auto" or (asr.engine == "together" and model_id == asr.model):
            return None
        raise
