"""Makes the project's own recordings, tests/golden/audio/*.flac and index.jsonl, from synthetic voices.

The same recordings come out every time: the voices are seeded. Needs hibari-tts (pip install hibari-tts) and espeak-ng
(apt install espeak-ng). Run it from the project's folder: python tests/golden/record.py
"""

import io
import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
from hibari import Hibari
from numpy.typing import NDArray

from edge.audio.resample import Resampler

RATE = 16_000
FOLDER = Path(__file__).parent / "audio"
LEAD_IN_S, PAUSE_S, TAIL_S = 0.6, 0.5, 1.2
LEVEL = 0.4
"""Peak of the speech, of full scale."""
NOISE = 3e-5
"""RMS of the room, of full scale: -90 dB. Digital silence is not what a microphone delivers."""

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Recording:
    """One line of index.jsonl, which holds the file too."""

    text: str | None
    """What is asked for; None for speech that asks for nothing."""
    voice: str
    """heart is hibari's; the others are espeak-ng's. All say the wake word in hibari's voice: espeak-ng's do not
    sound enough like people to wake a model that was trained on people."""
    speed: float = 1.0
    said: str | None = None
    """What is said, where it is not the text."""
    wake: bool = True
    one_breath: bool = False

    @property
    def file(self) -> str:
        """Name by transcript, after what is special about it."""
        special = "oov_" if self.text is None else "no_wake_" if not self.wake else ""
        breath = "one_breath_" if self.one_breath else ""
        said = (self.said or self.text or "").replace(" ", "_").replace("'", "")
        return f"{special}{breath}{said}.flac"


RECORDINGS = (
    Recording("turn on the kitchen light", "heart"),
    Recording(
        "set bedroom light brightness to 50 percent", "heart", said="set bedroom light brightness to fifty percent"
    ),
    Recording("close the garage door", "en-us"),
    Recording("lock the front door", "heart", speed=1.15),
    Recording("turn off the fan in the bedroom", "en-us+f3"),
    Recording("what is the temperature in the living room", "heart", speed=0.9),
    Recording("activate movie night", "heart"),
    Recording("turn off all the lights in the kitchen", "heart", speed=0.95),
    Recording("open the bedroom curtains", "heart", speed=1.1),
    Recording("set the living room light to red", "heart", speed=1.05),
    Recording("turn on the office light", "heart", one_breath=True),
    Recording("open the garage door", "heart", speed=1.1, one_breath=True),
    Recording(None, "heart", said="purple elephants juggle seventeen violins"),
    Recording("turn off the hallway light", "heart", wake=False),
)
ANSWERS = tuple(
    Recording(text, "heart", speed, wake=wake)
    for wake in (True, False)
    for text, speed in (("yes", 1.0), ("yes please", 1.1), ("no", 1.0), ("no thanks", 1.0), ("do it", 1.0))
)
"""To a question of the hub's, with the wake word and without; they are in a folder of their own, and not in the index:
alone they ask for nothing."""

CHOICES = (
    Recording("turn off the lamp", "heart"),
    *(
        Recording(text, "heart", wake=False)
        for text in ("the reading lamp", "kitchen", "the second one", "both of them", "neither", "upstairs")
    ),
)
"""A request that leaves open which lamp, and answers to that; they are with the other answers."""

TALK = (
    *(Recording(text, "heart") for text in ("turn on the floor lamp", "turn it off again", "put it back")),
    *(
        Recording(text, "heart", speed, said=said, wake=False)
        for text, speed, said in (
            ("turn on the kitchen light", 1.1, None),
            ("the bedroom too", 1.0, None),
            ("a bit brighter", 1.0, None),
            ("make it 50 percent", 1.0, "make it fifty percent"),
            ("undo that", 1.0, None),
            ("pause it", 1.0, None),
            ("play some jazz", 1.0, None),
            ("no the other one", 1.0, None),
            ("i'm cold", 1.0, None),
            ("good night", 1.1, None),
            ("set an alarm for 7", 1.0, "set an alarm for seven"),
            ("wake me up at half past 6", 1.1, "wake me up at half past six"),
            ("set a pizza timer for 10 minutes", 1.0, "set a pizza timer for ten minutes"),
            ("how much time is left", 1.0, None),
            ("snooze", 1.0, None),
        )
    ),
)
"""What goes on from what was said before, what leaves the device open, timers and alarms; in a folder of its own."""

