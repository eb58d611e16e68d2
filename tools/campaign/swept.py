"""When memory is given back: after each session, and at no other time.

A session's world is one knot of objects that refer to each other.  Nothing of it can be given back
before its end, and who looks for garbage meanwhile goes through all of it in vain.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unswept() -> Iterator[None]:
    """Only who calls ``sweep`` looks for garbage; what was there before is none."""
    looked = gc.isenabled()
    gc.disable()
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if looked:
            gc.enable()


def sweep() -> None:
    """What a session has left behind."""
    gc.collect()
