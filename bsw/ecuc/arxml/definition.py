"""The ECUC definition file: what a role has to configure, in AUTOSAR's words.

An AUTOSAR tool that loads it offers all modules, containers and parameters with their types,
ranges, defaults and descriptions.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bsw.ecuc.arxml.lines import Xml, about, document, group, package, text, xml
from bsw.ecuc.arxml.values import written
from bsw.ecuc.definition import (
    ROOT,
    SETTINGS,
    Container,
    Definition,
    Kind,
    Parameter,
)

ORIGIN = "Pilotwire"


def definition_document(definitions: Iterable[Definition]) -> str:
    roles = (_role(definition) for definition in definitions)
    return document(package(ROOT.strip("/"), xml("AR-PACKAGES", *roles)))


def _role(definition: Definition) -> Xml:
    modules = (_module(module) for module in definition.modules)
    return package(definition.role, xml("ELEMENTS", *modules))


def _module(module: Container) -> Xml:
    return xml(
        "ECUC-MODULE-DEF",
        text("SHORT-NAME", module.name),
        about(module.about),
        text("CATEGORY", "VENDOR_SPECIFIC_MODULE_DEFINITION"),
        *_multiplicity("0", "1"),
        xml("SUPPORTED-CONFIG-VARIANTS", text("SUPPORTED-CONFIG-VARIANT", "VARIANT-PRE-COMPILE")),
        xml("CONTAINERS", _container(module, SETTINGS)),
    )


def _multiplicity(low: str, high: str) -> tuple[Xml, Xml]:
    if high == "*":
        return text("LOWER-MULTIPLICITY", low), text("UPPER-MULTIPLICITY-INFINITE", "true")
    return text("LOWER-MULTIPLICITY", low), text("UPPER-MULTIPLICITY", high)


def _container(container: Container, name: str = "") -> Xml:
    parameters = [_parameter(m) for m in container.members if isinstance(m, Parameter)]
    inner = [_container(m) for m in container.members if isinstance(m, Container)]
    ordered = container.many and not container.keyed
    return xml(
        "ECUC-PARAM-CONF-CONTAINER-DEF",
        text("SHORT-NAME", name or container.name),
        about(container.about),
        *_multiplicity("0", "*" if container.many else "1"),
        text("REQUIRES-INDEX", "true") if ordered else None,
        group("PARAMETERS", parameters),
        group("SUB-CONTAINERS", inner),
    )


def _parameter(parameter: Parameter) -> Xml:
    head = (
        text("SHORT-NAME", parameter.name),
        about(_about(parameter)),
        *_multiplicity("0", "*" if parameter.many else "1"),
        text("ORIGIN", ORIGIN),
        text("REQUIRES-INDEX", "true") if parameter.many else None,
    )
    default = _default(parameter)
    shown = None if default is None else text("DEFAULT-VALUE", default)
    if parameter.kind is Kind.TEXT:
        return xml(parameter.kind.value, *head, _text_rules(parameter, shown))
    if parameter.kind is Kind.CHOICE:
        return xml(parameter.kind.value, *head, shown, xml("LITERALS", *_literals(parameter)))
    return xml(parameter.kind.value, *head, shown, *_range(parameter))


def _text_rules(parameter: Parameter, default: Xml | None) -> Xml | None:
    rule = text("REGULAR-EXPRESSION", parameter.pattern) if parameter.pattern else None
    if rule is None and default is None:
        return None
    name = parameter.kind.value
    return xml(f"{name}-VARIANTS", xml(f"{name}-CONDITIONAL", default, rule))


def _range(parameter: Parameter) -> Iterator[Xml]:
    for name, bound in (("MAX", parameter.high), ("MIN", parameter.low)):
        if bound is not None:
            yield text(name, repr(bound))


def _literals(parameter: Parameter) -> Iterator[Xml]:
    for choice in parameter.choices:
        yield xml("ECUC-ENUMERATION-LITERAL-DEF", text("SHORT-NAME", choice))


def _default(parameter: Parameter) -> str | None:
    """A list has none in AUTOSAR, and a place on one machine is none for another."""
    said = parameter.default
    if said is None or parameter.many or isinstance(said, dict | list) or machine_bound(parameter):
        return None
    return written(parameter, said)


def machine_bound(parameter: Parameter) -> bool:
    said = parameter.default if isinstance(parameter.default, list) else [parameter.default]
    return parameter.file and any(
        isinstance(path, str) and Path(path).is_absolute() for path in said
    )


def _about(parameter: Parameter) -> str:
    """The description, and the default of a list, which DEFAULT-VALUE cannot say."""
    said = parameter.default
    if not parameter.many or not isinstance(said, list) or machine_bound(parameter):
        return parameter.about
    items = ", ".join(written(parameter, item) for item in said) or "empty"
    return f"{parameter.about} Default: {items}.".strip()
