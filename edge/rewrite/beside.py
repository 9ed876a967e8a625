"""What lessons need beside them: the rewrites of the home, and the rows that both are kept in."""

from collections.abc import Sequence
from typing import Any, Protocol

from edge.core.turn import Turn
from edge.rewrite.entry import Rule, Source
from edge.rewrite.stage import Chooses


class Rules(Chooses, Protocol):
    """The rewrites of one home: see `edge.rewrite.rewrites.Rewrites`."""

    def teach(
        self, heard: str, means: str, *, source: Source = Source.TAUGHT, label: str = "", situation: str = ""
    ) -> Rule:
        """Remember a rule; raises an EdgeError that says why not."""
        ...

    def forget(self, rule_id: str | None = None) -> int:
        """Take back a rule, or all."""
        ...

    def forget_last(self) -> Rule | None:
        """Take back what was learnt last."""
        ...

    def rules(self) -> tuple[Rule, ...]:
        """All there are."""
        ...

    def asked(self) -> tuple[str, ...]:
        """What is heard where somebody asked that it be remembered; in order."""
        ...

    def offers(self, turn: Turn, before: Sequence[Turn] = ()) -> tuple[str, str] | None:
        """A phrase and its meaning that the turn gives reason to remember."""
        ...

    def closed(self, turn: Turn) -> None:
        """Learn from a turn that is over for good."""
        ...

    def keep(self) -> None:
        """Write what has changed."""
        ...

    def idle(self) -> None:
        """Take the time for what takes long."""
        ...

    def close(self) -> None:
        """Write what is not written yet."""
        ...

    @property
    def unwritten(self) -> bool:
        """Whether anything is not on disk yet that is to be."""
        ...

    @property
    def paused(self) -> bool:
        """Whether none is served."""
        ...


class Row(Protocol):
    """A lesson as it is kept."""

    @property
    def kind(self) -> str:
        """A `LessonKind`."""
        ...

    @property
    def data(self) -> Any:
        """The lesson as JSON."""
        ...


class Changed(Protocol):
    """How far the rows are."""

    @property
    def rev(self) -> int:
        """Number of the last change; it falls where the file was lost."""
        ...


class Kept(Protocol):
    """Rows of lessons: see `edge.feedback.kept_rules.KeptRules`. Nothing of it raises."""

    def lessons(self, kind: str | None = None) -> Sequence[Row] | None:
        """All of one home; None where they cannot be read now."""
        ...

    def teach(self, kind: str, key: str, data: object, at_ms: int) -> bool:
        """Keep one; whether that was done."""
        ...

    def unteach(self, kind: str, key: str | None = None) -> int | None:
        """Take one back, or all of a kind; None where that could not be done."""
        ...

    def changes(self) -> Changed | None:
        """What differs when somebody has changed the rows; None where it cannot be read now."""
        ...
