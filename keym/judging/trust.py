"""The judge at the TLS handshake: fills the ports of ``bsw.tls`` for either side.

The vehicle judges a station's chain and the staple that comes with it; the station judges a
vehicle's chain and has only what it learned about revocation before.
"""

from collections.abc import Sequence
from dataclasses import replace

from bsw.tls.port import TlsFailure, TlsProfile, TlsReason
from keym.judging.judge import Judge, Question
from keym.judging.revocation import PROVEN, Demand
from keym.judging.verdict import Reason, Verdict
from keym.x509.edition import Edition
from keym.x509.profile import BRANCHES, Use

EDITIONS = {TlsProfile.ISO2: Edition.ISO2, TlsProfile.ISO20: Edition.ISO20}
PROFILES = {edition: profile for profile, edition in EDITIONS.items()}

TLS_REASONS = {
    Reason.EMPTY: TlsReason.NO_PEER_CERTIFICATE,
    Reason.MALFORMED: TlsReason.BROKEN_CHAIN,
    Reason.OVERSIZED: TlsReason.WRONG_PROFILE,
    Reason.CHAIN_TOO_LONG: TlsReason.BROKEN_CHAIN,
    Reason.WRONG_ALGORITHM: TlsReason.WRONG_PROFILE,
    Reason.NAME_MISMATCH: TlsReason.BROKEN_CHAIN,
    Reason.BAD_SIGNATURE: TlsReason.BROKEN_CHAIN,
    Reason.UNTRUSTED_ROOT: TlsReason.UNTRUSTED_ROOT,
    Reason.WRONG_ROOT: TlsReason.UNTRUSTED_ROOT,
    Reason.NOT_AUTHORITY: TlsReason.BROKEN_CHAIN,
    Reason.PATH_LENGTH: TlsReason.BROKEN_CHAIN,
    Reason.CRITICAL_EXTENSION: TlsReason.WRONG_PROFILE,
    Reason.WRONG_USAGE: TlsReason.WRONG_PROFILE,
    Reason.WRONG_PROFILE: TlsReason.WRONG_PROFILE,
    Reason.TIME_UNKNOWN: TlsReason.UNAVAILABLE,
    Reason.REVOKED: TlsReason.REVOKED,
    Reason.EXPIRED: TlsReason.EXPIRED,
    Reason.NOT_YET_VALID: TlsReason.NOT_YET_VALID,
    Reason.BAD_STATUS: TlsReason.BAD_STAPLE,
    Reason.NO_STATUS: TlsReason.NO_STAPLE,
    Reason.WRONG_IDENTITY: TlsReason.WRONG_PROFILE,
}


class TlsTrust:
    """``use`` is what the peer shows its certificate for: SECC or VEHICLE.

    ``last`` is the latest verdict, for the trace and for the event memory.
    """

    def __init__(self, judge: Judge, use: Use) -> None:
        self._judge = judge
        self._use = use
        self.last: Verdict | None = None

    def roots(self, profile: TlsProfile) -> Sequence[bytes]:
        """The anchors that serve this use and have a key this edition can verify."""
        key_types = EDITIONS[profile].key_types
        kinds = BRANCHES[self._use].anchors
        return tuple(
            anchor.certificate.der
            for anchor in self._judge.anchors()
            if anchor.kind in kinds and anchor.certificate.key_type in key_types
        )

    def judge_chain(self, profile: TlsProfile, chain: Sequence[bytes]) -> TlsFailure | None:
        policy = self._judge.policy(self._use)
        if self._use is Use.SECC and policy.revocation in PROVEN:
            policy = replace(policy, revocation=Demand.SOFT)  # the staple is judged by itself
        question = Question(self._use, EDITIONS[profile], chain)
        return self._told(self._judge.judge(question, policy))

    def judge_status(
        self, profile: TlsProfile, chain: Sequence[bytes], staple: bytes | None
    ) -> TlsFailure | None:
        question = Question(self._use, EDITIONS[profile], chain, (staple,))
        return self._told(self._judge.judge(question))

    def _told(self, verdict: Verdict) -> TlsFailure | None:
        self.last = verdict
        return None if verdict.trusted else failure(verdict)


def failure(verdict: Verdict) -> TlsFailure:
    """A refusal in the words of TLS.  The detail names places and rules, no people."""
    finding = verdict.findings[0]
    remedy = _REMEDIES.get(finding.reason, "see the chain with v2g pki show")
    remedy = remedy.format(use=verdict.use.value)
    return TlsFailure(TLS_REASONS[finding.reason], f"{verdict}; {remedy}")


_REMEDIES = {
    Reason.UNTRUSTED_ROOT: "install its root, or ask the operator for a chain under one of ours",
    Reason.WRONG_ROOT: "the peer shows a certificate that was made for something else",
    Reason.TIME_UNKNOWN: "give the ECU a time source it may trust",
    Reason.EXPIRED: "it must be renewed; if it is not expired, check our clock",
    Reason.NOT_YET_VALID: "check our clock and that of whoever issued it",
    Reason.NO_STATUS: "the operator has to staple OCSP responses; "
    "keym.{use}.revocation: stapled does without",
    Reason.BAD_STATUS: "the operator has to refresh its OCSP responses",
}
