"""Profiles 2 and 3 over real sockets, by name and over both versions of IP."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from bsw.dlt import silent
from bsw.net.host.uplink import Names, Uplink, addresses_of, as_ipv6
from bsw.net.ports import Endpoint
from bsw.os.clock import S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker
from bsw.tls.port import TlsReason
from bsw.tls.uplink import (
    OwnCredential,
    UplinkTls,
    UplinkUnusable,
    uplink_client,
    uplink_server,
)
from csm.randomness import HostRandomness
from ocpp.catalogue import Catalogue
from ocpp.client import Client, ClientRules
from ocpp.connection import Cause, Means
from ocpp.happenings import Answered
from ocpp.server import Server
from ocpp.versions import NEWEST_FIRST
from tests.net.worlds import World
from tests.ocpp.certificates import Pki, pki
from tests.ocpp.line import PROMPT, Backend, Line, Station


@contextmanager
def secured(
    server_tls: ssl.SSLContext | None,
    client_tls: ssl.SSLContext | None,
    *,
    address: str = "::",
    host: str = "localhost",
    own: Callable[[], OwnCredential] | None = None,
) -> Iterator[Line]:
    """``own`` is what the station shows from a token."""
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    uplink = Uplink(scheduler, clock)
    worker = HostWorker(scheduler)
    means = Means(
        scheduler,
        HostRandomness(),
        {version: Catalogue(version) for version in NEWEST_FIRST},
        silent().logger("ocpp"),
        worker,
    )
    backend, station = Backend(), Station(lambda: scheduler.now)
    tls = None if server_tls is None else lambda: UplinkTls(server_tls)
    server = Server(means, backend, tls=tls)
    listener = uplink.listen(server.accept, address=address)
    scheme = "ws" if client_tls is None else "wss"
    engine: Callable[[str], UplinkTls] | None = (
        None
        if client_tls is None
        else lambda name: UplinkTls(client_tls, name, None if own is None else own())
    )
    client = Client(
        means,
        uplink,
        Names(worker),
        ClientRules(f"{scheme}://{host}:{listener.local.port}", "CS-1", back_off=PROMPT),
        station,
        tls=engine,
    )
    try:
        world = World(scheduler, uplink, uplink, worker)  # type: ignore[arg-type]  # as far as it is used
        yield Line(world, client, station, server, backend)
    finally:
        client.close()
        server.close()
        uplink.close()
        worker.close()
        clock.close()


@pytest.fixture
def made(tmp_path: Path) -> Pki:
    return pki(tmp_path / "pki")


@pytest.mark.parametrize(("address", "host"), [("::1", "[::1]"), ("127.0.0.1", "127.0.0.1")])
def test_a_back_end_is_reached_over_both_versions_of_ip(address: str, host: str) -> None:
    with secured(None, None, address=address, host=host) as line:
        line.opened()
        line.client.call("Heartbeat", {})
        line.until(lambda: any(isinstance(each, Answered) for each in line.station.heard))


def test_profile_2_proves_the_back_end_by_its_name(made: Pki) -> None:
    """TC_A_04."""
    with secured(uplink_server(*made.issue("localhost")), uplink_client(made.root)) as line:
        line.opened()
        facts = line.backend.applicants[0].facts
        assert facts is not None
        assert facts.version == "TLSv1.3"
        line.client.call("Heartbeat", {})
        line.until(lambda: any(isinstance(each, Answered) for each in line.station.heard))
        line.client.close()
        line.until(lambda: line.backend.ended)
        assert line.backend.ended[0].cause is Cause.CLOSED


def test_profile_3_shows_the_stations_certificate(made: Pki) -> None:
    """TC_A_07."""
    server = uplink_server(*made.issue("localhost"), roots=made.root)
    with secured(server, uplink_client(made.root, *made.issue("CS-1"))) as line:
        line.opened()
        facts = line.backend.applicants[0].facts
        assert facts is not None
        assert facts.peer_chain


def test_profile_3_takes_nobody_without_a_certificate(made: Pki) -> None:
    server = uplink_server(*made.issue("localhost"), roots=made.root)
    with secured(server, uplink_client(made.root)) as line:
        line.client.open()
        line.until(lambda: line.station.ended)
        assert line.station.ended[0].cause in {Cause.TLS, Cause.LOST}
        assert line.backend.applicants == []


def test_another_name_and_another_root_are_refused(made: Pki, tmp_path: Path) -> None:
    """TC_A_05, A00.FR.308, A00.FR.411."""
    stranger = pki(tmp_path / "other", "Other")
    for server, root in (
        (uplink_server(*made.issue("elsewhere.example")), made.root),
        (uplink_server(*made.issue("localhost")), stranger.root),
    ):
        with secured(server, uplink_client(root)) as line:
            line.client.open()
            line.until(lambda line=line: line.station.ended)  # type: ignore[misc]  # bound at once
            gone = line.station.ended[0]
            assert gone.cause is Cause.TLS
            assert gone.failure is not None
            assert gone.failure.reason is not TlsReason.PEER_ALERT
            assert line.backend.applicants == []


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_only_good_suites_are_agreed(made: Pki, version: ssl.TLSVersion) -> None:
    """A00.FR.320, A00.FR.423."""
    client = uplink_client(made.root)
    client.maximum_version = version
    with secured(uplink_server(*made.issue("localhost")), client) as line:
        line.opened()
        facts = line.backend.applicants[0].facts
        assert facts is not None
        assert "GCM" in facts.suite or "CHACHA20" in facts.suite


def test_an_older_version_finds_nobody(made: Pki) -> None:
    """TC_A_06."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*made.issue("localhost"))
    server.set_ciphers("ECDHE-ECDSA-AES128-SHA256")
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    with secured(server, uplink_client(made.root)) as line:
        line.client.open()
        line.until(lambda: line.station.ended)
        assert line.station.ended[0].cause is Cause.TLS


