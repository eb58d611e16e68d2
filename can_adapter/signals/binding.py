"""Which signal carries which role: the configured mapping, checked against the matrices.

``bind`` answers with everything that can be used and everything that is wrong, in the words of
the file the user edited and with the names that come nearest.  Nothing is sent or received here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntFlag
from typing import Final, Literal

from can_adapter.config import CanConfig, MappingConfig
from can_adapter.matrix.codec import Field
from can_adapter.matrix.configured import Problem, load_matrix
from can_adapter.matrix.model import Matrix
from can_adapter.matrix.names import signals_by_name, unknown
from can_adapter.matrix.specs import MessageSpec, SignalSpec
from can_adapter.signals.convert import (
    BitsConverter,
    Converter,
    NumberConverter,
    TableConverter,
    TextConverter,
    meanings,
    plain,
)
from can_adapter.signals.roles import Catalogue, Kind, Role, Value

Direction = Literal["receive", "transmit"]

NEVER_CONSTANT: Final = frozenset({"Permission", "Contactors", "Targets"})
"""Groups whose values must come from the vehicle, frame by frame."""

ESSENTIAL: Final = ("charge_permission",)
"""Without these the vehicle never charges."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A role on its signals; ``flag`` says with ``flag_valid`` that the value is meant."""

    role: Role
    message: MessageSpec
    signals: tuple[SignalSpec, ...]
    converter: Converter
    flag: SignalSpec | None = None
    flag_valid: int = 1


@dataclass(frozen=True, slots=True)
class Constant:
    """A role that no signal carries."""

    role: Role
    value: Value


@dataclass(frozen=True, slots=True)
class Bindings:
    """One direction, bound."""

    catalogue: Catalogue
    bound: tuple[Binding, ...]
    constants: tuple[Constant, ...]
    unbound: tuple[Role, ...]

    def messages(self) -> tuple[MessageSpec, ...]:
        """The messages that carry anything, in the order of their identifiers."""
        specs = {binding.message.key: binding.message for binding in self.bound}
        return tuple(specs[key] for key in sorted(specs))


def bind(
    config: CanConfig, matrix: Matrix, catalogue: Catalogue, direction: Direction
) -> tuple[Bindings, list[Problem]]:
    """Bind every role of a catalogue, or say why not."""
    mapping = config.receive if direction == "receive" else config.transmit
    binder = _Binder(config, matrix, mapping, direction)
    for name in mapping:
        if name not in catalogue.roles:
            binder.complain((name,), unknown("value", name, list(catalogue.roles)))
    for role in catalogue:
        binder.bind(role)
    binder.check_senders()
    return binder.result(catalogue), binder.problems


def problems(config: CanConfig, receive: Catalogue, transmit: Catalogue) -> list[Problem]:
    """Everything wrong with a configuration and its matrices, at once."""
    if config.bus.interface == "none":
        return []
    matrix, found = load_matrix(config)
    if not matrix.messages:
        return found
    received, wrong = bind(config, matrix, receive, "receive")
    found += wrong
    sent, wrong = bind(config, matrix, transmit, "transmit")
    found += wrong
    ours = {spec.name for spec in sent.messages()}
    both = ", ".join(spec.name for spec in received.messages() if spec.name in ours)
    if both:
        found.append(Problem(("receive",), f"{both}: is both received and sent by this ECU"))
    return found


