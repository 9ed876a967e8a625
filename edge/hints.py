"""Commands that are named in what commands print, with the home and the settings that were given, to be pasted."""

import argparse
import shlex
from collections.abc import Iterable


def options(args: argparse.Namespace, home: str = "") -> str:
    """What chooses the home and the settings, with a space before it; nothing where nothing was given.

    home: name of the home that it came to, as `edge.past.home_name` makes it.

    >>> options(argparse.Namespace(simulated=True, home=None, config=None, board=None, set=["mqtt.host=hub.local"]))
    ' --set mqtt.host=hub.local --simulated'
    """
    said = [("--config", args.config), ("--board", args.board)]
    said += [("--set", one) for one in (*args.set, *getattr(args, "set_after", []))]
    said += [("--home", getattr(args, "home", None))]
    words = [word for name, value in said if value is not None for word in (name, str(value))]
    if getattr(args, "simulated", False) or (home == "simulated" and getattr(args, "home", None) is None):
        words.append("--simulated")
    return "".join(f" {shlex.quote(word)}" for word in words)


def which(begin: str, ids: Iterable[str], what: str, see: str) -> str:
    """Why what an id begins with names nothing. see: the command that lists them.

    >>> which("3f", ("3f2a", "3f2b"), "rewrite", "edge rewrites list")
    "2 rewrites of this home begin with '3f': give more of the id"
    """
    number = sum(1 for one in ids if begin and one.startswith(begin))
    if number > 1:
        return f"{number} {what}s of this home begin with {begin!r}: give more of the id"
    return f"no {what} of this home begins with {begin!r}: see {see}"
