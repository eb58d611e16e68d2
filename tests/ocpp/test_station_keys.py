"""A02: the station's key is made where keys lie, in a token too, and never leaves it."""

import ssl
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from bsw.dlt import silent
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from bsw.tls.port import TlsReason
from bsw.tls.uplink import UplinkUnusable, uplink_client, uplink_server
from csm.cryif import CryIf
from csm.driver import CryptoDriver
from csm.drivers.pkcs11 import Pkcs11Driver
from csm.drivers.software import SoftwareDriver
from csm.drivers.store import Store
from csm.errors import TokenMissing
from csm.handles import StoredKey
from csm.jobs import Csm
from csm.secret import Secret
from ocpp.connection import Cause
from ocpp.station.security.signing import STATION, Wanted
from secc.ocpp.credentials.keys import StationKeys
from tests.csm.conftest import make_token, token, token_module, token_path  # noqa: F401 - fixtures
from tests.ocpp.certificates import Pki, pki
from tests.ocpp.test_secure import secured

NOW = datetime.now(tz=timezone.utc)


class Desk:
    """A station's keys over one driver, and an operator who signs."""

    def __init__(self, driver: CryptoDriver, folder: Path) -> None:
        self.made: Pki = pki(folder / "pki")
        self.driver = driver
        self.folder = folder / "keys"
        self.scheduler = Scheduler(VirtualClock())
        csm = Csm(self.scheduler, CryIf([driver]), lambda _name: self.worker)
        self.keys = self.restarted(lambda: csm)

    @property
    def worker(self) -> SimulatedWorker:
        return SimulatedWorker(self.scheduler, lambda _job: MS)

    def restarted(self, csm: Callable[[], Csm]) -> StationKeys:
        log = silent().logger("keys")
        now = lambda: NOW.timestamp() + self.scheduler.now / S  # noqa: E731 - a name for a port
        return StationKeys(self.folder, "S-1", now, csm, scheduler=self.scheduler, log=log)

    def run(self, seconds: float = 1) -> None:
        self.scheduler.run(self.scheduler.now + round(seconds * S))

    def request(self) -> str:
        made: list[str] = []
        self.keys.request(Wanted(STATION, "Operator"), made.append)
        self.run()
        return made[0]

    def signed(self, csr: str, name: str = "S-1", days: int = 10) -> str:
        asked = x509.load_pem_x509_csr(csr.encode())
        issued = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self.made.name)
            .public_key(asked.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=20))
            .not_valid_after(NOW + timedelta(days=days))
            .sign(self.made.key, SHA256())
        )
        return issued.public_bytes(Encoding.PEM).decode()

    def stored(self) -> list[StoredKey]:
        return self.driver.stored()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    store = Store(tmp_path / "csm", lambda: Secret(b"x"), scrypt_log2=4)
    return Desk(SoftwareDriver(store), tmp_path)


def test_a02_the_stations_key_is_made_here_and_its_certificate_judged(desk: Desk) -> None:
    """A02.FR.06."""
    keys = desk.keys
    assert keys.accept(STATION, "PEM") == "no such certificate was asked for"
    csr = desk.request()
    request = x509.load_pem_x509_csr(csr.encode())
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "O=Operator,CN=S-1"
    certificate, _ = desk.made.issue("S-1")
    assert "another key" in keys.accept(STATION, certificate.read_text())
    assert "not for S-1" in keys.accept(STATION, desk.signed(csr, "S-2"))
    assert "today" in keys.accept(STATION, desk.signed(csr, days=-5))
    assert "PEM" in keys.accept(STATION, "nonsense")
    assert keys.own() is None
    assert keys.accept(STATION, desk.signed(csr)) == ""
    path = desk.folder / "station.pem"
    assert path == keys.certificate
    assert path.stat().st_mode & 0o077 == 0
    assert "PRIVATE" not in "".join(each.read_text() for each in desk.folder.iterdir())
    assert not keys.holds("V2GCertificate")
    assert keys.due() == (STATION,)


def test_one_key_for_one_certificate_is_left(desk: Desk) -> None:
    """What nobody signed goes with the next request, the old one once handshakes are over."""
    desk.request()
    csr = desk.request()
    desk.run()
    assert len(desk.stored()) == 1
    assert desk.keys.accept(STATION, desk.signed(csr)) == ""
    first = desk.keys.key
    csr = desk.request()
    assert desk.keys.key == first, "in use until there is a certificate for the next one"
    assert desk.keys.accept(STATION, desk.signed(csr)) == ""
    assert len(desk.stored()) == 2
    desk.run(90)
    assert [each.handle for each in desk.stored()] == [desk.keys.key]
    assert desk.keys.key != first


def test_a_request_outlives_a_restart(desk: Desk) -> None:
    csr = desk.request()
    csm = Csm(desk.scheduler, CryIf([desk.driver]), lambda _name: desk.worker)
    again = desk.restarted(lambda: csm)
    assert again.accept(STATION, desk.signed(csr)) == ""
    assert again.own() is not None


def test_where_no_key_can_be_made_nothing_is_asked_for(desk: Desk) -> None:
    def away() -> Csm:
        raise TokenMissing("no token", "plug it in")

    keys, made = desk.restarted(away), list[str]()
    keys.request(Wanted(STATION, "Operator"), made.append)
    assert made == [""]
    csr = desk.request()
    assert desk.keys.accept(STATION, desk.signed(csr)) == ""
    with pytest.raises(UplinkUnusable, match="plug it in"):
        keys.own()


def test_a_file_without_its_key_is_named(desk: Desk) -> None:
    csr = desk.request()
    assert desk.keys.accept(STATION, desk.signed(csr)) == ""
    path = desk.keys.certificate
    assert path is not None
    path.write_text(path.read_text().partition("\n")[2])
    with pytest.raises(UplinkUnusable, match="names no key"):
        desk.keys.own()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_profile_3_with_the_key_in_a_token(
    version: ssl.TLSVersion,
    token: Pkcs11Driver,  # noqa: F811 - a fixture
    tmp_path: Path,
) -> None:
    """TC_A_07, TC_A_11."""
    desk = Desk(token, tmp_path)
    assert desk.keys.accept(STATION, desk.signed(desk.request())) == ""
    assert desk.keys.key is not None
    assert desk.keys.key.driver == "pkcs11"
    server = uplink_server(*desk.made.issue("localhost"), roots=desk.made.root)
    client = uplink_client(desk.made.root)
    client.maximum_version = version
    own = desk.keys.own()
    assert own is not None
    assert own.signer.may_block
    with secured(server, client, own=lambda: own) as line:
        line.opened()
        facts = line.backend.applicants[0].facts
        assert facts is not None
        assert facts.peer_chain == own.chain


def test_a_token_that_lost_its_key_is_the_reason_that_is_told(
    token: Pkcs11Driver,  # noqa: F811 - a fixture
    tmp_path: Path,
) -> None:
    desk = Desk(token, tmp_path)
    assert desk.keys.accept(STATION, desk.signed(desk.request())) == ""
    own = desk.keys.own()
    assert own is not None
    assert desk.keys.key is not None
    token.delete(desk.keys.key)
    server = uplink_server(*desk.made.issue("localhost"), roots=desk.made.root)
    with secured(server, uplink_client(desk.made.root), own=lambda: own) as line:
        line.client.open()
        line.until(lambda: line.station.ended)
        gone = line.station.ended[0]
        assert gone.cause is Cause.TLS
        assert gone.failure is not None
        assert gone.failure.reason is TlsReason.UNAVAILABLE
        assert "key" in gone.detail
        assert line.backend.applicants == []
