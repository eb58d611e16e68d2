"""Our words in the messages of 2.0.1 and 2.1."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from msgspec import UNSET, to_builtins

from ocpp.catalogue import Message
from ocpp.station.contracts.shown import Contract
from ocpp.station.records import CostRecord, Reading, Sample, Stop, Token, Trigger, TxEvent
from ocpp.station.store import Row
from ocpp.station.translation import (
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

EVENT: Final = "TransactionEvent"
Fields = dict[str, Any]


_ONLY_21: Final = {
    Trigger.RUNNING_COST: Trigger.METER_PERIODIC,
    Trigger.TARIFF_CHANGED: Trigger.ASKED,
    Trigger.MODE_CHANGED: Trigger.RATE_CHANGED,
    Trigger.LIMIT_SET: Trigger.RATE_CHANGED,
    Trigger.COST_LIMIT: Trigger.STATE_CHANGED,
    Trigger.SOC_LIMIT: Trigger.STATE_CHANGED,
    Trigger.TARIFF_REFUSED: Trigger.DEAUTHORIZED,
    Trigger.RESUMED: Trigger.STATE_CHANGED,
}
_STOPS_21: Final = {Stop.TRANSFER_REJECTED: Stop.OTHER}
"""What 2.0.1 has no word for, and the one it gets."""


class V2:
    """The translator of 2.0.1; what 2.1 says besides is added by its own."""

    def event(self, row: Row, timed: Timed) -> Request:
        event = row.event
        fields: Fields = {
            "eventType": event.phase.value,
            "timestamp": timed(event.at),
            "triggerReason": _ONLY_21.get(event.trigger, event.trigger).value,
            "seqNo": row.seq,
            "transactionInfo": _info(event),
            **_given("offline", row.offline or None),
            **_given("numberOfPhasesUsed", event.phases),
            **_given("reservationId", event.reservation),
            **_given("meterValue", [meter_value(each, timed) for each in event.readings] or None),
        }
        if event.tells_place and event.evse is not None:
            fields["evse"] = {"id": event.evse, **_given("connectorId", event.connector)}
        if event.token is not None:
            fields["idToken"] = id_token(event.token)
        return EVENT, fields

    def learned(self, action: str, answer: Message) -> Learned:
        if action != EVENT:
            return Learned()
        info, cost = answer.idTokenInfo, answer.totalCost
        text = answer.updatedPersonalMessage
        limits = getattr(answer, "transactionLimit", UNSET)  # 2.1 [E16]
        return Learned(
            limits=None if limits is UNSET else to_builtins(limits, enc_hook=float),
            verdict=None if info is UNSET else _verdict(info),
            cost=None if cost is UNSET else cost,
            text="" if text is UNSET else text.content,
        )

    def boot(self, identity: Identity, reason: str) -> Request:
        station = {
            "vendorName": identity.vendor,
            "model": identity.model,
            **_given("serialNumber", identity.serial or None),
            **_given("firmwareVersion", identity.firmware or None),
        }
        return "BootNotification", {"reason": reason, "chargingStation": station}

    def state(self, view: ConnectorView) -> str:
        return view.state.value

    def whole(self, views: Sequence[ConnectorView]) -> None:
        """Each connector speaks for itself."""

    def status(self, evse: int, connector: int, state: str, timestamp: str) -> Request:
        return "StatusNotification", {
            "timestamp": timestamp,
            "connectorStatus": state,
            "evseId": evse,
            "connectorId": connector,
        }

    def values(self, evse: int, reading: Reading, timed: Timed) -> Request:
        return "MeterValues", {"evseId": evse, "meterValue": [meter_value(reading, timed)]}

    def authorize(self, token: Token, contract: Contract | None = None) -> Request:
        return "Authorize", authorization(token, contract)

    def verdict(self, answer: Message) -> Verdict:
        return authorized(answer)

    def remote_start(self, message: Message) -> RemoteStart:
        group = message.groupIdToken
        token = Token(
            message.idToken.idToken,
            message.idToken.type,
            group.idToken if group is not UNSET else None,
        )
        evse = message.evseId if message.evseId is not UNSET else None
        return RemoteStart(token, evse, message.remoteStartId)

    def remote_stop(self, message: Message) -> RemoteStop:
        return RemoteStop(transaction=message.transactionId)


class V21(V2):
    """The translator of 2.1."""

    def event(self, row: Row, timed: Timed) -> Request:
        action, told = super().event(row, timed)
        event, fields = row.event, dict(told)
        fields["triggerReason"] = event.trigger.value
        info = {
            **fields["transactionInfo"],
            **_given("stoppedReason", event.stop and event.stop.value),
            **_given("tariffId", event.tariff or None),
            **_given("operationMode", event.mode or None),
            **_given("transactionLimit", event.limits and _limits(event.limits)),
        }
        fields["transactionInfo"] = info
        if event.asleep:
            fields["evseSleep"] = True  # [Q10.FR.04]
        if event.token is not None and event.token.evccid:
            fields["idToken"] = {**fields["idToken"], **_vehicle(event.token)}
        if event.cost is not None:
            fields["costDetails"] = _cost(event.cost, timed)
        return action, fields


def _cost(cost: CostRecord, timed: Timed) -> Fields:
    periods = [
        {
            "startPeriod": timed(each.at),
            "tariffId": each.tariff,
            "dimensions": [{"type": name, "volume": volume} for name, volume in each.used],
        }
        for each in cost.periods
    ]
    return {**cost.wire, **_given("chargingPeriods", periods or None)}


def _limits(limits: Mapping[str, float]) -> Fields:
    """Seconds and per cent are whole numbers."""
    whole = {"maxTime", "maxSoC"}
    return {name: int(value) if name in whole else value for name, value in limits.items()}


def _vehicle(token: Token) -> Fields:
    """[Q01.FR.02]."""
    return {"additionalInfo": [{"additionalIdToken": token.evccid, "type": "EVCCID"}]}


def authorization(token: Token, contract: Contract | None) -> Fields:
    shown = {} if contract is None else contract.wire()
    return {"idToken": id_token(token), **shown}


def authorized(answer: Message) -> Verdict:
    """What Authorize was answered; of the chain apart from the token [C07.FR.04]."""
    certificate = answer.certificateStatus
    verdict = _verdict(answer.idTokenInfo)
    transfers = getattr(answer, "allowedEnergyTransfer", UNSET)  # 2.1 [Q01]
    if transfers is not UNSET:
        verdict = replace(verdict, transfers=tuple(transfers))
    tariff = getattr(answer, "tariff", UNSET)  # 2.1 [I08]
    if tariff is not UNSET:
        verdict = replace(verdict, tariff=to_builtins(tariff))
    return verdict if certificate is UNSET else replace(verdict, certificate=certificate)


def id_token(token: Token) -> Fields:
    return {"idToken": token.id, "type": token.kind}


def meter_value(reading: Reading, timed: Timed) -> Fields:
    return {
        "timestamp": timed(reading.at),
        "sampledValue": [_sampled(sample) for sample in reading.samples],
    }


def _info(event: TxEvent) -> Fields:
    return {
        "transactionId": event.transaction,
        **_given("chargingState", event.charging and event.charging.value),
        **_given("stoppedReason", event.stop and _STOPS_21.get(event.stop, event.stop).value),
        **_given("remoteStartId", event.remote_start),
    }


def _sampled(sample: Sample) -> Fields:
    fields: Fields = {
        "value": sample.value,
        "measurand": sample.measurand,
        "context": sample.context.value,
        "unitOfMeasure": {"unit": sample.unit},
        **_given("phase", sample.phase),
    }
    signed = sample.signed
    if signed is not None:
        fields["signedMeterValue"] = {
            "signedMeterData": signed.data,
            "signingMethod": signed.method,
            "encodingMethod": signed.encoding,
            "publicKey": signed.public_key,
        }
    return fields


def _verdict(info: Message) -> Verdict:
    group = info.groupIdToken.idToken if info.groupIdToken is not UNSET else None
    until, text = info.cacheExpiryDateTime, info.personalMessage
    return Verdict(
        Standing(info.status),
        group or None,
        until.timestamp() if until is not UNSET else None,
        "" if text is UNSET else text.content,
        evses=() if info.evseId is UNSET else tuple(info.evseId),
    )


def _given(name: str, value: object) -> Mapping[str, object]:
    """The field if there is a value: empty ones are left out."""
    return {} if value is None else {name: value}
