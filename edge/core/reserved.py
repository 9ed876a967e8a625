"""Words that are nobody's name: they answer, stop, call for help, or mean everything, or what was spoken of. Pure.

A device may be announced under any name. One that is called "Stop" must not be turned on by whoever says stop.
"""

from functools import lru_cache

from edge.core.text import normalize


def _said(text: str) -> frozenset[str]:
    """What stands between commas, in normal form."""
    return frozenset(normalize(one) for one in text.split(","))


_ANSWERS = _said(
    "yes, yes please, yeah, yep, sure, do it, yes do it, go ahead, please do, ok, okay, no, no thanks, no thank you, "
    "nope, never mind, nevermind, cancel, don't, don't do it, do not, ja, ja bitte, mach das, nein, nein danke, "
    "abbrechen, sí, sí por favor, hazlo, no gracias, cancela, oui, oui merci, vas y, non, non merci, annule, sì, "
    "sì grazie, fallo, no grazie, annulla, ja graag, doe maar, nee, nee bedankt, annuleer"
)
_STOPS = _said(
    "stop, stop it, stop that, halt, abort, undo, undo that, wait, help, pause, enough, quiet, silence, snooze, "
    "hold on, cancel that, put it back, stopp, hilfe, arrête, aide, basta, ferma, aiuto, ayuda"
)
_WHOLE = _said(
    "everything, all, all of them, all of it, everywhere, anything, nothing, none, both, it, that, this, them, "
    "alles, alle, todo, todos, tout, tous, toutes, tutto, tutti"
)


@lru_cache(maxsize=20_000)
def is_reserved(name: str) -> bool:
    """Whether a name is such a word, in any of the languages in which the hub understands a yes.

    >>> [is_reserved(name) for name in ("Stop!", "Everything", "Bus Stop", "The Works")]
    [True, True, False, False]
    """
    return normalize(name) in _ANSWERS | _STOPS | _WHOLE
