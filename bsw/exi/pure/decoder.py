"""Writes the decoding function of a class.

The function reads the fields in the order of the wire.  Where only one thing can follow, its bits
join those around it and are compared at once; where there is a choice, a table turns the bits into
the number of what follows, and each field asks whether that number is its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bsw.chrgm.messages.kinds import Integer, Octets, Text
from bsw.chrgm.messages.model import Message
from bsw.chrgm.messages.specs import ATTRIBUTE, TEXT, Field, Group, KindOfField, Value
from bsw.exi.bits import fixed_values, width
from bsw.exi.grammar import END, Grammar, State, grammar
from bsw.exi.pure import bitstrings

Decode = Callable[[str, int], tuple[Any, int]]
# A class, or ``(class, "inline")`` for an element whose only content stands in for it.
Key = Any
TABLED = 256  # up to this many values a fixed-width field is read through a table
WITHOUT_END = 1 << 40
FINISHED = -1


class _Decoders(dict[Key, Decode]):
    """The function of a class, or of ``(class, "inline")``; written when first asked for."""

    def __missing__(self, key: Key) -> Decode:
        cls, inline = key if isinstance(key, tuple) else (key, False)
        function = _Writer(grammar(cls), inline=bool(inline)).function()
        self[key] = function
        return function


DECODERS = _Decoders()


def reachable(table: Grammar) -> list[set[int]]:
    """For each place (start, then each field) the fields that may follow; END counts as last."""
    last = len(table.fields)

    def targets(*states: State) -> set[int]:
        found = set()
        for state in states:
            for production in state.productions:
                if production.field >= 0:
                    found.add(production.field)
                elif production.field == END:
                    found.add(last)
        return found

    return [targets(table.start), *(targets(*after) for after in table.after)]


def certain(table: Grammar) -> list[bool]:
    """For each field, whether every message of this class passes through it."""
    steps = [
        (place - 1, target) for place, targets in enumerate(reachable(table)) for target in targets
    ]
    return [
        not any(before < number < target for before, target in steps)
        for number in range(len(table.fields))
    ]


def token(field: int, member: int = 0) -> int:
    """The number that a dispatch table gives for a field, and for a member of its group."""
    return field << 8 | member


def dispatch(state: State) -> dict[str, int]:
    """Bits to tokens, for what the quick decoder takes from a state."""
    table = {}
    members: dict[int, int] = {}
    for number, production in enumerate(state.productions):
        if production.field >= 0:
            member = members.get(production.field, 0)
            members[production.field] = member + 1
            if production.kind is not None:
                table[state.code(number)] = token(production.field, member)
        elif production.field == END:
            table[state.code(number)] = FINISHED
    return table


class _Writer:
    def __init__(self, table: Grammar, *, inline: bool) -> None:
        self._table = table
        self._inline = inline
        self._space: dict[str, Any] = {"D": DECODERS, "Unusual": bitstrings.Unusual}
        self._space |= {"small": bitstrings.FROM_SMALL.get, "new": object.__new__}
        for name in ("unsigned", "signed", "big", "text", "octets"):
            self._space[f"read_{name}"] = getattr(bitstrings, f"read_{name}")
        self._lines: list[str] = []
        self._indent = 1
        self._pending = ""
        self._names = 0

    def function(self) -> Decode:
        self._fields()
        self._result()
        source = "\n".join(["def decode(b, p):", *self._lines])
        exec(source, self._space)  # noqa: S102 - our own text, made of our own grammar
        made: Decode = self._space["decode"]
        made.__qualname__ = f"decode {self._table.cls.__name__}"
        return made

    def _emit(self, line: str) -> None:
        self._lines.append("    " * self._indent + line)

    def _name(self, value: Value) -> str:
        """A global name for a value that the function needs."""
        self._names += 1
        name = f"g{self._names}"
        self._space[name] = value
        return name

    def _flush(self) -> None:
        """Compare the constant bits that have gathered."""
        if self._pending:
            size = len(self._pending)
            self._emit(f"if b[p:p + {size}] != '{self._pending}': raise Unusual")
            self._emit(f"p += {size}")
            self._pending = ""

    def _choose(self, state: State) -> None:
        """Read what follows into ``c``."""
        self._flush()
        self._emit(f"c = {self._name(dispatch(state))}[b[p:p + {state.width}]]")
        self._emit(f"p += {state.width}")

    def _fields(self) -> None:
        table = self._table
        state: State | None = table.start  # None: what follows is in ``c``
        for number, (field, must) in enumerate(zip(table.fields, certain(table), strict=True)):
            if state is not None and len(state.productions) > 1:
                self._choose(state)
                state = None
            if state is not None:
                self._pending += state.code(0)
                self._read(number, field)
                state = self._follow(number, field)
            elif must:
                self._emit(f"if {self._other(number, field)}: raise Unusual")
                self._read(number, field)
                state = self._follow(number, field)
            else:
                self._emit(f"v{number} = {'()' if field.many else 'None'}")
                self._emit(f"if not ({self._other(number, field)}):")
                self._indent += 1
                self._read(number, field)
                following = self._follow(number, field)
                if following is not None:
                    self._choose(following)
                self._indent -= 1
        if state is not None and len(state.productions) == 1:
            self._pending += state.code(0)
            self._flush()
            return
        if state is not None:
            self._choose(state)
        self._emit(f"if c != {FINISHED}: raise Unusual")

    def _other(self, number: int, field: Field) -> str:
        """The test whether ``c`` is something else than this field."""
        if isinstance(field.kind, Group) and field.inline is None:
            return f"c >> 8 != {number}"
        return f"c != {token(number)}"

    def _follow(self, number: int, field: Field) -> State | None:
        return None if field.many else self._table.after[number].full

    def _read(self, number: int, field: Field) -> None:
        if field.many:
            self._list(number, field)
        else:
            self._item(number, field)

    def _list(self, number: int, field: Field) -> None:
        after = self._table.after[number]
        self._emit(f"l{number} = []")
        self._flush()
        self._emit("while 1:")
        self._indent += 1
        self._item(number, field)
        self._flush()
        self._emit(f"l{number}.append(v{number})")
        if field.high is not None:
            self._emit(f"if len(l{number}) == {field.high}:")
            self._indent += 1
            self._choose(after.full)
            self._emit("break")
            self._indent -= 1
        if field.low > 1:
            self._emit(f"if len(l{number}) < {field.low}:")
            self._indent += 1
            self._choose(after.below)
            self._emit("continue")
            self._indent -= 1
        self._choose(after.open)
        self._emit(f"if {self._other(number, field)}: break")
        self._indent -= 1
        self._emit(f"v{number} = tuple(l{number})")

    def _item(self, number: int, field: Field) -> None:
        name = f"v{number}"
        kind: KindOfField = field.kind
        if field.role in {ATTRIBUTE, TEXT}:
            self._value(name, kind)
        elif field.inline is not None:
            self._call(name, (field.inline, "inline"))
        elif isinstance(kind, Group):
            classes = list(kind.members.values())
            self._flush()
            self._emit(f"{name}, p = D[{self._name(classes)}[c & 255]](b, p)")
        elif isinstance(kind, type) and issubclass(kind, Message):
            self._call(name, kind)
        else:
            self._pending += "0"
            self._value(name, kind, "0")

    def _call(self, name: str, key: Key) -> None:
        self._flush()
        self._emit(f"{name}, p = {self._name(DECODERS[key])}(b, p)")

    def _value(self, name: str, kind: KindOfField, suffix: str = "") -> None:
        """A simple value; ``suffix`` are constant bits behind it."""
        known = self._known(kind)
        if known is not None:
            size = len(self._pending) + len(next(iter(known))) + len(suffix)
            values = {f"{self._pending}{bits}{suffix}": value for bits, value in known.items()}
            self._pending = ""
            self._emit(f"{name} = {self._name(values)}[b[p:p + {size}]]")
            self._emit(f"p += {size}")
            return
        self._flush()
        if isinstance(kind, Text | Octets):
            reader = "text" if isinstance(kind, Text) else "octets"
            high = WITHOUT_END if kind.high is None else kind.high
            self._emit(f"{name}, p = read_{reader}(b, p, {kind.low}, {high})")
        elif isinstance(kind, Integer):
            self._integer(name, kind)
        self._pending += suffix

    def _integer(self, name: str, kind: Integer) -> None:
        low, high = kind.low, kind.high
        if low is None or high is None:
            self._emit(f"{name}, p = read_big(b, p)")
        elif fixed_values(kind):
            size = width(high - low + 1)
            self._emit(f"{name} = int(b[p:p + {size}], 2) + {low}")
            self._emit(f"p += {size}")
            self._emit(f"if {name} > {high}: raise Unusual")
        elif low < 0:
            self._emit(f"{name}, p = read_signed(b, p)")
            self._emit(f"if not {low} <= {name} <= {high}: raise Unusual")
        else:
            self._emit(f"{name} = small(b[p:p + 8])")
            self._emit(f"if {name} is None: {name}, p = read_unsigned(b, p)")
            self._emit("else: p += 8")
            self._emit(f"if not {low} <= {name} <= {high}: raise Unusual")

    def _known(self, kind: KindOfField) -> dict[str, Any] | None:
        """Bits to values, for a type of fixed width with few values."""
        values = fixed_values(kind)
        if values is None or len(values) > TABLED:
            return None
        bits = f"0{width(len(values))}b"
        return {format(code, bits): value for code, value in enumerate(values)}

    def _result(self) -> None:
        if self._inline:
            self._emit("return v0, p")
            return
        self._emit(f"o = new({self._name(self._table.cls)})")
        for number, field in enumerate(self._table.fields):
            self._emit(f"{self._name(field.set)}(o, v{number})")
        self._emit("return o, p")
