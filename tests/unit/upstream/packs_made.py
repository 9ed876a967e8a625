"""Packs, good and bad, with real keys and cache files; and a household that takes them."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from edge.core.turn import Turn, Verdict
from edge.packs import OneHome, packs_of_home, reading
from edge.profile import Profile
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Phrase, Rule, Source
from edge.rewrite.ledger import rule_id
from edge.rewrite.packing import FORMAT, packed
from edge.settings import PathSettings, UpstreamSettings
from edge.upstream.pack import Packs
from edge.upstream.signed import LENGTH, MAGIC, Manifest, key_id, seal
from edge.upstream.vocabulary import Vocabulary
from tests.unit.nlu.in_context import grammar
from tests.unit.rewrite.home import DAY, House, rewritten

SEED, OTHER_SEED = bytes(range(32)), bytes(range(1, 33))
"""Of the publisher's key, and of another's."""
KEY = bytes(SigningKey(SEED).verify_key)
HEARD, MEANS = "turn on the reeling lamb", "turn on the reading lamp"
OFF = "turn off the reading lamp"
VOCABULARY = Vocabulary.load()


def rule(heard: str = HEARD, means: str = MEANS, **more: Any) -> Rule:
    """A rewrite of the global layer."""
    usual = {"source": Source.POOLED, "wins": 6.0, "losses": 0.5, "made_day": DAY, "last_day": DAY}
    return Rule(rule_id(heard, means), heard, means, **{**usual, **more})


def manifest(sequence: int = 1, rules: int = 1, **more: Any) -> Manifest:
    """What a good pack says."""
    encoder = Encoder().hash
    return replace(Manifest(sequence, "2026-W48", "en", encoder, FORMAT, rules, VOCABULARY.sha256), **more)


def pack(*rules: Rule, sequence: int = 1, seed: bytes = SEED, phrases: tuple[Phrase, ...] = (), **more: Any) -> bytes:
    """A pack of these rewrites, sealed without a look at them."""
    rules = rules or (rule(),)
    return seal(manifest(sequence, **{"rules": len(rules), **more}), packed(phrases, rules, Encoder()), seed)


def by_hand(payload: bytes, **more: Any) -> bytes:
    """A pack of any payload, rightly signed whatever its manifest says."""
    fields = asdict(manifest(packed=hashlib.sha256(payload).hexdigest(), key=key_id(KEY), sha256="0" * 64, bytes=1))
    return signed(json.dumps({**fields, **more}, sort_keys=True, separators=(",", ":")).encode(), payload)


def signed(text: bytes, payload: bytes = b"") -> bytes:
    """A pack of any manifest, rightly signed."""
    head = MAGIC + LENGTH.pack(len(text)) + text
    return head + SigningKey(SEED).sign(head).signature + payload


def profile(folder: Path, **upstream: Any) -> Profile:
    """Of a hub with that data folder."""
    settings = UpstreamSettings(**{"pack_key": base64.b64encode(KEY).decode(), **upstream})
    return Profile("x86-64", paths=PathSettings(data_dir=folder), upstream=settings)


class Hub:
    """A household with its line, its turns and its pack."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder)
        self.told: list[str] = []
        self.packs = self._packs(folder)
        self.packs.begin()

    def _packs(self, folder: Path) -> Packs:
        household = OneHome(profile(folder), self.house.store, self.house.rewrites, grammar, home=self._home)
        made = packs_of_home(profile(folder), household)
        made._tell = lambda code, _: self.told.append(code)
        return made

    def _home(self) -> Any:
        return self.house.hear("hello").home

    def offer(self, data: bytes) -> Manifest | None:
        """A pack comes by itself."""
        return self.packs.offered(reading(data))

    def lived(self, heard: str, *, won: bool, meant: str = "") -> Turn:
        """Something was said, and the hub keeps how it went."""
        turn = self.house.hear(heard)
        after = self.house.hear(meant) if meant else None
        verdict = Verdict(won, 0.9, turn.opened_ms + 1, meant, after.id if after is not None else None)
        closed = replace(turn, verdict=verdict)
        assert self.house.store is not None
        self.house.store.add_turn(turn)
        assert self.house.store.add_verdict(closed)
        self.house.rewrites.closed(closed)
        self.packs.closed(closed)
        return turn

    def end(self) -> None:
        """The hub stops."""
        self.house.end()


def served(hub: Hub) -> str:
    """What is understood in place of what the pack is about."""
    return rewritten(hub.house.hear(HEARD))


@pytest.fixture
def lived_in(tmp_path: Path) -> Iterator[House]:
    """A house whose line may be given packs; a module that tests it says so: house = lived_in."""
    made = House(tmp_path)
    yield made
    made.end()


def until(is_so: Callable[[], object]) -> None:
    """It comes to be."""
    for _ in range(500):
        if is_so():
            return
        time.sleep(0.02)
    pytest.fail("it never came to be")
