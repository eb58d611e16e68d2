"""``v2g pki install DIR --role ROLE``: a test PKI into the stores of a vehicle or a station.

Roots and chains go into the certificate store, private keys into the encrypted folder of the
software driver - or where a configuration of that ECU says, into a token for instance.  What each
role needs stands in ``ROLES``.
"""

import argparse
import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed448

from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError
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
        "--config",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="of that ECU: its stores and key drivers are used, a token too",
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
    except (FolderTrouble, ConfigurationError) as error:
        print(f"v2g pki install: {error}", file=sys.stderr)
        return 2
    except (CsmError, KeymError) as error:
        print(f"v2g pki install: {error}", file=sys.stderr)
        return 1
    return 0


def _install(args: argparse.Namespace) -> None:
    kinds = [kind for kind in args.kind or KINDS if (args.folder / kind).is_dir()]
    if not kinds:
        raise FolderTrouble(f"{args.folder} holds none of the PKIs wanted; see v2g pki make")
    password = password_of(args.password_file)
    stores = open_stores(args)
    for kind in kinds:
        entities = folder.read(args.folder / kind, password)
        for root_kind in ROLES[args.role].roots:
            root = stores.certificates.add_root(root_kind, entities[f"{root_kind.value}_root"].der)
            print(f"{root.name}: trusted for {root_kind.value}")
        for use in ROLES[args.role].uses:
            entity = entities.get(STEMS[use][2])
            if entity is not None and use.value not in args.without:
                _install_credential(stores, kind, use, entity)
    print(f"certificates in {stores.certificate_folder}, keys in {stores.key_place}")


@dataclass(frozen=True, slots=True)
class Stores:
    """Both stores of a role and where they lie."""

    certificates: CertificateStore
    keys: CryIf
    certificate_folder: Path
    key_place: str


def open_stores(args: argparse.Namespace) -> Stores:
    keym, csm = _config(args)
    certificate_folder = args.certificates or keym.folder
    store = CertificateStore(FolderShelf(certificate_folder), tolerate=FIELD)
    for trouble in store.load():
        print(f"v2g pki: left out: {trouble}", file=sys.stderr)
    if args.keys:
        csm = CsmConfig(software=SoftwareConfig(folder=args.keys))
    token = f"token {csm.pkcs11.token}"
    places = {"software": str(csm.software.folder), "pkcs11": token}
    place = ", then ".join(places[name] for name in csm.drivers)
    return Stores(store, open_keys(csm), certificate_folder, place)


def _config(args: argparse.Namespace) -> tuple[KeymConfig, CsmConfig]:
    """As the ECU of this role has it in these files; without files as it has it by default."""
    files = tuple(args.config)
    if args.role == "evcc":
        from evcc.config import EvccConfig  # noqa: PLC0415 - one of the two is wanted

        vehicle = load(EvccConfig, files, outside=False).config
        return vehicle.keym, vehicle.csm
    from secc.config import SeccConfig  # noqa: PLC0415 - one of the two is wanted

    station = load(SeccConfig, files, outside=False).config
    return station.keym, station.csm


def _install_credential(stores: Stores, kind: str, use: Use, entity: Entity) -> None:
    assert isinstance(entity.key, ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey)
    label = f"{use.value}-{kind}"
    handle = _take_key(stores.keys, label, entity.key)
    if entity.agreement is not None:
        _take_key(stores.keys, label + folder.BESIDE, entity.agreement)
    public_key = stores.keys.public_key(handle).spki()
    kept = stores.certificates.add(
        use, KINDS[kind].edition, entity.chain, handle, public_key=public_key
    )
    print(f"{kept.name}: key {handle}")


def _take_key(keys: CryIf, label: str, key: material.LoadedPair) -> KeyHandle:
    """A key of the same label is that of an earlier test PKI, and goes."""
    for driver in keys.drivers:
        with contextlib.suppress(KeyMissing):
            driver.delete(driver.handle(label))
    return keys.adopt(label, material.unload(key))
