"""The encoder: what sounds and reads alike is near; quantized rows tell the same."""

import numpy as np
import pytest

from edge.rewrite.encoder import BITS, DIMS, MAX_PLACES, Encoder, Rows

TEXTS = (
    "turn on the kitchen light",
    "turn on the kitten light",
    "torn on the kitchen lite",
    "what is the weather tomorrow",
    "play some music",
    "",
)


@pytest.mark.parametrize("bits", BITS)
def test_rows_are_as_like_as_the_texts(bits: int) -> None:
    encoder = Encoder()
    rows = Rows.of([encoder.parts(text) for text in TEXTS], bits)
    like = rows.cosine(np.arange(len(TEXTS), dtype=np.uint32), encoder.vector(TEXTS[0]))
    dense = np.stack([encoder.vector(text) for text in TEXTS]) @ encoder.vector(TEXTS[0])
    assert like == pytest.approx(dense, abs={32: 1e-5, 8: 0.01, 4: 0.03, 1: 0.12}[bits])
    assert list(np.argsort(-like)[:3]) == list(np.argsort(-dense)[:3])
    assert like[0] > 0.9
    assert like[1] > 0.6
    assert like[2] > 0.5
    assert max(like[3:]) < 0.3
    assert like[5] == 0


def test_any_order_of_rows_gives_the_same() -> None:
    encoder = Encoder()
    rows = Rows.of([encoder.parts(text) for text in TEXTS], 4)
    vector = encoder.vector("turn on the light")
    forwards = rows.cosine(np.arange(6, dtype=np.uint32), vector)
    backwards = rows.cosine(np.arange(6, dtype=np.uint32)[::-1], vector)
    assert list(forwards) == pytest.approx(list(backwards[::-1]))
    assert len(rows.cosine(np.zeros(0, np.uint32), vector)) == 0


@pytest.mark.parametrize("text", ["licht", "ライトをつけて", "ñandú 50 2.5", "a", "word " * 1000, "x" * 1000])
def test_any_text_has_a_vector_of_unit_length(text: str) -> None:
    encoder = Encoder()
    assert float(np.linalg.norm(encoder.vector(text))) == pytest.approx(1.0, abs=1e-4)
    stored = encoder.encode(text)
    assert stored.dtype == np.uint16
    assert 0 < len(stored) <= MAX_PLACES
    assert np.all(stored >> 12 > 0)
    assert np.all((stored & (DIMS - 1)) < DIMS)


def test_the_hash_stays_the_same() -> None:
    assert Encoder().hash == Encoder().hash
    assert len(Encoder().hash) == 16
