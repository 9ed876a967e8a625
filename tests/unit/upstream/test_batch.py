"""What leaves, byte for byte, and what is taken of what arrives."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.upstream import batch
from edge.upstream.batch import Batch, BatchError, decode, encode
from edge.upstream.report import Confidence, DayPart, Layer, TurnReport
from edge.upstream.vocabulary import MARKS, MAX_WORDS, Vocabulary
from tests.unit.upstream.told import VOCABULARY, batch_of

WORDS = st.sampled_from([*sorted(VOCABULARY.home)[::13], *sorted(VOCABULARY.plain)[::101], *sorted(MARKS)])
TEXTS = st.lists(WORDS, min_size=1, max_size=6).map(tuple)
READINGS = st.sampled_from(["", "HassTurnOn domain=light name=kitchen_light", "HassTurnOff area=<area>; HassTurnOn"])


@st.composite
def reports(draw: st.DrawFn) -> TurnReport:
    layer = draw(st.sampled_from(Layer))
    meant = draw(st.one_of(st.just(()), TEXTS))
    return TurnReport(
        "en",
        draw(st.sampled_from(DayPart)),
        draw(st.sampled_from(Confidence)),
        draw(TEXTS),
        draw(READINGS),
        draw(TEXTS) if layer else (),
        layer,
        meant,
        draw(READINGS) if meant else "",
        draw(st.sampled_from([True, False, None])),
    )


def plain() -> TurnReport:
    heard = ("turn", "on", "the", "kitten", "light")
    meant = ("turn", "on", "the", "kitchen", "light")
    return TurnReport("en", DayPart.NIGHT, Confidence.HIGH, heard, "", (), Layer.NONE, meant, "HassTurnOn", None)


GOOD = encode(batch_of([plain()]))
SKIPPED = b"\x50\x2a\x4d\x18\x04\x00\x00\x00anna"
"""A frame that decompressors pass over (RFC 8878, 3.1.2), and that could carry anything."""


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in batch.decompressed(GOOD).splitlines()]


def packed(data: bytes, **more: Any) -> bytes:
    return zstandard.ZstdCompressor(**more).compress(data)


def dumped(rows: list[Any]) -> bytes:
    texts = (json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for row in rows)
    return packed("".join(f"{text}\n" for text in texts).encode())


def code_of(data: bytes, vocabulary: Vocabulary = VOCABULARY) -> str:
    with pytest.raises(BatchError) as error:
        decode(data, vocabulary=vocabulary)
    return error.value.code


@given(st.lists(reports(), min_size=1, max_size=20), st.integers(0, 10**9 - 1))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_encoded_is_decoded_as_it_was(some: list[TurnReport], dropped: int) -> None:
    made = replace(batch_of(some), dropped=dropped)
    data = encode(made)
    assert decode(data, vocabulary=VOCABULARY) == made
    assert encode(decode(data, vocabulary=VOCABULARY)) == data


def test_its_bytes_are_those_that_are_published() -> None:
    first, second = batch.decompressed(GOOD).decode().splitlines()
    assert first == (
        '{"count":1,"dropped":0,"epsilon":1.5,"format":1,"id":"00000000000000000000000000000001","language":"en",'
        '"pseudonym":"00000000000000000000000000000007","vocabulary":"'
        + VOCABULARY.sha256[:16]
        + '","week":"2026-W48"}'
    )
    assert second == (
        '{"c":"high","d":"night","h":"turn on the kitten light","m":"turn on the kitchen light","mr":"HassTurnOn",'
        '"w":null}'
    )
    assert zstandard.get_frame_parameters(GOOD).content_size == len(batch.decompressed(GOOD))


def test_two_reports_are_the_same_whenever_it_was_and_however_it_went() -> None:
    one = plain()
    assert batch.content(one) == batch.content(replace(one, worked=True, day_part=DayPart.MORNING))
    for other in (
        replace(one, confidence=Confidence.LOW),
        replace(one, heard=("turn",)),
        replace(one, reading="HassTurnOn"),
        replace(one, served=("turn",), layer=Layer.GLOBAL),
        replace(one, meant=("turn",)),
        replace(one, meant_reading=""),
    ):
        assert batch.content(one) != batch.content(other)


# What arrives is what somebody has sent


@given(st.integers(0, len(GOOD) - 1))
@settings(max_examples=80, deadline=None)
def test_what_is_cut_off_is_refused(at: int) -> None:
    assert code_of(GOOD[:at]) == "batch.corrupt"


@given(st.integers(0, 8 * len(GOOD) - 1))
@settings(max_examples=150, deadline=None)
def test_a_flipped_bit_is_refused_or_changes_a_batch_that_is_still_one(at: int) -> None:
    changed = bytearray(GOOD)
    changed[at // 8] ^= 1 << at % 8
    try:
        found = decode(bytes(changed), vocabulary=VOCABULARY)
    except BatchError:
        return
    assert all(word in VOCABULARY for report in found.reports for word in (*report.heard, *report.meant))
    assert found.vocabulary == VOCABULARY.sha256


@given(st.binary(max_size=200))
@settings(max_examples=80, deadline=None)
def test_any_bytes_are_refused(data: bytes) -> None:
    assert code_of(data) == "batch.corrupt"


@given(st.binary(max_size=300))
@settings(max_examples=80, deadline=None)
def test_any_bytes_in_a_frame_are_refused(data: bytes) -> None:
    assert code_of(packed(data)).startswith("batch.")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted({*lines()[0], *lines()[1], "x"})), JSON, st.integers(0, 1))
@settings(max_examples=300, deadline=None)
def test_any_value_in_a_field_is_refused_or_one_that_may_be_there(field: str, value: Any, row: int) -> None:
    rows = lines()
    rows[row][field] = value
    try:
        found = decode(dumped(rows), vocabulary=VOCABULARY)
    except BatchError:
        return
    assert decode(encode(found), vocabulary=VOCABULARY) == found


def changed(row: int, **fields: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        rows = lines()
        rows[row].update(fields)
        return dumped(rows)

    return make


def without(row: int, field: str) -> Callable[[], bytes]:
    def make() -> bytes:
        rows = lines()
        del rows[row][field]
        return dumped(rows)

    return make


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (changed(0, format=2), "batch.format"),
        (changed(0, format=True), "batch.format"),
        (without(0, "format"), "batch.format"),
        (changed(0, vocabulary="0" * 64), "batch.vocabulary"),
        (changed(0, language="de"), "batch.vocabulary"),
        (changed(0, count=2), "batch.count"),
        (changed(0, count=0), "batch.count"),
        (changed(0, count=True), "batch.count"),
        (changed(0, count="1"), "batch.count"),
        (changed(0, id="x" * 32), "batch.field"),
        (changed(0, id=7), "batch.field"),
        (changed(0, pseudonym="A" * 32), "batch.field"),
        (changed(0, pseudonym="1" * 33), "batch.field"),
        (changed(0, week="2026-W54"), "batch.field"),
        (changed(0, week="2026-W00"), "batch.field"),
        (changed(0, week="2026-W48\n"), "batch.field"),
        (changed(0, dropped=-1), "batch.field"),
        (changed(0, dropped=10**9), "batch.field"),
        (changed(0, epsilon=0.0), "batch.field"),
        (changed(0, epsilon=1e9), "batch.field"),
        (changed(0, epsilon=1), "batch.field"),
        (changed(0, name="Anna"), "batch.field"),
        (without(0, "pseudonym"), "batch.field"),
        (changed(1, h="turn on rose"), "batch.field"),
        (changed(1, h="turn  on"), "batch.field"),
        (changed(1, h=" turn"), "batch.field"),
        (changed(1, h="turn\ton"), "batch.field"),
        (changed(1, h=["turn"]), "batch.field"),
        (changed(1, h=" ".join(["turn"] * (MAX_WORDS + 1))), "batch.field"),
        (changed(1, m="<anna>"), "batch.field"),
        (changed(1, s=""), "batch.field"),
        (changed(1, s="turn"), "batch.field"),  # from which layer?
        (changed(1, l="global"), "batch.field"),
        (changed(1, l="secret", s="turn"), "batch.field"),
        (changed(1, c="sure"), "batch.field"),
        (changed(1, c=None), "batch.field"),
        (changed(1, d="19:43"), "batch.field"),
        (changed(1, d=["night"]), "batch.field"),
        (changed(1, w=1), "batch.field"),
        (changed(1, w="yes"), "batch.field"),
        (changed(1, r="OurIntent"), "batch.field"),
        (changed(1, mr=7), "batch.field"),
        (changed(1, at=1_790_000_000), "batch.field"),
        (without(1, "w"), "batch.field"),
        (without(1, "h"), "batch.field"),
        (without(1, "m"), "batch.field"),  # a reading of nothing
        (lambda: dumped([]), "batch.corrupt"),
        (lambda: dumped([1, *lines()[1:]]), "batch.corrupt"),
        (lambda: dumped(lines()[:1]), "batch.count"),
        (lambda: packed(batch.decompressed(GOOD)[:-1]), "batch.corrupt"),
        (lambda: packed(batch.decompressed(GOOD) + b"\n"), "batch.count"),
        (lambda: packed(batch.decompressed(GOOD).replace(b'{"c"', b'{ "c"')), "batch.format"),
        (lambda: packed(batch.decompressed(GOOD).replace(b'"w":null', b'"w":null,"w":null')), "batch.format"),
        (lambda: packed(batch.decompressed(GOOD).replace(b"kitten", b"k\\u0069tten")), "batch.format"),
        (lambda: packed(batch.decompressed(GOOD).replace(b"kitten", b"kit\xfften")), "batch.corrupt"),
        (lambda: packed(batch.decompressed(GOOD).replace(b"null", b"NaN")), "batch.corrupt"),
        (lambda: packed(batch.decompressed(GOOD).replace(b"null", b"9" * 800)), "batch.field"),
        (lambda: packed(b"[" * 900 + b"\n"), "batch.corrupt"),
        (lambda: packed(b"[" * 5000 + b"\n"), "batch.too_large"),
        (lambda: GOOD + b"\0", "batch.corrupt"),
        (lambda: GOOD + GOOD, "batch.corrupt"),
        (lambda: b"", "batch.corrupt"),
        (lambda: packed(b""), "batch.corrupt"),
        (lambda: SKIPPED, "batch.corrupt"),
        (lambda: SKIPPED + GOOD, "batch.corrupt"),
        (lambda: GOOD + SKIPPED, "batch.corrupt"),
        (lambda: packed(batch.decompressed(GOOD), write_content_size=False), "batch.corrupt"),
    ],
)
def test_what_no_hub_sends_is_refused(make: Callable[[], bytes], code: str) -> None:
    assert code_of(make()) == code


def test_a_bomb_is_not_decompressed() -> None:
    bombs = [
        packed(bytes(batch.MAX_BYTES + 1)),  # too large
        packed(bytes(1_000_000_000), level=1),  # far too large, in 31 kB
        packed(bytes(batch.MAX_BYTES)),  # it would fit, and holds 10,000 times what was sent
    ]
    for bomb in bombs:
        assert len(bomb) < 100_000
        assert code_of(bomb) == "batch.too_large"


def test_a_frame_that_lies_about_its_size_is_refused() -> None:
    """The size of a frame's content stands in its header, in as many bytes as the descriptor says (RFC 8878, 3.1.1)."""
    data = bytearray(packed(bytes(range(256)) * 4))
    assert data[4] >> 6 == 1  # two bytes, of the size less 256
    data[5:7] = (100).to_bytes(2, "little")
    assert code_of(bytes(data)) == "batch.corrupt"


