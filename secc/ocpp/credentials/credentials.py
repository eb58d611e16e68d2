"""With what a station shows itself to its back end, and whom it believes there.

Owns the files beside the store that keys and roots of the back end lie in.  What of it the back end
changes is the affair of ``ocpp.station.security``.
"""

from pathlib import Path

from bsw.base import Base
from bsw.dlt import Logger
from bsw.tls.uplink import UplinkTls, uplink_client
from keym.keeping.store import CertificateStore
from secc.ocpp.config import OcppConfig
from secc.ocpp.credentials.keys import StationKeys
from secc.ocpp.credentials.leaves import AllKeys
from secc.ocpp.credentials.vault import Given, StationVault
from secc.ocpp.sides import KeySide


class Credentials:
    """One station's, for as long as it runs."""

    def __init__(self, base: Base, config: OcppConfig, side: KeySide, log: Logger) -> None:
        self._config = config
        self._vehicles = side.vehicles
        name, file = config.serial or config.identity, config.store.file
        self.keys = StationKeys(
            file.with_name(f"{file.name}.keys"),
            name,
            side.calendar.unix,
            side.csm,
            scheduler=base.scheduler,
            log=log,
        )
        self.vault = StationVault(
            file.with_name(f"{file.name}.roots"),
            self.keys,
            Given(config.tls.roots is not None, config.tls.certificate),
            self._judged,
        )
        renewal = None if side.vehicles is None else side.vehicles.renewal()
        self.all_keys = AllKeys(self.keys, renewal)

    def engine(self, host: str) -> UplinkTls:
        """Made anew for each connection: the files may have been renewed."""
        tls, own = self._config.tls, self.keys.own()
        more = self.vault.files("CSMSRootCertificate")
        if own is not None:  # the back end has had it signed
            return UplinkTls(uplink_client(tls.roots, more=more), host, own)
        return UplinkTls(uplink_client(tls.roots, tls.certificate, tls.key, more), host)

    def firmware_roots(self) -> list[Path]:
        """The integrator's, and what the back end has installed."""
        given = self._config.firmware.roots
        installed = self.vault.files("ManufacturerRootCertificate")
        return installed if given is None else [given, *installed]

    def _judged(self) -> CertificateStore | None:
        return None if self._vehicles is None else self._vehicles.certificates
