"""The packed cache: what is written is read; whatever is damaged is refused before use; a kill leaves it whole."""

import signal
import struct
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.rewrite.cache import Cache, packed, write
from edge.rewrite.encoder import BITS, Encoder
from edge.rewrite.entry import Phrase, Rule, Source, State
from edge.rewrite.ledger import rule_id
from edge.rewrite.packing import HEADER, MAX_OF_ONE, CacheError

ENCODER = Encoder()
PHRASES = [
    Phrase("turn on the kitchen light", "on", 3.0, 1.0, 20_000),
    Phrase("turn on the kitchen light", "dim", 0.0, 1.0, 20_001),
    Phrase("good night", "", 0.5, 0.0, 0),
    Phrase("licht an ✓", "on", 1.0, 0.0, 5),
]
RULES = [
    Rule(rule_id("movie time", "dim"), "movie time", "dim", Source.TAUGHT, "d", 4.0, 0.5, 3, 0.5, "hour:evening", 7, 9),
    Rule(rule_id("good night", "lights off"), "good night", "lights off", Source.POOLED, state=State.WITHDRAWN),
]  # fmt: skip
DATA = packed(PHRASES, RULES, ENCODER)


def by_text(phrase: Phrase) -> tuple[str, str]:
    return phrase.text, phrase.label


def opened(data: bytes) -> Cache | str:
    """The cache, or the code of why there is none."""
    try:
        return Cache(data, ENCODER)
    except CacheError as error:
        return error.code


def use(cache: Cache) -> None:
    """Everything that a cache can be asked."""
    for phrase in cache.phrases():
        cache.exact(phrase.text)
        cache.label(phrase.label)
    for rule in cache.rules():
        cache.rule(rule.id)
    cache.near("turn on the light", 4)
    cache.near("", 4)


@pytest.mark.parametrize("bits", BITS)
def test_what_is_written_is_read(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "personal.cache"
    written = write(path, PHRASES, RULES, ENCODER, bits=bits)
    assert path.stat().st_size == written
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["personal.cache"]
    cache = Cache.open(path)
    assert sorted(cache.phrases(), key=by_text) == sorted(PHRASES, key=by_text)
    assert sorted(cache.rules(), key=lambda r: r.id) == sorted(RULES, key=lambda r: r.id)
    assert len(cache) == 6
    assert cache.exact("good night") == ((PHRASES[2],), (RULES[1],))
    assert cache.exact("never said") == ((), ())
    assert [cache.rule(rule.id) for rule in cache.rules()] == list(cache.rules())
    assert cache.rule(RULES[0].id) == RULES[0]
    assert cache.rule("nothing") is None
    assert cache.label("on") == (4.0, 1.0)
    near = cache.near("turn on the kitten light", 2)
    assert near[0][0] == PHRASES[1]
    assert near[0][1] > 0.5
    assert all(one[1] >= other[1] for one, other in pairwise(near))
    assert cache.near("turn on the kitten light", 2, least=0.99) == []
    cache.close()


def test_an_empty_cache_is_one() -> None:
    cache = Cache(packed([], [], ENCODER), ENCODER)
    assert len(cache) == 0
    use(cache)


def test_a_new_file_takes_the_place_of_one_in_use(tmp_path: Path) -> None:
    path = tmp_path / "personal.cache"
    write(path, PHRASES, RULES, ENCODER)
    old = Cache.open(path)
    write(path, PHRASES[:1], [], ENCODER)
    assert len(Cache.open(path)) == 1
    assert len(old) == 6
    use(old)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_flipped_bit_is_found_or_does_no_harm(at: int, flip: int) -> None:
    damaged = bytearray(DATA)
    damaged[at] ^= flip
    cache = opened(bytes(damaged))
    if isinstance(cache, str):
        assert cache in {"cache.corrupt", "cache.version", "cache.encoder"}
        return
    # Between two sections some bytes are of nobody.
    assert sorted(cache.phrases(), key=by_text) == sorted(PHRASES, key=by_text)
    assert list(cache.rules()) == list(Cache(DATA, ENCODER).rules())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, len(DATA) - 1))
def test_a_file_that_was_cut_off_is_refused(length: int) -> None:
    with pytest.raises(CacheError) as caught:
        Cache(DATA[:length], ENCODER)
    assert caught.value.code == "cache.corrupt"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=600))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(CacheError):
        Cache(data, ENCODER)


