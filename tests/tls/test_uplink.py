"""TLS towards a back end, both ends in memory: who is shown, what is judged, how it ends."""

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bsw.tls.port import TlsReason, TlsState
from bsw.tls.uplink import (
    OwnCredential,
    UplinkTls,
    UplinkUnusable,
    uplink_client,
    uplink_server,
)
from tests.ocpp.certificates import Pki, pki
from tests.tls.world import BrokenSigner, SoftwareSigner


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return pki(tmp_path_factory.mktemp("uplink"))


def carry(client: UplinkTls, server: UplinkTls) -> None:
    for _ in range(8):
        for one, other in ((client, server), (server, client)):
            one.advance()
            octets = one.outgoing()
            if octets:
                other.feed(octets)


def states(*ends: UplinkTls) -> list[TlsState]:
    return [one.state for one in ends]


def pair(server: ssl.SSLContext, client: ssl.SSLContext) -> tuple[UplinkTls, UplinkTls]:
    ends = UplinkTls(client, "localhost"), UplinkTls(server)
    carry(*ends)
    return ends


def test_both_ends_open_carry_octets_and_close(made: Pki) -> None:
    client, server = pair(uplink_server(*made.issue("localhost")), uplink_client(made.root))
    assert states(client, server) == [TlsState.OPEN, TlsState.OPEN]
    assert client.facts is not None
    assert server.facts is not None
    assert client.facts.version == "TLSv1.3"
    assert client.facts.suite.startswith("TLS_")
    assert len(client.facts.peer_chain) == 1
    assert server.facts.peer_chain == ()
    assert not client.may_block
    client.send(b"question")
    server.send(b"answer")
    carry(client, server)
    assert (server.incoming(), client.incoming()) == (b"question", b"answer")
    assert (server.incoming(), client.incoming()) == (b"", b"")
    client.finish()
    carry(client, server)
    assert states(server) == [TlsState.CLOSED]
    assert client.failure is server.failure is None


def test_a_stream_that_ends_is_closed_when_open_and_failed_before(made: Pki) -> None:
    client, _ = pair(uplink_server(*made.issue("localhost")), uplink_client(made.root))
    client.feed(b"")
    client.advance()
    assert client.state is TlsState.CLOSED
    assert client.failure is None
    early = UplinkTls(uplink_client(made.root), "localhost")
    early.advance()
    early.finish()
    early.feed(b"")
    early.advance()
    assert early.state is TlsState.FAILED
    assert early.failure is not None


def test_a_client_proves_itself_where_it_is_demanded(made: Pki) -> None:
    server = uplink_server(*made.issue("localhost"), made.root)
    shown, judge = pair(server, uplink_client(made.root, *made.issue("CS-1")))
    assert judge.facts is not None
    assert len(judge.facts.peer_chain) == 1
    assert shown.state is TlsState.OPEN
    bare, refusing = pair(server, uplink_client(made.root))
    assert refusing.state is TlsState.FAILED
    assert refusing.failure is not None
    assert refusing.failure.reason is TlsReason.NO_PEER_CERTIFICATE
    asked = uplink_server(*made.issue("localhost"), made.root, demanded=False)
    bare, lenient = pair(asked, uplink_client(made.root))
    assert bare.state is lenient.state is TlsState.OPEN


def test_a_server_is_judged_by_its_name(made: Pki) -> None:
    client, _ = pair(uplink_server(*made.issue("elsewhere")), uplink_client(made.root))
    assert client.state is TlsState.FAILED
    assert client.facts is None


def signer(path: Path) -> SoftwareSigner:
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return SoftwareSigner(key, may_block=True)


def test_a_key_elsewhere_signs_and_its_loss_is_ours(made: Pki) -> None:
    certificate, key = made.issue("CS-2")
    chain = (ssl.PEM_cert_to_DER_cert(certificate.read_text().split("\n\n")[0]),)
    server = uplink_server(*made.issue("localhost"), made.root)
    good = signer(key)
    client = UplinkTls(uplink_client(made.root), "localhost", OwnCredential(chain, good))
    judge = UplinkTls(server)
    carry(client, judge)
    assert client.may_block
    assert judge.state is TlsState.OPEN
    assert good.calls == 1
    gone = BrokenSigner(good.public_key, OSError("token gone"))
    client = UplinkTls(uplink_client(made.root), "localhost", OwnCredential(chain, gone))
    carry(client, UplinkTls(server))
    assert client.failure is not None
    assert "token gone" in client.failure.detail
    other = OwnCredential(chain, signer(made.issue("CS-3")[1]))
    with pytest.raises(UplinkUnusable, match="own certificate"):
        UplinkTls(uplink_client(made.root), "localhost", other)


def test_files_that_cannot_be_used_are_named(made: Pki, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("no PEM", encoding="ascii")
    words = r"nothing\.pem.*PEM files that belong together"
    with pytest.raises(UplinkUnusable, match=words):
        uplink_client(nothing)
    with pytest.raises(UplinkUnusable, match=words):
        uplink_server(nothing, nothing)
    with pytest.raises((UplinkUnusable, OSError), match=r"missing\.pem"):
        uplink_client(made.root, more=(tmp_path / "missing.pem",))


def test_nothing_older_than_tls_1_2_and_no_weak_suite(made: Pki) -> None:
    context = uplink_client(made.root)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.options & ssl.OP_NO_COMPRESSION
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    older = {one["name"] for one in context.get_ciphers() if one["protocol"] == "TLSv1.2"}
    assert len(older) == 4
    assert all("GCM" in name and name.startswith("ECDHE") for name in older)
    assert uplink_server(*made.issue("localhost")).verify_mode is ssl.CERT_NONE
