"""What a scenario may order and wait for, in the words a person types as well.

An order is one line, ``fault inlet too hot`` or ``soc 50 %``; whether its words are right is known
before anything is played.  Who carries it out is not known here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bsw.ecuc.quantities import ATTENUATION, SHARE, TIME, Quantity
from bsw.os.clock import S
from bsw.program.parser import did_you_mean
from tools.bench.hardware.faults import faults
from tools.bench.hardware.module_faults import MODULE_FAULTS
from tools.bench.world.device_faults import DEVICE_FAULTS

Check = Callable[[str], None]

ROLES: Final = ("vehicle", "station")


class BadWords(ValueError):
    """What was said is no order or condition; says what could be meant."""


def _nothing(argument: str) -> None:
    if argument:
        raise BadWords(f"takes no word, not {argument!r}")


def _maybe(word: str) -> Check:
    def check(argument: str) -> None:
        if argument not in {"", word}:
            raise BadWords(f"takes {word} or nothing more, not {argument!r}")

    return check


def _one_of(*words: str) -> Check:
    def check(argument: str) -> None:
        if argument not in words:
            raise BadWords(f"takes {' or '.join(words)}, not {argument!r}")

    return check


def _name_of(known: Mapping[str, object], what: str) -> Check:
    def check(argument: str) -> None:
        if argument not in known:
            raise BadWords(f"there is no {what} {argument!r}{did_you_mean(argument, known)}")

    return check


def _quantity(quantity: Quantity, low: float, high: float) -> Check:
    def check(argument: str) -> None:
        try:
            value = quantity.read(argument)
        except ValueError as error:
            raise BadWords(str(error)) from None
        if not low <= value <= high:
            raise BadWords(f"{argument} is not between {low:g} and {high:g}")

    return check


def _role(rest: Check) -> Check:
    """Whose it is, and then something."""

    def check(argument: str) -> None:
        role, _, said = argument.partition(" ")
        if role not in ROLES:
            raise BadWords(f"takes {' or '.join(ROLES)} first, not {role!r}")
        rest(said)

    return check


@dataclass(frozen=True, slots=True)
class Verb:
    """``alone`` says why processes cannot be ordered so; empty: they can."""

    takes: str
    meaning: str
    check: Check
    alone: str = ""


_percent = _quantity(SHARE, 0.0, 100.0)
_lag = _quantity(TIME, 0, 60 * S)
_jump = _quantity(TIME, 0, 1_000_000_000 * S)
_fault = _name_of(faults(), "fault")
_device_fault = _name_of(DEVICE_FAULTS, "fault of a device")
_module_fault = _name_of(MODULE_FAULTS, "fault of a power module")

_DEVICE: Final = "the simulated device is a part of the station's own process"
_LINE: Final = "between processes the line is this machine's network"
_NOT_OURS: Final = "that belongs to this machine and not to the bench"

VERBS: Final[Mapping[str, Verb]] = {
    "plug": Verb("", "the station's plug goes into the inlet", _nothing),
    "pull": Verb("", "the plug is pulled, whatever flows", _nothing),
    "soc": Verb("N %", "the battery's state of charge is another", _percent),
    "target": Verb("N %", "the driver wants to charge so far", _percent),
    "permit": Verb("yes|no", "the driver's permission", _one_of("yes", "no")),
    "pause": Verb("yes|no", "the vehicle wants a pause", _one_of("yes", "no")),
    "wake": Verb("", "the vehicle goes on after a pause", _nothing),
    "renegotiate": Verb("", "the vehicle wants new parameters", _nothing),
    "fault": Verb("NAME", "of v2g bench faults is made", _fault),
    "mend": Verb("NAME", "it is taken back", _fault),
    "diode": Verb("short|good", "in the vehicle's pilot circuit", _one_of("short", "good")),
    "break": Verb("NAME", "something in the station's power module", _module_fault),
    "repair": Verb("NAME", "it is taken back", _module_fault),
    "disturb": Verb("NAME", "a pantograph or the vehicle at it", _device_fault, alone=_DEVICE),
    "settle": Verb("NAME", "it is taken back", _device_fault, alone=_DEVICE),
    "derate": Verb("N %", "the power module gives only so much", _percent),
    "line": Verb("N dB", "attenuation between the modems", _quantity(ATTENUATION, 0.0, 200.0)),
    "station": Verb(
        "stop|pause|renegotiate",
        "what its operator does",
        _one_of("stop", "pause", "renegotiate"),
    ),
    "token": Verb(
        "out|in",
        "the vehicle's token with its keys",
        _one_of("out", "in"),
        alone="the keys of the vehicle's process lie in files, and nobody can pull those out",
    ),
    "lag": Verb("N ms", "a message takes so long over the line", _lag, alone=_LINE),
    "lose": Verb("N %", "so many messages are lost on the line", _percent, alone=_LINE),
    "spoil": Verb(
        "vehicle|station [nonsense]",
        "one bit turns over in what it sends next, or it means nothing at all",
        _role(_maybe("nonsense")),
        alone=_LINE,
    ),
    "net": Verb(
        "vehicle|station down|up",
        "its network interface",
        _role(_one_of("down", "up")),
        alone=_NOT_OURS,
    ),
    "modem": Verb("vehicle|station", "its modem starts anew", _role(_nothing)),
    "noise": Verb(
        "vehicle|station N %",
        "so many frames on its bus are bad",
        _role(_percent),
        alone=_NOT_OURS,
    ),
    "clock": Verb("vehicle|station N s", "its calendar jumps ahead", _role(_jump), alone=_NOT_OURS),
}


@dataclass(frozen=True, slots=True)
class Order:
    verb: str
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.argument}".rstrip()


def order(text: str) -> Order:
    """Read an order, or ``BadWords``."""
    verb, _, argument = " ".join(text.split()).partition(" ")
    if verb not in VERBS:
        raise BadWords(f"nobody knows how to {verb!r}{did_you_mean(verb, VERBS)}")
    try:
        VERBS[verb].check(argument)
    except BadWords as wrong:
        raise BadWords(f"{verb}: {wrong}") from None
    return Order(verb, argument)


@dataclass(frozen=True, slots=True)
class Sight:
    """What anybody can see of a charge from outside; conditions are about this."""

    phase: str = ""
    amps: float = 0.0
    soc: float = 0.0
    ended: int = 0


_FLOWS: Final = 1.0
"""Amperes from which current flows."""


@dataclass(frozen=True, slots=True)
class Condition:
    kind: str
    argument: str = ""

    def holds(self, sight: Sight) -> bool:
        if self.kind == "charging":
            return abs(sight.amps) > _FLOWS
        if self.kind == "idle":
            return abs(sight.amps) <= _FLOWS
        if self.kind == "ended":
            return sight.ended >= int(self.argument or 1)
        if self.kind == "soc":
            return sight.soc >= SHARE.read(self.argument)
        return sight.phase == self.argument

    def __str__(self) -> str:
        return f"{self.kind} {self.argument}".rstrip()


def _count(argument: str) -> None:
    if argument and not (argument.isdigit() and int(argument) > 0):
        raise BadWords(f"takes the number of sessions, not {argument!r}")


def _exchange(argument: str) -> None:
    if not argument.replace("_", "").isalpha():
        raise BadWords(f"takes the name of an exchange, CurrentDemand, not {argument!r}")


CONDITIONS: Final[Mapping[str, tuple[str, str, Check]]] = {
    "charging": ("", "current flows", _nothing),
    "idle": ("", "no current flows", _nothing),
    "ended": ("[N]", "N sessions of the vehicle have ended", _count),
    "soc": ("N %", "the battery has reached it", _percent),
    "phase": ("EXCHANGE", "the session is at this exchange", _exchange),
}


def condition(text: str) -> Condition:
    """Read a condition, or ``BadWords``."""
    kind, _, argument = " ".join(text.split()).partition(" ")
    if kind not in CONDITIONS:
        raise BadWords(f"{kind!r} is nothing to wait for{did_you_mean(kind, CONDITIONS)}")
    try:
        CONDITIONS[kind][2](argument)
    except BadWords as wrong:
        raise BadWords(f"{kind}: {wrong}") from None
    return Condition(kind, argument)
