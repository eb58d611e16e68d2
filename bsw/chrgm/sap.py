"""SupportedAppProtocol: which protocol a vehicle and a station speak on this connection.

Owns the rules of both sides: what a vehicle may offer here, what a station chooses from an offer,
what a vehicle makes of the answer.  Values in, values out; EXI, V2GTP and timers are handled by
whoever holds the connection.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bsw.chrgm.applications import ISO2, TLS13_ONLY, Application, Link
from bsw.chrgm.messages.sap import (
    AppProtocol,
    ResponseCode,
    SupportedAppProtocolReq,
    SupportedAppProtocolRes,
)
from bsw.tls.port import TlsFacts

MOST_OFFERS: Final = 20


def link_of(facts: TlsFacts | None) -> Link:
    """The link behind a channel: ``link_of(channel.facts)``."""
    if facts is None:
        return Link.PLAIN
    return Link.TLS13 if "1.3" in facts.version else Link.TLS12


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
