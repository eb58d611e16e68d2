"""Keys and certificates of our roles for runs against foreign stacks, from a test PKI's folder.

Both sides stand on the same PKI: ours reads what ``v2g pki make`` wrote, the foreign one a copy in
the layout it expects.
"""

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from bsw.os.worker import Worker
from keym.x509.edition import Edition
from secc.api.literals import PaymentOption
from tools.bench.world.network import Options
from tools.bench.world.pki import Crypto
from tools.bench.world.plug import Today
from tools.pki import folder, layout15118
from tools.pki.folder import Writer
from tools.pki.maker import make
from tools.tester.keys import read_pki

SHOWN = ("v2g_root", "oem_root", "cpo_sub1", "cpo_sub2", "secc", "oem_sub1", "oem_sub2")


def make_folders(base: Path, *, newer: bool = False) -> None:
    """``base/ours`` in our layout, ``base/theirs`` in the one of the foreign package.

    For ISO 15118-20 (``newer``) it shows certificates of that edition in TLS, and its contracts are
    those of ISO 15118-2.
    """
    now = datetime.now(tz=timezone.utc)
    pki = make(Edition.ISO2, now)
    folder.write(pki, Writer(base / "ours" / "iso2"))
    if newer:
        above = make(Edition.ISO20, now)
        folder.write(above, Writer(base / "ours" / "iso20"))
        pki.entities.update({name: above[name] for name in SHOWN})
        pki.entities["provisioning"] = above["vehicle"]  # it has one certificate for both
    layout15118.write(pki, Writer(base / "theirs"))


def secured(
    options: Options, base: Path, today: Today, worker: Worker, *, install: bool
) -> Options:
    """TLS and Plug & Charge for both roles; with ``install`` the vehicle has no contract yet."""
    crypto = Crypto(today, worker, contract=not install, pki=read_pki(base / "ours"))
    return replace(
        options,
        vehicle_tls=crypto.vehicle_tls,
        station_tls=crypto.station_tls,
        plain=False,
        wallet=crypto.wallet,
        desk=crypto.desk,
        payment=(PaymentOption.CONTRACT,),
        certificate_service=install,
    )
