"""The shipped matrices are in order: complete, free of overlaps, flagged, documented."""

import re
from collections import Counter
from pathlib import Path

import cantools
import pytest

from can_adapter.config import CanConfig
from can_adapter.matrix.codec import Field
from can_adapter.matrix.configured import load_matrix
from can_adapter.matrix.model import (
    SECOND_INLET,
    SHIPPED,
    SHIPPED_PLUG,
    SHIPPED_STATION,
    Matrix,
    load,
    shipped_matrix,
)
from can_adapter.matrix.overlap import misfits
from can_adapter.plug.bus import PLUG_ORDERS, PLUG_TOLD
from can_adapter.plug.config import PlugCanConfig
from can_adapter.signals.binding import Bindings, bind
from can_adapter.signals.convert import NumberConverter, plain
from can_adapter.signals.roles import Catalogue, Kind
from can_adapter.station.bus import POWER_COMMAND, POWER_MODULE
from can_adapter.station.config import StationCanConfig
from can_adapter.vehicle.bus import VEHICLE_REPORT, VEHICLE_VALUES
from can_adapter.vehicle.config import VehicleCanConfig

FILES = [*SHIPPED, SECOND_INLET, *SHIPPED_STATION, *SHIPPED_PLUG]
VEHICLE = [*SHIPPED, SECOND_INLET]
TWO_INLETS = VehicleCanConfig(matrix=tuple(shipped_matrix(name) for name in VEHICLE))

SIDES: list[tuple[CanConfig, Catalogue, Catalogue, set[str]]] = [
    (TWO_INLETS, VEHICLE_VALUES, VEHICLE_REPORT, {"EVCC"}),
    (StationCanConfig(), POWER_MODULE, POWER_COMMAND, {"SECC"}),
    (PlugCanConfig(), PLUG_TOLD, PLUG_ORDERS, {"ECU"}),
]

PROTECTED = {
    "VCU_Permission",
    "BMS_Contactors",
    "BMS_Targets",
    "BMS_Limits",
    "EVCC_Requests",
    "EVCC_StationLimits",
    "SECC_Order",
    "SECC_VehicleLimits",
    "PM_Present",
    "PM_Limits",
    "PLUG_Order",
    "PLUG_State",
}


def both_ways(side: tuple[CanConfig, Catalogue, Catalogue, set[str]]) -> tuple[Bindings, Bindings]:
    config, received, sent, _ = side
    matrix, wrong = load_matrix(config)
    inward, wrong_in = bind(config, matrix, received, "receive")
    outward, wrong_out = bind(config, matrix, sent, "transmit")
    assert [*wrong, *wrong_in, *wrong_out] == []
    return inward, outward


@pytest.fixture(params=FILES)
def one(request: pytest.FixtureRequest) -> Matrix:
    return load([shipped_matrix(request.param)])


@pytest.fixture(params=SIDES, ids=["vehicle", "station", "plug"])
def side(request: pytest.FixtureRequest) -> tuple[CanConfig, Catalogue, Catalogue, set[str]]:
    found: tuple[CanConfig, Catalogue, Catalogue, set[str]] = request.param
    return found


@pytest.mark.parametrize("name", FILES)
def test_cantools_reads_the_file_with_all_its_checks_on(name: str) -> None:
    database = cantools.database.load_file(shipped_matrix(name), strict=True)
    assert isinstance(database, cantools.database.can.Database)
    assert database.messages


def test_every_message_is_a_can_fd_frame_of_64_octets_with_a_cycle(one: Matrix) -> None:
    for message in one:
        assert message.fd
        assert message.length == 64
        assert message.cycle > 0
        assert message.sender
        assert 0 <= message.id < 0x700, "identifiers from 0x700 on are for diagnostics"


def test_signals_neither_overlap_nor_leave_their_frame(one: Matrix) -> None:
    assert {message.name: misfits(message) for message in one if misfits(message)} == {}


