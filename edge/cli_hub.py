"""A hub for commands that must move nothing: it understands, plans and learns, on the home as it is now."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.home.link import Link
    from edge.house import StillHome
    from edge.hub import Hub
    from edge.models import ModelStore
    from edge.profile import Profile


@contextmanager
def still_hub(
    args: argparse.Namespace,
    open_home: "Callable[[], AbstractContextManager[tuple[Profile, Link | StillHome]]]",
    store: "Callable[[], ModelStore]",
) -> "Iterator[Hub]":
    """args: of the command line, which choose the home."""
    from edge import past, teaching
    from edge.house import StillHome
    from edge.hub import Hub

    with open_home() as (profile, home):
        history = past.store_of(profile, past.home_name(profile, simulated=args.simulated, file=args.home))
        try:
            lessons = teaching.lessons_of_home(profile, history)
            with Hub(profile, StillHome(home.snapshot()), store=store, lessons=lessons) as hub:
                yield hub
        finally:
            history.close()
