"""A vehicle under test in ISO 15118-20: our own cases by their ids, and each answer's twins.

The station beside it is ours, twisted where the case says so.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import groupby, pairwise
from typing import Any, Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import EvseNotification, EVSEStatus, ResponseCode
from bsw.chrgm.record import Heard
from bsw.os.clock import MS, S
from evcc.session.memory import PausedSession, VolatileMemory
from tools.bench.world.direct import Rig
from tools.conformance.judge import require
from tools.conformance.newer.tester import application_of
from tools.conformance.station.cases import Case, inside

PREFIX: Final = "PX-EVCC20-"
AC_MODE: Final = "AC_three_phase_core"
Twist = Callable[[Any], Any]


def rig_of(service: str = "DC", memory: VolatileMemory | None = None) -> Rig:
    mode = AC_MODE if service == "AC" else service
    rig = Rig(application_of(service), mode=mode, secure=True, vehicle_memory=memory)
    rig.station.vehicle_leaf, rig.car.station_leaf = b"vehicle", b"station"
    return rig


def twisted(rig: Rig, name: str, twist: Twist) -> Rig:
    """Each answer of this kind comes as ``twist`` makes it."""

    def turn(heard: Heard) -> Heard:
        fits = type(heard.body).__name__ == name
        return replace(heard, body=twist(heard.body)) if fits else heard

    rig.twist = turn
    return rig


def run(rig: Rig, until: int = 200 * S) -> list[str]:
    """The vehicle's requests, repeated ones once."""
    rig.run(until)
    return [name.removesuffix("Req") for name, _ in groupby(rig.names("vehicle"))]


def full(rig: Rig, after: int = 30 * S) -> Rig:
    rig.at(after, lambda: setattr(rig.state, "charging_complete", True))
    return rig


def safe(rig: Rig) -> None:
    require(rig.plug.state == "B", f"the pilot is in {rig.plug.state}")
    require(not rig.state.contactors_closed, "contactors are closed")
    require(rig.pack.ac_allowed == 0.0, "the charger may draw")


def ended(rig: Rig, *endings: Ending) -> None:
    result = rig.results.get("vehicle")
    require(result is not None and result.ending in endings, f"ended with {result}")
    safe(rig)


def _new_session() -> None:
    said = run(full(rig_of()))
    require(said[1] == "AuthorizationSetup", f"SessionSetup, then {said[1]}")


def _not_resumed() -> None:
    memory = VolatileMemory()
    memory.keep(PausedSession("iso20", bytes(7) + b"x", "ExternalPayment", 0, {}, b"station"))
    rig = full(rig_of(memory=memory))
    said = run(rig)
    require(said[1] == "AuthorizationSetup", f"SessionSetup, then {said[1]}")
    require(memory.load() is None, "the paused session is kept")


def _refused_customer() -> None:
    code = ResponseCode.WARNING_EIM_AUTHORIZATION_FAILURE

    def twist(body: Any) -> Any:  # noqa: ANN401 - a message
        finished = body.evse_processing.value == "Finished"
        return body.replace(response_code=code) if finished else body

    rig = twisted(rig_of(), "AuthorizationRes", twist)
    said = run(rig)
    require("ServiceDiscovery" not in said, "goes on unauthorized")
    require(said[-1] == "SessionStop", f"ends with {said[-1]}")
    safe(rig)


def _nothing_usable() -> None:
    other = common.ServiceList(service=(common.Service(service_id=1, free_service=False),))
    rig = twisted(
        rig_of(),
        "ServiceDiscoveryRes",
        lambda body: body.replace(energy_transfer_service_list=other),
    )
    said = run(rig)
    require("ServiceSelection" not in said, "selects across message sets")
    require(said[-1] == "SessionStop", f"ends with {said[-1]}")
    safe(rig)


def _both_ways() -> None:
    rig = full(rig_of("DC_BPT"))
    run(rig)
    asked = [*rig.bodies("DCChargeParameterDiscoveryReq")]
    kinds = {type(one.dc_cpd_req_energy_transfer_mode).__name__ for one in asked}
    kinds |= {type(one.cl_req_control_mode).__name__ for one in rig.loops()}
    require(kinds and all(kind.startswith("BPT") for kind in kinds), f"{kinds}")


def _pace(service: str) -> None:
    rig = full(rig_of(service))
    run(rig)
    loops = [
        (at, side) for at, side, heard in rig.said if "ChargeLoop" in type(heard.body).__name__
    ]
    waits = [later - at for (at, side), (later, _) in pairwise(loops) if side == "station"]
    require(waits and max(waits) <= 250 * MS, f"{max(waits, default=0) // MS} ms after an answer")


def notified(service: str, notification: EvseNotification, delay: int = 0) -> Rig:
    """The station asks from second 20 on, until it was done."""
    rig = rig_of(service)
    status = EVSEStatus(notification_max_delay=delay, evse_notification=notification)

    def turn(heard: Heard) -> Heard:
        loop = type(heard.body).__name__.endswith("ChargeLoopRes")
        if loop and 20 * S < rig.scheduler.now < 20 * S + 300 * MS:
            return replace(heard, body=heard.body.replace(evse_status=status))
        return heard

    rig.twist = turn
    return rig


