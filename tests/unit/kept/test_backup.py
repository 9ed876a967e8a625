"""`edge backup` and `edge restore`: all that was taught arrives on another board, and nothing of a stranger's."""

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from edge.feedback.kept_rules import KeptRules
from edge.feedback.store import FILE, Store
from edge.profile import Profile, load_profile
from edge.timers.book import Book
from tests.unit.feedback.stored import turn
from tests.unit.kept.conftest import Become
from tests.unit.kept.household import HOME, PASSWORD, SAID, TAUGHT, TIMER, holding

Rewritten = Callable[[dict[str, bytes]], None]
LINK = 0o120777 << 16


@pytest.fixture
def backup(hub: Profile, tmp_path: Path) -> Path:
    file = tmp_path / "hub.edge-backup"
    assert main(["backup", str(file)]) == 0
    return file


def sums(contents: dict[str, bytes]) -> dict[str, Any]:
    return {name: {"bytes": len(d), "sha256": hashlib.sha256(d).hexdigest()} for name, d in contents.items()}


def contents_of(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "manifest.json"}


def write(file: Path, contents: dict[str, bytes], *, manifest: Any = None, attributes: int = 0) -> Path:
    """An archive with these files, and the hashes of them that are right."""
    told = {"edge_backup": 1, "edge": "0", "files": sums(contents)} if manifest is None else manifest
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(told))
        for name, data in contents.items():
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = attributes, zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return file


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_restored_on_another_board_it_is_the_same_household(backup: Path, become: Become) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    become("other")
    assert main(["restore", str(backup)]) == 0
    profile = load_profile()
    assert profile.mqtt.host == "hub.local"
    data = profile.paths.data_dir
    store = Store(data / FILE, HOME, lambda code, told: pytest.fail(f"{code}: {told}"))
    assert [one.utterance.text for one in store.turns() if one.utterance] == [f"turn on the {SAID}"]
    rows = KeptRules(store).load()
    assert rows is not None
    assert TAUGHT in {rule.heard for rule in rows.rules}
    store.close()
    assert [timer.name for timer in Book(data / "timers.json").read()] == [TIMER]
    assert (data / "voices" / "anna.json").exists()
    assert profile.paths.home.read_text() == 'microphone = "Kitchen"\n'
    assert profile.paths.pronunciations.exists()
    assert (profile.paths.custom_sentences / "en" / "own.yaml").exists()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in data.rglob("*") if path.is_file()}
    assert modes == {0o600}


def test_no_secret_and_nothing_of_others_is_in_it(backup: Path) -> None:
    contents = contents_of(backup)
    assert contents["edge.toml"].decode() == '# ours\n[mqtt]\nhost = "hub.local"  # the broker\n'
    assert not any(PASSWORD.encode() in data for data in contents.values())
    assert not [
        name for name in contents if "outbox" in name or "global" in name or "cache" in name or "broken" in name
    ]


