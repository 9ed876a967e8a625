from collections.abc import Callable
from pathlib import Path

from tools.quantize.timing import timing


def open_and_sum(files: tuple[Path, ...]) -> Callable[[int], int]:
    held = [file.read_bytes() for file in files]
    return lambda times: sum(len(some) for some in held) * times


def test_loading_running_and_memory_are_counted_apart(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(40_000_000))
    cost = timing(open_and_sum, (path,), [1, 2, 3, 4, 5], libraries=("json",))
    assert cost.memory_mb > 35
    assert cost.load_ms > 0
    assert cost.us_p50 > 0
