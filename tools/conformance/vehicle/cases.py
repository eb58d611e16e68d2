"""A vehicle under test: the developers' half of our own cases, ISO 15118-2 and DIN 70121."""

from dataclasses import replace
from functools import partial
from typing import Final

from bsw.chrgm.endings import Ending
from bsw.os.clock import MS, S
from tools.conformance.bench import AC
from tools.conformance.station.cases import Case
from tools.conformance.vehicle.bench import VehicleSetup
from tools.conformance.vehicle.energy import (
    cable_check,
    closed_in_loop,
    closes_once,
    din_discovery,
    din_isolation,
    din_stops,
    other_inlet,
    pauses,
    receipt,
    renegotiates,
    residual_current,
    slow_station,
    stop_withheld,
    stops_when_asked,
    without_units,
)
from tools.conformance.vehicle.plays import (
    AC_CAR,
    CONTRACT,
    DC_CAR,
    DIN_CAR,
    LONG,
    Play,
    _inverse,
    _length,
    bad_answer_first,
    cheaper_tuple,
    contract_on_plain,
    ends_by,
    expired_station,
    id_zero,
    minor_deviation,
    modes_only,
    never_offered,
    new_after_pause,
    no_schedules,
    nobody_answers,
    not_stored,
    other_current,
    port_closed,
    refused,
    session_ids,
    unusual_service,
    waits_for_customer,
    withheld,
    wrong_type,
)
from tools.conformance.vehicle.words import dc_status

NO_ENERGY: Final = ("PowerDelivery",)
FAULT = cable_check(dc_status(isolation="Fault"))
NOT_READY = cable_check(dc_status("EVSE_NotReady"))
UNFIT: Final = Ending.INCOMPATIBLE
REVOKED = refused("FAILED_CertificateRevoked")
NOT_APPLIED = refused("FAILED_PowerDeliveryNotApplied")
INSTALL: Final = replace(CONTRACT, certificates="install")
PATIENT: Final = VehicleSetup(profile=LONG)
AC_CONTRACT: Final = replace(CONTRACT, mode=AC)
LOOP_LIMIT: Final = 250 * MS

