"""ECUC value files (ARXML) as a tree, the same one that YAML files end in.

autosar-data judges the file against the AUTOSAR schema of its release; what the containers and
parameters are is said by the definition made from the role's model.  Modules of other vendors and
of other roles may stand in the same file and are left alone.
"""

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

from bsw.ecuc.arxml.text import NAMESPACE, arxml_text, usual
from bsw.ecuc.arxml.tree import Element, parse
from bsw.ecuc.definition import (
    EMPTY,
    KEY,
    ROOT,
    SETTINGS,
    VALUE,
    Container,
    Definition,
    Kind,
    Member,
    Parameter,
)
from bsw.ecuc.text import meaning
from bsw.ecuc.tree import ConfigurationError, Entry, Items, Leaf, Mark, Node, Problem, Scalar, Table

_SPACES = frozenset({"AR-PACKAGES", "ELEMENTS"})
_VARIANT = "VARIATION-POINT"
_VALUES = "ECUC-MODULE-CONFIGURATION-VALUES"
_INSTALL = "ARXML files need autosar-data: pip install autosar-data"
_SAID = re.compile(r"Failed to \w+ .*?(?::(\d+)| on line (\d+)): (.*)", re.DOTALL)


def read_arxml(path: Path, definition: Definition) -> Table:
    """The file as a tree, or a ``ConfigurationError`` that says where and why not."""
    source = str(path)
    text = arxml_text(path)
    root = parse(text, source)
    if root.name != "AUTOSAR" or root.namespace != NAMESPACE:
        raise _wrong(root.mark, f"the root is <{root.name}>, not <AUTOSAR> of {NAMESPACE}")
    _at_home(root)
    _judge(usual(text), source)
    if wrong := [*_twins(root), *_variants(root)]:
        raise ConfigurationError(wrong)
    _moved(root, definition)
    reader = _Reader(definition)
    tree = reader.read(root)
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return tree


def _wrong(mark: Mark, message: str) -> ConfigurationError:
    return ConfigurationError((Problem(mark, "", message),))


def _at_home(element: Element) -> None:
    """What follows looks at names alone: all of them have to be AUTOSAR's."""
    if element.namespace != NAMESPACE:
        raise _wrong(element.mark, f"not valid ARXML: <{element.name}> is not of {NAMESPACE}")
    for child in element.children:
        _at_home(child)


def _judge(text: str, source: str) -> None:
    """Let autosar-data find what the schema forbids."""
    try:
        from autosar_data import AutosarDataError, AutosarModel  # noqa: PLC0415 - only for ARXML
    except ImportError:
        raise _wrong(Mark(source), _INSTALL) from None
    try:
        AutosarModel().load_buffer(text, source, strict=True)
    except AutosarDataError as error:
        said = _SAID.fullmatch(str(error))
        if said is None:
            raise _wrong(Mark(source), f"not valid ARXML: {error}") from None
        mark = Mark(source, int(said[1] or said[2]), 1)
        raise _wrong(mark, f"not valid ARXML: {' '.join(said[3].split())}") from None


