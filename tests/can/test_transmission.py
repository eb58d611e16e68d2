"""Published values go out cyclically and at once, flagged and protected."""

from itertools import pairwise

import cantools
import pytest
from cantools.autosar.end_to_end import check_profile5_crc

from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from can_adapter.bus import BusState, CanFrame
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.drivers.timing import BusTiming
from can_adapter.matrix.configured import load_matrix
from can_adapter.matrix.model import shipped_matrix
from can_adapter.signals.values import ContactorRequest, OfferedModes, SessionState
from can_adapter.vehicle.bus import ScheduleRows, open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig
from can_adapter.vehicle.report import (
    Requests,
    ScheduleRow,
    SessionStatus,
    StationIdentity,
    StationLimits,
    StationPresent,
)
from csm.randomness import SeededRandomness
from tests.can.worlds import VehicleWorld


class Recording(VehicleWorld):
    """With a foreign listener on the bus that knows nothing of our code."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[tuple[int, CanFrame]] = []
        self.bus.tap(lambda when, _, frame: self.frames.append((when, frame)))
        self.bus.attach("listener")
        self.database = cantools.database.load_file(shipped_matrix("evcc.dbc"))

    def times(self, name: str) -> list[int]:
        assert isinstance(self.database, cantools.database.can.Database)
        number = self.database.get_message_by_name(name).frame_id
        return [when for when, frame in self.frames if frame.id == number]

    def last(self, name: str) -> dict[str, object]:
        assert isinstance(self.database, cantools.database.can.Database)
        message = self.database.get_message_by_name(name)
        data = next(
            frame.data for _, frame in reversed(self.frames) if frame.id == message.frame_id
        )
        decoded = message.decode(data)
        assert isinstance(decoded, dict)
        return {
            signal: str(value) if hasattr(value, "name") else value
            for signal, value in decoded.items()
        }


def test_nothing_is_sent_before_the_start_and_after_the_stop() -> None:
    world = Recording()
    world.ecu.publisher.publish(Requests(contactor_request=ContactorRequest.CLOSE))
    world.run_for(1 * S)
    assert world.frames == []
    world.ecu.publisher.start()
    world.run_for(1 * S)
    assert world.frames
    world.ecu.publisher.stop()
    world.run_for(10 * MS)
    count = len(world.frames)
    world.run_for(1 * S)
    assert len(world.frames) == count


def test_cyclic_messages_keep_their_phase_for_an_hour() -> None:
    world = Recording()
    world.ecu.publisher.start()
    world.run_for(10 * S)
    times = world.times("EVCC_Requests")
    spacing = {later - earlier for earlier, later in pairwise(times)}
    assert spacing <= {20 * MS, 20 * MS + 100_000, 20 * MS - 100_000}
    assert len(world.times("EVCC_Requests")) == 500
    assert len(world.times("EVCC_State")) == 100
    assert len(world.times("EVCC_Metering")) == 10


def test_messages_do_not_start_in_one_burst() -> None:
    world = Recording()
    world.ecu.publisher.start()
    world.run_for(20 * MS)
    whens = [when for when, _ in world.frames][:12]
    assert len(set(whens)) == len(whens)
    assert max(whens) - min(whens) > 5 * MS


def test_values_and_flags_arrive_as_cantools_reads_them() -> None:
    world = Recording()
    publisher = world.ecu.publisher
    publisher.publish(
        StationLimits(evse_maximum_current_limit=500.0, evse_minimum_voltage_limit=150)
    )
    publisher.publish(SessionStatus(session_state=SessionState.CHARGING, tls_active=True))
    publisher.start()
    world.run_for(200 * MS)
    limits = world.last("EVCC_StationLimits")
    assert limits["EvseMaxCurrentLimit"] == 500.0
    assert limits["EvseMaxCurrentLimitFlag"] == "Valid"
    assert limits["EvseMinVoltageLimit"] == 150.0
    assert limits["EvseMaxPowerLimitFlag"] == "NotValid"
    session = world.last("EVCC_Session")
    assert session["SessionState"] == "Charging"
    assert session["TlsActive"] == 1


def test_a_value_taken_back_loses_its_flag_and_falls_to_its_initial_value() -> None:
    world = Recording()
    world.ecu.publisher.start()
    world.ecu.publisher.publish(StationPresent(evse_present_voltage=400.0))
    world.run_for(50 * MS)
    assert world.last("EVCC_StationPresent")["EvsePresentVoltage"] == 400.0
    world.ecu.publisher.publish(StationPresent())
    world.run_for(50 * MS)
    assert world.last("EVCC_StationPresent")["EvsePresentVoltage"] == 0.0
    assert world.last("EVCC_StationPresent")["EvsePresentVoltageFlag"] == "NotValid"


def test_a_change_goes_out_at_once_and_the_cycle_keeps_its_phase() -> None:
    world = Recording()
    world.ecu.publisher.start()
    world.run_for(13 * MS)
    world.ecu.publisher.publish(Requests(contactor_request=ContactorRequest.CLOSE))
    before = len(world.times("EVCC_Requests"))
    world.run_for(1 * MS)
    assert len(world.times("EVCC_Requests")) == before + 1
    world.run_for(10 * MS)
    assert world.times("EVCC_Requests")[-1] == 20 * MS + 100_000


def test_changes_in_a_row_keep_the_smallest_distance_and_the_last_one_wins() -> None:
    world = Recording()
    world.ecu.publisher.start()
    world.run_for(11 * MS)
    for tenth in range(40):
        world.ecu.publisher.publish(StationPresent(evse_present_voltage=400 + tenth / 10))
        world.run_for(1 * MS)
    times = world.times("EVCC_StationPresent")
    assert all(later - earlier >= 9 * MS for earlier, later in pairwise(times))
    world.run_for(20 * MS)
    assert world.last("EVCC_StationPresent")["EvsePresentVoltage"] == pytest.approx(403.9)


def test_publishing_the_same_again_sends_nothing_extra() -> None:
    world = Recording()
    world.ecu.publisher.start()
    part = Requests(contactor_request=ContactorRequest.OPEN, keep_awake_request=True)
    world.ecu.publisher.publish(part)
    world.run_for(100 * MS)
    before = len(world.times("EVCC_Requests"))
    for _ in range(100):
        world.ecu.publisher.publish(part)
        world.run_for(1 * MS)
    assert len(world.times("EVCC_Requests")) == before + 5, "only the cycles"


def test_a_change_that_no_bit_carries_sends_nothing_extra() -> None:
    world = Recording()
    world.ecu.publisher.publish(StationPresent(evse_present_voltage=400.0))
    world.ecu.publisher.start()
    world.run_for(100 * MS)
    before = len(world.times("EVCC_StationPresent"))
    for step in range(100):
        world.ecu.publisher.publish(StationPresent(evse_present_voltage=400.0 + step / 1e6))
        world.run_for(1 * MS)
    assert len(world.times("EVCC_StationPresent")) == before + 5, "only the cycles"


def test_a_flag_alone_is_a_change() -> None:
    world = Recording()
    world.ecu.publisher.start()
    world.run_for(13 * MS)
    initial = world.last("EVCC_StationPresent")
    before = len(world.times("EVCC_StationPresent"))
    world.ecu.publisher.publish(StationPresent(evse_present_voltage=0.0))
    world.run_for(1 * MS)
    assert len(world.times("EVCC_StationPresent")) == before + 1
    valid = {**initial, "EvsePresentVoltageFlag": "Valid"}
    assert world.last("EVCC_StationPresent") == valid


def test_protected_messages_carry_checksum_and_counter() -> None:
    world = Recording()
    world.ecu.publisher.start()
    world.run_for(6 * S)
    data = [frame.data for _, frame in world.frames if frame.id == 0x090]
    assert [one[2] for one in data] == [index % 256 for index in range(len(data))]
    assert len(data) > 256
    assert all(check_profile5_crc(one, 0x190) for one in data)


def test_numbers_beyond_a_signal_are_held_at_its_end() -> None:
    world = Recording()
    world.ecu.publisher.publish(
        StationLimits(evse_maximum_power_limit=9e6, evse_maximum_current_limit=-5.0)
    )
    world.ecu.publisher.start()
    world.run_for(150 * MS)
    assert world.last("EVCC_StationLimits")["EvseMaxPowerLimit"] == 5_000_000
    assert world.last("EVCC_StationLimits")["EvseMaxCurrentLimit"] == 0


def test_not_a_number_is_no_value() -> None:
    world = Recording()
    world.ecu.publisher.publish(StationPresent(evse_present_voltage=float("nan")))
    world.ecu.publisher.start()
    world.run_for(50 * MS)
    assert world.last("EVCC_StationPresent")["EvsePresentVoltageFlag"] == "NotValid"


def test_sets_of_modes_are_bits() -> None:
    world = Recording()
    world.ecu.publisher.publish(
        SessionStatus(offered_modes=OfferedModes.DC_EXTENDED | OfferedModes.DC)
    )
    world.ecu.publisher.start()
    world.run_for(150 * MS)
    assert world.last("EVCC_Session")["OfferedModes"] == 0x0208


def test_texts_travel_in_turns_on_a_multiplexed_message() -> None:
    world = Recording()
    identity = StationIdentity(
        evse_id="DE*PWR*E0000123456789", meter_id="METER-7", session_id="0123456789ABCDEF"
    )
    world.ecu.publisher.publish(identity)
    world.ecu.publisher.start()
    seen: dict[str, object] = {}
    for _ in range(40):
        world.run_for(100 * MS)
        if world.times("EVCC_StationIdentity"):
            seen |= world.last("EVCC_StationIdentity")

    def text(name: str, pieces: int) -> str:
        octets = b""
        for piece in range(pieces):
            number = seen[f"{name}{piece}"]
            assert isinstance(number, int)
            octets += number.to_bytes(8, "little")
        return octets.rstrip(b"\0").decode()

    assert text("EvseId", 5) == identity.evse_id
    assert text("MeterId", 4) == identity.meter_id
    assert text("SessionId", 2) == identity.session_id
    assert seen["EvseTimeFlag"] == "NotValid"


def test_a_schedule_is_shown_row_by_row() -> None:
    world = Recording()
    world.ecu.publisher.start()
    rows = ScheduleRows(world.scheduler, world.ecu.publisher)
    rows.show(
        [
            ScheduleRow(
                schedule_row=number,
                schedule_rows=3,
                schedule_row_start=900 * number,
                schedule_row_power=11_000.0 * number,
            )
            for number in range(3)
        ]
    )
    seen = set()
    for _ in range(10):
        world.run_for(100 * MS)
        row = world.last("EVCC_ScheduleRow")
        seen.add((row["ScheduleRow"], row["ScheduleRowStart"], row["ScheduleRowPower"]))
    assert seen == {(0, 0, 0), (1, 900, 11_000), (2, 1800, 22_000)}
    rows.show([])
    world.run_for(200 * MS)
    assert world.last("EVCC_ScheduleRow")["ScheduleRowFlag"] == "NotValid"


def test_a_bus_that_is_off_refuses_frames_and_they_are_counted() -> None:
    world = Recording()
    world.ecu.publisher.start()
    world.run_for(100 * MS)
    world.bus.shorted = True
    world.run_for(100 * MS)
    states = [world.ecu.canif.state]
    assert states[-1] is BusState.OFF
    assert world.ecu.publisher.counters.refused > 0
    world.bus.shorted = False
    world.run_for(3 * S)
    assert world.ecu.canif.state is BusState.ACTIVE


def test_where_waking_up_costs_something_all_frames_go_out_with_the_fastest() -> None:
    """An ECU that sends a frame each 20 ms wakes for no other of its own."""
    scheduler = Scheduler(VirtualClock(), lenient=True)
    bus = SimulatedBus(scheduler, SeededRandomness(1), BusTiming(fixed=1_000))
    ecu = open_vehicle_bus(scheduler, bus.attach("EVCC"), VehicleCanConfig())
    bus.attach("listener")
    times: dict[int, list[int]] = {}
    bus.tap(lambda when, _who, frame: times.setdefault(frame.id, []).append(when // MS))
    scheduler.run(7 * MS)
    ecu.publisher.start()
    scheduler.run(10 * S)
    moments = {when for found in times.values() for when in found}
    assert 490 <= len(moments) <= 510
    matrix = load_matrix(VehicleCanConfig())[0]
    for spec in matrix.sent_by("EVCC"):
        expected = 10 * S // spec.cycle
        assert expected - 1 <= len(times[spec.id]) <= expected + 1
    slow = [found[3] % 100 for found in times.values() if 90 <= len(found) <= 101]
    assert len(set(slow)) > 1, "not all in one burst"
