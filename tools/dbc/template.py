"""A mapping to start from: every value the program knows, with the signal it could be.

For a foreign matrix signals are proposed by name, unit and range, each tried first, so that what
is printed can be checked and run; what is right is for the integrator to say.  Values are sent only
in messages of the node that this ECU is.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from can_adapter.config import CanConfig, MappingConfig
from can_adapter.matrix.configured import load_matrix
from can_adapter.matrix.model import Matrix, load
from can_adapter.matrix.reader import NOBODY
from can_adapter.signals.binding import Direction, bind
from can_adapter.signals.convert import plain
from can_adapter.signals.roles import Catalogue, Kind, Role
from can_adapter.station.bus import POWER_COMMAND, POWER_MODULE
from can_adapter.station.config import StationCanConfig
from can_adapter.vehicle.bus import VEHICLE_REPORT, VEHICLE_VALUES
from can_adapter.vehicle.config import VehicleCanConfig
from tools.dbc.guess import Guess, guesses

SIDES: dict[str, tuple[type[CanConfig], Catalogue, Catalogue]] = {
    "vehicle": (VehicleCanConfig, VEHICLE_VALUES, VEHICLE_REPORT),
    "station": (StationCanConfig, POWER_MODULE, POWER_COMMAND),
}


OURS = frozenset({"evcc", "ccs", "ccu", "evccu", "vccu", "cccu", "plc", "secc"})
"""How a matrix may call the node that we are, if nobody says so."""


def template(side: str, files: tuple[Path, ...] = (), node: str = "") -> str:
    """YAML text: complete for the shipped matrices, proposals for other ones."""
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
    lines.insert(0, f"matrix: [{', '.join(map(_named, files))}]")
    own = _own(foreign, node)
    base = kind.model_validate({"matrix": files, "bind": "explicit"})
    for direction, catalogue in (("receive", received), ("transmit", sent)):
        proposed = list(_proposed(foreign, base, catalogue, direction, own))
        empty = all(line.lstrip().startswith("#") for line in proposed)
        lines.append(f"{direction}: {{}}" if empty else f"{direction}:")
        lines += proposed
    return "\n".join(lines) + "\n"


def _named(file: Path) -> str:
    """As it is found from the folder in which the command ran."""
    beside = file.resolve().parent == Path.cwd()
    return json.dumps(file.name if beside else str(file.resolve()))


def _own(matrix: Matrix, node: str) -> frozenset[str]:
    senders = {message.sender for message in matrix} - {"", NOBODY}
    return frozenset(one for one in senders if one == node or (not node and plain(one) in OURS))


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


def _proposed(
    matrix: Matrix, base: CanConfig, catalogue: Catalogue, direction: str, own: frozenset[str]
) -> Iterator[str]:
    group = ""
    taken: set[str] = set()
    for role in catalogue:
        if role.group != group:
            group = role.group
            yield f"  # {group}"
        sent = direction == "transmit"
        found = [one for one in guesses(matrix, role, own, sent=sent) if one.path not in taken]
        fits = _Fits(matrix, base, catalogue, "transmit" if sent else "receive")
        fitting = next((one for one in found if fits(role, one)), None)
        others = "".join(f"; or {one.path}" for one in found[:3] if one is not fitting)
        if fitting is None:
            near = found[0].path if found else "Message.Signal"
            needed = "NEEDED: " if role.name == "charge_permission" else ""
            yield f"  # {role.name}: {near}  # {needed}{_about(role)}{others if found[1:] else ''}"
        else:
            taken.add(fitting.path)
            yield f"  {role.name}: {_place(fitting)}  # {_about(role)}{others}"


def _place(guess: Guess) -> str:
    if guess.scale == 1.0:
        return guess.path
    return f"{{signal: {guess.path}, scale: {guess.scale:g}}}"


@dataclass(frozen=True, slots=True)
class _Fits:
    """Whether the ECU would take a guess."""

    matrix: Matrix
    base: CanConfig
    catalogue: Catalogue
    direction: Direction

    def __call__(self, role: Role, guess: Guess) -> bool:
        entry = MappingConfig(signal=(guess.path,), scale=guess.scale)
        config = self.base.model_copy(update={self.direction: {role.name: entry}})
        wrong = bind(config, self.matrix, self.catalogue, self.direction)[1]
        return not any(role.name in problem.where for problem in wrong)


def _about(role: Role) -> str:
    unit = f" in {role.unit}" if role.unit else ""
    allowed = role.allowed if role.kind is not Kind.CHOICE or len(role.words) < 7 else ""
    return f"{role.meaning}{unit}{', ' + allowed if allowed else ''}"
