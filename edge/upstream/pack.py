"""The global pack of one hub: verified, tried on the household's own turns, served, and taken back when it hurts.

Whatever is wrong with a pack, it is refused, and the one that is served stays. One that is served is watched: wins and
losses of its rewrites in turns since then have a Beta posterior, with every share as likely at first, and as soon as
they are likelier wrong than right with 90 % the pack is taken back, and no pack up to its number is taken again.
"""

import math
import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from edge.core.errors import EdgeError
from edge.core.turn import Turn
from edge.upstream.kept_pack import PackFiles, State
from edge.upstream.risk import risky_words
from edge.upstream.signed import MAX_PAYLOAD, PREFIX, Manifest, PackError, cache_of, head, head_size
from edge.upstream.trial import Tried
from edge.upstream.vocabulary import MARKS

POOLED = "pooled"
"""Source of what all homes have learnt, also once this one has a copy with evidence of its own."""
LEAST_SERVED = 5
"""Turns before a pack is judged."""
SURE = 0.9
"""How likely its rewrites have to be wrong more often than right until it is taken back."""
RISKY_DOMAINS = frozenset(
    ("lock", "alarm_control_panel", "siren", "valve", "water_heater", "lawn_mower", "scene", "script", "automation")
)

Read = Callable[[int], bytes]
"""Given a number of bytes: the next ones, as many at most; none at the end."""


class PackedRule(Protocol):
    """A rewrite of a pack: see `edge.rewrite.entry.Rule`."""

    @property
    def heard(self) -> str:
        """The key, in normal form."""
        ...

    @property
    def means(self) -> str:
        """What is understood in its place."""
        ...

    @property
    def label(self) -> str:
        """Intent and slots of that."""
        ...


class Opened(Protocol):
    """A cache file: see `edge.rewrite.cache.Cache`."""

    def phrases(self) -> Iterable[object]:
        """All phrases."""
        ...

    def rules(self) -> Iterable[PackedRule]:
        """All rules."""
        ...

    def rule(self, rule_id: str) -> PackedRule | None:
        """The rule of this id."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


class Household(Protocol):
    """What a pack has to do with in one home."""

    def open(self, path: Path) -> Opened:
        """A cache file, checked whole. Raises EdgeError."""
        ...

    def objection(self, rule: PackedRule) -> str:
        """Why a rewrite must not be served anywhere, as `RULES` has it; empty where it may."""
        ...

    def tried(self, pack: Opened) -> Tried:
        """What the last turns say of it."""
        ...

    def serve(self, pack: Opened | None) -> None:
        """From the next request on, and no more of the one before, which is let go; None: none."""
        ...


RULES = {
    "pack.risky": "the pack rewrites what opens, arms, watches or heats, which no pack may",
    "pack.rule": "the pack holds what no pack may: an answer, a mark, or what was not learnt of many homes",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a pack must be for this hub."""

    keys: tuple[bytes, ...]
    """Public keys that are believed."""
    language: str
    encoder: str
    cache_format: int


class Status(NamedTuple):
    """How things stand."""

    state: State
    doubt: float
    """How likely the pack that is served is wrong more often than right."""


