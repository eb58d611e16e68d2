"""Keys for a session of ISO 15118-20 on the rig: the vehicle has a contract, the station judges it.

Nobody answers for revocation here, and nothing is installed: ``tools.bench.world.pki`` has that of
ISO 15118-2.
"""

from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Final

from bsw.chrgm.endings import Ending
from bsw.dlt import silent
from bsw.os.clock import MS
from bsw.os.worker import SimulatedWorker
from csm.cryif import CryIf
from csm.drivers.simulated import SimulatedDriver
from csm.randomness import SeededRandomness
from csm.signing import KeySigner
from evcc.contract.newer import NewerKeymWallet
from keym.config import KeymConfig
from keym.judging.judge import Judge
from keym.judging.verdict import Anchor
from keym.keeping.shelf import MemoryShelf
from keym.wiring import open_keym
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from secc.api.literals import AuthorizationStatus, CertificateStatus, PaymentOption
from secc.api.objects import ProvidedIdToken
from secc.contract.newer import NewerContracts
from tools.bench.world.direct import Rig
from tools.bench.world.pki import EASY, Calendar, private
from tools.pki.maker import Pki, make

BACK_END: Final = 300 * MS
_ROOTS: Final = (RootKind.V2G, RootKind.OEM, RootKind.MO)


@cache
def _pki(second: int) -> Pki:
    """One for all rigs that begin at the same time."""
    return make(Edition.ISO20, datetime.fromtimestamp(second, tz=timezone.utc) - timedelta(days=1))


class Contract:
    """``give`` it to a rig before its run; the back end says yes to whatever it is asked."""

    def __init__(self, rig: Rig) -> None:
        self.pki = _pki(rig.today.unix())
        self._rig = rig
        self._calendar = Calendar(rig.today)
        self._token = SimulatedDriver(SeededRandomness("token"))
        self._keys = CryIf([self._token])
        self._worker = SimulatedWorker(rig.scheduler, lambda _job: 0)

    def give(self) -> None:
        rig = self._rig
        rig.car.newer_wallet = wallet = self._wallet()
        wallet.listen(lambda detail: rig.car.fail(Ending.KEY_FAULT, detail))
        rig.station.newer_desk = self._desk()
        rig.charger.session_setup(
            payment_options=[PaymentOption.CONTRACT, PaymentOption.EXTERNAL],
            supported_certificate_service=False,
            central_contract_validation_allowed=False,
        )
        rig.charger.subscribe("require_auth_pnc", self._back_end)

    def _back_end(self, token: ProvidedIdToken) -> None:
        number = token.request_id
        assert number is not None, "the station numbers what it asks"

        def accept() -> None:
            self._rig.charger.authorization_verdict(
                request_id=number,
                authorization_status=AuthorizationStatus.ACCEPTED,
                certificate_status=CertificateStatus.ACCEPTED,
            )

        self._rig.scheduler.after(BACK_END, accept, name="back end")

    def _wallet(self) -> NewerKeymWallet:
        keym = open_keym(
            KeymConfig(),
            self._rig.scheduler,
            self._calendar,
            SeededRandomness("wallet"),
            shelf=MemoryShelf(),
        )
        handle = self._token.handle("contract")
        contract = self.pki["contract"]
        with private(contract) as key:
            self._token.import_private(handle, key)
        keym.store.add_root(RootKind.V2G, self.pki.root(RootKind.V2G).der)
        keym.store.add(Use.CONTRACT, Edition.ISO20, contract.chain, handle)
        keys = self._keys
        return NewerKeymWallet(
            keym,
            keys,
            lambda one: KeySigner(one, keys.public_key(one), keys.sign),
            self._worker,
            silent().logger("wallet"),
        )

    def _desk(self) -> NewerContracts:
        anchors = [Anchor(kind, parse(self.pki.root(kind).der)) for kind in _ROOTS]
        judge = Judge(lambda: anchors, self._calendar, policies=EASY)
        return NewerContracts(judge, self._rig.today, self._worker, silent().logger("desk"))