UNLOCKING = (Recording("unlock the front door", "heart"), Recording("unlock the front door", "heart", 1.2, wake=False))
"""What nobody is to get by a recording alone; in a folder of its own."""


def main() -> None:
    """Write every recording and the index."""
    voice = Hibari()
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.flac"):
        old.unlink()
    lines = []
    for number, recording in enumerate(RECORDINGS):
        samples = room(perform(recording, voice), seed=number)
        soundfile.write(FOLDER / recording.file, samples, RATE, subtype="PCM_16")
        row = asdict(recording)
        lines.append(json.dumps({"file": recording.file} | {key: row[key] for key in ("text", "wake", "voice")}))
    answers(voice)
    talk(voice)
    unlocking(voice)
    (FOLDER / "index.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def answers(voice: Hibari) -> None:
    """Write the answers."""
    (FOLDER / "answers").mkdir(exist_ok=True)
    for number, recording in enumerate((*ANSWERS, *CHOICES), len(RECORDINGS)):
        samples = room(perform(recording, voice), seed=number)
        soundfile.write(FOLDER / "answers" / recording.file, samples, RATE, subtype="PCM_16")


def talk(voice: Hibari) -> None:
    """Write what is said in a dialogue."""
    (FOLDER / "talk").mkdir(exist_ok=True)
    for number, recording in enumerate(TALK, len(RECORDINGS) + len(ANSWERS) + len(CHOICES)):
        samples = room(perform(recording, voice), seed=number)
        soundfile.write(FOLDER / "talk" / recording.file, samples, RATE, subtype="PCM_16")


def unlocking(voice: Hibari) -> None:
    """Write what asks for a door to be unlocked."""
    (FOLDER / "unlocking").mkdir(exist_ok=True)
    for number, recording in enumerate(UNLOCKING, len(RECORDINGS) + len(ANSWERS) + len(CHOICES) + len(TALK)):
        samples = room(perform(recording, voice), seed=number)
        soundfile.write(FOLDER / "unlocking" / recording.file, samples, RATE, subtype="PCM_16")


def perform(recording: Recording, voice: Hibari) -> Sound:
    """The wake word and the request, with the silence around them."""
    request = recording.said or recording.text or ""
    if recording.one_breath:
        # One text, so that the words run into each other as they do when they are spoken.
        parts = [hibari(voice, f"Hey Jarvis {request}.", recording.speed)]
    else:
        parts = [hibari(voice, "Hey Jarvis.", 1.0), silence(PAUSE_S)] if recording.wake else []
        speak = recording.voice != "heart"
        parts.append(espeak(recording.voice, request) if speak else hibari(voice, f"{request}.", recording.speed))
    return np.concatenate([silence(LEAD_IN_S), *parts, silence(TAIL_S)])


def hibari(voice: Hibari, text: str, speed: float) -> Sound:
    """Speech of the neural voice, which speaks at 24 kHz."""
    return level(resampled(voice(text, speed=speed, seed=0), 24_000))


def espeak(voice: str, text: str) -> Sound:
    """Speech of one of espeak-ng's voices."""
    wav = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", "150", "--stdout", text], capture_output=True, check=True
    ).stdout
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    return level(resampled(samples, rate))


def resampled(samples: Sound, rate: int) -> Sound:
    """The samples at 16 kHz."""
    resampler = Resampler(rate, RATE)
    return np.concatenate([resampler.accept(samples.astype(np.float32)), resampler.finish()])


def level(samples: Sound) -> Sound:
    """Trimmed of silence at both ends and brought to one peak."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    kept = samples[loud[0] : loud[-1] + 1]
    return (kept * (LEVEL / np.abs(kept).max())).astype(np.float32)


def silence(seconds: float) -> Sound:
    """Nothing, for so long."""
    return np.zeros(int(seconds * RATE), dtype=np.float32)


def room(samples: Sound, *, seed: int) -> Sound:
    """The samples in a quiet room."""
    noise = np.random.default_rng(seed).normal(0.0, NOISE, len(samples))
    return (samples + noise).astype(np.float32)


if __name__ == "__main__":
    main()
