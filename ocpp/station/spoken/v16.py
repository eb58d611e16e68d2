"""Our words in the messages of 1.6.

1.6 knows a transaction from its StartTransaction on, whose answer names it.  What comes before
the driver is known is not said, and until the name is known nothing else of the transaction is
sent; the name is put in when a message is made, so a record never has to be changed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import UNSET

from ocpp.catalogue import Message
from ocpp.station.contracts.shown import Contract
from ocpp.station.records import (
    ChargingState,
    Phase,
    Reading,
    Sample,
    Stop,
    Token,
    Trigger,
    TxEvent,
)
from ocpp.station.spoken.v2 import authorization, authorized
from ocpp.station.store import Row
from ocpp.station.translation import (
    ConnectorState,
    ConnectorView,
    Identity,
    Learned,
    RemoteStart,
    RemoteStop,
    Request,
    Standing,
    Timed,
    Verdict,
)
from ocpp.transfer16 import packed, unpacked

START: Final = "StartTransaction"
STOP: Final = "StopTransaction"

_REASONS: Final = {
    Stop.DEAUTHORIZED: "DeAuthorized",
    Stop.EMERGENCY: "EmergencyStop",
    Stop.DISCONNECTED: "EVDisconnected",
    Stop.IMMEDIATE_RESET: "HardReset",
    Stop.LOCAL: "Local",
    Stop.POWER_LOSS: "PowerLoss",
    Stop.REBOOT: "Reboot",
    Stop.REMOTE: "Remote",
}
STANDINGS: Final = {
    "Accepted": Standing.ACCEPTED,
    "Blocked": Standing.BLOCKED,
    "ConcurrentTx": Standing.CONCURRENT,
    "Expired": Standing.EXPIRED,
    "Invalid": Standing.INVALID,
}
_STATES: Final = {
    ChargingState.IDLE: "Preparing",
    ChargingState.CONNECTED: "Preparing",
    ChargingState.CHARGING: "Charging",
    ChargingState.SUSPENDED_EV: "SuspendedEV",
    ChargingState.SUSPENDED_EVSE: "SuspendedEVSE",
}
Fields = dict[str, Any]


class V16:
    """The translator of 1.6J.  A connector of 1.6 is an EVSE of 2.x."""

    def event(self, row: Row, timed: Timed) -> Request | None:
        event = row.event
        if row.remote_id is None:
            return self._start(event, timed) if event.token is not None else None
        if event.phase is Phase.ENDED:
            return self._stop(event, row.remote_id, timed)
        if not event.readings:
            return None
        return "MeterValues", {
            "connectorId": event.evse or 0,
            "transactionId": row.remote_id,
            "meterValue": [meter_value(each, timed) for each in event.readings],
        }

    def _start(self, event: TxEvent, timed: Timed) -> Request:
        assert event.token is not None
        return START, {
            "connectorId": event.evse or 0,
            "idTag": event.token.id,
            "meterStart": round(event.meter_wh or 0),
            "timestamp": timed(event.at),
            **({} if event.reservation is None else {"reservationId": event.reservation}),
        }

    def _stop(self, event: TxEvent, remote_id: int, timed: Timed) -> Request:
        values = [meter_value(each, timed) for each in event.readings]
        fields: Fields = {
            "transactionId": remote_id,
            "timestamp": timed(event.at),
            "meterStop": round(event.meter_wh or 0),
        }
        if event.trigger is Trigger.UNLOCKED:
            fields["reason"] = "UnlockCommand"
        elif event.stop is not None:
            fields["reason"] = _REASONS.get(event.stop, "Other")
        if event.token is not None:
            fields["idTag"] = event.token.id
        if values:
            fields["transactionData"] = values
        return STOP, fields

    def learned(self, action: str, answer: Message) -> Learned:
        if action == START:
            return Learned(answer.transactionId, _verdict(answer.idTagInfo))
        if action == STOP and answer.idTagInfo is not UNSET:
            return Learned(verdict=_verdict(answer.idTagInfo))
        return Learned()

    def boot(self, identity: Identity, reason: str) -> Request:
        del reason  # 1.6 has no place for it
        fields = {"chargePointVendor": identity.vendor, "chargePointModel": identity.model}
        if identity.serial:
            fields["chargePointSerialNumber"] = identity.serial
        if identity.firmware:
            fields["firmwareVersion"] = identity.firmware
        return "BootNotification", fields

    def state(self, view: ConnectorView) -> str:
        if view.state is ConnectorState.OCCUPIED:
            return "Finishing" if view.finished else _STATES[view.charging]
        preparing = view.state is ConnectorState.AVAILABLE and view.authorized
        return "Preparing" if preparing else view.state.value

    def whole(self, views: Sequence[ConnectorView]) -> str:
        """Connector 0 is the main controller: as long as it speaks it has no fault."""
        off = all(view.state is ConnectorState.UNAVAILABLE for view in views)
        return "Unavailable" if off else "Available"

    def status(self, evse: int, connector: int, state: str, timestamp: str) -> Request:
        del connector
        return "StatusNotification", {
            "connectorId": evse,
            "errorCode": "OtherError" if state == "Faulted" else "NoError",
            "status": state,
            "timestamp": timestamp,
        }

    def values(self, evse: int, reading: Reading, timed: Timed) -> Request:
        return "MeterValues", {"connectorId": evse, "meterValue": [meter_value(reading, timed)]}

    def authorize(self, token: Token, contract: Contract | None = None) -> Request:
        """A contract is shown inside DataTransfer."""
        if contract is None:
            return "Authorize", {"idTag": token.id}
        return packed("Authorize", authorization(token, contract))

    def verdict(self, answer: Message) -> Verdict | None:
        if hasattr(answer, "idTagInfo"):
            return _verdict(answer.idTagInfo)
        read = unpacked("Authorize", answer)
        return None if read is None else authorized(read)

    def remote_start(self, message: Message) -> RemoteStart:
        evse = message.connectorId if message.connectorId is not UNSET else None
        return RemoteStart(Token(message.idTag), evse)

    def remote_stop(self, message: Message) -> RemoteStop:
        return RemoteStop(remote_id=message.transactionId)


def meter_value(reading: Reading, timed: Timed) -> Fields:
    samples = [each for sample in reading.samples for each in _sampled(sample)]
    return {"timestamp": timed(reading.at), "sampledValue": samples}


def _sampled(sample: Sample) -> list[Fields]:
    """A signed record stands beside its plain value [1.6: format SignedData]."""
    common: Mapping[str, str] = {
        "context": sample.context.value,
        "measurand": sample.measurand,
        **({} if sample.phase is None else {"phase": sample.phase}),
        "unit": sample.unit,
    }
    made: list[Fields] = [{"value": f"{sample.value:.12g}", **common}]
    if sample.signed is not None:
        made.append({"value": sample.signed.data, "format": "SignedData", **common})
    return made


def _verdict(info: Message) -> Verdict:
    group = info.parentIdTag if info.parentIdTag is not UNSET else None
    until = info.expiryDate
    return Verdict(
        STANDINGS[info.status], group or None, until.timestamp() if until is not UNSET else None
    )
