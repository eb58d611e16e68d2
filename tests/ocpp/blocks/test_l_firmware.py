"""L: new firmware is fetched, proven, installed when nobody charges, and each step told."""

from pathlib import Path
from typing import Any

import pytest

from ocpp.versions import Version
from tests.ocpp.blocks.outside import Outdoors
from tests.ocpp.blocks.steps import ALL, SINCE_2, charge, leave, put, states
from tests.ocpp.blocks.test_f_remote import trigger
from tests.ocpp.site import Json, Site, site

PAST = "2029-12-31T00:00:00Z"


def update(whole: Site, number: int = 1, **more: Any) -> str:  # noqa: ANN401
    firmware: Json = {
        "location": "https://files.example/fw.bin",
        "retrieveDateTime": PAST,
        "signingCertificate": "PEM",
        "signature": "c2lnbmVk",
    }
    outer: Json = {name: more.pop(name) for name in ("retries", "retryInterval") if name in more}
    firmware.update(more)
    firmware = {name: value for name, value in firmware.items() if value is not None}
    action = "SignedUpdateFirmware" if whole.version is Version.V16 else "UpdateFirmware"
    return str(whole.ask(action, {"requestId": number, "firmware": firmware, **outer})["status"])


def said(whole: Site) -> list[str]:
    old = whole.version is Version.V16
    action = "SignedFirmwareStatusNotification" if old else "FirmwareStatusNotification"
    return [each["status"] for each in whole.said(action)]


TO_VERIFIED = ["Downloading", "Downloaded", "SignatureVerified"]


@ALL
def test_tc_l_01_firmware_is_installed_and_told_after_the_restart(
    version: Version, folder: Path
) -> None:
    """L01.FR.28, L01.FR.31, L01.FR.32."""
    outside = Outdoors()
    with site(folder, version, outside=outside) as whole:
        assert update(whole) == "Accepted"
        whole.run(5)
        assert said(whole) == [*TO_VERIFIED, "Installing", "InstallRebooting"]
        assert outside.installed == [b"firmware"]
        assert ("restart", 0, "") in whole.charger.told
    with site(folder, version, outside=outside) as whole:
        whole.run(3)
        assert said(whole) == ["Installed"]
        assert "FirmwareUpdated" in whole.security
        if version is not Version.V16:
            assert whole.said("BootNotification")[0]["reason"] == "FirmwareUpdate"


@ALL
def test_tc_l_02_installed_at_its_time(version: Version, folder: Path) -> None:
    outside = Outdoors()
    with site(folder, version, outside=outside) as whole:
        assert update(whole, installDateTime="2030-01-01T00:01:00Z") == "Accepted"
        whole.run(5)
        assert said(whole) == [*TO_VERIFIED, "InstallScheduled"]
        whole.run(60)
        assert said(whole)[4:] == ["Installing", "InstallRebooting"]


@ALL
def test_tc_l_03_fetched_at_its_time(version: Version, folder: Path) -> None:
    with site(folder, version, outside=Outdoors()) as whole:
        assert update(whole, retrieveDateTime="2030-01-01T00:01:00Z") == "Accepted"
        whole.run(5)
        assert said(whole) == ["DownloadScheduled"]
        whole.run(60)
        assert said(whole)[1:4] == TO_VERIFIED


@ALL
def test_tc_l_05_a_certificate_nobody_trusts(version: Version, folder: Path) -> None:
    with site(folder, version, outside=Outdoors(trusted=False)) as whole:
        assert update(whole) == "InvalidCertificate"
        whole.run(3)
        assert said(whole) == []
        assert "InvalidFirmwareSigningCertificate" in whole.security


@ALL
def test_tc_l_06_a_signature_that_is_not_right(version: Version, folder: Path) -> None:
    outside = Outdoors(genuine=False)
    with site(folder, version, outside=outside) as whole:
        assert update(whole) == "Accepted"
        whole.run(3)
        assert said(whole) == ["Downloading", "Downloaded", "InvalidSignature"]
        assert outside.installed == []
        assert "InvalidFirmwareSignature" in whole.security


@ALL
def test_tc_l_07_a_download_that_fails_is_tried_as_often_as_it_says(
    version: Version, folder: Path
) -> None:
    """L01.FR.30."""
    outside = Outdoors(failures=9)
    with site(folder, version, outside=outside) as whole:
        assert update(whole, retries=2, retryInterval=10) == "Accepted"
        whole.run(40)
        assert said(whole) == ["Downloading"] * 3 + ["DownloadFailed"]
        assert len(outside.downloads) == 3


