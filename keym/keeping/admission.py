"""What may come into the store: the checks made once, when certificates are imported.

A root has to be one; a credential's chain has to hold together and fit its key.  Whether somebody
will trust it later depends on their roots and on the time, and is not asked here: certificates may
be imported before they are valid, and on a bench after that.
"""

from collections.abc import Sequence

from keym.faults import NotFit
from keym.judging import rules
from keym.judging.path import Link, Search
from keym.judging.verdict import REMARKS, Finding, Rule
from keym.x509.certificate import Certificate, Malformed, parse
from keym.x509.edition import Edition
from keym.x509.profile import BRANCHES, MOST_AUTHORITIES, ROOT_DOMAINS, RootKind, Use

MOST_CERTIFICATES = 6


def admitted_root(kind: RootKind, octets: bytes, tolerate: frozenset[Rule]) -> Certificate:
    """The root, if it is one of this kind.  Raises ``NotFit`` with all that is wrong."""
    certificate = _parsed(octets)
    findings = [*rules.authority(0, certificate, 0), *_root_findings(kind, certificate)]
    _refuse(findings, tolerate)
    return certificate


def _root_findings(kind: RootKind, certificate: Certificate) -> list[Finding]:
    found: list[Finding] = []
    if certificate.key_type is None:
        detail = f"the key is {certificate.key_name}; no chain could end in it"
        found.append(Finding(Rule.SIGNATURE_ALGORITHM, 0, detail))
    elif not certificate.self_signed:
        found.append(Finding(Rule.SIGNATURE, 0, "it did not sign itself, so it is no root"))
    domain = ROOT_DOMAINS[kind]
    if kind is RootKind.V2G and domain not in certificate.subject.domains:
        found.append(Finding(Rule.DOMAIN, 0, "a V2G root has the domain component V2G [V2G2-925]"))
    strange = set(certificate.extensions.not_understood)
    found.extend(Finding(Rule.CRITICAL, 0, f"extension {oid}") for oid in sorted(strange))
    return found


def admitted_chain(
    use: Use,
    edition: Edition,
    ders: Sequence[bytes],
    public_key: bytes | None,
    tolerate: frozenset[Rule],
) -> tuple[Certificate, ...]:
    """The chain in order, without its root.  Raises ``NotFit`` with all that is wrong.

    ``public_key`` is the SubjectPublicKeyInfo of the private key that goes with it, if it could
    be asked for.
    """
    if not 1 <= len(ders) <= MOST_CERTIFICATES:
        raise NotFit(f"{len(ders)} certificates; 1 to {MOST_CERTIFICATES} make a chain")
    links = [Link(place, _parsed(der)) for place, der in enumerate(ders)]
    chain = _ordered(links)
    findings = _chain_findings(use, edition, chain)
    if public_key is not None and public_key != chain[0].spki:
        findings.append(Finding(Rule.IDENTITY, 0, "the certificate is not that of the private key"))
    _refuse(findings, tolerate)
    return chain


def _ordered(links: list[Link]) -> tuple[Certificate, ...]:
    """From the leaf upwards as far as it goes; a root that was given along is left out."""
    search = Search(links, ())
    search.run()
    chain = [link.certificate for link in search.longest if not link.certificate.self_signed]
    loose = [link for link in links if link not in search.longest]
    if not chain or any(not link.certificate.self_signed for link in loose):
        raise NotFit("they do not make one chain from the first certificate upwards")
    return tuple(chain)


def _chain_findings(use: Use, edition: Edition, chain: Sequence[Certificate]) -> list[Finding]:
    found = [*rules.any_certificate(0, chain[0], edition), *rules.leaf(chain[0], use, edition)]
    for below, certificate in enumerate(chain[1:]):
        place = below + 1
        found.extend(rules.any_certificate(place, certificate, edition))
        found.extend(rules.authority(place, certificate, below))
        found.extend(rules.sub_authority(place, certificate, below, BRANCHES[use]))
    if len(chain) - 1 > MOST_AUTHORITIES:
        found.append(Finding(Rule.DEPTH, None, f"more than {MOST_AUTHORITIES} sub-CAs"))
    return found


def _parsed(octets: bytes) -> Certificate:
    try:
        return parse(octets)
    except Malformed as error:
        raise NotFit(f"no certificate: {error}") from None


def _refuse(findings: Sequence[Finding], tolerate: frozenset[Rule]) -> None:
    serious = [one for one in findings if one.rule not in REMARKS and one.rule not in tolerate]
    if serious:
        raise NotFit("; ".join(f"{one.where}: {one.detail}" for one in serious))
