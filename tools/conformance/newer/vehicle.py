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
from tools.conformance.judge import on_time, require, tolerance
from tools.conformance.newer.setup import NewerSetup, application_of
from tools.conformance.newer.wire_rig import WireRig
from tools.conformance.station.cases import Case

PREFIX: Final = "PX-EVCC20-"
Twist = Callable[[Any], Any]
Play = Callable[[NewerSetup], None]
FULL_AFTER: Final = 30 * S
NOTIFIED_AT: Final = 20 * S
LOOP_PACE: Final = 250 * MS


def rig_of(setup: NewerSetup, memory: VolatileMemory | None = None) -> Rig:
    """Our vehicle beside our station, or the foreign one before it."""
    if setup.bench is not None:
        return WireRig(setup, setup.bench(setup))
    rig = Rig(application_of(setup.service), mode=setup.mode, secure=True, vehicle_memory=memory)
    rig.station.vehicle_leaf, rig.car.station_leaf = b"vehicle", b"station"
    return rig


def twisted(rig: Rig, name: str, twist: Twist) -> Rig:
    """Each answer of this kind comes as ``twist`` makes it."""
    reaches(rig, name)

    def turn(heard: Heard) -> Heard:
        fits = type(heard.body).__name__ == name
        return replace(heard, body=twist(heard.body)) if fits else heard

    rig.twist = turn
    return rig


def reaches(rig: Rig, name: str) -> None:
    """The place the case is about: the station has to come to this answer."""
    if isinstance(rig, WireRig):
        rig.about = name


def run(rig: Rig, until: int = 200 * S) -> list[str]:
    """The vehicle's requests, repeated ones once."""
    rig.run(until)
    return [name.removesuffix("Req") for name, _ in groupby(rig.names("vehicle"))]


def full(rig: Rig, after: int = FULL_AFTER) -> Rig:
    """The battery is, or a foreign vehicle is told to stop."""
    if isinstance(rig, WireRig):
        rig.stop_in_loop(after)
    else:
        rig.at(after, lambda: setattr(rig.state, "charging_complete", True))
    return rig


def safe(rig: Rig) -> None:
    if isinstance(rig, WireRig):
        rig.safe()
        return
    require(rig.plug.state == "B", f"the pilot is in {rig.plug.state}")
    require(not rig.state.contactors_closed, "contactors are closed")
    require(rig.pack.ac_allowed == 0.0, "the charger may draw")


def ended(rig: Rig, *endings: Ending) -> None:
    if isinstance(rig, WireRig):
        rig.over()
    else:
        result = rig.results.get("vehicle")
        require(result is not None and result.ending in endings, f"ended with {result}")
    safe(rig)


def gave_up(rig: Rig) -> None:
    """Its own good end is not the end of a vehicle that may not go on; ours says why it ended."""
    if isinstance(rig, WireRig):
        rig.gave_up()


def in_order(said: list[str], order: list[str]) -> None:
    """All of them were said, in this order."""
    missing = [one for one in order if one not in said]
    require(not missing, f"never said: {', '.join(missing)}")
    at = [said.index(one) for one in order]
    require(at == sorted(at), f"{said}")


def _new_session(setup: NewerSetup) -> None:
    rig = full(rig_of(setup))
    reaches(rig, "SessionSetupRes")
    said = run(rig)
    require(said[1:2] == ["AuthorizationSetup"], f"{said[:2]}")


def _not_resumed(setup: NewerSetup) -> None:
    memory = VolatileMemory()
    memory.keep(PausedSession("iso20", bytes(7) + b"x", "ExternalPayment", 0, {}, b"station"))
    rig = full(rig_of(setup, memory))
    said = run(rig)
    require(said[1] == "AuthorizationSetup", f"SessionSetup, then {said[1]}")
    require(memory.load() is None, "the paused session is kept")


