"""The vehicle's keys and certificates: opened when it asks for TLS, and only then imported.

Stores, wallet and TLS bring the cryptographic library with them, which costs much of the start-up
and of the memory; a vehicle without TLS shall not pay for it.  What is signed and who is trusted
is decided further down.
"""

from typing import Final, Protocol

from bsw.base import Base, CannotStart
from bsw.chrgm.protocols import SPOKEN
from bsw.stbm import TimeBase
from bsw.tls.port import TlsEngine
from bsw.tls.vehicle import VehicleTls
from csm.cryif import CryIf
from csm.errors import CsmError, CsmFault
from csm.handles import KeyHandle
from csm.jobs import Csm
from csm.signing import KeySigner
from ecu.doors import KeyDoors
from evcc.config import EvccConfig
from evcc.contract.contracts import KeymWallet
from evcc.session.profile import PROFILES
from keym.calendar import EcuCalendar
from keym.faults import KeymError, KeymFault
from keym.wiring import Habits, open_keym
from keym.x509.profile import Use


class KeyFaults(Protocol):
    """Is told when a store of keys or certificates fails or recovers."""

    def __call__(self, fault: CsmFault | KeymFault, *, failed: bool, detail: str) -> None: ...


EDITIONS: Final = [one.edition for one in SPOKEN if one.edition is not None]
"""Whose TLS rules a connection may follow: best first."""


class VehicleKeys:
    """Opening raises ``CannotStart`` if a store cannot be used."""

    def __init__(
        self,
        base: Base,
        config: EvccConfig,
        calendar: TimeBase,
        report: KeyFaults,
        doors: KeyDoors,
    ) -> None:
        self._base = base
        self._config = config
        profile = PROFILES[config.session.profile]
        try:
            self._csm = Csm(
                base.scheduler,
                doors.keys(),
                doors.lane,
                bound=config.csm.queue_bound,
                report=report,
            )
            self._keym = open_keym(
                config.keym,
                base.scheduler,
                EcuCalendar(calendar),
                doors.chance,
                worker=base.worker,
                shelf=doors.shelf(),
                habits=Habits(profile.lenient_chains, profile.accept_missing_staple),
                report=report,
            )
        except KeymError as error:
            raise CannotStart(f"keym: {error}") from None
        except CsmError as error:
            raise CannotStart(f"csm: {error}") from None

    @property
    def drivers(self) -> CryIf:
        """For whoever names a key by its handle."""
        return self._csm.keys

    def wallet(self) -> KeymWallet:
        log = self._base.dlt.logger("wallet")
        return KeymWallet(self._keym, self._csm.keys, self._signer, self._base.worker, log)

    def tls(self) -> TlsEngine:
        """A fresh engine for one connection, with the roots that stations may have."""
        trust = self._keym.trust(Use.SECC)
        return VehicleTls(self._config.tls, trust).engine(EDITIONS)

    def _signer(self, handle: KeyHandle) -> KeySigner:
        return KeySigner(handle, self._csm.keys.public_key(handle), self._csm.sign_now)
