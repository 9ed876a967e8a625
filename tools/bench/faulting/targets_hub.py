"""What the hub itself has written, as a failing card gives it back: its files, and turns as text."""

import json
import random
import struct
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge.core.codec import dumps, loads
from tools.bench.faulting.target import Use, written


def cache_bytes() -> bytes:
    """A good packed file of rewrites."""
    from edge.rewrite.encoder import Encoder
    from edge.rewrite.packing import packed

    return packed((), rules(), Encoder())


def rules() -> tuple[Any, ...]:
    """The rewrites in it."""
    from edge.rewrite.entry import Rule, Source
    from edge.rewrite.ledger import rule_id

    pairs = (("turn on the reeling lamb", "turn on the reading lamp"), ("torn off the tv", "turn off the television"))
    return tuple(
        Rule(rule_id(h, m), h, m, Source.POOLED, wins=6.0, losses=0.5, made_day=20_000, last_day=20_000)
        for h, m in pairs
    )


def cache(_: Path) -> tuple[Use, Sequence[bytes]]:
    """The packed rewrites, opened and looked up."""
    from edge.rewrite.cache import Cache
    from edge.rewrite.encoder import Encoder

    encoder = Encoder()

    def use(data: bytes) -> object:
        opened = Cache(data, encoder)
        try:
            known = [*opened.phrases(), *opened.rules()]
            opened.exact("turn on the reeling lamb")
            opened.near("turn on the reading lamb")
            return len(known), opened.rule("x"), opened.label("x")
        finally:
            opened.close()

    return use, (cache_bytes(),)


def seal_cache(data: bytes, rng: random.Random) -> bytes:
    """Right checksums, three times of four: what only chance would get past says little of what stands behind."""
    from edge.rewrite.packing import HEAD, HEADER, SECTION, SECTIONS

    if len(data) < HEADER or rng.random() < 0.25:
        return data
    made = bytearray(data)
    magic, version, bits, count, dims, spare, made_by, _ = HEAD.unpack_from(cache_bytes())
    HEAD.pack_into(made, 0, magic, version, bits, count, dims, spare, made_by, len(made))
    for number in range(len(SECTIONS)):
        place = HEAD.size + number * SECTION.size
        begin, length, _ = SECTION.unpack_from(made, place)
        if begin + length <= len(made):
            SECTION.pack_into(made, place, begin, length, zlib.crc32(made[begin : begin + length]))
    struct.pack_into("<I", made, HEADER - 4, zlib.crc32(made[: HEADER - 4]))
    return bytes(made)


def turn(_: Path) -> tuple[Use, Sequence[bytes]]:
    """A turn as JSON, which must come back as it was."""
    from edge.core import turn as t
    from edge.core.home import Area, Entity, HomeState

    home = HomeState.of([Entity("light.hall", "light", "Hall Light", area="hall", state="off")], [Area("hall", "Hall")])
    said = t.Interpretation("HassTurnOn", (t.Slot("name", "Hall Light", "hall light"),), "turn on the hall light")
    heard = t.Utterance((t.Hypothesis("turn on the hall light", 0.9),), wake="Hey Jarvis")
    turn = t.Turn(
        *("t1", 1_700_000_000_000, home, heard),
        interpretation=said,
        readings=(said,),
        plan=t.Plan(commands=(t.Command("light.hall", t.Verb.TURN_ON, {"brightness": 50}),)),
        outcome=t.Outcome((t.CommandOutcome("light.hall", t.Result.CONFIRMED),)),
        spans=(t.Span("act", 1.0),),
    )

    def use(data: bytes) -> object:
        read = loads(t.Turn, data)
        again = loads(t.Turn, dumps(read))
        if again != read:
            raise AssertionError("it comes back as something else")
        return len(read.spans)

    return use, (dumps(turn).encode(),)


def timers(folder: Path) -> tuple[Use, Sequence[bytes]]:
    """The file of timers, at a moment at which they are due."""
    from edge.core.codec import to_json
    from edge.core.timers import Later, Timer, TimerKind
    from edge.timers.book import Book
    from edge.timers.keeper import Keeper

    later = Later("light.hall", "turn_on", {"brightness": 50}, ("Hall Light",))
    timers = (
        Timer("a", seconds=600, due_ms=2_000_000_000_000, name="pizza", then=(later,), since_ms=1),
        Timer("b", TimerKind.ALARM, due_ms=2_000_000_000_000, at="07:30", days=(0, 4), since_ms=1),
    )

    def use(data: bytes) -> object:
        keeper = Keeper(Book(written(folder / "timers.json", data)), wall_ms=lambda: 2_000_000_300_000)
        keeper._due()  # noqa: SLF001 - a moment at which they are due
        return len(keeper.timers())

    return use, (json.dumps({"version": 1, "timers": to_json(timers)}).encode(),)


def history(folder: Path) -> tuple[Use, Sequence[bytes]]:
    """The database of turns and lessons."""
    from edge.feedback.store import Store

    path = folder / "history.db"
    _, (one, *_) = turn(folder)
    from edge.core.turn import Turn

    made = Store(path, "house", lambda *_: None)
    made.add_turn(loads(Turn, one))
    made.save_memory(habits={"version": 1}, spoken=[])
    made.close()
    good = path.read_bytes()

    def use(data: bytes) -> object:
        for old in folder.glob("history.db*"):
            old.unlink()
        told: list[str] = []
        store = Store(written(path, data), "house", lambda code, _: told.append(code))
        try:
            return len(store.turns()), tuple(store.memory()), store.steps(), told and told[0]
        finally:
            store.close()

    return use, (good,)


def exported(folder: Path) -> tuple[Use, Sequence[bytes]]:
    """Rewrites that somebody has exported."""
    from edge.core.errors import InputError
    from edge.rewrite.importing import lessons_in
    from edge.rewriting import rewrites_of_home
    from edge.settings import PathSettings, Profile

    profile = Profile("x86-64", paths=PathSettings(data_dir=folder))
    rows = [{**asdict(rule), "source": rule.source.value, "state": rule.state.value} for rule in rules()]
    name = {"kind": "name", "key": "reading light", "data": {"device": "light.hall", "sort": "light"}, "at_ms": 1}
    data = {"edge_rewrites": 1, "rules": rows, "lessons": [name]}

    def use(raw: bytes) -> object:
        try:
            found = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise InputError("json.invalid", "as the command says it") from error
        rewrites = rewrites_of_home(profile, "house", None)
        try:
            taken = rewrites.import_(found, own=True), rewrites.import_(found, own=False)
            return taken, lessons_in(found, own=True), lessons_in(found, own=False)
        finally:
            rewrites.close()

    return use, (json.dumps(data).encode(),)


def spool(folder: Path) -> tuple[Use, Sequence[bytes]]:
    """The file of what waits to leave; and what `edge doctor` says of it."""
    from edge.feedback.database import is_damaged
    from edge.upstream.spool_file import SpoolFile

    path = folder / "outbox.db"
    made = SpoolFile(path, lambda *_: None)
    made.write(lambda db: db.execute("INSERT INTO state VALUES ('enabled', 1)"), None, make=True)
    made.close()
    good = path.read_bytes()

    def use(data: bytes) -> object:
        for old in folder.glob("outbox.db*"):
            old.unlink()
        damaged = is_damaged(written(path, data))
        spool = SpoolFile(path, lambda *_: None)
        try:
            rows: list[object] = spool.read(lambda db: db.execute("SELECT key FROM state").fetchall(), [])
            spool.write(lambda db: db.execute("DELETE FROM state"), None)
        finally:
            spool.close()
        return damaged, len(rows)

    return use, (good,)
