"""An ordinary user: for root, too, a file without permissions is locked for a while."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_VERSION_3: Final = 0x20080522
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2
"""The two rights of root to open what its permissions forbid [capabilities(7)]."""


@contextmanager
def ordinary() -> Iterator[None]:
    """Everything else stays as it is; modules can still be imported from root's own folders."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    words = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, words) == 0
    effective = words[0]
    words[0] = effective & ~(1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH)
    assert libc.capset(header, words) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        words[0] = effective
        assert libc.capset(header, words) == 0
