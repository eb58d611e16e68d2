"""A02, A03: the station's certificates by CSR, asked for, waited for, judged."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ocpp.versions import Version
from tests.ocpp.blocks.steps import ALL, SINCE_2, rules
from tests.ocpp.site import Json, Site, site


@dataclass
class TestKeys:
    """Requests are numbered; ``wrong`` is what is wrong with every certificate."""

    __test__ = False
    wrong: str = ""
    made: list[str] = field(default_factory=list)
    taken: list[tuple[str, str]] = field(default_factory=list)

    def request(self, kind: str, organization: str) -> str:
        self.made.append(f"{kind} {organization}")
        return f"CSR {len(self.made)}"

    def accept(self, kind: str, chain: str) -> str:
        self.taken.append((kind, chain))
        return self.wrong


def sign(whole: Site, kind: str = "SignChargingStationCertificate") -> str:
    if whole.version is Version.V16:
        fields: Json = {"requestedMessage": "SignChargePointCertificate"}
        return str(whole.ask("ExtendedTriggerMessage", fields)["status"])
    return str(whole.ask("TriggerMessage", {"requestedMessage": kind})["status"])


def signed(whole: Site, chain: str = "PEM", kind: str = "") -> str:
    more = {"certificateType": kind} if kind else {}
    return str(whole.ask("CertificateSigned", {"certificateChain": chain, **more})["status"])


@ALL
def test_tc_a_11_a_certificate_is_asked_for_taken_and_used_at_once(
    version: Version, folder: Path
) -> None:
    keys = TestKeys()
    change = rules(values={"SecurityCtrlr.OrganizationName": "Operator"})
    with site(folder, version, change, keys=keys) as whole:
        assert sign(whole) == "Accepted"
        whole.run()
        assert keys.made == ["ChargingStationCertificate Operator"]
        [request] = whole.said("SignCertificate")
        assert request["csr"] == "CSR 1"
        connections = len(whole.made.backend.sessions)
        assert signed(whole) == "Accepted"
        whole.run(5)
        assert keys.taken == [("ChargingStationCertificate", "PEM")]
        assert len(whole.made.backend.sessions) == connections + 1
        whole.run(300)
        assert len(whole.said("SignCertificate")) == 1


@SINCE_2
def test_tc_a_12_tc_a_13_a_certificate_for_the_vehicles_side(
    version: Version, folder: Path
) -> None:
    keys = TestKeys()
    with site(folder, version, keys=keys) as whole:
        assert sign(whole, "SignV2GCertificate") == "Accepted"
        whole.run()
        assert whole.said("SignCertificate")[0]["certificateType"] == "V2GCertificate"
        connections = len(whole.made.backend.sessions)
        assert signed(whole, kind="V2GCertificate") == "Accepted"
        whole.run(5)
        assert len(whole.made.backend.sessions) == connections
        assert sign(whole, "SignCombinedCertificate") == "Accepted"


@ALL
def test_tc_a_14_a_bad_certificate_is_refused_and_told(version: Version, folder: Path) -> None:
    keys = TestKeys(wrong="not for this key")
    with site(folder, version, keys=keys) as whole:
        sign(whole)
        assert signed(whole) == "Rejected"
        whole.run(300)
        assert "InvalidChargingStationCertificate" in whole.security
        assert len(whole.said("SignCertificate")) == 1


@ALL
def test_tc_a_15_a_back_end_that_will_not_sign_is_left_alone(
    version: Version, folder: Path
) -> None:
    with site(folder, version, keys=TestKeys()) as whole:
        whole.answers["SignCertificate"] = {"status": "Rejected"}
        sign(whole)
        whole.run(300)
        assert len(whole.said("SignCertificate")) == 1


@ALL
def test_tc_a_23_no_certificate_comes_the_wait_doubles(version: Version, folder: Path) -> None:
    settings = {
        "SecurityCtrlr.CertSigningWaitMinimum": "10",
        "SecurityCtrlr.CertSigningRepeatTimes": "2",
    }
    with site(folder, version, rules(values=settings), keys=TestKeys()) as whole:
        sign(whole)
        counts = []
        for _ in range(4):
            whole.run(12)
            counts.append(len(whole.said("SignCertificate")))
        assert counts == [2, 2, 3, 3]
        whole.run(300)
        assert len(whole.said("SignCertificate")) == 3
        assert {each["csr"] for each in whole.said("SignCertificate")} == {"CSR 1"}


@ALL
def test_a_chain_that_is_too_long_is_refused(version: Version, folder: Path) -> None:
    keys = TestKeys()
    settings = {"SecurityCtrlr.MaxCertificateChainSize": "100"}
    with site(folder, version, rules(values=settings), keys=keys) as whole:
        sign(whole)
        assert signed(whole, "P" * 101) == "Rejected"
        assert keys.taken == []


@ALL
def test_a_station_without_keys_says_so(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert sign(whole) == "Rejected"
        assert signed(whole) == "Rejected"


@pytest.mark.parametrize("version", [Version.V21])
def test_requests_of_2_1_are_numbered(version: Version, folder: Path) -> None:
    with site(folder, version, keys=TestKeys()) as whole:
        sign(whole)
        sign(whole, "SignV2G20Certificate")
        whole.run()
        assert [each["requestId"] for each in whole.said("SignCertificate")] == [1, 2]
