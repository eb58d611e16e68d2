"""M: roots are installed, listed and deleted, kept as files, and trusted from then on."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder
from cryptography.x509.oid import NameOID

from bsw.tls.uplink import uplink_client
from keym.keeping.shelf import MemoryShelf
from keym.keeping.store import CertificateStore
from keym.x509.profile import RootKind
from ocpp.versions import Version
from secc.ocpp.credentials.vault import MOST, Given, StationVault
from tests.keym.world import pki_of
from tests.ocpp.blocks.steps import ALL, SINCE_2, got, put
from tests.ocpp.blocks.test_b_networks import PRIORITY, profile, stored
from tests.ocpp.site import Json, Site, site


def root(name: str = "Root", key: ec.EllipticCurvePrivateKey | None = None) -> x509.Certificate:
    made = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(tz=timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(made.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=10))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(made, SHA256())
    )


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


JUDGED = pytest.mark.parametrize(
    ("kind", "root_kind"),
    [
        pytest.param("V2GRootCertificate", RootKind.V2G, id="TC_M_03-TC_M_14"),
        pytest.param("MORootCertificate", RootKind.MO, id="TC_M_04-TC_M_16"),
    ],
)


class Own:
    certificate: Path | None = None


def vault(folder: Path, *, roots: bool = False, certificate: Path | None = None) -> StationVault:
    return StationVault(folder / "roots", Own(), Given(roots, certificate), lambda: None)


def install(whole: Site, certificate: str, kind: str = "CSMSRootCertificate") -> str:
    if whole.version is Version.V16 and kind == "CSMSRootCertificate":
        kind = "CentralSystemRootCertificate"
    fields = {"certificateType": kind, "certificate": certificate}
    return str(whole.ask("InstallCertificate", fields)["status"])


def listed(whole: Site, kind: str = "CSMSRootCertificate") -> list[Json]:
    if whole.version is Version.V16:
        kind = kind.replace("CSMS", "CentralSystem")
        answer = whole.ask("GetInstalledCertificateIds", {"certificateType": kind})
        return list(answer.get("certificateHashData", []))
    answer = whole.ask("GetInstalledCertificateIds", {"certificateType": [kind]})
    chains: list[Any] = answer.get("certificateHashDataChain", [])
    return [each["certificateHashData"] for each in chains]


def delete(whole: Site, hashes: Json) -> str:
    return str(whole.ask("DeleteCertificate", {"certificateHashData": hashes})["status"])


KINDS = pytest.mark.parametrize(
    "kind",
    [
        pytest.param("CSMSRootCertificate", id="TC_M_01-TC_M_12"),
        pytest.param("ManufacturerRootCertificate", id="TC_M_02-TC_M_13"),
    ],
)


@ALL
@KINDS
def test_a_root_is_installed_and_listed(version: Version, kind: str, folder: Path) -> None:
    """M05.FR.03, M05.FR.17."""
    kept = vault(folder, roots=True)
    certificate = root()
    with site(folder, version, vault=kept) as whole:
        assert listed(whole, kind) == []
        assert install(whole, pem(certificate), kind) == "Accepted"
        assert install(whole, pem(certificate), kind) == "Accepted"
        [hashes] = listed(whole, kind)
        # OCSP names a certificate in the same way
        request = OCSPRequestBuilder().add_certificate(certificate, certificate, SHA256()).build()
        assert hashes == {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": request.issuer_name_hash.hex(),
            "issuerKeyHash": request.issuer_key_hash.hex(),
            "serialNumber": f"{certificate.serial_number:x}",
        }
        if version is not Version.V16:
            assert got(whole, "SecurityCtrlr.CertificateEntries") == "1"


@SINCE_2
@JUDGED
def test_a_root_for_vehicles_and_contracts_goes_to_who_judges_them(
    version: Version, kind: str, root_kind: RootKind, folder: Path
) -> None:
    store = CertificateStore(MemoryShelf())
    kept = StationVault(
        folder / "roots", Own(), Given(roots=False, certificate=None), lambda: store
    )
    good = x509.load_der_x509_certificate(pki_of("iso2").root(root_kind).der)
    with site(folder, version, vault=kept) as whole:
        assert install(whole, pem(good), kind) == "Accepted"
        assert [anchor.kind for anchor in store.anchors()] == [root_kind]
        [hashes] = listed(whole, kind)
        assert delete(whole, hashes) == "Accepted"
        assert store.roots() == ()
        if root_kind is RootKind.V2G:
            assert install(whole, pem(root("no V2G")), kind) == "Rejected"


@SINCE_2
def test_tc_m_17_tc_m_18_tc_m_19_several_kinds_at_once(version: Version, folder: Path) -> None:
    with site(folder, version, vault=vault(folder)) as whole:
        assert whole.ask("GetInstalledCertificateIds", {})["status"] == "NotFound"
        install(whole, pem(root("A")))
        install(whole, pem(root("B")), "ManufacturerRootCertificate")
        both = ["CSMSRootCertificate", "ManufacturerRootCertificate"]
        for wanted in ({"certificateType": both}, {}):
            chains = whole.ask("GetInstalledCertificateIds", wanted)["certificateHashDataChain"]
            assert [each["certificateType"] for each in chains] == both


@ALL
def test_tc_m_07_what_is_no_root_is_rejected(version: Version, folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    other = root("Root", key)
    broken = pem(other)[:60] + "A" + pem(other)[61:]
    with site(folder, version, vault=vault(folder)) as whole:
        for text in ("nonsense", broken):
            assert install(whole, text) == "Rejected"
        assert listed(whole) == []


@ALL
def test_tc_m_20_tc_m_22_a_root_is_deleted(version: Version, folder: Path) -> None:
    """M04.FR.03."""
    with site(folder, version, vault=vault(folder, roots=True)) as whole:
        install(whole, pem(root()))
        [hashes] = listed(whole)
        assert delete(whole, {**hashes, "serialNumber": "77"}) == "NotFound"
        assert delete(whole, hashes) == "Accepted"
        assert delete(whole, hashes) == "NotFound"
        assert listed(whole) == []


@ALL
def test_the_last_root_of_a_back_end_stays(version: Version, folder: Path) -> None:
    with site(folder, version, vault=vault(folder)) as whole:
        install(whole, pem(root("A")))
        [hashes] = listed(whole)
        assert delete(whole, hashes) == "Failed"
        install(whole, pem(root("B")))
        assert delete(whole, hashes) == "Accepted"


@SINCE_2
def test_tc_m_23_the_stations_own_certificate_is_not_deleted(
    version: Version, folder: Path
) -> None:
    certificate = root("CS-1")
    path = folder / "own.pem"
    path.write_text(pem(certificate))
    request = OCSPRequestBuilder().add_certificate(certificate, certificate, SHA256()).build()
    hashes = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": request.issuer_name_hash.hex(),
        "issuerKeyHash": request.issuer_key_hash.hex(),
        "serialNumber": f"{certificate.serial_number:x}",
    }
    with site(folder, version, vault=vault(folder, certificate=path)) as whole:
        assert delete(whole, hashes) == "Failed"


def test_there_is_room_for_so_many(folder: Path) -> None:
    """M05.FR.06."""
    kept = vault(folder)
    for number in range(MOST):
        assert kept.install("CSMSRootCertificate", pem(root(str(number)))) == "Accepted"
    assert kept.install("CSMSRootCertificate", pem(root("more"))) == "Rejected"


def test_an_installed_root_proves_the_back_end(folder: Path) -> None:
    kept = vault(folder)
    kept.install("CSMSRootCertificate", pem(root("CSMS Root")))
    context = uplink_client(None, more=kept.files("CSMSRootCertificate"))
    assert "CSMS Root" in str(context.get_ca_certs())


@SINCE_2
def test_tc_a_19_with_a_root_a_higher_profile_may_be_named(version: Version, folder: Path) -> None:
    with site(folder, version, vault=vault(folder)) as whole:
        assert stored(whole, profile(2, "wss://second.example/x", 2)) == "Accepted"
        assert put(whole, PRIORITY, "2,1") == "Rejected"
        install(whole, pem(root()))
        assert put(whole, PRIORITY, "2,1") == "RebootRequired"
        assert stored(whole, profile(3, "wss://second.example/x", 3)) == "Accepted"
        assert put(whole, PRIORITY, "3,1") == "Rejected"
    with site(folder, version, vault=vault(folder)) as whole:
        assert whole.made.client.rules.url == "wss://second.example/x"