def test_what_is_sent_gigantic_is_not_looked_at() -> None:
    noise = random.Random(3).randbytes(batch.MAX_COMPRESSED + 1)
    assert code_of(noise) == "batch.too_large"
    assert code_of(GOOD + noise) == "batch.too_large"


def test_a_frame_that_needs_a_large_window_is_refused() -> None:
    noise = random.Random(3).randbytes(1000)
    parameters = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=1)
    data = zstandard.ZstdCompressor(compression_params=parameters).compressobj(size=1000)
    frame = data.compress(noise) + data.flush()
    assert code_of(frame) == "batch.corrupt"


def test_nothing_is_sent_that_nobody_takes() -> None:
    for wrong in (
        replace(batch_of([plain()]), id="1"),
        replace(batch_of([plain()]), week="last"),
        replace(batch_of([plain()]), epsilon=0.0),
        batch_of([]),
        batch_of([replace(plain(), language="de")]),
        batch_of([replace(plain(), heard=("kitchen",) * 200)]),
    ):
        with pytest.raises(BatchError):
            encode(wrong)


def test_the_largest_batch_is_taken() -> None:
    words = sorted(VOCABULARY.home)
    rng = random.Random(5)
    some = [replace(plain(), heard=tuple(rng.sample(words, 4))) for _ in range(batch.MAX_REPORTS)]
    made = batch_of(some)
    assert decode(encode(made), vocabulary=VOCABULARY) == made
    with pytest.raises(BatchError) as error:
        encode(batch_of([*some, plain()]))
    assert error.value.code == "batch.count"


def test_a_report_is_below_a_hundred_bytes_even_of_words_by_chance() -> None:
    words, rng = sorted(VOCABULARY.home), random.Random(5)
    some = [replace(plain(), heard=tuple(rng.sample(words, 6)), meant=tuple(rng.sample(words, 6))) for _ in range(50)]
    assert len(encode(batch_of(some))) < 50 * 100


def test_no_refusal_repeats_what_was_sent() -> None:
    for make in (changed(1, h="turn on rose"), changed(0, id="rose"), changed(1, rose="x"), changed(1, c="rose")):
        with pytest.raises(BatchError) as error:
            decode(make(), vocabulary=VOCABULARY)
        assert "rose" not in str(error.value)
        assert error.value.__cause__ is None


def test_a_batch_is_a_value() -> None:
    made = decode(GOOD, vocabulary=VOCABULARY)
    assert isinstance(made, Batch)
    assert hash(made) == hash(batch_of([plain()]))
