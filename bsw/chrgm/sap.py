"""SupportedAppProtocol: which protocol a vehicle and a station speak on this connection.

Owns the table of protocols and the rules of both sides: what a vehicle may offer here, what a
station chooses from an offer, what a vehicle makes of the answer.  Values in, values out; EXI,
V2GTP and timers are handled by whoever holds the connection.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bsw import v2gtp
from bsw.chrgm.messages.sap import (
    AppProtocol,
    ResponseCode,
    SupportedAppProtocolReq,
    SupportedAppProtocolRes,
)
from bsw.tls.port import TlsFacts

MOST_OFFERS: Final = 20


class Link(Enum):
    """How secure a connection is; some protocols demand one kind."""

    PLAIN = "plain TCP"
    TLS12 = "TLS 1.2"
    TLS13 = "TLS 1.3"


ANY_LINK: Final = frozenset(Link)
PLAIN_ONLY: Final = frozenset({Link.PLAIN})  # DIN 70121 knows no TLS
TLS13_ONLY: Final = frozenset({Link.TLS13})  # [V2G20-2356], [V2G20-1237]


def link_of(facts: TlsFacts | None) -> Link:
    """The link behind a channel: ``link_of(channel.facts)``."""
    if facts is None:
        return Link.PLAIN
    return Link.TLS13 if "1.3" in facts.version else Link.TLS12


@dataclass(frozen=True, slots=True)
class Application:
    """A protocol as the handshake names it.

    ``payload_types`` is what belongs on the channel once it is agreed; the ISO 15118-20 common
    messages have no entry of their own, they come with each of its transfer types.
    """

    name: str
    namespace: str
    major: int
    minor: int
    links: frozenset[Link]
    payload_types: frozenset[v2gtp.PayloadType]


def _iso20(transfer: str, payload_types: Iterable[v2gtp.PayloadType]) -> Application:
    return Application(
        name=f"iso20-{transfer.lower()}",
        namespace=f"urn:iso:std:iso:15118:-20:{transfer}",
        major=1,
        minor=0,
        links=TLS13_ONLY,
        payload_types=frozenset(payload_types),
    )


DIN: Final = Application("din", "urn:din:70121:2012:MsgDef", 2, 0, PLAIN_ONLY, v2gtp.HANDSHAKE)
ISO2: Final = Application("iso2", "urn:iso:15118:2:2013:MsgDef", 2, 0, ANY_LINK, v2gtp.HANDSHAKE)
ISO20_AC: Final = _iso20("AC", v2gtp.ISO20_AC)
ISO20_DC: Final = _iso20("DC", v2gtp.ISO20_DC)
ISO20_WPT: Final = _iso20("WPT", v2gtp.ISO20_WPT)
ISO20_ACDP: Final = _iso20("ACDP", v2gtp.ISO20_ACDP)
ISO20_AC_DER: Final = _iso20("AC-DER-IEC", v2gtp.ISO20_AC_DER)  # Amendment 1, draft name

APPLICATIONS: Final = (ISO20_DC, ISO20_AC, ISO20_WPT, ISO20_ACDP, ISO20_AC_DER, ISO2, DIN)
"""All known ones, in the usual order of preference."""


def applications(names: Sequence[str]) -> tuple[Application, ...]:
    """From the words of a configuration, best first: ``applications(["iso20-dc", "iso2"])``."""
    known = {application.name: application for application in APPLICATIONS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"unknown protocol {unknown[0]!r}; known are {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names))


def any_on_tls(wanted: Iterable[Application]) -> bool:
    """Whether one of these can be spoken over TLS at all."""
    return any(one.links != PLAIN_ONLY for one in wanted)


@dataclass(frozen=True, slots=True)
class SapRules:
    """The named switches of the handshake.

    ``iso2_on_tls13`` is common in the field; a strict bench turns it off.
    ``lab_iso20_on_any_link`` breaks the norm and is for laboratories with peers that do.
    ``lone_offer_needs_no_schema_id``: the vehicle accepts an OK without SchemaID if it had
    offered one protocol only.
    """

    iso2_on_tls13: bool = True
    lab_iso20_on_any_link: bool = False
    lone_offer_needs_no_schema_id: bool = False

    def allow(self, application: Application, link: Link) -> bool:
        if application.links == TLS13_ONLY and self.lab_iso20_on_any_link:
            return True
        if application == ISO2 and link is Link.TLS13 and not self.iso2_on_tls13:
            return False
        return link in application.links


DEFAULT_RULES: Final = SapRules()


@dataclass(frozen=True, slots=True)
class Offer:
    """What a vehicle offers: the message, and what its SchemaIDs mean."""

    request: SupportedAppProtocolReq
    meaning: dict[int, Application]


class NothingToOffer(ValueError):
    """None of the wanted protocols may be used on this link."""


def offer(wanted: Sequence[Application], link: Link, rules: SapRules = DEFAULT_RULES) -> Offer:
    """Offer what is wanted, best first, as far as the link allows."""
    usable = [one for one in dict.fromkeys(wanted) if rules.allow(one, link)][:MOST_OFFERS]
    if not usable:
        names = ", ".join(one.name for one in wanted) or "nothing"
        raise NothingToOffer(f"{names} cannot be offered on {link.value}")
    meaning = dict(enumerate(usable, start=1))
    entries = tuple(
        AppProtocol(
            protocol_namespace=application.namespace,
            version_number_major=application.major,
            version_number_minor=application.minor,
            schema_id=number,
            priority=number,
        )
        for number, application in meaning.items()
    )
    return Offer(SupportedAppProtocolReq(app_protocol=entries), meaning)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a station answers, and what is spoken from now on: ``None`` means close."""

    response: SupportedAppProtocolRes
    application: Application | None
    minor_deviation: bool = False


