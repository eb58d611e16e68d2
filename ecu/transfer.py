"""Files there and back, by the scheme of a URL.  A driver: it blocks, so it runs on a worker.

Owns which schemes there are and when a download that broke is taken up again.  What moves files of
a scheme is loaded when there is one to move: SFTP alone is two megabytes of a station at rest.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Final, Protocol
from urllib.parse import SplitResult, urlsplit

from ecu.transfers.terms import TransferError, Trust


class Way(Protocol):
    """How files of a scheme are moved: a module of ``ecu.transfers``."""

    @property
    def TROUBLE(self) -> tuple[type[Exception], ...]:  # noqa: N802 - a constant of the module
        """What says that a line broke."""

    def put(self, parts: SplitResult, path: str, octets: bytes, trust: Trust, /) -> None: ...
    def more(self, parts: SplitResult, octets: bytearray, trust: Trust, /) -> bool: ...


WAYS: Final[Mapping[str, str]] = {
    "http": "http",
    "https": "http",
    "ftp": "ftp",
    "ftps": "ftp",
    "sftp": "sftp",
}
"""The module of a scheme, a ``Way``."""
NOBODY: Final = Trust()


def put(url: str, name: str, octets: bytes, trust: Trust = NOBODY) -> None:
    """Upload; a URL that ends in a slash gets the name [N01.FR.21]."""
    parts, way = _way(url)
    path = parts.path or "/"
    try:
        way.put(parts, path + (name if path.endswith("/") else ""), octets, trust)
    except way.TROUBLE as error:
        raise TransferError(str(error) or type(error).__name__) from None


def get(url: str, trust: Trust = NOBODY) -> bytes:
    """Download; a line that breaks is taken up where it broke, once each time it gave something."""
    parts, way = _way(url)
    octets = bytearray()
    while True:
        before = len(octets)
        try:
            if way.more(parts, octets, trust):
                return bytes(octets)
            if len(octets) == before:
                raise TransferError("the server promises more and gives nothing")
        except way.TROUBLE as error:
            if len(octets) == before:
                raise TransferError(str(error) or type(error).__name__) from None


def _way(url: str) -> tuple[SplitResult, Way]:
    parts = urlsplit(url)
    if parts.scheme not in WAYS or not parts.hostname:
        known = ", ".join(WAYS)
        raise TransferError(
            f"{parts.scheme or 'no'} URL; give one that begins with https:// or another of {known}"
        )
    way: Way = import_module(f"ecu.transfers.{WAYS[parts.scheme]}")
    return parts, way
