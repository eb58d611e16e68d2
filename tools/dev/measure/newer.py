"""ISO 15118-20 measured over TLS 1.3: from the SDP request to the loop, and turn-around in it.

Both sides show P-521 certificates on loopback, one process, one scheduler, a charger without
delays of its own.
"""

from datetime import datetime, timedelta, timezone

from bsw.os.worker import Worker
from bsw.tls.port import Credential, TlsEngine, TlsProfile
from bsw.tls.station import StationTls
from bsw.tls.vehicle import VehicleTls
from keym.judging.trust import TlsTrust
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from tools.bench.world.network import Options
from tools.bench.world.pki import Crypto
from tools.bench.world.plug import Today
from tools.dev.measure.session import AT_ONCE, EAGER, SDP_PORT, Loopback, tell
from tools.pki.maker import Pki, make

ISO20 = TlsProfile.ISO20


class Mutual(Crypto):
    """Certificates of ISO 15118-20 on both sides, and nothing to pay with."""

    def __init__(self, today: Today, worker: Worker, pki: Pki) -> None:
        super().__init__(today, worker, contract=False, provisioning=False, pki=pki)
        for name in ("secc", "vehicle"):
            self.put(name, pki[name])

    def _credential(self, name: str) -> Credential:
        entity = self.pki[name]
        signer = self.signer(self.driver.handle(name))
        return Credential(profile=ISO20, chain=entity.chain, signer=signer, root=entity.root.der)

    def vehicle_tls(self) -> TlsEngine:
        trust = TlsTrust(self.judge(RootKind.V2G), Use.SECC)
        return VehicleTls(self._tls, trust, [self._credential("vehicle")]).engine([ISO20])

    def station_tls(self) -> TlsEngine:
        trust = TlsTrust(self.judge(RootKind.OEM), Use.VEHICLE)
        return StationTls(self._tls, trust, [self._credential("secc")]).engine()


def main() -> None:
    place = Loopback.made()
    today = Today(place.scheduler)
    crypto = Mutual(today, place.worker, _pki(today))
    options = Options(
        protocols=("iso20-dc",),
        served=("iso20-dc",),
        mode="DC",
        ratings=AT_ONCE,
        vehicle_profile=EAGER,
        vehicle_tls=crypto.vehicle_tls,
        station_tls=crypto.station_tls,
        plain=False,
        sdp_port=SDP_PORT,
    )
    tell(place, options, "DCChargeLoop", "iso20 over TLS 1.3, ")
    place.worker.close()


def _pki(today: Today) -> Pki:
    at = datetime.fromtimestamp(today.unix(), tz=timezone.utc) - timedelta(days=1)
    return make(Edition.ISO20, at)


if __name__ == "__main__":
    main()
