"""What a chain is probably for, judged by what its certificates say of themselves.

Only for explaining: a session always knows what it asked for and never guesses.
"""

from collections.abc import Sequence

from keym.x509.certificate import Certificate
from keym.x509.edition import Edition
from keym.x509.ids import Emaid, Evccid, IdError, Pcid
from keym.x509.profile import CLIENT_AUTH, SERVER_AUTH, RootKind, Use

_BY_DOMAIN = {
    "CPO": Use.SECC,
    "CPS": Use.CPS,
    "MO": Use.CONTRACT,
    "OEM": Use.PROVISIONING,
}
_BY_PURPOSE = {SERVER_AUTH: Use.SECC, CLIENT_AUTH: Use.VEHICLE}


def use_of(leaf: Certificate) -> Use:
    for purpose in leaf.extensions.purposes:
        if purpose in _BY_PURPOSE:
            return _BY_PURPOSE[purpose]
    for domain in leaf.subject.domains:
        if domain in _BY_DOMAIN:
            return _BY_DOMAIN[domain]
    return _by_name(leaf.subject.common_name or "") or _by_issuer(leaf)


def _by_name(common_name: str) -> Use | None:
    readings = ((Emaid, Use.CONTRACT), (Evccid, Use.VEHICLE), (Pcid, Use.PROVISIONING))
    for kind, use in readings:
        if _reads(kind, common_name):
            return use
    return None


def _reads(kind: type[Emaid] | type[Evccid] | type[Pcid], text: str) -> bool:
    try:
        kind.parse(text)
    except IdError:
        return False
    return True


def _by_issuer(leaf: Certificate) -> Use:
    known = (_BY_DOMAIN[domain] for domain in leaf.issuer.domains if domain in _BY_DOMAIN)
    return next(known, Use.SECC)


def edition_of(leaf: Certificate) -> Edition:
    return Edition.ISO2 if leaf.key_type is None else Edition.of(leaf.key_type)


def root_kind_of(root: Certificate, use: Use) -> RootKind:
    """By its domain component; a root without one is taken for what the chain needs."""
    by_domain = {"V2G": RootKind.V2G, "OEM": RootKind.OEM, "MO": RootKind.MO, "CPS": RootKind.CPS}
    for domain in root.subject.domains:
        if domain in by_domain:
            return by_domain[domain]
    return RootKind.PRIVATE if use is Use.SECC else RootKind.V2G


def leaves_of(certificates: Sequence[Certificate]) -> list[Certificate]:
    """Those that issued none of the others."""
    issuers = {one.issuer.der for one in certificates if not one.self_issued}
    return [one for one in certificates if one.subject.der not in issuers]


def chain_of(leaf: Certificate, certificates: Sequence[Certificate]) -> list[Certificate]:
    """The leaf and whoever stands above it: by signature, or by name where none signed."""
    chain = [leaf]
    for member in chain:  # grows while it is walked
        if not member.self_issued:
            named = [one for one in certificates if one.subject.der == member.issuer.der]
            signed = [one for one in named if member.signed_by(one)]
            chain.extend(one for one in signed or named if one not in chain)
    return chain
