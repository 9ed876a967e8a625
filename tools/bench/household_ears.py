"""A household's requests through sound: spoken by a synthetic voice in noise, heard by the hub's own ears.

The endpointer and Pocketsphinx are the hub's, and expect what can be said in that home. Of one person each wording is
spoken a few times and no more: whoever says it again is heard as one of those times. Needs the extra `speech`.
"""

import itertools
import zlib
from random import Random

from edge.core.turn import Hypothesis
from edge.house import StillHome
from edge.hub import Hub
from edge.models import ModelStore, default_store, load_manifests
from edge.nlu.grammar import Grammar
from edge.past import Past
from edge.profile import load_profile
from edge.resources import data_dir
from tools.bench.common import Samples
from tools.bench.household.audio import Speech
from tools.bench.household.ears import Readings
from tools.bench.household.living import Living
from tools.bench.speech import frames

TIMES = 2
"""Times that each wording of a person is spoken."""
MOST = 3
"""Readings that are kept."""


class Heard:
    """Makes the ears of households; what a text was heard as is kept, for both lives of a household.

    noise: shape (n,), 16 kHz. snr_db: its ratio to each request.
    """

    def __init__(self, noise: Samples, snr_db: float) -> None:
        self._speech = Speech(noise, snr_db)
        self._known: dict[tuple[int, str, str, int], Readings] = {}

    def of(self, household: Living) -> "_Ears":
        """The ears of the hub in this household."""
        return _Ears(household, self._speech, self._known)


class _Ears:
    def __init__(self, household: Living, speech: Speech, known: dict[tuple[int, str, str, int], Readings]) -> None:
        self._seed, self._speech, self._known = household.seed, speech, known
        profile = load_profile(environ={}, system_paths=(), overrides=["asr.engine=pocketsphinx"])
        hours = itertools.count(0.0, 3600.0)
        self._hub = Hub(
            profile,
            StillHome(household.home()),
            store=lambda: ModelStore(default_store(), load_manifests([data_dir("models")])),
            grammar=Grammar("en"),
            past=Past(),
            clock=lambda: next(hours),
        )
        self._hub.standby().refresh()

    def __call__(self, text: str, person: str, rng: Random) -> Readings:
        """What is heard of it, best first; nothing at all is the empty reading."""
        key = (self._seed, person, text, rng.randrange(TIMES))
        if key not in self._known:
            samples = self._speech.spoken(text, person, zlib.crc32(repr(key).encode()))
            self._known[key] = tuple((one.text, one.confidence) for one in self._hear(samples)[:MOST]) or (("", 0.0),)
        return self._known[key]

    def _hear(self, samples: Samples) -> tuple[Hypothesis, ...]:
        """Of what the endpointer takes apart, the longest."""
        listener = self._hub.listener(wake=False)
        found = [utterance for frame in frames(samples) if (utterance := listener.accept(frame)) is not None]
        if (last := listener.finish()) is not None:
            found.append(last)
        return max((u.hypotheses for u in found), key=lambda h: len(h[0].text) if h else 0, default=())
