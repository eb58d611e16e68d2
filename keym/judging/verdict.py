"""What can be wrong with a chain, and the form in which it is said.

Two closed lists: a ``Rule`` is what was looked at, a ``Reason`` is what a session or a driver is
told.  Each rule belongs to one reason.  A verdict is a value; no bad input ever becomes an
exception.  Details name places in the chain, never people: a contract's name appears in none.
"""

from dataclasses import dataclass
from enum import Enum

from keym.x509.certificate import Certificate
from keym.x509.profile import RootKind, Use


class Reason(Enum):
    """Why a chain is refused.  The order is that of telling: the first one found is the reason."""

    EMPTY = "no certificate was shown"
    MALFORMED = "not a certificate in strict DER"
    OVERSIZED = "certificate too large"
    WRONG_ALGORITHM = "key or signature of a kind this edition does not have"
    NAME_MISMATCH = "names do not fit together"
    BAD_SIGNATURE = "signature does not hold"
    UNTRUSTED_ROOT = "does not end in a root we trust"
    WRONG_ROOT = "ends in a root that is not trusted for this use"
    NOT_AUTHORITY = "issued by a certificate that is no authority"
    PATH_LENGTH = "an authority stands higher than its path length allows"
    CHAIN_TOO_LONG = "chain too long"
    CRITICAL_EXTENSION = "critical extension that is not understood"
    WRONG_USAGE = "key may not be used for this"
    WRONG_PROFILE = "breaks the certificate profile"
    TIME_UNKNOWN = "validity cannot be judged without trustworthy time"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    BAD_STATUS = "answer about revocation proves nothing"
    NO_STATUS = "revocation unknown"
    WRONG_IDENTITY = "certificate of somebody else"


class Rule(Enum):
    """What was looked at.  The value is the word used in configuration and reports."""

    SHOWN = "shown"
    DER = "der"
    SIZE = "size"
    COUNT = "count"
    DEPTH = "depth"
    KEY_TYPE = "key-type"
    ONE_KEY_TYPE = "one-key-type"
    SIGNATURE_ALGORITHM = "signature-algorithm"
    CHAINING = "chaining"
    ORDER = "order"
    SIGNATURE = "signature"
    ANCHOR = "anchor"
    ANCHOR_USE = "anchor-use"
    AUTHORITY = "authority"
    PATH_LENGTH = "path-length"
    CRITICAL = "critical-extension"
    KEY_USAGE = "key-usage"
    PURPOSE = "purpose"
    VERSION = "version"
    SERIAL = "serial"
    BASIC_CRITICAL = "basic-constraints-critical"
    BASIC_PRESENT = "basic-constraints-present"
    USAGE_CRITICAL = "key-usage-critical"
    USUAL_USAGE = "usual-key-usage"
    LEAF = "leaf"
    DOMAIN = "domain"
    BRANCH = "branch"
    UNNAMED_BRANCH = "unnamed-branch"
    ROOT_SIGNS_LEAF = "root-signs-leaf"
    LEVELS = "levels"
    COMMON_NAME = "common-name"
    COUNTRY = "country"
    ID_FORM = "id-form"
    CHECK_DIGIT = "check-digit"
    SUBJECT = "subject"
    POINTER = "revocation-pointer"
    EXTENSIONS = "extensions"
    KEY_ID = "subject-key-id"
    AUTHORITY_KEY_ID = "authority-key-id"
    TIME = "time"
    EXPIRY = "expiry"
    START = "start"
    REVOCATION = "revocation"
    STATUS = "status"
    STATUS_USABLE = "status-usable"
    IDENTITY = "identity"


