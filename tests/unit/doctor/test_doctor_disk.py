"""The doctor looks at the room that there is, and at the files that the hub keeps."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from edge.doctor import Health
from edge.feedback.store import Store
from edge.settings import BudgetSettings, MemorySettings, MqttSettings, PathSettings, UpstreamSettings
from tests.unit.doctor.healthy import House


def test_disk_and_memory(house: House) -> None:
    house.profile = replace(house.profile, budget=BudgetSettings(ram_mib=1_000_000, disk_mib=1_000_000_000))
    checks = house.checks()
    assert (checks["disk"].status, checks["memory"].status) == (Health.WARN, Health.WARN)
    assert checks["memory"].found == "1,953 MiB free, budget 1,000,000 MiB"
    house.memory("nothing")
    assert house.checks()["memory"].found == "this system does not tell how much is free"
    (house.folder / "proc/meminfo").unlink()
    assert house.checks()["memory"].status is Health.WARN


def test_a_data_folder_that_cannot_be_written_to(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert house.checks()["disk"].found == f"{house.folder} cannot be written to"


def test_what_the_hub_keeps(house: House) -> None:
    folder = house.folder / "data"
    history, timers = folder / "history.db", folder / "timers.json"

    def found() -> list[tuple[Health, str]]:
        return [(house.checks()[name].status, house.checks()[name].found) for name in ("history", "timers")]

    assert found() == [
        (Health.OK, f"{history}, not there yet; memory.keep is all"),
        (Health.OK, f"{timers}, not there yet"),
    ]
    folder.mkdir()
    Store(history, "house", lambda code, _: pytest.fail(code)).close()
    timers.write_bytes(bytes(2048))
    for path in (history, timers):
        path.chmod(0o644)
    assert found() == [(Health.WARN, f"{path} is not for its owner alone") for path in (history, timers)]
    assert house.checks()["history"].advice == f"run chmod 600 {history}"
    history.chmod(0o600)
    timers.unlink()
    timers.mkdir()
    assert found() == [
        (Health.OK, f"{history}, {history.stat().st_size / 1024:.0f} KiB; memory.keep is all"),
        (Health.WARN, f"{timers} is no file"),
    ]
    house.profile = replace(house.profile, memory=MemorySettings("nothing"), mqtt=MqttSettings(client_id="hub2"))
    assert found() == [
        (Health.WARN, f"{history} is there, and memory.keep is nothing"),
        (Health.OK, f"{folder}/timers-hub2.json, not there yet"),
    ]
    history.unlink()
    assert found()[0] == (Health.OK, "nothing is kept, as memory.keep is nothing")


def test_the_outbox_where_somebody_wants_one(house: House) -> None:
    assert "outbox" not in house.checks()
    house.profile = replace(house.profile, upstream=UpstreamSettings(carrier="mqtt"))
    path = house.folder / "data" / "outbox.db"
    assert house.checks()["outbox"].found == f"{path}, not there yet; see: edge outbox status"
    path.parent.mkdir()
    path.write_bytes(b"")
    path.chmod(0o644)
    house.profile = replace(house.profile, upstream=UpstreamSettings())
    assert house.checks()["outbox"].advice == f"run chmod 600 {path}"


def test_a_damaged_history_and_those_set_aside(house: House) -> None:
    history = house.folder / "data" / "history.db"
    history.parent.mkdir()
    history.write_bytes(b"no database " * 500)
    assert house.checks()["history"].found == f"{history} is damaged"
    Store(history, "house", lambda *_: None).close()
    checks = house.checks()
    assert checks["history"].status is Health.OK
    assert checks["history set aside"].found.startswith("history.db.broken-1 beside ")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "data"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_full_or_read_only(house: House, disk: Path) -> None:
    Store(disk / "history.db", "house", lambda code, _: pytest.fail(code)).close()
    assert house.checks()["history"].status is Health.OK
    with (disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(4096))
    assert (house.checks()["history"].found, house.checks()["history"].advice) == (
        f"{disk} is full: nothing more is kept",
        "free some space there",
    )
    (disk / "ballast").unlink()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    told = house.checks()["history"]
    assert told.found == f"{disk} is on a disk that is mounted read-only: nothing is kept"
    assert "chown" not in told.advice


def test_a_folder_that_cannot_be_made(house: House) -> None:
    house.profile = replace(house.profile, paths=PathSettings(Path("/proc/edge"), house.folder, house.folder / "own"))
    assert house.checks()["history"].found.startswith("/proc/edge/history.db cannot be made in /proc (")
