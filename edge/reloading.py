"""What a running hub takes over of a changed configuration, between two turns: all of what can be, or nothing."""

import gc
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from edge import household_file
from edge.core.errors import EdgeError
from edge.nlu.grammar import Grammar
from edge.nlu.sentences import sentence_files
from edge.profile import Profile
from edge.settings import differing

if TYPE_CHECKING:
    from edge.home.link import Link
    from edge.hub import Hub

LIVE = frozenset(("act.answer_s", "home.area", "home.floors"))
"""Settings that a running hub takes over, beside `home.toml` and the household's sentences. Its pronunciations it
follows by itself."""

_PLACE = re.compile(r"/[^\s:]+(?::\d+)?(?=:)")


class Reloading:
    """Call it between two turns.

    load: reads the profile as at the start. house: None where the home is not the household's own: nothing is taken
    over of that.
    """

    def __init__(self, hub: "Hub", load: Callable[[], Profile], house: "Link | None") -> None:
        self._hub, self._load, self._house = hub, load, house
        self._running = hub.profile if house is not None else load()
        self._sentences = self._files()

    def __call__(self) -> tuple[str, ...]:
        """Keys of changed settings that only a restart takes over. Raises EdgeError, and then all is as before."""
        hub, found = self._hub, self._load()
        household = None
        if self._house is not None:
            base = hub.profile.mqtt.zigbee2mqtt
            household = household_file.load(hub.profile.paths.home, found.home, zigbee_base=base)
        files, grammar = self._files(), hub.grammar
        if files != self._sentences:
            grammar = Grammar(hub.profile.language, [hub.profile.paths.custom_sentences])
        # Everything has been read, so that nothing is taken over by half.
        rest = tuple(key for key in differing(self._running, found) if key not in LIVE)
        act = replace(self._running.act, answer_s=found.act.answer_s)
        self._running = replace(self._running, act=act, home=found.home)
        if self._house is not None and household is not None:
            self._house.rehouse(household)
            hub.take_over(self._running, grammar)
        else:
            hub.take_over(replace(hub.profile, act=act), grammar)
        if files != self._sentences:
            gc.unfreeze()  # the old one was to stay for ever
            grammar.settle()
            self._sentences = files
        return rest

    def _files(self) -> object:
        """The household's sentences, as a value that differs when they do."""
        profile = self._hub.profile
        return [
            (file, (found := file.stat()).st_mtime_ns, found.st_size)
            for file in sentence_files(profile.paths.custom_sentences, profile.language)
        ]


def place(error: EdgeError) -> str:
    """The file and line that an error of the configuration is about, the first of several; nothing where it has none.

    The rest of its sentence quotes what stands there, which is not for the log.
    """
    found = _PLACE.search(str(error))
    return found[0] if found else ""