class _Reader:
    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self.problems: list[Problem] = []

    def read(self, root: Element) -> Table:
        entries: dict[str, Entry] = {}
        found: list[str] = []
        for values in _all(root, _VALUES):
            path = values.said("DEFINITION-REF")
            name = path.rpartition("/")[2]
            if not path:
                self._say(values.mark, "DEFINITION-REF is missing, which says what module this is")
            elif path.rpartition("/")[0] != self._definition.path:
                found.append(path)
            elif name in entries:
                line = entries[name].key.line
                self._say(values.mark, f"module {path} stands in line {line} already")
            else:
                mark = (values.child("SHORT-NAME") or values).mark
                entries[name] = Entry(mark, self._module(values, name, path))
        if not entries and not self.problems:
            others = f"; it has {', '.join(found[:4])}" if found else ""
            path = self._definition.path
            self._say(root.mark, f"holds no values of modules in {path}{others}")
        general = entries.pop("general", None)
        if general is not None and isinstance(general.node, Table):
            entries |= general.node.entries
        return Table(root.mark, entries)

    def _module(self, values: Element, name: str, path: str) -> Table:
        modules = self._definition.modules
        module = next((module for module in modules if module.name == name), None)
        mark = (values.child("DEFINITION-REF") or values).mark
        if module is None:
            self._unknown(mark, "module", name, [module.name for module in modules])
            return Table(values.mark, {})
        whole: Table | None = None
        for element in values.below("CONTAINERS"):
            above, _, last = self._reference(element).rpartition("/")
            if (above, last) != (path, SETTINGS):
                if above or last:
                    reference = (element.child("DEFINITION-REF") or element).mark
                    self._say(reference, f"{above}/{last} is no container of {path}: {SETTINGS}")
            elif whole is not None:
                self._say(element.mark, f"{path}/{SETTINGS} stands in line {whole.mark.line}")
            else:
                node = self._table(element, module, f"{path}/{SETTINGS}")
                whole = Table(element.mark, node.entries)
        return whole or Table(values.mark, {})

    def _table(self, element: Element, container: Container, path: str) -> Table:
        """The parameters and sub-containers of one container value."""
        parts: dict[str, list[Element]] = {}
        for part in (*element.below("PARAMETER-VALUES"), *element.below("SUB-CONTAINERS")):
            name = self._known(part, container, path)
            if name:
                parts.setdefault(name, []).append(part)
        for part in element.below("REFERENCE-VALUES"):
            self._say(part.mark, f"{path} has no references")
        entries = {}
        for name, elements in parts.items():
            member = container.member(name)
            assert member is not None
            if name == EMPTY:
                continue
            mark = (elements[0].child("SHORT-NAME") or elements[0]).mark
            entries[name] = Entry(mark, self._node(elements, member, f"{path}/{name}"))
        entries |= self._emptied(parts.get(EMPTY, []), container, entries)
        return Table(element.mark, entries)

    def _emptied(
        self, elements: list[Element], container: Container, entries: dict[str, Entry]
    ) -> Iterator[tuple[str, Entry]]:
        for element in elements:
            name, mark = element.said(VALUE.upper()), element.mark
            if name not in container.emptiable:
                self._unknown(mark, "parameter that may be empty", name, container.emptiable)
            elif name in entries:
                line = entries[name].key.line
                self._say(mark, f"{name} is named as empty here and has a value in line {line}")
            else:
                member = container.member(name)
                empty: Node = Leaf(mark, None, "")
                if member is not None and member.many:
                    keyed = isinstance(member, Container) and member.keyed
                    empty = Table(mark, {}) if keyed else Items(mark, ())
                yield name, Entry(mark, empty)

    def _known(self, part: Element, container: Container, path: str) -> str:
        """The name of what a value is defined by, once it is sure to belong here."""
        above, _, name = self._reference(part).rpartition("/")
        if not name:
            return ""
        reference = part.child("DEFINITION-REF") or part
        what = "container" if part.name == "ECUC-CONTAINER-VALUE" else "parameter"
        member = container.member(name) if above == path else None
        if member is None:
            full = name if above == path else f"{above}/{name}"
            wanted = [m.name for m in container.members if isinstance(m, _PYTHON[what])]
            self._unknown(reference.mark, f"{what} of {path}", full, wanted)
            return ""
        right = member.kind.value if isinstance(member, Parameter) else _CONTAINER
        dest = reference.attributes.get("DEST", right)
        if dest != right or part.name != _element(member):
            has = dest if dest != right else part.name
            wanted_here = right if dest != right else _element(member)
            self._say(reference.mark, f"{path}/{name} is of {wanted_here}, not of {has}")
            return ""
        return name

    def _node(self, elements: list[Element], member: Member, path: str) -> Node:
        if member.many:
            return self._several(_ordered(elements), member, path)
        for twin in elements[1:]:
            line = elements[0].mark.line
            self._say(twin.mark, f"{path} stands in line {line} already and may stand once")
        if isinstance(member, Parameter):
            return self._leaf(elements[0], member)
        return self._inner(elements[0], member, path)

    def _several(self, elements: list[Element], member: Member, path: str) -> Node:
        if isinstance(member, Parameter):
            leaves = tuple(self._leaf(element, member) for element in elements)
            return Items(elements[0].mark, leaves)
        if not member.keyed:
            nodes = tuple(self._inner(element, member, path) for element in elements)
            return Items(elements[0].mark, nodes)
        entries: dict[str, Entry] = {}
        for element in elements:
            key = self._key(element, path)
            if key in entries:
                self._say(element.mark, f"{key!r} stands in line {entries[key].key.line} already")
            else:
                mark = (element.child("SHORT-NAME") or element).mark
                entries[key] = Entry(mark, self._inner(element, member, path))
        return Table(elements[0].mark, entries)

    def _key(self, element: Element, path: str) -> str:
        for part in element.below("PARAMETER-VALUES"):
            if part.said("DEFINITION-REF") == f"{path}/{KEY}":
                value = part.child("VALUE")
                return value.text if value is not None else ""
        return element.said("SHORT-NAME")

    def _inner(self, element: Element, container: Container, path: str) -> Node:
        table = self._table(element, container, path)
        entries = {name: entry for name, entry in table.entries.items() if name != KEY}
        if not container.keyed:
            entries = dict(table.entries)
        value = entries.get(VALUE)
        if container.wraps:
            if value is None:
                self._say(element.mark, f"{path}/{VALUE} is missing")
            return value.node if value is not None else Leaf(element.mark, None, "")
        if container.either and value is not None:
            return value.node
        return Table(table.mark, entries)

    def _leaf(self, element: Element, parameter: Parameter) -> Leaf:
        value = element.child("VALUE")
        if value is None:
            self._say(element.mark, f"VALUE of {parameter.name} is missing")
            return Leaf(element.mark, None, "")
        text = value.text.strip() if parameter.kind.numerical else value.text
        return Leaf(value.mark, _meaning(text, parameter), text)

    def _reference(self, element: Element) -> str:
        reference = element.said("DEFINITION-REF")
        if not reference:
            self._say(element.mark, "DEFINITION-REF is missing, which says what this value is")
        return reference

    def _unknown(self, mark: Mark, what: str, name: str, known: object) -> None:
        names = [str(name) for name in known] if isinstance(known, list | tuple) else []
        near = difflib.get_close_matches(name.rpartition("/")[2], names, n=1, cutoff=0.5)
        advice = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(names)}"
        self._say(mark, f"{name!r} is no {what}; {advice}")

    def _say(self, mark: Mark, message: str) -> None:
        self.problems.append(Problem(mark, "", message))


