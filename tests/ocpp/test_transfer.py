"""Files by real HTTP on this machine, and the station's keys and firmware that come that way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from bsw.os.clock import MS, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Outcome, SimulatedWorker
from ecu.transfer import get, put
from ecu.transfers import terms
from ecu.transfers.terms import TransferError, Trust
from ocpp.station.diagnostics.outside import Image, TransferFailed
from secc.ocpp.outside import StationOutside

FIRMWARE = bytes(range(256)) * 1000
TODAY = datetime(2030, 1, 1, tzinfo=timezone.utc)


class Files(BaseHTTPRequestHandler):
    """PUT is kept, GET gives the firmware; ``/broken`` breaks in the middle of each line."""

    kept: dict[str, tuple[bytes, str]] = {}  # noqa: RUF012 - the server makes one of these a request
    ranges: list[str] = []  # noqa: RUF012

    def do_PUT(self) -> None:
        octets = self.rfile.read(int(self.headers["Content-Length"]))
        refused = self.path.startswith("/secret") and "Authorization" not in self.headers
        if self.path.startswith("/moved"):
            self.moved()
            return
        self.kept[self.path] = (octets, self.headers["Content-Disposition"])
        self.send_response(401 if refused else 201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        if self.path.startswith("/moved"):
            self.moved()
            return
        if self.path == "/empty":
            self.ranges.append("")
            self.send_response(200)
            self.send_header("Content-Length", "10")
            self.end_headers()
            return
        if self.path == "/none":
            self.send_error(404)
            return
        wanted = self.headers.get("Range", "bytes=0-")
        self.ranges.append(wanted)
        begin = int(wanted.removeprefix("bytes=").partition("-")[0])
        rest = FIRMWARE[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[:100_000] if self.path == "/broken" else rest)

    def moved(self) -> None:
        """To where it came from, for ever."""
        self.kept[self.path] = (b"", "")
        self.send_response(302)
        self.send_header("Location", self.path + "x")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Quiet."""


@contextmanager
def server() -> Iterator[str]:
    Files.kept.clear()
    Files.ranges.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{made.server_address[1]}"
        made.shutdown()
        thread.join()


def test_n01_a_file_goes_up_with_its_name() -> None:
    """N01.FR.21, N01.FR.29."""
    with server() as url:
        put(f"{url}/logs/", "log.jsonl", b"lines")
        put(f"{url}/as-it-is", "log.jsonl", b"other")
        assert Files.kept["/logs/log.jsonl"] == (b"lines", 'attachment; filename="log.jsonl"')
        assert Files.kept["/as-it-is"][0] == b"other"


def test_n01_credentials_of_the_url_are_used() -> None:
    """N01.FR.25."""
    with server() as url:
        with pytest.raises(TransferError) as caught:
            put(f"{url}/secret/x", "x", b"")
        assert caught.value.is_permission
        put(url.replace("http://", "http://user:word@") + "/secret/x", "x", b"")


def test_l01_a_download_is_taken_up_where_it_broke() -> None:
    with server() as url:
        assert get(f"{url}/whole") == FIRMWARE
        assert get(f"{url}/broken") == FIRMWARE
        assert Files.ranges[1:] == ["bytes=0-", "bytes=100000-", "bytes=200000-"]
        with pytest.raises(TransferError, match="404"):
            get(f"{url}/none")


@pytest.mark.parametrize("url", ["gopher://x/y", "file:///etc/passwd", "http://"])
def test_other_locations_are_refused(url: str) -> None:
    with pytest.raises(TransferError, match="https://"):
        get(url)


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Maker:
    """A manufacturer's root, and what it signs."""

    def __init__(self, folder: Path) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.root = self.issue("Root", self.key, self.key, "Root")
        self.path = folder / "root.pem"
        self.path.write_bytes(self.root.public_bytes(Encoding.PEM))

    @staticmethod
    def issue(
        name: str,
        key: ec.EllipticCurvePrivateKey,
        by: ec.EllipticCurvePrivateKey,
        issuer: str,
        days: int = 10,
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(TODAY - timedelta(days=1))
            .not_valid_after(TODAY + timedelta(days=days))
            .sign(by, SHA256())
        )


class Door:
    """A station's way out, its work done on the virtual clock."""

    def __init__(self, folder: Path, roots: Path | None) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.outcomes: list[Outcome[Any]] = []
        self.outside = StationOutside(
            SimulatedWorker(self.scheduler, lambda _name: MS),
            trust=Trust(),
            firmware_roots=lambda: [] if roots is None else [roots],
            slots=folder / "slots",
            now=TODAY.timestamp,
        )

    def run(self) -> Outcome[Any]:
        self.scheduler.run(self.scheduler.now + 100 * MS)
        return self.outcomes.pop()


def test_a_redirect_is_not_followed() -> None:
    """N01.FR.30, and no loop of redirects either way."""
    with server() as base:
        for work in (lambda: put(f"{base}/moved", "x", b"x"), lambda: get(f"{base}/moved")):
            Files.kept.clear()
            with pytest.raises(TransferError, match="302"):
                work()
            assert list(Files.kept) == ["/moved"]


def test_a_server_that_promises_and_gives_nothing_is_left() -> None:
    with server() as base:
        Files.ranges.clear()
        with pytest.raises(TransferError):
            get(f"{base}/empty")
        assert len(Files.ranges) == 1


def test_more_than_a_file_may_have_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "MOST", 1000)
    with server() as base, pytest.raises(TransferError, match="more than 1000"):
        get(f"{base}/firmware")


def test_l01_firmware_is_judged_by_root_and_signature_and_put_into_the_slot(
    tmp_path: Path,
) -> None:
    import base64  # noqa: PLC0415

    maker = Maker(tmp_path)
    signer = ec.generate_private_key(ec.SECP256R1())
    leaf = maker.issue("Signer", signer, maker.key, "Root")
    stranger = maker.issue("Signer", signer, signer, "Root")
    old = maker.issue("Signer", signer, maker.key, "Root", days=0)
    door = Door(tmp_path, maker.path)
    pem = leaf.public_bytes(Encoding.PEM).decode()
    assert door.outside.trusts(pem)
    assert not door.outside.trusts(stranger.public_bytes(Encoding.PEM).decode())
    assert not door.outside.trusts("nonsense")
    assert door.outside.trusts(old.public_bytes(Encoding.PEM).decode())  # to the second
    assert not Door(tmp_path, None).outside.trusts(pem)
    signature = base64.b64encode(signer.sign(FIRMWARE, ec.ECDSA(SHA256()))).decode()
    image = Image(FIRMWARE, pem, signature)
    assert door.outside.is_genuine(image)
    assert not door.outside.is_genuine(Image(FIRMWARE + b"x", pem, signature))
    assert not door.outside.is_genuine(Image(FIRMWARE, pem, "no base64!"))
    door.outside.install(image, door.outcomes.append)
    assert door.run().error is None
    assert (tmp_path / "slots" / "firmware-next").read_bytes() == FIRMWARE


def test_an_upload_that_fails_has_2_xs_word(tmp_path: Path) -> None:
    door = Door(tmp_path, None)
    with server() as url:
        door.outside.upload(f"{url}/secret/x", "x", b"", door.outcomes.append)
        outcome = door.run()
        assert isinstance(outcome.error, TransferFailed)
        assert outcome.error.word == "PermissionDenied"
        door.outside.download(f"{url}/whole", door.outcomes.append)
        assert door.run().result() == FIRMWARE
