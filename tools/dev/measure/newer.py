"""ISO 15118-20 measured over TLS 1.3: from the SDP request to the loop, and turn-around in it.

Both sides show P-521 certificates on loopback, one process, one scheduler, a charger without
delays of its own.
"""

from datetime import datetime, timedelta, timezone

from keym.x509.edition import Edition
from tools.bench.world.network import Options
from tools.bench.world.pki import Crypto
from tools.bench.world.plug import Today
from tools.dev.measure.session import AT_ONCE, EAGER, SDP_PORT, Loopback, tell
from tools.pki.maker import Pki, make


def main() -> None:
    place = Loopback.made()
    today = Today(place.scheduler)
    crypto = Crypto(
        today,
        place.worker,
        contract=False,
        provisioning=False,
        pki=_pki(today),
        edition=Edition.ISO20,
    )
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
