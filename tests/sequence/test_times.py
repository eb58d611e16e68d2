"""The times of each table, in the norms' own figures, and the bounds of a session."""

from typing import Final

import pytest

from bsw.chrgm.applications import APPLICATIONS, any_on_tls, applications_of
from bsw.chrgm.modes import Approach
from bsw.chrgm.protocols import PROTOCOLS, Protocol, protocol, services_with
from bsw.chrgm.sequence.model import Limits
from bsw.os.clock import MS, S

Times = tuple[float, float, float | None, float | None, float]
USUAL: Final[Times] = (2, 1.5, None, None, 60)
SLOW: Final[Times] = (5, 4.5, None, None, 60)
ONGOING: Final[Times] = (2, 1.5, 60, 55, 60)
CABLE_CHECK: Final[Times] = (2, 1.5, 40, 38, 60)
PRE_CHARGE: Final[Times] = (2, 1.5, 7, None, 60)
LOOP: Final[Times] = (0.25, 0.025, None, None, 60)
LOOP20: Final[Times] = (0.5, 0.25, None, None, 0.5)
PLACING: Final[Times] = (2, 1.5, 600, 590, 60)
MOVING: Final[Times] = (2, 1.5, 60, 55, 60)

UNUSUAL: Final[dict[str, dict[str, Times]]] = {
    "din": {
        "ContractAuthentication": ONGOING,
        "ChargeParameterDiscovery": ONGOING,
        "CableCheck": CABLE_CHECK,
        "PreCharge": PRE_CHARGE,
        "CurrentDemand": LOOP,
    },
    "iso2": {
        "ServiceDetail": SLOW,
        "CertificateInstallation": SLOW,
        "CertificateUpdate": SLOW,
        "PaymentDetails": SLOW,
        "Authorization": ONGOING,
        "ChargeParameterDiscovery": ONGOING,
        "PowerDelivery": SLOW,
        "CableCheck": CABLE_CHECK,
        "PreCharge": PRE_CHARGE,
        "CurrentDemand": LOOP,
    },
    "iso20": {
        "CertificateInstallation": (5, 4.5, 60, 55, 60),
        "Authorization": ONGOING,
        "ServiceDetail": SLOW,
        "ScheduleExchange": ONGOING,
        "AC_ChargeLoop": LOOP20,
        "DC_CableCheck": CABLE_CHECK,
        "DC_PreCharge": (2, 1.5, 10, None, 60),
        "DC_ChargeLoop": LOOP20,
    },
}


def seconds(limits: Limits) -> Times:
    def one(figure: int | None) -> float | None:
        return None if figure is None else figure / S

    return (
        limits.answer / S,
        limits.perform / S,
        one(limits.chain),
        one(limits.chain_perform),
        limits.next_request / S,
    )


@pytest.mark.parametrize("name", UNUSUAL)
def test_each_exchange_has_the_times_of_its_norm(name: str) -> None:
    table = protocol(name).table
    ours = {one.name: seconds(one.limits) for one in table.exchanges.values()}
    others = {one: times for one, times in ours.items() if one.startswith(("ACDP", "WPT"))}
    assert {one: times for one, times in ours.items() if times != USUAL and one not in others} == (
        UNUSUAL[name]
    )
    assert set(others.values()) <= {USUAL, PLACING, MOVING, LOOP20}


@pytest.mark.parametrize(
    ("name", "spans"),
    [
        ("din", [("", "SessionSetup", 20, 18), ("SessionSetup", "CurrentDemand", 150, 148)]),
        ("iso2", [("", "SessionSetup", 20, 18)]),
        ("iso20", [("", "SessionSetup", 20, 18)]),
    ],
)
def test_a_session_is_bounded_from_its_link_on(
    name: str, spans: list[tuple[str, str, int, int]]
) -> None:
    ours = protocol(name).table.spans
    assert [(one.begin, one.end, one.vehicle, one.station) for one in ours] == [
        (begin, end, vehicle * S, station * S) for begin, end, vehicle, station in spans
    ]


def test_a_time_that_nobody_names_is_the_usual_one() -> None:
    assert seconds(Limits()) == USUAL
    assert Limits().every is None
    assert Limits().perform == 1500 * MS


@pytest.mark.parametrize(
    ("one", "word", "number", "contracts", "spoken_over"),
    [
        (one, *facts)
        for one, facts in zip(
            PROTOCOLS,
            [
                ("ISO15118D20", 3, True, "iso20-dc"),
                ("ISO15118D2", 2, True, "iso2"),
                ("DIN70121", 1, False, "din"),
            ],
            strict=True,
        )
    ],
)
def test_a_protocol_has_its_word_and_number(
    one: Protocol, word: str, number: int, *, contracts: bool, spoken_over: str
) -> None:
    assert (one.word, one.number, one.contracts) == (word, number, contracts)
    assert protocol(spoken_over) is one


def test_an_application_has_the_version_of_its_schema() -> None:
    versions = {one.name: (one.major, one.minor) for one in APPLICATIONS}
    assert versions.pop("din") == versions.pop("iso2") == (2, 0)
    assert set(versions.values()) == {(1, 0)}
    assert [one.name for one in APPLICATIONS] == [
        *("iso20-dc", "iso20-ac", "iso20-wpt", "iso20-acdp", "iso20-ac-der-iec", "iso2", "din")
    ]


def test_what_is_asked_for_twice_is_offered_once_in_its_first_place() -> None:
    asked = applications_of(["iso2", "din", "iso2"])
    assert [one.name for one in asked] == ["iso2", "din"]
    assert any_on_tls(asked)
    assert not any_on_tls(applications_of(["din"]))
    with pytest.raises(ValueError, match="unknown protocol 'iso3'"):
        applications_of(["din", "iso3"])


def test_services_come_with_the_applications_of_the_same_protocol_and_approach() -> None:
    every = APPLICATIONS
    assert services_with("din", every) == frozenset()
    assert services_with("iso20-dc") == {"DC", "DC_BPT", "MCS", "MCS_BPT"}
    assert {"AC", "DC"} <= services_with("iso20-dc", every)
    assert not {"WPT", "DC_ACDP"} & services_with("iso20-dc", every)
    assert {one.name for one in every if one.approach is not Approach.PLUG} == {
        *("iso20-wpt", "iso20-acdp")
    }
