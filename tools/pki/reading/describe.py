"""Certificates, verdicts and answers about revocation as lines of text for people."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from keym.judging.rules import spelled
from keym.judging.status import Response, RevocationList
from keym.judging.verdict import Finding, Reason, Verdict
from keym.x509.certificate import Certificate
from keym.x509.edition import Edition
from keym.x509.name import shown
from keym.x509.profile import PURPOSES

_EDITIONS = {Edition.ISO2: "ISO 15118-2", Edition.ISO20: "ISO 15118-20"}
_ADVICE = {
    Reason.UNTRUSTED_ROOT: "name the root with --root, or add the missing sub-CAs to the files",
    Reason.WRONG_ROOT: "see which root the use wants: v2g pki show --use",
    Reason.EXPIRED: "have it renewed; --at judges as of another date",
    Reason.NOT_YET_VALID: "wait, or check the clock of whoever issued it",
    Reason.NO_STATUS: "add the OCSP response with --staple",
    Reason.BAD_STATUS: "ask the responder again",
    Reason.BAD_SIGNATURE: "the certificate was altered, or belongs to another issuer of that name",
    Reason.OVERSIZED: "shorten names or leave extensions out",
    Reason.WRONG_ALGORITHM: "--edition says which edition's keys are wanted",
}


def certificate(number: int, one: Certificate, at: datetime) -> Iterator[str]:
    found = one.extensions
    yield f"  {number}  {str(one.subject) or '(no name)'}"
    yield f"     issued by {'itself' if one.self_issued else one.issuer}"
    yield (
        f"     {one.key_name}, {len(one.der)} octets, serial {one.serial:x}, "
        f"valid {one.not_before:%Y-%m-%d} to {one.not_after:%Y-%m-%d} ({_left(one, at)})"
    )
    yield f"     {'; '.join(_abilities(one))}"
    for url in found.ocsp_urls:
        yield f"     OCSP at {shown(url, 120)}"
    for url in found.crl_urls:
        yield f"     CRL at {shown(url, 120)}"
    if found.not_understood:
        yield f"     critical and not understood: {', '.join(found.not_understood)}"


def _left(one: Certificate, at: datetime) -> str:
    if at > one.not_after:
        return f"expired {_span(at - one.not_after)} ago"
    if at < one.not_before:
        return f"begins in {_span(one.not_before - at)}"
    return f"{_span(one.not_after - at)} left"


def _span(span: timedelta) -> str:
    return f"{span.days} days" if span.days > 1 else f"{span.total_seconds() / 3600:.1f} hours"


def _abilities(one: Certificate) -> Iterator[str]:
    found = one.extensions
    if found.authority:
        length = found.path_length
        yield "authority" if length is None else f"authority with path length {length}"
    else:
        yield "leaf" if found.authority is False else "no basic constraints"
    yield f"key for {spelled(found.usage)}" if found.usage is not None else "no key usage"
    if found.purposes:
        yield "as " + ", ".join(PURPOSES.get(oid, oid) for oid in found.purposes)


def verdict(what: Verdict, edition: Edition, *, guessed: bool) -> Iterator[str]:
    how = ", as it seems" if guessed else ""
    use = f"{what.use.value} chain of {_EDITIONS[edition]}{how}"
    if what.trusted and what.anchor is not None:
        anchor = what.anchor
        yield f"  verdict: accepted as {use}"
        yield f"    root ({anchor.kind.value}): {anchor.certificate.subject}"
    else:
        yield f"  verdict: refused as {use}"
    yield from (f"    {line}" for finding in what.findings for line in _finding(finding))
    yield from (f"    remark: {one.where}: {one.detail} [{one.rule.value}]" for one in what.remarks)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"{finding.reason.value}: {finding.where}: {finding.detail} [{finding.rule.value}]"
    if finding.reason in _ADVICE:
        yield f"  {_ADVICE[finding.reason]}"


def revocation_list(place: str, crl: RevocationList, at: datetime) -> Iterator[str]:
    yield f"\n{place}"
    yield f"  CRL of {crl.this_update:%Y-%m-%d %H:%M} UTC, {_until(crl.next_update, at)}"
    yield f"  {len(crl.revoked)} revoked" + (":" if crl.revoked else "")
    for serial, since in list(crl.revoked.items())[:20]:
        yield f"    serial {serial:x} since {since:%Y-%m-%d %H:%M} UTC"
    if len(crl.revoked) > 20:
        yield f"    and {len(crl.revoked) - 20} more"


def response(place: str, one: Response, at: datetime) -> Iterator[str]:
    yield f"\n{place}"
    for answer in one.answers:
        yield (
            f"  OCSP response: serial {answer.about.serial:x} is {answer.state.value}; of "
            f"{answer.this_update:%Y-%m-%d %H:%M} UTC, {_until(answer.next_update, at)}"
        )
    by = "with a certificate of its own" if one.certificates else "by the issuer's key, it says"
    yield f"  signed {by}"


def _until(end: datetime | None, at: datetime) -> str:
    if end is None:
        return "without an end"
    word = "held" if at > end else "holds"
    return f"{word} until {end:%Y-%m-%d %H:%M} UTC"
