"""The page that documents every signal, made from the matrices and the declared values.

One table per message, in the order of the bus's priorities; beside each signal the value the
program knows it as.  The page is committed; a test makes it anew and compares.
"""

from collections.abc import Iterator, Sequence

from bsw.os.clock import MS
from can_adapter.config import CanConfig
from can_adapter.matrix.configured import load_matrix
from can_adapter.matrix.model import SECOND_INLET, SHIPPED, shipped_matrix
from can_adapter.matrix.specs import MessageSpec, SignalSpec
from can_adapter.plug.bus import PLUG_ORDERS, PLUG_TOLD
from can_adapter.plug.config import PlugCanConfig
from can_adapter.signals.binding import Binding, bind
from can_adapter.signals.roles import Catalogue
from can_adapter.station.bus import POWER_COMMAND, POWER_MODULE
from can_adapter.station.config import StationCanConfig
from can_adapter.vehicle.bus import VEHICLE_REPORT, VEHICLE_VALUES
from can_adapter.vehicle.config import VehicleCanConfig

HEAD = """# Signals

Generated from `config/dbc/` by `v2g dbc signals`; edit the matrices, not this page.

All messages are CAN-FD frames of 64 octets with 11-bit identifiers, all signals Intel byte order.
*Value* is the name in the program and in a mapping (see [can.md](can.md)).  A value with a flag is
there only while the flag is 1.  *Initial* is what a sender that knows nothing yet sends.
`INLET2_State` is in a matrix of its own, `inlet2.dbc`, for vehicles with
[two inlets](ecu.md#two-inlets).
"""


def page() -> str:
    """The whole page."""
    names = (*SHIPPED, SECOND_INLET)
    vehicle = VehicleCanConfig(matrix=tuple(shipped_matrix(name) for name in names))
    lines = [HEAD]
    lines += _bus("The vehicle's bus", vehicle, VEHICLE_VALUES, VEHICLE_REPORT)
    lines += _bus("The station's bus", StationCanConfig(), POWER_MODULE, POWER_COMMAND)
    lines += _bus("A plug's bus", PlugCanConfig(), PLUG_TOLD, PLUG_ORDERS)
    return "\n".join(lines).rstrip() + "\n"


def _bus(title: str, config: CanConfig, received: Catalogue, sent: Catalogue) -> Iterator[str]:
    matrix, _ = load_matrix(config)
    bound = (
        *bind(config, matrix, received, "receive")[0].bound,
        *bind(config, matrix, sent, "transmit")[0].bound,
    )
    messages = sorted(matrix, key=lambda spec: spec.id)
    yield f"## {title}\n"
    yield from _table(
        ("message", "id", "from", "cycle", "sent", "protected", "about"),
        [_overview(spec) for spec in messages],
    )
    for spec in messages:
        yield f"### {spec.name}\n"
        yield f"{spec.comment}.  {_timing(spec)}\n"
        yield from _table(
            ("signal", "value", "bits", "unit", "range", "step", "initial", "meaning"),
            [_row(signal, bound) for signal in spec.signals if not _is_flag(signal, bound)],
        )
        yield from _words(spec)


def _overview(spec: MessageSpec) -> tuple[str, ...]:
    how = "on change too" if "Change" in spec.send_type.value else "cyclic"
    protected = f"profile {spec.e2e.profile}, 0x{spec.e2e.data_id:X}" if spec.e2e else ""
    link = f"[{spec.name}](#{spec.name.lower()})"
    cycle = f"{spec.cycle // MS} ms"
    return link, f"0x{spec.id:03X}", spec.sender, cycle, how, protected, spec.comment


def _timing(spec: MessageSpec) -> str:
    words = f"Identifier 0x{spec.id:03X}, every {spec.cycle // MS} ms"
    if spec.min_delay:
        words += f" and on change, at least {spec.min_delay // MS} ms apart"
    return words + f"; times out after {5 * spec.cycle // MS} ms."


def _row(signal: SignalSpec, bound: Sequence[Binding]) -> tuple[str, ...]:
    binding = next((one for one in bound if signal in one.signals), None)
    value = f"`{binding.role.name}`" if binding else ""
    if binding is not None and binding.flag is not None:
        value += f", flag {binding.flag.start}"
    place = f"{signal.start}..{signal.start + signal.length - 1}" if signal.length > 1 else ""
    if signal.mux is not None:
        place += f" if {signal.mux.selector} is {', '.join(map(str, sorted(signal.mux.values)))}"
    return (
        signal.name,
        value,
        place or str(signal.start),
        signal.unit,
        _range(signal),
        f"{signal.scale:g}" if signal.unit else "",
        f"{signal.initial * signal.scale + signal.offset:g}",
        signal.comment,
    )


def _range(signal: SignalSpec) -> str:
    if signal.low is None or signal.high is None or signal.low == signal.high or signal.choices:
        return "words" if signal.choices else ""
    return f"{signal.low:.15g}..{signal.high:.15g}"


def _is_flag(signal: SignalSpec, bound: Sequence[Binding]) -> bool:
    return any(one.flag is not None and one.flag == signal for one in bound)


def _words(spec: MessageSpec) -> Iterator[str]:
    tables = [signal for signal in spec.signals if signal.choices and signal.length > 1]
    for signal in tables:
        words = ", ".join(f"{number} {text}" for number, text in signal.choices)
        yield f"{signal.name}: {words}.\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
