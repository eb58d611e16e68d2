"""An integrator's own matrix: mapped by names alone, and every mistake found before the start."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.p01 import e2e_p01_protect

from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError
from bsw.os.clock import MS, VirtualClock
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanFrame
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.drivers.timing import BusTiming
from can_adapter.matrix.configured import load_matrix
from can_adapter.signals.values import (
    ContactorRequest,
    ContactorState,
    EnergyTransferMode,
    ShiftPosition,
)
from can_adapter.vehicle.bus import VehicleBus, open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig
from can_adapter.vehicle.report import Requests, StationPresent
from csm.randomness import SeededRandomness

DATA = Path(__file__).parents[1] / "data" / "can"

HEAD = f"matrix: [{DATA / 'foreign.dbc'}]\nbind: explicit\n"
PERMISSION = "charge_permission: GW_Charge_Release.GW_Release"


class Foreign:
    """The ECU with a foreign maker's matrix, and frames written by hand."""

    def __init__(self) -> None:
        config = load(VehicleCanConfig, (DATA / "foreign.yaml",)).config
        self.scheduler = Scheduler(VirtualClock())
        bus = SimulatedBus(self.scheduler, SeededRandomness(1), BusTiming(fixed=0))
        self.heard: list[CanFrame] = []
        self.node = bus.attach("their battery")
        self.node.listen(self.heard.append)
        self.ecu: VehicleBus = open_vehicle_bus(self.scheduler, bus.attach("ECU"), config)

    def say(self, number: int, octets: str) -> None:
        self.node.send(CanFrame(number, bytes.fromhex(octets), fd=False))
        self.scheduler.run(self.scheduler.now + MS)


def test_values_come_out_of_foreign_frames_in_our_units() -> None:
    world = Foreign()
    # SoC 80.0 % = 800, pack 400.0 V = 4000, current -120 A = -480, closed = 2, inlet 400 V = 2000
    data = bytearray(8)
    bits = (800 << 54) | (4000 << 40) | ((-480 & 0x3FFF) << 26)
    data[:] = bits.to_bytes(8, "big")
    inlet = (2 << 13) | 2000  # bit 47..45 and 44..32, most significant first
    data[5] |= inlet >> 8
    data[6] = inlet & 0xFF
    world.say(792, data.hex())
    limits = 1000 | 820 << 12 | 1500 << 24 | 600 << 36 | 800 << 48 | 1 << 63
    world.say(793, limits.to_bytes(8, "little").hex())
    state = world.ecu.signals.state
    assert state.battery.soc == 80.0
    assert state.contactors.link_voltage == 400.0
    assert state.contactors.present_current == 120.0
    assert state.contactors.contactor_state is ContactorState.CLOSED
    assert state.contactors.contactor_voltage == 400.0
    assert state.limits.max_current_limit == 500.0
    assert state.limits.max_voltage_limit == 410.0
    assert state.limits.max_power_limit == 150_000.0
    assert state.targets.target_current == 300.0
    assert state.targets.target_voltage == 400.0


def test_a_constant_stands_for_a_value_no_signal_carries() -> None:
    state = Foreign().ecu.signals.state
    assert state.battery.energy_capacity == 77_000.0
    assert state.selection.energy_transfer_mode is EnergyTransferMode.DC_EXTENDED
    assert state.permission.charge_permission is None


def test_a_frame_that_is_not_protected_well_is_not_believed() -> None:
    world = Foreign()
    for _ in range(10):
        world.say(1042, "5D010A0000000000")
    assert world.ecu.signals.state.permission.charge_permission is None


def test_a_protected_foreign_frame_is_believed_from_the_second_on() -> None:
    world = Foreign()
    data = bytearray(8)
    data[2] = 2 | 4 << 2 | 1 << 6  # released, gear 4 is drive too, gear valid
    seen = []
    for _ in range(3):
        e2e_p01_protect(data, 0x2A)
        world.say(1042, bytes(data).hex())
        state = world.ecu.signals.state
        seen.append((state.permission.charge_permission, state.status.shift_position))
    assert seen == [(None, None), (True, ShiftPosition.DRIVE), (True, ShiftPosition.DRIVE)]
    data[2] = 1 | 15 << 2 | 1 << 6  # withheld, gear without a meaning
    e2e_p01_protect(data, 0x2A)
    world.say(1042, bytes(data).hex())
    state = world.ecu.signals.state
    assert state.permission.charge_permission is False
    assert state.status.shift_position is None


def test_what_we_tell_is_written_where_the_foreign_matrix_wants_it() -> None:
    world = Foreign()
    world.ecu.publisher.publish(StationPresent(evse_present_voltage=402.5, evse_present_current=-1))
    world.ecu.publisher.publish(Requests(contactor_request=ContactorRequest.CLOSE))
    world.ecu.publisher.start()
    world.scheduler.run(world.scheduler.now + 150 * MS)
    frame = world.heard[-1]
    assert frame.extended
    assert frame.id == 2566857216 & 0x1FFFFFFF
    assert not frame.fd
    assert frame.data == (4025 | (-10 & 0xFFFF) << 16 | 1 << 32 | 1 << 63).to_bytes(8, "little")


