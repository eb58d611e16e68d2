"""A02, A03: the station's certificates by CSR, asked for, waited for, judged."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bsw.os.clock import S
from ocpp.station.security.signing import Wanted
from ocpp.transfer16 import VENDOR
from ocpp.versions import Version
from tests.ocpp.blocks.steps import ALL, SINCE_2, rules
from tests.ocpp.site import Json, Site, site

ACCEPTED = json.dumps({"status": "Accepted"})


@dataclass
class TestKeys:
    """Requests are numbered; ``wrong`` is what is wrong with every certificate."""

    __test__ = False
    wrong: str = ""
    made: list[str] = field(default_factory=list)
    taken: list[tuple[str, str]] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    ending: tuple[str, ...] = ()

    def holds(self, kind: str) -> bool:
        return bool(kind)

    def request(self, wanted: Wanted, done: Callable[[str], None]) -> None:
        self.made.append(f"{wanted.kind} {wanted.organization}")
        self.wanted.append(wanted)
        done(f"CSR {len(self.made)}")

    def due(self) -> Sequence[str]:
        return self.ending

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
    """A03.FR.08."""
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
    """A03.FR.13, A02.FR.22."""
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
    """A02.FR.19."""
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


@SINCE_2
@pytest.mark.parametrize("kind", ["SignV2GCertificate", "SignChargingStationCertificate"])
def test_who_gave_up_begins_again_when_it_is_asked_to(
    version: Version, kind: str, folder: Path
) -> None:
    """A03.FR.17, A03.FR.18: the same request after waits that double; A03.FR.19."""
    settings = {
        "SecurityCtrlr.CertSigningWaitMinimum": "10",
        "SecurityCtrlr.CertSigningRepeatTimes": "2",
    }
    keys = TestKeys()
    with site(folder, version, rules(values=settings), keys=keys) as whole:
        for number in (1, 2):
            assert sign(whole, kind) == "Accepted"
            whole.run(120)
            asked = [
                (said["csr"], at)
                for (action, said), at in zip(whole.heard, whole.at, strict=True)
                if action == "SignCertificate"
            ]
            assert len(asked) == 3 * number
            (one, first), (two, second), (three, third) = asked[-3:]
            assert one == two == three == f"CSR {number}"
            assert [second - first, third - second] == [10 * S, 20 * S]


@ALL
def test_a_chain_that_is_too_long_is_refused(version: Version, folder: Path) -> None:
    """A02.FR.16, A03.FR.16."""
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
    """A03.FR.21, A02.FR.23."""
    with site(folder, version, keys=TestKeys()) as whole:
        sign(whole)
        sign(whole, "SignV2G20Certificate")
        whole.run()
        assert [each["requestId"] for each in whole.said("SignCertificate")] == [1, 2]


@pytest.mark.parametrize("version", [Version.V21])
def test_a02_fr_25_a_certificate_for_a_request_that_was_not_made_is_refused(
    version: Version, folder: Path
) -> None:
    """A02.FR.25, A02.FR.26."""
    keys = TestKeys()
    with site(folder, version, keys=keys) as whole:
        sign(whole)
        whole.run()
        chain = {"certificateChain": "PEM"}
        assert whole.ask("CertificateSigned", {**chain, "requestId": 9})["status"] == "Rejected"
        assert keys.taken == []
        assert whole.ask("CertificateSigned", {**chain, "requestId": 1})["status"] == "Accepted"


NAMES = {
    "ISO15118Ctrlr.SeccId": "DE*PWR*E1",
    "ISO15118Ctrlr.OrganizationName": "Operator",
    "ISO15118Ctrlr.CountryName": "AT",
}


@ALL
def test_the_vehicles_side_has_names_of_its_own(version: Version, folder: Path) -> None:
    keys = TestKeys()
    with site(folder, version, rules(values=NAMES), keys=keys) as whole:
        if version is Version.V16:
            whole.answers["DataTransfer"] = {"status": "Accepted", "data": ACCEPTED}
            asked = {"requestedMessage": "SignV2GCertificate"}
            call = {"vendorId": VENDOR, "messageId": "TriggerMessage", "data": json.dumps(asked)}
            assert json.loads(whole.ask("DataTransfer", call)["data"]) == {"status": "Accepted"}
            whole.run()
            [carried] = whole.said("DataTransfer")
            said = json.loads(carried["data"])
        else:
            assert sign(whole, "SignV2GCertificate") == "Accepted"
            whole.run()
            [said] = whole.said("SignCertificate")
        assert (said["csr"], said["certificateType"]) == ("CSR 1", "V2GCertificate")
        assert keys.wanted == [Wanted("V2GCertificate", "Operator", "DE*PWR*E1", "AT")]


@SINCE_2
def test_the_vehicles_side_is_left_alone_where_the_back_end_shall_not(
    version: Version, folder: Path
) -> None:
    off = {"ISO15118Ctrlr.V2GCertificateInstallationEnabled": "false"}
    keys = TestKeys(ending=("V2GCertificate",))
    with site(folder, version, rules(values=off), keys=keys) as whole:
        assert sign(whole, "SignV2GCertificate") == "Rejected"
        assert keys.made == []


@ALL
@pytest.mark.parametrize("kind", ["ChargingStationCertificate", "V2GCertificate"])
def test_a03_what_ends_within_a_month_is_renewed_unasked(
    version: Version, kind: str, folder: Path
) -> None:
    """A03.FR.02, A03.FR.03."""
    keys = TestKeys(ending=(kind,))
    with site(folder, version, keys=keys, begin=False) as whole:
        whole.interval = 12 * 3600
        whole.answers["DataTransfer"] = {"status": "Accepted", "data": ACCEPTED}
        whole.made.client.open()
        whole.run(3)
        assert [each.kind for each in keys.wanted] == [kind]
        fields: Json = {"certificateChain": "PEM"}
        if version is not Version.V16:
            assert signed(whole, kind=kind) == "Accepted"
        elif kind == "V2GCertificate":
            data = json.dumps({**fields, "certificateType": kind})
            call = {"vendorId": VENDOR, "messageId": "CertificateSigned", "data": data}
            assert json.loads(whole.ask("DataTransfer", call)["data"]) == {"status": "Accepted"}
        else:
            assert signed(whole) == "Accepted"
        keys.ending = ()
        whole.run(25 * 3600)
        assert len(keys.wanted) == 1


@SINCE_2
def test_a02_fr_20_what_was_refused_is_not_asked_for_again_unasked(
    version: Version, folder: Path
) -> None:
    """A02.FR.20."""
    keys = TestKeys(ending=("V2GCertificate",))
    with site(folder, version, keys=keys, begin=False) as whole:
        whole.interval = 12 * 3600
        whole.answers["SignCertificate"] = {"status": "Rejected"}
        whole.made.client.open()
        whole.run(25 * 3600)
        assert len(keys.wanted) == 1
        assert sign(whole, "SignV2GCertificate") == "Accepted"
        assert len(keys.wanted) == 2


@pytest.mark.parametrize("version", [Version.V21])
def test_the_number_of_a_renewal_comes_back_with_its_certificate(
    version: Version, folder: Path
) -> None:
    """A03.FR.21, A03.FR.22."""
    keys = TestKeys(ending=("ChargingStationCertificate",))
    with site(folder, version, keys=keys) as whole:
        whole.run()
        [said] = whole.said("SignCertificate")
        chain = {"certificateChain": "PEM"}
        wrong = {**chain, "requestId": said["requestId"] + 1}
        assert whole.ask("CertificateSigned", wrong)["status"] == "Rejected"
        assert keys.taken == []
        right = {**chain, "requestId": said["requestId"]}
        assert whole.ask("CertificateSigned", right)["status"] == "Accepted"
