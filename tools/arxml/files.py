"""The ARXML files that come with the product, each made from what it describes."""

from collections.abc import Callable, Mapping
from pathlib import Path

from bsw.ecuc.arxml.definition import definition_document
from bsw.ecuc.arxml.export import plain
from bsw.ecuc.arxml.values import values_document
from bsw.ecuc.definition import define
from bsw.ecuc.part import Part
from can_adapter.matrix.model import (
    SECOND_INLET,
    SHIPPED,
    SHIPPED_PLUG,
    SHIPPED_STATION,
    load,
    shipped_matrix,
)
from evcc.config import EvccConfig
from secc.config import SeccConfig
from tools.arxml.system import Bus, system_document

_SAID = "Every default of the role; places in the file system belong to the machine and are absent."


def generated() -> Mapping[str, Callable[[], str]]:
    """File names, and what makes each."""
    return {
        "pilotwire_ecuc_definition.arxml": _definition,
        "evcc_defaults.arxml": lambda: _defaults(EvccConfig),
        "secc_defaults.arxml": lambda: _defaults(SeccConfig),
        "vehicle_bus.arxml": lambda: _bus("vehicle_bus", (*SHIPPED, SECOND_INLET)),
        "station_bus.arxml": lambda: _bus("station_bus", SHIPPED_STATION),
        "plug_bus.arxml": lambda: _bus("plug_bus", SHIPPED_PLUG),
    }


def _definition() -> str:
    return definition_document(define(model) for model in (EvccConfig, SeccConfig))


def _defaults(model: type[Part]) -> str:
    return values_document(define(model), plain(model(), Path()), _SAID)


def _bus(name: str, matrices: tuple[str, ...]) -> str:
    return system_document(Bus(name, load(shipped_matrix(matrix) for matrix in matrices)))
