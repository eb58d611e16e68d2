"""A plug on pins: what is driven, what is measured, what closes and what opens."""

from pathlib import Path

import pytest

from bsw.base import CannotStart
from bsw.base_host import open_base
from bsw.cp.pilot import X1, Drive, E, F, PilotState
from bsw.hardware.open import open_hardware
from bsw.hardware.port import Side
from bsw.linux.config import HalfWave, LinesConfig, ProximityPin
from bsw.linux.gpio import library
from bsw.linux.sysfs import Converter, PinUnusable, Pwm
from csm.randomness import SeededRandomness
from secc.config import HardwareConfig, SeccConfig
from tests.hardware.pins import ADC, PWM, Board

BOTH = pytest.mark.parametrize("side", list(Side))


def station(folder: Path) -> Board:
    return Board(folder, Side.STATION).start()


def charging(board: Board) -> Board:
    """Contactors closed, in order."""
    hardware = board.hardware
    board.plug_in()
    if board.side is Side.STATION:
        hardware.station_pilot.drive(Drive(5.0))
    hardware.lock.request(locked=True)
    board.run(200)
    hardware.vehicle_pilot.show(PilotState.C)
    board.shows(PilotState.C)
    hardware.contactors.permit(closed=True)
    board.run(100)
    assert hardware.contactors.closed is True, hardware.contactors.why_open
    return board


@BOTH
def test_all_is_quiet_at_the_start(side: Side, tmp_path: Path) -> None:
    board = Board(tmp_path, side).start()
    hardware = board.hardware
    assert (board.begun, board.why, hardware.faults) == (["ready"], [], ())
    assert hardware.station_pilot.read().state is PilotState.A
    assert hardware.contactors.closed is False
    assert "permit" in hardware.contactors.why_open
    assert not hardware.proximity.read().plugged
    if side is Side.STATION:
        assert board.driven == 100.0


def test_a_station_drives_its_pilot_and_reads_it(tmp_path: Path) -> None:
    board = station(tmp_path)
    pilot = board.hardware.station_pilot
    board.plug_in()
    assert (pilot.read().state, pilot.read().duty) == (PilotState.B, 100.0)
    pilot.drive(Drive(5.0))
    board.run(100)
    assert board.driven == 5.0
    assert str(pilot.read()) == "B2"
    high, low = board.hardware.levels or (0.0, 0.0)
    assert (round(high, 1), round(low, 1)) == (9.0, -12.0)
    for drive in (F, E):
        pilot.drive(drive)
        board.run(100)
        assert board.driven == 0.0
        assert pilot.read().state is PilotState.F
    pilot.drive(X1)
    board.run(100)
    assert pilot.read().state is PilotState.B


def test_a_vehicle_reads_the_duty_cycle_and_shows_states(tmp_path: Path) -> None:
    board = Board(tmp_path, Side.VEHICLE).start()
    board.plug_in()
    assert str(board.hardware.vehicle_pilot.read()) == "B2"
    assert board.hardware.vehicle_pilot.read().duty == pytest.approx(5.0)
    assert board.hardware.proximity.read().cable_current == 32
    for state, lines in ((PilotState.C, (True, False)), (PilotState.D, (False, True))):
        board.hardware.vehicle_pilot.show(state)
        assert (board.on("CP_C"), board.on("CP_D")) == lines


@BOTH
def test_it_closes_in_order_and_opens_when_told(side: Side, tmp_path: Path) -> None:
    board = charging(Board(tmp_path, side).start())
    board.hardware.contactors.permit(closed=False)
    board.run(30)
    assert board.hardware.contactors.closed is False
    board.hardware.lock.request(locked=False)
    board.run(1000)
    assert board.hardware.lock.locked is False


OPENED_BY = [
    (Side.STATION, "diode"),  # a vehicle's diode is its own
    *((side, what) for side in Side for what in ("short", "proximity", "stop", "leaves C")),
]


@pytest.mark.parametrize(("side", "what"), OPENED_BY)
def test_it_opens_by_itself_and_stays_open(side: Side, what: str, tmp_path: Path) -> None:
    board = charging(Board(tmp_path, side).start())
    named = {"short": "pilot_short", "proximity": "proximity_lost", "stop": "stop_input"}
    if what == "diode":
        board.diode, named[what] = False, "diode_short"
    elif what == "short":
        board.load = 1.0
        if side is Side.VEHICLE:
            named[what] = "station_fault"
    elif what == "proximity":
        board.ohm = float("inf")
    elif what == "stop":
        board.gpiod.values[7] = board.gpiod.line.Value.INACTIVE
    else:
        board.shows(PilotState.B)
    board.run(100)
    assert board.hardware.contactors.closed is False
    assert not board.on("RELAY_1_ENABLE")
    if what in named:
        assert named[what] in board.hardware.faults
    else:
        board.shows(PilotState.C)
        board.run(500)
        assert board.hardware.contactors.closed is False, "not before a new permission"
        board.hardware.contactors.permit(closed=False)
        board.run(20)
        board.hardware.contactors.permit(closed=True)
        board.run(100)
        assert board.hardware.contactors.closed is True


