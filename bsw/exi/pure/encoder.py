"""Writes the encoding function of a class: message in, bits out.

Constant bits and values of one run are joined by a single formatted string.  Where the bits of an
event depend on what went before, the function keeps the table of the state it is in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bsw.chrgm.messages.kinds import Octets, Text
from bsw.chrgm.messages.model import Message
from bsw.chrgm.messages.specs import ATTRIBUTE, TEXT, Field, Group, KindOfField, Value
from bsw.exi.bits import fixed_values, width
from bsw.exi.grammar import END, Grammar, State, grammar
from bsw.exi.pure import bitstrings
from bsw.exi.pure.decoder import FINISHED, certain

Encode = Callable[[Any], str]
# A class, or ``(class, "inline")`` for an element whose only content stands in for it.
Key = Any


class Encoders(dict[Key, Encode]):
    """The function of a class, or of ``(class, "inline")``; written when first asked for.

    An empty text or binary has two legal forms: a value of length 0 (which every peer reads), or,
    with ``ends``, an end event of the second level in its place (which EXIficient writes).
    """

    def __init__(self, *, ends: bool) -> None:
        super().__init__()
        self.ends = ends

    def __missing__(self, key: Key) -> Encode:
        cls, inline = key if isinstance(key, tuple) else (key, False)
        function = _Writer(self, grammar(cls), inline=bool(inline)).function()
        self[key] = function
        return function


ENCODERS = Encoders(ends=False)
ENCODERS_WITH_ENDS = Encoders(ends=True)
SECOND_LEVEL_END = "000"
ESCAPE = -9


def codes(state: State) -> dict[Any, str]:
    """The bits of each event: by field number, by ``(field number, class)`` in a group."""
    table: dict[Any, str] = {}
    for number, production in enumerate(state.productions):
        if production.field >= 0:
            table[production.field, production.kind] = state.code(number)
            table.setdefault(production.field, state.code(number))
        elif production.field == END:
            table[FINISHED] = state.code(number)
    table[ESCAPE] = state.code(len(state.productions))
    return table


class _Writer:
    def __init__(self, encoders: Encoders, table: Grammar, *, inline: bool) -> None:
        self._encoders = encoders
        self._table = table
        self._inline = inline
        self._space: dict[str, Any] = {"E": encoders, "U": bitstrings.SMALL}
        for name in ("unsigned", "signed", "text", "octets"):
            self._space[name] = getattr(bitstrings, name)
        self._lines: list[str] = []
        self._indent = 1
        self._run = ""
        self._begun = False
        self._names = 0

    def function(self) -> Encode:
        self._fields()
        self._emit("return s")
        source = "\n".join(["def encode(m):", *self._lines])
        exec(source, self._space)  # noqa: S102 - our own text, made of our own grammar
        made: Encode = self._space["encode"]
        made.__qualname__ = f"encode {self._table.cls.__name__}"
        return made

    def _emit(self, line: str) -> None:
        self._lines.append("    " * self._indent + line)

    def _name(self, value: Value) -> str:
        self._names += 1
        name = f"g{self._names}"
        self._space[name] = value
        return name

    def _flush(self) -> None:
        """Append the run of constants and values that has gathered."""
        if self._run or not self._begun:
            quoted = f'f"{self._run}"' if "{" in self._run else f'"{self._run}"'
            self._emit(f"s {'+=' if self._begun else '='} {quoted}")
            self._run = ""
            self._begun = True

    def _fields(self) -> None:
        table = self._table
        state: State | None = table.start  # None: its codes are in ``t``
        for number, (field, must) in enumerate(zip(table.fields, certain(table), strict=True)):
            value = f"v{number}"
            self._emit(f"{value} = {'m' if self._inline else f'm.{field.name}'}")
            if must:
                self._write(number, field, state)
                state = self._after(number, field)
                continue
            self._flush()
            if state is not None:
                self._emit(f"t = {self._name(codes(state))}")
                state = None
            self._emit(f"if {value}:" if field.many else f"if {value} is not None:")
            self._indent += 1
            self._write(number, field, None)
            following = self._after(number, field)
            self._flush()
            if following is not None:
                self._emit(f"t = {self._name(codes(following))}")
            self._indent -= 1
        if table.fields and table.fields[-1].role == TEXT and self._encoders.ends:
            pass  # the end is part of the value, or stands in its place
        elif state is not None:
            self._run += codes(state)[FINISHED]
        else:
            self._run += f"{{t[{FINISHED}]}}"
        self._flush()

    def _after(self, number: int, field: Field) -> State | None:
        return None if field.many else self._table.after[number].full

    def _write(self, number: int, field: Field, state: State | None) -> None:
        """The event of a field and its value; ``state`` None means that ``t`` has the codes."""
        if field.many:
            self._list(number, field, state)
        elif field.role == TEXT and self._encoders.ends:
            self._emit(f'w = f"{self._content(field, f"v{number}")}0"')
            self._flush()
            table = "t" if state is None else self._name(codes(state))
            escape = f"{table}[{ESCAPE}]"
            end = f"{escape} + '{SECOND_LEVEL_END}'"
            self._emit(f"s += {table}[{number}] + w if v{number} else {end}")
        else:
            self._run += self._event(number, field, f"v{number}", state)
            self._run += self._content(field, f"v{number}")

    def _event(self, number: int, field: Field, value: str, state: State | None) -> str:
        if isinstance(field.kind, Group) and field.inline is None:
            table = "t" if state is None else self._name(codes(state))
            return f"{{{table}[{number}, type({value})]}}"
        return codes(state)[number] if state is not None else f"{{t[{number}]}}"

    def _list(self, number: int, field: Field, state: State | None) -> None:
        after = self._table.after[number]
        self._flush()
        if state is not None:
            self._emit(f"t = {self._name(codes(state))}")
        opened = self._name(codes(after.open))
        self._emit(f"n = 0\n{'    ' * self._indent}for i in v{number}:")
        self._indent += 1
        self._run = self._event(number, field, "i", None) + self._content(field, "i")
        self._flush()
        self._emit("n += 1")
        if field.low > 1:
            below = self._name(codes(after.below))
            self._emit(f"t = {opened} if n >= {field.low} else {below}")
        else:
            self._emit(f"t = {opened}")
        self._indent -= 1
        if field.high is not None:
            self._emit(f"if n >= {field.high}: t = {self._name(codes(after.full))}")

    def _content(self, field: Field, value: str) -> str:
        """A piece of a formatted string: the value, with its own start and end bits."""
        kind: KindOfField = field.kind
        if field.role in {ATTRIBUTE, TEXT}:
            return f"{{{self._expression(kind, value)}}}"
        if field.inline is not None:
            return f"{{{self._name(self._encoders[field.inline, 'inline'])}({value})}}"
        if isinstance(kind, Group):
            return f"{{E[type({value})]({value})}}"
        if isinstance(kind, type) and issubclass(kind, Message):
            return f"{{{self._name(self._encoders[kind])}({value})}}"
        if self._encoders.ends and isinstance(kind, Text | Octets):
            reader = "text" if isinstance(kind, Text) else "octets"
            return f"{{'0' + {reader}({value}) + '0' if {value} else '1{SECOND_LEVEL_END}'}}"
        return f"0{{{self._expression(kind, value)}}}0"

    def _expression(self, kind: KindOfField, value: str) -> str:
        values = fixed_values(kind)
        if values is not None:
            bits = f"0{width(len(values))}b"
            table = {item: format(code, bits) for code, item in enumerate(values)}
            return f"{self._name(table)}[{value}]"
        if isinstance(kind, Text):
            return f"text({value})"
        if isinstance(kind, Octets):
            return f"octets({value})"
        if kind.low is not None and kind.low >= 0:
            return f"U[{value}] if 0 <= {value} < 128 else unsigned({value})"
        return f"signed({value})"
