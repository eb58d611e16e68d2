"""A way out of the station in a test: files that go, come, or do not."""

from dataclasses import dataclass, field

from bsw.os.worker import Outcome
from ocpp.station.diagnostics.outside import Downloaded, Image, TransferFailed, Uploaded


@dataclass
class Outdoors:
    """Fails as often as ``failures`` says; ``held`` outcomes wait for the test."""

    failures: int = 0
    word: str = "UploadFailure"
    image: bytes = b"firmware"
    trusted: bool = True
    genuine: bool = True
    installs: bool = True
    hold: bool = False
    uploads: list[tuple[str, str, bytes]] = field(default_factory=list)
    downloads: list[str] = field(default_factory=list)
    installed: list[bytes] = field(default_factory=list)
    held: list[Uploaded] = field(default_factory=list)

    def upload(self, url: str, name: str, octets: bytes, done: Uploaded) -> None:
        self.uploads.append((url, name, octets))
        if self.hold:
            self.held.append(done)
        elif self.failures:
            self.failures -= 1
            done(Outcome(error=TransferFailed(self.word, "as ordered")))
        else:
            done(Outcome(value=None))

    def download(self, url: str, done: Downloaded) -> None:
        self.downloads.append(url)
        if self.failures:
            self.failures -= 1
            done(Outcome(error=TransferFailed(self.word, "as ordered")))
        else:
            done(Outcome(value=self.image))

    def trusts(self, certificate: str) -> bool:
        return self.trusted and bool(certificate)

    def is_genuine(self, image: Image) -> bool:
        return self.genuine and image.octets == self.image

    def install(self, image: Image, done: Uploaded) -> None:
        self.installed.append(image.octets)
        done(
            Outcome(value=None)
            if self.installs
            else Outcome(error=TransferFailed("", "as ordered"))
        )