def test_initial_values_fit_and_are_in_range(one: Matrix) -> None:
    for message in one:
        for signal in message.signals:
            low, high = Field(signal, message.length).bounds
            assert low <= signal.initial <= high, signal.name
            if signal.low is not None and signal.high is not None and signal.low < signal.high:
                physical = signal.initial * signal.scale + signal.offset
                assert signal.low <= physical <= signal.high, signal.name


def test_the_range_of_each_signal_fits_into_its_bits(one: Matrix) -> None:
    for message in one:
        for signal in message.signals:
            if signal.low is None or signal.high is None:
                continue
            low, high = Field(signal, message.length).bounds
            assert low * signal.scale + signal.offset <= signal.low, signal.name
            assert signal.high <= high * signal.scale + signal.offset, signal.name


def test_everything_has_a_comment(one: Matrix) -> None:
    for message in one:
        assert message.comment, message.name
        for signal in message.signals:
            assert signal.comment, signal.name


def test_value_tables_cover_the_range_and_no_number_twice(one: Matrix) -> None:
    for message in one:
        for signal in message.signals:
            if signal.choices:
                numbers = [number for number, _ in signal.choices]
                assert sorted(set(numbers)) == numbers
                assert signal.high is None or numbers[-1] == signal.high, signal.name
                assert len({text for _, text in signal.choices}) == len(numbers)


@pytest.mark.parametrize("names", [(*VEHICLE, *SHIPPED_PLUG), (*SHIPPED_STATION, *SHIPPED_PLUG)])
def test_names_and_identifiers_are_unique_on_a_bus(names: tuple[str, ...]) -> None:
    matrix = load([shipped_matrix(name) for name in names])  # raises for messages
    signals = Counter(signal.name for message in matrix for signal in message.signals)
    assert [name for name, times in signals.items() if times > 1] == []
    assert all(len(name) <= 32 for name in signals), "a DBC name has 32 characters at most"
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name) for name in signals)


def test_data_ids_are_unique_over_both_buses() -> None:
    matrices = [load([shipped_matrix(name)]) for name in FILES]
    ids = [message.e2e.data_id for matrix in matrices for message in matrix if message.e2e]
    assert len(set(ids)) == len(ids)


def test_permission_and_limit_frames_are_protected_both_ways() -> None:
    matrices = [load([shipped_matrix(name)]) for name in FILES]
    protected = {message.name for matrix in matrices for message in matrix if message.e2e}
    assert protected == PROTECTED


def test_the_header_of_a_protected_message_lies_in_its_own_signals() -> None:
    for name in FILES:
        for message in load([shipped_matrix(name)]):
            if message.e2e is None:
                continue
            header = [signal for signal in message.signals if min(signal.bits) < 24]
            assert [signal.name[-3:] for signal in header] == ["Crc", "ter"]
            assert message.e2e.profile == 5
            assert message.e2e.offset == 0


def test_every_value_is_bound_to_a_signal_of_the_right_sender(
    side: tuple[CanConfig, Catalogue, Catalogue, set[str]],
) -> None:
    inward, outward = both_ways(side)
    assert inward.unbound == outward.unbound == ()
    ours = side[3]
    assert {spec.sender for spec in outward.messages()} == ours
    assert not ours & {spec.sender for spec in inward.messages()}


def test_with_one_inlet_only_the_second_one_has_no_signals() -> None:
    config = VehicleCanConfig()
    matrix, _ = load_matrix(config)
    inward, wrong = bind(config, matrix, VEHICLE_VALUES, "receive")
    assert wrong == []
    assert {role.group for role in inward.unbound} == {"SecondInlet"}


def test_every_optional_value_has_a_flag_and_no_other_has(
    side: tuple[CanConfig, Catalogue, Catalogue, set[str]],
) -> None:
    for bindings in both_ways(side):
        for binding in bindings.bound:
            assert (binding.flag is not None) == binding.role.optional, binding.role.name
            if binding.flag is not None:
                assert binding.flag.length == 1
                assert binding.flag.choices == ((0, "NotValid"), (1, "Valid"))
                assert binding.flag.initial == 0, "nothing is valid before it was said"


