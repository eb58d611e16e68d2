"""Certificate messages that somebody behind the north side answers.

The vehicle's request goes north as it came, octet for octet; the response that comes back is read
only to see that it is the one that is due.  It leaves octet for octet if its header names this
session, else under the session's own header.  One request at a time, and never one that the
vehicle no longer waits for.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bsw import exi
from bsw.chrgm.coding import dialect
from bsw.chrgm.later import Later
from bsw.chrgm.messages.kinds import MessageError
from bsw.chrgm.record import Heard, Said
from bsw.dlt import Logger
from bsw.north.command import refused
from bsw.v2gtp import PayloadType
from secc.api.charger import Charger
from secc.api.literals import CertificateAction, CertificateExchangeStatus
from secc.api.objects import CertificateRequest, CertificateResponse

COMMAND: Final = "set_get_certificate_response"
EXI: Final = "certificate_response.exi_response"
_KINDS: Final = {
    CertificateAction.INSTALL: "CertificateInstallationRes",
    CertificateAction.UPDATE: "CertificateUpdateRes",
}
Refusal = Callable[[], Said]


@dataclass(frozen=True, slots=True)
class Form:
    """The messages of one edition: their schema, their bound in base 64, and how they are read.

    What is longer than ``longest`` would not arrive.
    """

    schema: str
    longest: int
    read: Callable[[bytes], Heard]


ISO2: Final = Form(
    "urn:iso:15118:2:2013:MsgDef",
    5_600,
    lambda octets: dialect.iso2().decode(PayloadType.EXI, octets),
)
ISO20: Final = Form(
    "urn:iso:std:iso:15118:-20:CommonMessages",
    11_000,
    lambda octets: dialect.iso20({PayloadType.MAIN}).decode(PayloadType.MAIN, octets),
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a vehicle of ISO 15118-20 says of the contracts it would like."""

    most: int | None = None
    emaids: Sequence[str] | None = None


class Exchange:
    """``ask`` publishes a request and promises the response; ``no`` makes a refusal of it."""

    def __init__(self, charger: Charger, log: Logger) -> None:
        self._charger = charger
        self._log = log
        self._pending: tuple[CertificateAction, Later[Said], Refusal, Form] | None = None
        charger.asks_contracts(self)

    def ask(
        self,
        action: CertificateAction,
        heard: Heard,
        no: Refusal,
        form: Form = ISO2,
        wishes: Wishes | None = None,
    ) -> Later[Said]:
        promise: Later[Said] = Later()
        wishes = wishes or Wishes()
        coded = b64encode(heard.octets).decode("ascii")
        if len(coded) > form.longest:
            self._log.warning("no contract asked for", why="the request is too long")
            promise.resolve(no())
            return promise
        self._pending = (action, promise, no, form)
        self._charger.variables.publish(
            "iso15118_certificate_request",
            CertificateRequest(
                exi_request=coded,
                iso15118_schema_version=form.schema,
                certificate_action=action,
                maximum_contract_certificate_chains=wishes.most,
                prioritized_emaids=None if wishes.emaids is None else list(wishes.emaids),
            ),
        )
        return promise

    def answered(self, response: CertificateResponse) -> None:
        if self._pending is None or self._pending[1].dropped:
            remedy = "no vehicle waits for it; answer iso15118_certificate_request within 4 s"
            raise refused(COMMAND, "certificate_response", remedy)
        action, promise, no, form = self._pending
        if response.certificate_action is not action:
            field, remedy = "certificate_response.certificate_action", f"{action} was asked for"
            raise refused(COMMAND, field, remedy)
        if response.status is CertificateExchangeStatus.ACCEPTED:
            said = _read(action, response.exi_response or "", form)
        else:
            self._log.warning("no contract delivered", why="the north side answered Failed")
            said = no()
        self._pending = None
        promise.resolve(said)


def _read(action: CertificateAction, coded: str, form: Form) -> Said:
    heard = _decoded(coded, form)
    kind = type(heard.body).__name__
    if kind != _KINDS[action]:
        raise refused(COMMAND, EXI, f"is a {kind}, {_KINDS[action]} is due")
    return Said(heard.body, heard.signature)


def _decoded(coded: str, form: Form) -> Heard:
    try:
        octets = b64decode(coded, validate=True)
        if not octets:
            raise refused(COMMAND, EXI, "is needed with status Accepted")
        return form.read(octets)
    except binascii.Error:
        raise refused(COMMAND, EXI, "is base 64 of a whole EXI message") from None
    except (exi.DecodeError, MessageError) as error:
        raise refused(COMMAND, EXI, f"cannot be read: {str(error)[:100]}") from None
