import errno
import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edge.core.errors import InputError, MissingError, UnreachableError
from edge.manifest import HttpsSource, Manifest, ModelFile, Task
from edge.models import ModelStore, Presence, load_manifests
from edge.resources import data_dir

MANIFESTS = load_manifests([data_dir("models")])


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def zipped(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


# --- a web server that misbehaves as told ---------------------------------------------------------------------------


class Web(ThreadingHTTPServer):
    """One file at every address; what it did is kept."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = b""
        self.asked: list[str | None] = []
        """The Range header of each request."""
        self.cut_after: list[int] = []
        """For each request to come: how many bytes it gets before the connection is cut."""
        self.ranges = True
        self.status: int | None = None
        self.redirect = ""
        self.shift = 0
        self.hang_up = False
        self.chunked = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/model.zip"


class _Handler(BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        web, asked = self.server, self.headers.get("Range")
        web.asked.append(asked)
        if web.redirect:
            # Taken away before the answer: whoever has that may ask for the next one at once.
            target, web.redirect = web.redirect, ""
            self.send_response(302)
            self.send_header("Location", target)
            self.end_headers()
            return
        if web.hang_up:
            return
        if web.status:
            self.send_error(web.status)
            return
        start = int(re.sub(r"\D", "", asked)) if asked and web.ranges else 0
        if start and start >= len(web.content):
            self.send_error(416)
            return
        body = web.content[start:]
        self.send_response(206 if start else 200)
        if start:
            first = start + web.shift
            self.send_header("Content-Range", f"bytes {first}-{len(web.content) - 1}/{len(web.content)}")
        if web.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n" % len(body) + body[:-1])
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: web.cut_after.pop(0)] if web.cut_after else body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's signature
        """Tests are quiet."""


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


# Hardly compressible, so that the archive is long enough to be cut in pieces.
NOISE = b"".join(hashlib.sha256(bytes([n, m])).digest() for n in range(256) for m in range(16))
CONTENT = {"am/final.mdl": NOISE, "conf/model.conf": b"--beam=10\n"}
ARCHIVE = zipped({"model-1/" + name: data for name, data in CONTENT.items()} | {"other/README": b"not wanted"})
FILES = tuple(ModelFile(name, sha256(data), len(data)) for name, data in CONTENT.items())


class Shop:
    """A store with one model, which the web server has."""

    def __init__(self, folder: Path, web: Web) -> None:
        web.content = ARCHIVE
        self.web = web
        self.source = HttpsSource(web.url, sha256(ARCHIVE), len(ARCHIVE), "model-1")
        self.manifest = Manifest("model", Task.ASR, "MIT", files=FILES, sources=(self.source,))
        self.folder = folder / "store"
        self.told: list[tuple[int, int]] = []

    @property
    def store(self) -> ModelStore:
        return ModelStore(self.folder, {"model": self.manifest}, schemes=("http",))

    def pull(self) -> Path:
        return self.store.pull("model", lambda done, total: self.told.append((done, total)))

    def leftovers(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.name not in ("model", ".lock"))


@pytest.fixture
def shop(tmp_path: Path, web: Web) -> Shop:
    return Shop(tmp_path, web)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- pulling over https ----------------------------------------------------------------------------------------------


def test_pull_puts_verified_files_in_place(shop: Shop) -> None:
    assert shop.store.status("model").presence is Presence.MISSING
    folder = shop.pull()
    assert contents(folder) == CONTENT
    assert shop.store.locate("model") == folder == shop.folder / "model"
    assert shop.store.verify("model") == []
    assert shop.leftovers() == []
    assert shop.told[-1] == (len(ARCHIVE), len(ARCHIVE))
    assert shop.told == sorted(shop.told)


def test_pulling_what_is_here_asks_nobody(shop: Shop) -> None:
    shop.pull()
    shop.pull()
    assert len(shop.web.asked) == 1


def test_a_cut_connection_is_taken_up_again(shop: Shop) -> None:
    shop.web.cut_after = [50_000, 20_000]
    assert contents(shop.pull()) == CONTENT
    assert shop.web.asked == [None, "bytes=50000-", "bytes=70000-"]


def test_the_next_pull_goes_on_where_the_last_one_ended(shop: Shop) -> None:
    shop.web.cut_after = [50_000, 0]
    with pytest.raises(UnreachableError, match="pull again to go on") as raised:
        shop.pull()
    assert raised.value.code == "models.unreachable"
    assert [name for name in shop.leftovers() if name.endswith(".part")] == shop.leftovers() != []
    assert contents(shop.pull()) == CONTENT
    assert shop.web.asked[-1] == "bytes=50000-"
    assert shop.leftovers() == []


def test_a_server_without_ranges_sends_it_all_again(shop: Shop) -> None:
    shop.web.ranges = False
    shop.web.cut_after = [50_000]
    assert contents(shop.pull()) == CONTENT


def test_a_connection_that_breaks_is_taken_up_like_one_that_ends(shop: Shop) -> None:
    shop.web.chunked = True
    with pytest.raises(UnreachableError, match="pull again to go on"):
        shop.pull()
    shop.web.chunked = False
    assert contents(shop.pull()) == CONTENT


def test_a_redirection_is_followed(shop: Shop) -> None:
    shop.web.redirect = shop.web.url
    assert contents(shop.pull()) == CONTENT


def test_a_server_that_sends_another_range_is_not_believed(shop: Shop) -> None:
    shop.web.cut_after = [50_000]
    shop.web.shift = 1
    with pytest.raises(UnreachableError, match="another part"):
        shop.pull()


def test_a_part_that_is_longer_than_what_the_server_has_is_begun_anew(shop: Shop) -> None:
    shop.web.content = ARCHIVE[:100]
    part = shop.folder / f"model-{shop.source.sha256[:8]}.part"
    shop.folder.mkdir()
    part.write_bytes(b"x" * 200)
    with pytest.raises(UnreachableError, match="cut"):
        shop.pull()
    assert shop.web.asked[:2] == ["bytes=200-", None]


@pytest.mark.parametrize("wrong", [ARCHIVE[:-1] + b"?", ARCHIVE + b"more"], ids=["content", "length"])
def test_a_wrong_archive_is_told_and_nothing_good_is_lost(shop: Shop, wrong: bytes) -> None:
    good = shop.pull()
    (good / "conf/model.conf").write_text("damaged")
    shop.web.content = wrong
    with pytest.raises(InputError, match="is not the file that the manifest pins; it was not used") as raised:
        shop.pull()
    assert raised.value.code == "models.wrong_hash"
    assert contents(good) == CONTENT | {"conf/model.conf": b"damaged"}
    assert shop.leftovers() == []
    shop.web.content = ARCHIVE
    assert contents(shop.pull()) == CONTENT


def test_a_wrong_file_inside_a_right_archive_is_told_and_nothing_good_is_lost(shop: Shop) -> None:
    good = shop.pull()
    (good / "conf/model.conf").unlink()
    changed = replace(FILES[1], sha256=sha256(b"--beam=11\n"))
    shop.manifest = replace(shop.manifest, files=(FILES[0], changed))
    with pytest.raises(InputError, match=r"conf/model\.conf is not the file") as raised:
        shop.pull()
    assert raised.value.code == "models.wrong_hash"
    assert contents(good) == {"am/final.mdl": NOISE}


def test_a_damaged_model_is_seen_and_mended_without_touching_its_good_files(shop: Shop) -> None:
    folder = shop.pull()
    kept = (folder / "am/final.mdl").stat().st_ino
    (folder / "conf/model.conf").write_bytes(b"--beam=11\n")
    assert shop.store.status("model").presence is Presence.STORE  # only the content differs
    assert shop.store.verify("model") == ["conf/model.conf: its sha256 is not the pinned one"]
    (folder / "conf/model.conf").write_bytes(b"")
    assert shop.store.status("model").presence is Presence.DAMAGED
    assert shop.store.verify("model") == ["conf/model.conf: 0 bytes, expected 10"]
    with pytest.raises(MissingError, match="is damaged: run edge models pull model"):
        shop.store.locate("model")
    (folder / "conf/model.conf").unlink()
    (folder / "conf").rmdir()
    assert shop.store.verify("model") == ["conf/model.conf: no such file or directory"]
    assert contents(shop.pull()) == CONTENT
    assert (folder / "am/final.mdl").stat().st_ino == kept


def test_an_archive_that_is_pinned_as_a_whole_leaves_a_record_of_its_files(shop: Shop) -> None:
    shop.manifest = replace(shop.manifest, files=())
    assert shop.manifest.bytes == len(ARCHIVE)
    folder = shop.pull()
    assert contents(folder) == CONTENT
    assert shop.store.verify("model") == []
    (folder / "conf/model.conf").write_bytes(b"--beam=11\n")
    assert shop.store.verify("model") == ["conf/model.conf: its sha256 is not the pinned one"]
    assert contents(shop.pull()) == CONTENT
    # The record belongs to the archive that was pinned then.
    shop.manifest = replace(shop.manifest, sources=(replace(shop.source, sha256="0" * 64),))
    assert shop.store.verify("model") == ["there is no record of what was unpacked"]


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"model-1/../../escaped": b"x"}, "does not hold what the manifest says"),
        ({"elsewhere/file": b"x"}, "does not hold what the manifest says"),
    ],
)
def test_archives_that_would_write_elsewhere_are_refused(shop: Shop, members: dict[str, bytes], told: str) -> None:
    shop.web.content = zipped(members)
    source = replace(shop.source, sha256=sha256(shop.web.content), bytes=len(shop.web.content))
    shop.manifest = replace(shop.manifest, files=(), sources=(source,))
    with pytest.raises(InputError, match=told) as raised:
        shop.pull()
    assert raised.value.code == "models.archive"
    assert not list(shop.folder.parent.rglob("escaped"))


@pytest.mark.parametrize(
    ("archive", "told"),
    [
        (b"no archive", "no zip archive"),
        (zipped({"model-1/am/final.mdl": NOISE}), r"holds no conf/model\.conf"),
        (zipped({"model-1/am/final.mdl": NOISE + b"x"}), r"am/final\.mdl is larger than the manifest says"),
        (ARCHIVE[:200] + bytes(64) + ARCHIVE[264:], "no zip archive that can be read"),
    ],
    ids=["text", "incomplete", "too long", "damaged"],
)
def test_archives_that_hold_something_else_are_told(shop: Shop, archive: bytes, told: str) -> None:
    shop.web.content = archive
    source = replace(shop.source, sha256=sha256(archive), bytes=len(archive))
    shop.manifest = replace(shop.manifest, sources=(source,))
    with pytest.raises(InputError, match=told):
        shop.pull()
    assert not (shop.folder / "model").exists()


def test_what_the_network_does_is_one_sentence(shop: Shop) -> None:
    shop.web.status = 404
    with pytest.raises(UnreachableError, match="it answers 404 for http"):
        shop.pull()
    shop.web.status = None
    shop.web.hang_up = True
    with pytest.raises(UnreachableError, match="closed connection without response"):
        shop.pull()
    shop.web.hang_up = False
    shop.web.redirect = "file:///etc/passwd"
    with pytest.raises(UnreachableError, match="it answers 302"):
        shop.pull()
    for target in ("ftp://127.0.0.1/x", "https://127.0.0.1/x"):
        shop.web.redirect = target
        with pytest.raises(UnreachableError, match=r"redirects to an address that begins with (ftp|https)://"):
            shop.pull()
    shop.web.shutdown()
    shop.web.server_close()
    with pytest.raises(UnreachableError, match=r"^cannot download from 127\.0\.0\.1: Connection refused$"):
        shop.pull()


def test_only_secure_addresses_are_downloaded_from(shop: Shop) -> None:
    with pytest.raises(UnreachableError, match="not secure"):
        ModelStore(shop.folder, {"model": shop.manifest}).pull("model")
    assert shop.web.asked == []


def test_sources_are_tried_in_their_order(shop: Shop) -> None:
    wrong = replace(shop.source, sha256="0" * 64)
    shop.manifest = replace(shop.manifest, sources=(wrong, shop.source))
    assert contents(shop.pull()) == CONTENT
    assert len(shop.web.asked) == 2


def test_a_full_disk_is_one_sentence(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(InputError, match="the disk is full") as raised:
            shop.pull()
    assert raised.value.code == "models.disk"
    assert not (shop.folder / "model").exists()
    assert contents(shop.pull()) == CONTENT


def test_a_store_that_cannot_be_made_is_one_sentence(shop: Shop) -> None:
    shop.folder.write_text("a file")
    with pytest.raises(InputError, match=r"cannot write to .*: File exists"):
        shop.pull()


def test_only_one_pull_writes_at_a_time(shop: Shop) -> None:
    with shop.store._alone(), pytest.raises(InputError) as raised:
        shop.pull()
    assert raised.value.code == "models.busy"
    assert contents(shop.pull()) == CONTENT


def test_what_a_killed_pull_left_is_cleared_away(shop: Shop) -> None:
    (shop.folder / ".pull-old/files").mkdir(parents=True)
    shop.pull()
    assert shop.leftovers() == []