def test_a_message_without_a_cycle_in_the_mapping_keeps_the_matrix_timeout() -> None:
    world = Foreign()
    world.say(793, (1000).to_bytes(8, "little").hex())
    world.scheduler.run(world.scheduler.now + 248 * MS)
    assert world.ecu.signals.state.limits.max_current_limit == 500.0
    world.scheduler.run(world.scheduler.now + 2 * MS)
    assert world.ecu.signals.state.limits.max_current_limit is None


def mistakes() -> Iterator[tuple[str, str]]:
    """Blocks of ``mistakes.txt``: what stands in a file, and after ``=>`` what is said."""
    for block in (DATA / "mistakes.txt").read_text().split("\n\n"):
        text, _, said = block.strip().partition("\n=> ")
        yield text, said


@pytest.mark.parametrize(("text", "said"), list(mistakes()))
def test_a_mistake_is_found_with_its_place_and_remedy(text: str, said: str, tmp_path: Path) -> None:
    head = HEAD.replace("bind: explicit\n", "") if text.startswith("bind") else HEAD
    if "charge_permission" not in text:
        if text.startswith("receive: {"):
            text = text.replace("receive: {", f"receive: {{{PERMISSION}, ", 1)
        else:
            text += f"\nreceive: {{{PERMISSION}}}"
    path = tmp_path / "vehicle.yaml"
    path.write_text(head + text + "\n")
    with pytest.raises(ConfigurationError) as caught:
        load(VehicleCanConfig, (path,))
    sayings = [str(problem).replace(f"{path}:", "") for problem in caught.value.problems]
    assert len(sayings) == 1, sayings
    assert said in sayings[0]


def test_without_permission_nobody_would_ever_charge(tmp_path: Path) -> None:
    path = tmp_path / "vehicle.yaml"
    path.write_text(HEAD)
    with pytest.raises(ConfigurationError, match="charge_permission: is not mapped"):
        load(VehicleCanConfig, (path,))


BROKEN = [
    ('BO_ 1 M: 8 A\n SG_ S : 0|65@1+ (1,0) [0|0] "" B\n', "message M: signal S does not fit"),
    (
        'BO_ 1 M: 8 A\n SG_ S : 0|9@1+ (1,0) [0|0] "" B\n SG_ T : 8|8@1+ (1,0) [0|0] "" B\n',
        "message M: signals S and T overlap",
    ),
    ("BO_ 1 M: 64 A\n", "message M: no frame has 64 octets; set VFrameFormat to StandardCAN_FD"),
    ("BO_ what\n", "cannot be read as a signal matrix"),
    ("BO_ 1 M: 8 A\n\nBO_ 1 N: 8 A\n", "message N (0x1) has the identifier of M"),
    ("BO_ 1 M: 8 A\n\nBO_ 2 M: 8 A\n", "message M (0x2) has the name of M"),
]


@pytest.mark.parametrize(("text", "said"), BROKEN)
def test_a_broken_matrix_is_named_with_its_message(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "broken.dbc").write_text(f'VERSION ""\n\nBU_: A B\n\n{text}')
    path = tmp_path / "vehicle.yaml"
    path.write_text("matrix: [broken.dbc]\n")
    with pytest.raises(ConfigurationError) as caught:
        load(VehicleCanConfig, (path,))
    assert any(said in str(problem) for problem in caught.value.problems), str(caught.value)
    assert "broken.dbc" in str(caught.value)


def test_a_matrix_that_is_not_there_names_the_shipped_ones(tmp_path: Path) -> None:
    path = tmp_path / "vehicle.yaml"
    path.write_text("matrix: [vehicel.dbc]\n")
    with pytest.raises(ConfigurationError, match=r"shipped are bms.dbc, ems.dbc, evcc.dbc"):
        load(VehicleCanConfig, (path,))


def test_the_shipped_matrices_need_no_mapping(tmp_path: Path) -> None:
    path = tmp_path / "vehicle.yaml"
    path.write_text("bus: {interface: socketcan, channel: can0}\n")
    assert load(VehicleCanConfig, (path,)).config.receive == {}


def test_without_a_bus_nothing_about_it_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "vehicle.yaml"
    path.write_text(f"{HEAD}bus: {{interface: none}}\n")
    assert load(VehicleCanConfig, (path,)).config.bus.interface == "none"


def test_messages_of_unknown_senders_and_of_none_are_messages_too(tmp_path: Path) -> None:
    (tmp_path / "loose.dbc").write_text(
        'VERSION ""\n\nBU_: A\n\n'
        "BO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 Vector__XXX\n"
        ' SG_ Orphan : 0|8@1+ (1,0) [0|0] "" Vector__XXX\n\n'
        "BO_ 100 M: 8 Vector__XXX\n"
        ' SG_ Allowed : 0|1@1+ (1,0) [0|1] "" A\n'
    )
    path = tmp_path / "vehicle.yaml"
    path.write_text(
        "matrix: [loose.dbc]\nbind: explicit\nreceive: {charge_permission: M.Allowed}\n"
        "messages: {M: {cycle: 10 ms}}\n"
    )
    config = load(VehicleCanConfig, (path,)).config
    matrix, problems = load_matrix(config)
    assert problems == []
    assert [(spec.name, spec.sender, spec.cycle) for spec in matrix] == [("M", "", 10 * MS)]