def sealed(data: bytearray) -> bytes:
    """The bytes with checksums that are right again, as an attacker would make them."""
    for number in range(13):
        place = HEADER - 4 - (13 - number) * 20
        begin, length, _ = struct.unpack_from("<QQI", data, place)
        if begin + length <= len(data):
            struct.pack_into("<I", data, place + 16, crc32(bytes(data[begin : begin + length])))
    struct.pack_into("<I", data, HEADER - 4, crc32(bytes(data[: HEADER - 4])))
    return bytes(data)


def test_sealing_alone_changes_nothing() -> None:
    assert sealed(bytearray(DATA)) == DATA


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(40, len(DATA) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_whatever_a_sealed_file_says_nothing_but_a_cache_error_comes_of_it(changes: list[tuple[int, int]]) -> None:
    hostile = bytearray(DATA)
    for at, value in changes:
        hostile[at] = value
    cache = opened(sealed(hostile))
    if isinstance(cache, str):
        assert cache in {"cache.corrupt", "cache.encoder"}
        return
    use(cache)


def test_every_reason_has_its_code(tmp_path: Path) -> None:
    path = tmp_path / "personal.cache"
    for data, code in (
        (None, "cache.missing"),
        (b"", "cache.corrupt"),
        (b"SQLite format 3\0" * 100, "cache.corrupt"),
        (DATA[:8] + b"\x63\0" + DATA[10:], "cache.version"),
        (DATA + b"\0", "cache.corrupt"),
    ):
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(CacheError) as caught:
            Cache.open(path)
        assert caught.value.code == code
    with pytest.raises(CacheError) as caught:
        Cache.open(tmp_path)
    assert caught.value.code == "cache.corrupt"


def test_a_cache_of_another_encoder_is_refused(tmp_path: Path) -> None:
    class Other(Encoder):
        hash = "0123456789abcdef"

    path = tmp_path / "personal.cache"
    write(path, PHRASES, RULES, Other())
    with pytest.raises(CacheError) as caught:
        Cache.open(path)
    assert caught.value.code == "cache.encoder"
    assert len(Cache.open(path, Other())) == 6


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "personal.cache"
    write(path, PHRASES, RULES, ENCODER)
    (tmp_path / ".personal.cache.new").mkdir()
    with pytest.raises(CacheError) as caught:
        write(path, PHRASES[:1], [], ENCODER)
    assert caught.value.code == "cache.write"
    assert len(Cache.open(path)) == 6


def test_of_a_million_junk_rows_the_best_are_kept() -> None:
    junk = (Phrase(f"junk {number}", "x", float(number % 1000), float("nan"), -number) for number in range(1_000_000))
    cache = Cache(packed(junk, RULES, ENCODER, limit=500), ENCODER)
    assert len(cache) == 500
    assert len(list(cache.rules())) == 2
    assert min(phrase.wins for phrase in cache.phrases()) == 999


def test_what_cannot_be_held_is_left_out() -> None:
    long = "word " * 1000
    many = [Phrase("one", f"label {number}", 1.0) for number in range(1000)]
    phrases = [
        *many,
        Phrase(long, "x", 1.0),
        Phrase("", "x", 1.0),
        Phrase("two", long, 1.0),
        Phrase("\ud800", "x", 1e300),
    ]
    cache = Cache(packed(phrases, [Rule("i", "a", "", Source.TAUGHT)], ENCODER), ENCODER)
    assert len(cache) == MAX_OF_ONE + 1
    use(cache)


_WRITER = """
import sys
from pathlib import Path
from edge.rewrite.cache import write
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Phrase
path, turn = Path(sys.argv[1]), 0
while True:
    turn += 1
    write(path, [Phrase(f"phrase {n} of {turn}", str(turn), 1.0) for n in range(50)], [], Encoder())
    print(turn, flush=True)
"""


@pytest.mark.system
def test_killed_while_it_writes_the_cache_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "personal.cache"
    write(path, PHRASES, RULES, ENCODER)
    for kill in range(24):
        with subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(kill * 0.0007)
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        cache = Cache.open(path)
        assert len(cache) == 50
        assert len({phrase.label for phrase in cache.phrases()}) == 1
    write(path, PHRASES, RULES, ENCODER)
    assert [file.name for file in tmp_path.iterdir()] == ["personal.cache"]
