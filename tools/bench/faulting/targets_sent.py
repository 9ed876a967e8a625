"""What others send: packs, batches, recordings, raw sound."""

import hashlib
import io
import json
import random
from collections.abc import Sequence
from pathlib import Path

from tools.bench.faulting.target import Use, written
from tools.bench.faulting.targets_hub import cache_bytes

_KEY = bytes(range(32))


def pack(folder: Path) -> tuple[Use, Sequence[bytes]]:
    """A signed pack, down to its rewrites."""
    from nacl.signing import SigningKey

    from edge.rewrite.cache import Cache
    from edge.rewrite.encoder import Encoder
    from edge.rewrite.packing import FORMAT
    from edge.upstream.pack import objection
    from edge.upstream.signed import Manifest, seal, unseal
    from edge.upstream.vocabulary import Vocabulary

    encoder, public = Encoder(), bytes(SigningKey(_KEY).verify_key)

    def use(data: bytes) -> object:
        _, cache = unseal(data, (public,))
        opened = Cache.open(written(folder / "pack", cache), encoder)
        try:
            return [objection(rule) for rule in opened.rules()]
        finally:
            opened.close()

    manifest = Manifest(1, "2026-W48", "en", encoder.hash, FORMAT, 2, Vocabulary.load().sha256)
    return use, (seal(manifest, cache_bytes(), _KEY),)


def sign_pack(data: bytes, rng: random.Random) -> bytes:
    """As its publisher would have signed it, now and then with hashes that fit what is in it."""
    from nacl.signing import SigningKey

    from edge.upstream.signed import LENGTH, MAGIC, PREFIX, SIGNATURE

    if len(data) < PREFIX + SIGNATURE or rng.random() < 0.25:
        return data
    length = min(LENGTH.unpack_from(data, len(MAGIC))[0], max(0, len(data) - PREFIX - SIGNATURE))
    text, payload = data[PREFIX : PREFIX + length], data[PREFIX + length + SIGNATURE :]
    if rng.random() < 0.8:
        try:
            manifest = json.loads(text)
        except (ValueError, RecursionError):
            manifest = None
        if isinstance(manifest, dict):
            manifest["packed"] = hashlib.sha256(payload).hexdigest()
            try:
                text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            except (ValueError, RecursionError):  # half a character, or too deep
                return data
    head = MAGIC + LENGTH.pack(len(text)) + text
    return head + SigningKey(_KEY).sign(head).signature + payload


def batch(_: Path) -> tuple[Use, Sequence[bytes]]:
    """Reports of another hub, which must come back as they were."""
    from edge.upstream.batch import decode, encode
    from edge.upstream.vocabulary import Vocabulary

    vocabulary = Vocabulary.load()

    def use(data: bytes) -> object:
        batch = decode(data, vocabulary=vocabulary)
        if decode(encode(batch), vocabulary=vocabulary) != batch:
            raise AssertionError("it comes back as something else")
        return len(batch.reports)

    return use, (_batch_bytes(), _batch_lines())


def _batch_bytes() -> bytes:
    from edge.upstream.batch import Batch, encode
    from edge.upstream.report import Confidence, DayPart, Layer, TurnReport
    from edge.upstream.vocabulary import Vocabulary

    on = ("turn", "on", "the", "light")
    reports = (
        TurnReport("en", DayPart.EVENING, Confidence.HIGH, on, worked=True),
        TurnReport("en", DayPart.NIGHT, Confidence.LOW, on, "", on[:2], Layer.PERSONAL, (), "", False),
    )
    return encode(Batch("0" * 32, "1" * 32, "2026-W48", "en", Vocabulary.load().sha256, reports))


def _batch_lines() -> bytes:
    from edge.upstream.batch import decompressed

    return decompressed(_batch_bytes())


def compress(data: bytes, _: random.Random) -> bytes:
    """What is no frame becomes the content of one."""
    import zstandard

    from edge.upstream.batch import _compressor

    if data[:4] == zstandard.FRAME_HEADER:
        return data
    return bytes(_compressor().compress(data))


def audio(folder: Path) -> tuple[Use, Sequence[bytes]]:
    """Recordings of every kind that is read."""
    import numpy as np
    import soundfile

    from edge.audio.capture import FileSource

    def use(data: bytes) -> object:
        frames = 0
        with FileSource(written(folder / "sound", data)) as source:
            for frame in source:
                frames += len(frame.pcm) == 640
        return min(frames, 3)

    samples = (np.sin(np.arange(3_000) / 7) * 9_000).astype("<i2")
    seeds = []
    for kind, subtype, rate, channels in (
        *(("WAV", "PCM_16", 16_000, 1), ("WAV", "FLOAT", 48_000, 2), ("WAV", "ULAW", 8_000, 1)),
        *(("FLAC", "PCM_16", 16_000, 1), ("FLAC", "PCM_24", 44_100, 2), ("OGG", "VORBIS", 16_000, 1)),
        *(("AIFF", "PCM_16", 16_000, 1), ("W64", "PCM_16", 16_000, 1), ("WAV", "IMA_ADPCM", 16_000, 1)),
    ):
        out = io.BytesIO()
        soundfile.write(out, np.stack([samples] * channels, axis=1), rate, format=kind, subtype=subtype)
        seeds.append(out.getvalue())
    return use, seeds


def pcm(_: Path) -> tuple[Use, Sequence[bytes]]:
    """Raw sound at several rates."""
    from edge.audio.capture import PcmSource

    def use(data: bytes) -> object:
        rate = 16_000 if not data else (8_000, 16_000, 44_100)[data[0] % 3]
        return min(3, sum(1 for _ in PcmSource(io.BytesIO(data), rate=rate)))

    return use, (bytes(range(256)) * 20,)
