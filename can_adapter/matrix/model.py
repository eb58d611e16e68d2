"""Signal matrices: which messages a bus carries, from one file or several.

The descriptions (``can_adapter.matrix.specs``) come from a book where one knows the file, else
from the file itself.  What a signal is good for is not known here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from bsw.program.shipped import shipped
from can_adapter.matrix.book import recall
from can_adapter.matrix.specs import ARXML, MatrixError, MessageSpec, SignalSpec

SHIPPED: Final = ("bms.dbc", "vcu.dbc", "ems.dbc", "obc.dbc", "inlet.dbc", "evcc.dbc")
SHIPPED_STATION: Final = ("station.dbc",)
SHIPPED_PLUG: Final = ("plug.dbc",)
SECOND_INLET: Final = "inlet2.dbc"
"""For vehicles that have one; named in ``can.matrix`` beside the others."""


@dataclass(frozen=True)
class Matrix:
    """The messages of one bus, from one file or several."""

    messages: tuple[MessageSpec, ...]
    _by_name: dict[str, MessageSpec] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {spec.name: spec for spec in self.messages})

    def __iter__(self) -> Iterator[MessageSpec]:
        return iter(self.messages)

    def message(self, name: str) -> MessageSpec | None:
        return self._by_name.get(name)

    def signal(self, path: str) -> tuple[MessageSpec, SignalSpec] | None:
        """``signal("BMS_Battery.Soc")``, or ``None`` if there is no such signal."""
        name, _, signal_name = path.partition(".")
        message = self._by_name.get(name)
        signal = message.signal(signal_name) if message else None
        return (message, signal) if message and signal else None

    def paths(self) -> tuple[str, ...]:
        return tuple(f"{spec.name}.{signal.name}" for spec in self for signal in spec.signals)

    def sent_by(self, *nodes: str) -> "Matrix":
        return Matrix(tuple(spec for spec in self.messages if spec.sender in nodes))


def shipped_matrix(name: str) -> Path:
    """A matrix that comes with the product."""
    return shipped("config") / "dbc" / name


def told(path: Path) -> str:
    """As a configuration names it: a shipped one by its name, wherever the product lies."""
    return path.name if path == shipped_matrix(path.name) else str(path)


def find(path: Path) -> Path:
    """The file itself, or the shipped matrix of that name."""
    if path.is_file():
        return path
    ours = shipped_matrix(path.name)
    if path.suffix.lower() == ARXML:
        ours = shipped("arxml") / path.name
    if ours.is_file():
        return ours
    known = sorted(file.name for file in shipped_matrix("").glob("*.dbc"))
    raise ValueError(f"there is no file {str(path)!r}; shipped are {', '.join(known)}")


def load(paths: Iterable[Path]) -> Matrix:
    """Read matrix files into one matrix.  The same message twice, or the same id, is an error."""
    specs: list[MessageSpec] = []
    names: dict[str, MessageSpec] = {}
    keys: dict[int, MessageSpec] = {}
    for path in paths:
        for spec in _read_once(path, _stamp(path)):
            for twin, what in ((names.get(spec.name), "name"), (keys.get(spec.key), "identifier")):
                if twin is not None:
                    reason = f"message {spec.name} (0x{spec.id:X}) has the {what} of {twin.name}"
                    raise MatrixError(path, f"{reason} in {twin.origin}; give it another {what}")
            names[spec.name] = keys[spec.key] = spec
            specs.append(spec)
    return Matrix(tuple(specs))


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=32)
def _read_once(path: Path, _stamp: tuple[int, int]) -> tuple[MessageSpec, ...]:
    """A file is read when it is checked and again when it is used: remember it in between."""
    return tuple(_read(path))


def _read(path: Path) -> list[MessageSpec]:
    content = path.read_bytes()
    known = recall(path, content, (path.parent, shipped_matrix("")))
    if known is not None:
        return known
    from can_adapter.matrix.reader import read  # noqa: PLC0415 - 120 ms with cantools

    return read(path)
