"""Writes tables of word vectors as `edge.nlu.static_encoder`, which names the format, reads them."""

import struct
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAGIC = b"edgewrds"
FORMAT = 1
HEAD = struct.Struct("<8sIIIII")
ALIGNED = 64

Floats = NDArray[np.float64]


def write_table(path: Path, words: Sequence[str], vectors: Floats, bits: int) -> None:
    """words: sorted by their bytes. vectors: shape (words, dims). bits: 32, 8, 4 or 1 a weight."""
    vocabulary = "\n".join(words).encode()
    scales, rows = packed(vectors, bits)
    head = HEAD.pack(MAGIC, FORMAT, vectors.shape[1], bits, len(words), len(vocabulary))
    body = bytes(_gap(HEAD.size + sha256().digest_size)) + _padded(vocabulary) + _padded(scales) + rows
    path.write_bytes(head + sha256(head + body).digest() + body)


def packed(vectors: Floats, bits: int) -> tuple[bytes, bytes]:
    """Scales and rows. With 8 bits and fewer a row has a scale, float16, and what is rounded is rounded to that.

    8 bits: the largest weight is 127. 4 bits: of 13 scales the one with the least square error, as one large weight
    would else take the room of all others. 1 bit: the mean magnitude, which is the best one (Rastegari et al. 2016,
    "XNOR-Net", 3.1).
    """
    if bits == 32:
        return b"", vectors.astype("<f4").tobytes()
    tops = np.abs(vectors).max(axis=1)
    tops[tops == 0] = 1.0
    if bits == 8:
        scales = _half(tops / 127)
        numbers = np.clip(np.rint(vectors / scales[:, None]), -127, 127).astype(np.int8)
        return scales.astype("<f2").tobytes(), numbers.tobytes()
    if bits == 1:
        scales = _half(np.abs(vectors).mean(axis=1))
        return scales.astype("<f2").tobytes(), np.packbits(vectors >= 0, axis=1, bitorder="little").tobytes()
    tried = [_half(tops * share / 7.5) for share in np.linspace(0.4, 1.0, 13)]
    errors = np.array([_square_error(vectors, scales) for scales in tried])
    scales = np.choose(errors.argmin(axis=0), tried)
    halves = _fours(vectors, scales)
    halves = np.pad(halves, ((0, 0), (0, halves.shape[1] % 2)))
    return scales.astype("<f2").tobytes(), (halves[:, ::2] | halves[:, 1::2] << 4).astype(np.uint8).tobytes()


def _fours(vectors: Floats, scales: Floats) -> NDArray[np.uint8]:
    return np.clip(np.floor(vectors / scales[:, None]) + 8, 0, 15).astype(np.uint8)


def _square_error(vectors: Floats, scales: Floats) -> Floats:
    found: Floats = ((vectors - (_fours(vectors, scales) - 7.5) * scales[:, None]) ** 2).sum(axis=1)
    return found


def _half(scales: Floats) -> Floats:
    return np.maximum(scales, 1e-4).astype(np.float16).astype(np.float64)


def _padded(data: bytes) -> bytes:
    return data + bytes(_gap(len(data)))


def _gap(size: int) -> int:
    return -size % ALIGNED
