"""A TLS handshake of this host's OpenSSL with itself, in memory, by the rules of one profile."""

import datetime as dt
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bsw.tls.port import TlsProfile
from bsw.tls.profile import RULES, Rules

MOST_FLIGHTS = 10


class HandshakeImpossible(Exception):
    """OpenSSL will not have it.  Says its word for why."""


def shake_hands(rules: Rules) -> str:
    """The version and suite it ended with."""
    try:
        server_context, client_context = _contexts(rules)
        return _meet(server_context, client_context)
    except (ssl.SSLError, ValueError) as error:
        raise HandshakeImpossible(getattr(error, "reason", None) or str(error)) from None


def _contexts(rules: Rules) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server, client = (
        ssl.SSLContext(kind) for kind in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT)
    )
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    for context in (server, client):
        context.minimum_version = context.maximum_version = rules.version
        if rules.version is ssl.TLSVersion.TLSv1_2:
            context.set_ciphers(":".join(rules.suites))
    curve = ec.SECP256R1() if rules is RULES[TlsProfile.ISO2] else ec.SECP521R1()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "self.pem"
        file.write_bytes(self_signed(curve))
        server.load_cert_chain(file)
    return server, client


def _meet(server_context: ssl.SSLContext, client_context: ssl.SSLContext) -> str:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    client = client_context.wrap_bio(to_client, to_server)
    waiting = [client, server]
    for _ in range(MOST_FLIGHTS):
        for end in list(waiting):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(end)
        if not waiting:
            break
    agreed = client.cipher()
    if waiting or agreed is None:
        raise HandshakeImpossible("no end of the handshake")
    return f"{client.version()} {agreed[0]}"


def self_signed(curve: ec.EllipticCurve) -> bytes:
    """A key and a certificate for it, good for a day, in PEM."""
    key = ec.generate_private_key(curve)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "self-check")])
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)
