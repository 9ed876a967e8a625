"""What may become a rewrite: of loops, answers, wake words and phrases that say nothing none is made. Pure.

What is taught is refused in words; what was learnt by itself is left out without one.
"""

from collections.abc import Callable, Iterable

from edge.core.errors import InputError
from edge.core.text import normalize
from edge.rewrite.entry import Rule, State

MAX_HEARD = 100
"""Characters of a phrase: nobody remembers a longer one."""
MAX_MEANS = 400
"""Characters of what it means: a handful of requests."""
MIN_LETTERS = 3
"""Of a phrase of one word."""
_HOPS = 8

Reserved = Callable[[str], str]
"""Given a text in normal form: why it is no key (`answer`, `wake`, `ringing`, or, of what is taught, `common` and
`against`), or nothing."""
NO_PHRASE = ("common", "against")
"""What nobody teaches another meaning, though it may have been misheard for one."""
NEITHER = ("answer", "wake")
"""What is no meaning either."""

RulesFor = Callable[[str], Iterable[Rule]]
"""The rules of a key."""

_WORDS = {
    "rewrite.nothing": "there is nothing to remember: say both the phrase and what it means",
    "rewrite.same": "the phrase and what it means are the same",
    "rewrite.too_long": f"that is too long to remember: a phrase may have {MAX_HEARD} letters, its meaning {MAX_MEANS}",
    "rewrite.too_short": "the phrase is too short to be told from others: use two words, or a longer one",
    "rewrite.too_common": "that phrase is said too often to mean one thing: use one of its own",
    "rewrite.answer": "yes, no and the like answer the hub's questions, and can mean nothing else",
    "rewrite.wake": "the wake word calls the hub, and can mean nothing else",
    "rewrite.ringing": "that is said to what rings or to what is going on, and can mean nothing else",
    "rewrite.against": "what stops something, forbids it or calls for help can mean nothing else",
    "rewrite.loop": "the one would mean the other and the other the one: forget the first before",
    "rewrite.full": "too much has been taught: forget something before",
    "rewrite.otherwise": "a request would become its opposite, another number, or more of the same",
    "rewrite.names": "names are taken only from a file that this home has written: edge teach --name gives them anew",
    "rewrite.own": "this home was taught another meaning of the phrase: forget that before",
    "rewrite.invalid": "that is no rewrite as edge rewrites export writes them",
}


class RefusedError(InputError):
    """What was to be remembered is not; the message says why, in words for the person who taught it."""

    def __init__(self, code: str) -> None:
        super().__init__(code, _WORDS[code])


def checked(heard: str, means: str, reserved: Reserved, rules_for: RulesFor) -> tuple[str, str]:
    """Phrase and meaning in normal form, the meaning followed to its end where it is a phrase of the household's own.

    Raises RefusedError: `rewrite.nothing`, `rewrite.same`, `rewrite.too_long`, `rewrite.too_short`,
    `rewrite.too_common`, `rewrite.answer`, `rewrite.wake`, `rewrite.ringing`, `rewrite.against`, `rewrite.loop`.
    """
    key, meaning = normalize(heard), normalize(means)
    if not key or not meaning:
        raise RefusedError("rewrite.nothing")
    if key == meaning:
        raise RefusedError("rewrite.same")
    if len(heard) > 2 * MAX_HEARD or len(key) > MAX_HEARD or len(means) > 2 * MAX_MEANS or len(meaning) > MAX_MEANS:
        raise RefusedError("rewrite.too_long")
    why = reserved(key) or (why if (why := reserved(meaning)) in NEITHER else "")
    if why:
        raise RefusedError("rewrite.too_common" if why == "common" else f"rewrite.{why}")
    if _says_little(key):
        raise RefusedError("rewrite.too_short")
    return key, end_of(key, meaning, rules_for)


def end_of(key: str, meaning: str, rules_for: RulesFor) -> str:
    """What the meaning means in the end. Raises RefusedError (`rewrite.loop`)."""
    for _ in range(_HOPS):
        after = next((rule.means for rule in rules_for(meaning) if rule.state is State.ACTIVE), None)
        if after is None:
            return meaning
        if after in (key, meaning):
            raise RefusedError("rewrite.loop")
        meaning = after
    raise RefusedError("rewrite.loop")


def may_be(heard: str, means: str, reserved: Reserved) -> bool:
    """Whether a rewrite may be learnt of these two, in normal form: as strict as teaching but for what says no.

    "No light" may have been heard for "more light"; "the" and "on" are heard in any noise.
    """
    if not heard or not means or heard == means or len(heard) > MAX_MEANS or len(means) > MAX_MEANS:
        return False
    return reserved(heard) in ("", "against") and not _says_little(heard) and reserved(means) not in NEITHER


def _says_little(key: str) -> bool:
    """Whether it is a word of fewer letters than `MIN_LETTERS`; scripts without an alphabet say much in one sign."""
    alone = " " not in key
    return key.isdecimal() or (alone and key.isascii() and len(key) < MIN_LETTERS)
