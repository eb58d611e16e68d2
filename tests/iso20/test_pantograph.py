"""An automatic connection device: to its place, down, charge, up - and what may go wrong."""

from dataclasses import replace
from itertools import groupby, pairwise

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages.iso20 import acdp
from bsw.chrgm.modes import Approach, mode_of
from bsw.chrgm.protocols import spoken_applications
from bsw.chrgm.record import Heard
from bsw.cp.pilot import Pilot, PilotState
from bsw.os.clock import S
from can_adapter.signals.quality import Quality, Reading
from can_adapter.signals.values import ContactorState, LockState, PlugState
from can_adapter.signals.values import EnergyTransferMode as OnTheBus
from can_adapter.vehicle.report import Requests
from can_adapter.vehicle.values import VehicleSnapshot
from evcc.health.watches import WATCHES, Bounds, Scene
from evcc.session.handlers.modes import usable
from evcc.session.memory import VolatileMemory
from evcc.session.profile import CONFORMANCE as VEHICLE
from evcc.vehicle import Intent
from secc.api.devices import PantographPosition
from secc.api.literals import EvseError
from secc.session.memory import Memory
from secc.session.profile import CONFORMANCE as STATION
from tools.bench.world.direct import Rig

FIRST = [
    "SessionSetup",
    "ACDPVehiclePositioning",
    "AuthorizationSetup",
    "Authorization",
    "ServiceDiscovery",
    "ServiceDetail",
    "ServiceSelection",
    "DCChargeParameterDiscovery",
    "ScheduleExchange",
    "ACDPConnect",
    "DCCableCheck",
    "DCPreCharge",
    "PowerDelivery",
    "DCChargeLoop",
    "PowerDelivery",
    "DCWeldingDetection",
    "ACDPDisconnect",
    "SessionStop",
]
LATE = [one for one in FIRST if one != "ACDPVehiclePositioning"]
LATE.insert(LATE.index("ServiceSelection") + 1, "ACDPVehiclePositioning")
STATUS = "ACDPSystemStatusReq"


def rig_of(
    mode: str = "DC_ACDP",
    *,
    dynamic: bool = False,
    late: bool = False,
    welding: bool = True,
    vehicle_memory: VolatileMemory | None = None,
    station_memory: Memory | None = None,
) -> Rig:
    vehicle = replace(
        VEHICLE,
        prefers_dynamic=dynamic,
        meets_after_selection=late,
        welding_detection=welding,
        pauses_in_dynamic=False,
    )
    rig = Rig(
        "iso20-acdp",
        mode=mode,
        secure=True,
        vehicle_profile=vehicle,
        station_profile=replace(STATION, meets_after_selection=late),
        vehicle_memory=vehicle_memory,
        station_memory=station_memory,
    )
    rig.station.vehicle_leaf, rig.car.station_leaf = b"vehicle", b"station"
    return rig


def full(rig: Rig, after: int = 40 * S) -> Rig:
    rig.at(after, lambda: setattr(rig.state, "charging_complete", True))
    return rig


def row(rig: Rig) -> list[str]:
    names = (one.removesuffix("Req") for one in rig.names("vehicle") if one != STATUS)
    return [name for name, _ in groupby(names)]


@pytest.mark.parametrize("late", [False, True], ids=["after set-up", "after selection"])
@pytest.mark.parametrize("dynamic", [False, True], ids=["scheduled", "dynamic"])
@pytest.mark.parametrize("mode", ["DC_ACDP", "DC_ACDP_BPT"])
def test_a_session_in_each_order(mode: str, *, dynamic: bool, late: bool) -> None:
    rig = full(rig_of(mode, dynamic=dynamic, late=late)).run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert row(rig) == (LATE if late else FIRST)
    assert rig.electronics.energy > 100
    assert rig.pantograph.position is PantographPosition.HOME
    assert (rig.plug.state, rig.state.contactors_closed) == ("B", False)
    control = {type(body.cl_req_control_mode).__name__ for body in rig.loops()}
    assert len(control) == 1
    assert next(iter(control)).startswith("BPT") is mode.endswith("BPT")


def test_without_welding_detection_it_goes_up_after_power_delivery() -> None:
    rig = full(rig_of(welding=False)).run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert row(rig)[-3:] == ["PowerDelivery", "ACDPDisconnect", "SessionStop"]