class Packs:
    """One hub's. All but `closed` is for one thread.

    tell: told a code and a sentence of what goes wrong by itself, once. now_ms: milliseconds since the Unix epoch.
    """

    def __init__(
        self,
        files: PackFiles,
        terms: Terms,
        household: Household,
        *,
        now_ms: Callable[[], int],
        tell: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        self._files, self._terms, self._household = files, terms, household
        self._now_ms, self._tell = now_ms, tell
        self._told: set[tuple[str, int]] = set()
        self._opened: Opened | None = None
        self._stamp: tuple[int, int] | None = None
        self._closed: deque[tuple[str, bool]] = deque(maxlen=1000)

    # What is served

    def begin(self) -> None:
        """Finish what was begun, and serve what is there; nothing happens where no pack was ever taken.

        A pack that is damaged is told of, and not served. Raises PackError (`pack.state`, `pack.write`, `pack.busy`).
        """
        if self._files.stamp is not None:
            with self._files.locked():
                self._settled()
            self._serve()

    def heed(self) -> None:
        """Serve what another process has put there, if anything. Raises as `begin`."""
        if self._files.stamp != self._stamp:
            self.begin()

    def status(self) -> Status:
        """How things stand. Raises PackError (`pack.state`)."""
        state = self._files.state()
        return Status(state, doubt(state.wins, state.losses))

    def closed(self, turn: Turn) -> None:
        """A turn is over, with its verdict; microseconds, from any thread."""
        if turn.rewrite is None or turn.verdict is None or turn.verdict.success is None:
            return
        if turn.rewrite.source == POOLED and turn.rewrite.rule_id:
            self._closed.append((turn.rewrite.rule_id, turn.verdict.success))

    def judge(self) -> None:
        """Count how the turns that were closed since have gone, and take the pack back where it hurts.

        Raises as `begin`.
        """
        wins = losses = 0
        while self._closed:
            rule_id, won = self._closed.popleft()
            if self._opened is not None and self._opened.rule(rule_id) is not None:
                wins, losses = wins + won, losses + (not won)
        if not wins and not losses:
            return
        with self._files.locked():
            if self._files.stamp != self._stamp:
                return  # another process has changed it, which `heed` takes up: this was about the one before
            state = self._files.state()
            state = replace(state, wins=state.wins + wins, losses=state.losses + losses)
            hurts = state.present is not None and doubt(state.wins, state.losses) > SURE
            hurts = hurts and state.wins + state.losses >= LEAST_SERVED
            if not hurts:
                self._files.save(state)
                self._stamp = self._files.stamp
                return
            self._files.take_back(state, refuse=True)
        self._serve()
        number = state.present.sequence if state.present is not None else 0
        self._once(
            "pack.rolled_back",
            number,
            f"pack {number} was wrong {state.losses} times of {state.wins + state.losses} and is taken back",
        )

    def take_back(self) -> State:
        """Go back to the pack before, or to none, and refuse what is served now from then on. What is known then.

        Raises PackError (`pack.none` where none is served, and as `begin`).
        """
        none = PackError("pack.none", "no pack is served, so there is none to take back")
        if self._files.stamp is None:
            raise none  # and no file is made
        with self._files.locked():
            state = self._settled()
            if state.present is None:
                raise none
            after = self._files.take_back(state, refuse=True)
        self._serve()
        return after

    # What comes

    def take(self, read: Read) -> Manifest | None:
        """Read a pack, and serve it from the next request on where it is good; None where it is the present one.

        No more is read than is needed: of one that is signed by nobody, or that is no news, the head alone.
        Raises PackError, what `read` raises, and MissingError (`pack.library`).
        """
        manifest: Manifest | None = None
        try:
            prefix = _exactly(read, PREFIX)
            manifest = head(prefix + _exactly(read, head_size(prefix) - PREFIX), self._terms.keys)
            if self._is_present(manifest, self._files.state()):
                return None
            self._check(manifest, self._files.state())
            cache = cache_of(manifest, _exactly(read, MAX_PAYLOAD + 1))
            with self._files.locked():
                state = self._settled()
                if self._is_present(manifest, state):
                    return None
                self._check(manifest, state)
                self._install(state, manifest, cache)
        except PackError as error:
            self._note(error, manifest)
            raise
        self._serve()
        return manifest

    def offered(self, read: Read) -> Manifest | None:
        """As `take`, but what is refused is told of once, also over a restart; nothing more is said of it.

        Raises PackError `pack.state`, and what is not about the pack, as `take`.
        """
        before = self._files.state()
        try:
            return self.take(read)
        except PackError as error:
            after = self._files.state()
            noted = (after.last_code, after.last_sequence)
            if noted != (before.last_code, before.last_sequence) or error.code != after.last_code:
                self._once(error.code, after.last_sequence, str(error))
            return None

    @staticmethod
    def _is_present(manifest: Manifest, state: State) -> bool:
        return state.present is not None and state.present.sha256 == manifest.sha256 and manifest == state.present

    def _check(self, manifest: Manifest, state: State) -> None:
        """Whether such a pack may be served here now. Raises PackError."""
        terms, number = self._terms, manifest.sequence
        if number <= state.refused:
            raise PackError("pack.refused", f"pack {number} is not taken again: it, or one after it, was taken back")
        if state.present is not None and number <= state.present.sequence:
            raise PackError("pack.older", f"pack {number} is not newer than pack {state.present.sequence}, which stays")
        if manifest.language != terms.language:
            raise PackError(
                "pack.language", f"the pack is for {manifest.language}, and this hub speaks another language"
            )
        if manifest.encoder != terms.encoder:
            raise PackError("pack.encoder", "the pack was made for another encoder: update the one that is older")
        if manifest.cache_format != terms.cache_format:
            raise PackError("pack.format", "the pack is of another version of edge: update the one that is older")

    def _install(self, state: State, manifest: Manifest, cache: bytes) -> None:
        path = self._files.put_aside(cache)
        try:
            found = self._looked_at(path, manifest)
        except BaseException:
            self._files.drop_aside()
            raise
        self._files.install(state, manifest, found, self._now_ms())

    def _looked_at(self, path: Path, manifest: Manifest) -> Tried:
        try:
            pack = self._household.open(path)
        except EdgeError as error:
            code = {"cache.encoder": "pack.encoder", "cache.version": "pack.format"}.get(error.code, "pack.corrupt")
            raise PackError(code, "what is in the pack is no cache file that this hub can read") from None
        try:
            rules = list(pack.rules())
            if len(rules) != manifest.rules or any(True for _ in pack.phrases()):
                raise PackError("pack.rule", RULES["pack.rule"])
            for rule in rules:
                if code := objection(rule) or self._household.objection(rule):
                    raise PackError(code, RULES[code])
            found = self._household.tried(pack)
        finally:
            pack.close()
        if not found.passes:
            raise PackError(
                "pack.worse",
                f"pack {manifest.sequence} is not served: it would have spoilt {found.losses} of {found.well} requests "
                f"that went well here, and mended {found.wins}",
            )
        return found

    def _settled(self) -> State:
        try:
            return self._files.settled(self._files.state())
        except PackError as error:
            if error.code != "pack.damaged":
                raise
            self._once(error.code, 0, str(error))
            return self._files.settled(self._files.state())

    def _serve(self) -> None:
        state = self._files.state()
        pack: Opened | None = None
        if state.present is not None:
            try:
                pack = self._household.open(self._files.file)
            except EdgeError as error:
                self._once(error.code, state.present.sequence, f"the pack is not served: {error}")
        self._household.serve(pack)
        self._opened, self._stamp = pack, self._files.stamp
        self._closed.clear()

    def _note(self, error: PackError, manifest: Manifest | None) -> None:
        """Keep why it was not taken, for `edge pack status`; what comes again and again wears out no disk."""
        number = manifest.sequence if manifest is not None else 0
        if error.code in ("pack.busy", "pack.write", "pack.state"):
            return  # nothing is wrong with the pack
        with self._files.locked():
            served = self._files.stamp == self._stamp
            state = self._files.state()
            if (state.last_code, state.last_sequence) != (error.code, number):
                self._files.save(replace(state, last_code=error.code, last_sequence=number))
                if served:  # else there is a change by another process to be taken up
                    self._stamp = self._files.stamp

    def _once(self, code: str, number: int, sentence: str) -> None:
        if (code, number) not in self._told:
            self._told.add((code, number))
            self._tell(code, sentence)


def doubt(wins: int, losses: int) -> float:
    """How likely the share of wins is below a half: the Beta(1 + wins, 1 + losses) distribution there.

    For whole numbers that is a sum of binomials (Abramowitz and Stegun 1964, 26.5.24).

    >>> [round(doubt(*one), 3) for one in ((0, 0), (0, 5), (1, 5), (8, 1))]
    [0.5, 0.984, 0.938, 0.011]
    """
    tosses = wins + losses + 1
    return sum(math.comb(tosses, heads) for heads in range(wins + 1, tosses + 1)) / (1 << tosses)


def objection(rule: PackedRule) -> str:
    """Why a rewrite may be in no pack, for whoever makes one as well: a key of `RULES`; empty where it may."""
    texts = (rule.heard.split(), rule.means.split(), _APART.split(rule.label))
    if any(risky_words(words) for words in texts) or not RISKY_DOMAINS.isdisjoint(_domains(rule.label)):
        return "pack.risky"
    if any(word in MARKS for words in texts[:2] for word in words) or rule.heard == rule.means:
        return "pack.rule"
    return ""


_APART = re.compile("[=;_ ]+")


def _domains(label: str) -> set[str]:
    return {word.removeprefix("domain=").strip(";") for word in label.split() if word.startswith("domain=")}


def _exactly(read: Read, size: int) -> bytes:
    """So many bytes, or all there are."""
    parts, left = [], size
    while left > 0 and (part := read(min(left, 1 << 16))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
