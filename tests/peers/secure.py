"""Keys and certificates of our roles for runs against foreign stacks, from a test PKI's folder.

Both sides stand on the same PKI: ours reads what ``v2g pki make`` wrote, the foreign one a copy in
the layout it expects.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from bsw.dlt import silent
from bsw.os.worker import Worker
from keym.edition import Edition
from keym.profile import RootKind
from keym.provisioning.provider import Contract
from secc.api.literals import PaymentOption
from secc.desk import Desk
from tools.pki import folder, layout15118
from tools.pki.folder import Writer
from tools.pki.maker import EMAID_WITH_DIGIT, Pki, Plan, make
from tools.rig.network import Options
from tools.rig.pki import Crypto, private
from tools.rig.plug import Today


def make_folders(base: Path) -> None:
    """``base/ours/iso2`` in our layout, ``base/theirs`` in the one of the foreign package."""
    pki = make(Edition.ISO2, datetime.now(tz=timezone.utc))
    folder.write(pki, Writer(base / "ours" / "iso2"))
    layout15118.write(pki, Writer(base / "theirs"))


def load(base: Path) -> Pki:
    now = datetime.now(tz=timezone.utc)
    plan = Plan(Edition.ISO2, Edition.ISO2.key_types[0], now)
    return Pki(plan, folder.read(base / "ours" / "iso2"))


@dataclass
class OneContract:
    """A back end with one contract to deliver: the PKI's own."""

    pki: Pki

    def for_vehicle(self, _certificate: bytes) -> Contract:
        contract = self.pki["contract"]
        return Contract(contract.chain, private(contract), EMAID_WITH_DIGIT)

    def renewed(self, _emaid: str) -> Contract:
        return self.for_vehicle(b"")


def secured(
    options: Options, base: Path, today: Today, worker: Worker, *, install: bool
) -> Options:
    """TLS and Plug & Charge for both roles; with ``install`` the vehicle has no contract yet."""
    crypto = Crypto(today, worker, contract=not install, pki=load(base))
    desk = Desk(
        crypto.judge(RootKind.V2G, RootKind.MO, RootKind.OEM),
        today,
        worker,
        silent().logger("desk"),
        crypto.provider(),
        OneContract(crypto.pki),
    )
    return replace(
        options,
        vehicle_tls=crypto.vehicle_tls,
        station_tls=crypto.station_tls,
        plain=False,
        wallet=crypto.wallet,
        desk=desk,
        payment=(PaymentOption.CONTRACT,),
        certificate_service=install,
    )
