"""``v2g pki revoke DIR KIND/NAME``: take certificates of a test PKI back."""

import argparse
import sys
from pathlib import Path

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
    if strange or not known:
        wanted = strange[0] if strange else args.folder
        some = ", ".join(sorted(known)[:4]) or "no test PKI there; see v2g pki make"
        print(f"v2g pki revoke: {wanted}: not known; there are {some} ...", file=sys.stderr)
        return 1
    names = revoked_in(args.folder).union(args.names).difference(args.undo)
    try:
        (args.folder / folder.REVOKED).write_text("".join(f"{name}\n" for name in sorted(names)))
    except OSError as error:
        print(f"v2g pki revoke: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print("revoked: " + (", ".join(sorted(names)) or "nothing"))
    return 0
