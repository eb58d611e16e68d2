"""Devices that meet a vehicle by themselves, in ISO 15118-20: twins of each place, both roles.

The messages are those of DC but for the device's own; so are the twins: the device's own requests
at all places, and everything at the places of the device.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages.iso20 import acdp
from bsw.chrgm.messages.model import Message
from bsw.chrgm.sequence.iso20_acdp import ACDP
from bsw.os.clock import S
from bsw.v2gtp import PayloadType
from secc.api.devices import PantographPosition
from tools.conformance.judge import require
from tools.conformance.newer import requests as ask
from tools.conformance.newer import station, vehicle
from tools.conformance.newer.outside import opened
from tools.conformance.newer.setup import NewerSetup
from tools.conformance.newer.tester import NewerVehicle, ScriptedVehicle
from tools.conformance.station.cases import Case

OWN: Final = {
    "VehiclePositioning": "ACDP_VehiclePositioning",
    "Connect": "ACDP_Connect",
    "Disconnect": "ACDP_Disconnect",
}
"""The places of the device."""
NAMES: Final = tuple(one.name for one in ACDP.exchanges)
STATUS: Final = PayloadType.ACDP_STATUS


def places() -> Iterator[str]:
    return (name for name, _ in ScriptedVehicle("DC_ACDP").way() if name != "Stop")


def released(tester: NewerVehicle) -> None:
    """Whatever has happened, the device is up again in a while."""
    if not isinstance(tester, ScriptedVehicle):
        tester.unseen("whether the pantograph goes up")
        return
    tester.run(10 * S)
    where = tester.rig.pantograph.position
    require(where is PantographPosition.HOME, f"the pantograph is {where}")


# The station under test


def wrong(place: str, setup: NewerSetup) -> None:
    names = station.carried(setup.service) if place in OWN else NAMES
    for name in station.some(names, place, setup):
        station.wrong_request(setup, place, name)


def silence(place: str, setup: NewerSetup) -> None:
    tester = opened(setup).to(place)
    tester.silence_ends(station.SEQUENCE_LIMIT, Ending.SEQUENCE_TIMEOUT)
    tester.still()
    released(tester)


def left(place: str, setup: NewerSetup) -> None:
    """[K]: who has been charged lets go first, by the letter; before that anybody may leave."""
    tester = opened(setup).to(place)
    answer = tester.say(ask.session_stop())
    if place in {"WeldingDetection", "Disconnect"}:
        station.refused_in_order(tester, answer)
    else:
        station.coded(answer, "OK")
    released(tester)


def status_unasked(setup: NewerSetup) -> None:
    """Before a session is set up, and in one without a device, there is nobody to ask."""
    tester = opened(setup)
    station.refused_in_order(tester, tester.say(ask.system_status(), STATUS))


def status_of(place: str, setup: NewerSetup) -> None:
    """At any time of a session, beside what is due."""
    tester = opened(setup).to(place)
    due = tester.allowed
    answer = tester.say(ask.system_status(), STATUS)
    require(type(answer) is acdp.ACDPSystemStatusRes, f"answered with {type(answer).__name__}")
    station.coded(answer, "OK")
    require(tester.allowed == due, f"{tester.allowed} is due, was {due}")


def danger(setup: NewerSetup) -> None:
    tester = opened(setup).to("Loop")
    tester.loop()
    error = acdp.ErrorCode.FAILED_EMERGENCY_EVENT
    station.coded(tester.say(ask.system_status(error=error), STATUS), "FAILED")
    tester.contactors(closed=False)  # the vehicle's own; it never goes up under voltage
    station.over(tester, Ending.REFUSED)
    released(tester)


def rolling(setup: NewerSetup) -> None:
    """Not lowered onto a vehicle that may drive off; it waits for the brake."""
    tester = opened(setup).to("Connect")
    tester.say(ask.system_status(held=False), STATUS)
    tester.say(ask.connect())
    tester.run(10 * S)
    answer = tester.say(ask.connect())
    require(answer.evse_processing.value == "Ongoing", "Finished onto a rolling vehicle")
    where = answer.evse_mechanical_charging_device_status.value
    require(where == "Home", f"the pantograph is {where}")


# The vehicle under test


def in_full(setup: NewerSetup) -> None:
    rig = vehicle.full(vehicle.rig_of(setup))
    said = [one for one in vehicle.run(rig) if one != "ACDPSystemStatus"]
    order = ["ACDPVehiclePositioning", "AuthorizationSetup", "ScheduleExchange", "ACDPConnect"]
    order += ["DCCableCheck", "DCChargeLoop", "DCWeldingDetection", "ACDPDisconnect"]
    order += ["SessionStop"]
    vehicle.in_order(said, order)
    vehicle.ended(rig, Ending.TERMINATED)


def out_of_place(setup: NewerSetup) -> None:
    """Finished alone is not in place: it asks again and goes no further."""
    rig = vehicle.rig_of(setup)

    def twist(body: Message) -> Message:
        return body.replace(ev_in_charge_position=False)

    vehicle.twisted(rig, "ACDPVehiclePositioningRes", twist)
    said = vehicle.run(rig)
    require("AuthorizationSetup" not in said, "goes on out of place")


ANSWERS: Final = (
    "ACDPVehiclePositioningRes",
    "ACDPConnectRes",
    "ACDPDisconnectRes",
    "ACDPSystemStatusRes",
)
PANTOGRAPH: Final = NewerSetup("DC_ACDP")
OF_STATION: Final[dict[str, tuple[str, Callable[[str, NewerSetup], None]]]] = {
    "silence": ("silence -> over, up", silence),
    "left": ("SessionStop -> up", left),
    "status": ("status beside it", status_of),
}
ROWS: Final[dict[str, tuple[str, Callable[[NewerSetup], None]]]] = {
    "TWIN-SECC20-DC_ACDP-status-early": ("status before a session -> refused", status_unasked),
    "TWIN-SECC20-DC_ACDP-danger": ("a vehicle in danger -> over, nothing flows", danger),
    "TWIN-SECC20-DC_ACDP-rolling": ("a rolling vehicle -> nothing is lowered", rolling),
    "TWIN-EVCC20-DC_ACDP-flow": ("full flow", in_full),
    "TWIN-EVCC20-DC_ACDP-out-of-place": ("Finished out of place -> asks again", out_of_place),
}


def cases() -> Iterator[Case]:
    for number, (title, row) in ROWS.items():
        yield Case(number, f"-20, pantograph; {title}", row, PANTOGRAPH)
    for place in places():
        head = f"TWIN-SECC20-DC_ACDP-{place}"
        text = f"-20 station, pantograph; {place}: "
        title = "each request that is not due -> FAILED_SequenceError"
        yield Case(f"{head}-wrong", text + title, partial(wrong, place), PANTOGRAPH, (place,))
        if place in {*OWN, "CableCheck", "WeldingDetection"}:
            for kind, (title, play) in OF_STATION.items():
                name = f"{head}-{kind}"
                yield Case(name, text + title, partial(play, place), PANTOGRAPH, (place, kind))
    for name in ANSWERS:
        for kind, (title, play) in vehicle.TWINS.items():
            number = f"TWIN-EVCC20-DC_ACDP-{name}-{kind}"
            text = f"-20 vehicle, pantograph; {name} {title}"
            yield Case(number, text, partial(play, name), PANTOGRAPH, (name, kind))
