"""Files that are for the ECU's own user alone: traces and captures hold session ids and keys.

They are made anew, never written through a link that somebody else has put in their place, and
what stood there before is kept a while: after a crash it is the evidence.
"""

import errno
import os
import stat
from pathlib import Path

_MODE = 0o600


def create(path: Path) -> int:
    """A descriptor to write a new file at ``path``; what is there is replaced.

    A pipe or a device is opened as it is.  ``OSError`` for a symbolic link.
    """
    found = _found(path)
    if found is not None and not stat.S_ISREG(found):
        return os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    if found is not None:
        path.unlink()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, flags, _MODE)


def set_aside(path: Path, keep: int) -> None:
    """Make room at ``path``: what is there becomes ``path.1``, that ``path.2``, up to ``keep``."""
    found = _found(path)
    if found is None or not stat.S_ISREG(found) or not path.stat().st_size:
        return
    for number in range(keep, 0, -1):
        older = numbered(path, number)
        newer = numbered(path, number - 1) if number > 1 else path
        if _found(newer, links=True) is not None:
            newer.replace(older)


def numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _found(path: Path, *, links: bool = False) -> int | None:
    """The mode of what stands at ``path``, or ``None``."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(mode) and not links:
        raise OSError(errno.ELOOP, "it is a symbolic link, which is not followed", str(path))
    return mode
