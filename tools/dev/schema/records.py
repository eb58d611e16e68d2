"""What a generated module will contain, before it is written: enumerations, kinds, classes.

Takes the plain records of ``xsd`` and decides the Python side: which class a type becomes, which
fields it gets, which groups may stand where, and in which order all that must be written so that
nothing is used before it exists.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.dev.schema import xsd
from tools.dev.schema.names import capital, constant, snake, stem
from tools.dev.schema.plan import ABILITIES, RENAMED
from tools.dev.schema.xsd import QName

BUILT_IN = {
    "boolean": ("BOOLEAN", "bool"),
    "byte": ("BYTE", "int"),
    "short": ("SHORT", "int"),
    "int": ("INT", "int"),
    "long": ("LONG", "int"),
    "unsignedByte": ("UNSIGNED_BYTE", "int"),
    "unsignedShort": ("UNSIGNED_SHORT", "int"),
    "unsignedInt": ("UNSIGNED_INT", "int"),
    "unsignedLong": ("UNSIGNED_LONG", "int"),
    "integer": ("INTEGER", "int"),
    "string": ("STRING", "str"),
    "anyURI": ("ANY_URI", "str"),
    "ID": ("ID", "str"),
    "IDREF": ("IDREF", "str"),
    "hexBinary": ("HEX_BINARY", "bytes"),
    "base64Binary": ("BASE64_BINARY", "bytes"),
}
BOUNDS = {
    "byte": (-(2**7), 2**7 - 1),
    "short": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "unsignedByte": (0, 2**8 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedLong": (0, 2**64 - 1),
}


@dataclass
class Kind:
    """How a type is written: an expression, its annotation, and what must exist before."""

    expression: str
    annotation: str
    needs: tuple[QName, ...] = ()


@dataclass
class Field:
    role: str
    wire: str
    kind: Kind
    low: int = 1
    high: int | None = 1
    ns: str | None = None
    inline: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        self.name = self.name or snake(self.wire or "value")

    @property
    def many(self) -> bool:
        return self.high != 1


@dataclass
class Enumeration:
    name: str
    wire: str
    values: list[str]


@dataclass
class Constant:
    name: str
    expression: str


@dataclass
class Group:
    """Elements that may stand in one place: constant, alias, ``(wire name, class or nothing)``."""

    constant: str
    alias: str
    head: str
    members: list[tuple[str, str | None]]


@dataclass
class Class:
    name: str
    wire: str
    ns: str
    bases: list[str]
    fields: list[Field] = field(default_factory=list)
    abstract: bool = False
    mixed: bool = False
    model: str = ""


Item = Enumeration | Constant | Group | Class


class Compiler:
    """Turns the schemas of one set into items, for the namespaces of one module."""

    def __init__(self, schemas: list[xsd.Schema], own: tuple[str, ...]) -> None:
        self.own = own
        self.types = {name: kind for schema in schemas for name, kind in schema.types.items()}
        self.elements = {name: item for schema in schemas for name, item in schema.elements.items()}
        self.items: list[Item] = []
        self.simple = [name for name, kind in self.types.items() if isinstance(kind, xsd.Simple)]
        self._done: set[str] = set()
        self._types_of_elements: dict[QName, list[QName]] = {}
        for element in self.elements.values():
            self._types_of_elements.setdefault(element.type, []).append(element.name)
        for schema in schemas:
            if schema.ns in own:
                self._own(schema)

    def _own(self, schema: xsd.Schema) -> None:
        for name, kind in schema.types.items():
            if isinstance(kind, xsd.Simple):
                self._simple(name)
        for name, kind in schema.types.items():
            if isinstance(kind, xsd.Complex):
                for called in self._names(name):
                    self._class(name, called)

    def _names(self, kind: QName) -> list[str]:
        """The classes a complex type becomes: one per global element of it, else its own name."""
        elements = self._types_of_elements.get(kind, [])
        complex_ = self.types[kind]
        if not elements or (isinstance(complex_, xsd.Complex) and complex_.abstract):
            return [RENAMED.get(kind.local, capital(kind.local))]
        return [capital(element.local) for element in elements]

    def class_of(self, element: QName) -> str | None:
        """The class of a global element; None for an abstract one or a simple value."""
        kind = self.types.get(self.elements[element].type)
        if not isinstance(kind, xsd.Complex) or kind.abstract or self.elements[element].abstract:
            return None
        names = self._names(kind.name)
        return capital(element.local) if len(names) > 1 else names[0]

    def kind(self, name: QName | xsd.Simple) -> Kind:
        """How to write the type of a field."""
        if isinstance(name, xsd.Simple):
            expression, annotation = self._expression(name)
            return Kind(expression, annotation)
        if name.ns == xsd.XS:
            return Kind(*BUILT_IN[name.local])
        declared = self.types[name]
        if isinstance(declared, xsd.Complex):
            called = self._names(name)[0]
            return Kind(called, called, (name,))
        self._simple(name)
        called = self._simple_name(declared)
        return Kind(called, called if declared.values else self._expression(declared)[1], (name,))

    def _simple_name(self, simple: xsd.Simple) -> str:
        local = simple.name.local
        if simple.values:
            return RENAMED.get(local, capital(local))
        return constant(local) if local.endswith("Type") else f"{constant(local)}_TYPE"

    def _simple(self, name: QName) -> None:
        simple = self.types[name]
        if not isinstance(simple, xsd.Simple) or name.ns not in self.own:
            return
        called = self._simple_name(simple)
        if called in self._done:
            return
        self._done.add(called)
        if simple.values:
            self.items.append(Enumeration(called, name.local, simple.values))
        else:
            self.items.append(Constant(called, self._expression(simple)[0]))

    def _expression(self, simple: xsd.Simple) -> tuple[str, str]:
        facets = dict(simple.facets)
        base = simple.base
        while base.ns != xsd.XS:
            parent = self.types[base]
            if not isinstance(parent, xsd.Simple):
                raise xsd.SchemaError(f"{simple.name}: the base {base} is no simple type")
            facets = parent.facets | facets
            base = parent.base
        annotation = BUILT_IN[base.local][1]
        wire = f'"{simple.name.local}"'
        if annotation == "int":
            low, high = BOUNDS.get(base.local, (None, None))
            low, high = facets.get("minInclusive", low), facets.get("maxInclusive", high)
            return f"Integer({wire}, {low}, {high})", annotation
        exact = facets.get("length")
        low, high = facets.get("minLength", exact or 0), facets.get("maxLength", exact)
        sizes = "" if not low and high is None else f", {low}, {high}"
        if annotation == "str":
            return f"Text({wire}{sizes})", annotation
        form = ", hexadecimal=True" if base.local == "hexBinary" else ""
        return f"Octets({wire}{sizes}{form})", annotation

    def _class(self, name: QName, called: str) -> None:
        declared = self.types[name]
        if not isinstance(declared, xsd.Complex) or name.ns not in self.own or called in self._done:
            return
        self._done.add(called)
        made = Class(
            called, name.local, name.ns, [], abstract=declared.abstract, mixed=declared.mixed
        )
        if name.local in ABILITIES:
            made.bases.append(ABILITIES[name.local])
        if declared.base:
            self.need(declared.base)
            made.bases.append(self._names(declared.base)[0])
        else:
            made.bases.append("Message")
        self._fields(made, declared)
        for part in made.fields:
            for need in part.kind.needs:
                self.need(need)
        self.items.append(made)

    def need(self, name: QName) -> None:
        """Write the classes of a type now, because something refers to them."""
        if isinstance(self.types.get(name), xsd.Complex):
            for called in self._names(name):
                self._class(name, called)

    def _fields(self, made: Class, declared: xsd.Complex) -> None:
        for item in declared.attributes:
            kind = self.kind(item.type)
            made.fields.append(
                Field("attribute", item.name.local, kind, int(item.required), ns=item.name.ns)
            )
        if declared.text:
            made.fields.append(Field("text", "", self.kind(declared.text)))
        if declared.content:
            shape = _Shape(self, made)
            model = shape.model(declared.content)
            if shape.special or declared.mixed:
                made.model = model
        elif declared.mixed:
            raise xsd.SchemaError(f"{declared.name}: mixed without content")

    def closure(self, head: QName) -> list[QName]:
        """A global element and everything that may stand for it, in the order of the codes."""
        found = {head}
        while True:
            more = {item.name for item in self.elements.values() if item.head in found} - found
            if not more:
                return sorted(found, key=lambda name: (name.local, name.ns))
            found |= more

    def alias(self, head: str) -> str:
        """What the union of a group is called."""
        return RENAMED.get(f"Any{capital(head)}", f"Any{capital(head)}")

    def group(self, head: str, elements: list[QName]) -> Kind:
        """The group of these global elements."""
        members = [(element.local, self.class_of(element)) for element in elements]
        return self.group_of(head, members, tuple(self.elements[e].type for e in elements))

    def group_of(
        self, head: str, members: list[tuple[str, str | None]], needs: tuple[QName, ...]
    ) -> Kind:
        """A group, written after its members."""
        alias = self.alias(head)
        called = f"ANY_{constant(stem(head))}"
        for need in needs:
            self.need(need)
        if called not in self._done:
            self._done.add(called)
            self.items.append(Group(called, alias, stem(head), members))
        return Kind(called, alias)

    def item_class(self, name: QName, kind: QName) -> str:
        """A class for an element with a simple value, for places where kinds of items mix."""
        called = capital(name.local)
        if called not in self._done:
            self._done.add(called)
            made = Class(called, "", name.ns, ["Message"])
            made.fields.append(Field("text", "", self.kind(kind)))
            self.items.append(made)
        return called


class _Shape:
    """Collects the fields of a content model and writes the model in our notation."""

    def __init__(self, compiler: Compiler, made: Class) -> None:
        self._compiler = compiler
        self._made = made
        self.special = False

    def model(self, model: xsd.Model, *, alternative: bool = False) -> str:
        if model.high != 1:
            return self._loop(model)
        alternative = alternative or model.choice or model.low == 0
        parts = [self._part(part, alternative=alternative) for part in model.parts]
        if model.choice or model.low == 0:
            self.special = True
            inner = " | ".join(parts) if model.choice else " ".join(parts)
            return f"({inner})" + ("?" if model.low == 0 else "")
        return " ".join(parts)

    def _part(self, part: xsd.Particle, *, alternative: bool) -> str:
        if isinstance(part, xsd.Model):
            return self.model(part, alternative=alternative)
        if isinstance(part, xsd.Anything):
            self.special = True
            return "any" + _sign(part)
        assert isinstance(part, xsd.Child)
        made = self._field(part)
        sign = "?" if part.low == 0 else ""
        if alternative and not made.many:
            made.low = 0
        if not any(known.name == made.name for known in self._made.fields):
            self._made.fields.append(made)
        return f"{made.name}{sign}"

    def _field(self, child: xsd.Child) -> Field:
        compiler = self._compiler
        ns = child.name.ns if child.name.ns != self._made.ns else None
        if not child.ref:
            kind = compiler.kind(child.type)
            made = Field("element", child.name.local, kind, child.low, child.high, ns)
            inner = self._inlined(child.type)
            if inner:
                made.inline = True
                made.kind = Kind(kind.expression, compiler.alias(inner.local), kind.needs)
            return made
        elements = compiler.closure(child.name)
        if len(elements) > 1:
            kind = compiler.group(child.name.local, elements)
        else:
            kind = compiler.kind(compiler.elements[child.name].type)
        return Field("element", child.name.local, kind, child.low, child.high, ns)

    def _inlined(self, kind: QName | xsd.Simple) -> QName | None:
        """The head that is all there is in a type, or None."""
        declared = None if isinstance(kind, xsd.Simple) else self._compiler.types.get(kind)
        if not isinstance(declared, xsd.Complex) or declared.attributes or not declared.content:
            return None
        parts = declared.content.parts
        only = parts[0] if len(parts) == 1 else None
        if isinstance(only, xsd.Child) and only.ref and only.high == 1 and only.low == 0:
            return only.name
        return None

    def _loop(self, model: xsd.Model) -> str:
        """A group that repeats: one field that holds its items in their order."""
        self.special = True
        while len(model.parts) == 1 and isinstance(model.parts[0], xsd.Model):
            model = xsd.Model(model.low, model.high, model.parts[0].choice, model.parts[0].parts)
        children = [part for part in model.parts if isinstance(part, xsd.Child)]
        low = model.low if children else 0
        if len(children) == 1:
            made = self._field(children[0])
            made.low, made.high = low, None
        elif children:
            made = self._mixture(children, low)
        else:
            return "any*" if model.low == 0 else "any+"
        self._made.fields.append(made)
        between = " | " if model.choice else " "
        parts = [
            "any" + ("" if model.choice else _sign(part))
            if isinstance(part, xsd.Anything)
            else made.name
            for part in model.parts
        ]
        sign = "*" if model.low == 0 else "+"
        return f"({between.join(dict.fromkeys(parts))}){sign}"

    def _mixture(self, children: list[xsd.Child], low: int) -> Field:
        compiler = self._compiler
        members: list[tuple[str, str | None]] = []
        for child in children:
            assert isinstance(child.type, QName)
            kind = compiler.elements[child.name].type if child.ref else child.type
            if isinstance(compiler.types.get(kind), xsd.Complex):
                compiler.need(kind)
                members.append((child.name.local, compiler.kind(kind).expression))
            else:
                members.append((child.name.local, compiler.item_class(child.name, kind)))
        group = compiler.group_of(self._made.wire, members, ())
        return Field("element", "", group, low, None, name="content")


def _sign(part: xsd.Particle) -> str:
    if part.high is None:
        return "*" if part.low == 0 else "+"
    return "?" if part.low == 0 else ""
