"""Every fault a chain can have, shown in a real handshake: refused at the end that looks at it.

Also with octets that no sound program would send: TLS 1.2 has its certificates in clear, so they
are changed on the way.
"""

import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from hypothesis import given, settings
from hypothesis import strategies as st

from bsw.tls.config import TlsConfig
from bsw.tls.engine import Engine
from bsw.tls.libssl import LibsslError, libssl
from bsw.tls.port import Credential, TlsProfile, TlsReason, TlsState
from bsw.tls.station import StationTls
from bsw.tls.vehicle import VehicleTls
from keym.judging.judge import Judge, Policy
from keym.judging.revocation import Demand
from keym.judging.trust import TLS_REASONS, TlsTrust
from keym.judging.verdict import Anchor
from keym.x509.edition import Edition
from keym.x509.profile import Use
from tests.keym.world import AT, Calendar, anchors_of, pki_of
from tests.tls.world import ISO2, ISO20, SoftwareSigner, credential, settle
from tools.pki.broken.answers import AnswerFault
from tools.pki.broken.variants import AnyFault, Variant, faults_of, variant
from tools.pki.maker import Pki
from tools.pki.status import ocsp_response

SIDES = [("iso2", Use.SECC), ("iso20-p521", Use.SECC), ("iso20-p521", Use.VEHICLE)]
CASES = [
    pytest.param(kind, use, fault, id=f"{kind}-{use.value}-{fault.name}")
    for kind, use in SIDES
    for fault in faults_of(pki_of(kind), use)
    if use is Use.SECC or not isinstance(fault, AnswerFault)  # a vehicle staples nothing
]
EARLIER = {
    "p256": {TlsReason.PEER_ALERT, TlsReason.NO_PEER_CERTIFICATE},  # no suite can use it
    "huge": {TlsReason.BROKEN_CHAIN, TlsReason.WRONG_PROFILE},
    "other_curve": {TlsReason.PEER_ALERT, TlsReason.WRONG_PROFILE},
    "wrong_usage": {TlsReason.PEER_ALERT, TlsReason.WRONG_PROFILE},
    "staple_huge": {TlsReason.NO_STAPLE},  # our station does not send it
    "staple_empty": {TlsReason.NO_STAPLE},  # an empty one is none
}
"""What ends a handshake before the chain is judged."""


def profile_of(pki: Pki) -> TlsProfile:
    return ISO2 if pki.edition is Edition.ISO2 else ISO20


def trust(pki: Pki, use: Use, anchors: list[Anchor] | None = None) -> TlsTrust:
    """A station cannot get a staple, so it takes vehicles it knows nothing bad of."""
    known = anchors_of(pki) if anchors is None else anchors
    policies = {Use.VEHICLE: Policy(revocation=Demand.SOFT)}
    return TlsTrust(Judge(lambda: known, Calendar(), policies=policies), use)


