"""The judge of certificate chains: the one place where "may be trusted" is said.

In goes what a peer showed and what it is for; out comes a ``Verdict``, whatever the octets were.
The judge holds our anchors, asks the calendar, and looks revocation up in a ``StatusBook``; it
fetches nothing and waits for nothing, so it may be asked in the middle of a handshake.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from keym.calendar import CalendarTime, Moment
from keym.judging import rules
from keym.judging.cache import Memory
from keym.judging.path import Link, Path, Search
from keym.judging.revocation import Demand, StatusBook
from keym.judging.status import State
from keym.judging.verdict import (
    ANCHOR_PLACE,
    REMARKS,
    TOLERABLE,
    Anchor,
    Finding,
    Rule,
    Verdict,
    in_order,
)
from keym.x509.certificate import LARGEST, Certificate, Malformed
from keym.x509.edition import Edition
from keym.x509.ids import Emaid, IdError
from keym.x509.profile import (
    BRANCHES,
    MOST_AUTHORITIES,
    WHOLE,
    RootKind,
    Use,
    branch_is_binding,
)


@dataclass(frozen=True, slots=True)
class Policy:
    """How strict to be.

    ``whole_chain`` demands an answer about revocation for the sub-CAs as well, not only for the
    leaf.  ``tolerate`` names rules that only make a remark (``keym.verdict.TOLERABLE``).
    """

    revocation: Demand = Demand.STRICT
    whole_chain: bool = False
    tolerate: frozenset[Rule] = frozenset()
    most_sent: int = 10

    def __post_init__(self) -> None:
        stubborn = self.tolerate - TOLERABLE
        if stubborn:
            names = ", ".join(sorted(rule.value for rule in stubborn))
            raise ValueError(f"these rules cannot be tolerated: {names}")


@dataclass(frozen=True, slots=True)
class Question:
    """A chain and what it is shown for.

    ``chain`` is DER as it came, the leaf first, the others in any order.  ``staples`` are OCSP
    responses for the certificates at the same places.  ``identity`` is who the peer says it is:
    the eMAID, PCID or EVCCID of a message.
    """

    use: Use
    edition: Edition
    chain: Sequence[bytes]
    staples: Sequence[bytes | None] = ()
    identity: str | None = None


AnchorSource = Callable[[], Sequence[Anchor]]
"""The roots we trust, as the certificate store gives them."""


class Judge:
    """Judges chains against the anchors there are at the time of asking."""

    def __init__(
        self,
        anchors: AnchorSource,
        calendar: CalendarTime,
        *,
        book: StatusBook | None = None,
        policies: Mapping[Use, Policy] | None = None,
    ) -> None:
        self.anchors = anchors
        self.book = book if book is not None else StatusBook()
        self._calendar = calendar
        self._policies = dict(policies or {})
        self._memory = Memory()

    def policy(self, use: Use) -> Policy:
        return self._policies.get(use, _STRICT)

    def judge(self, question: Question, policy: Policy | None = None) -> Verdict:
        """Whether this chain may be used for this.  Never raises, never waits."""
        chosen = policy or self.policy(question.use)
        case = Case(question, chosen, self._calendar.moment(), self.book)
        sent = case.read(self._memory)
        if case.findings:
            return case.verdict()
        search = Search(sent, self.anchors(), self._memory)
        verdicts = [case.branch_off().weigh(path) for path in search.run()]
        if not verdicts:
            case.find(search.trouble())
            case.look_along([one for one in search.longest if not one.is_sent_root])
            case.look_at_branch(search.longest, None)
            return case.verdict([link.certificate for link in search.longest])
        return min(verdicts, key=_gravity)


_STRICT = Policy()

IN_MESSAGES = frozenset({Use.CONTRACT, Use.CPS, Use.PROVISIONING})
"""What is shown in the fields of a message, and not by TLS."""


def _serves_several(anchor: Anchor) -> bool:
    """Whatever it was installed as: a root that calls itself the whole PKI's is no branch's own."""
    return anchor.kind is RootKind.V2G or WHOLE in anchor.certificate.subject.domains


def _gravity(verdict: Verdict) -> tuple[int, int]:
    """Trusted before refused; among the refused the one that came closest."""
    return len(verdict.findings), len(verdict.path)


@dataclass(slots=True)
class Case:
    """One question on its way to a verdict: collects what is found."""

    question: Question
    policy: Policy
    moment: Moment
    book: StatusBook
    findings: list[Finding] = field(default_factory=list)
    remarks: list[Finding] = field(default_factory=list)

    def find(self, *found: Finding) -> None:
        for finding in found:
            mild = finding.rule in REMARKS or finding.rule in self.policy.tolerate
            (self.remarks if mild else self.findings).append(finding)

    def branch_off(self) -> "Case":
        return Case(
            self.question,
            self.policy,
            self.moment,
            self.book,
            list(self.findings),
            list(self.remarks),
        )

    def verdict(self, path: Sequence[Certificate] = (), anchor: Anchor | None = None) -> Verdict:
        findings, remarks = in_order(self.findings), in_order(self.remarks)
        return Verdict(self.question.use, findings, remarks, tuple(path), anchor)

    def read(self, memory: Memory) -> list[Link]:
        """Parse what was sent.  One unreadable certificate spoils the chain."""
        chain = self.question.chain
        if not chain:
            self.find(Finding(Rule.SHOWN, None, "the list of certificates is empty"))
        if len(chain) > self.policy.most_sent:
            detail = f"{len(chain)} certificates were sent; {self.policy.most_sent} at most"
            self.find(Finding(Rule.COUNT, None, detail))
            return []
        links: list[Link] = []
        for place, octets in enumerate(chain):
            if len(octets) > LARGEST:
                self.findings.append(Finding(Rule.SIZE, place, f"{len(octets)} octets"))
                continue
            try:
                links.append(Link(place, memory.parse(octets)))
            except Malformed as error:
                self.find(Finding(Rule.DER, place, str(error)))
        return links

    def look_at(self, leaf: Certificate) -> None:
        """What can be said of a leaf whatever stands above it."""
        edition, use = self.question.edition, self.question.use
        self.find(*rules.any_certificate(0, leaf, edition), *rules.leaf(leaf, use, edition))
        self._look_at_time(0, leaf)
        self._look_at_identity(leaf)

    def look_along(self, links: Sequence[Link]) -> None:
        """Leaf and authorities."""
        self.look_at(links[0].certificate)
        self._look_at_order([link.place for link in links])
        for below, link in enumerate(links[1:]):
            self._look_at_authority(link, below)

    def _look_at_order(self, places: list[int]) -> None:
        """In a message each certificate is followed by its issuer; TLS 1.3 has no such rule."""
        if self.question.use in IN_MESSAGES and places != sorted(places):
            self.find(Finding(Rule.ORDER, None, "the sub-CAs are not in the order of issuing"))

    def weigh(self, path: Path) -> Verdict:
        self.look_along(path.links)
        self._look_at_anchor(path)
        self.look_at_branch(path.links, path.anchor)
        self._look_at_revocation(path)
        return self.verdict([link.certificate for link in path.links], path.anchor)

    def _look_at_authority(self, link: Link, below: int) -> None:
        branch = BRANCHES[self.question.use]
        certificate = link.certificate
        self.find(
            *rules.any_certificate(link.place, certificate, self.question.edition),
            *rules.authority(link.place, certificate, below),
            *rules.sub_authority(link.place, certificate, below, branch),
        )
        self._look_at_time(link.place, certificate)

    def _look_at_anchor(self, path: Path) -> None:
        links, anchor = path.links, path.anchor
        certificates = [link.certificate for link in links] + [anchor.certificate]
        authorities = len(links) - 1
        if authorities > MOST_AUTHORITIES:
            detail = f"{authorities} sub-CAs; {MOST_AUTHORITIES} at most [V2G2-009]"
            self.find(Finding(Rule.DEPTH, None, detail))
        if anchor.kind not in BRANCHES[self.question.use].anchors:
            detail = f"it is a root of kind {anchor.kind.value}"
            self.find(Finding(Rule.ANCHOR_USE, ANCHOR_PLACE, detail))
        if not authorities and anchor.kind is not RootKind.PRIVATE:
            self.find(Finding(Rule.ROOT_SIGNS_LEAF, 0, "a root signed it without a sub-CA"))
        if len({certificate.key_name for certificate in certificates}) > 1:
            names = " and ".join(sorted({one.key_name for one in certificates}))
            self.find(Finding(Rule.ONE_KEY_TYPE, None, f"the chain mixes {names} keys"))
        self.find(*rules.authority(ANCHOR_PLACE, anchor.certificate, authorities))
        self._look_at_time(ANCHOR_PLACE, anchor.certificate)
        places = [*(link.place for link in links), ANCHOR_PLACE]
        pairs = zip(places, certificates, certificates[1:], strict=False)
        for place, certificate, issuer in pairs:
            self.find(*rules.key_ids(place, certificate, issuer))

    def look_at_branch(self, links: Sequence[Link], anchor: Anchor | None) -> None:
        """Which branch issued it, where the anchor alone does not say.

        A root of several branches does not, nor does one that is unknown.  An authority that
        stands in for its root is itself one of the branch.
        """
        branch = BRANCHES[self.question.use]
        if anchor is not None and not anchor.certificate.self_issued:
            below = len(links) - 1
            self.find(*rules.sub_authority(ANCHOR_PLACE, anchor.certificate, below, branch))
            self.find(*rules.branch_named(ANCHOR_PLACE, anchor.certificate.subject, branch))
        elif anchor is not None and not _serves_several(anchor):
            return
        if not branch_is_binding(self.question.use, self.question.edition):
            return
        above = [link for link in links[1:] if not link.is_sent_root]
        for link in above:
            self.find(*rules.branch_named(link.place, link.certificate.subject, branch))
        if anchor is None and len(links) == 1:
            self.find(*rules.issuer_named(links[0].certificate.issuer, branch))

    def _look_at_time(self, place: int, certificate: Certificate) -> None:
        if self.moment.trusted:
            self.find(*rules.dates(place, certificate, self.moment))
        elif place == 0:
            self.find(Finding(Rule.TIME, None, "the clock has not been set by anybody we trust"))

    def _look_at_identity(self, leaf: Certificate) -> None:
        claimed = self.question.identity
        if claimed is None or _same(claimed, leaf.subject.common_name or ""):
            return
        detail = "its common name is not the id that the message carries"
        self.find(Finding(Rule.IDENTITY, 0, detail))

    def _look_at_revocation(self, path: Path) -> None:
        """A private environment has no responders, so there nothing is demanded [V2G2-872]."""
        if self.policy.revocation is Demand.OFF:
            return
        issuers = [link.certificate for link in path.links[1:]] + [path.anchor.certificate]
        for link, issuer in zip(path.links, issuers, strict=True):
            staples = self.question.staples
            staple = staples[link.place] if link.place < len(staples) else None
            standing = self.book.standing(link.certificate, issuer, self.moment, staple)
            if standing.state is State.REVOKED:
                self.find(Finding(Rule.REVOCATION, link.place, "its issuer took it back"))
            elif standing.state is State.UNKNOWN and path.anchor.kind is not RootKind.PRIVATE:
                self._unknown(link.place, standing.problem)

    def _unknown(self, place: int, problem: str) -> None:
        rule = Rule.STATUS_USABLE if problem else Rule.STATUS
        finding = Finding(rule, place, problem or "nobody answered for it")
        asked = place == 0 or self.policy.whole_chain
        refused = {Demand.STRICT} | ({Demand.STAPLED} if problem else set())
        if asked and self.policy.revocation in refused:
            self.findings.append(finding)
        else:
            self.remarks.append(finding)


def _same(claimed: str, common_name: str) -> bool:
    """Ids are compared without separators and case; an eMAID without its check digit as well."""
    try:
        return Emaid.parse(claimed) == Emaid.parse(common_name)
    except IdError:
        return claimed.replace("-", "").upper() == common_name.replace("-", "").upper()
