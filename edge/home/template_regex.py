"""Regular expressions for templates: refused where a small message could make them run for long.

Python's engine backtracks and cannot be stopped, so the work is bounded before it starts: nothing but one character
is repeated, and the number of ways in which the repeats can share the text has a limit.
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from edge.home.template_limits import spend

MAX_PATTERN_CHARS = 128
MAX_TEXT_CHARS = 1024
MAX_WAYS = 1_000_000
"""Ways to try at most; 3 to 10 ns each."""
_READING, _READING_WIDE = 4, 4000
"""Steps for reading a pattern that is new: for each character, six times as many where case is nothing, and for a set
of characters that may hold others than ASCII's. Of these there is one, and none where case is nothing: that takes
longer still."""

_TOKENS = re.compile(
    r"""(?P<refused>\\\d|\(\?(?!:|=|!|i\)|P<))
      | (?P<group>\((?:\?(?::|=|!|i\)|P<\w+>))?)
      | (?P<close>\))
      | (?P<bar>\|)
      | (?P<repeat>[*+?]\??\+?|\{(?P<low>\d*)(?P<comma>,?)(?P<high>\d*)\}\??\+?)
      | (?P<atom>\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.)""",
    re.VERBOSE | re.DOTALL,
)
_WIDE = re.compile(r"\[.*(?:[^\x00-\x7f]|\\[xuUN0-7])", re.DOTALL)


class UnsafePatternError(ValueError):
    """A pattern, or a pattern with a text, that could take long."""


@dataclass(frozen=True, slots=True)
class _Safe:
    pattern: re.Pattern[str]
    choices: float
    """Ways through the parts whose number does not depend on the text."""
    repeats: int
    """Repeats without an end."""

    def ways(self, chars: int) -> float:
        """Ways to share so many characters among the repeats, at every place where a match may begin."""
        return self.choices * math.comb(chars + self.repeats + 1, self.repeats + 1)


def checked(pattern: str, text: str, *, ignore_case: bool = False) -> tuple[re.Pattern[str], float]:
    """The compiled pattern and how many ways there are to try it on the text.

    Raises UnsafePatternError where those are too many, TooMuchError where there are no steps left to read a new
    pattern, and re.error for what is no pattern.
    """
    safe = _safe(pattern, ignore_case)
    if len(text) > MAX_TEXT_CHARS or safe.ways(len(text)) > MAX_WAYS:
        raise UnsafePatternError("too many ways to match")
    return safe.pattern, safe.ways(len(text))


@lru_cache(maxsize=128)
def _safe(pattern: str, ignore_case: bool) -> _Safe:
    if len(pattern) > MAX_PATTERN_CHARS:
        raise UnsafePatternError("pattern too long")
    ignores = ignore_case or "(?i" in pattern
    spend(_READING * len(pattern) * (6 if ignores else 1))
    repeats, before = 0, ""
    choices: float = 1
    for token in _TOKENS.finditer(pattern):
        kind = token.lastgroup if token.lastgroup not in ("low", "comma", "high") else "repeat"
        if kind == "refused":
            raise UnsafePatternError("back-reference or rare group")
        if kind == "atom" and _WIDE.match(token[0]):
            if ignores:
                raise UnsafePatternError("a set of many characters")
            spend(_READING_WIDE)
        if kind == "bar":
            choices *= 2
        elif kind == "repeat":
            most = _most(token)
            if before != "atom" and most > 1:
                raise UnsafePatternError("a group is repeated")
            if most > MAX_TEXT_CHARS:
                repeats += 1
            else:
                choices *= most + 1
        before = kind or ""
    return _Safe(re.compile(pattern, re.IGNORECASE if ignore_case else 0), choices, repeats)


def _most(token: re.Match[str]) -> float:
    """How often the repeat may match at most; 0 where it matches a fixed number of times."""
    sign = token["repeat"][0]
    if sign != "{":
        return 1 if sign == "?" else math.inf
    if not token["comma"]:
        return 0 if token["low"] else math.inf
    return int(token["high"]) if token["high"] else math.inf
