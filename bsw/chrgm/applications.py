"""The protocols by the names that the handshake has for them, and where each may be spoken.

Data alone: configuration and records read it, so it loads no message and no grammar.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bsw import v2gtp
from bsw.chrgm.modes import Approach


class Link(Enum):
    """How secure a connection is; some protocols demand one kind."""

    PLAIN = "plain TCP"
    TLS12 = "TLS 1.2"
    TLS13 = "TLS 1.3"


ANY_LINK: Final = frozenset(Link)
PLAIN_ONLY: Final = frozenset({Link.PLAIN})  # DIN 70121 knows no TLS
TLS13_ONLY: Final = frozenset({Link.TLS13})  # [V2G20-2356], [V2G20-1237]


@dataclass(frozen=True, slots=True)
class Application:
    """A protocol as the handshake names it.

    ``payload_types`` is what belongs on the channel once it is agreed; the ISO 15118-20 common
    messages have no entry of their own, they come with each of its transfer types.  ``services``
    are the words of the energy services it carries there; empty: the protocol has no other.
    ``approach`` is how a vehicle that speaks it gets to its energy.
    """

    name: str
    namespace: str
    major: int
    minor: int
    links: frozenset[Link]
    payload_types: frozenset[v2gtp.PayloadType]
    services: frozenset[str] = frozenset()
    approach: Approach = Approach.PLUG


def _iso20(
    name: str,
    payload_types: Iterable[v2gtp.PayloadType],
    *services: str,
    approach: Approach = Approach.PLUG,
) -> Application:
    return Application(
        name=f"iso20-{name.lower()}",
        namespace=f"urn:iso:std:iso:15118:-20:{name}",
        major=1,
        minor=0,
        links=TLS13_ONLY,
        payload_types=frozenset(payload_types),
        services=frozenset(services),
        approach=approach,
    )


DIN: Final = Application("din", "urn:din:70121:2012:MsgDef", 2, 0, PLAIN_ONLY, v2gtp.HANDSHAKE)
ISO2: Final = Application("iso2", "urn:iso:15118:2:2013:MsgDef", 2, 0, ANY_LINK, v2gtp.HANDSHAKE)
ISO20_AC: Final = _iso20("AC", v2gtp.ISO20_AC, "AC", "AC_BPT")
ISO20_DC: Final = _iso20("DC", v2gtp.ISO20_DC, "DC", "DC_BPT", "MCS", "MCS_BPT")
ISO20_WPT: Final = _iso20("WPT", v2gtp.ISO20_WPT, "WPT", approach=Approach.PAD)
ISO20_ACDP: Final = _iso20(
    "ACDP", v2gtp.ISO20_ACDP, "DC_ACDP", "DC_ACDP_BPT", approach=Approach.PANTOGRAPH
)
ISO20_AC_DER: Final = _iso20(  # Amendment 1, draft name
    "AC-DER-IEC", v2gtp.ISO20_AC_DER, "AC_DER_IEC", "AC_DER_SAE"
)

APPLICATIONS: Final = (ISO20_DC, ISO20_AC, ISO20_WPT, ISO20_ACDP, ISO20_AC_DER, ISO2, DIN)
"""All known ones, in the usual order of preference."""


def applications_of(names: Sequence[str]) -> tuple[Application, ...]:
    """From the words of a configuration, best first: ``applications_of(["iso20-dc", "iso2"])``."""
    known = {application.name: application for application in APPLICATIONS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"unknown protocol {unknown[0]!r}; known are {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names))


def any_on_tls(wanted: Iterable[Application]) -> bool:
    """Whether one of these can be spoken over TLS at all."""
    return any(one.links != PLAIN_ONLY for one in wanted)
