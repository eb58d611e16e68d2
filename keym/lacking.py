"""What TLS needs and a role's store does not have: said before the first vehicle finds out.

Looks at files only; opens no token and changes nothing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from csm.config import CsmConfig
from keym.faults import KeymError
from keym.keeping.shelf import FolderShelf, MemoryShelf
from keym.keeping.store import CertificateStore
from keym.x509.profile import RootKind, Use

Side = Literal["evcc", "secc"]


def lacking(side: Side, folder: Path, keys: CsmConfig) -> Iterator[str]:
    """One sentence with its remedy for each thing that is missing."""
    module = keys.pkcs11.module
    if "pkcs11" in keys.drivers and module is not None and not module.exists():
        yield f"csm.pkcs11.module: {module} is not there; name the token's library, or install it"
    install = f"v2g pki install --role {side} --certificates {folder} ..."
    try:
        store = _store(folder)
    except (KeymError, OSError) as error:
        yield f"keym.folder: {folder} cannot be read: {error}"
        return
    if side == "secc" and not store.credentials(Use.SECC):
        yield (
            f"session.tls: {folder} has no SECC certificate, so no vehicle gets TLS here; "
            f"install one: {install}"
        )
    if side == "evcc" and not store.roots(RootKind.V2G):
        yield (
            f"session.security: {folder} has no V2G root, so no station is believed; "
            f"install one: {install}"
        )


def _store(folder: Path) -> CertificateStore:
    """An empty one where there is no folder: looking must not make it."""
    store = CertificateStore(FolderShelf(folder) if folder.exists() else MemoryShelf())
    store.load()
    return store
