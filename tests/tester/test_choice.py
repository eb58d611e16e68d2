"""Which cases are meant, and which of them a device can be asked."""

from pathlib import Path

import pytest

from tools.conformance.catalogue import everything
from tools.tester.applicable import fitted, role_of, why_not
from tools.tester.profile import Action, ActionsPart, Device, PilotPart
from tools.tester.select import UnknownWord, chosen
from tools.tester.topics import topics

STATIONS = [case for case in everything() if role_of(case) == "secc"]
BY_ID = {case.id: case for case in STATIONS}


def ids(words: str) -> set[str]:
    return {case.id for case in chosen(STATIONS, words)}


def test_nothing_said_is_everything() -> None:
    assert ids("") == set(BY_ID)


def test_words_add_up() -> None:
    one, other = ids("TC_SECC_CMN_VTB_SDP_*"), ids("topic:transport")
    assert one
    assert other
    assert ids("TC_SECC_CMN_VTB_SDP_*, topic:transport") == one | other


def test_a_topic_is_an_exchange_or_what_is_done_there() -> None:
    assert "TC_SECC_CMN_VTB_SessionSetup_004" in ids("topic:timing") & ids("topic:session-setup")
    assert "TC_SECC_DC_VTB_CurrentDemand_004" in ids("topic:loop") & ids("topic:session-id")
    assert ids("topic:*certificate*") > ids("topic:certificate-update") > set()
    assert "PX-SECCD-013" in ids("topic:power-delivery")
    assert "TWIN-SECC20-DC-Loop-silence" in ids("topic:loop") & ids("topic:timing")


def test_every_case_has_a_topic() -> None:
    assert [case.id for case in everything() if not topics(case)] == []
    assert "PX-SECC20-020" in ids("topic:electrical")
    assert "PX-SECCD-009" in ids("topic:schedule-exchange")
    assert "PX-SECC20-004" in ids("topic:session-setup")


def test_a_requirement_names_the_cases_that_our_tables_name_as_its_proof() -> None:
    assert ids("requirement:V2G2-170") == {"TC_SECC_CMN_VTB_SupportedAppProtocol_006"}
    assert ids("requirement:V2G20-*") > set()


@pytest.mark.parametrize(
    ("words", "near"),
    [
        ("TC_SECC_CMN_VTB_SesionSetup_002", "TC_SECC_CMN_VTB_SessionSetup_00"),
        ("feature:pncc", "pnc"),
        ("topic:loops", "did you mean loop"),
        ("topics:loop", "did you mean topic"),
        ("requirement:V2G2-99999", "V2G2-170"),
        ("clause:8.7", "topic:X, feature:X, requirement:X"),
    ],
)
def test_a_word_that_names_nothing_is_told_with_the_nearest(words: str, near: str) -> None:
    with pytest.raises(UnknownWord, match=near):
        chosen(STATIONS, words)


def test_contract_cases_are_those_that_pay_by_contract() -> None:
    for case in chosen(STATIONS, "feature:pnc"):
        assert case.setup.contract


def reason(identity: str, device: Device) -> str:
    return why_not(BY_ID[identity], device)


RELAYS = ActionsPart(show_b=Action(run="./b"), show_c=Action(run="./c"))
PLAIN = Device(protocols=("iso2",), pilot=PilotPart(driver="plug"))


