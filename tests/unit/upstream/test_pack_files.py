"""Whatever befalls the files of a pack, one whole pack is served."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from edge.packs import reading
from edge.rewrite.cache import Cache
from edge.upstream.kept_pack import PackFiles
from edge.upstream.signed import PackError
from tests.unit.upstream.packs_made import MEANS, OFF, Hub, pack, rule, served


def test_another_process_changes_it(hub: Hub, tmp_path: Path) -> None:
    hub.offer(pack())
    other = Hub(tmp_path / "other")
    other.packs._files = PackFiles(tmp_path / "global.rewrites")
    other.packs.take_back()
    other.end()
    assert served(hub) == MEANS
    hub.packs.heed()
    assert served(hub) == ""


@pytest.mark.parametrize("damage", ["cut", "other", "gone"])
def test_a_damaged_file_gives_way_to_the_one_before(tmp_path: Path, damage: str) -> None:
    hub = Hub(tmp_path)
    hub.offer(pack(sequence=1))
    hub.offer(pack(rule(means=OFF), sequence=2))
    hub.end()
    file = tmp_path / "global.rewrites"
    whole = file.read_bytes()
    file.unlink()
    if damage != "gone":
        file.write_bytes(whole[:-9] if damage == "cut" else b"other" * 99)
    again = Hub(tmp_path)
    again.packs.begin()
    assert served(again) == MEANS
    assert again.offer(pack(rule(means=OFF), sequence=2)) is not None
    again.end()


def test_what_is_known_of_it_may_be_damaged_too(tmp_path: Path) -> None:
    hub = Hub(tmp_path)
    hub.offer(pack())
    hub.end()
    for text in ("", "{}", "[]", '{"edge_pack": 1}', "[" * 5_000, "x" * 30_000):
        (tmp_path / "global.rewrites.json").write_text(text)
        with pytest.raises(PackError) as told:
            PackFiles(tmp_path / "global.rewrites").state()
        assert told.value.code == "pack.state"


def test_a_folder_that_may_not_be_written_costs_the_pack_alone(hub: Hub, tmp_path: Path) -> None:
    hub.offer(pack())
    (tmp_path / ".global.rewrites.new").mkdir()
    assert hub.offer(pack(rule(means=OFF), sequence=2)) is None
    assert hub.told == ["pack.write"]
    assert served(hub) == MEANS


_INSTALLER = """
import sys
from pathlib import Path
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Rule, Source
from edge.rewrite.packing import packed
from edge.upstream.kept_pack import PackFiles
from edge.upstream.signed import Manifest, seal, unseal
from edge.upstream.trial import Tried
files, first = PackFiles(Path(sys.argv[1])), int(sys.argv[2])
made = []
for n in range(first, first + 40):
    cache = packed([], [Rule(str(n), f"movie {n}", "turn on the lamp", Source.POOLED)], Encoder())
    manifest = Manifest(n, "2026-W48", "en", "0" * 16, 1, 1, "0" * 64)
    made.append(unseal(seal(manifest, cache, bytes(32)), [bytes.fromhex(sys.argv[3])]))
print("ready", flush=True)
for manifest, cache in made:
    with files.locked():
        files.put_aside(cache)
        state = files.install(files.settled(files.state()), manifest, Tried(), 1)
        if manifest.sequence % 3 == 0:
            files.take_back(state, refuse=True)
    print(manifest.sequence, flush=True)
"""


@pytest.mark.system
def test_killed_in_the_midst_of_a_swap_one_whole_pack_is_served(tmp_path: Path) -> None:
    file = tmp_path / "global.rewrites"
    files, key = PackFiles(file), bytes(SigningKey(bytes(32)).verify_key).hex()
    for kill in range(4):
        first = 100 * kill + 1
        command = [sys.executable, "-c", _INSTALLER, str(file), str(first), key]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            for _ in range(4):
                writer.stdout.readline()
            time.sleep(kill * 0.0011)
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        with files.locked():
            state = files.settled(files.state())
        assert state.staged is None
        assert state.present is not None
        assert state.present.sequence >= first + 1
        cache = Cache.open(file)
        assert [one.heard for one in cache.rules()] == [f"movie {state.present.sequence}"]
        cache.close()


STEPS = ("staged", "linked", "renamed", "rolling")


@pytest.mark.parametrize("step", STEPS)
def test_every_step_is_gone_on_from(tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the disk holds when the power goes after each step."""
    hub = Hub(tmp_path)
    hub.offer(pack(sequence=1))
    calls = {"staged": "_swap", "linked": "replace", "renamed": "save", "rolling": "_go_back"}

    class PowerError(Exception):
        pass

    def goes(*_: object, **__: object) -> None:
        raise PowerError

    with monkeypatch.context() as patch:
        if step == "linked":
            there = Path.replace

            def replaced(path: Path, to: Path) -> Path:
                if path.name == ".global.rewrites.new":
                    raise PowerError
                return there(path, to)

            patch.setattr(Path, "replace", replaced)
        elif step == "renamed":
            saved, count = PackFiles.save, []

            def save(files: PackFiles, state: object) -> None:
                count.append(1)
                if len(count) == 2:
                    raise PowerError
                saved(files, state)  # type: ignore[arg-type]

            patch.setattr(PackFiles, "save", save)
        else:
            patch.setattr(PackFiles, calls[step], goes)
        newer = reading(pack(rule(means=OFF), sequence=2))
        with pytest.raises(PowerError):
            hub.packs.take_back() if step == "rolling" else hub.packs.take(newer)
    hub.end()
    again = Hub(tmp_path)
    assert served(again) == ("" if step == "rolling" else OFF)
    if step != "rolling":
        again.packs.take_back()
        assert served(again) == MEANS
    again.end()
