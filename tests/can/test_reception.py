"""A value is there while its message is fresh, trusted, flagged and in range; else it is absent."""

from collections.abc import Callable
from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from bsw.os.clock import MS, S
from can_adapter.bus import CanFrame
from can_adapter.config import MessageConfig, RecoveryConfig
from can_adapter.signals.e2e import E2eState, E2eStatus
from can_adapter.signals.quality import (
    FrameMalformed,
    ProtectionLost,
    ProtectionRegained,
    Quality,
    ReceptionEvent,
    Returned,
    TimedOut,
    ValueRefused,
)
from can_adapter.signals.transmit import Outbound
from can_adapter.signals.values import ContactorState, EvErrorCode, StopRequest
from can_adapter.vehicle.bus import VEHICLE_VALUES
from can_adapter.vehicle.config import VehicleCanConfig
from can_adapter.vehicle.values import (
    Battery,
    Contactors,
    Limits,
    Permission,
    Targets,
    VehicleSnapshot,
)
from tests.can.worlds import VehicleWorld


class Listening(VehicleWorld):
    """With the events of reception written down."""

    def __init__(self, config: VehicleCanConfig | None = None) -> None:
        super().__init__(config)
        self.events: list[ReceptionEvent] = []
        self.ecu.signals.observe(self.events.append)

    @property
    def state(self) -> VehicleSnapshot:
        return self.ecu.signals.state

    def of(self, role: str) -> object:
        """One value as the state has it."""
        state = self.state
        groups = (getattr(state, group.name) for group in fields(state))
        return next(getattr(group, role) for group in groups if hasattr(group, role))

    def about(self, message: str) -> list[ReceptionEvent]:
        return [
            event
            for event in self.events
            if not isinstance(event, ValueRefused) and event.message == message
        ]


def speaking(*parts: object, node: str = "BMS") -> tuple[Listening, Outbound[object]]:
    world = Listening()
    sender = world.node(node)
    for part in parts:
        sender.publish(part)
    sender.start()
    return world, sender


def test_before_the_first_frame_every_value_is_absent_but_its_initial_value_is_known() -> None:
    world = Listening()
    for group in fields(world.state):
        values = getattr(world.state, group.name)
        assert all(getattr(values, entry.name) is None for entry in fields(values))
    reading = world.ecu.signals.reading("ev_error_code")
    assert (reading.quality, reading.value) == (Quality.NEVER, None)
    assert reading.last is EvErrorCode.NO_DATA
    assert reading.message == "BMS_Battery"


def test_a_value_comes_with_its_frame() -> None:
    world, _ = speaking(Battery(soc=41.3, energy_capacity=77_000))
    world.run_for(150 * MS)
    assert world.of("soc") == 41.3
    assert world.of("energy_capacity") == 77_000.0
    assert world.of("energy_request") is None, "its flag says so"
    assert world.ecu.signals.reading("energy_request").quality is Quality.FLAGGED
    assert world.ecu.signals.reading("soc").quality is Quality.FRESH


def test_the_state_stays_the_same_object_while_nothing_changes() -> None:
    world, bms = speaking(Battery(soc=41.0))
    world.run_for(150 * MS)
    first = world.state
    world.run_for(100 * MS)
    assert world.state is first
    bms.publish(Battery(soc=42.0))
    world.run_for(100 * MS)
    assert world.state is not first
    assert world.state.targets is first.targets, "other groups are not built anew"
    assert first.battery.soc == 41.0, "what was handed out does not change"


def test_who_wants_to_know_is_called_once_per_change() -> None:
    world, bms = speaking(Battery(soc=41.0), Limits(max_current_limit=500))
    world.run_for(200 * MS)
    calls: list[int] = []
    world.ecu.signals.on_change(lambda: calls.append(world.scheduler.now))
    world.run_for(500 * MS)
    assert calls == [], "a hundred frames that say nothing new"
    bms.publish(Battery(soc=42.0, energy_request=30_000))
    world.run_for(150 * MS)
    assert len(calls) == 1


def test_a_message_times_out_after_five_cycles_to_the_nanosecond() -> None:
    world, bms = speaking(Battery(soc=41.0))
    world.run_for(250 * MS)
    bms.stop()
    last = world.ecu.signals.reading("soc").age
    assert last is not None
    seen = world.scheduler.now - last
    world.scheduler.run(seen + 500 * MS - 1)
    assert world.of("soc") == 41.0
    world.scheduler.run(seen + 500 * MS)
    assert world.of("soc") is None
    assert world.ecu.signals.reading("soc").quality is Quality.STALE
    assert world.ecu.signals.reading("soc").last == 41.0
    assert world.about("BMS_Battery") == [TimedOut("BMS_Battery", 500 * MS)]


