"""Keeps key material out of core dumps and away from debuggers of other processes.

A dumped process may hold a key the software driver uses, a PIN on its way to the token or the
session keys of TLS.  Linux is asked for no core file (a limit) and for a process that cannot be
dumped or traced (``PR_SET_DUMPABLE``), which also stops crash handlers that are fed by a pipe.
"""

import ctypes
import resource

_PR_GET_DUMPABLE = 3
_PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> bool:
    """Whether it worked; where it does not, nothing else is harmed."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return bool(libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0)
