"""How the household says its own words: a file of lines `word PH PH`, as CMUdict has them, made to be edited by hand.

    # what we call the heating
    ecobee     IY K OW B IY
    ecobee(2)  EH K OW B IY

Lines that begin with # or ;;; are comments, and outlive every change that a command makes; stress (IY1) is read over.
"""

import os
import re
import tempfile
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from edge.core.errors import InputError
from edge.core.phones import PHONES, VOWELS, Pronunciation

Own = Mapping[str, tuple[Pronunciation, ...]]
"""Word -> how the household says it, likeliest first."""

MAX_PHONES = 60
"""Of one word; the longest of CMUdict has 32."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_HEAD = "# How words are said in this household: word, then its phones (ARPAbet), as CMUdict has them.\n"


def read(path: Path) -> Own:
    """The file's words; none when there is no such file.

    Raises InputError (`pronunciations.invalid`), which names file and line of the first that is wrong, and
    `pronunciations.unreadable`.
    """
    found: dict[str, tuple[Pronunciation, ...]] = {}
    for number, line in enumerate(_lines(path), 1):
        try:
            entry = _entry(line)
        except ValueError as error:
            raise InputError("pronunciations.invalid", f"{path}:{number}: {error}") from error
        if entry is not None:
            word, phones = entry
            found[word] = tuple(dict.fromkeys((*found.get(word, ()), phones)))
    return found


def fingerprint(path: Path) -> object:
    """Differs whenever the file was changed; costs one look at its folder."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def save(path: Path, word: str, pronunciations: tuple[Pronunciation, ...]) -> None:
    """Put the word's pronunciations in place of those that the file has; none takes the word out.

    The file is whole at every moment. Raises InputError (`pronunciations.unreadable`, `pronunciations.unwritable`).
    """
    lines = [line for line in _lines(path) if _word_of(line) != word] or [_HEAD]
    if not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    for number, phones in enumerate(pronunciations, 1):
        lines.append(f"{word if number == 1 else f'{word}({number})'} {' '.join(phones)}\n")
    try:
        # A file that is a link (kept with other settings, say) stays one.
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, prefix=f".{target.name}.", encoding="utf-8", delete=False
        ) as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        new = Path(file.name)
        new.chmod(mode)
        new.replace(target)
    except OSError as error:
        raise InputError("pronunciations.unwritable", f"{path}: {error.strerror}") from error


def phones_of(text: str) -> Pronunciation:
    """Phones as they are written, `IY K OW B IY`; stress is dropped. Raises ValueError that says what is wrong."""
    phones = tuple(phone.rstrip("012") for phone in text.upper().split())
    wrong = [phone for phone in phones if phone not in PHONES]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no phone; the phones are {' '.join(sorted(PHONES))}")
    if not any(phone in VOWELS for phone in phones):
        raise ValueError("a word needs a vowel, one of " + " ".join(sorted(VOWELS)))
    if len(phones) > MAX_PHONES:
        raise ValueError(f"a word has at most {MAX_PHONES} phones, not {len(phones)}")
    return phones


def _entry(line: str) -> tuple[str, Pronunciation] | None:
    if not line.strip() or _is_comment(line):
        return None
    word = _word_of(line)
    if word is None or not _WORD.fullmatch(word):
        raise ValueError("a line begins with one word of letters, then its phones, such as: ecobee IY K OW B IY")
    return word, phones_of(line.split(maxsplit=1)[1] if len(line.split()) > 1 else "")


def _word_of(line: str) -> str | None:
    if not line.strip() or _is_comment(line):
        return None
    return unicodedata.normalize("NFKC", re.sub(r"\(\d+\)$", "", line.split(maxsplit=1)[0])).casefold()


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("#", ";;;"))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError("pronunciations.unreadable", f"{path}: {reason}") from error
