"""What is said to a hub under load: the project's own recordings, and lessons in the voice of the extra `speech`.

All of it is PCM as `edge run --stdin` takes it: 16 kHz, mono, int16, little-endian.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.bench import common

RECORDINGS = Path(__file__).resolve().parents[3] / "tests" / "golden" / "audio"
_TAIL_S = 1.2
_PAUSE_S = 0.5


@dataclass(frozen=True)
class Request:
    """One recording, and what reaches the broker of it: so many messages at most, each on a topic of its own."""

    file: str
    topics: tuple[str, ...]

    @property
    def pcm(self) -> bytes:
        """With the silence after it."""
        return recording(self.file)


def _set(entity_id: str, feature: str = "") -> str:
    domain, _, name = entity_id.partition(".")
    return f"simulated/{domain}/{name}/set{feature}"


REQUESTS = (
    Request("turn_on_the_kitchen_light", (_set("light.kitchen_light"),)),
    Request("set_bedroom_light_brightness_to_fifty_percent", (_set("light.bedroom_light"),)),
    Request("close_the_garage_door", (_set("cover.garage_door"),)),
    Request("lock_the_front_door", (_set("lock.front_door"),)),
    Request("turn_off_the_fan_in_the_bedroom", (_set("fan.bedroom_fan"),)),
    Request("activate_movie_night", (_set("scene.movie_night"),)),
    Request("open_the_bedroom_curtains", (_set("cover.bedroom_curtains"),)),
    Request("set_the_living_room_light_to_red", (_set("light.living_room_light"),)),
    Request("one_breath_turn_on_the_office_light", (_set("light.office_light"),)),
)


@cache
def recording(name: str) -> bytes:
    """One of the project's own."""
    return common.read_audio(RECORDINGS / f"{name}.flac").astype("<i2").tobytes()


def silence(seconds: float) -> bytes:
    """A room in which nobody speaks: not of zeros, which no microphone delivers."""
    import numpy as np

    rng = np.random.default_rng(0)
    return rng.normal(0.0, 1.0, int(common.RATE * seconds)).astype("<i2").tobytes()


@cache
def spoken(text: str) -> bytes:
    """The wake word and a request, in the voice that hibari-tts carries. Raises MissingError without it."""
    return b"".join((silence(_PAUSE_S), _said("Hey Jarvis."), silence(_PAUSE_S), _said(text), silence(_TAIL_S)))


@cache
def _said(text: str) -> bytes:
    import numpy as np

    from edge.audio.capture import from_pcm, to_pcm
    from edge.audio.resample import Resampler

    voice = _voice()
    samples = from_pcm(b"".join(voice.synthesize(text)))
    resampler = Resampler(voice.rate, common.RATE)
    made = np.concatenate([resampler.accept(samples), resampler.finish()])
    return to_pcm(0.5 * made / max(float(np.abs(made).max()), 1e-6))


@cache
def _voice():  # type: ignore[no-untyped-def]
    from edge.reply.speak import HibariVoice

    return HibariVoice()
