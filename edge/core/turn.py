"""The one record that a request writes as it passes down the line.

A `Turn` is never changed: every stage returns a copy with its own slot filled (`dataclasses.replace`).
Everything here survives a round trip through `edge.core.codec`, so any turn can be stored and replayed.
Times are milliseconds; `*_ms` of an utterance count from the start of its audio, all others from the Unix epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from edge.core.home import HomeState
from edge.core.lessons import LessonAction
from edge.core.timers import Timer, TimerAction
from edge.core.verb import Verb as Verb  # noqa: PLC0414 - one place to import the record from

Scalar = str | int | float | bool


class EndReason(StrEnum):
    """Why listening to an utterance stopped."""

    SILENCE = "silence"
    NO_SPEECH = "no_speech"
    MAX_LENGTH = "max_length"
    END_OF_AUDIO = "end_of_audio"
    TYPED = "typed"


class Result(StrEnum):
    """What became of one command."""

    CONFIRMED = "confirmed"
    """The device reported the state that was asked for."""

    SILENT = "silent"
    """It was sent; the device, which can report, did not within the time allowed."""

    REFUSED = "refused"
    """It cannot be said to this device, or the device reported something else."""

    UNREACHABLE = "unreachable"
    """The broker or the device is away; nothing was sent, or nobody knows whether it arrived (`act.unacknowledged`)."""


class SignalKind(StrEnum):
    """What later turns and device changes say about a turn."""

    BARGE_IN = "barge_in"
    REPHRASE = "rephrase"
    UNDO = "undo"
    CONFIRM = "confirm"
    DENY = "deny"
    CONTENT = "content"
    """It was done, the device said so, and nobody said or did anything against it: weak."""


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word."""

    text: str
    began_ms: int
    ended_ms: int
    confidence: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One reading of the audio by a recogniser."""

    text: str
    confidence: float
    """0 to 1; 1 for typed text."""
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech, and what it was heard as."""

    hypotheses: tuple[Hypothesis, ...]
    """Best first; empty when nothing was recognised."""
    wake: str | None = None
    """The wake word that opened it; None when none was needed."""
    began_ms: int = 0
    """First speech sample, milliseconds since the start of the audio."""
    ended_ms: int = 0
    """Last speech sample, milliseconds since the start of the audio."""
    end_reason: EndReason = EndReason.TYPED

    @property
    def text(self) -> str:
        """The best hypothesis' words, or nothing."""
        return self.hypotheses[0].text if self.hypotheses else ""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What is understood in place of what was heard; what was heard stays in the utterance."""

    text: str
    layer: str
    """personal or global."""
    rule_id: str
    score: float
    heard: str = ""
    """The reading that it stands for, in normal form."""
    source: str = ""
    """How it was learnt: see `edge.rewrite.entry.Source`."""
    proven: bool = False
    """Whether it has been served and was right; taught ones are proven."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One piece of information in a request."""

    name: str
    value: Scalar
    """As the home and the grammar name it: an area's name, a number, a state."""
    text: str = ""
    """As it was said."""


