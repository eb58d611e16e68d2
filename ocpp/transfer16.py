"""Messages of 2.0.1 inside 1.6's DataTransfer, as contracts need them; for both ends of the line.

The form is that of the Open Charge Alliance's paper about ISO 15118 with OCPP 1.6: the message is
a text in ``data``, and so is its answer.
"""

from collections.abc import Mapping
from typing import Final

from ocpp.catalogue import Catalogue, Message, Refused
from ocpp.folder import Kind
from ocpp.versions import Version

VENDOR: Final = "org.openchargealliance.iso15118pnc"
CARRIER: Final = "DataTransfer"
_MESSAGES: Final = Catalogue(Version.V201)


def packed(action: str, fields: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """The call of 1.6 that carries this one of 2.0.1; raises ``Refused``."""
    data = _MESSAGES.encode(action, Kind.REQUEST, fields).decode()
    return CARRIER, {"vendorId": VENDOR, "messageId": action, "data": data}


def request_in(action: str, data: object) -> Message:
    """The call of 2.0.1 that was carried; raises ``Refused``."""
    return _MESSAGES.decode(action, Kind.REQUEST, str(data).encode()).message


def answer_with(action: str, fields: Mapping[str, object]) -> dict[str, object]:
    """The answer of 1.6 that carries this one of 2.0.1; raises ``Refused``."""
    data = _MESSAGES.encode(action, Kind.RESPONSE, fields).decode()
    return {"status": "Accepted", "data": data}


def unpacked(action: str, answer: Message | None) -> Message | None:
    """The answer of 2.0.1 inside one of 1.6; ``None`` if there is none that can be read."""
    if answer is None or answer.status != "Accepted" or not isinstance(answer.data, str):
        return None
    try:
        return _MESSAGES.decode(action, Kind.RESPONSE, answer.data.encode()).message
    except Refused:
        return None
