"""Further cases for a vehicle: each fault at each exchange, in every mode and payment."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.protocols import protocol
from bsw.os.clock import S
from tools.conformance.bench import AC
from tools.conformance.station.cases import Case
from tools.conformance.vehicle import energy
from tools.conformance.vehicle import plays as listed
from tools.conformance.vehicle.bench import VehicleSetup
from tools.conformance.vehicle.cases import made
from tools.conformance.vehicle.plays import AC_CAR, CONTRACT, DC_CAR, DIN_CAR, Play, ends_by
from tools.conformance.vehicle.scripted_station import StationTester
from tools.conformance.vehicle.words import dc_status

SETUP: Final = ("SessionSetup", "ServiceDiscovery", "PaymentServiceSelection")
DC_LOOP: Final = ("CableCheck", "PreCharge", "PowerDelivery", "CurrentDemand")
AC_LOOP: Final = ("PowerDelivery", "ChargingStatus")
PARAMETERS: Final = ("Authorization", "ChargeParameterDiscovery")
DIN_SETUP: Final = ("SessionSetup", "ServiceDiscovery", "ServicePaymentSelection")
DIN_PARAMETERS: Final = ("ContractAuthentication", "ChargeParameterDiscovery")

CARS: Final[tuple[tuple[str, VehicleSetup, tuple[str, ...]], ...]] = (
    ("DC", DC_CAR, (*SETUP, *PARAMETERS, *DC_LOOP)),
    ("AC", AC_CAR, (*SETUP, *PARAMETERS, *AC_LOOP)),
    ("DC PnC", CONTRACT, (*SETUP, "PaymentDetails", *PARAMETERS, *DC_LOOP)),
    ("AC PnC", replace(CONTRACT, mode=AC), (*SETUP, "PaymentDetails", *PARAMETERS, *AC_LOOP)),
    (
        "AC PnC installation",
        replace(CONTRACT, mode=AC, certificates="install"),
        ("ServiceDetail", "CertificateInstallation"),
    ),
    ("DIN", DIN_CAR, (*DIN_SETUP, *DIN_PARAMETERS, *DC_LOOP)),
)
LOOPS: Final = {"CurrentDemand": 50, "ChargingStatus": 20}
"""How many good answers come first, so that current flows."""

Fault = Callable[[StationTester, Any], Any]


def answer_limit(setup: VehicleSetup, name: str) -> int:
    """The message timeout of the norm, as the table has it."""
    return protocol(setup.protocol).table.exchanges[name].limits.answer


def other_type(tester: StationTester, request: Any) -> Any:  # noqa: ANN401 - of any protocol
    """A response that belongs to another request."""
    stops = type(request).__name__ == "SessionStopReq"
    exchanges = protocol(tester.lab.setup.protocol).table.exchanges
    return smallest(exchanges["SessionSetup" if stops else "SessionStop"].response)


def other_session(tester: StationTester, request: object) -> object:
    tester.session_id = bytes(8) if "SessionSetup" in type(request).__name__ else b"\x42" * 8
    return tester.words.answers[type(request).__name__.removesuffix("Req")](request)


def garbage(_tester: StationTester, _request: object) -> bytes:
    return b"\x80\x98" + bytes(range(40))


def hangs_up(tester: StationTester, _request: object) -> None:
    tester.hang_up()


FAULTS: Final[tuple[tuple[str, Fault, Ending], ...]] = (
    ("FAILED", listed.refused("FAILED"), Ending.REFUSED),
    ("FAILED_SequenceError", listed.refused("FAILED_SequenceError"), Ending.REFUSED),
    ("FAILED_UnknownSession", listed.refused("FAILED_UnknownSession"), Ending.REFUSED),
    ("another message type", other_type, Ending.SEQUENCE_ERROR),
    ("another session id", other_session, Ending.UNKNOWN_SESSION),
    ("an answer that cannot be read", garbage, Ending.UNDECODABLE),
    ("TCP closed", hangs_up, Ending.CONNECTION_LOST),
)
NO_USUAL: Final = {"CertificateInstallation"}
"""Answers that need keys: only faults that do not start from the usual one."""


@dataclass(frozen=True, slots=True)
class Twin:
    title: str
    play: Play
    setup: VehicleSetup


def faults() -> Iterator[Twin]:
    for words, setup, names in CARS:
        for name in names:
            after = LOOPS.get(name, 0)
            yield Twin(
                f"{words}; {name}Res withheld",
                partial(listed.withheld, name, answer_limit(setup, name), after=after),
                setup,
            )
            for fault, answer, ending in FAULTS:
                if name in NO_USUAL and answer not in {other_type, garbage, hangs_up}:
                    continue
                play = ends_by(name, answer, ending, after=after)
                yield Twin(f"{words}; {name}: {fault}", play, setup)


def beginnings() -> Iterator[Twin]:
    sdp = {
        "version 0x02": lambda octets: b"\x02\xfd" + octets[2:],
        "inverse version 0xFF": lambda octets: octets[:1] + b"\xff" + octets[2:],
        "payload type 0x9000": lambda octets: octets[:2] + b"\x90\x00" + octets[4:],
        "length 28": lambda octets: octets[:4] + (28).to_bytes(4, "big") + octets[8:],
        "two octets missing": lambda octets: octets[:-2],
        "port 0": lambda octets: octets[:-4] + b"\0\0" + octets[-2:],
        "a multicast address": lambda octets: octets[:8] + b"\xff\x02" + octets[10:],
        "transport UDP": lambda octets: octets[:-1] + b"\x10",
    }
    for words, setup in (("DC", DC_CAR), ("AC", AC_CAR), ("DIN", DIN_CAR)):
        for name, change in sdp.items():
            title = f"{words}; SDP response with {name}"
            yield Twin(title, partial(listed.bad_answer_first, change), setup)
        yield Twin(f"{words}; nobody answers discovery", listed.nobody_answers, setup)
        yield Twin(f"{words}; TCP port closed", listed.port_closed, setup)
        yield Twin(f"{words}; SchemaID never offered", listed.never_offered, setup)
        yield Twin(f"{words}; minor deviation accepted", listed.minor_deviation, setup)
        yield Twin(f"{words}; session ids", listed.session_ids, setup)
        yield Twin(f"{words}; session id 0 answered", listed.id_zero, setup)
        yield Twin(f"{words}; TCP closed in the loop", energy.closed_in_loop, setup)
        yield Twin(f"{words}; SessionStopRes withheld", energy.stop_withheld, setup)
    for words, setup in (("AC", AC_CAR), ("PnC", CONTRACT), ("AC PnC", replace(CONTRACT, mode=AC))):
        yield Twin(f"{words}; a new session after a pause", listed.new_after_pause, setup)
        yield Twin(f"{words}; session ids", listed.session_ids, setup)


def states() -> Iterator[Twin]:
    """What a station may say of itself in DC."""
    for code in ("EVSE_Malfunction", "EVSE_EmergencyShutdown"):
        bad = energy.cable_check(dc_status(code))
        play = ends_by("CableCheck", bad, Ending.STATION_FAULT, forbidden=("PreCharge",))
        yield Twin(f"DC; cable check with {code}", play, DC_CAR)
        loop = ends_by("CurrentDemand", _loop(code), Ending.STATION_FAULT, after=50)
        yield Twin(f"DC; loop with {code}", loop, DC_CAR)
    for level in ("Invalid", "Fault"):
        bad = energy.cable_check(dc_status(isolation=level))
        play = ends_by("CableCheck", bad, Ending.ISOLATION_FAULT, forbidden=("PreCharge",))
        yield Twin(f"DC; isolation {level} at the end of the cable check", play, DC_CAR)
        yield Twin(f"DC PnC; isolation {level} at the end of the cable check", play, CONTRACT)
    for delay in (0, 5, 30):
        stops = partial(energy.stops_when_asked, 30 * S, delay)
        yield Twin(f"DC; StopCharging with delay {delay}", stops, DC_CAR)
    yield Twin("DC PnC; ReNegotiation", energy.renegotiates, CONTRACT)
    yield Twin("DC PnC; contactors close once", energy.closes_once, CONTRACT)
    yield Twin("DC; pause and wake", energy.pauses, DC_CAR)
    yield Twin("DC PnC; receipt", partial(energy.receipt, "CurrentDemand"), CONTRACT)
    yield Twin("DC PnC; pause and wake", energy.pauses, CONTRACT)
    yield Twin("AC PnC; residual current", energy.residual_current, replace(CONTRACT, mode=AC))
    yield Twin("AC; two tuples without prices", listed.cheaper_tuple, AC_CAR)
    yield Twin("DC; Contract offered on plain TCP", listed.contract_on_plain, AC_CAR)
    yield Twin("AC; charge service numbered 17", listed.unusual_service, AC_CAR)
    for words, setup in (("DC to AC", AC_CAR), ("AC to DC", DC_CAR)):
        mode = "DC_extended" if setup.ac else "AC_three_phase_core"
        play = ends_by(
            "ServiceDiscovery",
            listed.modes_only(mode),
            Ending.INCOMPATIBLE,
            forbidden=("PowerDelivery",),
        )
        yield Twin(f"{words}: other modes only", play, setup)
    no_plan = ends_by("ChargeParameterDiscovery", listed.no_schedules, Ending.INCOMPATIBLE)
    yield Twin("AC; Finished without schedules", no_plan, AC_CAR)
    for words, setup in (("AC", AC_CAR), ("AC PnC", replace(CONTRACT, mode=AC))):
        yield Twin(f"{words}; StopCharging", partial(energy.stops_when_asked, 30 * S, 0), setup)


def _loop(code: str) -> Fault:
    return lambda tester, _request: tester.iso2.current_demand(dc_status(code))


AREAS: Final = {"FAULT": faults, "BEGIN": beginnings, "STATE": states}


def cases() -> list[Case]:
    return [
        made(f"TWIN-EVCC-{area}-{number:03}", twin.title, twin.play, twin.setup)
        for area, twins in AREAS.items()
        for number, twin in enumerate(twins(), start=1)
    ]