@ALL
def test_tc_l_08_an_installation_that_fails(version: Version, folder: Path) -> None:
    with site(folder, version, outside=Outdoors(installs=False)) as whole:
        assert update(whole) == "Accepted"
        whole.run(3)
        assert said(whole)[-2:] == ["Installing", "InstallationFailed"]
        assert ("restart", 0, "") not in whole.charger.told
        assert update(whole, 2) == "Accepted"


@ALL
def test_tc_l_10_a_newer_update_takes_the_place(version: Version, folder: Path) -> None:
    with site(folder, version, outside=Outdoors()) as whole:
        assert update(whole, 1, retrieveDateTime="2030-01-01T01:00:00Z") == "Accepted"
        assert update(whole, 2) == "AcceptedCanceled"
        whole.run(3)
        assert said(whole)[1:4] == TO_VERIFIED


@ALL
@pytest.mark.parametrize(
    "allowed", [pytest.param("false", id="TC_L_12-TC_L_14"), pytest.param("true", id="TC_L_13")]
)
def test_firmware_waits_for_who_charges(version: Version, allowed: str, folder: Path) -> None:
    """L01.FR.33."""
    outside = Outdoors()
    with site(folder, version, outside=outside) as whole:
        if version is not Version.V16:
            name = "ChargingStation.AllowNewSessionsPendingFirmwareUpdate"
            put(whole, name, allowed)
        elif allowed == "true":
            pytest.skip("1.6 has no such key")
        charge(whole)
        whole.heard.clear()
        assert update(whole) == "Accepted"
        whole.run(20)
        assert said(whole) == [*TO_VERIFIED, "InstallScheduled"]
        closed = [(2, "Unavailable")] if allowed == "false" else []
        assert states(whole) == closed
        leave(whole)
        whole.run(5)
        assert outside.installed == [b"firmware"]


@SINCE_2
def test_an_update_that_comes_to_nothing_leaves_no_outlet_closed(
    version: Version, folder: Path
) -> None:
    """The one before it waited for who charges, with the other outlet closed."""
    outside = Outdoors()
    with site(folder, version, outside=outside) as whole:
        charge(whole)
        update(whole)
        whole.run(5)
        assert states(whole)[-1] == (2, "Unavailable")
        outside.failures = 9
        assert update(whole, 2) == "AcceptedCanceled"
        whole.run(5)
        assert said(whole)[-1] == "DownloadFailed"
        assert states(whole)[-1] == (2, "Available")


@SINCE_2
@pytest.mark.parametrize("missing", ["signature", "signingCertificate"])
def test_tc_l_18_firmware_without_a_signature_is_refused(
    version: Version, missing: str, folder: Path
) -> None:
    with site(folder, version, outside=Outdoors()) as whole:
        assert update(whole, 1, **{missing: None}) == "Rejected"


@SINCE_2
def test_tc_f_17_tc_f_18_tc_f_19_how_the_update_is(version: Version, folder: Path) -> None:
    with site(folder, version, outside=Outdoors()) as whole:
        assert trigger(whole, "FirmwareStatusNotification", 1) == "Accepted"
        assert whole.said("FirmwareStatusNotification") == [{"status": "Idle"}]
        update(whole, 9, installDateTime="2030-01-01T01:00:00Z")
        assert trigger(whole, "FirmwareStatusNotification") == "Accepted"
        last = whole.said("FirmwareStatusNotification")[-1]
        assert last == {"status": "InstallScheduled", "requestId": 9}


@ALL
def test_what_the_power_interrupted_is_told_as_failed(version: Version, folder: Path) -> None:
    with site(folder, version, outside=Outdoors()) as whole:
        update(whole, retrieveDateTime="2030-01-01T01:00:00Z")
        whole.run(3)
    with site(folder, version, outside=Outdoors()) as whole:
        whole.run(3)
        assert said(whole) == ["DownloadFailed"]


@ALL
def test_nothing_is_reset_while_firmware_is_written(version: Version, folder: Path) -> None:
    class Slow(Outdoors):
        def install(self, image: Any, done: Any) -> None:  # noqa: ANN401
            del image
            self.held.append(done)

    with site(folder, version, outside=Slow()) as whole:
        update(whole)
        whole.run(3)
        kind = "Hard" if version is Version.V16 else "Immediate"
        assert whole.ask("Reset", {"type": kind})["status"] == "Rejected"
        assert update(whole, 2) == "Rejected"
