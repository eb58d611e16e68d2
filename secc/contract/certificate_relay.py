"""Certificate messages that somebody behind the north side answers.

The vehicle's request goes north as it came, octet for octet; the response that comes back is read
only to see that it is the one that is due, and leaves under the session's own header.  One request
at a time, and never one that the vehicle no longer waits for.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Final

from bsw import exi
from bsw.chrgm.dialect import iso2
from bsw.chrgm.later import Later
from bsw.chrgm.messages.kinds import MessageError
from bsw.chrgm.record import Heard, Said
from bsw.dlt import Logger
from bsw.north.command import refused
from secc.api.charger import Charger
from secc.api.literals import CertificateAction, CertificateExchangeStatus
from secc.api.objects import CertificateRequest, CertificateResponse

SCHEMA: Final = "urn:iso:15118:2:2013:MsgDef"
LONGEST: Final = 5_600
"""Characters of a request in base 64; what is longer would not arrive."""

COMMAND: Final = "set_get_certificate_response"
EXI: Final = "certificate_response.exi_response"
_KINDS: Final = {
    CertificateAction.INSTALL: "CertificateInstallationRes",
    CertificateAction.UPDATE: "CertificateUpdateRes",
}
Refusal = Callable[[], Said]


class Exchange:
    """``ask`` publishes a request and promises the response; ``no`` makes a refusal of it."""

    def __init__(self, charger: Charger, log: Logger) -> None:
        self._charger = charger
        self._log = log
        self._pending: tuple[CertificateAction, Later[Said], Refusal] | None = None
        charger.on_certificate = self._answered

    def ask(self, action: CertificateAction, heard: Heard, no: Refusal) -> Later[Said]:
        promise: Later[Said] = Later()
        coded = b64encode(heard.octets).decode("ascii")
        if len(coded) > LONGEST:
            self._log.warning("no contract asked for", why="the request is too long")
            promise.resolve(no())
            return promise
        self._pending = (action, promise, no)
        self._charger.variables.publish(
            "iso15118_certificate_request",
            CertificateRequest(
                exi_request=coded, iso15118_schema_version=SCHEMA, certificate_action=action
            ),
        )
        return promise

    def _answered(self, response: CertificateResponse) -> None:
        if self._pending is None or self._pending[1].dropped:
            remedy = "no vehicle waits for it; answer iso15118_certificate_request within 4 s"
            raise refused(COMMAND, "certificate_response", remedy)
        action, promise, no = self._pending
        if response.certificate_action is not action:
            field, remedy = "certificate_response.certificate_action", f"{action} was asked for"
            raise refused(COMMAND, field, remedy)
        if response.status is CertificateExchangeStatus.ACCEPTED:
            said = self._read(action, response.exi_response or "")
        else:
            self._log.warning("no contract delivered", why="the north side answered Failed")
            said = no()
        self._pending = None
        promise.resolve(said)

    def _read(self, action: CertificateAction, coded: str) -> Said:
        heard = _decoded(coded)
        kind = type(heard.body).__name__
        if kind != _KINDS[action]:
            raise refused(COMMAND, EXI, f"is a {kind}, {_KINDS[action]} is due")
        return Said(heard.body, heard.signature)


def _decoded(coded: str) -> Heard:
    try:
        octets = b64decode(coded, validate=True)
        if not octets:
            raise refused(COMMAND, EXI, "is needed with status Accepted")
        return iso2().decode(0, octets)
    except binascii.Error:
        raise refused(COMMAND, EXI, "is base 64 of a whole EXI message") from None
    except (exi.DecodeError, MessageError) as error:
        raise refused(COMMAND, EXI, f"cannot be read: {str(error)[:100]}") from None
