"""``v2g pki trust FILE... --role ROLE --as KIND``: roots of a market, trusted from now on."""

import argparse
import sys
from pathlib import Path

from bsw.ecuc.tree import ConfigurationError
from csm.errors import CsmError
from keym.faults import KeymError
from keym.x509 import pem
from keym.x509.certificate import Malformed, parse
from keym.x509.profile import RootKind
from tools.pki.own.stores import add_stores, opened


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="PEM or DER")
    parser.add_argument(
        "--as", dest="kind", choices=[kind.value for kind in RootKind], required=True,
        help="what they are roots of",
    )  # fmt: skip
    add_stores(parser)


def run(args: argparse.Namespace) -> int:
    try:
        roots = [der for path in args.files for der in certificates_of(path)]
        with opened(args) as stores:
            for der in roots:
                print(f"{stores.certificates.add_root(RootKind(args.kind), der).name}: trusted")
    except (ConfigurationError, ValueError) as error:
        print(f"v2g pki trust: {error}", file=sys.stderr)
        return 2
    except (CsmError, KeymError) as error:
        print(f"v2g pki trust: {error}", file=sys.stderr)
        return 1
    return 0


def certificates_of(path: Path) -> list[bytes]:
    """In PEM, or one in DER.  Raises ``ValueError`` with the file's name for anything else."""
    octets = path.read_bytes()
    try:
        found = pem.certificates(octets) if pem.looks_like(octets) else [octets]
        for der in found:
            parse(der)
    except (pem.PemError, Malformed) as error:
        raise ValueError(f"{path}: {error}") from None
    return found
