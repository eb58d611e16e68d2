"""A mapping to start from: every value the program knows, with the signal it could be.

For a foreign matrix the nearest names are suggested in comments; what is right is for the
integrator to say.
"""

from collections.abc import Iterator
from pathlib import Path

from can_adapter.binding import bind
from can_adapter.config import CanConfig
from can_adapter.configured import load_matrix
from can_adapter.matrix import Matrix, load
from can_adapter.names import nearest
from can_adapter.roles import Catalogue, Kind, Role
from can_adapter.station import POWER_COMMAND, POWER_MODULE
from can_adapter.station_config import StationCanConfig
from can_adapter.vehicle import VEHICLE_REPORT, VEHICLE_VALUES
from can_adapter.vehicle_config import VehicleCanConfig

SIDES: dict[str, tuple[type[CanConfig], Catalogue, Catalogue]] = {
    "vehicle": (VehicleCanConfig, VEHICLE_VALUES, VEHICLE_REPORT),
    "station": (StationCanConfig, POWER_MODULE, POWER_COMMAND),
}


def template(side: str, files: tuple[Path, ...] = ()) -> str:
    """YAML text: complete for the shipped matrices, suggestions for other ones."""
    kind, received, sent = SIDES[side]
    lines = ["bind: explicit"]
    if not files:
        config = kind()
        matrix, _ = load_matrix(config)
        for direction, catalogue in (("receive", received), ("transmit", sent)):
            lines.append(f"{direction}:")
            lines += _shipped(config, matrix, catalogue, direction)
        return "\n".join(lines) + "\n"
    foreign = load(files)
    lines.insert(0, f"matrix: [{', '.join(file.name for file in files)}]")
    for direction, catalogue in (("receive", received), ("transmit", sent)):
        lines.append(f"{direction}:")
        lines += _suggested(foreign, catalogue)
    return "\n".join(lines) + "\n"


def _shipped(
    config: CanConfig, matrix: Matrix, catalogue: Catalogue, direction: str
) -> Iterator[str]:
    bindings, _ = bind(
        config, matrix, catalogue, "receive" if direction == "receive" else "transmit"
    )
    group = ""
    for binding in bindings.bound:
        if binding.role.group != group:
            group = binding.role.group
            yield f"  # {group}"
        paths = [f"{binding.message.name}.{signal.name}" for signal in binding.signals]
        signal = paths[0] if len(paths) == 1 else f"[{', '.join(paths)}]"
        if binding.flag is not None:
            flag = f"{binding.message.name}.{binding.flag.name}"
            yield f"  {binding.role.name}: {{signal: {signal}, flag: {flag}}}"
        else:
            yield f"  {binding.role.name}: {signal}"


def _suggested(matrix: Matrix, catalogue: Catalogue) -> Iterator[str]:
    group = ""
    for role in catalogue:
        if role.group != group:
            group = role.group
            yield f"  # {group}"
        close = nearest(role.name, matrix.paths())
        guess = close[0] if close else "Message.Signal"
        others = f"; or {', '.join(close[1:])}" if close[1:] else ""
        yield f"  # {role.name}: {guess}  # {_about(role)}{others}"


def _about(role: Role) -> str:
    unit = f" in {role.unit}" if role.unit else ""
    allowed = role.allowed if role.kind is not Kind.CHOICE or len(role.words) < 7 else ""
    return f"{role.meaning}{unit}{', ' + allowed if allowed else ''}"
