"""The station's chain towards vehicles is renewed by request, and proves its standing by staple."""

from base64 import b64encode
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from bsw.crypto import KeyType
from bsw.os.clock import S
from bsw.tls.port import TlsState
from csm.handles import StoredKey
from ecu.simulated import TODAY
from keym.judging.status import CertId
from keym.x509.edition import Edition
from keym.x509.profile import Use
from ocpp.station.security.signing import Wanted
from secc.config import SeccConfig
from secc.contract.request import Names
from secc.contract.standing import Told
from secc.ocpp.credentials.keys import StationKeys
from secc.ocpp.credentials.leaves import AllKeys
from tests.pnc.sides import Sides
from tools.bench.world.stores import pki_of
from tools.pki.maker import Pki
from tools.pki.ocsp import Responder
from tools.pki.recipe import certify

OCPP = SeccConfig.model_validate({"ocpp": {"url": "ws://csms.example/x"}})
KINDS = {
    "V2GCertificate": (Edition.ISO2, KeyType.P256, "iso2"),
    "V2G20Certificate": (Edition.ISO20, KeyType.P521, "iso20-ac"),
}
ALL = pytest.mark.parametrize("kind", KINDS)


class Station:
    """Keys of a station whose operator answers."""

    def __init__(self, kind: str = "V2GCertificate", *, later: int = 0) -> None:
        self.kind = kind
        self.edition, key_type, protocol = KINDS[kind]
        self.sides = Sides((self.edition,), later=later, served=(protocol,), secc=OCPP)
        self.protocol = protocol
        self.pki: Pki = pki_of(TODAY, self.edition, key_type)
        self.leaves = self.sides.station.renewal()
        self.store = self.sides.station.certificates

    def own(self, folder: Path) -> StationKeys:
        """Those towards the back end."""
        scheduler, log = self.sides.base.scheduler, self.sides.base.dlt.logger("keys")
        csm = lambda: self.sides.station.csm  # noqa: E731 - as the ECU opens it
        return StationKeys(folder, "S-1", lambda: 0.0, csm, scheduler=scheduler, log=log)

    def run(self, seconds: float = 5) -> None:
        scheduler = self.sides.base.scheduler
        scheduler.run(scheduler.now + round(seconds * S))

    def request(self, names: Names | None = None) -> x509.CertificateSigningRequest:
        made: list[str] = []
        self.leaves.request(self.edition, names or Names(), made.append)
        self.run()
        [text] = made
        return x509.load_pem_x509_csr(text.encode())

    def signed(
        self, request: x509.CertificateSigningRequest, name: str = "", days: int = 60
    ) -> str:
        """The operator's answer."""
        recipe = self.pki.recipe("secc")
        issuer = self.pki["cpo_sub2"]
        public = request.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey | ed448.Ed448PublicKey)
        at = self.pki.at
        subject = replace(recipe.subject, common_name=name or recipe.subject.common_name)
        fresh = replace(recipe, subject=subject, valid_until=at + timedelta(days=days))
        made = certify(fresh, public, issuer.key, issuer)
        return (made.public_bytes(Encoding.PEM) + issuer.chain_pem).decode()

    def stored(self) -> list[StoredKey]:
        return self.sides.doors[1].keys().stored()

    @property
    def leaf(self) -> bytes:
        [credential] = self.store.credentials(Use.SECC, self.edition)
        return credential.leaf.der

    def shown(self) -> bytes:
        """The leaf that a vehicle sees now."""
        one, other = self.sides.shake(self.protocol)
        assert one.state is other.state is TlsState.OPEN, (one.failure, other.failure)
        assert one.facts is not None
        return one.facts.peer_chain[0]


@ALL
def test_a_new_chain_is_shown_from_now_on_and_a_connection_that_stands_goes_on(kind: str) -> None:
    """A02.FR.05, A03.FR.05."""
    station = Station(kind)
    old = station.shown()
    before = station.sides.shake(station.protocol)
    request = station.request()
    assert request.is_signature_valid
    present = x509.load_der_x509_certificate(old)
    assert set(request.subject) == set(present.subject)
    assert station.shown() == old
    assert station.leaves.accept(station.edition, station.signed(request)) == ""
    new = station.shown()
    assert new == station.leaf != old
    one, other = before
    one.send(b"charge on")
    one.advance()
    other.feed(one.outgoing())
    other.advance()
    assert other.incoming() == b"charge on"
    handles = [str(each.handle) for each in station.stored()]
    station.run(120)
    kept = [str(each.handle) for each in station.stored()]
    assert len(kept) == len(handles) - 1  # the old key has gone