@pytest.mark.parametrize(
    "config",
    [
        'mqtt = { host = "h", password = "pw-7" }\n',
        '[mqtt]\npassword = """\npw-7"""\n',
        '[mqtt]\nhost="pw-7"\npassword="pw-7"\n',
    ],
)
def test_a_password_that_cannot_be_left_out_leaves_no_backup(
    hub: Profile, tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (hub.paths.home.parent / "edge.toml").write_text(config)
    assert main(["backup", str(tmp_path / "b")]) == 2
    assert "mqtt.password_file" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


def test_a_hub_that_writes_goes_on_and_the_backup_is_whole(hub: Profile, tmp_path: Path) -> None:
    store = Store(hub.paths.data_dir / FILE, HOME, lambda code, told: pytest.fail(f"{code}: {told}"))
    presence = store.presence()
    store.add_turn(turn("2", text="not yet in the file itself"))
    assert main(["backup", str(tmp_path / "b")]) == 0
    store.add_turn(turn("3"))
    assert [one.id for one in store.turns()] == ["3", "2", "1"]
    presence.close()
    store.close()
    (tmp_path / "history").write_bytes(contents_of(tmp_path / "b")[FILE])
    with closing(sqlite3.connect(tmp_path / "history")) as db:
        assert db.execute("SELECT count(*) FROM turns").fetchone() == (2,)


def test_what_is_no_plain_file_is_not_replaced(
    hub: Profile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "elsewhere")
    for target in (pipe, link, tmp_path):
        assert main(["backup", str(target)]) == 2
        assert f"{target} is no plain file" in capsys.readouterr().err
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert main(["backup", str(tmp_path / "none" / "b")]) == 2
    assert f"no folder {tmp_path / 'none'}" in capsys.readouterr().err


def test_what_was_there_is_kept_aside(backup: Path, become: Become) -> None:
    profile = become("other")
    config = profile.paths.home.parent / "edge.toml"
    config.write_text('[mqtt]\npassword = "here"\n')
    store = Store(profile.paths.data_dir / FILE, HOME, lambda code, told: None)
    store.add_turn(turn("mine", text="what was said here"))
    store.close()
    assert main(["restore", str(backup)]) == 0
    assert config.with_name("edge.toml.before-restore").read_text() == '[mqtt]\npassword = "here"\n'
    assert holding(profile.paths.data_dir, "what was said here") == [f"{FILE}.before-restore"]
    assert main(["restore", str(backup)]) == 0  # once more, which keeps what the first has put there


def test_a_hub_that_runs_is_told_to_be_stopped(
    backup: Path, become: Become, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = become("other")
    store = Store(profile.paths.data_dir / FILE, HOME, lambda code, told: None)
    presence = store.presence()
    before = everything(profile.paths.data_dir)
    assert main(["restore", str(backup)]) == 2
    assert everything(profile.paths.data_dir).keys() == before.keys()
    presence.close()
    store.close()
    assert "stop it (sudo systemctl stop edge), restore, and start it" in capsys.readouterr().err


def no_backup(file: Path) -> None:
    file.write_text("nothing of the kind")


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(bytes(data))


def with_a_wrong_hash(file: Path) -> None:
    contents = contents_of(file)
    manifest = {"edge_backup": 1, "files": sums(contents)}
    manifest["files"]["home.toml"]["sha256"] = "0" * 64
    write(file, contents, manifest=manifest)


def with_a_path_out_of_it(file: Path) -> None:
    write(file, {**contents_of(file), "custom_sentences/../../../evil.yaml": b"x"})


def with_an_absolute_path(file: Path) -> None:
    write(file, {**contents_of(file), "/etc/cron.d/evil": b"x"})


def with_a_link(file: Path) -> None:
    write(file, {"home.toml": b"/etc/shadow"}, attributes=LINK)


def with_a_file_that_is_not_listed(file: Path) -> None:
    contents = contents_of(file)
    write(file, {**contents, "voices/eve.json": b"{}"}, manifest={"edge_backup": 1, "files": sums(contents)})


def with_a_name_twice(file: Path) -> None:
    write(file, contents_of(file))
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("home.toml", "")


def as_a_bomb(file: Path) -> None:
    """A kilobyte that says it holds little, and unpacks to 30 MB."""
    bomb = bytes(30_000_000)
    told = {"edge_backup": 1, "files": {"home.toml": {"bytes": 10, "sha256": hashlib.sha256(bomb[:10]).hexdigest()}}}
    write(file, {"home.toml": bomb}, manifest=told)


def as_a_bomb_that_says_so(file: Path) -> None:
    write(file, {"home.toml": bytes(2_000_000)})


def of_another_format(file: Path) -> None:
    write(file, {}, manifest={"edge_backup": 2, "files": {}})


def with_a_manifest_of_nonsense(file: Path) -> None:
    write(file, {}, manifest={"edge_backup": 1, "files": {"home.toml": {"bytes": "10", "sha256": None}}})


def with_a_trigger(file: Path) -> None:
    """A history that does something when the hub writes to it."""
    contents = contents_of(file)
    place = file.with_name("history")
    place.write_bytes(contents[FILE])
    with closing(sqlite3.connect(place)) as db:
        db.execute("CREATE TRIGGER evil AFTER INSERT ON turns BEGIN DELETE FROM rules; END")
        db.commit()
    write(file, {**contents, FILE: place.read_bytes()})


def of_a_newer_edge(file: Path) -> None:
    contents = contents_of(file)
    place = file.with_name("history")
    place.write_bytes(contents[FILE])
    with closing(sqlite3.connect(place)) as db:
        db.execute("PRAGMA user_version = 99")
    write(file, {**contents, FILE: place.read_bytes()})


def with_a_damaged_history(file: Path) -> None:
    contents = contents_of(file)
    write(file, {**contents, FILE: contents[FILE][:4096] + b"\xff" * (len(contents[FILE]) - 4096)})


def with_a_setting_that_does_not_exist(file: Path) -> None:
    write(file, {**contents_of(file), "edge.toml": b"[mqtt]\nhots = 1\n"})


def with_a_home_that_is_no_toml(file: Path) -> None:
    write(file, {**contents_of(file), "home.toml": b"microphone = "})


def with_a_voice_that_is_none(file: Path) -> None:
    write(file, {**contents_of(file), "voices/anna.json": b'{"version": 1, "words": {}}'})


def with_timers_that_are_none(file: Path) -> None:
    write(file, {**contents_of(file), "timers.json": b"{}"})


@pytest.mark.parametrize(
    "spoil",
    [
        *(no_backup, cut_off, flipped, with_a_wrong_hash, with_a_path_out_of_it, with_an_absolute_path, with_a_link),
        *(with_a_file_that_is_not_listed, with_a_name_twice, as_a_bomb, as_a_bomb_that_says_so, of_another_format),
        *(with_a_manifest_of_nonsense, with_a_trigger, of_a_newer_edge, with_a_damaged_history),
        *(with_a_setting_that_does_not_exist, with_a_home_that_is_no_toml, with_a_voice_that_is_none),
        with_timers_that_are_none,
    ],
    ids=lambda spoil: spoil.__name__,
)
def test_a_file_that_is_not_good_changes_nothing(
    backup: Path,
    spoil: Callable[[Path], None],
    become: Become,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(backup)
    become("other")
    before = everything(tmp_path / "other")
    assert main(["restore", str(backup)]) == 2
    said = capsys.readouterr().err
    assert "nothing is changed" in said or "upgrade first" in said
    assert everything(tmp_path / "other") == before
    assert not list(tmp_path.rglob("*evil*"))


def test_a_file_that_is_not_there_is_told(hub: Profile, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restore", str(tmp_path / "nothing")]) == 2
    assert main(["backup", str(tmp_path / "no" / "folder")]) == 2
    assert capsys.readouterr().err.count("error: ") == 2


def test_where_the_backup_says_that_files_are_elsewhere_they_go_there(
    hub: Profile, become: Become, tmp_path: Path
) -> None:
    config = hub.paths.home.parent / "edge.toml"
    config.write_text(f'[paths]\ndata_dir = "{tmp_path}/ssd"\n[mqtt]\nclient_id = "k1"\n')
    shutil.copytree(hub.paths.data_dir, tmp_path / "ssd")
    (tmp_path / "ssd" / "timers.json").rename(tmp_path / "ssd" / "timers-k1.json")
    assert main(["backup", str(tmp_path / "b")]) == 0
    shutil.rmtree(tmp_path / "ssd")
    become("other")
    assert main(["restore", str(tmp_path / "b")]) == 0
    assert (tmp_path / "ssd" / FILE).exists()
    assert (tmp_path / "ssd" / "timers-k1.json").exists()
