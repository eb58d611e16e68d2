"""What cases have in common, as the report says it: measured where it speaks of others."""

import base64
import ssl
from collections import Counter
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

import pytest

from keym.x509.edition import Edition
from keym.x509.profile import Use
from tools.conformance.catalogue import everything
from tools.conformance.vehicle.chains import BY_PROFILE, faults, kind_of
from tools.pki.broken.variants import Variant, variant
from tools.pki.maker import Pki, make

MISMATCH = {"wrong_root_sent", "evil_root_sent", "ring", "stranger"}
"""OpenSSL does not even show them: the first certificate is not the one with the key."""


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make(Edition.ISO2, datetime.now(tz=timezone.utc))


def taken_by_openssl(pki: Pki, shown: Variant, folder: Path) -> bool:
    """As a client that was given the root and left the rest to the library."""
    file = folder / "shown.pem"
    blocks = [
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
        for der in shown.chain
    ]
    file.write_bytes(b"".join(blocks) + shown.leaf.key_pem())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.load_verify_locations(cadata=pki["v2g_root"].pem.decode())
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(back, there),
        server.wrap_bio(there, back, server_side=True),
    )
    try:
        for end in 3 * ends:
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
    except ssl.SSLCertVerificationError:
        return False
    return True


def test_openssl_takes_the_chains_that_break_the_profile_alone(pki: Pki, tmp_path: Path) -> None:
    found = {
        one.name: taken_by_openssl(pki, variant(pki, Use.SECC, one), tmp_path)
        for one in faults()
        if one.name not in MISMATCH
    }
    wanted = {one.name: one.profile_alone for one in faults() if one.name not in MISMATCH}
    assert found == wanted
    assert Counter(kind_of(one) for one in faults())[BY_PROFILE] == 27


def test_what_differs_by_place_alone_is_of_one_kind() -> None:
    kinds = Counter(one.kind for one in everything() if one.kind)
    assert kinds["broken request; zeros alone"] == 6
    assert kinds["foreign session id -> FAILED_UnknownSession"] > 20
    places = {one.about[0] for one in everything() if one.kind == "broken request; zeros alone"}
    assert {"SessionSetup", "Loop"} <= places
