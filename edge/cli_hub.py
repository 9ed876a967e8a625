"""The hub that a command works with, with what is remembered of its home; and one that must move nothing."""

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


@contextmanager
def hub(
    args: argparse.Namespace,
    open_home: "Callable[[Callable[[], None]], AbstractContextManager[tuple[Profile, Link | StillHome]]]",
    store: "Callable[[], ModelStore]",
) -> "Iterator[Hub]":
    """args: of the command line, which choose the home. open_home: given whom to tell of changes in its devices."""
    from edge import packs, past, teaching
    from edge.hub import Hub
    from edge.rewriting import rewrites_of_home

    made: list[Hub] = []

    def home_changed() -> None:
        # The house is there before the hub is, and may change in between.
        for one in made:
            one.home_changed()

    with open_home(home_changed) as (profile, home):
        name = past.home_name(profile, simulated=args.simulated, file=args.home)
        known = past.of_home(profile, name, learns=args.announce)
        known.rewrites = rewrites = rewrites_of_home(profile, name, known.store, lasting=args.announce)
        lessons = teaching.lessons_of_home(profile, known.store, rewrites)
        with Hub(profile, home, store=store, past=known, lessons=lessons) as one:
            made.append(one)
            if not args.announce:
                yield one
                return
            with packs.watched(
                profile,
                rewrites,
                known.store,
                grammar=lambda: one.grammar,
                home=one.snapshot,
                rests=lambda: known.rests,
                listen=getattr(home, "listen", None),
            ) as watching:
                if watching is not None:
                    known.rewrites = packs.Told(rewrites, watching.closed)
                yield one