_REASONS = {
    Rule.SHOWN: Reason.EMPTY,
    Rule.DER: Reason.MALFORMED,
    Rule.SIZE: Reason.OVERSIZED,
    Rule.COUNT: Reason.CHAIN_TOO_LONG,
    Rule.DEPTH: Reason.CHAIN_TOO_LONG,
    Rule.KEY_TYPE: Reason.WRONG_ALGORITHM,
    Rule.ONE_KEY_TYPE: Reason.WRONG_ALGORITHM,
    Rule.SIGNATURE_ALGORITHM: Reason.WRONG_ALGORITHM,
    Rule.CHAINING: Reason.NAME_MISMATCH,
    Rule.SIGNATURE: Reason.BAD_SIGNATURE,
    Rule.ANCHOR: Reason.UNTRUSTED_ROOT,
    Rule.ANCHOR_USE: Reason.WRONG_ROOT,
    Rule.AUTHORITY: Reason.NOT_AUTHORITY,
    Rule.PATH_LENGTH: Reason.PATH_LENGTH,
    Rule.CRITICAL: Reason.CRITICAL_EXTENSION,
    Rule.KEY_USAGE: Reason.WRONG_USAGE,
    Rule.PURPOSE: Reason.WRONG_USAGE,
    Rule.TIME: Reason.TIME_UNKNOWN,
    Rule.EXPIRY: Reason.EXPIRED,
    Rule.START: Reason.NOT_YET_VALID,
    Rule.REVOCATION: Reason.REVOKED,
    Rule.STATUS: Reason.NO_STATUS,
    Rule.STATUS_USABLE: Reason.BAD_STATUS,
    Rule.IDENTITY: Reason.WRONG_IDENTITY,
}

REMARKS = frozenset(
    {Rule.BASIC_PRESENT, Rule.USUAL_USAGE, Rule.KEY_ID, Rule.CHECK_DIGIT, Rule.ID_FORM}
)
"""What is told but refuses nobody: certificates in the field do without."""

TOLERABLE = frozenset(
    {
        Rule.SIZE,
        Rule.KEY_TYPE,
        Rule.ORDER,
        Rule.COUNTRY,
        Rule.PURPOSE,
        Rule.BASIC_CRITICAL,
        Rule.USAGE_CRITICAL,
        Rule.DOMAIN,
        Rule.BRANCH,
        Rule.UNNAMED_BRANCH,
        Rule.ROOT_SIGNS_LEAF,
        Rule.LEVELS,
        Rule.SUBJECT,
        Rule.POINTER,
        Rule.EXTENSIONS,
        Rule.AUTHORITY_KEY_ID,
        Rule.TIME,
    }
)
"""Switches for a lab or a known peer: a tolerated rule only makes a remark."""

FIELD = frozenset(
    {Rule.SUBJECT, Rule.LEVELS, Rule.ORDER, Rule.COUNTRY, Rule.POINTER, Rule.EXTENSIONS}
)
"""Deviations of PKIs that are out there and harm nobody."""

ANCHOR_PLACE = -1


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    ``place`` counts in what was sent, the leaf is 0; ``ANCHOR_PLACE`` is our own root; ``None``
    means the chain as a whole.
    """

    rule: Rule
    place: int | None
    detail: str

    @property
    def reason(self) -> Reason:
        return _REASONS.get(self.rule, Reason.WRONG_PROFILE)

    @property
    def where(self) -> str:
        if self.place is None:
            return "the chain"
        if self.place == ANCHOR_PLACE:
            return "our root"
        return "the leaf" if self.place == 0 else f"certificate {self.place + 1}"

    def __str__(self) -> str:
        return f"{self.reason.value} [{self.rule.value}] {self.where}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A root we trust, and what for."""

    kind: RootKind
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a chain may be used for what it was shown for, and all that was found.

    ``findings`` refuse it, the most telling first; ``remarks`` do not.  ``path`` leads from the
    leaf to the certificate below ``anchor``; both are there as far as they could be built.
    """

    use: Use
    findings: tuple[Finding, ...]
    remarks: tuple[Finding, ...] = ()
    path: tuple[Certificate, ...] = ()
    anchor: Anchor | None = None

    @property
    def trusted(self) -> bool:
        return not self.findings and self.anchor is not None and bool(self.path)

    @property
    def reason(self) -> Reason | None:
        return self.findings[0].reason if self.findings else None

    @property
    def rule(self) -> Rule | None:
        return self.findings[0].rule if self.findings else None

    @property
    def leaf(self) -> Certificate | None:
        """Only of a chain that holds: nobody should use the leaf of one that does not."""
        return self.path[0] if self.trusted else None

    def __str__(self) -> str:
        if self.trusted:
            return f"{self.use.value} chain accepted"
        return f"{self.use.value} chain refused: {self.findings[0]}"


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    ranks = list(Reason)
    return tuple(sorted(findings, key=lambda finding: ranks.index(finding.reason)))
