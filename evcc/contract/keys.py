"""The vehicle's keys and certificates: opened when it asks for TLS, and only then imported.

Stores, wallet and TLS bring the cryptographic library with them, which costs much of the start-up
and of the memory; a vehicle without TLS shall not pay for it.  What is signed and who is trusted
is decided further down.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from bsw.base import Base, CannotStart
from bsw.chrgm.protocols import protocol
from bsw.stbm import TimeBase
from bsw.tls.port import Credential as TlsCredential
from bsw.tls.port import TlsEngine, TlsProfile
from bsw.tls.vehicle import VehicleTls
from csm.cryif import CryIf
from csm.errors import CsmError, CsmFault
from csm.handles import KeyHandle
from csm.jobs import Csm
from csm.signing import KeySigner
from ecu.doors import KeyDoors
from evcc.config import EvccConfig
from evcc.contract.contracts import KeymWallet
from evcc.contract.newer import NewerKeymWallet
from evcc.session.profile import PROFILES
from keym.calendar import EcuCalendar
from keym.faults import KeymError, KeymFault
from keym.keeping.entry import Credential
from keym.wiring import Habits, open_keym
from keym.x509.profile import Use


class KeyFaults(Protocol):
    """Is told when a store of keys or certificates fails or recovers."""

    def __call__(self, fault: CsmFault | KeymFault, *, failed: bool, detail: str) -> None: ...


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

    def newer_wallet(self) -> NewerKeymWallet:
        log = self._base.dlt.logger("wallet")
        keys, worker = self._csm.keys, self._base.worker
        return NewerKeymWallet(self._keym, keys, self._signer, worker, log)

    def evccid(self) -> str:
        """The name in the vehicle certificate; empty where there is none to show."""
        shown = self._keym.usable(Use.VEHICLE)
        return (shown[0].leaf.subject.common_name or "") if shown else ""

    def tls(self, protocols: Iterable[str]) -> TlsEngine:
        """A fresh engine for one connection, with the roots that stations may have.

        TLS 1.3 is offered where we have a certificate to show in it: a station that takes it
        demands one, and would have charged over TLS 1.2.
        """
        trust = self._keym.trust(Use.SECC)
        shown = self._keym.usable(Use.VEHICLE)
        credentials = self._within_reach(shown)
        wanted = {protocol(name).edition for name in protocols}
        offered = [one for one in self._config.tls.profiles if one in wanted]
        if not credentials and offered != [TlsProfile.ISO20]:
            offered = [one for one in offered if one is not TlsProfile.ISO20]
        if TlsProfile.ISO20 in wanted and not credentials:
            self._base.dlt.logger("tls").warning(
                "no vehicle certificate",
                meaning="stations of ISO 15118-20 refuse this connection",
                remedy="install one that is valid today: v2g pki install --role evcc",
            )
        offered = offered or list(self._config.tls.profiles)  # a station that has nothing but TLS
        return VehicleTls(self._config.tls, trust, credentials).engine(offered)

    def _within_reach(self, shown: Sequence[Credential]) -> list[TlsCredential]:
        """Those whose key store answers; the others cost the newer edition, not the charge."""
        try:
            return self._keym.as_tls(shown, self._signer)
        except CsmError as error:
            self._base.dlt.logger("tls").warning("vehicle key out of reach", why=str(error))
            return []

    def _signer(self, handle: KeyHandle) -> KeySigner:
        return KeySigner(handle, self._csm.keys.public_key(handle), self._csm.sign_now)
