"""``v2g pki show FILE...``: what certificates say, and what is wrong with a chain, in words."""

import argparse
import contextlib
import json
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from keym.calendar import Moment
from keym.judging import rules
from keym.judging.judge import Judge, Policy, Question
from keym.judging.path import Link, Search
from keym.judging.revocation import Demand, StatusBook, Unusable
from keym.judging.verdict import FIELD, Anchor, Finding, Verdict
from keym.x509.certificate import Certificate
from keym.x509.edition import Edition
from keym.x509.profile import OCSP_SIGNING, RootKind, Use
from tools.pki.make import moment
from tools.pki.reading import describe, guess
from tools.pki.reading.intake import Intake, Sheaf


@dataclass(frozen=True, slots=True)
class Lens:
    """How the chains are to be looked at: what the command line said."""

    at: datetime
    roots: tuple[Anchor, ...]
    use: Use | None
    edition: Edition | None
    staple: bytes | None
    policy: Policy
    identity: str | None


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="PEM, DER, PKCS#7, or a folder of them"
    )
    parser.add_argument(
        "--root",
        action="append",
        default=[],
        metavar="[KIND=]FILE",
        help="trust this root; KIND is v2g, oem, mo, cps or private (default: by its subject)",
    )
    parser.add_argument("--use", choices=[use.value for use in Use], help="what it is shown for")
    parser.add_argument("--edition", choices=[one.value for one in Edition], help="iso2 or iso20")
    parser.add_argument("--at", type=moment, metavar="DATE", help="judge as of this date")
    parser.add_argument("--identity", metavar="ID", help="eMAID, PCID or EVCCID of the message")
    parser.add_argument("--staple", type=Path, metavar="FILE", help="OCSP response for the leaf")
    parser.add_argument(
        "--revocation",
        choices=[demand.value for demand in Demand],
        default=Demand.SOFT.value,
        help="what an answer about revocation is worth (default: soft-fail)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a chain, and no more")
    parser.add_argument("--field", action="store_true", help="tolerate what is common in the field")


def run(args: argparse.Namespace) -> int:
    intake = Intake()
    for path in args.files:
        intake.take(path)
    try:
        lens = _lens(args, intake)
    except ValueError as error:
        print(f"v2g pki show: {error}", file=sys.stderr)
        return 2
    if args.json:
        told = [_as_json(place, chain, lens, intake) for place, chain in _chains(intake)]
        for trouble in intake.troubles:
            print(f"v2g pki show: {trouble.place}: {trouble.detail}", file=sys.stderr)
        print("\n".join(json.dumps(one) for one in told))
        return 0 if all(one["trusted"] for one in told) and told and not intake.troubles else 1
    for trouble in intake.troubles:
        print(f"{trouble.place}: {trouble.detail}")
    for place in intake.keys:
        print(f"{place}: a private key; it stays closed")
    good = [_show_chain(chain, lens, intake) for chain in _chains(intake)]
    for place, _, crl in intake.lists:
        print("\n".join(describe.revocation_list(place, crl, lens.at)))
    for place, _, response in intake.responses:
        print("\n".join(describe.response(place, response, lens.at)))
    return 0 if all(good) and not intake.troubles else 1


def _lens(args: argparse.Namespace, intake: Intake) -> Lens:
    use = Use(args.use) if args.use else None
    roots = tuple(anchor for text in args.root for anchor in _roots(text, use))
    if not args.root:
        own = [one for one in intake.certificates if one.self_signed]
        roots = tuple(Anchor(guess.root_kind_of(one, use or Use.SECC), one) for one in own)
        if roots:
            print(
                "no --root was named: the self-signed certificates given are taken as trusted",
                file=sys.stderr if args.json else sys.stdout,
            )
    return Lens(
        at=args.at or datetime.now(timezone.utc),
        roots=roots,
        use=use,
        edition=Edition(args.edition) if args.edition else None,
        staple=args.staple.read_bytes() if args.staple else None,
        policy=Policy(Demand(args.revocation), tolerate=FIELD if args.field else frozenset()),
        identity=args.identity,
    )


def _roots(text: str, use: Use | None) -> list[Anchor]:
    word, sign, rest = text.partition("=")
    kinds = {kind.value: kind for kind in RootKind}
    named = kinds.get(word) if sign else None
    intake = Intake()
    intake.take(Path(rest if named else text))
    if intake.troubles:
        raise ValueError(f"{intake.troubles[0].place}: {intake.troubles[0].detail}")
    return [
        Anchor(named or guess.root_kind_of(one, use or Use.SECC), one)
        for one in intake.certificates
    ]


