"""What the back end is shown of a contract names the certificates as an OCSP library would."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

from secc.contract.token import contract_token
from tests.keym.world import KINDS, pki_of


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rooted", [True, False])
def test_each_certificate_with_a_known_issuer_is_named(kind: str, *, rooted: bool) -> None:
    pki = pki_of(kind)
    root = pki["mo_root"].der if rooted else b""
    token = contract_token("DE8AA001234567", pki["contract"].chain, root, whole=False)
    names = ["contract", "mo_sub2", *(["mo_sub1"] if rooted else [])]
    told = token.iso15118CertificateHashData or []
    assert len(told) == len(names)
    for data, name in zip(told, names, strict=True):
        entity = pki[name]
        assert entity.issuer is not None
        asked = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(entity.certificate, entity.issuer.certificate, hashes.SHA256())
            .build()
        )
        assert bytes.fromhex(data.issuerNameHash) == asked.issuer_name_hash
        assert bytes.fromhex(data.issuerKeyHash) == asked.issuer_key_hash
        assert int(data.serialNumber, 16) == asked.serial_number
        assert not data.serialNumber.startswith("0")
        assert data.responderURL == pki.plan.ocsp_url


def test_a_chain_that_brings_its_root_names_nothing_twice() -> None:
    pki = pki_of("iso2")
    root = pki["mo_root"].der
    token = contract_token("DE8AA001234567", (*pki["contract"].chain, root), root, whole=False)
    assert len(token.iso15118CertificateHashData or []) == 3