def test_the_status_runs_beside_the_row_once_a_second() -> None:
    rig = full(rig_of()).run()
    asked = [at for at, _, heard in rig.said if type(heard.body).__name__ == STATUS]
    assert {later - one for one, later in pairwise(asked)} == {S}
    until = next(at for at, _, heard in rig.said if type(heard.body).__name__ == "SessionStopReq")
    assert asked[-1] + S > until - S
    told = {body.ev_technical_status.ev_immobilization_request for body in rig.bodies(STATUS)}
    assert told == {False, True}
    where = [
        body.evse_mechanical_charging_device_status.value
        for body in rig.bodies("ACDPSystemStatusRes")
    ]
    assert [one for one, _ in groupby(where)][:4] == ["Home", "Moving", "EndPosition", "Moving"]


def test_nothing_comes_down_onto_a_vehicle_that_may_drive_off() -> None:
    rig = rig_of()
    rig.state.immobilized = False
    rig.at(20 * S, lambda: setattr(rig.state, "immobilized", True))
    full(rig, 60 * S).run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    authorized = next(
        at for at, _, heard in rig.said if type(heard.body).__name__ == "AuthorizationSetupReq"
    )
    assert authorized >= 20 * S


def test_a_station_waits_for_the_brake_before_it_lowers_anything() -> None:
    rig = rig_of()

    rig.customer_after = 2 * S
    orders: list[int] = []
    rig.charger.subscribe("pantograph_down", lambda _none: orders.append(rig.scheduler.now))
    rig.charger.subscribe(
        "require_auth_eim", lambda _none: setattr(rig.state, "immobilized", False)
    )
    rig.at(15 * S, lambda: setattr(rig.state, "immobilized", True))
    full(rig, 60 * S).run()
    (lowered,) = orders
    assert lowered >= 15 * S


def test_out_of_reach_nothing_is_authorized() -> None:
    rig = rig_of()
    rig.pantograph.out_of_reach = 400
    rig.run()
    assert rig.ending("station") is Ending.ONGOING_TIMEOUT
    assert "AuthorizationSetupReq" not in rig.names("vehicle")
    last = rig.bodies("ACDPVehiclePositioningRes")[-2]
    assert (last.ev_in_charge_position, last.ev_relative_x_deviation) == (False, 400)


def test_a_pantograph_that_sticks_on_its_way_down_ends_the_session_without_voltage() -> None:
    rig = rig_of()
    rig.pantograph.stuck = True
    rig.run()
    assert rig.ending("station") is Ending.ONGOING_TIMEOUT
    assert "DCCableCheckReq" not in rig.names("vehicle")
    assert rig.electronics.voltage == 0.0
    assert rig.charger.last("pantograph_up") is None
    assert "pantograph_up" in rig.station.published


def test_a_pantograph_that_sticks_on_its_way_up_is_told() -> None:
    rig = full(rig_of())
    rig.at(41 * S, lambda: setattr(rig.pantograph, "stuck", True))
    rig.run()
    assert rig.ending("station") is Ending.ONGOING_TIMEOUT
    assert rig.results["station"].exchange == "ACDP_Disconnect"
    assert rig.plug.state == "B"


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (EvseError.EMERGENCY_SHUTDOWN, Ending.STATION_FAULT),
        (EvseError.MALFUNCTION, Ending.STATION_FAULT),
    ],
)
def test_a_fault_of_the_station_is_heard_beside_the_row(error: EvseError, ending: Ending) -> None:
    """In the cable check no answer of the row could say it."""
    rig = rig_of()
    began: list[int] = []

    def fault(_none: None) -> None:
        began.append(rig.scheduler.now)
        rig.charger.send_error(error=error)

    rig.charger.subscribe("start_cable_check", fault)
    rig.run()
    assert rig.ending("vehicle") in {ending, Ending.REFUSED}
    assert rig.ended_at["vehicle"] - began[0] <= 2 * S
    assert rig.electronics.voltage < 60.0


def test_a_vehicle_that_rolls_away_gets_no_more_energy() -> None:
    rig = rig_of()
    rig.at(40 * S, rig.pantograph.drive_off)
    rig.run()
    stop = next(
        at
        for at, _, heard in rig.said
        if getattr(getattr(heard.body, "charge_progress", None), "value", "") == "Stop"
    )
    assert stop - 40 * S <= 3 * S
    assert rig.pantograph.position is PantographPosition.HOME
    assert rig.electronics.voltage == 0.0