def _terminates(service: str) -> None:
    rig = notified(service, EvseNotification.TERMINATE)
    run(rig)
    ended(rig, Ending.TERMINATED)
    stop = next(
        at
        for at, _, heard in rig.said
        if getattr(heard.body, "charge_progress", None) is common.ChargeProgress.STOP
    )
    require(stop - 20 * S <= 6 * S, f"stops {(stop - 20 * S) // MS} ms after the word")


def _new_schedule(service: str) -> None:
    rig = full(notified(service, EvseNotification.SCHEDULE_RENEGOTIATION), 40 * S)
    run(rig)
    steps = [one.charge_progress.value for one in rig.bodies("PowerDeliveryReq")]
    require(steps == ["Start", "ScheduleRenegotiation", "Stop"], f"{steps}")
    ended(rig, Ending.TERMINATED)


def _welding() -> None:
    rig = full(rig_of())
    said = run(rig)
    done = [one.ev_processing.value for one in rig.bodies("DCWeldingDetectionReq")]
    require(done[-1] == "Finished" and set(done[:-1]) == {"Ongoing"}, f"{done}")
    require(said[-2:] == ["DCWeldingDetection", "SessionStop"], f"{said[-2:]}")


ROWS: Final[dict[str, tuple[str, Callable[[], None]]]] = {
    "002": ("new session -> AuthorizationSetupReq", _new_session),
    "004": ("not resumed -> all stored is dropped", _not_resumed),
    "006": ("EIM refused by a warning -> no ServiceDiscoveryReq", _refused_customer),
    "008": ("no usable energy service -> SessionStopReq", _nothing_usable),
    "010": ("BPT selected -> BPT elements", _both_ways),
    "012": ("loop -> next request in 0.25 s", partial(_pace, "DC")),
    "014": ("Terminate with delay 0 -> PowerDeliveryReq Stop", partial(_terminates, "DC")),
    "016": ("ScheduleRenegotiation -> new schedule, loop goes on", partial(_new_schedule, "DC")),
    "020": ("welding detection -> the last one Finished", _welding),
}
AC_TWINS: Final[dict[str, tuple[str, Callable[[], None]]]] = {
    "012": ("loop -> next request in 0.25 s", partial(_pace, "AC")),
    "014": ("Terminate with delay 0 -> PowerDeliveryReq Stop", partial(_terminates, "AC")),
    "016": ("ScheduleRenegotiation -> new schedule, loop goes on", partial(_new_schedule, "AC")),
}

ANSWERS: Final = (
    "SessionSetupRes",
    "AuthorizationSetupRes",
    "AuthorizationRes",
    "ServiceDiscoveryRes",
    "ServiceDetailRes",
    "ServiceSelectionRes",
    "{}ChargeParameterDiscoveryRes",
    "ScheduleExchangeRes",
    "DCCableCheckRes",
    "DCPreChargeRes",
    "PowerDeliveryRes",
    "{}ChargeLoopRes",
    "DCWeldingDetectionRes",
    "SessionStopRes",
)


def _answers(service: str) -> list[str]:
    kind = service[:2]
    return [one.format(kind) for one in ANSWERS if "{" in one or not (kind == "AC" and "DC" in one)]


def failed(service: str, name: str) -> None:
    """[V2G20-735]: nothing of a refusal is used, and both end."""
    rig = full(rig_of(service))
    twisted(rig, name, lambda body: body.replace(response_code=ResponseCode.FAILED))
    run(rig)
    ended(rig, Ending.REFUSED)


def withheld(service: str, name: str) -> None:
    rig = full(rig_of(service))
    rig.lose = lambda side, heard: side == "station" and type(heard.body).__name__ == name
    run(rig)
    ended(rig, Ending.ANSWER_TIMEOUT)


def other_session(service: str, name: str) -> None:
    rig = full(rig_of(service))

    def turn(heard: Heard) -> Heard:
        fits = type(heard.body).__name__ == name
        return replace(heard, session_id=bytes(7) + b"y") if fits else heard

    rig.twist = turn
    run(rig)
    ended(rig, Ending.UNKNOWN_SESSION)


TWINS: Final = {
    "failed": ("FAILED -> over, safe", failed),
    "withheld": ("withheld -> over in time, safe", withheld),
    "session": ("another session id -> over, safe", other_session),
}


def cases() -> list[Case]:
    rows = [
        Case(f"{PREFIX}{number}", f"-20 vehicle; {title}", inside(play))
        for number, (title, play) in ROWS.items()
    ]
    rows += [
        Case(f"TWIN-EVCC20-AC-{number}", f"-20 vehicle, AC; {title}", inside(play))
        for number, (title, play) in AC_TWINS.items()
    ]
    twins = [
        Case(
            f"TWIN-EVCC20-{service}-{name}-{kind}",
            f"-20 vehicle, {service}; {name} {title}",
            inside(partial(play, service, name)),
        )
        for service in ("DC", "AC")
        for name in _answers(service)
        for kind, (title, play) in TWINS.items()
        if not (kind == "session" and name == "SessionSetupRes")
    ]
    return rows + twins