def test_an_old_value_is_not_handed_out_even_if_the_alarm_comes_late() -> None:
    world, bms = speaking(Battery(soc=41.0))
    world.run_for(250 * MS)
    bms.stop()
    seen: list[float | None] = []

    def busy() -> None:  # a task that takes far too long: time passes, no alarm can ring
        world.scheduler.clock.wait_until(world.scheduler.now + 600 * MS)
        seen.append(world.state.battery.soc)

    world.scheduler.after(10 * MS, busy, name="busy")
    world.run_for(20 * MS)
    assert seen == [None]


def test_a_message_that_comes_back_brings_its_values_back() -> None:
    world, bms = speaking(Battery(soc=41.0))
    world.run_for(250 * MS)
    bms.stop()
    world.run_for(1 * S)
    bms.start()
    world.run_for(150 * MS)
    assert world.of("soc") == 41.0
    assert world.about("BMS_Battery") == [
        TimedOut("BMS_Battery", 500 * MS),
        Returned("BMS_Battery"),
    ]


def test_a_message_that_never_comes_is_told_after_the_first_timeout() -> None:
    world = Listening()
    world.run_for(999 * MS)
    assert world.events == []
    world.run_for(5 * S)
    names = {event.message for event in world.events if isinstance(event, TimedOut)}
    received = {spec.name for spec in world.matrix if spec.sender != "EVCC"}
    assert names == received
    assert len(world.events) == len(received), "each once"


def test_one_stopped_message_takes_away_its_own_values_only() -> None:
    world, _bms = speaking(Battery(soc=41.0), Limits(max_current_limit=500))
    world.run_for(250 * MS)
    world.bus.interference = lambda frame, _: None if frame.id == 0x0A2 else frame
    world.run_for(250 * MS)
    assert world.of("max_current_limit") is None
    assert world.of("soc") == 41.0


def test_a_configured_timeout_wins_over_the_cycles() -> None:
    config = VehicleCanConfig(messages={"BMS_Battery": MessageConfig(timeout=150 * MS)})
    world = Listening(config)
    bms = world.node("BMS")
    bms.publish(Battery(soc=41.0))
    bms.start()
    world.run_for(250 * MS)
    bms.stop()
    world.run_for(151 * MS)
    assert world.of("soc") is None


def test_stretched_cycles_stretch_the_timeouts() -> None:
    world = Listening(VehicleCanConfig(cycle_stretch=10))
    bms = world.node("BMS")
    bms.publish(Battery(soc=41.0))
    bms.start()
    world.run_for(2500 * MS)
    bms.stop()
    world.run_for(4 * S)
    assert world.of("soc") == 41.0
    world.run_for(1 * S)
    assert world.of("soc") is None


def raw_battery(world: Listening, **raws: int) -> None:
    """A battery frame with raw numbers in it, as only a broken sender would send it."""
    spec = world.matrix.message("BMS_Battery")
    assert spec is not None
    image = 0
    for name, raw in raws.items():
        signal = spec.signal(name)
        assert signal is not None
        image |= (raw & (1 << signal.length) - 1) << signal.start
    frame = CanFrame(spec.id, image.to_bytes(64, "little"))
    world.bus.attach(f"broken {world.scheduler.now}").send(frame)
    world.run_for(MS)


def test_a_value_out_of_range_is_absent_and_told_once() -> None:
    world = Listening()
    raw_battery(world, Soc=1001)
    raw_battery(world, Soc=1002)
    assert world.of("soc") is None
    assert world.ecu.signals.reading("soc").quality is Quality.REFUSED
    assert world.events == [ValueRefused("soc", "BMS_Battery", (1001,))]
    raw_battery(world, Soc=1000)
    assert world.of("soc") == 100.0
    raw_battery(world, Soc=1001)
    assert len(world.events) == 2, "it was good in between"


def test_a_number_without_a_meaning_is_no_value() -> None:
    world = Listening()
    raw_battery(world, EvErrorCode=15)
    assert world.of("ev_error_code") is None
    assert world.events == [ValueRefused("ev_error_code", "BMS_Battery", (15,))]


@given(st.binary(min_size=64, max_size=64))
def test_no_frame_whatsoever_gives_a_value_out_of_its_range(octets: bytes) -> None:
    world = Listening()
    for spec in world.matrix:
        if spec.sender != "EVCC" and spec.e2e is None:
            world.bus.attach(spec.name).send(CanFrame(spec.id, octets))
    world.run_for(20 * MS)
    for role in world.ecu.signals.roles:
        value = world.ecu.signals.reading(role).value
        if isinstance(value, float):
            declared = _declared(role)
            assert declared[0] <= value <= declared[1], role


def _declared(role: str) -> tuple[float, float]:
    found = VEHICLE_VALUES.roles[role]
    return found.low, found.high