def choose(
    request: SupportedAppProtocolReq,
    served: Collection[Application],
    link: Link,
    rules: SapRules = DEFAULT_RULES,
) -> Choice:
    """Filter by what can be served here, then take what the vehicle ranks best.

    Unknown namespaces are passed over, the order in the document means nothing.
    # [V2G2-167], [V2G2-169], [V2G2-170], [V2G20-167], [V2G20-169]
    """
    here = {
        (application.namespace, application.major): application
        for application in served
        if rules.allow(application, link)
    }
    for entry in sorted(request.app_protocol, key=_priority):
        application = here.get((entry.protocol_namespace.strip(), entry.version_number_major))
        if application is not None:
            deviates = entry.version_number_minor != application.minor
            code = (
                ResponseCode.OK_SUCCESSFUL_NEGOTIATION_WITH_MINOR_DEVIATION
                if deviates
                else ResponseCode.OK_SUCCESSFUL_NEGOTIATION
            )
            response = SupportedAppProtocolRes(response_code=code, schema_id=entry.schema_id)
            return Choice(response, application, deviates)
    failed = ResponseCode.FAILED_NO_NEGOTIATION  # [V2G2-172]
    return Choice(SupportedAppProtocolRes(response_code=failed), None)


def _priority(entry: AppProtocol) -> int:
    return entry.priority


class Refusal(Enum):
    NO_COMMON_PROTOCOL = "the station speaks none of the protocols offered"
    NO_SCHEMA_ID = "the station agrees without saying to what"
    UNKNOWN_SCHEMA_ID = "the station agrees to something that was not offered"


@dataclass(frozen=True, slots=True)
class Agreed:
    application: Application
    minor_deviation: bool = False


def conclude(
    offered: Offer, response: SupportedAppProtocolRes, rules: SapRules = DEFAULT_RULES
) -> Agreed | Refusal:
    """The vehicle follows the SchemaID answered, not its own ranking."""
    code = response.response_code
    if code is ResponseCode.FAILED_NO_NEGOTIATION:
        return Refusal.NO_COMMON_PROTOCOL
    number = response.schema_id
    if number is None and len(offered.meaning) == 1 and rules.lone_offer_needs_no_schema_id:
        (number,) = offered.meaning
    if number is None:
        return Refusal.NO_SCHEMA_ID
    application = offered.meaning.get(number)
    if application is None:
        return Refusal.UNKNOWN_SCHEMA_ID
    deviation = ResponseCode.OK_SUCCESSFUL_NEGOTIATION_WITH_MINOR_DEVIATION
    return Agreed(application, code is deviation)