@dataclass(frozen=True, slots=True)
class Part:
    """One more request of a sentence that makes several."""

    intent: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a sentence says, before the home decides which devices it means."""

    intent: str
    slots: tuple[Slot, ...]
    text: str
    """The sentence that was understood: a hypothesis or a rewrite."""
    source: str = "grammar"
    """grammar, nearest, or answer: to the question of the turn before."""
    score: float = 1.0
    runner_up: float | None = None
    response: str = "default"
    """Key of the reply among the language's responses."""
    also: tuple[Part, ...] = ()
    """What else was asked in the same breath, in order; done with it or not at all."""

    def slot(self, name: str) -> Scalar | None:
        """Value of the slot, or None."""
        return next((s.value for s in self.slots if s.name == name), None)


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to do to one device."""

    entity_id: str
    verb: Verb
    args: Mapping[str, Scalar] = field(default_factory=dict)
    """brightness, position, tilt, speed, humidity and volume in percent; temperature, target_temp_low and
    target_temp_high in the device's own unit; color_temperature in kelvin; color as a name; duration in seconds."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is done. Codes read `resolve.reason` and stay stable."""

    code: str
    subject: str = ""
    """What the sentence named that could not be resolved; for the reply only, never for the log."""


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """A device as it was when a yes was asked for: its id alone may be another's by the time of the answer."""

    entity_id: str
    names: tuple[str, ...]
    area: str | None = None
    device_class: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done or answered: commands, or an answer, or a question, or a refusal."""

    commands: tuple[Command, ...] = ()
    matched: tuple[str, ...] = ()
    """Entity ids that the question is about and that meet its condition."""
    unmatched: tuple[str, ...] = ()
    """Entity ids that the question is about and that do not."""
    candidates: tuple[str, ...] = ()
    """Entity ids between which `question` asks."""
    question: str | None = None
    """Stable code of what is asked, such as `which` or `which_room`; the reply words it."""
    refusal: Refusal | None = None
    pending: tuple[Command, ...] = ()
    """What waits for the answer: all of it for a yes; of `which`, what would be done to each of the candidates."""
    asking: Interpretation | None = None
    """The request that `question` is about, where the answer is to be put into it."""
    asked_about: tuple[AskedAbout, ...] = ()
    """The devices of `pending`, each once."""
    left_out: tuple[str, ...] = ()
    """Entity ids that the request meant too, and that no voice may touch."""
    publish: bool = False
    """Whether intent and slots go out over MQTT, for the household's own automations to act on."""
    timer: TimerAction | None = None
    """What is done with timers; `pending` is then what the new one is to do."""
    lesson: LessonAction | None = None
    """What is taught, told of what was, or asked about it."""


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """One command's fate."""

    entity_id: str
    result: Result
    sent_ms: int | None = None
    confirmed_ms: int | None = None
    code: str = ""
    """Stable reason, `act.reason`, where it was not confirmed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a plan, command by command, in the plan's order."""

    commands: tuple[CommandOutcome, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the household is told."""

    text: str
    spoken: bool = False
    """Whether it was also said aloud."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Feedback on this turn that nobody was asked for."""

    kind: SignalKind
    at_ms: int
    other_turn: str | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a turn went, as far as what came later tells; given once, when the turn is closed."""

    success: bool | None
    """None: nothing tells."""
    confidence: float
    """0 to 1, that `success` is so."""
    at_ms: int
    meant: str = ""
    """What was said in its place and worked, as it was understood; empty where nothing was."""
    meant_turn: str | None = None
    """Id of the turn that said so."""


@dataclass(frozen=True, slots=True)
class Span:
    """How one stage went."""

    stage: str
    ms: float
    status: str = "ok"
    """ok, failed or skipped."""
    code: str = ""
    """Stable error code, `stage.reason`, when it failed."""


@dataclass(frozen=True, slots=True)
class Before:
    """A device as it was before a turn's commands reached it."""

    entity_id: str
    state: str | None
    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    """What of it can be set, as the entity showed it: brightness, color, temperature, position, speed, volume, ..."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn before this one, as far as people may go on from it."""

    turn: str
    at_ms: int
    interpretation: Interpretation
    plan: Plan
    before: tuple[Before, ...] = ()


@dataclass(frozen=True, slots=True)
class Habit:
    """What this household usually does in a situation that holds now."""

    entity_id: str
    verb: Verb
    args: Mapping[str, Scalar]
    situation: str
    """`any`; `hour:morning` and so on; `after:home`, `after:away`, `after:alarm`: within a while of that."""
    count: float
    """How often it was seen; what is long ago counts less."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a turn may know beside the home: recorded with it, so that it replays to the same plan."""

    spoken: tuple[Spoken, ...] = ()
    """The turns before this one that were acted on or answered, latest first; a few, and a few minutes old at most."""
    habits: tuple[Habit, ...] = ()
    """Those whose situation holds now."""
    hour: float | None = None
    """Of the day, 0 to 24, where the house is."""
    weekday: int | None = None
    """0 is Monday."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """How far this hub has moved the ranker's weights from those that it shipped with."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """One thing that may have been meant, and what spoke for it."""

    interpretation: Interpretation
    plan: Plan
    probability: float
    """Among all that were weighed, 0 to 1."""
    features: Mapping[str, float]
    """Name of each feature that holds -> its value."""
    contributions: Mapping[str, float]
    """Name of each -> value times weight; their sum is the score."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One request, from what was heard to what became of it."""

    id: str
    opened_ms: int
    home: HomeState
    utterance: Utterance
    follows: str | None = None
    """Id of the turn that this one goes on from."""
    asked: Plan | None = None
    """The question of the turn before, which this one may answer."""
    timers: tuple[Timer, ...] = ()
    """As they were when the turn opened, what ends first first; paused ones last."""
    context: Context = field(default_factory=Context)
    rewrite: Rewrite | None = None
    readings: tuple[Interpretation, ...] = ()
    """All that the words may say, best first; `interpretation` is one of them, or what the context made of one."""
    interpretation: Interpretation | None = None
    weighed: tuple[Weighed, ...] = ()
    """What the readings may mean in this home, likeliest first."""
    plan: Plan | None = None
    outcome: Outcome | None = None
    reply: Reply | None = None
    signals: tuple[Signal, ...] = ()
    verdict: Verdict | None = None
    """None while the turn is open."""
    failure_point: str | None = None
    spans: tuple[Span, ...] = ()
    artefacts: Mapping[str, str] = field(default_factory=dict)
    """Model, pack and cache files that took part: name -> sha256."""

    @property
    def text(self) -> str:
        """What is to be understood: the rewrite where one fired, else what was heard."""
        return self.rewrite.text if self.rewrite else self.utterance.text

    @property
    def error(self) -> str:
        """Code of the stage that failed, or nothing."""
        return next((span.code for span in self.spans if span.status == "failed"), "")