def test_a_frame_that_is_too_short_changes_nothing_and_is_told_once() -> None:
    world, bms = speaking(Battery(soc=41.0))
    world.run_for(250 * MS)
    bms.stop()
    port = world.bus.attach("short")
    for _ in range(4):
        port.send(CanFrame(0x1A0, bytes(48)))
        world.run_for(50 * MS)
    assert world.of("soc") == 41.0
    world.run_for(400 * MS)
    assert world.of("soc") is None, "short frames keep nothing fresh"
    assert world.events[0] == FrameMalformed("BMS_Battery", 48)
    assert len([event for event in world.events if isinstance(event, FrameMalformed)]) == 1


def corrupt(number: int) -> Callable[[CanFrame, str], CanFrame]:
    """A wire that turns one bit of one message over."""

    def meddle(frame: CanFrame, _sender: str) -> CanFrame:
        if frame.id != number:
            return frame
        return CanFrame(frame.id, frame.data[:-1] + bytes([frame.data[-1] ^ 1]))

    return meddle


def test_wrong_checksums_take_the_permission_away() -> None:
    world, _ = speaking(
        Permission(charge_permission=True, stop_request=StopRequest.NONE), node="VCU"
    )
    world.run_for(250 * MS)
    assert world.of("charge_permission") is True
    world.bus.interference = corrupt(0x080)
    world.run_for(60 * MS)
    assert world.of("charge_permission") is None
    assert world.ecu.signals.reading("charge_permission").quality is Quality.UNTRUSTED
    assert world.about("VCU_Permission") == [ProtectionLost("VCU_Permission", E2eStatus.ERROR)]
    world.run_for(1 * S)
    assert len(world.about("VCU_Permission")) == 1, "one fault, told once"
    world.bus.interference = None
    world.run_for(100 * MS)
    assert world.of("charge_permission") is True
    assert world.about("VCU_Permission")[1:] == [ProtectionRegained("VCU_Permission")]


def test_one_wrong_checksum_is_skipped_and_nothing_is_lost() -> None:
    world, _ = speaking(Targets(target_current=100.0))
    world.run_for(100 * MS)
    world.bus.interference = corrupt(0x0A1)
    world.run_for(10 * MS)
    world.bus.interference = None
    world.run_for(100 * MS)
    assert world.of("target_current") == 100.0
    assert world.events == []
    checker = world.ecu.signals.protection("BMS_Targets")
    assert checker is not None
    assert checker.counts[E2eStatus.ERROR] == 1
    assert checker.state is E2eState.VALID


def test_a_sender_that_hangs_and_repeats_itself_loses_trust() -> None:
    world, bms = speaking(Targets(target_current=100.0))
    stuck: list[CanFrame] = []

    def hang(frame: CanFrame, _sender: str) -> CanFrame:
        if frame.id != 0x0A1:
            return frame
        stuck.append(frame)
        return stuck[10] if len(stuck) > 10 else frame

    world.bus.interference = hang
    world.run_for(190 * MS)
    assert world.of("target_current") == 100.0
    bms.publish(Targets(target_current=20.0))
    world.run_for(120 * MS)
    assert world.of("target_current") is None
    assert world.about("BMS_Targets") == [ProtectionLost("BMS_Targets", E2eStatus.REPEATED)]


def test_a_message_of_another_data_id_is_never_believed() -> None:
    """Masquerading: a right frame under the wrong identifier."""
    world, _ = speaking(Targets(target_current=100.0), Contactors(link_voltage=400.0))

    def mixed_up(frame: CanFrame, _sender: str) -> CanFrame:
        return CanFrame(0x0A1, frame.data) if frame.id == 0x0A0 else frame

    world.bus.interference = mixed_up
    world.run_for(1 * S)
    assert world.of("link_voltage") is None


def test_lost_frames_within_the_window_do_no_harm() -> None:
    world, _ = speaking(Contactors(contactor_state=ContactorState.OPEN))
    world.run_for(100 * MS)
    count = [0]

    def every_second(frame: CanFrame, _sender: str) -> CanFrame | None:
        count[0] += 1
        return None if count[0] % 2 else frame

    world.bus.interference = every_second
    world.run_for(2 * S)
    assert world.of("contactor_state") is ContactorState.OPEN
    checker = world.ecu.signals.protection("BMS_Contactors")
    assert checker is not None
    assert checker.counts[E2eStatus.LOST] > 10


def test_random_loss_of_a_third_of_all_frames_is_survived() -> None:
    world, _ = speaking(Limits(max_current_limit=500.0), Battery(soc=41.0))
    world.bus.loss = 0.1
    world.run_for(20 * S)
    assert world.of("max_current_limit") == 500.0
    assert world.of("soc") == 41.0


def test_after_close_nothing_is_received() -> None:
    world, bms = speaking(Battery(soc=41.0))
    world.run_for(150 * MS)
    world.ecu.signals.close()
    bms.publish(Battery(soc=50.0))
    world.run_for(150 * MS)
    assert world.ecu.signals.reading("soc").last == 41.0
    assert RecoveryConfig().recovery().quick == 50 * MS