def _chains(intake: Intake) -> list[tuple[str, list[Certificate]]]:
    """A file with several certificates is a chain as it is sent; single ones are put together."""
    chains: list[tuple[str, list[Certificate]]] = []
    single: list[Certificate] = []
    for sheaf in intake.sheaves:
        certificates = list(sheaf.certificates)
        if len(certificates) == 1:
            single.extend(certificates)
        elif certificates[0] in guess.leaves_of(certificates) or _is_ring(sheaf):
            chains.append((sheaf.place, certificates))
        else:
            chains.extend(
                (f"{sheaf.place} (not leaf first)", guess.chain_of(leaf, certificates))
                for leaf in guess.leaves_of(certificates)
            )
    pool = list(dict.fromkeys(single))
    chains.extend(("", guess.chain_of(leaf, pool)) for leaf in guess.leaves_of(pool))
    return chains


def _is_ring(sheaf: Sheaf) -> bool:
    return not guess.leaves_of(sheaf.certificates)


def _show_chain(named: tuple[str, list[Certificate]], lens: Lens, intake: Intake) -> bool:
    place, chain = named
    leaf = chain[0]
    print(f"\n{place or 'chain put together from single files'}" if len(chain) > 1 else "")
    for number, certificate in enumerate(chain, 1):
        print("\n".join(describe.certificate(number, certificate, lens.at)))
    if leaf.extensions.authority and len(chain) == 1:
        return _show_authority(leaf, lens)
    if lens.use is None and OCSP_SIGNING in leaf.extensions.purposes:
        print("  verdict: an OCSP responder's certificate; it serves no session")
        return True
    use = lens.use or guess.use_of(leaf)
    edition = lens.edition or guess.edition_of(leaf)
    verdict = _judged(chain, use, edition, lens, intake)
    print("\n".join(describe.verdict(verdict, edition, guessed=lens.use is None)))
    return verdict.trusted


def _as_json(place: str, chain: list[Certificate], lens: Lens, intake: Intake) -> dict[str, object]:
    use = lens.use or guess.use_of(chain[0])
    edition = lens.edition or guess.edition_of(chain[0])
    verdict = _judged(chain, use, edition, lens, intake)
    return {
        "place": place,
        "use": use.value,
        "edition": edition.value,
        "trusted": verdict.trusted,
        "reason": verdict.reason.name if verdict.reason else None,
        "findings": [_finding(one) for one in verdict.findings],
        "remarks": [_finding(one) for one in verdict.remarks],
        "certificates": [
            {
                "subject": str(one.subject),
                "issuer": str(one.issuer),
                "serial": f"{one.serial:x}",
                "not_before": one.not_before.isoformat(),
                "not_after": one.not_after.isoformat(),
                "key": one.key_name,
                "sha256": one.fingerprint,
            }
            for one in chain
        ],
    }


def _finding(one: Finding) -> dict[str, object]:
    told = {"rule": one.rule.value, "reason": one.reason.name}
    return {**told, "place": one.place, "detail": one.detail}


def _show_authority(authority: Certificate, lens: Lens) -> bool:
    """An authority alone is no chain for any use: only the certificate itself is looked at."""
    findings = [
        *rules.any_certificate(0, authority, lens.edition or guess.edition_of(authority)),
        *rules.authority(0, authority, 0),
        *rules.dates(0, authority, Moment(lens.at)),
    ]
    print("  verdict: an authority; nothing that it issued was given")
    for finding in findings:
        print(f"    {finding.reason.value} [{finding.rule.value}]: {finding.detail}")
    return not findings


@dataclass(frozen=True, slots=True)
class _Still:
    """A calendar that shows one moment."""

    at: datetime

    def moment(self) -> Moment:
        return Moment(self.at)


def _judged(
    chain: list[Certificate], use: Use, edition: Edition, lens: Lens, intake: Intake
) -> Verdict:
    book = StatusBook()
    search = Search([Link(place, one) for place, one in enumerate(chain)], lens.roots)
    for path in search.run():
        above = [link.certificate for link in path.links[1:]] + [path.anchor.certificate]
        for link, issuer in zip(path.links, above, strict=True):
            _learn(book, link.certificate, issuer, Moment(lens.at), intake)
    judge = Judge(lambda: lens.roots, _Still(lens.at), book=book)
    ders = [one.der for one in chain]
    return judge.judge(Question(use, edition, ders, (lens.staple,), lens.identity), lens.policy)


def _learn(
    book: StatusBook, certificate: Certificate, issuer: Certificate, now: Moment, intake: Intake
) -> None:
    """Answers among the files count for the chains among the files, as far as they prove."""
    for _, octets, _ in intake.responses:
        with contextlib.suppress(Unusable):
            book.learn(octets, certificate, issuer, now)
    for _, octets, _ in intake.lists:
        with contextlib.suppress(Unusable):
            book.learn_list(octets, issuer, now)
