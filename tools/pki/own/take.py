"""``v2g pki import CHAIN --role ROLE``: a chain that came back, beside the key that is here.

With ``--key`` the private key comes along, in PEM: a provisioning certificate or a contract of
somebody else's making.
"""

import argparse
import sys
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bsw.ecuc.tree import ConfigurationError
from csm import material
from csm.errors import CsmError
from csm.handles import KeyHandle
from csm.secret import PrivateKey
from keym.faults import KeymError
from keym.x509.certificate import parse
from tools.pki.folder import FolderTrouble
from tools.pki.install import Stores
from tools.pki.make import password_of
from tools.pki.own.stores import EDITIONS, add_stores, add_use, opened, use_of
from tools.pki.own.trust import certificates_of


class NoKey(Exception):
    """A chain alone is of no use."""


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("chain", type=Path, nargs="+", metavar="CHAIN", help="leaf first, PEM, DER")
    parser.add_argument("--key", type=Path, metavar="FILE", help="its private key, PKCS#8 in PEM")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="of an encrypted key")
    add_use(parser)
    add_stores(parser)


def run(args: argparse.Namespace) -> int:
    try:
        chain = [der for path in args.chain for der in certificates_of(path)]
        use, edition = use_of(args), EDITIONS[args.edition]
        own_key = None if args.key is None else _key_of(args)
        with opened(args) as stores:
            public = parse(chain[0]).spki
            handle = _found(stores, public) if own_key is None else _adopted(args, stores, own_key)
            own = stores.keys.public_key(handle).spki()
            kept = stores.certificates.add(use, edition, chain, handle, public_key=own)
            print(f"{kept.name}: key {handle}")
    except (ConfigurationError, FolderTrouble, ValueError) as error:
        print(f"v2g pki import: {error}", file=sys.stderr)
        return 2
    except (CsmError, KeymError, NoKey) as error:
        print(f"v2g pki import: {error}", file=sys.stderr)
        return 1
    return 0


def _found(stores: Stores, public: bytes) -> KeyHandle:
    """The key of this public half, wherever the ECU keeps its keys."""
    for line in stores.keys.stored():
        if line.public is not None and line.public.spki() == public:
            return line.handle
    raise NoKey(
        f"no key here is that of the certificate ({stores.key_place}); make it with v2g pki csr, "
        "or bring it with --key"
    )


def _key_of(args: argparse.Namespace) -> PrivateKey:
    password = password_of(args.password_file)
    try:
        key = load_pem_private_key(
            args.key.read_bytes(), None if password is None else password.encode()
        )
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"{args.key}: no private key that opens: {error}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey):
        raise ValueError(f"{args.key}: a key on P-256, P-521 or Ed448 is wanted")  # noqa: TRY004
    return material.unload(key)


def _adopted(args: argparse.Namespace, stores: Stores, key: PrivateKey) -> KeyHandle:
    return stores.keys.adopt(f"{use_of(args).value}-{args.edition}-{args.chain[0].stem}", key)
