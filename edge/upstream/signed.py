"""The container of a global pack: what all homes have learnt, signed. Pure.

    magic      EDGEPACK1 and a line's end
    length     of the manifest, 4 bytes, little-endian
    manifest   canonical JSON
    signature  64 bytes, Ed25519 (RFC 8032) over all before it
    payload    one zstd frame (RFC 8878) of a file of `edge.rewrite.cache`

Nothing is believed that is not signed: the signature is looked at before the manifest is read, and the hash of the
payload, which is in the manifest, before it is decompressed. So whoever is not the publisher reaches neither parser.
"""

import base64
import binascii
import hashlib
import json
import re
import struct
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from edge.core.errors import InputError, MissingError

FORMAT = 1
MAGIC = b"EDGEPACK1\n"
LENGTH = struct.Struct("<I")
PREFIX = len(MAGIC) + LENGTH.size
"""Bytes that tell how long the head is."""
SIGNATURE = 64
MAX_MANIFEST = 4_096
MAX_PAYLOAD = 8 << 20
"""Bytes of the payload as it comes."""
MAX_CACHE = 32 << 20
"""Bytes of the cache file in it."""
MAX_BYTES = PREFIX + MAX_MANIFEST + SIGNATURE + MAX_PAYLOAD
"""Of a whole pack."""
MAX_SEQUENCE = 1 << 40
LEVEL = 19
"""Of the compression: a pack is made once and fetched by all."""
MAX_WINDOW = 1 << 23
"""Bytes that the decompressor may look back on, which it needs memory for beside the cache file itself."""
CONTENT_TYPE = "application/vnd.edge.pack"


