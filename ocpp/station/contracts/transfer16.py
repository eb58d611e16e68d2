"""Messages about contracts in 1.6: those of 2.0.1 as text inside DataTransfer.

The form is that of the Open Charge Alliance's paper about ISO 15118 with OCPP 1.6.  Packing and
unpacking are pure; the block answers what the back end sends so.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import UNSET

from ocpp.catalogue import Catalogue, Message, Refused
from ocpp.folder import Kind
from ocpp.station.contracts.shown import VEHICLES
from ocpp.station.desk import ONLY_16, Desk, Objection, Pending, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.provisioning.model import Model
from ocpp.versions import Version

VENDOR: Final = "org.openchargealliance.iso15118pnc"
SERVED: Final = frozenset(
    {
        "CertificateSigned",
        "DeleteCertificate",
        "GetInstalledCertificateIds",
        "InstallCertificate",
        "TriggerMessage",
    }
)
TRIGGERS: Final = frozenset({"SignV2GCertificate"})
"""What may be asked for in this way; everything else has a message of 1.6."""
_MESSAGES: Final = Catalogue(Version.V201)


def enabled(model: Model) -> bool:
    """Whether a back end of 1.6 may be expected to know this form."""
    return model.flag(VEHICLES, "PnCEnabled")


def packed(action: str, fields: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The call of 1.6 that carries this one of 2.0.1; raises ``Refused``."""
    data = _MESSAGES.encode(action, Kind.REQUEST, fields).decode()
    return "DataTransfer", {"vendorId": VENDOR, "messageId": action, "data": data}


def unpacked(action: str, answer: Message | None) -> Message | None:
    """The answer of 2.0.1 inside one of 1.6; ``None`` if there is none that can be read."""
    if answer is None or answer.status != "Accepted" or not isinstance(answer.data, str):
        return None
    try:
        return _MESSAGES.decode(action, Kind.RESPONSE, answer.data.encode()).message
    except Refused:
        return None


class Transfers:
    """The block."""

    def __init__(self, desk: Desk, ground: Ground) -> None:
        self._desk = desk
        self._ground = ground
        desk.take({"DataTransfer": self._transfer}, versions=ONLY_16)

    def _transfer(self, message: Message) -> Reply:
        if message.vendorId != VENDOR or not enabled(self._ground.model):
            return Reply(status("UnknownVendorId"))
        action = message.messageId
        if action is UNSET or action not in SERVED:
            return Reply(status("UnknownMessageId"))
        try:
            read = _MESSAGES.decode(action, Kind.REQUEST, str(message.data).encode())
            return self._served(action, read.message)
        except (Refused, Objection) as error:
            self._ground.log.warning("transfer refused", action=action, why=str(error))
            return Reply(status("Rejected"))

    def _served(self, action: str, message: Message) -> Reply:
        if action == "TriggerMessage" and message.requestedMessage not in TRIGGERS:
            return _answered(action, Reply(status("NotImplemented")))
        reply = self._desk.serve(Version.V201, action, message)
        assert not isinstance(reply, Pending), "none of these is answered later"
        return _answered(action, reply)


def _answered(action: str, reply: Reply) -> Reply:
    data = _MESSAGES.encode(action, Kind.RESPONSE, reply.fields).decode()
    return Reply({"status": "Accepted", "data": data}, reply.then)
