"""Which contract the vehicle pays with at this station.

First what could work at all: the edition's keys, valid now, a provider the station serves, the
eMAID the driver insists on.  Among those the one under the station's own V2G root comes first,
then the driver's order, then the one that lasts longest.  What was passed over is told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from keym.calendar import Moment
from keym.keeping.entry import Credential
from keym.x509.certificate import Certificate
from keym.x509.edition import Edition
from keym.x509.ids import Emaid, IdError

RENEW_WITHIN = timedelta(days=21)
"""A contract that ends sooner is renewed at the next chance."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the session knows when it has to choose.

    ``providers`` are the station's SupportedProviders, ``None`` if it sent no list; ``roots`` are
    the anchors above the station's chain.  ``emaid`` is the one contract the driver wants.
    """

    edition: Edition
    providers: Sequence[str] | None = None
    roots: Sequence[Certificate] = ()
    emaid: Emaid | None = None


@dataclass(frozen=True, slots=True)
class PassedOver:
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The contract to use, if there is one, whether it wants renewal, and the others."""

    contract: Credential | None
    renew: bool = False
    passed_over: tuple[PassedOver, ...] = ()


def choose(
    contracts: Iterable[Credential],
    wish: Wish,
    moment: Moment,
    *,
    renew_within: timedelta = RENEW_WITHIN,
) -> Choice:
    known = tuple(contracts)
    found = ranked(known, wish, moment)
    why = [(contract.name, hindrance(contract, wish, moment)) for contract in known]
    passed_over = tuple(PassedOver(name, reason) for name, reason in why if reason is not None)
    if not found:
        return Choice(None, passed_over=passed_over)
    best = found[0]
    return Choice(best, expires_soon(best, moment, renew_within), passed_over)


def ranked(contracts: Iterable[Credential], wish: Wish, moment: Moment) -> tuple[Credential, ...]:
    """All that could pay, the best first: where one is refused the next one may do."""
    usable = [one for one in contracts if hindrance(one, wish, moment) is None]
    return tuple(sorted(usable, key=lambda contract: _rank(contract, wish)))


def hindrance(contract: Credential, wish: Wish, moment: Moment) -> str | None:
    """Why a contract cannot be used for this wish; ``None`` if it can."""
    if contract.edition is not wish.edition:
        return f"its keys are of {contract.edition.value}"
    emaid = emaid_of(contract)
    if emaid is None:
        return "its common name is no eMAID"
    if wish.emaid is not None and emaid != wish.emaid:
        return "another contract is wanted"
    if wish.providers is not None and not _served(emaid, wish.providers):
        return "the station does not serve its provider"
    return out_of_date(contract, moment)


def out_of_date(contract: Credential, moment: Moment) -> str | None:
    """Without trustworthy time the station judges the dates; it does so anyway."""
    if not moment.trusted:
        return None
    if any(moment.at > certificate.not_after for certificate in contract.chain):
        return "it has expired"
    if any(moment.at < certificate.not_before for certificate in contract.chain):
        return "it is not valid yet"
    return None


def _served(emaid: Emaid, providers: Sequence[str]) -> bool:
    """Stations list providers as country and id, with and without a separator."""
    plain = {provider.replace("-", "").replace("*", "").upper() for provider in providers}
    return bool(plain & {emaid.provider_id, emaid.provider})


def _rank(contract: Credential, wish: Wish) -> tuple[bool, int, float, str]:
    top = contract.chain[-1]
    same_root = any(top.issuer.der == root.subject.der for root in wish.roots)
    ends = -min(one.not_after for one in contract.chain).timestamp()
    return not same_root, contract.priority, ends, contract.name


def expires_soon(contract: Credential, moment: Moment, within: timedelta = RENEW_WITHIN) -> bool:
    return moment.trusted and moment.at + within > contract.leaf.not_after


def emaid_of(contract: Credential) -> Emaid | None:
    return emaid_named(contract.leaf.subject.common_name or "")


def emaid_named(text: str) -> Emaid | None:
    try:
        return Emaid.parse(text)
    except IdError:
        return None