_CONTAINER = "ECUC-PARAM-CONF-CONTAINER-DEF"
_PYTHON: dict[str, type] = {"container": Container, "parameter": Parameter}


def _element(member: Member) -> str:
    if isinstance(member, Container):
        return "ECUC-CONTAINER-VALUE"
    return f"ECUC-{'NUMERICAL' if member.kind.numerical else 'TEXTUAL'}-PARAM-VALUE"


def _twins(element: Element) -> Iterator[Problem]:
    """Names that stand twice among packages or their elements; references could mean either."""
    seen: dict[str, Element] = {}
    for child in element.children if element.name in _SPACES else ():
        name = child.said("SHORT-NAME")
        twin = seen.setdefault(name, child)
        if name and twin is not child:
            yield Problem(child.mark, "", f"the name {name!r} stands in line {twin.mark.line} too")
    for child in element.children:
        yield from _twins(child)


def _moved(root: Element, definition: Definition) -> None:
    """Where a tool keeps our definition in a package of its own, say its references in our words.

    A package counts that is called like the role, else the only one whose modules we know.
    """
    known = {module.name for module in definition.modules}
    packages: dict[str, None] = {}
    for values in _all(root, _VALUES):
        package, _, name = values.said("DEFINITION-REF").rpartition("/")
        if name in known:
            packages[package] = None
    if definition.path in packages:
        return
    named = [one for one in packages if one.rpartition("/")[2] == definition.role]
    others = [one for one in packages if not one.startswith(f"{ROOT}/")]
    chosen = named or (others if len(packages) == 1 else [])
    if len(chosen) == 1 and chosen[0]:
        _say_in(root, f"{chosen[0]}/", f"{definition.path}/")


def _say_in(element: Element, theirs: str, ours: str) -> None:
    for child in element.children:
        if child.name == "DEFINITION-REF" and child.text.strip().startswith(theirs):
            child.text = ours + child.text.strip().removeprefix(theirs)
        _say_in(child, theirs, ours)


def _variants(element: Element) -> Iterator[Problem]:
    for child in element.children:
        if child.name == _VARIANT:
            message = "a variation point is not bound here: export the file for one variant"
            yield Problem(child.mark, "", message)
        yield from _variants(child)


def _all(element: Element, name: str) -> Iterator[Element]:
    for child in element.children:
        if child.name == name:
            yield child
        elif child.name in {"AR-PACKAGES", "AR-PACKAGE", "ELEMENTS"}:
            yield from _all(child, name)


def _ordered(elements: list[Element]) -> list[Element]:
    """As their INDEX says; those without keep their place in the file, behind the others."""
    return sorted(elements, key=_index)


def _index(element: Element) -> int:
    said = element.said("INDEX")
    return int(said) if said.isdecimal() else 1 << 62


def _meaning(text: str, parameter: Parameter) -> Scalar:
    if parameter.kind is Kind.BOOLEAN:
        return {"true": True, "1": True, "false": False, "0": False}.get(text, text)
    if parameter.kind.numerical:
        number = meaning(text)
        return number if isinstance(number, int | float | str) else text
    if parameter.scalar:
        return text[1:] if text.startswith("'") else meaning(text)
    return text
