"""The matrices a configuration names, as it changes them.

Cycle times and end-to-end protection are taken from the configuration where it says something.
Which signal means what is not decided here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from can_adapter.config import CanConfig, MessageConfig
from can_adapter.matrix.model import Matrix, load
from can_adapter.matrix.names import unknown
from can_adapter.matrix.overlap import misfits
from can_adapter.matrix.specs import E2eSpec, MatrixError, MessageSpec, SendType
from can_adapter.signals import e2e
from can_adapter.signals.e2e import E2eWindow


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in the configuration: where in it, what, and what to do."""

    where: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{'.'.join(self.where)}: {self.text}"


def load_matrix(config: CanConfig) -> tuple[Matrix, list[Problem]]:
    """The matrices of a configuration, with what ``messages`` changes about them."""
    try:
        matrix = load(config.matrix)
    except MatrixError as error:
        return Matrix(()), [Problem(("matrix",), str(error))]
    if not matrix.messages:
        files = ", ".join(path.name for path in config.matrix) or "no file is named"
        return matrix, [Problem(("matrix",), f"holds no message of a bus: {files}")]
    found = [
        Problem(("messages", name), unknown("message", name, [spec.name for spec in matrix]))
        for name in config.messages
        if matrix.message(name) is None
    ]
    specs = []
    for spec in matrix:
        found += [
            Problem(("matrix",), f"{spec.origin}: message {spec.name}: {text}")
            for text in misfits(spec)
        ]
        adjusted = adjust(spec, config.messages.get(spec.name, MessageConfig()), config)
        specs.append(adjusted)
        if adjusted.e2e is not None:
            where = ("messages", spec.name, "e2e")
            found += [Problem(where, text) for text in e2e.problems(adjusted.e2e, spec.length)]
    return Matrix(tuple(specs)), found


def adjust(spec: MessageSpec, change: MessageConfig, config: CanConfig) -> MessageSpec:
    """The message as configured.  ``cycle_stretch`` slows everything down in long simulations."""
    cycle = spec.cycle if change.cycle is None else change.cycle
    protection = spec.e2e
    if change.e2e is not None:
        protection = E2eSpec(change.e2e.profile, change.e2e.data_id, change.e2e.offset)
    elif change.unprotected:
        protection = None
    kind = spec.send_type
    if change.cycle is not None and kind is SendType.ON_CHANGE:
        kind = SendType.CYCLIC_AND_ON_CHANGE
    stretch = config.cycle_stretch
    return replace(
        spec,
        cycle=cycle * stretch,
        min_delay=spec.min_delay * stretch,
        e2e=protection,
        send_type=kind,
    )


def timeout(spec: MessageSpec, config: CanConfig) -> int:
    """How old a message may become, in nanoseconds; 0 for one that has no cycle."""
    given = config.messages.get(spec.name, MessageConfig()).timeout
    if given is not None:
        return given * config.cycle_stretch
    return spec.cycle * config.timeout_cycles


def window(config: CanConfig) -> E2eWindow:
    """How patient the end-to-end supervision is."""
    return config.e2e_window.window().stretched(config.e2e_stretch)


class CanConfigError(Exception):
    """A configuration that cannot be used; carries every problem."""

    def __init__(self, found: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, found)))
        self.problems = tuple(found)
