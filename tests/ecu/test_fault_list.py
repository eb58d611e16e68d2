"""The fault list: safe in time, the right trouble code with its circumstances, and healthy again.

One bench serves many faults one after the other: each test leaves it charging, so each test also
proves that the session after a fault works.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from bsw.cp.pilot import Drive, F, Pilot, PilotState
from bsw.dem.events import Severity, Status
from can_adapter.signals.values import ContactorState, EvErrorCode, LockState
from evcc.health.events import battery_error, out_of_range, protection, timeout
from tests.ecu.benches import EcuBench
from tests.ecu.kinds import AC, BASIC, DC, DIN, KINDS, Kind
from tools.bench.hardware.faults import OUT_OF_RANGE, PROTECTED, PROTECTION_FAULTS, faults

FAULTS = faults()
Hand = Callable[[EcuBench], None]


@dataclass(frozen=True)
class Case:
    """``within`` seconds from the fault to no current; ``also``: codes that may follow from it.

    ``kinds`` of charging it applies to.  What the bus layer notices without knowing what is
    charged is tried in full with one kind, and with one example in the others.
    """

    name: str
    event: str
    within: float = 1.5
    also: frozenset[str] = frozenset()
    make: Hand | None = None
    mend: Hand | None = None
    kinds: tuple[Kind, ...] = KINDS

    def begin(self, bench: EcuBench) -> None:
        bench.make(FAULTS[self.name]) if self.make is None else self.make(bench)

    def end(self, bench: EcuBench) -> None:
        bench.mend(FAULTS[self.name]) if self.mend is None else self.mend(bench)


CONSEQUENCES = {
    "PILOT_UNAVAILABLE",  # a station answers an abrupt end with state F
    "PILOT_SHORT",
    "SESSION_VEHICLE_FAULT",
    "SESSION_PILOT_FAULT",
    "SESSION_INTERNAL_FAULT",
    "SESSION_CONTACTOR_FAULT",
    "SESSION_CONDITION_TIMEOUT",
}
AFTERWARDS = {"PowerDelivery"}
"""The session hears of a battery's error from the same frame, and may be a step ahead."""
AT_ONCE = 0.25
DIRECT, ALTERNATING = (DC, DIN), (AC, BASIC)
NEEDED = ("VCU_Permission", "VCU_Status", "BMS_Contactors", "BMS_Targets", "BMS_Limits",
          "BMS_Battery", "INLET_State")  # fmt: skip


def _missing() -> Iterator[Case]:
    for message in NEEDED:
        yield Case(f"{message} missing", timeout(message))
        also = frozenset(all_lengths())
        yield Case(f"{message} short", timeout(message), also=also, kinds=(DC,))


def all_lengths() -> set[str]:
    return {f"CAN_LENGTH_{message.upper()}" for message in NEEDED}


def _protection() -> Iterator[Case]:
    for message in PROTECTED:
        for kind, _ in PROTECTION_FAULTS:
            kinds = KINDS if kind == "checksum" else (DC,)
            also = frozenset({timeout(message)})
            yield Case(f"{message} {kind}", protection(message), also=also, kinds=kinds)


def _ranges() -> Iterator[Case]:
    for message, signal, _ in OUT_OF_RANGE:
        if message not in {"EMS_MobilityNeeds", "INLET_State"}:
            kinds = KINDS if signal in {"Soc", "StopRequest"} else (DC,)
            yield Case(f"{signal} out of range", out_of_range(message), kinds=kinds)


def _battery_errors() -> Iterator[Case]:
    for code in EvErrorCode:
        if code is not EvErrorCode.NO_ERROR:
            kinds = KINDS if code is EvErrorCode.RESS_MALFUNCTION else (DC, DIN)
            yield Case(f"BMS reports {code.value}", battery_error(code), kinds=kinds)


def _bus(*, shorted: bool) -> Hand:
    def act(bench: EcuBench) -> None:
        bench.vehicle_bus.shorted = shorted

    return act


def _pilot(drive: Drive) -> Hand:
    return lambda bench: bench.cable.source(drive)


def _short(bench: EcuBench) -> None:
    """The vehicle measures state E; the station, which would answer with F, sees nothing."""
    bench.cable.vehicle.feed(Pilot(PilotState.E))


def _leave(_bench: EcuBench) -> None:
    """Pulling the plug mends it."""


def _rest(bench: EcuBench) -> None:
    """The motor rests before it may unlock, and again before it may lock."""
    bench.unplug()
    bench.run(4.0)


def _heat(degrees: float) -> Hand:
    def act(bench: EcuBench) -> None:
        bench.vehicle.inlet.state.defects.heat = degrees

    return act


def _lock(bench: EcuBench) -> None:
    bench.vehicle.inlet.state.lock = LockState.UNLOCKED


