"""The station's keys and certificates: opened when it serves TLS, and only then imported.

Stores, the Plug and Charge desk and TLS bring the cryptographic library with them, which costs
much of the start-up and of the memory; a station without TLS shall not pay for it.
"""

from typing import TYPE_CHECKING, TypeAlias

from bsw.base import Base, CannotStart
from bsw.chrgm.protocols import protocol
from bsw.stbm import TimeBase
from bsw.tls.config import TlsMisconfigured
from bsw.tls.port import TlsEngine
from bsw.tls.station import StationTls
from csm.errors import CsmError
from csm.handles import KeyHandle
from csm.jobs import Csm
from csm.signing import KeySigner
from ecu.doors import KeyDoors
from keym.calendar import EcuCalendar
from keym.faults import KeymError
from keym.keeping.store import CertificateStore
from keym.provisioning.laboratory import signature_rules
from keym.wiring import Habits, open_keym
from keym.x509.edition import Edition
from keym.x509.profile import Use
from secc.api.charger import Charger
from secc.config import ProvisioningConfig, SeccConfig
from secc.contract.certificate_relay import Exchange
from secc.contract.contracts import StationContracts
from secc.contract.newer import NewerContracts
from secc.contract.renewal import LeafRenewal
from secc.contract.standing import Asker, BackendStatus
from secc.session.profile import PROFILES

if TYPE_CHECKING:
    from keym.provisioning.provider import Provider
    from secc.contract.provisioning import ContractFolder


Service: TypeAlias = "tuple[Provider, ContractFolder]"


def asks_backend(config: SeccConfig) -> bool:
    """A back end is asked for the responders' answers, unless they are asked from here."""
    return config.ocpp.url is not None and not config.keym.ocsp.fetch


class StationKeys:
    """Opening raises ``CannotStart`` if a store cannot be used, or has no chain for TLS; one that
    does not serve yet, ``bare``, needs none.
    """

    def __init__(
        self,
        base: Base,
        config: SeccConfig,
        calendar: TimeBase,
        doors: KeyDoors,
        *,
        bare: bool = False,
    ) -> None:
        self._base = base
        self._calendar = calendar
        self._chance = doors.chance
        try:
            self._status = BackendStatus() if asks_backend(config) else None
            self._csm = Csm(base.scheduler, doors.keys(), doors.lane, bound=config.csm.queue_bound)
            self._keym = open_keym(
                config.keym,
                base.scheduler,
                EcuCalendar(calendar),
                doors.chance,
                worker=base.worker,
                shelf=doors.shelf(),
                habits=Habits(PROFILES[config.session.profile].lenient_chains),
                fetcher=self._status,
            )
        except KeymError as error:
            raise CannotStart(f"keym: {error}") from None
        except CsmError as error:
            raise CannotStart(f"csm: {error}") from None
        self._config = config
        self._tls: StationTls | None = None if bare else self._open_tls(config)
        self._keym.store.on_change(self._changed)
        self._exchange: Exchange | None = None
        self._providers = config.session.providers
        self._services: dict[Edition, Service] = {}
        if config.provisioning.service == "lab":
            self._services = self._open_services(config.provisioning)

    @property
    def certificates(self) -> CertificateStore:
        """Whom this station trusts, and what it shows."""
        return self._keym.store

    @property
    def csm(self) -> Csm:
        """Where this station's keys lie."""
        return self._csm

    def start(self) -> None:
        """Watch over what ends, and keep proofs of our own good standing fresh."""
        self._keym.start()

    def renewal(self) -> LeafRenewal:
        """Certificates towards vehicles, by request."""
        return LeafRenewal(
            self._base.scheduler,
            self._csm,
            self._keym.store,
            self._keym.calendar,
            log=self._base.dlt.logger("renewal"),
            renewed=self.look,
        )

    def asked_through(self, ask: Asker) -> None:
        """Who takes questions about our own chain to responders, if none is asked from here."""
        if self._status is not None:
            self._status.asked_through(ask)

    def look(self) -> None:
        """Ask for proofs of our own good standing that are missing or getting old."""
        if self._keym.staples is not None:
            self._keym.staples.look()

    def exchange_with(self, charger: Charger) -> None:
        """Vehicles that ask for a contract are answered by whoever is behind the north side."""
        self._exchange = Exchange(charger, self._base.dlt.logger("exchange"))

    def tls(self) -> TlsEngine:
        """A fresh engine for one connection."""
        if self._tls is None:
            self._tls = self._open_tls(self._config)
        return self._tls.engine()

    def _changed(self) -> None:
        """Connections from now on show what is in the store now."""
        self._tls = None

    def desk(self) -> StationContracts:
        """Judges contracts for one session."""
        log = self._base.dlt.logger("desk")
        provider, contracts = self._services.get(Edition.ISO2, (None, None))
        return StationContracts(
            self._keym.judge,
            self._calendar,
            self._base.worker,
            log,
            provider,
            contracts,
            self._exchange,
        )

    def newer_desk(self) -> NewerContracts:
        """The same in ISO 15118-20."""
        provider, contracts = self._services.get(Edition.ISO20, (None, None))
        return NewerContracts(
            self._keym.judge,
            self._calendar,
            self._base.worker,
            self._base.dlt.logger("desk"),
            self._providers,
            provider,
            contracts,
            self._exchange,
            signature_rules(self._keym.config.exchange),
            self._keym.find_out if self._config.keym.ocsp.fetch else None,
        )

    def _open_services(self, config: ProvisioningConfig) -> "dict[Edition, Service]":
        """The laboratory's provisioning service, with the CPS certificates of our store."""
        from secc.contract.provisioning import ContractFolder, provider  # noqa: PLC0415 - a lab's affair

        contracts = ContractFolder(config.lab_contracts).check()
        services: dict[Edition, Service] = {}
        for edition in contracts.editions:
            found = self._keym.store.credentials(Use.CPS, edition)
            if not found:
                raise CannotStart(
                    f"provisioning.service: lab needs a CPS certificate of {edition.value} with "
                    "its key in keym.folder; install one, e.g. v2g pki install --role secc, or set "
                    "the service to north"
                )
            own = found[0]
            signer, exchange = self._signer(own.key), self._keym.config.exchange
            made = provider(
                config, own.ders, signer, self._keym.judge, exchange, chance=self._chance
            )
            services[edition] = made, contracts
        return services

    def _open_tls(self, config: SeccConfig) -> StationTls:
        """For the editions that are spoken here, and no others: nobody could go on after that."""
        try:
            credentials = self._keym.tls_credentials(Use.SECC, self._signer)
        except CsmError as error:
            raise CannotStart(f"csm: {error}") from None
        spoken = {protocol(name).edition for name in config.session.protocols}
        profiles = tuple(one for one in config.tls.profiles if one in spoken)
        if not profiles:
            names = ", ".join(config.session.protocols)
            raise CannotStart(
                f"session.tls: {names} is not spoken over the TLS of tls.profiles; serve a "
                "protocol that is, or set session.tls: false"
            )
        tls = config.tls.model_copy(update={"profiles": profiles})
        try:
            return StationTls(tls, self._keym.trust(Use.VEHICLE), credentials)
        except TlsMisconfigured as error:
            raise CannotStart(str(error)) from None

    def _signer(self, handle: KeyHandle) -> KeySigner:
        return KeySigner(handle, self._csm.keys.public_key(handle), self._csm.sign_now)
