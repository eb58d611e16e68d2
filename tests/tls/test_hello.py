"""A vehicle's offer, read from its first octets."""

import ssl
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.tls.hello import (
    TLS12,
    TLS13,
    HintKind,
    NotAHello,
    RootHint,
    client_hello,
    root_hints,
)
from bsw.tls.hints import sha1, subjects, trusted_ca_keys
from tests.tls.world import ISO2, ISO20, World, pki


def hello_of(world: World) -> bytes:
    vehicle = world.vehicle()
    vehicle.advance()
    return vehicle.outgoing()


def test_the_offer_of_iso2_names_its_roots_by_hash() -> None:
    hello = client_hello(hello_of(World(profiles=(ISO2,))))
    assert hello is not None
    roots = World().vehicle_judge.anchors
    assert hello.versions == (TLS12,)
    assert hello.suites[0] == 0xC023
    assert set(hello.suites) <= {0xC023, 0x00FF}  # the second is no suite but a signal
    assert hello.groups == (0x0017,)
    assert hello.signature_algorithms == (0x0403,)
    assert hello.root_keys == tuple(RootHint(HintKind.CERTIFICATE_SHA1, sha1(r)) for r in roots)
    assert hello.root_names == ()
    assert hello.wants_staple


def test_the_offer_of_iso20_names_its_roots_by_name() -> None:
    hello = client_hello(hello_of(World(profiles=(ISO20,))))
    assert hello is not None
    assert hello.versions == (TLS13,)
    assert hello.suites[:2] == (0x1302, 0x1303)
    assert set(hello.suites) <= {0x1302, 0x1303, 0x00FF}
    assert hello.groups == (0x0019, 0x001E)
    assert hello.signature_algorithms == (0x0603, 0x0808)
    assert hello.root_keys == ()
    assert hello.root_names == subjects(World().vehicle_judge.anchors)
    assert hello.wants_staple


def test_the_vehicle_names_no_responder_when_it_asks_for_a_response() -> None:
    """[V2G20-2373]: status_request for OCSP, both lists of length zero."""
    octets = hello_of(World(profiles=(ISO20,)))
    assert octets.count(bytes.fromhex("0005 0005 01 0000 0000")) == 1


def test_the_offer_of_both_holds_both() -> None:
    hello = client_hello(hello_of(World()))
    assert hello is not None
    assert hello.versions == (TLS13, TLS12)
    assert {0x1302, 0x1303, 0xC023} <= set(hello.suites)
    assert hello.root_keys
    assert hello.root_names


def test_an_offer_is_awaited_octet_by_octet() -> None:
    stream = hello_of(World())
    assert all(client_hello(stream[:end]) is None for end in range(len(stream)))
    assert client_hello(stream) is not None


@given(st.integers(5, 100))
def test_an_offer_may_be_cut_into_records(size: int) -> None:
    stream = hello_of(World(profiles=(ISO20,)))
    message = stream[5:]
    cut = b"".join(
        stream[:3] + len(piece).to_bytes(2, "big") + piece
        for piece in (message[at : at + size] for at in range(0, len(message), size))
    )
    assert client_hello(cut) == client_hello(stream)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_any_octets_are_an_offer_or_none(noise: bytes, keep: int) -> None:
    stream = hello_of(World(profiles=(ISO2,)))
    for octets in (noise, stream[:keep] + noise, stream[:43] + noise + stream[43:]):
        with suppress(NotAHello):
            client_hello(octets)


def test_a_hello_without_end_is_refused() -> None:
    with pytest.raises(NotAHello, match="more than"):
        client_hello(b"\x16\x03\x01\x00\x04\x01\xff\xff\xff")


def test_root_hints_come_in_four_kinds() -> None:
    name = subjects([pki(ISO2)["v2g_root"].der])[0]
    entries = (
        b"\x00"
         b"\x01" + bytes(20)
        + b"\x02" + len(name).to_bytes(2, "big") + name
        + b"\x03" + bytes(range(20))
    )  # fmt: skip
    assert root_hints(len(entries).to_bytes(2, "big") + entries) == (
        RootHint(HintKind.PRE_AGREED, b""),
        RootHint(HintKind.KEY_SHA1, bytes(20)),
        RootHint(HintKind.NAME, name),
        RootHint(HintKind.CERTIFICATE_SHA1, bytes(range(20))),
    )


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x00\x01\x04", b"\x00\x05\x03abcd"])
def test_ill_formed_root_hints_are_none(body: bytes) -> None:
    assert root_hints(body) == ()


def test_ours_are_what_the_rfc_says() -> None:
    root = pki(ISO2)["v2g_root"].der
    body = trusted_ca_keys([root])
    assert len(body) == 23  # a length of two octets, one kind, twenty of hash
    assert body[:3] == b"\x00\x15\x03"


def test_python_itself_makes_offers_we_read() -> None:
    context = ssl.create_default_context()
    sent = ssl.MemoryBIO()
    peer = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname="secc")
    with pytest.raises(ssl.SSLWantReadError):
        peer.do_handshake()
    hello = client_hello(sent.read())
    assert hello is not None
    assert TLS13 in hello.versions
    assert not hello.wants_staple