ALL_TIMEOUTS = frozenset(timeout(message) for message in
                         (*NEEDED, "VCU_Selection", "EMS_MobilityNeeds", "OBC_Limits",
                          "OBC_Present"))  # fmt: skip

CASES = (
    *_missing(),
    *_protection(),
    *_ranges(),
    *_battery_errors(),
    Case("stop request Fast", "VEHICLE_FAST_STOP"),
    Case("stop request Emergency", "VEHICLE_EMERGENCY_STOP", AT_ONCE),
    Case("crash", "CRASH", AT_ONCE),
    Case("interlock open", "INTERLOCK_OPEN", AT_ONCE, frozenset({"CONTACTOR_ALONE"})),
    Case("not in Park", "NOT_IN_PARK"),
    Case("stop button", "STOP_SWITCH", 4.0, frozenset({"STOP_SWITCH_SHORT"})),
    Case("connector button", "PROXIMITY_BUTTON", AT_ONCE),
    Case("plug fault", "PLUG_FAULT", AT_ONCE),
    Case("inlet too hot", "TEMPERATURE_CRITICAL", AT_ONCE,
         frozenset({"TEMPERATURE_DC_1", "TEMPERATURE_DC_2"})),
    Case("inlet at its limit", "TEMPERATURE_DC_1", 1.5, frozenset({"TEMPERATURE_DC_2"}),
         _heat(72.0), _heat(0.0), DIRECT),
    Case("temperature sensor lost", "SENSORS_DC_LOST", 2.0,
         frozenset({"SENSOR_DC_1_OPEN", "SENSOR_DC_2_OPEN"}), kinds=DIRECT),
    Case("inlet voltage misread", "VOLTAGE_MISMATCH", 2.0, kinds=DIRECT),
    Case("contactor feedback lies", "CONTACTOR_FAULT", 1.5,
         frozenset({"CONTACTOR_CONTRADICTION", "CONTACTOR_WELDED", "CONTACTOR_ALONE"}),
         kinds=DIRECT),
    Case("lock opens", "LOCK_LOST", AT_ONCE, frozenset({"LOCK_FEEDBACK"}), _lock, _rest),
    Case("BMS silent", timeout("BMS_Targets"), 1.5, ALL_TIMEOUTS),
    Case("VCU silent", timeout("VCU_Permission"), 1.5, ALL_TIMEOUTS),
    Case("INLET silent", timeout("INLET_State"), 1.5, ALL_TIMEOUTS),
    Case("bus-off", "CAN_BUS_OFF", 2.0, ALL_TIMEOUTS | {"VOLTAGE_MISMATCH", "CONTACTOR_ALONE"},
         _bus(shorted=True), _bus(shorted=False)),
    Case("pilot E", "PILOT_SHORT", AT_ONCE, make=_short, mend=_leave),
    Case("pilot F", "PILOT_UNAVAILABLE", AT_ONCE, make=_pilot(F), mend=_leave),
)  # fmt: skip


@dataclass
class Garage:
    """Keeps a bench of each kind as long as it is healthy."""

    benches: dict[str, EcuBench] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def take(self, kind: Kind) -> EcuBench:
        """A bench that charges.  Who leaves it in order gives it back."""
        bench = self.benches.pop(kind.name, None)
        if bench is None:
            bench = kind.make().start()
            bench.run(2)
            bench.dem.listen(lambda event, failed: self.seen.append(event.name) if failed else None)
            bench.charge()
        self.seen.clear()
        return bench

    def give_back(self, kind: Kind, bench: EcuBench) -> None:
        self.benches[kind.name] = bench


@pytest.fixture(scope="module")
def garage() -> Garage:
    return Garage()


def ended(event: str) -> bool:
    """Says how the session ended; the next one that ends well heals it."""
    return event.startswith("SESSION_")


ROWS = [(case, kind) for kind in KINDS for case in CASES if kind in case.kinds]


def test_the_list_is_long() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60
    for kind in KINDS:
        assert sum(kind in case.kinds for case in CASES) >= 25, kind.name


@pytest.mark.parametrize(
    ("case", "kind"), ROWS, ids=[f"{kind.name}: {case.name}" for case, kind in ROWS]
)
def test_a_fault_while_charging(case: Case, kind: Kind, garage: Garage) -> None:
    bench = garage.take(kind)
    case.begin(bench)
    bench.until(lambda: bench.current < 1.0, case.within)
    bench.until(lambda: bench.safe, 1.5)
    bench.run(1.0)
    assert bench.current == 0.0
    assert bench.cable.vehicle.read().state.name not in {"C", "D"}
    assert case.event in garage.seen, bench.told
    assert set(garage.seen) - {case.event} <= CONSEQUENCES | case.also
    remembered = bench.dem.entry(case.event)
    assert Status.CONFIRMED in remembered.status
    frame = remembered.latest
    assert frame is not None
    assert frame["phase"] in {kind.phase, *AFTERWARDS}
    assert frame["time"]
    assert {"soc", "inlet_voltage", "battery_current", "pilot"} <= set(frame)
    case.end(bench)
    bench.unplug()
    bench.until(lambda: not {one for one in bench.standing if not ended(one)}, 4.0, 0.25)
    bench.run(1.0)
    bench.dem.clear()
    assert bench.standing == set()
    bench.charge()
    garage.give_back(kind, bench)


