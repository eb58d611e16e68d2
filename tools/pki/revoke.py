"""``v2g pki revoke DIR KIND/NAME``: take certificates of a test PKI back."""

import argparse
import sys
from pathlib import Path

from bsw.program.hostfault import at
from tools.pki import folder
from tools.pki.make import KINDS
from tools.pki.ocsp import revoked_in


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="made by v2g pki make")
    parser.add_argument(
        "names", nargs="*", metavar="KIND/NAME", help="e.g. iso2/secc; none lists what is revoked"
    )
    parser.add_argument(
        "--undo", action="append", default=[], metavar="KIND/NAME", help="make it good again"
    )


def run(args: argparse.Namespace) -> int:
    known = {
        f"{kind}/{path.stem}"
        for kind in KINDS
        for path in sorted((args.folder / kind / "certs").glob("*.der"))
    }
    strange = [name for name in (*args.names, *args.undo) if name not in known]
    if not known:
        told = f"{args.folder} holds no test PKI; make one with: v2g pki make {args.folder}"
        print(f"v2g pki revoke: {told}", file=sys.stderr)
        return 2
    if strange:
        some = ", ".join(sorted(known)[:4])
        print(f"v2g pki revoke: {strange[0]}: not known; there are {some} ...", file=sys.stderr)
        return 2
    names = revoked_in(args.folder).union(args.names).difference(args.undo)
    with at(args.folder / folder.REVOKED):
        (args.folder / folder.REVOKED).write_text("".join(f"{name}\n" for name in sorted(names)))
    print("revoked: " + (", ".join(sorted(names)) or "nothing"))
    return 0
