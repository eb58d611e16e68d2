"""Wireless transfer in ISO 15118-20: our own case of the full flow, and twins of each place."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages.iso20.common_types import ResponseCode
from bsw.chrgm.messages.model import Message
from bsw.chrgm.sequence.iso20_wpt import WPT
from bsw.os.clock import MS, S
from secc.api.devices import PadIssue, PadStatus
from tools.conformance.judge import require
from tools.conformance.newer import requests as ask
from tools.conformance.newer import station, vehicle
from tools.conformance.newer.outside import opened
from tools.conformance.newer.setup import NewerSetup
from tools.conformance.newer.tester import ScriptedVehicle
from tools.conformance.station.cases import Case

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


def wrong(place: str, setup: NewerSetup) -> None:
    names = station.carried(setup.service) if place in OWN else NAMES
    for name in station.some(names, place, setup):
        station.wrong_request(setup, place, name)


def silence(place: str, setup: NewerSetup) -> None:
    tester = opened(setup).to(place)
    if place == "Loop":
        tester.loop()
    limit = station.LOOP_LIMIT if place == "Loop" else station.SEQUENCE_LIMIT
    tester.silence_ends(limit, Ending.SEQUENCE_TIMEOUT)
    tester.still()


def left(place: str, setup: NewerSetup) -> None:
    """Nobody has to stay at a pad; in the loop energy ends before."""
    tester = opened(setup).to(place)
    if place == "Loop":
        tester.loop()
    answer = tester.say(ask.session_stop())
    station.coded(answer, "OK")
    tester.run(S)
    tester.still()


def too_high(setup: NewerSetup) -> None:
    tester = opened(setup).to("ChargeParameterDiscovery")
    answer = tester.say(ask.pad_discovery(lowest=300))
    station.refused(tester, answer, "FAILED_WrongChargeParameter")


def objects(_setup: NewerSetup) -> None:
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


def unpaired(setup: NewerSetup) -> None:
    """Out of its place nobody is paired; the vehicle cannot go on by itself."""
    tester = opened(setup).to("FinePositioning")
    station.coded(tester.say(ask.fine_positioning()), "OK")
    require("WPT_Pairing" not in tester.allowed, "pairing before the vehicle is there")


def misaligned(_setup: NewerSetup) -> None:
    tester = ScriptedVehicle("WPT").to("AlignmentCheck")
    tester.rig.pad.misaligned = True
    tester.say(ask.alignment())
    tester.run(2 * S)
    station.coded(tester.say(ask.alignment()), "WARNING_WPT")
    require(tester.allowed[0] == "WPT_AlignmentCheck", f"{tester.allowed} may follow")


def measured(_setup: NewerSetup) -> None:
    """What the pad transmits in the test is told."""
    tester = ScriptedVehicle("WPT").to("AlignmentCheck")
    tester.rig.charger.update_pad(pad=PadStatus(test_power=42.0))
    told = tester.say(ask.alignment()).power_transmitted
    require(told is not None and told.si() > 0.0, "no transmitted power")


# The vehicle under test


def in_full(setup: NewerSetup) -> None:
    """[U] as a whole; the other order is in the tests of sessions."""
    rig = vehicle.full(vehicle.rig_of(setup))
    said = vehicle.run(rig)
    order = ["WPTFinePositioningSetup", "WPTFinePositioning", "WPTPairing"]
    order += ["AuthorizationSetup", "ServiceSelection", "WPTChargeParameterDiscovery"]
    order += ["WPTAlignmentCheck", "ScheduleExchange", "PowerDelivery", "WPTChargeLoop"]
    order += ["SessionStop"]
    vehicle.in_order(said, order)
    vehicle.ended(rig, Ending.TERMINATED)


def tries_again(setup: NewerSetup) -> None:
    """WARNING_WPT is no end, and no alignment."""
    rig = vehicle.rig_of(setup)
    code = ResponseCode.WARNING_WPT

    def twist(body: Message) -> Message:
        return body.replace(response_code=code)

    vehicle.twisted(rig, "WPTAlignmentCheckRes", twist)
    said = vehicle.run(rig, 30 * S)
    require("ScheduleExchange" not in said, "goes on misaligned")
    require(rig.names("vehicle").count("WPTAlignmentCheckReq") > 20, "does not try again")


ANSWERS: Final = tuple(f"{one.response.__name__}" for one in WPT.exchanges)
PAD: Final = NewerSetup("WPT")
OF_PAD: Final = NewerSetup("WPT", inside="inside only: it puts something onto the pad or moves it")
OF_STATION: Final[dict[str, tuple[str, Callable[[str, NewerSetup], None]]]] = {
    "silence": ("silence -> over in time, without energy", silence),
    "left": ("SessionStop -> OK, without energy", left),
}
ROWS: Final[dict[str, tuple[str, Callable[[NewerSetup], None], NewerSetup]]] = {
    "PX-EVCC20-022": ("vehicle; WPT, full flow", in_full, PAD),
    "TWIN-EVCC20-WPT-warning": ("vehicle; WARNING_WPT -> tries again", tries_again, PAD),
    "TWIN-SECC20-WPT-clearance": ("station; no common clearance -> refused", too_high, PAD),
    "TWIN-SECC20-WPT-objects": ("station; an object on the pad -> power off", objects, OF_PAD),
    "TWIN-SECC20-WPT-unpaired": ("station; out of place -> no pairing", unpaired, PAD),
    "TWIN-SECC20-WPT-misaligned": ("station; misaligned -> WARNING_WPT", misaligned, OF_PAD),
    "TWIN-SECC20-WPT-measured": ("station; the test's power is told", measured, OF_PAD),
}


def cases() -> Iterator[Case]:
    for number, (title, row, setup) in ROWS.items():
        yield Case(number, f"-20 {title}", row, setup)
    for place in places():
        head, text = f"TWIN-SECC20-WPT-{place}", f"-20 station, pad; {place}: "
        title = "each request that is not due -> FAILED_SequenceError"
        yield Case(f"{head}-wrong", text + title, partial(wrong, place), PAD, (place,))
        for kind, (title, play) in OF_STATION.items() if place in OWN else ():
            yield Case(f"{head}-{kind}", text + title, partial(play, place), PAD, (place, kind))
    for name in ANSWERS:
        for kind, (title, twin) in vehicle.TWINS.items():
            number, text = f"TWIN-EVCC20-WPT-{name}-{kind}", f"-20 vehicle, pad; {name} {title}"
            yield Case(number, text, partial(twin, name), PAD, (name, kind))
