"""What TLS needs and a role's store does not have: said before the first vehicle finds out.

Looks at files only; opens no token and changes nothing.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from bsw.chrgm.protocols import protocol
from csm.config import CsmConfig
from keym.faults import KeymError
from keym.judging.trust import EDITIONS
from keym.keeping.shelf import FolderShelf, MemoryShelf
from keym.keeping.store import CertificateStore
from keym.x509.edition import Edition
from keym.x509.profile import BRANCHES, Use

Side = Literal["evcc", "secc"]


def lacking(side: Side, folder: Path, keys: CsmConfig, protocols: Iterable[str]) -> Iterator[str]:
    """One sentence with its remedy for each thing that is missing for these protocols."""
    module = keys.pkcs11.module
    if "pkcs11" in keys.drivers and module is not None and not module.exists():
        yield f"csm.pkcs11.module: {module} is not there; name the token's library, or install it"
    try:
        store = _store(folder)
    except (KeymError, OSError) as error:
        yield f"keym.folder: {folder} cannot be read: {error}"
        return
    titles = {
        EDITIONS[one.edition]: one.title
        for one in map(protocol, protocols)
        if one.edition is not None
    }
    of_side = _of_station if side == "secc" else _of_vehicle
    for edition, title in titles.items():
        for place, missing in of_side(store, edition):
            kind = f"--role {side} --kind {edition.value}"
            install = f"v2g pki install {kind} --certificates {folder} ..."
            yield f"{place}: {folder} has {missing} for {title}; install one: {install}"


def _of_station(store: CertificateStore, edition: Edition) -> Iterator[tuple[str, str]]:
    if not store.credentials(Use.SECC, edition):
        yield "session.tls", "no SECC certificate, so no vehicle gets TLS here"
    if edition is Edition.ISO20 and not _anchored(store, Use.VEHICLE, edition):
        yield "session.tls", "no V2G or OEM root, so no vehicle is believed [V2G20-2338],"


def _of_vehicle(store: CertificateStore, edition: Edition) -> Iterator[tuple[str, str]]:
    if not _anchored(store, Use.SECC, edition):
        yield "session.security", "no V2G root, so no station is believed"
    if edition is Edition.ISO20 and not store.credentials(Use.VEHICLE, edition):
        yield "session.security", "no vehicle certificate, which every station demands [V2G20-2339]"


def _anchored(store: CertificateStore, use: Use, edition: Edition) -> bool:
    """Whether one of our roots serves this use with a key of this edition."""
    kinds = BRANCHES[use].anchors
    return any(
        root.kind in kinds and root.certificate.key_type in edition.key_types
        for root in store.roots()
    )


def _store(folder: Path) -> CertificateStore:
    """An empty one where there is no folder: looking must not make it."""
    store = CertificateStore(FolderShelf(folder) if folder.exists() else MemoryShelf())
    store.load()
    return store
