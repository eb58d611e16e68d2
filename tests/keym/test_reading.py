"""Our reader and the library see the same in every certificate a PKI has."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keym.x509.certificate import Certificate, parse
from tests.keym.world import KINDS, pki_of
from tools.pki.recipe import Entity, key_usage

EVERYTHING = [
    pytest.param(entity, id=f"{kind}-{entity.name}") for kind in KINDS for entity in pki_of(kind)
]


@pytest.fixture(params=EVERYTHING)
def entity(request: pytest.FixtureRequest) -> Entity:
    found = request.param
    assert isinstance(found, Entity)
    return found


def test_the_fields_are_those_the_library_reads(entity: Entity) -> None:
    theirs, ours = entity.certificate, parse(entity.der)
    assert ours.serial == theirs.serial_number
    assert ours.issuer.der == theirs.issuer.public_bytes()
    assert ours.subject.der == theirs.subject.public_bytes()
    assert [text for _, text in ours.subject.attributes] == [str(a.value) for a in theirs.subject]
    assert ours.not_before == theirs.not_valid_before_utc
    assert ours.not_after == theirs.not_valid_after_utc
    assert ours.signature_oid == theirs.signature_algorithm_oid.dotted_string
    public = theirs.public_key()
    assert ours.spki == public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_the_extensions_are_those_the_library_reads(entity: Entity) -> None:
    ours = parse(entity.der).extensions
    for extension in entity.certificate.extensions:
        value = extension.value
        assert (extension.oid.dotted_string in ours.critical) == extension.critical
        if isinstance(value, x509.BasicConstraints):
            assert (ours.authority, ours.path_length) == (value.ca, value.path_length)
        elif isinstance(value, x509.KeyUsage):
            assert ours.usage is not None
            assert key_usage(ours.usage) == value
        elif isinstance(value, x509.SubjectKeyIdentifier):
            assert ours.subject_key_id == value.digest
        elif isinstance(value, x509.AuthorityKeyIdentifier):
            assert ours.authority_key_id == value.key_identifier
        elif isinstance(value, x509.ExtendedKeyUsage):
            assert ours.purposes == tuple(oid.dotted_string for oid in value)
        elif isinstance(value, x509.AuthorityInformationAccess):
            assert ours.ocsp_urls == tuple(one.access_location.value for one in value)


def test_the_signature_holds_under_the_issuer_and_nobody_else(entity: Entity) -> None:
    ours = parse(entity.der)
    issuer = entity.issuer or entity
    assert ours.signed_by(parse(issuer.der))
    strangers = [one for one in pki_of("iso2") if one.der not in {issuer.der, entity.der}]
    assert not any(ours.signed_by(parse(one.der)) for one in strangers[:3])


def test_a_certificate_prints_no_octets(entity: Entity) -> None:
    certificate = parse(entity.der)
    assert isinstance(certificate, Certificate)
    assert entity.der.hex() not in repr(certificate)
    assert len(certificate.fingerprint) == 64
