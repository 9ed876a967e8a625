"""What a recogniser should expect beside Home Assistant's common wordings: `expected_<language>.yaml`, read.

The sentences that are understood when they are typed are many more; see the file for why it is short.
"""

from pathlib import Path
from typing import Any


def expected_sentences(language: str) -> dict[str, Any] | None:
    """The sentences of a language, as home-assistant-intents gives its own; None where nobody has written any.

    Their intents and slots mean nothing: what was heard is read by the grammar like what is typed.
    """
    file = Path(__file__).with_name(f"expected_{language.split('-', maxsplit=1)[0]}.yaml")
    if not file.exists():
        return None
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return loaded


def before_requests(language: str) -> tuple[str, ...]:
    """What teaches or corrects and has a whole request after it ("when I say movie time"); none in most languages."""
    known = expected_sentences(language) or {}
    occasions = known.get("occasions", ())
    return tuple(
        text.replace("{occasion}", one)
        for text in known.get("before", ())
        for one in (occasions if "{occasion}" in text else ("",))
    )
