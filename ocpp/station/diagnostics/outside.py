"""What the station needs from outside of itself for logs and firmware: files by URL, and slots."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bsw.os.worker import Outcome

Uploaded = Callable[[Outcome[None]], None]
Downloaded = Callable[[Outcome[bytes]], None]


class TransferFailed(Exception):
    """A file could not be moved; ``word`` is 2.x's for an upload."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(why)
        self.word = word


@dataclass(frozen=True, slots=True)
class Image:
    """Firmware as it came, with what proves where it comes from."""

    octets: bytes
    certificate: str = ""
    signature: str = ""


class Outside(Protocol):
    """Moves files and installs firmware.  Nothing blocks; each outcome is an event."""

    def upload(self, url: str, name: str, octets: bytes, done: Uploaded) -> None: ...
    def download(self, url: str, done: Downloaded) -> None: ...

    def trusts(self, certificate: str) -> bool:
        """Whether firmware may be signed by it: a chain to a manufacturer's root."""

    def is_genuine(self, image: Image) -> bool:
        """Whether the signature is the certificate's over these octets."""

    def install(self, image: Image, done: Uploaded) -> None:
        """Into the slot that does not run; what is installed runs after a restart."""


class Nowhere:
    """A station without a way out: no upload, no download, no firmware."""

    def upload(self, url: str, name: str, octets: bytes, done: Uploaded) -> None:
        del url, name, octets
        done(Outcome(error=TransferFailed("NotSupportedOperation", "no way out")))

    def download(self, url: str, done: Downloaded) -> None:
        del url
        done(Outcome(error=TransferFailed("NotSupportedOperation", "no way out")))

    def trusts(self, certificate: str) -> bool:
        del certificate
        return False

    def is_genuine(self, image: Image) -> bool:
        del image
        return False

    def install(self, image: Image, done: Uploaded) -> None:
        del image
        done(Outcome(error=TransferFailed("NotSupportedOperation", "no slots")))
