"""The host's faults in one sentence with a remedy: a port in use, a full disk, no way, no right.

Knows error numbers, what a person can do about them, and whose fault they are; not who was hit.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REMEDIES = {
    errno.EADDRINUSE: "end the program that has it, or name another port",
    errno.EADDRNOTAVAIL: "set the interface up, with IPv6 enabled",
    errno.EAFNOSUPPORT: "this kernel lacks what is asked for, IPv6 or a device driver",
    errno.EACCES: "name one this user may use, or run as one who may",
    errno.EPERM: "it takes more rights: see v2g doctor",
    errno.EROFS: "name a place that can be written to",
    errno.ENOSPC: "make room there, or name another place",
    errno.EDQUOT: "make room there, or name another place",
    errno.ENOENT: "name one that exists",
    errno.EEXIST: "name another",
    errno.ELOOP: "its links go round in a circle; name the file itself",
    errno.ENAMETOOLONG: "name a shorter one",
    errno.EIO: "the device fails; the kernel's log says more",
    errno.EISDIR: "name a file",
    errno.ENOTDIR: "name a folder",
    errno.ENODEV: "is the interface, or the device, still there?",
    errno.ENETUNREACH: "add a route, or set the interface up",
    errno.ENETDOWN: "set the interface up",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise the limit of open files of this machine",
    errno.ENOMEM: "free some memory",
}

MISNAMED = frozenset(
    {errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ELOOP, errno.ENAMETOOLONG}
)
"""With the name of a file: whoever named it can put it right; the host is in order."""

FAILED, MISUSED = 1, 2


def status_of(error: OSError) -> int:
    """Of a command that ends with it: 2 for a wrong name, 1 for what the host lacks or forbids."""
    misnamed = error.errno in MISNAMED and error.filename is not None
    return MISUSED if misnamed else FAILED


@contextmanager
def at(path: Path) -> Iterator[None]:
    """The kernel names the file it cannot open, but not the one that it cannot write to."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def sentence(error: Exception) -> str:
    """For whoever catches the host's faults beside others that bring their own words."""
    return told(error) if isinstance(error, OSError) else str(error)


def told(error: OSError, *, place: bool = True) -> str:
    """What went wrong, where, and what to do; an error that brings its own remedy keeps it."""
    what = error.strerror or str(error) or type(error).__name__
    if place and error.filename is not None:
        what = f"{error.filename}: {what}"
    remedy = REMEDIES.get(error.errno or 0, "")
    return what if ";" in what or not remedy else f"{what}; {remedy}"
