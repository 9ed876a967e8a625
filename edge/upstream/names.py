"""What a household calls its rooms, devices and people, and what is told in place of that. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.core.home import HomeState


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one home."""

    @staticmethod
    def of(home: HomeState, *, people: Iterable[str] = (), taught: Iterable[str] = ()) -> "Names":
        """Those of a home.

        people: who lives there, as far as the hub knows: voices enrolled. taught: phrases and names that were taught.
        """
        raise NotImplementedError
