"""What the shipped definition of all settings says of one room's: defaults, bounds, words.

The file (``arxml/pilotwire_ecuc_definition.arxml``) is what integrators have; a room whose model
says anything else has changed a setting without saying so.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final
from xml.etree import ElementTree as ET

from pydantic import BaseModel, create_model

from bsw.ecuc.arxml.definition import definition_document
from bsw.ecuc.definition import ROOT, SETTINGS, define
from tests.tidy.tree import ROOT as TREE

Said = dict[str, tuple[str, ...]]
SHIPPED: Final = TREE / "arxml" / "pilotwire_ecuc_definition.arxml"
TOLD: Final = ("DEFAULT-VALUE", "MIN", "MAX", "REGULAR-EXPRESSION")


def as_shipped(place: str, model: type[BaseModel]) -> tuple[Said, Said]:
    """What the model says and what is shipped at ``place``: ``secc/ocpp``, ``secc/network/sdp``."""
    role, *way = place.split("/")
    name = way[-1]
    alone = create_model(f"{role}Config", **{name: (model, model.model_construct())})  # type: ignore[call-overload]
    made = _rows(ET.fromstring(definition_document([define(alone)])))
    module, *inner = way
    shipped = "/".join((ROOT, role, module, SETTINGS, *inner, ""))
    own = f"{ROOT}/{role.lower()}/{name}/{SETTINGS}/"
    return _below(made, own), _below(_shipped(), shipped)


@cache
def _shipped() -> Said:
    return _rows(ET.parse(SHIPPED).getroot())


def _below(said: Said, place: str) -> Said:
    return {path.removeprefix(place): told for path, told in said.items() if path.startswith(place)}


def _rows(root: ET.Element) -> Said:
    return dict(_walk(root, ""))


def _walk(element: ET.Element, path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    name = next((one.text for one in element if _tag(one) == "SHORT-NAME"), None)
    here = path if name is None else f"{path}/{name}"
    if _tag(element).endswith("-PARAM-DEF"):
        yield here, tuple(sorted(_told(element)))
        return
    for one in element:
        yield from _walk(one, here)


def _told(parameter: ET.Element) -> Iterator[str]:
    for one in parameter.iter():
        if _tag(one) in TOLD or (_tag(one) == "SHORT-NAME" and one.text):
            yield f"{_tag(one)} {one.text}"


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
