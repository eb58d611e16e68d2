"""``v2g hsm``: make a token, put keys into it, look at it, empty it.

The token is any PKCS#11 library's; ``--folder`` uses SoftHSM in a folder of its own, and
``--store`` the encrypted folder of the software driver, which needs no token at all.
"""

import argparse
import sys
from pathlib import Path

from csm.errors import BadKey, CsmError
from csm.handles import SYMMETRIC, KeyHandle, KeyKind
from tools.hsm import commands
from tools.hsm.pins import add_source

_KINDS = ", ".join(kind.value for kind in KeyKind)
_SYMMETRIC = ", ".join(kind.value for kind in SYMMETRIC)
_LABEL = "what the key is called, for example vehicle or contract-1"


def add(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    _add_init(verbs.add_parser("init", help="make a token"))
    _add_generate(verbs.add_parser("generate", help="make a key that never leaves the token"))
    _add_import(verbs.add_parser("import", help="put a key from a file into the token"))
    _add_list(verbs.add_parser("list", help="show what is in the token"))
    _add_wipe(verbs.add_parser("wipe", help="delete keys"))


def run(arguments: argparse.Namespace) -> int:
    try:
        status: int = arguments.verb_run(arguments)
    except CsmError as error:
        print(f"v2g hsm: {error}", file=sys.stderr)
        return 2 if isinstance(error, BadKey) else 1
    return status


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--module", type=Path, metavar="LIBRARY", help="the token's library (default: SoftHSM)"
    )
    parser.add_argument("--token", default="pilotwire", metavar="LABEL", help="the token's label")
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="keep SoftHSM and its tokens in this folder"
    )
    add_source(parser, "pin", "the PIN")


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store",
        type=Path,
        metavar="DIR",
        help="work on this encrypted folder instead of a token; the PIN is its passphrase",
    )
    parser.add_argument(
        "--last-try", action="store_true", help="offer the PIN even if one attempt is left"
    )


def _add_init(parser: argparse.ArgumentParser) -> None:
    _add_place(parser)
    add_source(parser, "so-pin", "the security officer's PIN")
    parser.add_argument(
        "--erase", action="store_true", help="erase the token of this label first, keys and all"
    )
    parser.set_defaults(verb_run=commands.init)


def _add_generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("label", type=_label, help=_LABEL)
    parser.add_argument(
        "--kind",
        type=_kind,
        default=KeyKind.P521,
        metavar="KIND",
        help=f"one of {_KINDS} (default: P-521)",
    )
    parser.add_argument("--public", type=Path, metavar="FILE", help="write its public half as PEM")
    _add_place(parser)
    _add_store(parser)
    parser.set_defaults(verb_run=commands.generate)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("label", type=_label, help=_LABEL)
    parser.add_argument(
        "file", type=Path, help="PEM or DER: PKCS#8, SEC 1 or PKCS#12; with --kind its octets"
    )
    parser.add_argument(
        "--kind",
        type=_symmetric,
        metavar="KIND",
        help=f"a symmetric key, raw or in hexadecimal digits: one of {_SYMMETRIC}",
    )
    parser.add_argument(
        "--certificate", type=Path, metavar="FILE", help="its certificate, if not in the file"
    )
    add_source(parser, "password", "the file's password")
    _add_place(parser)
    _add_store(parser)
    parser.set_defaults(verb_run=commands.import_)


def _add_list(parser: argparse.ArgumentParser) -> None:
    _add_place(parser)
    _add_store(parser)
    parser.set_defaults(verb_run=commands.list_)


def _add_wipe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("labels", nargs="*", type=_label, help="only these keys (default: all)")
    parser.add_argument("--yes", action="store_true", help="do it; without, only say what")
    _add_place(parser)
    _add_store(parser)
    parser.set_defaults(verb_run=commands.wipe)


def _label(text: str) -> str:
    try:
        return KeyHandle("software", text).label
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r}: letters, digits, '.', '_' and '-', at most 64, none of the last three first"
        ) from None


def _kind(text: str) -> KeyKind:
    try:
        return KeyKind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: one of {_KINDS}") from None


def _symmetric(text: str) -> KeyKind:
    kind = next((kind for kind in SYMMETRIC if kind.value == text), None)
    if kind is None:
        raise argparse.ArgumentTypeError(f"{text!r}: one of {_SYMMETRIC}")
    return kind
