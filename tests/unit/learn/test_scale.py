"""The made-up turns that costs are measured on: the same everywhere, and of a shape that can be learnt."""

from pathlib import Path

import pytest

from tools.learn import learning, scale
from tools.learn.engine_local import LocalEngine

TURNS = 20_000


def test_they_are_the_same_everywhere_and_what_was_heard_wrong_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale, "ROWS", 3_000)
    for name in ("one", "two"):
        scale.make(tmp_path / name, TURNS)
    files = [sorted(path.relative_to(tmp_path / name) for path in (tmp_path / name).glob("turns/*/*"))
             for name in ("one", "two")]  # fmt: skip
    assert files[0] == files[1]
    assert len(files[0]) == 8
    for file in files[0]:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    what = learning.learn(tmp_path / "one", LocalEngine(), k=5)
    assert what.funnel["turns"] == TURNS
    wrong = scale.misheard(TURNS)
    assert len(what.published) > len(wrong) // 2
    assert all(wrong[one.heard] == one.means for one in what.published)
