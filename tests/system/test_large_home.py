"""A house with 2,000 devices: what can be said in it is built, aside of the listening, which goes on meanwhile."""

import itertools
import threading
from dataclasses import replace

import pytest

from edge.asr.pocketsphinx import PocketsphinxRecognizer
from edge.asr.recognizer import Recognizer
from edge.asr.standby import Standby
from edge.audio.capture import FileSource
from edge.audio.listen import ListenEvent, ListenEventKind
from edge.core.errors import EdgeError
from edge.core.home import HomeState
from edge.hearing import expected
from edge.house import StillHome
from edge.hub import Hub
from edge.models import ModelStore, default_store, load_manifests
from edge.nlu.grammar import Grammar
from edge.profile import load_profile
from edge.resources import data_dir
from tools.bench.demo import RECORDINGS
from tools.bench.expectation import large_home

pytestmark = pytest.mark.system

PATIENCE_S = 60


def test_it_is_built_beside_the_listening() -> None:
    profile = load_profile(board="x86-64", environ={}, system_paths=())
    profile = replace(profile, asr=replace(profile.asr, engine="pocketsphinx"))
    grammar = Grammar("en")
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    house = [large_home(20)]
    building, built, errors = threading.Event(), threading.Event(), list[EdgeError]()

    def build(home: HomeState) -> Recognizer:
        building.set()
        made = PocketsphinxRecognizer(expected(profile, store, home, grammar))
        if len(home.entities) == 2000:
            built.set()
        return made

    standby = Standby(build, lambda: house[0], on_error=errors.append, settle_s=0.0)
    before = standby()
    events: list[ListenEvent] = []
    with Hub(profile, StillHome(house[0]), store=lambda: store, grammar=grammar) as hub:
        listener = hub.listener(on_event=events.append)
        with FileSource(RECORDINGS / "turn_on_the_kitchen_light.flac") as source:
            frames = list(source)
        standby.start()
        try:
            building.clear()
            house[0] = large_home(2000)
            standby.home_changed()
            assert building.wait(PATIENCE_S)
            heard = 0
            # Up to the wake word, over and over: what listens must get its turn while the other thread computes.
            for frame in itertools.cycle(frames[:75]):
                if built.is_set():
                    break
                listener.accept(replace(frame, start=heard * 320))
                heard += 1
                if heard % 75 == 0:
                    listener.reset()
        finally:
            standby.close()
    assert errors == []
    assert heard >= 75, "once over at least, while it was built"
    assert sum(event.kind is ListenEventKind.WOKE for event in events) >= heard // 75
    after = standby()
    assert after is not before


def test_everything_in_it_can_be_said() -> None:
    home = large_home(2000)
    profile = load_profile(board="x86-64", environ={}, system_paths=())
    automaton = expected(profile, ModelStore(default_store(), load_manifests([data_dir("models")])), home).automaton
    assert len(home.entities) == 2000
    for entity in itertools.islice(home.entities.values(), 0, None, 37):
        if entity.domain in ("light", "switch", "fan"):
            said = entity.name.casefold().split()
            assert automaton.accepts(("turn", "on", *said)), entity.name
