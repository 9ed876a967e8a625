"""Inputs that nobody should send, made of good ones.

Bytes are flipped, cut, doubled and spliced, numbers grow, nesting deepens.
What is made depends on the random numbers handed in and on the inputs handed in alone.
"""

import random
from collections.abc import Callable, Sequence

MAX_BYTES = 200_000
_NUMBERS = (
    *(b"0", b"-1", b"1e400", b"-1e-400", b"NaN", b"Infinity", b"9" * 40, b"9" * 4_500, b"-0.0", b"0x10", b"1_0"),
    *(b"2147483648", b"18446744073709551616", b"4294967295", b"1.7976931348623157e308"),
)
_WORDS = (
    *(b"null", b"true", b"false", b'""', b"[]", b"{}", b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\\u0000"),
    *("ﷺ".encode(), "\u202e".encode(), b"{{ 1/0 }}", b"{% for i in range(9999999) %}x{% endfor %}", b"../../etc", b"*"),
    *(b"${x}", b"%s%n", b"a" * 5_000, b"&a", b"!!python/object:os.system", b"*a", b"\r\n\r\n", b"'''", b'"""'),
)
_NESTS = ((b"[", b"]"), (b'{"a":', b"}"), (b"(", b")"), (b"{{", b"}}"), (b"<", b">"))

Mutation = Callable[[bytes, random.Random, Sequence[bytes]], bytes]


def mutated(data: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    """One to eight changes of a good input. others: what pieces are taken from."""
    for _ in range(1 + int(rng.expovariate(0.7)) % 8):
        data = rng.choice(_MUTATIONS)(data, rng, others)[:MAX_BYTES]
    return data


def _flip(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    made = bytearray(data)
    for _change in range(rng.randint(1, 6)):
        if made:
            made[_place(rng, made)] ^= 1 << rng.randrange(8)
    return bytes(made)


def _byte(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    made = bytearray(data)
    for _change in range(rng.randint(1, 6)):
        if made:
            made[_place(rng, made)] = rng.choice((0, 0xFF, 0x7F, 0x80, rng.randrange(256)))
    return bytes(made)


def _word(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    """A number of four or eight bytes, as binary formats have them, of a size that none should."""
    size = rng.choice((2, 4, 8))
    at = rng.randrange(max(1, len(data) - size))
    value = rng.choice((0, 1, (1 << (8 * size)) - 1, 1 << (8 * size - 1), rng.getrandbits(8 * size)))
    return data[:at] + value.to_bytes(size, "little") + data[at + size :]


def _cut(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _remove(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    first, last = _span(data, rng)
    return data[:first] + data[last:]


def _repeat(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    first, last = _span(data, rng)
    return data[:first] + data[first:last] * rng.choice((2, 3, 50)) + data[last:]


def _splice(data: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others) if others else data
    first, last = _span(other, rng)
    at = rng.randrange(len(data) + 1)
    return data[:at] + other[first:last] + data[at + rng.choice((0, last - first)) :]


def _number(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    """One of the numbers in a text becomes one that is hardly one."""
    places = [at for at, byte in enumerate(data) if 0x30 <= byte <= 0x39]
    if not places:
        return _insert(data, rng, _)
    first = last = rng.choice(places)
    while last < len(data) and (0x30 <= data[last] <= 0x39 or data[last] in b".eE"):
        last += 1
    return data[:first] + rng.choice(_NUMBERS) + data[last:]


def _insert(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice((*_WORDS, *_NUMBERS)) + data[at:]


def _value(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    """What stands after a `:` or `=` becomes something else."""
    places = [at for at, byte in enumerate(data) if byte in b":="]
    if not places:
        return _insert(data, rng, _)
    first = rng.choice(places) + 1
    last = first
    while last < len(data) and data[last] not in b",}]\n":
        last += 1
    return data[:first] + rng.choice((*_WORDS, *_NUMBERS)) + data[last:]


def _nest(data: bytes, rng: random.Random, _: Sequence[bytes]) -> bytes:
    """Something becomes deeper than any parser's stack."""
    opens, closes = rng.choice(_NESTS)
    depth = rng.choice((5, 100, 2_000, 20_000))
    first, last = _span(data, rng)
    return data[:first] + opens * depth + data[first:last] + closes * rng.choice((0, depth)) + data[last:]


def _span(data: bytes, rng: random.Random) -> tuple[int, int]:
    first = rng.randrange(len(data) + 1)
    return first, min(len(data), first + int(rng.expovariate(1 / 24)) + 1)


def _place(rng: random.Random, data: bytearray) -> int:
    """Anywhere, and every other time in the first bytes, where headers are."""
    return rng.randrange(min(len(data), rng.choice((64, len(data)))))


_MUTATIONS: tuple[Mutation, ...] = (
    *(_flip, _byte, _word, _cut, _remove, _repeat),
    *(_splice, _number, _insert, _value, _nest),
)
