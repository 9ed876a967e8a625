"""Commands that are named in what commands print, with the home and the settings that were given, to be pasted."""

import argparse
import shlex


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
