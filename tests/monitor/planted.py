"""Good conversations of every protocol, and one violation planted into each copy of one.

A conversation is a list of events as the decoder tells them; a plant changes it as a faulty
vehicle or station, or a faulty line, would have.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bsw.chrgm.messages import iso2
from bsw.os.clock import MS, S
from tests.capture.makers import connection, framed, pcapng_of
from tests.peers.recordings import everything
from tools.bench.scenarios.find import read
from tools.bench.scenarios.player import Player
from tools.capture.events import Event, Layer
from tools.capture.sources import events
from tools.capture.v2g import Place, V2gReader

Talk = list[Event]
Change = Callable[[Talk], Talk]
RECORDED = {"din": "DIN DC EIM", "dc": "-2 DC EIM", "ac": "-2 AC EIM"}
PLAYED = {"contract": "ac-contract", "iso20": "iso20-dc", "iso20-contract": "iso20-dc-contract"}
KINDS = (*RECORDED, "installation", *PLAYED)


def good(kind: str, folder: Path) -> Talk:
    """From recordings with a foreign package, or from captures of whole simulated charges."""
    if kind in PLAYED:
        player = Player(read(PLAYED[kind]), record=folder)
        player.play()
        player.close()
        return list(events(folder / "run.pcapng"))
    case = RECORDED.get(kind, "-2 DC PnC TLS installation")
    path = folder / "recorded.pcapng"
    found = next(one for one in everything() if one.case == case and one.ours == "station")
    path.write_bytes(pcapng_of(connection(framed(found))))
    return list(events(path))


def place(talk: Talk, name: str, number: int = 0) -> int:
    found = [at for at, event in enumerate(talk) if event.name == name]
    assert found, f"no {name} in {sorted({event.name for event in talk})}"
    return found[number]


# What can go wrong


def missing(*names: str) -> Change:
    return lambda talk: [event for event in talk if event.name not in names]


def lacks(name: str, number: int = 0) -> Change:
    def change(talk: Talk) -> Talk:
        at = place(talk, name, number)
        return talk[:at] + talk[at + 1 :]

    return change


def twice(name: str, number: int = 0) -> Change:
    def change(talk: Talk) -> Talk:
        at = place(talk, name, number)
        return [*talk[: at + 1], talk[at], *talk[at + 1 :]]

    return change


def after(name: str, other: str, number: int = 0) -> Change:
    """``name`` comes only after ``other``."""

    def change(talk: Talk) -> Talk:
        moved = talk[place(talk, name, number)]
        rest = [event for event in talk if event is not moved]
        at = place(rest, other)
        return [*rest[: at + 1], replace(moved, when=rest[at].when), *rest[at + 1 :]]

    return change


def instead(name: str, of: str, number: int = 0) -> Change:
    """Another answer than the one that belongs there."""

    def change(talk: Talk) -> Talk:
        at = place(talk, of, number)
        other = talk[place(talk, name)]
        return [*talk[:at], replace(other, when=talk[at].when), *talk[at + 1 :]]

    return change


def late(name: str, by: int, number: int = 0) -> Change:
    def change(talk: Talk) -> Talk:
        at = place(talk, name, number)
        return talk[:at] + [replace(event, when=event.when + by) for event in talk[at:]]

    return change


def ends_with(name: str, number: int = 0) -> Change:
    """The connection closes after it."""

    def change(talk: Talk) -> Talk:
        at = place(talk, name, number)
        closed = [event for event in talk if event.name == "connection closed"]
        return [*talk[: at + 1], *closed]

    return change


def fields(name: str, number: int = 0, **changes: object) -> Change:
    """Of a frame that is no V2G message."""

    def change(talk: Talk) -> Talk:
        at = place(talk, name, number)
        event = talk[at]
        return [*talk[:at], replace(event, fields=event.fields | changes), *talk[at + 1 :]]

    return change


def says(name: str, number: int = 0, **changes: object) -> Change:
    """``a__b=value`` is inside; a function makes the new value from the old one."""

    def change(talk: Talk) -> Talk:
        at = place(talk, name, number)
        message: Any = talk[at].message
        body = getattr(message, "body", message)
        for path, value in changes.items():
            body = _with(body, path.split("__"), value)
        told = message.replace(body=body) if hasattr(message, "body") else body
        return [*talk[:at], replace(talk[at], message=told), *talk[at + 1 :]]

    return change


def _with(part: Any, path: list[str], value: object) -> Any:  # noqa: ANN401 - of any message
    first, *rest = path
    old = getattr(part, first)
    if rest:
        return part.replace(**{first: _with(old, rest, value)})
    return part.replace(**{first: value(old) if callable(value) else value})


def header(name: str, number: int = 0, **changes: object) -> Change:
    def change(talk: Talk) -> Talk:
        at = place(talk, name, number)
        message: Any = talk[at].message
        told = message.replace(header=message.header.replace(**changes))
        return [*talk[:at], replace(talk[at], message=told), *talk[at + 1 :]]

    return change


def both(*changes: Change) -> Change:
    def change(talk: Talk) -> Talk:
        for one in changes:
            talk = one(talk)
        return talk

    return change


def volts(value: int, multiplier: int = 0) -> iso2.PhysicalValue:
    return iso2.PhysicalValue(multiplier=multiplier, unit=iso2.Unit.V, value=value)


def amps(value: int) -> iso2.PhysicalValue:
    return iso2.PhysicalValue(multiplier=0, unit=iso2.Unit.A, value=value)


@dataclass(frozen=True)
class Plant:
    name: str
    kind: str
    rule: str
    change: Change


def turned(octets: object) -> bytes:
    """One bit is another."""
    assert isinstance(octets, bytes)
    return octets[:-1] + bytes((octets[-1] ^ 1,))


def alert(name: str) -> Change:
    """TLS breaks off before this message."""

    def change(talk: Talk) -> Talk:
        at = place(talk, name)
        words = {"level": "fatal", "alert": "bad_record_mac"}
        told = replace(
            talk[at], layer=Layer.TLS, name="TLS alert", message=None, octets=b"", fields=words
        )
        return [*talk[:at], told, *talk[at:]]

    return change


def unreadable(name: str) -> Change:
    """Its octets end too early; told as the decoder tells it."""

    def change(talk: Talk) -> Talk:
        at = place(talk, name)
        event = talk[at]
        reader = V2gReader(Place(connection=event.connection))
        cut = reader.message(event.when, event.payload_type, event.octets[:-3], upward=True)
        return [*talk[:at], cut, *talk[at + 1 :]]

    return change


METER = iso2.MeterInfo(meter_id="M1")
STATUS = "dc_evse_status"
OTHER = b"\x77" * 8
PLANTS = (
    # DIN 70121
    Plant("cable check left out", "din", "order", missing("CableCheckReq", "CableCheckRes")),
    Plant("an answer of another kind", "din", "order", instead("CableCheckRes", "PreChargeRes")),
    Plant("an answer twice", "din", "order", twice("ServiceDiscoveryRes")),
    Plant("current demand late", "din", "answer", late("CurrentDemandRes", 400 * MS, 3)),
    Plant("silence of a minute", "din", "next request", late("PreChargeReq", 61 * S)),
    Plant("energy after 150 s", "din", "ready to charge",
          both(late("CableCheckReq", 50 * S), late("PreChargeReq", 55 * S),
               late("PowerDeliveryReq", 55 * S))),
    Plant("another session", "din", "session id", header("PreChargeReq", session_id=OTHER)),
    Plant("closed in the loop", "din", "end", ends_with("CurrentDemandRes")),
    # ISO 15118-2, DC
    Plant("no session set-up", "dc", "order", missing("SessionSetupReq", "SessionSetupRes")),
    Plant("power before pre-charge", "dc", "order", missing("PreChargeReq", "PreChargeRes")),
    Plant("a request before the answer", "dc", "order", lacks("AuthorizationRes")),
    Plant("a message after the end", "dc", "order", after("CurrentDemandReq", "SessionStopRes")),
    Plant("cable check without end", "dc", "ongoing", late("CableCheckRes", 41 * S)),
    Plant("pre-charge of 8 s", "dc", "ongoing", late("PreChargeRes", 8 * S)),
    Plant("authorization late", "dc", "answer", late("AuthorizationRes", 2_500 * MS)),
    Plant("handshake late", "dc", "answer", late("SupportedAppProtocolRes", 3 * S)),
    Plant("33 kV", "dc", "value", says("CurrentDemandRes", 2, evse_present_voltage=volts(32_767))),
    Plant("amperes of volts", "dc", "value", says("PreChargeRes", evse_present_voltage=amps(400))),
    Plant("more volts than there are", "dc", "limit",
          says("CurrentDemandReq", 2, ev_target_voltage=volts(1_200))),
    Plant("more amperes than there are", "dc", "limit",
          says("CurrentDemandReq", 2, ev_target_current=amps(900))),
    Plant("more amperes than asked for", "dc", "limit",
          says("CurrentDemandRes", 4, evse_present_current=amps(700))),
    Plant("contactors at 150 V", "dc", "limit",
          says("PreChargeRes", -1, evse_present_voltage=volts(150))),
    Plant("refused", "dc", "response code",
          says("ChargeParameterDiscoveryRes", response_code=iso2.ResponseCode.FAILED)),
    Plant("a code of the set-up later", "dc", "response code",
          says("PreChargeRes", response_code=iso2.ResponseCode.OK_NEW_SESSION_ESTABLISHED)),
    Plant("a session without id", "dc", "session id",
          header("SessionSetupRes", session_id=bytes(8))),
    Plant("payment nobody offered", "dc", "offer",
          says("PaymentServiceSelectionReq", selected_payment_option=iso2.PaymentOption.CONTRACT)),
    Plant("a schedule nobody offered", "dc", "offer",
          says("PowerDeliveryReq", sa_schedule_tuple_id=99)),
    Plant("a protocol nobody offered", "dc", "offer",
          says("SupportedAppProtocolRes", schema_id=77)),
    Plant("goes on although told to stop", "dc", "notification",
          both(says("CurrentDemandRes", 2, **{
                   f"{STATUS}__evse_notification": iso2.EVSENotification.STOP_CHARGING,
                   f"{STATUS}__notification_max_delay": 0}),
               *(says("CurrentDemandRes", number, **{
                   f"{STATUS}__evse_notification": iso2.EVSENotification.STOP_CHARGING})
                 for number in (3, 4)),
               late("CurrentDemandReq", 12 * S, 4))),
    Plant("a meter that runs backwards", "dc", "meter",
          both(says("CurrentDemandRes", 1, meter_info=METER.replace(meter_reading=1_000)),
               says("CurrentDemandRes", 2, meter_info=METER.replace(meter_reading=900)))),
    Plant("octets that are no message", "dc", "reading", unreadable("PreChargeReq")),
    # ISO 15118-2, AC
    Plant("status before power", "ac", "order", after("PowerDeliveryReq", "ChargingStatusReq")),
    Plant("transfer nobody offered", "ac", "offer",
          says("ChargeParameterDiscoveryReq",
               requested_energy_transfer_mode=iso2.EnergyTransferMode.DC_UNIQUE)),
    Plant("closed while an answer is owed", "ac", "end", ends_with("ChargingStatusReq")),
    Plant("3000 kV", "ac", "value",
          says("ChargingStatusRes", evse_max_current=amps(32_000))),
    # Plug & Charge
    Plant("an installation not signed", "installation", "signature",
          header("CertificateInstallationReq", signature=None)),
    Plant("an installation of another vehicle", "installation", "signature",
          says("CertificateInstallationReq", oem_provisioning_cert=turned)),
    Plant("a contract changed on its way", "installation", "signature",
          says("CertificateInstallationRes", dhpublickey__value=bytes(65))),
    Plant("another challenge", "installation", "signature",
          says("AuthorizationReq", gen_challenge=bytes(16))),
    Plant("an authorization not signed", "contract", "signature",
          header("AuthorizationReq", signature=None)),
    # ISO 15118-20
    Plant("pre-charge without check", "iso20", "order",
          missing("DC_CableCheckReq", "DC_CableCheckRes")),
    Plant("services before authorization", "iso20", "order",
          missing("AuthorizationReq", "AuthorizationRes")),
    Plant("a loop answer late", "iso20", "answer", late("DC_ChargeLoopRes", 700 * MS, 5)),
    Plant("a loop request late", "iso20", "next request", late("DC_ChargeLoopReq", 2 * S, 5)),
    Plant("a service nobody offered", "iso20", "offer",
          says("ServiceSelectionReq", selected_energy_transfer_service__service_id=4_711)),
    Plant("a parameter set nobody offered", "iso20", "offer",
          says("ServiceSelectionReq", selected_energy_transfer_service__parameter_set_id=4_711)),
    Plant("a clock that runs backwards", "iso20", "time",
          header("DC_ChargeLoopRes", 9, time_stamp=1_600_000_000)),
    Plant("another session in the loop", "iso20", "session id",
          header("DC_ChargeLoopReq", 9, session_id=OTHER)),
    Plant("another challenge of -20", "iso20-contract", "signature",
          says("AuthorizationReq", pnc_a_req_authorization_mode__gen_challenge=bytes(16))),
    # Matching, discovery, TLS
    Plant("matching without sounds", "contract", "order", missing("CM_MNBC_SOUND.IND")),
    Plant("sounds out of nowhere", "contract", "order", missing("CM_START_ATTEN_CHAR.IND")),
    Plant("a match nobody asked for", "contract", "order", missing("CM_SLAC_MATCH.REQ")),
    Plant("a sound is missing", "contract", "order", lacks("CM_MNBC_SOUND.IND", 4)),
    Plant("matching parameters late", "contract", "answer", late("CM_SLAC_PARM.CNF", 300 * MS)),
    Plant("attenuation refused", "contract", "value", fields("CM_ATTEN_CHAR.RSP", result=1)),
    Plant("another run", "contract", "order", fields("CM_SLAC_MATCH.REQ", run_id=OTHER)),
    Plant("matched with another", "contract", "value",
          fields("CM_SLAC_MATCH.CNF", pev_mac=b"\2\0\0\0\7\7")),
    Plant("discovery answered late", "contract", "answer", late("SDP response", 400 * MS)),
    Plant("discovery in haste", "contract", "interval", twice("SDP request")),
    Plant("another port", "contract", "order", fields("SDP response", port=4_711)),
    Plant("plain text was announced", "contract", "security", fields("SDP response", security=16)),
    Plant("a fatal alert", "contract", "tls", alert("SessionSetupReq")),
    Plant("certificates of next year", "contract", "certificate",
          lambda talk: [replace(event, when=event.when + 40_000_000 * S) for event in talk]),
)  # fmt: skip
