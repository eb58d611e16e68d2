"""``v2g pki csr NAME --role ROLE``: a new key where the ECU keeps its keys, and a request for it.

The key is made inside, in a token too, and never leaves; the request goes to whoever signs.
"""

import argparse
import sys
import time
from pathlib import Path

from bsw.ecuc.tree import ConfigurationError
from bsw.program.hostfault import at
from csm.errors import CsmError
from csm.handles import KeyKind
from csm.handles import Use as KeyUse
from keym.faults import KeymError
from keym.x509.edition import Edition
from keym.x509.profile import BRANCHES
from secc.contract.request import Names, NoRequest, certificate_request
from tools.pki.own.stores import EDITIONS, KIND_OF, add_stores, add_use, opened, use_of


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="common name: EVSE id, PCID or eMAID")
    parser.add_argument("--organization", default="", metavar="TEXT")
    parser.add_argument("--country", default="", metavar="XX")
    parser.add_argument("--ed448", action="store_true", help="with --edition iso20")
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="default: printed")
    add_use(parser)
    add_stores(parser)


def run(args: argparse.Namespace) -> int:
    try:
        text = _request(args)
    except (ConfigurationError, NoRequest, ValueError) as error:
        print(f"v2g pki csr: {error}", file=sys.stderr)
        return 2
    except (CsmError, KeymError) as error:
        print(f"v2g pki csr: {error}", file=sys.stderr)
        return 1
    if args.out is None:
        print(text, end="")
    else:
        with at(args.out):
            args.out.write_text(text, encoding="ascii")
    return 0


def _request(args: argparse.Namespace) -> str:
    use, edition = use_of(args), EDITIONS[args.edition]
    if args.ed448 and edition is not Edition.ISO20:
        raise ValueError("--ed448: ISO 15118-2 has no such keys; add --edition iso20")
    kind = KeyKind.ED448 if args.ed448 else KIND_OF[edition]
    names = Names(args.name, args.organization, args.country)
    label = f"{use.value}-{edition.value}-{time.strftime('%Y%m%d%H%M%S', time.gmtime())}"
    with opened(args) as stores:
        keys = stores.keys
        handle = keys.create(label, kind, KeyUse.SIGN)
        print(f"v2g pki csr: the key is {handle}", file=sys.stderr)
        domain = BRANCHES[use].leaf.domain
        public = keys.public_key(handle)
        return certificate_request(names, domain, public, lambda data: keys.sign(handle, data))