def test_a_contactor_that_does_not_obey_is_named_either_way(tmp_path: Path) -> None:
    board = station(tmp_path)
    board.stuck = True
    with pytest.raises(AssertionError):
        charging(board)
    board.run(400)
    assert "contactor_stuck" in board.hardware.faults
    assert not board.on("RELAY_1_ENABLE")
    board.stuck = False
    board.run(100)
    assert "contactor_stuck" in board.hardware.faults, "until the plug is out"
    board.load = board.ohm = float("inf")
    board.run(100)
    assert not board.hardware.faults
    board.welded = True
    board.run(400)
    assert "contactor_welded" in board.hardware.faults


def test_a_lock_that_does_not_close_is_named_and_keeps_contactors_open(tmp_path: Path) -> None:
    board = station(tmp_path)
    board.jammed = True
    with pytest.raises(AssertionError, match="lock"):
        charging(board)
    board.run(2000)
    assert "lock_stuck" in board.hardware.faults
    assert not board.on("LOCK_IN1"), "the motor rests"


def test_a_lock_waits_for_open_contactors(tmp_path: Path) -> None:
    board = charging(station(tmp_path))
    board.welded = True
    board.hardware.contactors.permit(closed=False)
    board.hardware.lock.request(locked=False)
    board.run(3000)
    assert board.hardware.lock.locked is True


def test_without_a_proved_diode_nothing_closes(tmp_path: Path) -> None:
    board = Board(tmp_path, Side.STATION, low=None).start()
    with pytest.raises(AssertionError, match="diode"):
        charging(board)
    (wrong,) = SeccConfig.model_validate({"hardware": {"driver": "linux"}}).problems()
    assert wrong.key == "hardware.linux.low"


@BOTH
def test_a_converter_that_is_gone_opens_everything_and_says_so(side: Side, tmp_path: Path) -> None:
    board = charging(Board(tmp_path, side).start())
    board.gone = True
    board.run(50)
    assert not board.on("RELAY_1_ENABLE")
    (why,) = board.why
    assert why.startswith("hardware.linux: ")


@BOTH
def test_closing_leaves_the_plug_at_rest(side: Side, tmp_path: Path) -> None:
    board = charging(Board(tmp_path, side).start())
    board.hardware.close()
    assert not board.on("RELAY_1_ENABLE")
    assert side is Side.STATION or not board.on("CP_C")
    assert board.gpiod.released == 1
    if side is Side.STATION:
        assert board.driven == 100.0


def test_devices_are_found_by_name_or_told(tmp_path: Path) -> None:
    station(tmp_path)
    with pytest.raises(PinUnusable, match=f"no device 'other.pwm' .*there are: {PWM}"):
        Pwm(tmp_path, "other.pwm", 0)
    with pytest.raises(PinUnusable, match=f"there are: {ADC}"):
        Converter(tmp_path, "other.adc")
    with pytest.raises(PinUnusable, match="in_voltage9_raw: No such file"):
        Converter(tmp_path, ADC).volts(9)


def test_a_pwm_is_exported_where_it_was_not(tmp_path: Path) -> None:
    chip = tmp_path / "class" / "pwm" / "pwmchip0"
    chip.mkdir(parents=True)
    (chip / "device").write_text("x.pwm")
    Pwm(tmp_path, "x.pwm", 1)
    assert (chip / "export").read_text() == "1"


def test_an_inverted_driver_gets_the_other_share(tmp_path: Path) -> None:
    board = station(tmp_path)
    pwm = Pwm(tmp_path, PWM, 0, inverted=True)
    pwm.drive(5.0)
    assert board.driven == 95.0


def test_a_chip_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(PinUnusable, match="gpioinfo lists"):
        Board(tmp_path, Side.STATION, lines={"chip": "/dev/gpiochip9"})


def test_without_the_library_its_extra_is_named() -> None:
    with pytest.raises(PinUnusable, match=r"install pilotwire\[gpio\]"):
        library()


def test_an_ecu_without_such_a_board_does_not_start() -> None:
    base = open_base(SeccConfig.model_validate({"trace": {"file": None}}))
    chosen = HardwareConfig.model_validate({"driver": "linux", "linux": {"adc": "none"}})
    with pytest.raises(CannotStart, match=r"hardware\.linux: no device"):
        open_hardware(base, chosen, Side.STATION, SeededRandomness("x"))


def test_what_cannot_be_is_told_of_a_configuration() -> None:
    (line,) = LinesConfig(lock_close="A").problems()
    (blind,) = LinesConfig(contactors=("A",)).problems()
    (flat,) = HalfWave(points=((1.0, 0.0), (1.0, 12.0))).problems()
    assert (line.key, blind.key, flat.key) == ("lock_open", "feedback", "points")


def test_calibration_is_a_line_through_two_points() -> None:
    wave = HalfWave(points=((0.3, -12.0), (3.0, 12.0)))
    assert wave.volts(1.65) == pytest.approx(0.0)
    assert wave.volts(3.0) == pytest.approx(12.0)
    assert ProximityPin().ohm(3.3 * 220 / 1220) == pytest.approx(220)
    assert ProximityPin().ohm(3.28) == float("inf")
