"""The back end starts and stops transactions [F01 to F03]: asked in each version's words.

Owns the answer and that it goes first.  Who may charge, and where, is the drivers' affair.
"""

from msgspec import UNSET

from ocpp.catalogue import Message
from ocpp.station.charging.smart import SmartCharging
from ocpp.station.charging.wire import sent
from ocpp.station.desk import ACCEPTED, ONLY_16, REJECTED, Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.outlets.drivers import Agreed, Drivers
from ocpp.versions import Version


class Orders:
    """The block."""

    def __init__(self, desk: Desk, ground: Ground, drivers: Drivers, smart: SmartCharging) -> None:
        self._ground = ground
        self._drivers = drivers
        self._smart = smart
        desk.take({"RequestStartTransaction": self._start, "RequestStopTransaction": self._stop})
        desk.take(
            {"RemoteStartTransaction": self._start, "RemoteStopTransaction": self._stop},
            versions=ONLY_16,
        )

    def _start(self, message: Message) -> Reply:
        translator = self._ground.translator
        assert translator is not None
        agreed = self._drivers.remote_start(translator.remote_start(message))
        if agreed is not None and message.chargingProfile is not UNSET:
            refusal = self._smart.expect(agreed.place.evse, sent(message.chargingProfile))
            if refusal is not None:
                agreed.withdraw()
                return Reply(status("Rejected", refusal.reason, refusal.why))
        return self._agreed(agreed)

    def _stop(self, message: Message) -> Reply:
        translator = self._ground.translator
        assert translator is not None
        return self._agreed(self._drivers.remote_stop(translator.remote_stop(message)))

    def _agreed(self, agreed: Agreed | None) -> Reply:
        """Answer first, then do it."""
        if agreed is None:
            return Reply(REJECTED)
        if agreed.transaction is None or self._ground.version is Version.V16:
            return Reply(ACCEPTED, agreed.then)
        return Reply({**ACCEPTED, "transactionId": agreed.transaction}, agreed.then)
