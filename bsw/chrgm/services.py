"""Energy services and value-added services: records, ours and those of installed packages.

A package offers its own by an entry point of the group ``pilotwire.energy_service`` or
``pilotwire.value_added_service`` that leads to the record.  Records are data: what a role says
and does in a service is named by its place, ``module:factory``, so that a vehicle never loads
what is a station's, and nobody loads what is not spoken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final

from bsw.chrgm.modes import Mode, mode_of

ENERGY: Final = "pilotwire.energy_service"
VALUE_ADDED: Final = "pilotwire.value_added_service"
CERTIFICATES, INTERNET, PARKING = "Certificate", "InternetAccess", "ParkingStatus"


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """One of several forms in which a service can be had."""

    number: int
    parameters: Mapping[str, bool | int | float | str]


@dataclass(frozen=True, slots=True)
class EnergyService:
    """A way to charge in one protocol.

    ``mode`` is how bus, north side and configuration name it, ``word`` how the message does, and
    ``number`` is its id where messages have one.
    ``fragment`` is the place of the exchanges and edges it adds to the protocol's table.
    ``vehicle`` and ``station`` are places of ``factory(context, script)``: of what it returns,
    the methods that are there (``ask_current_demand``, ``answer_cable_check``) come in the place
    of the script's own, and may call those.  A record of an installed package takes over a word
    that ours has, too.
    """

    protocol: str
    mode: Mode
    word: str
    fragment: str = ""
    vehicle: str = ""
    station: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class ValueAddedService:
    """Something to be had besides energy, by its number in one protocol.

    ``station`` is the place of ``factory(context)`` that makes an object with ``offered()`` and
    ``selected(parameter_set)``; ``vehicle`` of one with ``choose(parameter_sets)``, which returns
    a number of them or ``None``.  Our own services have their roles' code in the roles.
    """

    protocol: str
    number: int
    name: str
    category: str
    parameter_sets: tuple[ParameterSet, ...] = ()
    free: bool = True
    vehicle: str = ""
    station: str = ""


def _iso2(name: str, fragment: str) -> EnergyService:
    return EnergyService("iso2", mode_of(name), name, f"bsw.chrgm.sequence.iso2:{fragment}")


def _iso20(number: int, word: str, messages: str, mode: str = "") -> EnergyService:
    place = f"bsw.chrgm.sequence.iso20_{messages.lower()}:{messages}"
    return EnergyService("iso20", mode_of(mode or word), word, place, number=number)


OWN_ENERGY: Final = (
    _iso2("AC_single_phase_core", "AC"),
    _iso2("AC_three_phase_core", "AC"),
    _iso2("DC_core", "DC"),
    _iso2("DC_extended", "DC"),
    _iso2("DC_combo_core", "DC"),
    _iso2("DC_unique", "DC"),
    _iso20(1, "AC", "AC", mode="AC_single_phase_core"),
    _iso20(2, "DC", "DC"),
    _iso20(3, "WPT", "WPT"),
    _iso20(4, "DC_ACDP", "ACDP"),
    _iso20(5, "AC_BPT", "AC"),
    _iso20(6, "DC_BPT", "DC"),
    _iso20(7, "DC_ACDP_BPT", "ACDP"),
    _iso20(8, "MCS", "DC"),
    _iso20(9, "MCS_BPT", "DC"),
)
INSTALLATION, UPDATE = 1, 2
"""The parameter sets of the certificate service."""

_ACCESS: Final = tuple(
    ParameterSet(number, {"Protocol": name, "Port": port})
    for number, (name, port) in enumerate(
        (("ftp", 20), ("ftp", 21), ("http", 80), ("https", 443)), start=1
    )
)
CHECK_IN, CHECK_OUT = 1, 2
"""IntendedService of a parking place."""
MANUAL_EXTERNAL: Final = 4
"""ParkingStatusType: somebody drives, and nothing of the place guides."""

OWN_VALUE_ADDED: Final = (
    ValueAddedService(
        protocol="iso2",
        number=2,
        name=CERTIFICATES,
        category="ContractCertificate",
        parameter_sets=(
            ParameterSet(INSTALLATION, {"Service": "Installation"}),
            ParameterSet(UPDATE, {"Service": "Update"}),
        ),
    ),
    ValueAddedService(
        protocol="iso2",
        number=3,
        name=INTERNET,
        category="Internet",
        parameter_sets=_ACCESS,
    ),
    ValueAddedService("iso20", 65, INTERNET, "Internet", _ACCESS),
    ValueAddedService(
        protocol="iso20",
        number=66,
        name=PARKING,
        category=PARKING,
        parameter_sets=tuple(
            ParameterSet(number, {"IntendedService": number, "ParkingStatusType": MANUAL_EXTERNAL})
            for number in (CHECK_IN, CHECK_OUT)
        ),
        vehicle="evcc.session.handlers.iso20.parking:Wish",
    ),
)


class NoRecord(TypeError):
    """An entry point of an installed package leads to something else than a record."""


def installed(group: str, kind: type) -> tuple[Any, ...]:
    """The records that packages bring, in the order of their names."""
    found = []
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        record = point.load()
        if not isinstance(record, kind):
            raise NoRecord(
                f"entry point {point.name} of {group}: {point.value} is no {kind.__name__}; "
                "let it lead to one, or remove the package"
            )
        found.append(record)
    return tuple(found)


@cache
def _energy() -> tuple[EnergyService, ...]:
    return (*OWN_ENERGY, *installed(ENERGY, EnergyService))


@cache
def added_energy(protocol: str) -> tuple[EnergyService, ...]:
    """What installed packages add to a protocol."""
    return tuple(one for one in _energy()[len(OWN_ENERGY) :] if one.protocol == protocol)


@cache
def energy_by_mode(protocol: str) -> Mapping[str, EnergyService]:
    return {one.mode.name: one for one in _energy() if one.protocol == protocol}


@cache
def energy_by_word(protocol: str) -> Mapping[str, EnergyService]:
    """By the message's word; what was installed comes before what is ours."""
    return {one.word: one for one in _energy() if one.protocol == protocol}


@cache
def energy_by_number(protocol: str) -> Mapping[int, EnergyService]:
    """By the id in messages; what was installed comes before what is ours."""
    return {one.number: one for one in _energy() if one.protocol == protocol and one.number}


@cache
def value_added(protocol: str) -> Mapping[int, ValueAddedService]:
    """By number; what was installed comes before what is ours."""
    every = (*OWN_VALUE_ADDED, *installed(VALUE_ADDED, ValueAddedService))
    return {one.number: one for one in every if one.protocol == protocol}


def at(place: str) -> Any:  # noqa: ANN401 - whatever stands there
    """What stands at ``module:name``."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
