"""The table of word vectors: read as it was written, whatever the bits; what is damaged is refused."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from edge.core.errors import InputError
from edge.nlu.proposals import tables_in
from edge.nlu.static_encoder import HEADER, MAX_BYTES, StaticEncoder
from edge.resources import data_dir
from tools.quantize.encoder_file import write_table

WORDS = sorted(["0", "a", "b", "light", "on", "turn", "##a", "##b", "##ing", "ß"], key=str.encode)
DIMS = 19
"""Odd, so that the last byte of 4 bits and of 1 bit is not full."""
VECTORS = np.array([[np.sin(1 + row * 7 + at * (1 + row)) for at in range(DIMS)] for row in range(len(WORDS))])
LEAST = {32: 0.999999, 8: 0.9999, 4: 0.985, 1: 0.7}
"""Cosine with the vector that was written."""


@pytest.fixture(params=[32, 8, 4, 1])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"words.{request.param}"
    write_table(path, WORDS, VECTORS, request.param)
    return path


def test_a_word_has_the_direction_that_was_written(table: Path) -> None:
    encoder = StaticEncoder.open(table)
    assert (encoder.dims, len(encoder)) == (DIMS, len(WORDS))
    for word, vector in zip(WORDS, VECTORS, strict=True):
        if not word.startswith("##"):
            found = encoder.vector(word)
            assert found @ vector / np.linalg.norm(vector) >= LEAST[encoder.bits]
            assert np.linalg.norm(found) == pytest.approx(1, abs=1e-6)


def test_a_sentence_is_the_sum_of_its_words_in_any_order(table: Path) -> None:
    encoder = StaticEncoder.open(table)
    assert np.allclose(encoder.vector("turn on light"), encoder.vector("light turn on"), atol=1e-6)
    both = encoder.vectors(["turn on light", "on", ""])
    assert both.shape == (3, DIMS)
    assert np.array_equal(both[0], encoder.vector("turn on light"))
    assert not both[2].any()


def test_numbers_are_one_word_and_others_fall_into_pieces(table: Path) -> None:
    encoder = StaticEncoder.open(table)
    assert np.array_equal(encoder.vector("50"), encoder.vector("2.5"))
    assert np.allclose(encoder.vector("lighting"), _unit(_row(encoder, "light") + _row(encoder, "##ing")), atol=1e-6)
    assert not encoder.vector("日本").any()
    assert np.array_equal(encoder.vector("light 日本"), encoder.vector("light"))


def test_more_words_than_are_kept_ready_change_nothing(table: Path) -> None:
    encoder = StaticEncoder.open(table)
    before = encoder.vector("turn light")
    for number in range(3000):
        encoder.vector(f"a{'b' * (number % 9)}x{number} turn")
    assert np.array_equal(encoder.vector("turn light"), before)
    assert np.isfinite(encoder.vector("a" * 10_000 + " " + "on " * 10_000)).all()


def test_with_fewer_bits_the_file_is_smaller(tmp_path: Path) -> None:
    sizes = []
    for bits in (32, 8, 4, 1):
        write_table(tmp_path / "t", WORDS, np.tile(VECTORS, 20), bits)
        sizes.append((tmp_path / "t").stat().st_size)
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 4


def _damaged(data: bytes) -> dict[str, bytes]:
    head, body = list(HEADER.unpack(data[: HEADER.size])), data[HEADER.size :]

    def with_head(at: int, value: int) -> bytes:
        return HEADER.pack(*head[:at], value, *head[at + 1 :]) + body

    def signed(other: bytes) -> bytes:
        fields = data[: HEADER.size - 32]
        return fields + sha256(fields + other).digest() + other

    swapped = body.replace(b"\nlight\n", b"\nlighu\n").replace(b"\non\n", b"\nzn\n")
    return {
        "empty": b"",
        "cut short": data[:-1],
        "longer": data + b"\0",
        "head alone": data[: HEADER.size],
        "other magic": b"x" + data[1:],
        "other version": with_head(1, 2),
        "no dims": with_head(2, 0),
        "more dims": with_head(2, 20),
        "other bits": with_head(3, 3),
        "no rows": with_head(4, 0),
        "huge": with_head(4, 2**31),
        "vocabulary too long": with_head(5, 2**31),
        "one bit": data[:-3] + bytes([data[-3] ^ 1]) + data[-2:],
        "out of order": signed(swapped),
        "no text": signed(b"\xff" * len(body)),
    }


def test_what_is_damaged_is_refused(table: Path, tmp_path: Path) -> None:
    for what, data in _damaged(table.read_bytes()).items():
        file = tmp_path / "damaged"
        file.write_bytes(data)
        with pytest.raises(InputError, match=r"damaged cannot be used: .*install edge again") as refused:
            StaticEncoder.open(file)
        assert refused.value.code == "encoder.file", what


def test_what_is_no_file_or_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    for path in (tmp_path / "large", tmp_path / "none", tmp_path):
        with pytest.raises(InputError) as refused:
            StaticEncoder.open(path)
        assert refused.value.code == "encoder.file"


def test_the_table_of_a_hub_knows_what_is_alike(tmp_path: Path) -> None:
    models = data_dir("models")
    assert tables_in(tmp_path) == ()
    assert len(tables_in(models)) == 2
    for file in tables_in(models):
        assert file.stat().st_size <= 2_000_000
        encoder = StaticEncoder.open(file)

        def like(one: str, other: str, encoder: StaticEncoder = encoder) -> float:
            return float(encoder.vector(one) @ encoder.vector(other))

        assert like("put out the lamp", "turn off the light") > like("put out the lamp", "lock the front door") + 0.2
        assert like("hoover the floor", "start the vacuum") > like("hoover the floor", "what time is it") + 0.2


def _row(encoder: StaticEncoder, word: str) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """The row as it was written, before anything is brought to unit length."""
    at = WORDS.index(word)
    rows = encoder._rows[[at]].astype(np.float32)
    if encoder._bytes is not None:
        rows = encoder._bytes[encoder._rows[[at]]].reshape(1, -1)[:, :DIMS]
    return (rows[0] * (float(encoder._scales[at]) if encoder.bits < 32 else 1)).astype(np.float32)


def _unit(vector: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return vector / np.linalg.norm(vector)
