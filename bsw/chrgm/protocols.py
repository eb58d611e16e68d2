"""The protocols: for each all that is particular to it, in one record.

Configuration, bus, north side, TLS, conformance and bench read these records; none of them names
a protocol.  What takes time to load - messages, grammar, table - is loaded when asked for: a
process that speaks DIN alone never pays for the others.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal

from bsw.chrgm import applications, phases
from bsw.chrgm.applications import Application, applications_of
from bsw.chrgm.modes import Approach, Mode, Transfer
from bsw.chrgm.phases import Phase, Phases
from bsw.chrgm.services import added_energy, at, energy_by_word
from bsw.tls.port import TlsProfile

if TYPE_CHECKING:
    from bsw import exi
    from bsw.chrgm.coding.dialect import Dialect
    from bsw.chrgm.sequence.model import Table

ProtocolName = Literal["iso20", "iso2", "din"]
"""What a configuration may name; the records of ``SPOKEN`` have the same names."""

ProtocolWord = Literal["DIN70121", "ISO15118D2", "ISO15118D20"]
"""The same on the north side and on the bus."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """``name`` is for files and traces, ``title`` for people, ``word`` for bus and north side.

    ``number`` is a tester's.  ``applications`` are what the handshake offers it by.  ``edition``
    says whose TLS rules and certificates belong to it; ``None``: it knows no TLS.
    """

    name: str
    title: str
    word: str
    number: int
    applications: tuple[Application, ...]
    transfers: frozenset[Transfer]
    contracts: bool  # it can pay by a contract
    edition: TlsProfile | None
    phases: Phases
    speak: "Callable[[Collection[int], exi.Tolerance], Dialect]"

    @property
    def table(self) -> "Table":
        """The order of its messages, with what installed services add to it."""
        return _table(self.name)

    @property
    def dialect(self) -> "Dialect":
        """How its first application puts messages on the wire, read as in the field."""
        return dialect_of(self.applications[0].name)

    def serves(self, mode: Mode) -> bool:
        """A device that comes by itself is known to protocols whose applications name one."""
        known = {one.approach for one in self.applications}
        return mode.transfer in self.transfers and mode.approach in known


def _din(_payload_types: Collection[int], tolerance: "exi.Tolerance") -> "Dialect":
    from bsw.chrgm.coding import dialect  # noqa: PLC0415 - loads a grammar

    return dialect.din(tolerance)


def _iso2(_payload_types: Collection[int], tolerance: "exi.Tolerance") -> "Dialect":
    from bsw.chrgm.coding import dialect  # noqa: PLC0415 - loads a grammar

    return dialect.iso2(tolerance)


def _iso20(payload_types: Collection[int], tolerance: "exi.Tolerance") -> "Dialect":
    from bsw.chrgm.coding import dialect  # noqa: PLC0415 - loads a grammar

    return dialect.iso20(payload_types, tolerance)


DIN: Final = Protocol(
    name="din",
    title="DIN 70121",
    word="DIN70121",
    number=1,
    applications=(applications.DIN,),
    transfers=frozenset({Transfer.DC}),
    contracts=False,
    edition=None,
    phases=phases.DIN,
    speak=_din,
)
ISO2: Final = Protocol(
    name="iso2",
    title="ISO 15118-2",
    word="ISO15118D2",
    number=2,
    applications=(applications.ISO2,),
    transfers=frozenset({Transfer.AC, Transfer.DC}),
    contracts=True,
    edition=TlsProfile.ISO2,
    phases=phases.ISO2,
    speak=_iso2,
)
ISO20: Final = Protocol(
    name="iso20",
    title="ISO 15118-20",
    word="ISO15118D20",
    number=3,
    applications=(
        applications.ISO20_DC,
        applications.ISO20_AC,
        applications.ISO20_WPT,
        applications.ISO20_ACDP,
        applications.ISO20_AC_DER,
    ),
    transfers=frozenset(Transfer),
    contracts=True,
    edition=TlsProfile.ISO20,
    phases=phases.ISO20,
    speak=_iso20,
)


@cache
def _table(name: str) -> "Table":
    from bsw.chrgm.sequence.model import extended  # noqa: PLC0415 - nothing unused is loaded

    own: Table = import_module(f"bsw.chrgm.sequence.{name}").TABLE
    return extended(own, *(at(one.fragment) for one in added_energy(name) if one.fragment))


PROTOCOLS: Final = (ISO20, ISO2, DIN)
"""All that the handshake can name and the codec can read."""

SPOKEN: Final = (ISO20, ISO2, DIN)
"""Those with a table, and with a script in each role."""


def spoken_applications(names: Iterable[str]) -> tuple[Application, ...]:
    """What the handshake offers for these protocols, best first.

    ISO 15118-20 has an application for each of its message sets; those that nobody here has a
    service for are left out.
    """
    wanted = [one for name in names for one in protocol(name).applications]
    known = set(energy_by_word(ISO20.name))
    return tuple(one for one in dict.fromkeys(wanted) if not one.services or one.services & known)


_BY_NAME: Final = {
    name: one
    for one in PROTOCOLS
    for name in (one.name, *(application.name for application in one.applications))
}
_PHASES: Final = {exchange: phase for one in PROTOCOLS for exchange, phase in one.phases.items()}


def protocol(name: str) -> Protocol:
    """By its name or that of one of its applications: ``din``, ``iso2``, ``iso20-dc``."""
    return _BY_NAME[name]


def _related(name: str, others: Iterable[Application]) -> tuple[Application, ...]:
    """The application of this name, and those of ``others`` that go together with it.

    They are of the same protocol, and the vehicle gets to its energy in the same way.
    """
    (chosen,) = applications_of([name])
    spoken = protocol(name)
    related = (one for one in others if protocol(one.name) is spoken)
    return (chosen, *(one for one in related if one.approach is chosen.approach))


def services_with(name: str, others: Iterable[Application] = ()) -> frozenset[str]:
    """The energy services that may be had once this application is agreed; empty: any."""
    return frozenset().union(*(one.services for one in _related(name, others)))


def approach_of(name: str) -> Approach:
    """How a vehicle gets to its energy once this application is agreed."""
    return applications_of([name])[0].approach


def dialect_of(
    name: str,
    tolerance: "exi.Tolerance | None" = None,
    others: Iterable[Application] = (),
) -> "Dialect":
    """What is spoken once this application is agreed.

    ``tolerance`` is what its reading lets pass; without one it reads as in the field.  ``others``
    of its protocol may be spoken on the same connection.
    """
    from bsw import exi  # noqa: PLC0415 - loads the codec

    types = frozenset().union(*(one.payload_types for one in _related(name, others)))
    passing = exi.FIELD if tolerance is None else tolerance
    return protocol(name).speak(types, passing)


def phase_of(exchange: str) -> Phase | None:
    """What an exchange is for; an exchange of several protocols is for the same in each."""
    return _PHASES.get(exchange)
