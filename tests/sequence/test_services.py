"""Our services by their registered numbers and words, and the smallest message of a kind."""

from bsw.chrgm.messages import din, iso2
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.modes import Approach, Transfer, mode_of
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.protocols import protocol
from bsw.chrgm.services import (
    CERTIFICATES,
    INTERNET,
    PARKING,
    EnergyService,
    ValueAddedService,
    added_energy,
    energy_by_mode,
    energy_by_number,
    energy_by_word,
    value_added,
)

ACCESS = [
    {"Protocol": "ftp", "Port": 20},
    {"Protocol": "ftp", "Port": 21},
    {"Protocol": "http", "Port": 80},
    {"Protocol": "https", "Port": 443},
]


def test_energy_services_have_the_numbers_of_iso_15118_20() -> None:
    assert {number: one.word for number, one in energy_by_number("iso20").items()} == {
        1: "AC",
        2: "DC",
        3: "WPT",
        4: "DC_ACDP",
        5: "AC_BPT",
        6: "DC_BPT",
        7: "DC_ACDP_BPT",
        8: "MCS",
        9: "MCS_BPT",
    }
    assert energy_by_number("iso2") == {}
    assert set(energy_by_word("iso2")) == {
        *("AC_single_phase_core", "AC_three_phase_core"),
        *("DC_core", "DC_extended", "DC_combo_core", "DC_unique"),
    }
    assert energy_by_mode("iso20")["AC_single_phase_core"].word == "AC"
    assert added_energy("iso20") == added_energy("iso2") == ()


def test_value_added_services_have_the_numbers_and_parameters_of_the_norms() -> None:
    older, newer = value_added("iso2"), value_added("iso20")
    assert {number: (one.name, one.category) for number, one in older.items()} == {
        2: (CERTIFICATES, "ContractCertificate"),
        3: (INTERNET, "Internet"),
    }
    assert {number: (one.name, one.category) for number, one in newer.items()} == {
        65: (INTERNET, "Internet"),
        66: (PARKING, "ParkingStatus"),
    }
    assert all(one.free for one in (*older.values(), *newer.values()))
    for internet in (older[3], newer[65]):
        assert [one.number for one in internet.parameter_sets] == [1, 2, 3, 4]
        assert [one.parameters for one in internet.parameter_sets] == ACCESS
    assert [(one.number, one.parameters) for one in older[2].parameter_sets] == [
        (1, {"Service": "Installation"}),
        (2, {"Service": "Update"}),
    ]
    assert [(one.number, one.parameters) for one in newer[66].parameter_sets] == [
        (1, {"IntendedService": 1, "ParkingStatusType": 4}),
        (2, {"IntendedService": 2, "ParkingStatusType": 4}),
    ]


def test_a_record_that_says_no_more_has_no_number_and_is_free() -> None:
    assert EnergyService("iso2", mode_of("DC_core"), "DC_core").number == 0
    assert ValueAddedService("iso2", 4, "x", "y").free


def test_a_protocol_serves_the_modes_that_its_applications_can_reach() -> None:
    for name, transfers in (("din", {Transfer.DC}), ("iso2", {Transfer.AC, Transfer.DC})):
        one = protocol(name)
        assert set(one.transfers) == transfers
        assert one.serves(mode_of("DC_core"))
        assert one.serves(mode_of("AC_three_phase_core")) is (name == "iso2")
        assert not one.serves(mode_of("DC_ACDP"))
        assert not one.serves(mode_of("WPT"))
    assert mode_of("DC_ACDP").approach is Approach.PANTOGRAPH
    assert protocol("iso20").serves(mode_of("DC_ACDP"))
    assert protocol("iso20").serves(mode_of("WPT"))


def test_the_smallest_message_has_what_must_be_there_and_what_is_known() -> None:
    request = smallest(iso2.SessionSetupReq, evccid=b"\x01\x02", unheard="of")
    assert request.evccid == b"\x01\x02"
    demand = smallest(din.PowerDeliveryReq, ready_to_charge_state=True)
    assert demand.ready_to_charge_state is True
    assert demand.charging_profile is None
    assert smallest(din.PowerDeliveryReq).ready_to_charge_state is False
    authorization = smallest(common.AuthorizationReq)
    assert (authorization.eim_a_req_authorization_mode is None) is not (
        authorization.pnc_a_req_authorization_mode is None
    )
    delivery = smallest(iso2.PowerDeliveryReq)
    assert delivery.sa_schedule_tuple_id == 1
    assert smallest(iso2.PowerDeliveryReq, sa_schedule_tuple_id=7).sa_schedule_tuple_id == 7