class PackError(InputError):
    """A pack that is not taken; the one that is there stays.

    Codes: `pack.too_large`, `pack.corrupt` (cut off, damaged, or another file), `pack.format` (of another version of
    edge), `pack.signature` (not signed by a key that is believed), `pack.key` (no such key), `pack.manifest` (a field
    that is missing, unknown or holds what none may); of `edge.upstream.pack` also `pack.older`, `pack.refused` (rolled
    back before), `pack.encoder`, `pack.language`, `pack.risky`, `pack.rule`, `pack.worse`, `pack.busy`, `pack.write`,
    `pack.no_source`.
    """


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a pack says of itself. `seal` fills in the last five."""

    sequence: int
    """Greater than that of every pack before; what is not greater is no news."""
    week: str
    """The last ISO week that it was learnt from, such as 2026-W48."""
    language: str
    encoder: str
    """Hash of the encoder that its vectors are of."""
    cache_format: int
    rules: int
    vocabulary: str
    """SHA-256 of the published words that it was learnt from."""
    format: int = FORMAT
    sha256: str = ""
    """Of the cache file."""
    bytes: int = 0
    """Of the cache file."""
    packed: str = ""
    """SHA-256 of the payload as it comes."""
    key: str = ""
    """Id of the key that signs it."""


def key_id(public_key: bytes) -> str:
    """What a key is called: 16 hexadecimal digits."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def public_key(text: str) -> bytes:
    """The 32 bytes of a public key as it is written, in base64. Raises PackError (`pack.key`)."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise PackError("pack.key", "that is no public key: 44 characters of base64, as the publisher gives them")
    return key


def seal(manifest: Manifest, cache: bytes, signing_key: bytes) -> bytes:
    """The pack of a cache file; the same bytes for the same input and the same release of zstandard.

    signing_key: the 32 bytes of an Ed25519 seed.
    Raises PackError as `unseal` would, so that nothing is published in vain, and MissingError (`pack.library`).
    """
    if len(signing_key) != 32:
        raise PackError("pack.key", "that is no signing key: it has 32 bytes")
    signer = _nacl().signing.SigningKey(signing_key)
    payload: bytes = _zstandard().ZstdCompressor(level=LEVEL).compress(cache)
    if len(cache) > MAX_CACHE or len(payload) > MAX_PAYLOAD:
        raise _too_large()
    whole = replace(
        manifest,
        sha256=hashlib.sha256(cache).hexdigest(),
        bytes=len(cache),
        packed=hashlib.sha256(payload).hexdigest(),
        key=key_id(bytes(signer.verify_key)),
    )
    _check(whole)
    text = _dumped(asdict(whole))
    head = MAGIC + LENGTH.pack(len(text)) + text
    return head + bytes(signer.sign(head).signature) + payload


def unseal(data: bytes, public_keys: Iterable[bytes]) -> tuple[Manifest, bytes]:
    """Manifest and cache file of a pack that one of these keys has signed.

    No more than `MAX_CACHE` bytes are ever decompressed. The cache file is as the publisher made it; whether it is one
    is for `edge.rewrite.cache` to see. Raises PackError, and MissingError (`pack.library`).
    """
    if len(data) > MAX_BYTES:
        raise _too_large()
    size = head_size(data[:PREFIX])
    manifest = head(data[:size], public_keys)
    return manifest, cache_of(manifest, data[size:])


def head_size(prefix: bytes) -> int:
    """Bytes of the head, with its signature, of a pack that begins with these `PREFIX` bytes. Raises PackError."""
    if len(prefix) < PREFIX or not prefix.startswith(MAGIC[:8]):
        raise PackError("pack.corrupt", "that is no pack, or it is cut off")
    if not prefix.startswith(MAGIC):
        raise PackError("pack.format", "the pack is of another version of edge: update the one that is older")
    (length,) = LENGTH.unpack_from(prefix, len(MAGIC))
    if not 0 < length <= MAX_MANIFEST:
        raise PackError("pack.corrupt", "the pack is damaged: its manifest cannot be of that length")
    return PREFIX + int(length) + SIGNATURE


def head(data: bytes, public_keys: Iterable[bytes]) -> Manifest:
    """The manifest of a head, once its signature has been found right. Raises as `unseal`."""
    if len(data) < PREFIX or len(data) != head_size(data[:PREFIX]):
        raise PackError("pack.corrupt", "the pack is cut off")
    signed, signature = data[:-SIGNATURE], data[-SIGNATURE:]
    signer = next((key for key in public_keys if _signed(signed, signature, key)), None)
    if signer is None:
        raise PackError("pack.signature", "the pack is not signed by the key that upstream.pack_key names")
    manifest = _manifest(signed[PREFIX:])
    if manifest.key != key_id(signer):
        raise PackError("pack.manifest", "the pack's manifest names another key than the one that signed it")
    return manifest


def cache_of(manifest: Manifest, payload: bytes) -> bytes:
    """The cache file in the payload that this manifest tells of. Raises as `unseal`."""
    if len(payload) > MAX_PAYLOAD:
        raise _too_large()
    if hashlib.sha256(payload).hexdigest() != manifest.packed:
        raise PackError("pack.corrupt", "the pack is cut off or damaged: it does not hold what it says")
    zstandard = _zstandard()
    try:
        if zstandard.get_frame_parameters(payload).content_size != manifest.bytes:
            raise PackError("pack.corrupt", "the pack does not hold what it says")
        reader = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
        cache: bytes = reader.decompress(payload, allow_extra_data=False)
    except zstandard.ZstdError:
        raise PackError("pack.corrupt", "what is in the pack is no whole compressed frame") from None
    if len(cache) != manifest.bytes or hashlib.sha256(cache).hexdigest() != manifest.sha256:
        raise PackError("pack.corrupt", "the pack does not hold what it says")
    return cache


def manifest_of(found: object) -> Manifest:
    """The manifest of what JSON has given. Raises PackError (`pack.manifest`, `pack.format`)."""
    if not isinstance(found, dict):
        raise PackError("pack.manifest", "the pack's manifest is no object")
    if found.get("format") != FORMAT or isinstance(found.get("format"), bool):
        raise PackError("pack.format", "the pack is of another version of edge: update the one that is older")
    if set(found) != _FIELDS:
        raise PackError("pack.manifest", "the pack's manifest lacks a field, or has one that is unknown")
    made = Manifest(**found)
    _check(made)
    return made


_FIELDS = frozenset(field.name for field in fields(Manifest))
_SHA = re.compile("[0-9a-f]{64}")
_SHORT = re.compile("[0-9a-f]{16}")
_WEEK = re.compile(r"2\d{3}-W(0[1-9]|[1-4]\d|5[0-3])", re.ASCII)
_LANGUAGE = re.compile("[a-z]{2,3}")


def _check(manifest: Manifest) -> None:
    texts = (
        (_WEEK, manifest.week),
        (_LANGUAGE, manifest.language),
        (_SHORT, manifest.encoder),
        (_SHA, manifest.vocabulary),
        (_SHA, manifest.sha256),
        (_SHA, manifest.packed),
        (_SHORT, manifest.key),
    )
    numbers = (
        (manifest.sequence, 1, MAX_SEQUENCE),
        (manifest.cache_format, 1, 10_000),
        (manifest.rules, 0, 1_000_000),
        (manifest.bytes, 1, MAX_CACHE),
    )
    fits = all(isinstance(text, str) and form.fullmatch(text) for form, text in texts)
    if not fits or not all(type(number) is int and low <= number <= high for number, low, high in numbers):
        raise PackError("pack.manifest", "the pack's manifest holds what none may")


def _manifest(data: bytes) -> Manifest:
    try:
        found = json.loads(data.decode("utf-8"))
        canonical = _dumped(found)
    except (ValueError, RecursionError):  # which the error of a text that is no UTF-8 is, too
        raise PackError("pack.manifest", "the pack's manifest is not JSON") from None
    if canonical != data:
        raise PackError("pack.manifest", "the pack's manifest is not in its one form: sorted keys, no blanks")
    return manifest_of(found)


def _dumped(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _signed(message: bytes, signature: bytes, key: bytes) -> bool:
    nacl = _nacl()
    try:
        nacl.signing.VerifyKey(key).verify(message, signature)
    except (nacl.exceptions.CryptoError, nacl.exceptions.ValueError):
        return False
    return True


def _too_large() -> PackError:
    return PackError("pack.too_large", f"the pack has more than {MAX_BYTES >> 20} MiB, or holds more than it may")


def _nacl() -> Any:
    try:
        import nacl.exceptions
        import nacl.signing
    except ImportError:
        raise _missing("PyNaCl") from None
    return nacl


def _zstandard() -> Any:
    try:
        import zstandard
    except ImportError:
        raise _missing("zstandard") from None
    return zstandard


def _missing(library: str) -> MissingError:
    return MissingError("pack.library", f"{library} is not installed: make install EXTRAS=upstream")
