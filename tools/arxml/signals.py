"""Signals of a system description: what each means, how it is written, in which unit."""

import hashlib
import math
import re
from collections.abc import Iterator

from bsw.ecuc.arxml.lines import Xml, about, group, package, text, xml
from can_adapter.matrix.model import Matrix
from can_adapter.matrix.specs import MessageSpec, SignalSpec

_OTHER = re.compile(r"[^A-Za-z0-9]+")
_ENCODINGS = {"unsigned": "NONE", "signed": "2C", "floating": "IEEE754"}


def signal_packages(bus: str, matrix: Matrix) -> Iterator[Xml]:
    """Packages of I-signals, system signals and conversions, a sub-package per message."""
    for name, make in (
        ("signals", _i_signal),
        ("system_signals", _system_signal),
    ):
        inner = (
            package(
                message.name,
                xml("ELEMENTS", *(make(bus, matrix, message, s) for s in message.signals)),
            )
            for message in matrix
        )
        yield package(name, xml("AR-PACKAGES", *inner))
    methods = {_method(signal): signal for message in matrix for signal in message.signals}
    made = (_conversion(name, signal) for name, signal in sorted(methods.items()))
    yield package("conversions", xml("ELEMENTS", *made))


def _method(signal: SignalSpec) -> str:
    """Signals that are converted alike share a method, named by what it does."""
    does = (signal.scale, signal.offset, signal.low, signal.high, signal.choices)
    return f"conversion_{hashlib.sha256(repr(does).encode()).hexdigest()[:12]}"


def _i_signal(bus: str, _matrix: Matrix, message: MessageSpec, signal: SignalSpec) -> Xml:
    base = text("BASE-TYPE-REF", f"/{bus}/base_types/{_base(signal)}", DEST="SW-BASE-TYPE")
    initial = xml("NUMERICAL-VALUE-SPECIFICATION", text("VALUE", _plain(signal.initial)))
    system = f"/{bus}/system_signals/{message.name}/{signal.name}"
    return xml(
        "I-SIGNAL",
        text("SHORT-NAME", signal.name),
        text("DATA-TYPE-POLICY", "OVERRIDE"),
        xml("INIT-VALUE", initial),
        text("LENGTH", str(signal.length)),
        xml("NETWORK-REPRESENTATION-PROPS", *_properties(base)),
        text("SYSTEM-SIGNAL-REF", system, DEST="SYSTEM-SIGNAL"),
    )


def _properties(*inside: Xml | None) -> tuple[Xml]:
    return (xml("SW-DATA-DEF-PROPS-VARIANTS", xml("SW-DATA-DEF-PROPS-CONDITIONAL", *inside)),)


def _base(signal: SignalSpec) -> str:
    return "floating" if signal.floating else "signed" if signal.signed else "unsigned"


def _system_signal(bus: str, matrix: Matrix, _message: MessageSpec, signal: SignalSpec) -> Xml:
    method = f"/{bus}/conversions/{_method(signal)}"
    return xml(
        "SYSTEM-SIGNAL",
        text("SHORT-NAME", signal.name),
        about(signal.comment),
        text("DYNAMIC-LENGTH", "false"),
        xml(
            "PHYSICAL-PROPS",
            *_properties(
                text("COMPU-METHOD-REF", method, DEST="COMPU-METHOD"),
                _unit_reference(bus, matrix, signal),
            ),
        ),
    )


def _unit_reference(bus: str, matrix: Matrix, signal: SignalSpec) -> Xml | None:
    if not signal.unit:
        return None
    return text("UNIT-REF", f"/{bus}/units/{_units(matrix)[signal.unit]}", DEST="UNIT")


def _conversion(name: str, signal: SignalSpec) -> Xml:
    category = "SCALE_LINEAR_AND_TEXTTABLE" if signal.choices else "LINEAR"
    scales = (_linear(signal), *(_word(number, word) for number, word in signal.choices))
    return xml(
        "COMPU-METHOD",
        text("SHORT-NAME", name),
        text("CATEGORY", category),
        xml("COMPU-INTERNAL-TO-PHYS", xml("COMPU-SCALES", *scales)),
    )


def _linear(signal: SignalSpec) -> Xml:
    coefficients = xml(
        "COMPU-RATIONAL-COEFFS",
        xml("COMPU-NUMERATOR", text("V", _plain(signal.offset)), text("V", _plain(signal.scale))),
        xml("COMPU-DENOMINATOR", text("V", "1")),
    )
    low, high = (_raw(signal, bound) for bound in (signal.low, signal.high))
    return xml("COMPU-SCALE", *_limits(low, high), coefficients)


def _raw(signal: SignalSpec, bound: float | None) -> str | None:
    """A physical limit as it lies in the frame: the number that gives exactly the limit again."""
    if bound is None:
        return None
    exact = (bound - signal.offset) / signal.scale
    near = (round(exact), exact, math.nextafter(exact, -math.inf), math.nextafter(exact, math.inf))
    fits = (raw for raw in near if raw * signal.scale + signal.offset == bound)
    return _plain(next(fits, exact))


def _word(number: int, word: str) -> Xml:
    value = str(number)
    return xml("COMPU-SCALE", *_limits(value, value), xml("COMPU-CONST", text("VT", word)))


def _limits(low: str | None, high: str | None) -> Iterator[Xml]:
    for name, bound in (("LOWER-LIMIT", low), ("UPPER-LIMIT", high)):
        if bound is not None:
            yield text(name, bound, **{"INTERVAL-TYPE": "CLOSED"})


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)


def _units(matrix: Matrix) -> dict[str, str]:
    """A short name for each unit; AUTOSAR takes no signs in it."""
    units = sorted({s.unit for message in matrix for s in message.signals if s.unit})
    return {
        unit: f"unit_{number}_{_OTHER.sub('', unit)}".rstrip("_")
        for number, unit in enumerate(units)
    }


def unit_package(matrix: Matrix) -> Xml | None:
    made = (
        xml("UNIT", text("SHORT-NAME", name), text("DISPLAY-NAME", unit))
        for unit, name in _units(matrix).items()
    )
    elements = group("ELEMENTS", made)
    return package("units", elements) if elements is not None else None


def base_types() -> Xml:
    made = (
        xml("SW-BASE-TYPE", text("SHORT-NAME", name), text("BASE-TYPE-ENCODING", encoding))
        for name, encoding in _ENCODINGS.items()
    )
    return package("base_types", xml("ELEMENTS", *made))
