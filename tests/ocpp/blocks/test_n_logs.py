"""N01, N09, A04: logs are uploaded, security events logged and told, customers' data forgotten."""

from pathlib import Path

import pytest

from ocpp.connection import Cause, Gone
from ocpp.versions import Version
from tests.ocpp.blocks.outside import Outdoors
from tests.ocpp.blocks.steps import ALL, CARD, SINCE_2, charge, put
from tests.ocpp.blocks.test_f_remote import trigger
from tests.ocpp.site import Json, Site, site

URL = "https://files.example/logs/"


def get_log(whole: Site, kind: str = "DiagnosticsLog", number: int = 1, **more: object) -> Json:
    log = {"remoteLocation": URL}
    return whole.ask("GetLog", {"logType": kind, "requestId": number, "log": log, **more})


def said(whole: Site) -> list[tuple[str, int]]:
    return [(each["status"], each["requestId"]) for each in whole.said("LogStatusNotification")]


@ALL
def test_tc_n_25_tc_n_35_a_log_is_uploaded(version: Version, folder: Path) -> None:
    outside = Outdoors()
    with site(folder, version, outside=outside) as whole:
        for number, kind in enumerate(("DiagnosticsLog", "SecurityLog"), 1):
            answer = get_log(whole, kind, number)
            assert answer["status"] == "Accepted"
            assert answer["filename"]
            whole.run()
        assert said(whole) == [("Uploading", 1), ("Uploaded", 1), ("Uploading", 2), ("Uploaded", 2)]
        (_, _, diagnostics), (url, name, security) = outside.uploads
        assert b"OfflineThreshold" in diagnostics
        assert b"StartupOfTheDevice" in security
        assert (url, name) == (URL, answer["filename"])


@ALL
@pytest.mark.parametrize("word", ["BadMessage", "PermissionDenied", "NotSupportedOperation"])
def test_tc_n_26_a_failed_upload_is_tried_again_and_then_told(
    version: Version, word: str, folder: Path
) -> None:
    outside = Outdoors(failures=9, word=word)
    with site(folder, version, outside=outside) as whole:
        get_log(whole, retries=2, retryInterval=10)
        whole.run(30)
        assert len(outside.uploads) == 3
        assert said(whole) == [("Uploading", 1), (word, 1)]


@SINCE_2
def test_tc_n_36_a_newer_request_takes_the_place(version: Version, folder: Path) -> None:
    """N01.FR.20."""
    outside = Outdoors(hold=True)
    with site(folder, version, outside=outside) as whole:
        get_log(whole, number=1)
        assert get_log(whole, number=2)["status"] == "AcceptedCanceled"
        from bsw.os.worker import Outcome  # noqa: PLC0415

        for done in outside.held:
            done(Outcome(value=None))
        whole.run()
        assert said(whole) == [
            ("Uploading", 1),
            ("AcceptedCanceled", 1),
            ("Uploading", 2),
            ("Uploaded", 2),
        ]


@ALL
def test_tc_n_34_what_cannot_be_reached_is_refused(version: Version, folder: Path) -> None:
    with site(folder, version, outside=Outdoors()) as whole:
        log = {"remoteLocation": "gopher://old.example"}
        fields = {"logType": "DiagnosticsLog", "requestId": 1, "log": log}
        assert whole.ask("GetLog", fields)["status"] == "Rejected"


@SINCE_2
def test_tc_f_15_tc_f_16_how_the_upload_is(version: Version, folder: Path) -> None:
    with site(folder, version, outside=Outdoors(hold=True)) as whole:
        assert trigger(whole, "LogStatusNotification") == "Accepted"
        assert whole.said("LogStatusNotification") == [{"status": "Idle"}]
        get_log(whole, number=7)
        assert trigger(whole, "LogStatusNotification") == "Accepted"
        assert said(whole) == [("Uploading", 7)]


def test_1_6_diagnostics(folder: Path) -> None:
    outside = Outdoors()
    with site(folder, Version.V16, outside=outside) as whole:
        answer = whole.ask("GetDiagnostics", {"location": URL})
        assert answer == {"fileName": outside.uploads[0][1]}
        whole.run()
        words = [each["status"] for each in whole.said("DiagnosticsStatusNotification")]
        assert words == ["Uploading", "Uploaded"]


