"""``v2g pki install DIR --role ROLE``: a test PKI into the stores of a vehicle or a station.

Roots and chains go into the certificate store, private keys into the encrypted folder of the
software driver.  What each role needs stands in ``ROLES``.
"""

import argparse
import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed448

from csm import material
from csm.config import CsmConfig, SoftwareConfig
from csm.cryif import CryIf
from csm.errors import CsmError, KeyMissing
from csm.handles import KeyHandle
from csm.wiring import open_keys
from keym.config import KeymConfig
from keym.faults import KeymError
from keym.judging.verdict import FIELD
from keym.keeping.shelf import FolderShelf
from keym.keeping.store import CertificateStore
from keym.x509.profile import RootKind, Use
from tools.pki import folder
from tools.pki.folder import FolderTrouble
from tools.pki.make import KINDS, password_of
from tools.pki.maker import STEMS
from tools.pki.recipe import Entity


@dataclass(frozen=True, slots=True)
class Role:
    """What belongs into the stores of a role."""

    roots: tuple[RootKind, ...]
    uses: tuple[Use, ...]


ROLES = {
    "evcc": Role(
        (RootKind.V2G, RootKind.PRIVATE),
        (Use.VEHICLE, Use.PROVISIONING, Use.CONTRACT),
    ),
    "secc": Role(
        (RootKind.V2G, RootKind.OEM, RootKind.MO),
        (Use.SECC, Use.CPS),
    ),
}


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="made by v2g pki make")
    parser.add_argument("--role", choices=ROLES, required=True)
    parser.add_argument("--kind", action="append", choices=KINDS, help="default: all there are")
    parser.add_argument(
        "--certificates", type=Path, metavar="DIR", help="certificate store (default: keym.folder)"
    )
    parser.add_argument(
        "--keys", type=Path, metavar="DIR", help="key store (default: csm.software.folder)"
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=[use.value for use in Use],
        help="leave these out, e.g. a contract that shall be installed by a station",
    )
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="of encrypted keys")


def run(args: argparse.Namespace) -> int:
    try:
        _install(args)
    except (FolderTrouble, CsmError, KeymError) as error:
        print(f"v2g pki install: {error}", file=sys.stderr)
        return 1
    return 0


def _install(args: argparse.Namespace) -> None:
    kinds = [kind for kind in args.kind or KINDS if (args.folder / kind).is_dir()]
    if not kinds:
        raise FolderTrouble(f"{args.folder} holds none of the PKIs wanted; see v2g pki make")
    password = password_of(args.password_file)
    stores = _open(args)
    for kind in kinds:
        entities = folder.read(args.folder / kind, password)
        for root_kind in ROLES[args.role].roots:
            root = stores.certificates.add_root(root_kind, entities[f"{root_kind.value}_root"].der)
            print(f"{root.name}: trusted for {root_kind.value}")
        for use in ROLES[args.role].uses:
            entity = entities.get(STEMS[use][2])
            if entity is not None and use.value not in args.without:
                _install_credential(stores, kind, use, entity)
    print(f"certificates in {stores.certificate_folder}, keys in {stores.key_folder}")


@dataclass(frozen=True, slots=True)
class Stores:
    """Both stores of a role and where they lie."""

    certificates: CertificateStore
    keys: CryIf
    certificate_folder: Path
    key_folder: Path


def _open(args: argparse.Namespace) -> Stores:
    certificate_folder = args.certificates or KeymConfig().folder
    store = CertificateStore(FolderShelf(certificate_folder), tolerate=FIELD)
    for trouble in store.load():
        print(f"left out: {trouble}", file=sys.stderr)
    software = SoftwareConfig(folder=args.keys) if args.keys else SoftwareConfig()
    keys = open_keys(CsmConfig(software=software))
    return Stores(store, keys, certificate_folder, software.folder)


def _install_credential(stores: Stores, kind: str, use: Use, entity: Entity) -> None:
    handle = _take_key(stores.keys, f"{use.value}-{kind}", entity)
    public_key = stores.keys.public_key(handle).spki()
    kept = stores.certificates.add(
        use, KINDS[kind].edition, entity.chain, handle, public_key=public_key
    )
    print(f"{kept.name}: key {handle}")


def _take_key(keys: CryIf, label: str, entity: Entity) -> KeyHandle:
    """A key of the same label is that of an earlier test PKI, and goes."""
    assert isinstance(entity.key, ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey)
    handle = keys.drivers[0].handle(label)
    with contextlib.suppress(KeyMissing):
        keys.delete(handle)
    return keys.adopt(label, material.unload(entity.key))
