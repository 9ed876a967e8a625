"""Whether anybody else works with a home's past: a lock on a file tells, which goes with its process in any case."""

import fcntl
import os
from pathlib import Path


class Presence:
    """Of one process, until it is closed. Where the file cannot be made nobody writes either, and each is alone."""

    def __init__(self, path: Path) -> None:
        self._handle: int | None = None
        self.alone = True
        """Whether nobody else was there at first. Nobody else comes in before `settle`."""
        try:
            self._handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.alone = False
        except OSError:
            self.close()

    def settle(self) -> None:
        """What was to be done alone is done."""
        if self._handle is not None:
            fcntl.flock(self._handle, fcntl.LOCK_SH)

    def close(self) -> None:
        """Be there no more; nothing happens when that is so already."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)
