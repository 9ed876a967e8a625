"""Errors that a person can act on: one sentence, one stable code, one exit status."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit statuses of every command; documented in the README."""

    OK = 0
    """Done as asked."""

    NOT_DONE = 1
    """The request was not understood, refused, or a device did not obey."""

    INPUT = 2
    """Bad usage, configuration, file or data."""

    MISSING = 3
    """A library, model or data file is not installed."""

    UNREACHABLE = 4
    """The broker, the microphone or the network cannot be reached."""

    INTERRUPTED = 130
    """Stopped by the keyboard."""


class EdgeError(Exception):
    """What went wrong and what to do about it, in one sentence for people.

    The message never holds a transcript or a secret: it may be logged.
    """

    exit_code: ExitCode = ExitCode.INPUT

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        """Stable, `part.reason`: learning and scripts count on it."""


class InputError(EdgeError):
    """Something that was handed in cannot be used: a file, a value, a payload."""


class MissingError(EdgeError):
    """A library, model or file that could be installed is not there."""

    exit_code = ExitCode.MISSING


class UnreachableError(EdgeError):
    """Something outside the process does not answer: broker, microphone, network."""

    exit_code = ExitCode.UNREACHABLE


class UnwrittenError(EdgeError):
    """What was to be kept is not on disk, so that it was not done."""

    exit_code = ExitCode.NOT_DONE

    def __init__(self) -> None:
        super().__init__(
            "store.not_written", "the history could not be written, so that nothing is changed: see edge doctor"
        )