ISO2_CASES: Final[tuple[tuple[str, str, Play, VehicleSetup], ...]] = (
    ("001", "nobody answers discovery", nobody_answers, DC_CAR),
    ("003", "SDP response with inverse version 0xFF", partial(bad_answer_first, _inverse), DC_CAR),
    ("005", "SDP response with a wrong length", partial(bad_answer_first, _length), DC_CAR),
    ("007", "TCP port closed", port_closed, DC_CAR),
    ("009", "station certificate expired", expired_station, CONTRACT),
    ("011", "SchemaID never offered", never_offered, DC_CAR),
    ("013", "minor deviation accepted", minor_deviation, DC_CAR),
    ("015", "session id 0 first, then the station's", session_ids, DC_CAR),
    ("017", "a new session after a pause", new_after_pause, DC_CAR),
    ("019", "session id 0 answered", id_zero, DC_CAR),
    ("021", "SessionSetupRes withheld", partial(withheld, "SessionSetup", 2 * S), DC_CAR),
    (
        "023",
        "ServiceDetailRes to ServiceDiscoveryReq",
        ends_by("ServiceDiscovery", wrong_type, Ending.SEQUENCE_ERROR),
        DC_CAR,
    ),
    (
        "025",
        "DC offered to an AC vehicle",
        ends_by("ServiceDiscovery", modes_only("DC_extended"), UNFIT, forbidden=NO_ENERGY),
        AC_CAR,
    ),
    ("027", "Contract offered on plain TCP", contract_on_plain, DC_CAR),
    ("029", "charge service numbered 17", unusual_service, DC_CAR),
    ("031", "installation with a broken signature", not_stored, INSTALL),
    ("033", "contract revoked", ends_by("PaymentDetails", REVOKED, Ending.REFUSED), CONTRACT),
    ("035", "the customer takes ten minutes", waits_for_customer, PATIENT),
    ("037", "not authorized", ends_by("Authorization", refused("FAILED"), Ending.REFUSED), DC_CAR),
    (
        "039",
        "Finished without schedules",
        ends_by("ChargeParameterDiscovery", no_schedules, UNFIT),
        DC_CAR,
    ),
    ("041", "the cheaper tuple, under its PMax", cheaper_tuple, AC_CONTRACT),
    (
        "043",
        "isolation fault",
        ends_by("CableCheck", FAULT, Ending.ISOLATION_FAULT, forbidden=("PreCharge",)),
        DC_CAR,
    ),
    (
        "045",
        "isolation valid, station not ready",
        ends_by("CableCheck", NOT_READY, Ending.STATION_FAULT, forbidden=("PreCharge",)),
        DC_CAR,
    ),
    ("047", "contactors close once, then Start", closes_once, DC_CAR),
    (
        "049",
        "power delivery not applied",
        ends_by("PowerDelivery", NOT_APPLIED, Ending.REFUSED, forbidden=("CurrentDemand",)),
        DC_CAR,
    ),
    (
        "051",
        "CurrentDemandRes withheld",
        partial(withheld, "CurrentDemand", LOOP_LIMIT, after=50),
        DC_CAR,
    ),
    ("053", "StopCharging within 30 s", partial(stops_when_asked, 30 * S, 30), DC_CAR),
    ("055", "ReNegotiation", renegotiates, DC_CAR),
    ("057", "residual current detected", residual_current, AC_CAR),
    ("059", "receipt demanded", partial(receipt, "ChargingStatus"), AC_CONTRACT),
    (
        "061",
        "ChargingStatusRes withheld",
        partial(withheld, "ChargingStatus", 2 * S, after=20),
        AC_CAR,
    ),
    ("063", "pause, sleep, wake by B-C-B", pauses, AC_CAR),
    ("065", "TCP closed in the loop", closed_in_loop, DC_CAR),
)
DIN_CASES: Final[tuple[tuple[str, str, Play, VehicleSetup], ...]] = (
    (
        "002",
        "Contract only",
        ends_by("ServiceDiscovery", din_discovery(option="Contract"), UNFIT, forbidden=NO_ENERGY),
        DIN_CAR,
    ),
    (
        "004",
        "DC_core offered to a DC_extended inlet",
        ends_by("ServiceDiscovery", din_discovery(mode="DC_core"), UNFIT, forbidden=NO_ENERGY),
        DIN_CAR,
    ),
    (
        "006",
        "isolation invalid at the end of the cable check",
        ends_by("CableCheck", din_isolation, Ending.ISOLATION_FAULT, forbidden=("PreCharge",)),
        DIN_CAR,
    ),
    ("008", "slow station: ready to charge within 150 s", slow_station, DIN_CAR),
    ("010", "StopCharging", din_stops, DIN_CAR),
    ("012", "SessionStopRes withheld", stop_withheld, DIN_CAR),
    ("014", "physical values without unit", without_units, DIN_CAR),
)


def made(identity: str, title: str, play: Play, setup: VehicleSetup) -> Case:
    """What the play is about stands in its name and in the names it was given."""
    func = getattr(play, "func", play)
    given = getattr(play, "args", ())
    names = [word for word in given if isinstance(word, str)]
    about = (func.__name__.replace("_", " "), *names)
    needs = NEEDS.get(func, frozenset())
    if any(map(other_current, given)):
        needs |= {"one current"}
    if any(map(other_inlet, given)):
        needs |= {"no DC_core"}
    return Case(identity, title, play, setup, about, needs)


NEEDS: Final[dict[object, frozenset[str]]] = {
    new_after_pause: frozenset({"memory"}),
    pauses: frozenset({"pilot", "orders"}),
    waits_for_customer: frozenset({"patience"}),
}
"""``memory``: of a paused session, from inside; ``orders``: the driver's; ``patience``: a long
limit for the customer.  What is offered in place of its own current or inlet (``one current``,
``no DC_core``) is refused only by a vehicle that cannot charge by that as well."""


def cases() -> list[Case]:
    rows = [("PX-EVCC2", *row) for row in ISO2_CASES] + [("PX-EVCCD", *row) for row in DIN_CASES]
    return [
        made(f"{family}-{number}", title, play, setup)
        for family, number, title, play, setup in rows
    ]