def shown(bad: Variant, profile: TlsProfile) -> Credential | None:
    """The bad chain as our own engine shows it; ``None`` if it will not."""
    key = bad.leaf.key
    if not isinstance(key, ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size not in {256, 521}:
        return None
    if bad.chain[0] != bad.leaf.der or not all(map(_loads, bad.chain)):
        return None
    return Credential(
        profile, bad.chain, SoftwareSigner(key), bad.leaf.root.der, lambda: bad.staple
    )


def _loads(der: bytes) -> bool:
    try:
        libssl().call.X509_free(libssl().certificate(der))
    except LibsslError:
        return False
    return True


def ends(pki: Pki, use: Use, bad: Credential) -> tuple[Engine, Engine]:
    """The end that looks first, then the end that shows."""
    profile = profile_of(pki)
    config = TlsConfig(profiles=(profile,))
    good = Credential(
        profile,
        pki["secc"].chain,
        credential(profile, pki["secc"]).signer,
        pki["v2g_root"].der,
        lambda: ocsp_response(pki["secc"], AT),
    )
    mine = [credential(ISO20, pki["vehicle"])] if profile is ISO20 else []
    vehicle_shows, station_shows = (mine, [bad]) if use is Use.SECC else ([bad], [good])
    vehicle = VehicleTls(config, trust(pki, Use.SECC), vehicle_shows).engine()
    station = StationTls(config, trust(pki, Use.VEHICLE), station_shows).engine()
    return (vehicle, station) if use is Use.SECC else (station, vehicle)


@pytest.mark.parametrize(("kind", "use", "fault"), CASES)
def test_a_bad_chain_is_refused_for_its_reason(
    kind: str, use: Use, fault: AnyFault, tmp_path: Path
) -> None:
    pki = pki_of(kind)
    bad = variant(pki, use, fault)
    wanted = TLS_REASONS[bad.reason]
    own = shown(bad, profile_of(pki))
    if own is None and kind == "iso2":
        vehicle = on_the_way(list(bad.chain))
        assert vehicle.failure is not None
        assert vehicle.failure.reason in {wanted, TlsReason.BROKEN_CHAIN, TlsReason.WRONG_PROFILE}
    if own is None:
        refused_by_form(pki, use, bad, tmp_path)
        return
    looks, shows = ends(pki, use, own)
    settle(looks, shows)
    assert looks.state is TlsState.FAILED
    assert looks.failure is not None
    assert shows.state is TlsState.FAILED
    assert looks.failure.reason in EARLIER.get(fault.name, {wanted})


def refused_by_form(pki: Pki, use: Use, bad: Variant, folder: Path) -> None:
    """Chains our engine would not show: a careless peer shows them, if OpenSSL lets it."""
    pem = folder / "chain.pem"
    pem.write_bytes(
        b"".join(ssl.DER_cert_to_PEM_cert(der).encode() for der in bad.chain) + bad.leaf.key_pem()
    )
    server = use is Use.SECC
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        context.load_cert_chain(pem)
    except (ssl.SSLError, ValueError):
        return  # no TLS library brings these octets into a handshake: see the tests below
    if not server:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    to_peer, from_peer = ssl.MemoryBIO(), ssl.MemoryBIO()
    peer = context.wrap_bio(to_peer, from_peer, server_side=server)
    engine = looking(pki, use)
    for _ in range(6):
        with suppress(ssl.SSLError):
            peer.do_handshake()
        if from_peer.pending:
            engine.feed(from_peer.read())
        engine.advance()
        to_peer.write(engine.outgoing())
    assert engine.state is TlsState.FAILED


def looking(pki: Pki, use: Use) -> Engine:
    config = TlsConfig(profiles=(profile_of(pki),))
    if use is Use.SECC:
        return VehicleTls(config, trust(pki, Use.SECC), []).engine()
    station = [credential(profile_of(pki), pki["secc"])]
    return StationTls(config, trust(pki, Use.VEHICLE), station).engine()


def on_the_way(chain: list[bytes]) -> Engine:
    """A vehicle that gets this list of certificates in place of the station's."""
    pki = pki_of("iso2")
    config = TlsConfig(profiles=(ISO2,))
    vehicle = VehicleTls(config, trust(pki, Use.SECC)).engine()
    station = StationTls(config, trust(pki, Use.VEHICLE), [credential(ISO2, pki["secc"])]).engine()
    vehicle.advance()
    station.feed(vehicle.outgoing())
    station.advance()
    vehicle.feed(b"".join(_records(station.outgoing(), chain)))
    vehicle.advance()
    return vehicle


def _records(flight: bytes, chain: list[bytes]) -> Iterator[bytes]:
    """The station's flight with its Certificate message exchanged."""
    messages = b""
    while flight:
        size = int.from_bytes(flight[3:5], "big")
        messages += flight[5 : 5 + size]
        flight = flight[5 + size :]
    out = b""
    while messages:
        size = int.from_bytes(messages[1:4], "big")
        kind, body, messages = messages[0], messages[4 : 4 + size], messages[4 + size :]
        if kind == 11:
            entries = b"".join(len(der).to_bytes(3, "big") + der for der in chain)
            body = len(entries).to_bytes(3, "big") + entries
        out += bytes((kind,)) + len(body).to_bytes(3, "big") + body
    for at in range(0, len(out), 1 << 14):
        piece = out[at : at + (1 << 14)]
        yield b"\x16\x03\x03" + len(piece).to_bytes(2, "big") + piece


GOOD = list(pki_of("iso2")["secc"].chain)
GARBAGE: dict[str, list[bytes]] = {
    "no certificate": [],
    "an empty certificate": [b""],
    "noise": [bytes(range(256))],
    "a number": [b"\x02\x01\x05"],
    "a sequence of nothing": [b"\x30\x00"],
    "cut short": [GOOD[0][:-1], *GOOD[1:]],
    "one octet too many": [GOOD[0] + b"\0", *GOOD[1:]],
    "an endless length": [b"\x30\x84\xff\xff\xff\xff" + bytes(100)],
    "an indefinite length": [b"\x30\x80" + GOOD[0][4:] + b"\0\0"],
    "deeply nested": [b"\x30\x82\x0f\xf0" * 900],
    "a second one of noise": [GOOD[0], bytes(300)],
    "a hundred certificates": [GOOD[0], *[GOOD[1]] * 99],
    "ninety kilobytes": [GOOD[0], *[bytes(30_000)] * 3],
    "more than a message takes": [GOOD[0], *[bytes(60_000)] * 3],
    "the leaf last": list(reversed(GOOD)),
}


@pytest.mark.parametrize("chain", GARBAGE.values(), ids=GARBAGE)
def test_octets_that_are_no_chain_are_refused_without_an_exception(chain: list[bytes]) -> None:
    vehicle = on_the_way(chain)
    assert vehicle.state is TlsState.FAILED
    assert vehicle.failure is not None
    assert vehicle.failure.reason in {
        TlsReason.BROKEN_CHAIN,
        TlsReason.WRONG_PROFILE,
        TlsReason.BAD_RECORD,
        TlsReason.UNTRUSTED_ROOT,
        TlsReason.NO_PEER_CERTIFICATE,
    }, vehicle.failure


def test_the_way_itself_changes_nothing() -> None:
    """The good chain, taken apart and put together again, gets past the judge."""
    vehicle = on_the_way(GOOD)
    assert vehicle.failure is not None
    assert vehicle.failure.reason is TlsReason.NO_STAPLE  # the next question after the chain


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, len(GOOD) - 1),
    st.lists(st.tuples(st.integers(0, 699), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_changed_octets_in_a_chain_never_raise(which: int, changes: list[tuple[int, int]]) -> None:
    chain = [bytearray(der) for der in GOOD]
    for place, value in changes:
        chain[which][place % len(chain[which])] = value
    changed = [bytes(der) for der in chain]
    vehicle = on_the_way(changed)
    if changed != GOOD:
        assert vehicle.state is TlsState.FAILED
