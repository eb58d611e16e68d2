"""What a back end of 1.6 sends about contracts inside DataTransfer, served as in 2.0.1."""

from typing import Final

from msgspec import UNSET

from ocpp.catalogue import Message, Refused
from ocpp.station.contracts.shown import VEHICLES
from ocpp.station.desk import ONLY_16, Desk, Objection, Pending, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.provisioning.model import Model
from ocpp.transfer16 import CARRIER, VENDOR, answer_with, request_in
from ocpp.versions import Version

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


def enabled(model: Model) -> bool:
    """Whether a back end of 1.6 may be expected to know this form."""
    return model.flag(VEHICLES, "PnCEnabled")


class Transfers:
    """The block."""

    def __init__(self, desk: Desk, ground: Ground) -> None:
        self._desk = desk
        self._ground = ground
        desk.take({CARRIER: self._transfer}, versions=ONLY_16)

    def _transfer(self, message: Message) -> Reply:
        if message.vendorId != VENDOR or not enabled(self._ground.model):
            return Reply(status("UnknownVendorId"))
        action = message.messageId
        if action is UNSET or action not in SERVED:
            return Reply(status("UnknownMessageId"))
        try:
            return self._served(action, request_in(action, message.data))
        except (Refused, Objection) as error:
            self._ground.log.warning("transfer refused", action=action, why=str(error))
            return Reply(status("Rejected"))

    def _served(self, action: str, message: Message) -> Reply:
        if action == "TriggerMessage" and message.requestedMessage not in TRIGGERS:
            return Reply(answer_with(action, status("NotImplemented")))
        reply = self._desk.serve(Version.V201, action, message)
        assert not isinstance(reply, Pending), "none of these is answered later"
        return Reply(answer_with(action, reply.fields), reply.then)
