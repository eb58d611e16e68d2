"""What all ways of moving a file share: how long, how much, whom to trust, and how it fails."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote

WITHIN_S: Final = 60
MOST: Final = 512 << 20
CHUNK: Final = 1 << 16


class TransferError(Exception):
    """A file did not get there; ``denied``: the server wants other credentials."""

    def __init__(self, why: str, *, denied: bool = False) -> None:
        super().__init__(why)
        self.is_permission = denied


@dataclass(frozen=True, slots=True)
class Trust:
    """``roots`` judge servers of HTTPS and FTPS, ``known_hosts`` (OpenSSH's form) those of SFTP."""

    roots: Path | None = None
    known_hosts: Path | None = None


def credentials(parts: SplitResult) -> tuple[str, str] | None:
    """User and password of the URL [N01.FR.25]."""
    if parts.username is None:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def grown(octets: bytearray, chunk: bytes) -> None:
    octets += chunk
    if len(octets) > MOST:
        raise TransferError(f"more than {MOST} octets")