@ALL
def test_a04_the_start_is_told(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert whole.security == ["StartupOfTheDevice"]
        whole.ask("Reset", {"type": "Hard" if version is Version.V16 else "Immediate"})
        whole.run(3)
    with site(folder, version) as whole:
        assert whole.security == ["ResetOrReboot"]


@SINCE_2
def test_a01_another_password_is_logged_without_its_value(version: Version, folder: Path) -> None:
    """A04.FR.04: in the log, though it is not critical."""
    with site(folder, version, password="0123456789abcdef") as whole:
        put(whole, "SecurityCtrlr.BasicAuthPassword", "fedcba9876543210")
        rows = whole.station._blocks.security.log
        assert [row.type for row in rows][-1] == "ReconfigurationOfSecurityParameters"
        assert "fedcba" not in str(rows)
        assert whole.security == ["StartupOfTheDevice"]  # it is not critical


@ALL
@pytest.mark.parametrize(
    ("detail", "kind"),
    [
        pytest.param("unsupported protocol version", "InvalidTLSVersion", id="TC_A_06"),
        pytest.param("no shared cipher", "InvalidTLSCipherSuite", id="cipher"),
        pytest.param("certificate verify failed", "InvalidCsmsCertificate", id="TC_A_05"),
    ],
)
def test_why_there_was_no_line_is_told_once_afterwards(
    version: Version, detail: str, kind: str, folder: Path
) -> None:
    with site(folder, version) as whole:
        whole.made.client.close()
        whole.run(2)
        for _ in range(3):
            whole.station.lost(Gone(Cause.TLS, detail))
        whole.made.client.open()
        whole.run(10)
        assert whole.security == ["StartupOfTheDevice", kind]


@ALL
def test_a_critical_event_outlives_line_and_restart(version: Version, folder: Path) -> None:
    """A04.FR.01, A04.FR.02, A04.FR.03."""
    with site(folder, version, begin=False) as whole:
        whole.station.lost(Gone(Cause.TLS, "certificate verify failed"))
        whole.run(3)
    with site(folder, version) as whole:
        assert whole.security == ["InvalidCsmsCertificate", "StartupOfTheDevice"]


def information(whole: Site, **fields: object) -> str:
    whole.heard.clear()
    base = {"requestId": 4, "report": False, "clear": False}
    return str(whole.ask("CustomerInformation", {**base, **fields})["status"])


TOKEN = {"idToken": CARD.id, "type": CARD.kind}


@SINCE_2
def test_tc_n_27_tc_n_30_tc_n_31_a_customer_is_told_and_forgotten(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        charge(whole)
        assert information(whole, report=True, idToken=TOKEN) == "Accepted"
        [told] = whole.said("NotifyCustomerInformation")
        assert "cache: Accepted" in told["data"]
        assert "transaction" in told["data"]
        assert information(whole, report=True, clear=True, idToken=TOKEN) == "Accepted"
        assert whole.station._blocks.cache.find(CARD) is None


@SINCE_2
def test_tc_n_28_tc_n_32_nothing_is_known(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        for fields in ({"report": True}, {"clear": True}):
            assert information(whole, idToken=TOKEN, **fields) == "Accepted"
            [told] = whole.said("NotifyCustomerInformation")
            assert told["data"] == "nothing is stored of this customer"


@SINCE_2
def test_tc_n_62_tc_n_63_other_names_of_a_customer_are_not_stored(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        assert information(whole, report=True, clear=True, customerIdentifier="C1") == "Accepted"
        assert "nothing" in whole.said("NotifyCustomerInformation")[0]["data"]


@SINCE_2
def test_tc_n_29_tc_n_33_a_question_without_one_customer(version: Version, folder: Path) -> None:
    """N09.FR.09."""
    with site(folder, version) as whole:
        assert information(whole, report=True) == "Invalid"
        assert information(whole, report=True, idToken=TOKEN, customerIdentifier="C") == "Invalid"
        assert information(whole, idToken=TOKEN) == "Rejected"