def _refused_customer(setup: NewerSetup) -> None:
    code = ResponseCode.WARNING_EIM_AUTHORIZATION_FAILURE

    def twist(body: Any) -> Any:  # noqa: ANN401 - a message
        finished = body.evse_processing.value == "Finished"
        return body.replace(response_code=code) if finished else body

    rig = twisted(rig_of(setup), "AuthorizationRes", twist)
    said = run(rig)
    require("ServiceDiscovery" not in said, "goes on unauthorized")
    require(said[-1] == "SessionStop", f"ends with {said[-1]}")
    safe(rig)


def _nothing_usable(setup: NewerSetup) -> None:
    other = common.ServiceList(
        service=(common.Service(service_id=OTHER[setup.ac], free_service=False),)
    )
    rig = twisted(
        rig_of(setup),
        "ServiceDiscoveryRes",
        lambda body: body.replace(energy_transfer_service_list=other),
    )
    said = run(rig)
    require("ServiceSelection" not in said, "selects across message sets")
    require(said[-1] == "SessionStop", f"ends with {said[-1]}")
    safe(rig)


def _both_ways(setup: NewerSetup) -> None:
    rig = full(rig_of(setup))
    reaches(rig, "ChargeParameterDiscoveryRes")
    run(rig)
    asked = [*rig.bodies("DCChargeParameterDiscoveryReq")]
    kinds = {type(one.dc_cpd_req_energy_transfer_mode).__name__ for one in asked}
    kinds |= {type(one.cl_req_control_mode).__name__ for one in rig.loops()}
    require(kinds and all(kind.startswith("BPT") for kind in kinds), f"{kinds}")


def _pace(setup: NewerSetup) -> None:
    rig = full(rig_of(setup))
    reaches(rig, "ChargeLoopRes")
    run(rig)
    loops = [
        (at, side) for at, side, heard in rig.said if "ChargeLoop" in type(heard.body).__name__
    ]
    waits = [later - at for (at, side), (later, _) in pairwise(loops) if side == "station"]
    late = tolerance(LOOP_PACE) if isinstance(rig, WireRig) else 0
    longest = max(waits, default=0)
    on_time(longest <= LOOP_PACE + late, f"{longest // MS} ms after an answer")


def notified(setup: NewerSetup, notification: EvseNotification, delay: int = 0) -> Rig:
    """The station asks from second 20 on, or a foreign vehicle after some loops, for a moment."""
    rig = rig_of(setup)
    status = EVSEStatus(notification_max_delay=delay, evse_notification=notification)

    def turn(heard: Heard) -> Heard:
        loop = type(heard.body).__name__.endswith("ChargeLoopRes")
        if loop and NOTIFIED_AT < time_of(rig) < NOTIFIED_AT + 300 * MS:
            return replace(heard, body=heard.body.replace(evse_status=status))
        return heard

    reaches(rig, "ChargeLoopRes")
    rig.twist = turn
    return rig


def time_of(rig: Rig) -> int:
    """Since the beginning; of a foreign vehicle as if its loop began five seconds before."""
    if isinstance(rig, WireRig):
        return rig.looping_for + NOTIFIED_AT - 5 * S
    return rig.scheduler.now


def _terminates(setup: NewerSetup) -> None:
    rig = notified(setup, EvseNotification.TERMINATE)
    run(rig)
    ended(rig, Ending.TERMINATED)
    stops = [
        at
        for at, _, heard in rig.said
        if getattr(heard.body, "charge_progress", None) is common.ChargeProgress.STOP
    ]
    require(stops, "no PowerDeliveryReq Stop")
    since = rig.loop_since + 5 * S if isinstance(rig, WireRig) else NOTIFIED_AT
    require(stops[0] - since <= 6 * S, f"stops {(stops[0] - since) // MS} ms after the word")


def _new_schedule(setup: NewerSetup) -> None:
    rig = full(notified(setup, EvseNotification.SCHEDULE_RENEGOTIATION), 40 * S)
    run(rig)
    asked = [one.charge_progress.value for one in rig.bodies("PowerDeliveryReq")]
    steps = [step for step, _ in groupby(asked)]  # some say it again while they work on it
    require(steps == ["Start", "ScheduleRenegotiation", "Stop"], f"{steps}")
    ended(rig, Ending.TERMINATED)