def test_every_signal_is_a_value_a_flag_a_header_or_a_selector(
    side: tuple[CanConfig, Catalogue, Catalogue, set[str]],
) -> None:
    matrix, _ = load_matrix(side[0])
    used: set[str] = set()
    for bindings in both_ways(side):
        for binding in bindings.bound:
            used |= {signal.name for signal in binding.signals}
            used |= {binding.flag.name} if binding.flag else set()
    for message in matrix:
        for signal in message.signals:
            header = message.e2e is not None and signal.start < 24
            assert signal.name in used or header or signal.selects, signal.name


def test_signals_span_the_whole_range_and_unit_of_their_value(
    side: tuple[CanConfig, Catalogue, Catalogue, set[str]],
) -> None:
    for bindings in both_ways(side):
        for binding in bindings.bound:
            role, signal = binding.role, binding.signals[0]
            if role.kind is not Kind.NUMBER:
                continue
            assert signal.unit == role.unit, role.name
            assert (signal.low, signal.high) == (role.low, role.high), role.name
            assert isinstance(binding.converter, NumberConverter)


def test_every_word_of_a_value_has_its_own_number(
    side: tuple[CanConfig, Catalogue, Catalogue, set[str]],
) -> None:
    for bindings in both_ways(side):
        for binding in bindings.bound:
            if binding.role.kind is not Kind.CHOICE:
                continue
            table = {plain(text) for _, text in binding.signals[0].choices}
            assert table == {plain(word) for word in binding.role.words}, binding.role.name


def test_a_text_has_room_for_all_its_characters(
    side: tuple[CanConfig, Catalogue, Catalogue, set[str]],
) -> None:
    for bindings in both_ways(side):
        for binding in bindings.bound:
            if binding.role.kind is Kind.TEXT:
                octets = sum(signal.length for signal in binding.signals) // 8
                assert octets == binding.role.length


def test_the_buses_are_not_crowded(
    side: tuple[CanConfig, Catalogue, Catalogue, set[str]],
) -> None:
    """Cyclic frames alone must leave room for changes, diagnostics and repetition."""
    matrix, _ = load_matrix(side[0])
    per_second = sum(1e9 / message.cycle for message in matrix)
    assert per_second < 700
    assert per_second * 450e-6 < 0.35


def test_the_matrices_are_text_that_any_tool_reads() -> None:
    for name in FILES:
        text = Path(shipped_matrix(name)).read_bytes()
        assert text.isascii()
        assert b"\t" not in text
        assert text.endswith(b"\n")


def test_a_signal_says_the_same_in_the_matrix_and_in_the_program(
    side: tuple[CanConfig, Catalogue, Catalogue, set[str]],
) -> None:
    for bindings in both_ways(side):
        for binding in bindings.bound:
            said = binding.signals[0].comment
            assert said.startswith(binding.role.meaning), binding.role.name


@pytest.mark.parametrize("form", ["kcd", "sym"])
@pytest.mark.parametrize("name", ["bms.dbc", "vcu.dbc", "ems.dbc"])
def test_other_formats_give_the_same_signals(name: str, form: str, tmp_path: Path) -> None:
    database = cantools.database.load_file(shipped_matrix(name))
    assert isinstance(database, cantools.database.can.Database)
    path = tmp_path / f"matrix.{form}"
    path.write_text(database.as_kcd_string() if form == "kcd" else database.as_sym_string())

    def places(matrix: Matrix) -> dict[str, object]:
        return {
            f"{message.name}.{signal.name}": (
                (message.id, message.fd),
                (signal.start, signal.length, signal.scale, signal.offset, signal.signed),
            )
            for message in matrix
            for signal in message.signals
        }

    assert places(load([path])) == places(load([shipped_matrix(name)]))