@pytest.mark.parametrize(
    ("identity", "device", "said"),
    [
        ("TC_SECC_DC_VTB_CurrentDemand_004", PLAIN, ""),
        ("TC_SECC_DC_VTB_CurrentDemand_006", PLAIN, "meter"),
        ("TC_SECC_DC_VTB_CurrentDemand_006", PLAIN.model_copy(update={"can": ("meter",)}), ""),
        ("TC_SECC_AC_VTB_ChargingStatus_001", PLAIN, "AC"),
        ("TC_SECC_CMN_VTB_PaymentDetails_001", PLAIN, "TLS"),
        ("PX-SECCD-003", PLAIN, "protocol din"),
        ("TC_SECC_DC_VTB_CableCheck_008", Device(), "pilot.driver is none"),
        ("TC_SECC_DC_VTB_CableCheck_008", PLAIN, ""),
        ("TC_SECC_DC_VTB_CableCheck_008", Device(actions=RELAYS), ""),
        ("TC_SECC_CMN_VTB_SDP_004", Device(), "plug going in"),
        ("TC_SECC_DC_VTB_ChargeParameterDiscovery_008", PLAIN, "'tariff'"),
        (
            "TC_SECC_DC_VTB_ChargeParameterDiscovery_008",
            PLAIN.model_copy(update={"conditions": {"tariff": Action(always=True)}}),
            "",
        ),
        ("TC_SECC_DC_VTB_SessionSetup_002", PLAIN, "pause"),
        ("TC_SECC_DC_VTB_WeldingDetection_001", PLAIN, "welding"),
        (
            "TC_SECC_DC_VTB_CurrentDemand_006",
            PLAIN.model_copy(update={"cannot": {"TC_SECC_DC_*": "no load"}}),
            "no load",
        ),
    ],
)
def test_what_a_profile_does_not_name_is_not_asked(
    identity: str, device: Device, said: str
) -> None:
    found = reason(identity, device)
    assert said in found
    assert bool(said) == bool(found)


NEWER = Device(
    protocols=("iso20",), modes=("DC_extended",), tls=True, keys=Path("pki"), can=("pause",)
)


@pytest.mark.parametrize(
    ("identity", "change", "said"),
    [
        ("PX-SECC20-006", {}, ""),
        ("PX-SECC20-004", {}, ""),
        ("PX-SECC20-004", {"can": ()}, "pause"),
        ("PX-SECC20-002", {}, "inside only"),
        ("PX-SECC20-008", {"payment": ("Contract", "ExternalPayment")}, "takes contracts"),
        ("PX-SECC20-020", {}, "service AC"),
        ("PX-SECC20-020", {"modes": ("AC_three_phase_core",)}, "stuck contactor"),
        ("PX-SECC20-006", {"tls": False}, "TLS"),
        ("PX-SECC20-006", {"tls": False, "lab": ("iso20_without_tls",)}, ""),
        ("TWIN-SECC20-pilot-B", {}, "resistors"),
        ("TWIN-SECC20-WPT-Pairing-wrong", {}, "service WPT"),
        ("TWIN-SECC20-WPT-Pairing-wrong", {"modes": ("WPT",)}, ""),
        ("TWIN-SECC20-WPT-objects", {"modes": ("WPT",)}, "inside only"),
    ],
)
def test_the_cases_of_iso_15118_20_go_by_the_profile_as_well(
    identity: str, change: dict[str, object], said: str
) -> None:
    found = reason(identity, NEWER.model_copy(update=change))
    assert said in found
    assert bool(said) == bool(found)


def test_of_iso_15118_20_few_cases_have_no_wire() -> None:
    """Each says why."""
    inside = [case.id for case in everything() if getattr(case.setup, "inside", "")]
    assert sorted(inside) == [
        "PX-EVCC20-004",
        "PX-EVCC20-018",
        "PX-SECC20-002",
        "PX-SECC20-012",
        "TWIN-SECC20-WPT-measured",
        "TWIN-SECC20-WPT-misaligned",
        "TWIN-SECC20-WPT-objects",
        "TWIN-SECC20-unauthorized",
    ]


def test_without_tls_the_tester_speaks_plain_where_the_device_does() -> None:
    device = NEWER.model_copy(update={"tls": False, "lab": ("iso20_without_tls",)})
    assert not fitted(BY_ID["PX-SECC20-006"].setup, device).tls
    assert fitted(BY_ID["PX-SECC20-006"].setup, NEWER).tls


def test_who_plugs_in_is_known() -> None:
    hand = PilotPart(driver="hand")
    assert Device(pilot=hand).plugged_by_person
    relay = ActionsPart(plug_in=Action(run="./relay on"))
    assert not Device(pilot=hand, actions=relay).plugged_by_person
    assert not Device().plugged_by_person