def test_a_vehicle_in_danger_says_so_beside_the_row_and_nothing_flows() -> None:
    rig = rig_of()
    heard: list[str] = []
    rig.charger.subscribe("ev_technical_status", lambda told: heard.append(told.error))

    def forge(one: Heard) -> Heard:
        if not isinstance(one.body, acdp.ACDPSystemStatusReq) or rig.scheduler.now < 30 * S:
            return one
        danger = acdp.ErrorCode.FAILED_EMERGENCY_EVENT
        status = one.body.ev_technical_status.replace(ev_error_code=danger)
        return replace(one, body=one.body.replace(ev_technical_status=status))

    rig.forge = forge
    flowing: list[float] = []
    rig.at(29 * S, lambda: flowing.append(rig.electronics.current))
    rig.run(40 * S)
    assert flowing[0] > 50.0
    assert rig.electronics.current == 0.0
    assert "FAILED_EmergencyEvent" in heard
    assert rig.ending("station") is rig.ending("vehicle") is Ending.REFUSED


def test_a_paused_session_goes_on_in_its_place() -> None:
    memories = VolatileMemory(), Memory()
    first = rig_of(vehicle_memory=memories[0], station_memory=memories[1])
    first.at(40 * S, lambda: setattr(first.state, "intent", Intent.PAUSE))
    first.run()
    assert first.ending("vehicle") is first.ending("station") is Ending.PAUSED
    second = rig_of(vehicle_memory=memories[0], station_memory=memories[1])
    second.pantograph.stand_here()
    full(second).run()
    assert row(second)[:3] == ["SessionSetup", "DCChargeParameterDiscovery", "ScheduleExchange"]
    assert "ACDPConnect" in row(second)
    assert second.ending("vehicle") is Ending.TERMINATED


def test_another_service_lowers_it_once_more() -> None:
    rig = rig_of()
    rig.at(40 * S, rig.charger.renegotiate_service)
    full(rig, 90 * S).run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert row(rig).count("ACDPConnect") == row(rig).count("ACDPDisconnect") == 2
    assert row(rig).count("ACDPVehiclePositioning") == 1


@pytest.mark.parametrize(
    ("mode", "names"),
    [
        ("DC_ACDP", ["urn:iso:std:iso:15118:-20:ACDP"]),
        ("WPT", ["urn:iso:std:iso:15118:-20:WPT"]),
        ("DC_BPT", ["urn:iso:std:iso:15118:-20:DC", "urn:iso:15118:2:2013:MsgDef"]),
    ],
)
def test_what_the_handshake_names(mode: str, names: list[str]) -> None:
    """[V2G20-4107]; protocols that know no such device are not offered for it."""
    known = spoken_applications(("iso20", "iso2"))
    assert [one.namespace for one in usable(known, mode_of(mode))] == names
    assert {(one.major, one.minor) for one in known if one.approach is not Approach.PLUG} == {
        (1, 0)
    }


def lost(mode: str, pilot: PilotState) -> set[str]:
    """What supervision misses while energy flows, with an open lock and no plug in the inlet."""
    silent = VehicleSnapshot()
    told = replace(
        silent,
        selection=replace(silent.selection, energy_transfer_mode=OnTheBus(mode)),
        contactors=replace(silent.contactors, contactor_state=ContactorState.CLOSED),
        inlet=replace(silent.inlet, lock_state=LockState.UNLOCKED, plug_state=PlugState.UNPLUGGED),
    )
    scene = Scene(told, Pilot(pilot), Requests(), lambda _name: Reading(Quality.FRESH), Bounds())
    wanted = {"LOCK_LOST", "PLUG_LOST", "PILOT_LOST"}
    return {one.event for one in WATCHES if one.event in wanted and one.look(scene)}


def test_a_plug_and_its_lock_are_missed_only_where_there_is_one() -> None:
    assert lost("DC_extended", PilotState.C) == {"LOCK_LOST", "PLUG_LOST"}
    assert lost("DC_ACDP", PilotState.C) == set()
    assert lost("DC_ACDP", PilotState.A) == {"PILOT_LOST"}
    assert lost("WPT", PilotState.A) == set()