def _welding(setup: NewerSetup) -> None:
    rig = full(rig_of(setup))
    reaches(rig, "WeldingDetectionRes")
    said = run(rig)
    done = [one.ev_processing.value for one in rig.bodies("DCWeldingDetectionReq")]
    require(done and done[-1] == "Finished" and set(done[:-1]) == {"Ongoing"}, f"{done}")
    require(said[-2:] == ["DCWeldingDetection", "SessionStop"], f"{said[-2:]}")


OTHER: Final = {False: 1, True: 2}
"""A service of the other current."""
ROWS: Final[dict[str, tuple[str, Play]]] = {
    "002": ("new session -> AuthorizationSetupReq", _new_session),
    "004": ("not resumed -> all stored is dropped", _not_resumed),
    "006": ("EIM refused by a warning -> no ServiceDiscoveryReq", _refused_customer),
    "008": ("no usable energy service -> SessionStopReq", _nothing_usable),
    "010": ("BPT selected -> BPT elements", _both_ways),
    "012": ("loop -> next request in 0.25 s", _pace),
    "014": ("Terminate with delay 0 -> PowerDeliveryReq Stop", _terminates),
    "016": ("ScheduleRenegotiation -> new schedule, loop goes on", _new_schedule),
    "020": ("welding detection -> the last one Finished", _welding),
}
DC: Final = NewerSetup()
AC: Final = NewerSetup("AC")
SETUPS: Final = {
    "004": NewerSetup(inside="inside only: it puts a paused session into the vehicle's memory"),
    "010": NewerSetup("DC_BPT"),
}
"""Of those rows that are not plain DC."""
IN_AC: Final = ("012", "014", "016")

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


def failed(name: str, setup: NewerSetup) -> None:
    """[V2G20-735]: nothing of a refusal is used, and both end."""
    rig = full(rig_of(setup))
    twisted(rig, name, lambda body: body.replace(response_code=ResponseCode.FAILED))
    run(rig)
    ended(rig, Ending.REFUSED)
    gave_up(rig)


def withheld(name: str, setup: NewerSetup) -> None:
    rig = full(rig_of(setup))
    reaches(rig, name)
    rig.lose = lambda side, heard: side == "station" and type(heard.body).__name__ == name
    run(rig)
    ended(rig, Ending.ANSWER_TIMEOUT)


def other_session(name: str, setup: NewerSetup) -> None:
    rig = full(rig_of(setup))
    reaches(rig, name)

    def turn(heard: Heard) -> Heard:
        fits = type(heard.body).__name__ == name
        return replace(heard, session_id=bytes(7) + b"y") if fits else heard

    rig.twist = turn
    run(rig)
    ended(rig, Ending.UNKNOWN_SESSION)
    gave_up(rig)


TWINS: Final[dict[str, tuple[str, Callable[[str, NewerSetup], None]]]] = {
    "failed": ("FAILED -> over, safe", failed),
    "withheld": ("withheld -> over in time, safe", withheld),
    "session": ("another session id -> over, safe", other_session),
}


def cases() -> list[Case]:
    rows = [
        Case(f"{PREFIX}{number}", f"-20 vehicle; {title}", play, SETUPS.get(number, DC))
        for number, (title, play) in ROWS.items()
    ]
    rows += [
        Case(f"TWIN-EVCC20-AC-{number}", f"-20 vehicle, AC; {ROWS[number][0]}", ROWS[number][1], AC)
        for number in IN_AC
    ]
    twins = [
        Case(
            f"TWIN-EVCC20-{service}-{name}-{kind}",
            f"-20 vehicle, {service}; {name} {title}",
            partial(play, name),
            setup,
            (name, kind),
            kind=f"-20; an answer {title}",
        )
        for service, setup in (("DC", DC), ("AC", AC))
        for name in _answers(service)
        for kind, (title, play) in TWINS.items()
        if not (kind == "session" and name == "SessionSetupRes")
    ]
    return rows + twins
