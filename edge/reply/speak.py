"""Words to sound, with the voice that the extra `speech` carries; stops when it is told that someone talks over it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Event, Lock
from typing import Any, Protocol

from edge.core.errors import EdgeError, InputError, MissingError, UnreachableError
from edge.core.phones import VOWELS, Pronunciation, stressed, syllables
from edge.core.portaudio import Player
from edge.core.turn import Turn

BLOCK_MS = 50
"""Length of one piece handed to the sound card: how long a barge-in may go on being talked over."""

LATENCY_S = 0.1
"""Sound that the sound card may hold; what listens must know how long a reply goes on when its last block is taken."""


class Voice(Protocol):
    """Something that turns a sentence into sound."""

    rate: int
    """Samples a second."""

    def synthesize(self, text: str) -> Iterator[bytes]:
        """Mono int16 little-endian PCM, a sentence at a time."""
        ...


class Sink(Protocol):
    """Somewhere that sound goes."""

    def play(self, pcm: bytes, rate: int) -> None:
        """Blocks about as long as the sound lasts."""
        ...


class Own(Protocol):
    """Told of what is spoken, so that the hub does not listen to itself."""

    def reply_began(self) -> None:
        """About to speak."""
        ...

    def reply_coming(self, pcm: bytes, rate: int) -> None:
        """The next piece, before it is played."""
        ...

    def reply_ended(self) -> None:
        """Spoken to its end, or talked over."""
        ...


class HibariVoice:
    """The English voice of hibari-tts.

    Raises MissingError without the extra, InputError for a voice that would have to be downloaded: fetching one in the
    middle of a reply would be the network access that nobody configured.
    """

    def __init__(self, voice: str | None = None) -> None:
        try:
            from hibari import Hibari
            from hibari.voices import DEFAULT, VOICES
        except ImportError as error:
            raise MissingError(
                "speak.library",
                "spoken replies need the extra `speech`: make install EXTRAS=speech",
            ) from error
        name = voice or DEFAULT
        bundled = sorted(key for key, facts in VOICES.items() if facts.get("bundled"))
        if name not in bundled:
            raise InputError("speak.voice", f"voice {name!r} is not installed; set reply.voice to one of {bundled}")
        self._tts: Any = Hibari(voice=name, threads=1)
        self.rate = int(self._tts.sample_rate)

    def synthesize(self, text: str) -> Iterator[bytes]:
        """Mono int16 little-endian PCM, one piece a sentence; the same text sounds the same every time."""
        import numpy as np

        for wave in self._tts.stream(text, seed=0):
            yield (np.clip(wave, -1.0, 1.0) * 32767).astype("<i2").tobytes()

    def pronounce(self, words: Sequence[Pronunciation]) -> bytes:
        """Mono int16 little-endian PCM of these phones, a word each: what is heard is what they are."""
        import numpy as np

        text = " ".join(phonemes(phones) for phones in words)
        wave = self._tts.from_phonemes(f"{text}.", seed=0)
        return bytes((np.clip(wave, -1.0, 1.0) * 32767).astype("<i2").tobytes())


def phonemes(phones: Pronunciation) -> str:
    """A word's phones in the letters of the voice: IPA, with diphthongs in capitals (misaki's English phones).

    >>> phonemes(("IY", "K", "OW", "B", "IY"))
    'ˈikObi'
    """
    parts = syllables(phones)
    main = stressed(parts)
    said = []
    for at, part in enumerate(parts):
        for phone in part:
            if phone not in VOWELS:
                said.append(_IPA[phone])
            elif at == main:
                said.append("ˈ" + _STRESSED.get(phone, _IPA[phone]))
            else:
                said.append(_IPA[phone])
    return "".join(said)


_IPA = {
    "AA": "ɑ", "AE": "æ", "AH": "ə", "AO": "ɔ", "AW": "W", "AY": "I", "EH": "ɛ", "ER": "əɹ", "EY": "A", "IH": "ɪ",
    "IY": "i", "OW": "O", "OY": "Y", "UH": "ʊ", "UW": "u", "B": "b", "CH": "ʧ", "D": "d", "DH": "ð", "F": "f",
    "G": "ɡ", "HH": "h", "JH": "ʤ", "K": "k", "L": "l", "M": "m", "N": "n", "NG": "ŋ", "P": "p", "R": "ɹ", "S": "s",
    "SH": "ʃ", "T": "t", "TH": "θ", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
_STRESSED = {"AH": "ʌ", "ER": "ɜɹ"}


class SoundCard:
    """The default output, or the one named in the configuration; the next sound opens one that went away anew."""

    def __init__(self, device: str | None = None) -> None:
        self._device = device
        self._stream: Any = None
        self._rate = 0
        self._player = Player(self.close)

    def play(self, pcm: bytes, rate: int) -> None:
        """Raises MissingError without PortAudio, UnreachableError when there is no output, or none any more."""
        with self._player.lock:
            if self._stream is None or rate != self._rate:
                self.close()
                self._stream, self._rate = self._open(rate), rate
            try:
                self._stream.write(pcm)
            except _failures() as error:
                self.close()
                raise UnreachableError(
                    "speak.output_lost", "the sound output has gone away; check its plug: it is tried again next time"
                ) from error

    def close(self) -> None:
        """Give the output back."""
        with self._player.lock:
            stream, self._stream = self._stream, None
            if stream is not None:
                stream.close(ignore_errors=True)

    def _open(self, rate: int) -> Any:
        failures = _failures()
        import sounddevice

        try:
            stream = sounddevice.RawOutputStream(
                samplerate=rate, channels=1, dtype="int16", device=self._device, latency=LATENCY_S
            )
            stream.start()
        except (failures, ValueError) as error:
            raise UnreachableError(
                "speak.no_output", f"no sound output {self._device or '(default)'}; list them with: edge doctor"
            ) from error
        return stream


def _failures() -> type[Exception]:
    """What sounddevice raises where PortAudio fails. Raises MissingError."""
    try:
        from sounddevice import PortAudioError
    except OSError as error:
        raise MissingError("speak.portaudio", "sound needs PortAudio: sudo apt install libportaudio2") from error
    failure: type[Exception] = PortAudioError
    return failure


class Speak:
    """The stage that says the reply aloud. Runs whatever failed before it, as the reply does."""

    name = "speak"
    reads = ("reply",)
    writes = ("reply",)
    always = True

    def __init__(self, voice: Voice, sink: Sink) -> None:
        self._voice = voice
        self._sink = sink
        self.own: Own | None = None
        """Told of what is spoken, while something listens."""
        self.on_speaking: Callable[[bool], None] | None = None
        """Told when sound begins and ends, on the thread that speaks; it must return at once."""
        self.on_outage: Callable[[EdgeError | None], None] | None = None
        """Told once when nothing can be played, and with None when a reply has been said again."""
        self._outage = False
        self._muted = False
        self._stopped = Event()
        self._speaking = Lock()

    def stop(self) -> None:
        """Fall silent within `BLOCK_MS`; called from the listening thread when someone talks over the reply."""
        self._stopped.set()

    @property
    def muted(self) -> bool:
        """Whether nothing is said aloud; set from any thread. What is being said then ends."""
        return self._muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._muted = muted
        if muted:
            self.stop()

    def __call__(self, turn: Turn) -> Turn:
        """The turn with `reply.spoken` telling whether it was said to its end."""
        if turn.reply is None or not turn.reply.text:
            return turn
        return replace(turn, reply=replace(turn.reply, spoken=self.say(turn.reply.text)))

    def say(self, text: str) -> bool:
        """Say this, after what is being said by another thread; whether it was said to its end."""
        with self._speaking:
            self._stopped.clear()
            if self._muted:  # asked after the clearing, so that a mute in between is not lost
                return False
            self._tell(speaking=True)
            try:
                said = self._say(text)
            except EdgeError as error:
                self._note(error)
                raise
            finally:
                self._tell(speaking=False)
            self._note(None)
            return said

    def _note(self, error: EdgeError | None) -> None:
        outage, self._outage = self._outage, error is not None
        if self._outage is not outage and self.on_outage is not None:
            self.on_outage(error)

    def _say(self, text: str) -> bool:
        if self.own is None:
            return self._play(text)
        self.own.reply_began()
        try:
            return self._play(text)
        finally:
            self.own.reply_ended()

    def _play(self, text: str) -> bool:
        block = self._voice.rate * BLOCK_MS // 1000 * 2
        for pcm in self._voice.synthesize(text):
            if self.own is not None:
                self.own.reply_coming(pcm, self._voice.rate)
            for start in range(0, len(pcm), block):
                if self._stopped.is_set():
                    return False
                self._sink.play(pcm[start : start + block], self._voice.rate)
        return True

    def _tell(self, *, speaking: bool) -> None:
        if self.on_speaking is not None:
            self.on_speaking(speaking)
