"""``v2g pki make DIR``: a complete test PKI as files."""

import argparse
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from bsw.crypto import KeyType
from bsw.ecuc.text import text_of
from bsw.ecuc.tree import ConfigurationError
from keym.x509.edition import Edition
from keym.x509.ids import Emaid, IdError
from tools.pki import folder, layout15118
from tools.pki.folder import FolderTrouble, Writer
from tools.pki.maker import EMAID_WITH_DIGIT, EVCCID, PCID, Plan, build


@dataclass(frozen=True, slots=True)
class Kind:
    """``word`` goes into all subjects, so that roots of different kinds differ by name."""

    edition: Edition
    key_type: KeyType
    word: str


KINDS = {
    "iso2": Kind(Edition.ISO2, KeyType.P256, ""),
    "iso20": Kind(Edition.ISO20, KeyType.P521, " 20"),
    "iso20-ed448": Kind(Edition.ISO20, KeyType.ED448, " 20 Ed448"),
}


LONGEST_DAYS = 365 * 40


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to put it")
    parser.add_argument(
        "--kind",
        action="append",
        choices=KINDS,
        help="edition and key type; may be repeated (default: all three)",
    )
    parser.add_argument(
        "--layout",
        choices=("pilotwire", "iso15118", "both"),
        default="pilotwire",
        help="iso15118: the file names that package expects (ISO 15118-2 keys only); "
        "both: one PKI for the two sides of a mixed pair",
    )
    parser.add_argument(
        "--variants", action="store_true", help="also chains with one fault each, under bad/"
    )
    parser.add_argument("--emaid", default=EMAID_WITH_DIGIT, help="name of the contract")
    parser.add_argument("--pcid", default=PCID, help="name of the provisioning certificate")
    parser.add_argument("--evccid", default=EVCCID, help="name of the vehicle certificate")
    parser.add_argument("--single-root", action="store_true", help="every branch under V2G root")
    parser.add_argument("--ocsp-url", default="http://[::1]:15180/ocsp", help="responder to name")
    parser.add_argument("--name", default="Test", help="first word of all subjects")
    parser.add_argument(
        "--at", type=moment, metavar="DATE", help="valid around this date instead of today"
    )
    parser.add_argument(
        "--days", type=int, default=0, metavar="N", help="everything holds at least so many days"
    )
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="encrypt the keys with its first line"
    )
    parser.add_argument("--force", action="store_true", help="write into a folder in use")


def moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it like 2026-05-01") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=timezone.utc)


def run(args: argparse.Namespace) -> int:
    try:
        Emaid.parse(args.emaid)
        writer = folder.prepared(args.folder, force=args.force)
        writer = replace(writer, password=password_of(args.password_file))
        _write(args, writer)
    except (FolderTrouble, IdError) as error:
        print(f"v2g pki make: {error}", file=sys.stderr)
        return 2
    print("test keys: never trust these roots outside a test")
    return 0


def password_of(path: Path | None) -> str | None:
    """The first line of a password file.  An empty one would leave the keys open: refused."""
    if path is None:
        return None
    try:
        lines = text_of(path, "a file with a password").splitlines()
    except ConfigurationError as error:
        raise FolderTrouble(f"the password file {error}") from None
    if not lines or not lines[0]:
        raise FolderTrouble(
            f"the password file {path} is empty; put the password on its first line"
        )
    return lines[0]


def _write(args: argparse.Namespace, writer: Writer) -> None:
    at = args.at or datetime.now(timezone.utc)
    kinds = args.kind or list(KINDS)
    if args.layout == "iso15118":
        kinds = ["iso2"]
    elif args.layout == "both":
        kinds = list(dict.fromkeys(["iso2", *(args.kind or ())]))
    writer.text("README.txt", folder.README)
    for kind in kinds:
        chosen = KINDS[kind]
        plan = Plan(
            chosen.edition,
            chosen.key_type,
            at,
            name=args.name + chosen.word,
            emaid=args.emaid.replace("-", "").upper(),
            pcid=args.pcid,
            evccid=args.evccid,
            single_root=args.single_root,
            ocsp_url=args.ocsp_url or None,
            least_days=min(max(args.days, 0), LONGEST_DAYS),
        )
        pki = build(plan)
        told = f"{len(pki.entities)} certificates, {chosen.key_type.value}"
        if chosen.edition is layout15118.EDITION and args.layout != "pilotwire":
            layout15118.write(pki, writer)
            print(f"{writer.base}/iso15118_2: {told}")
        if args.layout == "iso15118":
            continue
        folder.write(pki, writer.within(kind))
        folder.write_successor(pki, writer.within(f"{kind}/next"))
        bad = folder.write_variants(pki, writer.within(kind)) if args.variants else 0
        print(f"{writer.base}/{kind}: {told}" + (f", {bad} bad chains" if bad else ""))