@pytest.mark.parametrize("name", ["OBC_Limits missing", "OBC silent"])
@pytest.mark.parametrize("kind", ALTERNATING, ids=[kind.name for kind in ALTERNATING])
def test_a_charger_not_heard_of_gets_no_current_until_it_speaks_again(
    kind: Kind, name: str, garage: Garage
) -> None:
    bench = garage.take(kind)
    bench.make(FAULTS[name])
    bench.until(lambda: bench.safe, 1.0)
    assert timeout("OBC_Limits") in garage.seen
    remembered = bench.dem.entry(timeout("OBC_Limits"))
    assert remembered.latest is not None
    assert remembered.latest["phase"] == kind.phase
    bench.run(30)
    assert bench.safe
    bench.mend(FAULTS[name])
    bench.until(lambda: bench.charging, 5.0)
    garage.give_back(kind, bench)


NOTED = (
    ("VCU_Selection missing", timeout("VCU_Selection")),
    ("EMS_MobilityNeeds missing", timeout("EMS_MobilityNeeds")),
    ("OBC_Limits missing", timeout("OBC_Limits")),
    ("OBC_Present missing", timeout("OBC_Present")),
    ("TargetSoc out of range", out_of_range("EMS_MobilityNeeds")),
)


@pytest.mark.parametrize(("name", "event"), NOTED, ids=[name for name, _ in NOTED])
def test_a_fault_that_dc_charging_does_not_need_is_noted_only(
    name: str, event: str, garage: Garage
) -> None:
    bench = garage.take(DC)
    bench.make(FAULTS[name])
    bench.until(lambda: bench.dem.stands(event), 7.0)
    assert bench.dem.events[event].severity not in {Severity.STOP, Severity.EMERGENCY}
    assert bench.charging
    bench.mend(FAULTS[name])
    bench.until(lambda: not bench.dem.stands(event), 3.0)
    garage.give_back(DC, bench)


SETUP = (
    ("lock jams", {"LOCK_ERROR"}, 12.0),
    ("positive contactor stuck open", {"CONTACTOR_FAULT"}, 20.0),
    ("negative contactor stuck open", {"CONTACTOR_FAULT"}, 20.0),
    ("cable isolation low", {"SESSION_ISOLATION_FAULT", "SESSION_REFUSED"}, 30.0),
    ("vehicle isolation low", {"ISOLATION_LOW"}, 5.0),
)


@pytest.mark.parametrize(("name", "events", "within"), SETUP, ids=[name for name, _, _ in SETUP])
def test_a_fault_there_before_the_plug(name: str, events: set[str], within: float) -> None:
    bench = EcuBench().start()
    bench.run(2)
    bench.make(FAULTS[name])
    bench.plug()
    bench.until(lambda: any(bench.dem.entry(event).occurrences for event in events), within, 0.1)
    bench.run(3)
    assert bench.current == 0.0
    assert not bench.charging
    bench.mend(FAULTS[name])
    bench.unplug()
    bench.run(7)
    bench.dem.clear()
    assert bench.standing == set()
    bench.charge()


def test_a_pulled_plug_is_an_emergency_and_the_next_plug_charges() -> None:
    bench = EcuBench().start()
    bench.run(2)
    bench.charge()
    bench.unplug()
    bench.run(0.2)
    assert bench.current == 0.0
    bench.run(2)
    assert bench.vehicle.wires.cable.inlet_voltage < 60
    assert {"PLUG_LOST", "PILOT_LOST"} & {n for n in bench.dem.events
                                          if bench.dem.entry(n).occurrences}  # fmt: skip
    bench.run(3)
    bench.dem.clear()
    bench.charge()


def test_welded_contacts_are_seen_and_nothing_is_charged_until_they_are_mended() -> None:
    bench = EcuBench().start()
    bench.run(2)
    bench.charge()
    fault = FAULTS["negative contactor welded"]
    bench.make(fault)
    bench.vehicle.vcu.wishes.charge = False
    bench.until(lambda: bench.dem.stands("CONTACTOR_WELDED"), 20.0, 0.1)
    bench.vehicle.vcu.wishes.charge = True
    bench.unplug()
    bench.run(3)
    bench.plug()
    bench.run(15)
    assert not bench.charging
    assert bench.vehicle.bms.contactors.state is ContactorState.WELDED
    bench.mend(fault)
    bench.vehicle.bms.contactors.negative.closed = False
    bench.unplug()
    bench.run(6)
    bench.dem.clear()
    bench.charge()
