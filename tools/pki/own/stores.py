"""The options by which a command finds the stores of an ECU, and the keys it makes there."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from csm.handles import KeyKind
from keym.x509.edition import Edition
from keym.x509.profile import Use
from tools.pki.install import Stores, open_stores

USES: Final = {
    "secc": (Use.SECC, Use.CPS),
    "evcc": (Use.PROVISIONING, Use.CONTRACT, Use.VEHICLE),
}
"""Of each role, the usual one first."""
KIND_OF: Final = {Edition.ISO2: KeyKind.P256, Edition.ISO20: KeyKind.P521}
EDITIONS: Final = {edition.value: edition for edition in Edition}


def add_stores(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--role", choices=USES, required=True, help="whose stores")
    parser.add_argument(
        "--config", action="append", default=[], type=Path, metavar="FILE",
        help="of that ECU: its stores and key drivers are used, a token too",
    )  # fmt: skip
    parser.add_argument(
        "--certificates", type=Path, metavar="DIR", help="certificate store (default: keym.folder)"
    )
    parser.add_argument(
        "--keys", type=Path, metavar="DIR", help="key store (default: csm.software.folder)"
    )


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Stores]:
    stores = open_stores(args)
    try:
        yield stores
    finally:
        stores.keys.close()


def add_use(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--use",
        choices=[use.value for uses in USES.values() for use in uses],
        help="default: secc for a station, provisioning for a vehicle",
    )
    parser.add_argument("--edition", choices=EDITIONS, default=Edition.ISO2.value)


def use_of(args: argparse.Namespace) -> Use:
    """Raises ``ValueError`` for what is not of this role."""
    if args.use is None:
        return USES[args.role][0]
    use = Use(args.use)
    if use not in USES[args.role]:
        raise ValueError(f"--use {use.value}: a {args.role} has none")
    return use