@ALL
def test_what_is_not_for_the_key_the_name_or_the_day_is_not_kept(kind: str) -> None:
    """A03.FR.06."""
    station = Station(kind)
    old = station.leaf

    def accept(chain: str) -> str:
        return station.leaves.accept(station.edition, chain)

    assert accept("PEM") == "no such certificate was asked for"
    first = station.request()
    request = station.request()  # the first is forgotten
    assert "key" in accept(station.signed(first))
    assert "not for" in accept(station.signed(request, "Another"))
    assert "today" in accept(station.signed(request, days=0))
    assert "PEM" in accept("nonsense")
    alone = station.signed(request).partition("-----END CERTIFICATE-----")[0]
    assert "ends in no root" in accept(alone + "-----END CERTIFICATE-----\n")
    assert station.leaf == old
    assert accept(station.signed(request)) == ""


def test_names_that_are_set_are_asked_for(tmp_path: Path) -> None:
    station = Station()
    keys = AllKeys(station.own(tmp_path), station.leaves)
    made: list[str] = []
    wanted = Wanted(station.kind, "Operator", "DE*PWR*E2", "AT")
    keys.request(wanted, made.append)
    station.run()
    subject = x509.load_pem_x509_csr(made[0].encode()).subject.rfc4514_string()
    assert subject == "DC=CPO,C=AT,O=Operator,CN=DE*PWR*E2"
    chain = station.signed(x509.load_pem_x509_csr(made[0].encode()), "DE*PWR*E2")
    assert keys.accept("V2G20Certificate", chain) == "no such certificate was asked for"
    assert keys.accept(station.kind, chain) == ""
    assert keys.due() == []
    assert keys.holds("V2G20Certificate")
    assert not AllKeys(station.own(tmp_path), None).holds("V2GCertificate")


@ALL
def test_it_is_due_a_month_before_it_ends(kind: str) -> None:
    assert Station(kind).leaves.due() == []
    station = Station(kind, later=35 * 86_400)
    assert station.leaves.due() == [station.edition]


def test_without_a_name_nothing_is_asked_for() -> None:
    station = Station()
    [credential] = station.store.credentials(Use.SECC)
    station.store.remove(credential.name)
    made: list[str] = []
    station.leaves.request(station.edition, Names(), made.append)
    station.run()
    assert made == [""]


@ALL
def test_the_back_ends_answer_is_the_staple(kind: str) -> None:
    """M06.FR.06, M06.FR.07, M06.FR.10."""
    station = Station(kind)
    asked: list[str] = []
    pki = {entity.name: entity for entity in station.pki}
    began = datetime.fromtimestamp(TODAY, tz=timezone.utc)

    def now() -> datetime:
        return began + timedelta(seconds=station.sides.base.scheduler.now / S)

    responder = Responder(pki, frozenset, now)

    def ask(about: CertId, url: str, done: Told) -> None:
        asked.append(url)
        request = (
            ocsp.OCSPRequestBuilder()
            .add_certificate_by_hash(about.name_hash, about.key_hash, about.serial, SHA256())
            .build()
        )
        done(b64encode(responder.answer(request.public_bytes(Encoding.DER))).decode())

    def staple() -> bytes | None:
        one, _ = station.sides.shake(station.protocol)
        assert one.facts is not None
        return one.facts.peer_staple

    keys = station.sides.station
    keys.start()
    station.run(1)
    assert staple() is None  # there is no back end yet
    keys.asked_through(ask)
    keys.look()
    station.run(1)
    first = staple()
    assert first is not None
    status = ocsp.load_der_ocsp_response(first)
    assert status.serial_number == pki["secc"].certificate.serial_number
    assert asked == [station.pki.plan.ocsp_url]
    keys.look()
    station.run(1)
    assert len(asked) == 1  # it holds: nobody is asked again
    station.run(13 * 3600)
    assert len(asked) == 2  # half of its life is over
    assert staple() not in {None, first}


@pytest.mark.parametrize("answer", [None, "not base 64!", ""])
def test_an_answer_that_is_none_proves_nothing(answer: str | None) -> None:
    station = Station()
    keys = station.sides.station
    keys.asked_through(lambda _about, _url, done: done(answer))
    keys.look()
    station.run(1)
    one, _ = station.sides.shake(station.protocol)
    assert one.facts is not None
    assert one.facts.peer_staple is None
