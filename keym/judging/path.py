"""From a leaf to a root we trust, by what the peer sent and our anchors, and nothing else.

Certificates follow each other when the issuer's name is the subject's name octet by octet *and*
the signature holds.  Names alone prove nothing: several roots may share one.  The search is
bounded in certificates, signatures and paths, so loops and cross-signed tangles end.
Whether a path is a good one is asked of ``keym.rules``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from keym.judging.cache import Memory
from keym.judging.verdict import Anchor, Finding, Rule
from keym.x509.certificate import Certificate
from keym.x509.edition import SIGNATURE_OIDS

MOST_SIGNATURES = 48
"""Signatures checked for one chain.  An honest chain takes four."""

MOST_STEPS = 256
MOST_PATHS = 8
DEEPEST = 6
"""Certificates below the root that are still followed, to tell a long chain from a loose one."""


@dataclass(frozen=True, slots=True)
class Link:
    """A certificate with its place in what was sent."""

    place: int
    certificate: Certificate

    @property
    def is_sent_root(self) -> bool:
        """A root that came with the chain: no anchor, and none of ours to look at."""
        return self.place > 0 and self.certificate.self_signed


@dataclass(frozen=True, slots=True)
class Path:
    """Leaf first; the last link was signed by the anchor."""

    links: tuple[Link, ...]
    anchor: Anchor


class Search:
    """Finds the paths for one chain; ``trouble`` says why there is none."""

    def __init__(
        self, sent: Sequence[Link], anchors: Iterable[Anchor], memory: Memory | None = None
    ) -> None:
        self._sent = sent
        self._anchors = tuple(anchors)
        self._memory = memory if memory is not None else Memory()
        self._checked = 0
        self._longest: tuple[Link, ...] = ()
        self._exhausted = False
        self._steps = 0
        self._too_deep: tuple[Link, ...] = ()
        self.paths: list[Path] = []

    def run(self) -> list[Path]:
        self._extend((self._sent[0],))
        return self.paths

    def trouble(self) -> Finding:
        """The one thing to tell when no path reaches an anchor."""
        if self._exhausted:
            detail = "there are too many ways upwards to try them all"
            return Finding(Rule.COUNT, None, detail)
        if self._too_deep:
            return Finding(Rule.DEPTH, None, f"more than {DEEPEST} certificates lead upwards")
        top = self._longest[-1]
        return self._broken_link(top) or self._no_anchor(top)

    @property
    def longest(self) -> tuple[Link, ...]:
        """How far the search came: what a report may show of a chain that leads nowhere."""
        return self._longest

    def _extend(self, links: tuple[Link, ...]) -> None:
        if len(links) > len(self._longest):
            self._longest = links
        self._steps += 1
        self._exhausted = self._exhausted or self._steps > MOST_STEPS
        if self._exhausted:
            return
        top = links[-1].certificate
        for anchor in self._anchors:
            if self._issued(anchor.certificate, top):
                self.paths.append(Path(links, anchor))
        if len(self.paths) >= MOST_PATHS:
            return
        for link in self._sent:
            if not self._seen(link.certificate, links) and self._issued(link.certificate, top):
                if len(links) >= DEEPEST:
                    self._too_deep = links
                    return
                self._extend((*links, link))

    def _seen(self, certificate: Certificate, links: tuple[Link, ...]) -> bool:
        """The same name and key may not come twice, whatever else the certificate says."""
        return any(
            link.certificate.spki == certificate.spki
            and link.certificate.subject.der == certificate.subject.der
            for link in links
        )

    def _issued(self, issuer: Certificate, certificate: Certificate) -> bool:
        if issuer.subject.der != certificate.issuer.der:
            return False
        if not self._memory.knows(certificate, issuer):
            self._checked += 1
            if self._checked > MOST_SIGNATURES:
                self._exhausted = True
                return False
        return self._memory.signed_by(certificate, issuer)

    def _broken_link(self, top: Link) -> Finding | None:
        """Something claims to have issued ``top``, but name or signature says no."""
        certificate = top.certificate
        if certificate.self_signed:
            return None
        candidates = [link.certificate for link in self._sent]
        candidates.extend(anchor.certificate for anchor in self._anchors)
        named = [one for one in candidates if one.subject.der == certificate.issuer.der]
        if any(self._issued(issuer, certificate) for issuer in named):
            return Finding(Rule.ANCHOR, top.place, "the chain runs in a circle")
        for issuer in named:
            if _may_be_key_of(issuer, certificate):
                return _unsigned(top, issuer)
        for issuer in candidates:
            if issuer is not certificate and certificate.signed_by(issuer):
                detail = "it was signed by a certificate at hand, but names another issuer"
                return Finding(Rule.CHAINING, top.place, detail)
        return None

    def _no_anchor(self, top: Link) -> Finding:
        certificate = top.certificate
        names = any(a.certificate.subject.der == certificate.issuer.der for a in self._anchors)
        if names:
            detail = "one of our roots has the name of its issuer, but another key"
        elif certificate.self_issued:
            detail = "the chain ends in a root that we do not know"
        else:
            detail = "its issuer was not sent and is none of our roots"
        return Finding(Rule.ANCHOR, top.place, detail)


def _may_be_key_of(issuer: Certificate, certificate: Certificate) -> bool:
    """Unless the key identifiers say otherwise, a fitting name means the issuer was meant."""
    wanted, own = certificate.extensions.authority_key_id, issuer.extensions.subject_key_id
    return issuer is not certificate and (wanted is None or own is None or wanted == own)


def _unsigned(top: Link, issuer: Certificate) -> Finding:
    """Why the signature under ``issuer``'s name does not hold."""
    if issuer.key_type is None:
        return Finding(Rule.KEY_TYPE, top.place, f"its issuer has a key of kind {issuer.key_name}")
    if top.certificate.signature_oid != SIGNATURE_OIDS[issuer.key_type]:
        detail = f"signature algorithm {top.certificate.signature_oid} is not the issuer's own"
        return Finding(Rule.SIGNATURE_ALGORITHM, top.place, detail)
    return Finding(Rule.SIGNATURE, top.place, "the signature is not that of its issuer")
