"""A machine of its own for tests of the configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from edge.core.errors import InputError
from edge.profile import Profile, load_profile


class Machine:
    """A home folder, a system file and a /proc of its own, and nothing of the real ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.system = folder / "etc" / "edge.toml"
        self.user = self.home / ".config" / "edge" / "edge.toml"
        self.root = folder / "root"

    def load(self, *, environ: Mapping[str, str] | None = None, **options: Any) -> Profile:
        options.setdefault("board", "x86-64")
        return load_profile(
            environ={"HOME": str(self.home), **(environ or {})},
            system_paths=[self.system],
            root=self.root,
            **options,
        )

    def problems(self, **options: Any) -> str:
        with pytest.raises(InputError) as raised:
            self.load(**options)
        assert raised.value.code == "config.invalid"
        return str(raised.value)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
