"""How a command ends: its status, and the sentence for what it did not catch itself.

No traceback reaches a user for a pipe that is gone, an interruption or a fault of the host, and
what was printed is on its way before the status says so.
"""

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Final

FAILED: Final = 1
BAD_CONFIGURATION: Final = 2
INTERRUPTED: Final = 130


class Ending:
    """``name`` is who speaks; it may change while more of the command is known."""

    def __init__(self, name: str) -> None:
        self.name = name

    def of(self, work: Callable[[], int]) -> int:
        """The status of the work."""
        try:
            try:
                return work()
            finally:
                _flush()
        except BrokenPipeError:
            sys.stderr.close()
            return FAILED
        except KeyboardInterrupt:
            return INTERRUPTED
        except OSError as error:
            return self._told(error)

    def _told(self, error: OSError) -> int:
        from bsw.program.hostfault import status_of, told  # noqa: PLC0415 - rare

        sys.stderr.write(f"{self.name}: {told(error)}\n")
        _give_up_output()
        return status_of(error)


def unusable(name: str, error: Exception) -> int:
    """A configuration that cannot be used: every mistake in it was found at once."""
    sys.stderr.write(f"{name}: the configuration cannot be used\n")
    sys.stderr.write(f"{error}\n")
    return BAD_CONFIGURATION


def _flush() -> None:
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()


def _give_up_output() -> None:
    """What cannot be written now cannot be written when the interpreter ends; it would complain."""
    try:
        _flush()
    except OSError:
        with contextlib.suppress(OSError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - no path
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