def test_a_name_that_nobody_has_is_told_and_tried_again() -> None:
    with secured(None, None, host="nobody.invalid") as line:
        line.client.open()
        line.until(lambda: len(line.station.ended) == 2)
        assert {gone.cause for gone in line.station.ended} == {Cause.UNKNOWN_NAME}


def test_nobody_listening_is_told() -> None:
    with secured(None, None) as line:
        line.server.close()
        line.world.station.close()  # type: ignore[attr-defined]  # the uplink, with its listener
        line.client.open()
        line.until(lambda: line.station.ended)
        assert line.station.ended[0].cause is Cause.REFUSED


def test_files_that_do_not_belong_together_are_refused(made: Pki, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    with pytest.raises(UplinkUnusable, match="PEM"):
        uplink_client(tmp_path / "empty")
    with pytest.raises(UplinkUnusable):
        uplink_client(tmp_path / "missing")
    with pytest.raises(UplinkUnusable, match="belong together"):
        uplink_server(made.issue("a")[0], made.issue("b")[1])


def test_what_cannot_be_shown_just_now_is_told_and_tried_again(made: Pki) -> None:
    """A file or a token may be back with the next try."""
    away = [UplinkUnusable("the token is away")]

    def own() -> OwnCredential:
        if away:
            raise away.pop()
        certificate, key = made.issue("CS-1")
        leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
        return OwnCredential((leaf.public_bytes(Encoding.DER),), FileSigner(key))

    server = uplink_server(*made.issue("localhost"), roots=made.root)
    with secured(server, uplink_client(made.root), own=own) as line:
        line.opened()
        [gone] = line.station.ended
        assert (gone.cause, gone.detail) == (Cause.TLS, "the token is away")
        facts = line.backend.applicants[0].facts
        assert facts is not None
        assert facts.peer_chain


class FileSigner:
    """Signs with a key from a file, as if it lay somewhere else."""

    may_block = True

    def __init__(self, path: Path) -> None:
        key = load_pem_private_key(path.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(data, ec.ECDSA(Prehashed(SHA256()))))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_several_addresses_take_turns() -> None:
    assert as_ipv6("192.0.2.1") == "::ffff:192.0.2.1"
    assert addresses_of("::1") == ["::1"]
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    worker = HostWorker(scheduler)
    found: list[Endpoint] = []
    names = Names(worker)
    for _ in range(2):
        names("localhost", 80, lambda outcome: found.append(outcome.result()))
    scheduler.every(S // 100, lambda: scheduler.stop() if len(found) == 2 else None, name="look")
    scheduler.run(scheduler.now + 60 * S)
    worker.close()
    clock.close()
    known = addresses_of("localhost")
    assert [each.address for each in found] == [known[0], known[1 % len(known)]]
