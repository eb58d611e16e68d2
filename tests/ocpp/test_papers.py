"""The papers of the bench's back end: certificates for stations, standings, contracts judged."""

import base64
import contextlib
import io
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from ocpp.backend.contracts import ContractOffice
from ocpp.versions import Version
from secc.contract.token import contract_token
from tests.ocpp.site import Json
from tools.cli import main as v2g
from tools.csms.papers import PkiPapers
from tools.pki import folder as pki_folder
from tools.pki.folder import FolderTrouble
from tools.pki.recipe import Entity

EMAID = "DE8AA0012345670"


def pki(*words: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert v2g(["pki", *words]) == 0


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("papers") / "pki"
    pki("make", "--kind", "iso2", str(made))
    return made


@pytest.fixture
def entities(base: Path) -> dict[str, Entity]:
    return pki_folder.read(base / "iso2")


def csr(key: ec.EllipticCurvePrivateKey) -> x509.CertificateSigningRequest:
    names = [(NameOID.COMMON_NAME, "DE*PWR*E1"), (NameOID.DOMAIN_COMPONENT, "CPO")]
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in names])
    return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())


def text(request: x509.CertificateSigningRequest) -> str:
    return request.public_bytes(Encoding.PEM).decode()


def test_a_request_becomes_a_chain_for_its_key(base: Path, entities: dict[str, Entity]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    papers = PkiPapers(base)
    chain = papers.certified(text(csr(key)), "V2GCertificate")
    assert chain is not None
    leaf, *above = x509.load_pem_x509_certificates(chain.encode())
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    assert leaf.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)
    assert leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "DE*PWR*E1"
    assert above == [entities[name].certificate for name in ("cpo_sub2", "cpo_sub1")]
    leaf.verify_directly_issued_by(above[0])


def test_a_request_that_proves_nothing_gets_nothing(base: Path) -> None:
    papers = PkiPapers(base)
    good = csr(ec.generate_private_key(ec.SECP256R1()))
    octets = bytearray(good.public_bytes(Encoding.DER))
    octets[-1] ^= 1
    forged = x509.load_der_x509_csr(bytes(octets))
    other = csr(ec.generate_private_key(ec.SECP384R1()))
    for asked, kind in (
        ("nonsense", "V2GCertificate"),
        (text(forged), "V2GCertificate"),
        (text(other), "V2GCertificate"),
        (text(good), "V2G20Certificate"),
        (text(good), "Another"),
    ):
        assert papers.certified(asked, kind) is None


def shown(entities: dict[str, Entity]) -> Json:
    chain = entities["contract"].chain
    token = contract_token(EMAID, chain, entities["mo_root"].der, whole=False)
    return {
        "idToken": {"idToken": EMAID, "type": "eMAID"},
        "iso15118CertificateHashData": [
            each.model_dump() for each in token.iso15118CertificateHashData or ()
        ],
    }


def authorized(papers: PkiPapers, fields: Json, standing: str = "Accepted") -> tuple[str, str]:
    office = ContractOffice(papers, lambda _token: standing)
    answer = office.answer(Version.V21, "Authorize", fields, lambda *_: None)
    assert answer is not None
    return answer["idTokenInfo"]["status"], answer["certificateStatus"]


def test_contracts_are_judged_by_name_and_by_chain(base: Path, entities: dict[str, Entity]) -> None:
    papers, named = PkiPapers(base), shown(entities)
    whole = {**named, "certificate": entities["contract"].chain_pem.decode()}
    del whole["iso15118CertificateHashData"]
    strange = {**whole, "certificate": entities["secc"].chain_pem.decode()}
    assert authorized(papers, named) == ("Accepted", "Accepted")
    assert authorized(papers, whole) == ("Accepted", "Accepted")
    assert authorized(papers, strange) == ("Invalid", "CertChainError")
    assert authorized(papers, named, "Blocked") == ("Blocked", "ContractCancelled")
    assert authorized(papers, named, "NoCredit") == ("NoCredit", "Accepted")
    [first, *rest] = named["iso15118CertificateHashData"]
    unknown = {**named, "iso15118CertificateHashData": [{**first, "serialNumber": "77"}, *rest]}
    assert authorized(papers, unknown) == ("Invalid", "NoCertificateAvailable")
    pki("revoke", str(base), "iso2/contract")
    try:
        assert authorized(papers, named) == ("Invalid", "CertificateRevoked")
        assert authorized(papers, whole) == ("Invalid", "CertificateRevoked")
    finally:
        (base / pki_folder.REVOKED).unlink()


def test_standings_are_a_responders(base: Path, entities: dict[str, Entity]) -> None:
    papers = PkiPapers(base)
    [first, *_] = shown(entities)["iso15118CertificateHashData"]
    result = papers.standing(first)
    assert result is not None
    response = ocsp.load_der_ocsp_response(base64.b64decode(result))
    assert response.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert response.serial_number == entities["contract"].certificate.serial_number
    assert papers.standing({**first, "serialNumber": "77"}) is None
    assert papers.standing({**first, "issuerNameHash": "no"}) is None


def test_a_folder_without_a_pki_is_named(tmp_path: Path) -> None:
    with pytest.raises(FolderTrouble, match="holds no test PKI"):
        PkiPapers(tmp_path)
