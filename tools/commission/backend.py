"""A station taken into service at its back end: boot, key and certificate, roots, network profile.

Runs the part of the station that speaks OCPP, and nothing of the plug.  What it gets stays: the key
where ``csm`` keeps keys, chains, roots and network profiles in the station's stores, so that ``secc
run`` with the same configuration begins where this ends.
"""

from collections.abc import Callable, Iterator
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from bsw.base import CannotStart
from bsw.base_host import HostBase
from bsw.chrgm.protocols import protocol
from bsw.os.clock import S
from csm.errors import CsmError
from csm.jobs import Csm
from ecu.host import HostDoors
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from ocpp.station.presence.boot import Standing
from ocpp.station.security.signing import STATION
from secc.api.charger import Charger
from secc.config import SeccConfig
from secc.contract.keys import StationKeys
from secc.ocpp.backend import Backend
from secc.ocpp.credentials.leaves import EDITIONS
from secc.ocpp.sides import ChargerSide, KeySide
from secc.session.schedules import Schedules
from tools.commission.record import Step, good, judged, skipped, wrong

LOOK: Final = 0.1
QUIET: Final = 2.0
"""Seconds in which a back end that installs roots after boot has done so."""
HIGHEST: Final = 3


class BackendWalk:
    """Steps in order; the first one that cannot be done ends it."""

    def __init__(self, base: HostBase, config: SeccConfig, *, within: float) -> None:
        self._base = base
        self._config = config
        self._within = within
        self._calendar = HostDoors(base, config).calendar()

    def steps(self) -> Iterator[Step]:
        config = self._config
        if config.ocpp.url is None:
            yield wrong("back end", "an address", "ocpp.url is not set", "set ocpp.url")
            return
        try:
            keys, csm, backend = self._opened()
        except (CannotStart, CsmError) as error:
            yield wrong("key store", "opens", "it does not", str(error))
            return
        try:
            backend.start(lambda _changed: None)
            yield from self._served(backend, keys, csm)
        finally:
            backend.leave()
            self._until(lambda: not backend.busy)
            backend.close()
            csm.close()

    def wait(self, seconds: float) -> None:
        scheduler = self._base.scheduler
        scheduler.run(until=scheduler.now + int(seconds * S))

    def _opened(self) -> tuple[StationKeys | None, Csm, Backend]:
        base, config = self._base, self._config
        doors = HostDoors(base, config)
        keys = None
        if config.session.tls:
            keys = StationKeys(base, config, self._calendar, doors, bare=True)
            csm = keys.csm
        else:
            csm = Csm(base.scheduler, doors.keys(), doors.lane, bound=config.csm.queue_bound)
        charger = Charger((), lambda: base.scheduler.now, base.dlt.logger("session"))
        side = ChargerSide(charger, Schedules(prices=config.prices), lambda: False, measured=True)
        own = KeySide(doors.chance, self._calendar, lambda: csm, keys)
        backend = Backend(base, doors.uplink(), config.ocpp, side=side, own=own)
        return keys, csm, backend

    def _served(self, backend: Backend, keys: StationKeys | None, csm: Csm) -> Iterator[Step]:
        drivers = ", ".join(driver.name for driver in csm.keys.drivers)
        yield good("key store", "opens", f"new keys go to {drivers}")
        if not self._until(lambda: backend.version is not None):
            told = backend.why_away or "no answer"
            yield wrong("connection", "open", told, "see ocpp.url, ocpp.password and ocpp.tls")
            return
        yield good("connection", "open", self._line(backend))
        accepted = self._until(lambda: backend.station.standing is Standing.ACCEPTED)
        standing = backend.station.standing.value
        remedy = "the back end has to know this station: see ocpp.identity there"
        yield judged("boot", "accepted", standing, remedy, holds=accepted)
        if not accepted:
            return
        self.wait(QUIET)
        yield from self._own_certificate(backend)
        yield from self._roots(backend, keys)
        if keys is not None:
            yield from self._chains(backend, keys)
        yield good("network profile", "one that holds", self._line(backend))

    def _own_certificate(self, backend: Backend) -> Iterator[Step]:
        name, expected = "station's certificate", "signed, with a key of the key store"
        if not (self._config.ocpp.url or "").startswith("wss"):
            yield skipped(name, "ocpp.url does not begin with wss")
            return
        keys, connections = backend.credentials.keys, backend.connections
        before = keys.key
        if before is None or STATION in keys.due():
            backend.station.certify(STATION)
            if not self._until(lambda: keys.key not in {None, before}):
                remedy = "does the back end sign requests of stations (SignCertificate)?"
                yield wrong(name, expected, "none came", remedy)
                return
        path = keys.certificate
        assert path is not None
        yield good(name, expected, f"{_shown(path.read_bytes())}; key {keys.key}")
        if before != keys.key:  # it leaves, and comes back with the new one
            self._until(lambda: backend.connections > connections)
        back = self._until(lambda: backend.version is not None) and backend.station.profile
        measured = self._line(backend) if back else backend.why_away or "it did not come back"
        remedy = "does the back end trust who signed it?"
        yield judged("connection with it", "profile 3", measured, remedy, holds=back == HIGHEST)

    def _roots(self, backend: Backend, keys: StationKeys | None) -> Iterator[Step]:
        given = self._config.ocpp.tls.roots
        own = len(backend.credentials.vault.files("CSMSRootCertificate"))
        yield good(
            "roots of back ends",
            "any",
            f"{own} installed, and {given or 'those of this machine'}",
        )
        if keys is None:
            yield skipped("roots for vehicles", "session.tls: false")
            return
        wanted = [RootKind.V2G]
        if "Contract" in {str(each) for each in self._config.session.payment}:
            wanted.append(RootKind.MO)
        counts = {kind: len(keys.certificates.roots(kind)) for kind in wanted}
        measured = ", ".join(f"{count} of {kind.value}" for kind, count in counts.items())
        remedy = "have the back end install them (InstallCertificate), or v2g pki trust"
        yield judged(
            "roots for vehicles", "at least one each", measured, remedy, holds=all(counts.values())
        )

    def _chains(self, backend: Backend, keys: StationKeys) -> Iterator[Step]:
        """What is shown to vehicles, for each edition that is spoken."""
        profiles = {protocol(name).edition for name in self._config.session.protocols}
        spoken = {one.value for one in profiles if one is not None}
        for kind, edition in EDITIONS.items():
            name = f"chain of {edition.value}"
            if edition.value not in spoken:
                continue
            if not keys.certificates.credentials(Use.SECC, edition):
                backend.station.certify(kind)
                self._until(lambda: bool(keys.certificates.credentials(Use.SECC, edition)))  # noqa: B023
            yield _chain(name, keys, edition)

    def _until(self, holds: Callable[[], bool]) -> bool:
        for _ in range(int(self._within / LOOK)):
            if holds():
                return True
            self.wait(LOOK)
        return holds()

    @staticmethod
    def _line(backend: Backend) -> str:
        version = backend.version
        spoken = "nothing" if version is None else version.number
        return f"OCPP {spoken}, security profile {backend.station.profile}, {backend.url}"


def _chain(name: str, keys: StationKeys, edition: Edition) -> Step:
    found = keys.certificates.credentials(Use.SECC, edition)
    if not found:
        remedy = "set ISO15118Ctrlr.SeccId in ocpp.variables, and see what the back end answers"
        return wrong(name, "signed, under an installed root", "there is none", remedy)
    leaf = found[0].leaf
    measured = f"{leaf.subject.common_name}, until {leaf.not_after:%Y-%m-%d}; key {found[0].key}"
    return good(name, "signed, under an installed root", measured)


def _shown(octets: bytes) -> str:
    [leaf, *_] = x509.load_pem_x509_certificates(octets)
    names = [str(each.value) for each in leaf.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)]
    issuer = names[0] if names else "an unnamed issuer"
    return f"by {issuer}, until {leaf.not_valid_after_utc:%Y-%m-%d}"
