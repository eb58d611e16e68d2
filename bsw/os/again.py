"""Starts the program of this process anew, in its place: what a reset is for an ECU on a host.

The process number stays, so a service manager sees no end of it, and nothing it counts as a
failure.  Descriptors close with the old program.  The caller has stopped everything in order.
"""

import os
import sys
from typing import NoReturn


def begin_again() -> NoReturn:
    """With the same interpreter and the same words as this time."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - what runs already
