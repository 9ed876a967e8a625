"""The container: what is sealed is unsealed, and nothing else is."""

import hashlib
import json
import struct
from dataclasses import asdict, replace

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.rewrite.encoder import Encoder
from edge.rewrite.packing import packed
from edge.upstream import signed
from edge.upstream.signed import MAGIC, MAX_BYTES, MAX_CACHE, MAX_MANIFEST, PackError, public_key, seal, unseal
from tests.unit.upstream.packs_made import KEY, OTHER_SEED, SEED, by_hand, manifest, pack, rule
from tests.unit.upstream.packs_made import signed as rightly_signed

CACHE = packed((), [rule()], Encoder())
GOOD = pack()


def code_of(data: bytes) -> str:
    with pytest.raises(PackError) as told:
        unseal(data, [KEY])
    return told.value.code


def test_what_is_sealed_is_unsealed() -> None:
    found, cache = unseal(GOOD, [bytes(32), KEY])
    assert cache == CACHE
    assert found == replace(
        manifest(),
        sha256=hashlib.sha256(CACHE).hexdigest(),
        bytes=len(CACHE),
        packed=found.packed,
        key=hashlib.sha256(KEY).hexdigest()[:16],
    )


def test_the_same_input_makes_the_same_bytes() -> None:
    assert pack() == GOOD
    assert GOOD.startswith(b"EDGEPACK1\n")


def test_signed_by_another_key() -> None:
    assert code_of(pack(seed=OTHER_SEED)) == "pack.signature"
    with pytest.raises(PackError) as told:
        unseal(GOOD, [])
    assert told.value.code == "pack.signature"


def test_every_cut_is_refused() -> None:
    for length in range(len(GOOD)):
        assert code_of(GOOD[:length]) in ("pack.corrupt", "pack.signature")


def test_every_flipped_bit_is_refused() -> None:
    for at in range(len(GOOD)):
        bad = GOOD[:at] + bytes((GOOD[at] ^ (1 << at % 8),)) + GOOD[at + 1 :]
        assert code_of(bad) in ("pack.corrupt", "pack.format", "pack.signature")


def test_more_at_its_end_is_refused() -> None:
    assert code_of(GOOD + b"\0") == "pack.corrupt"


def test_another_payload_under_the_same_head_is_not_decompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    other = pack(rule(means="turn off the reading lamp"))
    size = signed.head_size(GOOD)
    monkeypatch.setattr(signed, "_zstandard", lambda: pytest.fail("what is not signed was decompressed"))
    assert code_of(GOOD[:size] + other[signed.head_size(other) :]) == "pack.corrupt"


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    bomb = zstandard.ZstdCompressor(level=1).compress(bytes(MAX_CACHE + 1))
    assert len(bomb) < 5_000
    assert code_of(by_hand(bomb, bytes=MAX_CACHE + 1)) == "pack.manifest"
    assert code_of(by_hand(bomb, bytes=MAX_CACHE)) == "pack.corrupt"
    unsized = zstandard.ZstdCompressor(level=1, write_content_size=False).compress(bytes(MAX_CACHE + 1))
    assert code_of(by_hand(unsized, bytes=MAX_CACHE)) == "pack.corrupt"


def test_a_frame_that_lies_about_its_size_is_refused() -> None:
    frame = bytearray(zstandard.ZstdCompressor(level=1).compress(b"edge" * 100_000))
    at = frame.index(struct.pack("<I", 400_000))
    frame[at : at + 4] = struct.pack("<I", 1_000)
    assert code_of(by_hand(bytes(frame), bytes=1_000)) == "pack.corrupt"


def test_a_gigantic_one_is_refused_unread() -> None:
    assert code_of(GOOD + bytes(MAX_BYTES)) == "pack.too_large"
    assert code_of(MAGIC + struct.pack("<I", MAX_MANIFEST + 1) + bytes(9_000)) == "pack.corrupt"
    assert code_of(MAGIC + struct.pack("<I", 0xFFFFFFFF) + bytes(9_000)) == "pack.corrupt"
    with pytest.raises(PackError) as told:
        seal(manifest(), bytes(MAX_CACHE + 1), SEED)
    assert told.value.code == "pack.too_large"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"format": 2}, "pack.format"),
        ({"format": True}, "pack.format"),
        ({"sequence": 0}, "pack.manifest"),
        ({"sequence": True}, "pack.manifest"),
        ({"sequence": 1.0}, "pack.manifest"),
        ({"sequence": "7"}, "pack.manifest"),
        ({"week": "2026-W54"}, "pack.manifest"),
        ({"week": ["2026-W48"]}, "pack.manifest"),
        ({"language": "en\n"}, "pack.manifest"),
        ({"encoder": ""}, "pack.manifest"),
        ({"key": "0" * 16}, "pack.manifest"),
        ({"bytes": -1}, "pack.manifest"),
        ({"more": 1}, "pack.manifest"),
    ],
)
def test_a_manifest_that_none_may_have(more: dict[str, object], code: str) -> None:
    assert code_of(by_hand(zstandard.ZstdCompressor().compress(b"x"), **more)) == code


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(asdict(manifest()), indent=1).encode(),  # not in its one form
        b"[]",
        b"{}",
        b"\xff" * 40,
        b"[" * 4_000,
        b'{"format":1,"format":1}',
        b'{"format":NaN}',
    ],
)
def test_a_manifest_that_is_none(text: bytes) -> None:
    assert code_of(rightly_signed(text)) in ("pack.manifest", "pack.format")


@given(st.binary(max_size=300), st.integers(0, len(GOOD)), st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_whatever_comes_is_refused_in_words(data: bytes, at: int, length: int) -> None:
    mixed = GOOD[:at] + data + GOOD[at + length :]
    for one in (data, MAGIC + data, mixed):
        if one != GOOD:
            assert code_of(one).startswith("pack.")


@pytest.mark.parametrize("text", ["", "x", "A" * 44, "A" * 43 + "é", "AAAA"])
def test_what_is_no_public_key(text: str) -> None:
    with pytest.raises(PackError) as told:
        public_key(text)
    assert told.value.code == "pack.key"


def test_an_older_edge_says_that_it_is_older() -> None:
    assert code_of(b"EDGEPACK2\n" + GOOD[10:]) == "pack.format"
