"""Wireless transfer in ISO 15118-20: our own case of the full flow, and twins of each place."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages.iso20.common_types import ResponseCode
from bsw.chrgm.sequence.iso20_wpt import WPT
from bsw.os.clock import MS, S
from secc.api.devices import PadIssue, PadStatus
from tools.conformance.judge import require
from tools.conformance.newer import requests as ask
from tools.conformance.newer import station, vehicle
from tools.conformance.newer.tester import ScriptedVehicle
from tools.conformance.station.cases import Case, inside

OWN: Final = (
    "FinePositioningSetup",
    "FinePositioning",
    "Pairing",
    "ChargeParameterDiscovery",
    "AlignmentCheck",
    "Loop",
)
"""The places at which a message of the pad is due."""
NAMES: Final = tuple(one.name for one in WPT.exchanges)


def places() -> Iterator[str]:
    return (name for name, _ in ScriptedVehicle("WPT").way() if name != "Stop")


# The station under test


def wrong(place: str) -> None:
    for name in station.carried("WPT") if place in OWN else NAMES:
        station.wrong_request("WPT", place, name)


def silence(place: str) -> None:
    tester = ScriptedVehicle("WPT").to(place)
    if place == "Loop":
        tester.loop()
        tester.run(450 * MS)
        require(tester.result is None, "ended before 0.5 s")
        tester.run(100 * MS)
    else:
        tester.run(62 * S)
    station.over(tester, Ending.SEQUENCE_TIMEOUT)


def left(place: str) -> None:
    """Nobody has to stay at a pad; in the loop energy ends before."""
    tester = ScriptedVehicle("WPT").to(place)
    if place == "Loop":
        tester.loop()
    answer = tester.say(ask.session_stop())
    station.coded(answer, "OK")
    tester.run(S)
    require(not tester.energised, "energy flows on")


def too_high() -> None:
    tester = ScriptedVehicle("WPT").to("ChargeParameterDiscovery")
    answer = tester.say(ask.pad_discovery(lowest=300))
    station.refused(tester, answer, "FAILED_WrongChargeParameter")


def objects() -> None:
    """A foreign and a living object: the contactor opens before anything else is said."""
    for issue, word in (
        (PadIssue.FOREIGN_OBJECT, "SPCFODDetected"),
        (PadIssue.LIVING_OBJECT, "SPCLOPDetected"),
    ):
        tester = ScriptedVehicle("WPT").to("Loop")
        tester.loop()
        require(tester.energised, "no energy")
        tester.rig.pad.detect(issue)
        tester.run(200 * MS)
        require(not tester.energised, "energy flows on")
        answer = tester.loop()
        told = answer.spc_charge_diagnostics.value
        require(told == word, f"told {told}")
        require(answer.spc_max_output_power_limit.si() == 0.0, "power is still offered")


def unpaired() -> None:
    """Out of its place nobody is paired; the vehicle cannot go on by itself."""
    tester = ScriptedVehicle("WPT").to("FinePositioning")
    station.coded(tester.say(ask.fine_positioning()), "OK")
    require("WPT_Pairing" not in tester.allowed, "pairing before the vehicle is there")


def misaligned() -> None:
    tester = ScriptedVehicle("WPT").to("AlignmentCheck")
    tester.rig.pad.misaligned = True
    tester.say(ask.alignment())
    tester.run(2 * S)
    station.coded(tester.say(ask.alignment()), "WARNING_WPT")
    require(tester.allowed[0] == "WPT_AlignmentCheck", f"{tester.allowed} may follow")


def measured() -> None:
    """What the pad transmits in the test is told."""
    tester = ScriptedVehicle("WPT").to("AlignmentCheck")
    tester.rig.charger.update_pad(pad=PadStatus(test_power=42.0))
    told = tester.say(ask.alignment()).power_transmitted
    require(told is not None and told.si() > 0.0, "no transmitted power")


# The vehicle under test


def in_full() -> None:
    """[U] as a whole; the other order is in the tests of sessions."""
    rig = vehicle.full(vehicle.rig_of("WPT"))
    said = vehicle.run(rig)
    order = ["WPTFinePositioningSetup", "WPTFinePositioning", "WPTPairing"]
    order += ["AuthorizationSetup", "ServiceSelection", "WPTChargeParameterDiscovery"]
    order += ["WPTAlignmentCheck", "ScheduleExchange", "PowerDelivery", "WPTChargeLoop"]
    order += ["SessionStop"]
    at = [said.index(one) for one in order]
    require(at == sorted(at), f"{said}")
    vehicle.ended(rig, Ending.TERMINATED)


def tries_again() -> None:
    """WARNING_WPT is no end, and no alignment."""
    rig = vehicle.rig_of("WPT")
    code = ResponseCode.WARNING_WPT

    def twist(body: Any) -> Any:  # noqa: ANN401 - a message
        return body.replace(response_code=code)

    vehicle.twisted(rig, "WPTAlignmentCheckRes", twist)
    said = vehicle.run(rig, 30 * S)
    require("ScheduleExchange" not in said, "goes on misaligned")
    require(rig.names("vehicle").count("WPTAlignmentCheckReq") > 20, "does not try again")


ANSWERS: Final = tuple(f"{one.response.__name__}" for one in WPT.exchanges)
OF_STATION: Final[dict[str, tuple[str, Callable[[str], None]]]] = {
    "silence": ("silence -> over in time, without energy", silence),
    "left": ("SessionStop -> OK, without energy", left),
}
OF_VEHICLE: Final[dict[str, tuple[str, Callable[[str, str], None]]]] = {
    "failed": ("FAILED -> over, safe", vehicle.failed),
    "withheld": ("withheld -> over in time, safe", vehicle.withheld),
    "session": ("another session id -> over, safe", vehicle.other_session),
}
ROWS: Final[dict[str, tuple[str, Callable[[], None]]]] = {
    "PX-EVCC20-022": ("vehicle; WPT, full flow", in_full),
    "TWIN-EVCC20-WPT-warning": ("vehicle; WARNING_WPT -> tries again", tries_again),
    "TWIN-SECC20-WPT-clearance": ("station; no common clearance -> refused", too_high),
    "TWIN-SECC20-WPT-objects": ("station; an object on the pad -> power off", objects),
    "TWIN-SECC20-WPT-unpaired": ("station; out of place -> no pairing", unpaired),
    "TWIN-SECC20-WPT-misaligned": ("station; misaligned -> WARNING_WPT", misaligned),
    "TWIN-SECC20-WPT-measured": ("station; the test's power is told", measured),
}


def cases() -> Iterator[Case]:
    for number, (title, row) in ROWS.items():
        yield Case(number, f"-20 {title}", inside(row))
    for place in places():
        head, text = f"TWIN-SECC20-WPT-{place}", f"-20 station, pad; {place}: "
        title = "each request that is not due -> FAILED_SequenceError"
        yield Case(f"{head}-wrong", text + title, inside(partial(wrong, place)))
        for kind, (title, play) in OF_STATION.items() if place in OWN else ():
            yield Case(f"{head}-{kind}", text + title, inside(partial(play, place)))
    for name in ANSWERS:
        for kind, (title, twin) in OF_VEHICLE.items():
            number, text = f"TWIN-EVCC20-WPT-{name}-{kind}", f"-20 vehicle, pad; {name} {title}"
            yield Case(number, text, inside(partial(twin, "WPT", name)))
