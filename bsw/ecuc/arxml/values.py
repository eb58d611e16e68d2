"""Plain values of a configuration as an ECUC value file."""

import re
from collections.abc import Iterator, Mapping

from bsw.ecuc.arxml.lines import Xml, about, document, group, package, text, xml
from bsw.ecuc.definition import (
    EMPTY,
    GENERAL,
    KEY,
    SETTINGS,
    VALUE,
    Container,
    Definition,
    Kind,
    Parameter,
)
from bsw.ecuc.text import meaning

_OTHER = re.compile(r"[^A-Za-z0-9_]+")


def values_document(definition: Definition, plain: Mapping[str, object], said: str = "") -> str:
    """The whole file: one ``ECUC-MODULE-CONFIGURATION-VALUES`` per module."""
    modules = []
    for module in definition.modules:
        inside: object = plain if module.name == GENERAL else plain.get(module.name)
        if isinstance(inside, Mapping):
            modules.append(_module(definition, module, inside))
    return document(
        package(f"{definition.role}_configuration", about(said), xml("ELEMENTS", *modules))
    )


def _module(definition: Definition, module: Container, plain: Mapping[str, object]) -> Xml:
    path = f"{definition.path}/{module.name}"
    settings = _container(SETTINGS, module, plain, f"{path}/{SETTINGS}")
    return xml(
        "ECUC-MODULE-CONFIGURATION-VALUES",
        text("SHORT-NAME", module.name),
        text("DEFINITION-REF", path, DEST="ECUC-MODULE-DEF"),
        xml("CONTAINERS", settings),
    )


def _container(
    name: str,
    container: Container,
    plain: Mapping[str, object],
    path: str,
    *,
    key: str | None = None,
    index: int | None = None,
) -> Xml:
    parameters: list[Xml] = []
    inner: list[Xml] = []
    if key is not None and key != name:
        parameters.append(_value(Parameter(KEY, Kind.TEXT), key, path, None))
    for member in container.members:
        if member.name not in plain or member.name in {EMPTY, *([KEY] if container.keyed else [])}:
            continue
        said = plain[member.name]
        if said is None or (member.many and not said):
            empty = Parameter(EMPTY, Kind.CHOICE)
            parameters.append(_value(empty, member.name, path, None))
        elif isinstance(member, Parameter):
            parameters += _parameter(member, said, path)
        else:
            inner += _containers(member, said, f"{path}/{member.name}")
    return xml(
        "ECUC-CONTAINER-VALUE",
        text("SHORT-NAME", name),
        None if index is None else text("INDEX", str(index)),
        text("DEFINITION-REF", path, DEST="ECUC-PARAM-CONF-CONTAINER-DEF"),
        group("PARAMETER-VALUES", parameters),
        group("SUB-CONTAINERS", inner),
    )


def _parameter(parameter: Parameter, said: object, path: str) -> Iterator[Xml]:
    if parameter.many and isinstance(said, list):
        for index, item in enumerate(said):
            yield _value(parameter, item, path, index)
    else:
        yield _value(parameter, said, path, None)


def _value(parameter: Parameter, said: object, path: str, index: int | None) -> Xml:
    kind = "NUMERICAL" if parameter.kind.numerical else "TEXTUAL"
    reference = f"{path}/{parameter.name}"
    return xml(
        f"ECUC-{kind}-PARAM-VALUE",
        None if index is None else text("INDEX", str(index)),
        text("DEFINITION-REF", reference, DEST=parameter.kind.value),
        text("VALUE", written(parameter, said)),
    )


def written(parameter: Parameter, said: object) -> str:
    """One value as it stands in ARXML; an apostrophe begins a text that looks like a number."""
    if isinstance(said, bool):
        return "true" if said else "false"
    if isinstance(said, str):
        misread = parameter.scalar and (meaning(said) != said or said.startswith("'"))
        return f"'{said}" if misread else said
    return repr(said)


def _containers(container: Container, said: object, path: str) -> Iterator[Xml]:
    if not container.many:
        yield _container(container.name, container, _inside(container, said), path)
    elif container.keyed and isinstance(said, Mapping):
        names: set[str] = set()
        for key, item in said.items():
            name = _short(str(key), names)
            yield _container(name, container, _inside(container, item), path, key=str(key))
    elif isinstance(said, list):
        for index, item in enumerate(said):
            name = f"{container.name}_{index}"
            yield _container(name, container, _inside(container, item), path, index=index)


def _inside(container: Container, said: object) -> Mapping[str, object]:
    if container.wraps or not isinstance(said, Mapping):
        return {VALUE: said}
    return said


def _short(key: str, taken: set[str]) -> str:
    """A short name like the key, for AUTOSAR takes only some characters, and each name once."""
    name = _OTHER.sub("_", key)[:100]
    name = name if name[:1].isalpha() else f"key_{name}"
    while name.lower() in taken:
        name += "_"
    taken.add(name.lower())
    return name