class _Binder:
    """Collects what is bound and what is wrong in one direction."""

    def __init__(
        self,
        config: CanConfig,
        matrix: Matrix,
        mapping: Mapping[str, MappingConfig],
        direction: Direction,
    ) -> None:
        self.problems: list[Problem] = []
        self._matrix = matrix
        self._mapping = mapping
        self._direction = direction
        self._bound: list[Binding] = []
        self._constants: list[Constant] = []
        self._unbound: list[Role] = []
        self._by_name = signals_by_name(matrix) if config.bind == "by-name" else {}

    def complain(self, where: tuple[str, ...], text: str) -> None:
        self.problems.append(Problem((self._direction, *where), text))

    def result(self, catalogue: Catalogue) -> Bindings:
        return Bindings(catalogue, tuple(self._bound), tuple(self._constants), tuple(self._unbound))

    def bind(self, role: Role) -> None:
        entry = self._mapping.get(role.name)
        if entry is None:
            entry = self._entry_by_name(role)
        if entry is None:
            self._unbound.append(role)
            if role.name in ESSENTIAL:
                self.complain((role.name,), "is not mapped, so the vehicle would never charge")
        elif entry.constant is not None:
            self._bind_constant(role, entry)
        else:
            self._bind_signal(role, entry)

    def check_senders(self) -> None:
        """One message cannot be both received and sent by this ECU."""
        senders = {binding.message.sender for binding in self._bound}
        if self._direction == "transmit" and len(senders) > 1:
            text = f"messages of several nodes would be sent: {', '.join(sorted(senders))}"
            self.complain((), f"{text}; this ECU can be only one of them")

    def _entry_by_name(self, role: Role) -> MappingConfig | None:
        paths = self._by_name.get(plain(role.name))
        if paths is None and role.kind is Kind.TEXT:
            paths = self._pieces(role)
        if paths is None:
            return None
        flags = self._by_name.get(plain(role.name) + "flag")
        return MappingConfig(signal=paths, flag=flags[0] if flags else "")

    def _pieces(self, role: Role) -> tuple[str, ...] | None:
        """A text lies in signals numbered from 0."""
        found: list[str] = []
        while (paths := self._by_name.get(f"{plain(role.name)}{len(found)}")) is not None:
            found.append(paths[0])
        return tuple(found) or None

    def _bind_constant(self, role: Role, entry: MappingConfig) -> None:
        where = (role.name, "constant")
        if entry.signal:
            self.complain(where, "give either a signal or a constant, not both")
        elif self._direction == "transmit":
            self.complain(where, "a value that is sent needs a signal")
        elif role.group in NEVER_CONSTANT:
            self.complain(where, "must come from the vehicle, frame by frame; map a signal")
        else:
            value = constant(role, entry.constant)
            if value is None:
                self.complain(where, f"{entry.constant!r} is not allowed; give {role.allowed}")
            else:
                self._constants.append(Constant(role, value))

    def _bind_signal(self, role: Role, entry: MappingConfig) -> None:
        found = [self._find(role, path) for path in entry.signal]
        if not found:
            self.complain((role.name,), "names neither a signal nor a constant")
        places = [place for place in found if place is not None]
        if not places or len(places) != len(found):
            return
        message = places[0][0]
        signals = tuple(signal for _, signal in places)
        if any(other is not message for other, _ in places):
            self.complain((role.name, "signal"), "all signals of a text lie in one message")
            return
        if len(signals) > 1 and role.kind is not Kind.TEXT:
            self.complain((role.name, "signal"), "only a text may take several signals")
            return
        converter = self._converter(role, entry, message, signals)
        flag = self._flag(role, entry, message, signals)
        if converter is not None:
            self._bound.append(Binding(role, message, signals, converter, flag, entry.flag_valid))

    def _find(self, role: Role, path: str) -> tuple[MessageSpec, SignalSpec] | None:
        found = self._matrix.signal(path)
        if found is None:
            self.complain((role.name, "signal"), unknown("signal", path, self._matrix.paths()))
        return found

    def _flag(
        self,
        role: Role,
        entry: MappingConfig,
        message: MessageSpec,
        signals: Sequence[SignalSpec],
    ) -> SignalSpec | None:
        if not entry.flag:
            return None
        where = (role.name, "flag")
        found = self._matrix.signal(entry.flag)
        if found is None:
            nearby = [f"{message.name}.{signal.name}" for signal in message.signals]
            self.complain(where, unknown("signal", entry.flag, nearby))
            return None
        if found[0] is not message:
            self.complain(
                where, f"{entry.flag} must lie in the message of its value, {message.name}"
            )
            return None
        flag = found[1]
        if flag.mux is not None and flag.mux != signals[0].mux:
            self.complain(where, f"{entry.flag} is not there whenever {signals[0].name} is")
        low, high = Field(flag, message.length).bounds
        if not low <= entry.flag_valid <= high:
            where = (role.name, "flag_valid")
            self.complain(where, f"{entry.flag} has no room for {entry.flag_valid}")
        return flag

    def _converter(
        self,
        role: Role,
        entry: MappingConfig,
        message: MessageSpec,
        signals: tuple[SignalSpec, ...],
    ) -> Converter | None:
        if role.kind is Kind.TEXT:
            if any(signal.length % 8 or signal.floating for signal in signals):
                self.complain((role.name, "signal"), "a text needs signals of whole octets")
                return None
            return TextConverter([signal.length // 8 for signal in signals])
        if role.kind is Kind.NUMBER:
            return self._number(role, entry, message, signals[0])
        return self._table(role, entry, message, signals[0])

    def _number(
        self, role: Role, entry: MappingConfig, message: MessageSpec, signal: SignalSpec
    ) -> Converter | None:
        if entry.scale == 0 or signal.scale == 0:
            self.complain((role.name, "scale"), "must not be 0")
            return None
        if entry.values:
            self.complain((role.name, "values"), "a number has no words; use scale and offset")
        converter = NumberConverter(
            role,
            signal,
            Field(signal, message.length).bounds,
            scale=entry.scale,
            offset=entry.offset,
            invalid=frozenset(entry.invalid),
        )
        if converter.empty:
            self.complain(
                (role.name,),
                f"no raw number of {signal.name} gives {role.allowed} {role.unit}; "
                "check scale and offset",
            )
            return None
        return converter

    def _table(
        self, role: Role, entry: MappingConfig, message: MessageSpec, signal: SignalSpec
    ) -> Converter | None:
        where = (role.name, "values")
        words = list(role.words)
        wrong = [word for word in entry.values if word not in words]
        for word in wrong:
            self.complain(where, unknown("word", word, words))
        low, high = Field(signal, message.length).bounds
        outside = [raw for raws in entry.values.values() for raw in raws if not low <= raw <= high]
        if outside:
            self.complain(where, f"{signal.name} has no room for {', '.join(map(str, outside))}")
        if wrong or outside:
            return None
        if role.kind is Kind.BITS:
            assert role.options is not None
            assert issubclass(role.options, IntFlag)
            return BitsConverter(role.options, entry.values)
        table = meanings(role, signal, entry.values)
        missing = [
            str(value.value)
            for value, raws in table.items()
            if not raws and isinstance(value, Enum)
        ]
        if len(missing) == len(table) or (missing and self._direction == "transmit"):
            self.complain(
                where,
                f"{signal.name} has no raw number for {', '.join(missing)}; "
                f"add e.g. values: {{{missing[0]}: 0}}",
            )
            return None
        return TableConverter(table)


def constant(role: Role, given: object) -> Value | None:
    """The configured constant as a value of the role; ``None`` if it is none."""
    if role.kind is Kind.NUMBER:
        if isinstance(given, bool) or not isinstance(given, (int, float)):
            return None
        if not role.low <= given <= role.high:
            return None
        return round(given) if role.whole else float(given)
    if role.kind is Kind.SWITCH:
        return given if isinstance(given, bool) else None
    if role.kind is Kind.TEXT:
        return given[: role.length] if isinstance(given, str) else None
    assert role.options is not None
    return next((member for member in role.options if member.value == given), None)
