"""Whether a release works where it is: tried before it is used, without microphone, broker, or a file written."""

import importlib
from collections.abc import Iterator

from edge.core.errors import EdgeError
from edge.doctor import LIBRARIES, Health, diagnose, installed_version
from edge.models import ModelStore, Presence
from edge.profile import Profile

_SURROUNDINGS = frozenset(("secrets", "disk", "memory"))
"""What `edge doctor` looks at that another release would find just the same."""
_NEEDS_SYSTEM = "sounddevice"
"""Needs PortAudio of the system, which doctor asks for; a release is not worse for its being gone."""


def problems(profile: Profile, store: ModelStore) -> Iterator[str]:
    """Why it does not, one sentence each; nothing when it does."""
    from edge.nlu.grammar import Grammar

    def sentences() -> None:
        Grammar(profile.language, [profile.paths.custom_sentences])

    for check in diagnose(profile, store=store, sentences=sentences):
        if check.status is Health.FAIL and check.name not in _SURROUNDINGS:
            yield f"{check.name}: {check.found}; {check.advice}"
    for library in LIBRARIES:
        if library.distribution == _NEEDS_SYSTEM or installed_version(library) is None:
            continue
        try:
            importlib.import_module(library.module)
        except (ImportError, OSError, EdgeError) as error:
            yield f"library {library.distribution}: cannot be loaded ({error})"
    for model_id in store.manifests:
        if store.status(model_id).presence in (Presence.STORE, Presence.PACKAGE):
            yield from (f"model {model_id}: {problem}" for problem in store.verify(model_id))
