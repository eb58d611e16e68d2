"""Whether somebody pays, as anybody on the line can tell from what the station says.

A session is paid for when the station has confirmed its authorization; a session that is resumed
keeps what it was.  Charging by the duty cycle has no messages: there the station's record counts.
"""

from typing import Any, Final

from bsw import exi
from bsw.chrgm.protocols import PROTOCOLS
from bsw.trace import Trace, TraceRecord
from bsw.v2gtp import PayloadType
from tools.exi import schemas

CONFIRMS: Final = ("AuthorizationRes", "ContractAuthenticationRes")
OPENS: Final = "SessionSetupRes"
JOINED: Final = "OK_OldSessionJoined"
_BY_TITLE: Final = {one.title: one.name for one in PROTOCOLS}


class Paid:
    """``holds``: the session that runs now, or ran last, is paid for."""

    def __init__(self, trace: Trace) -> None:
        self.holds = False
        self._paid: set[bytes] = set()
        self._session = b""
        self._protocol = ""
        trace.add_sink(self)

    def write(self, record: TraceRecord) -> None:
        if record.kind == "basic charging":
            self.holds = bool(record.fields["granted"])
        if record.kind == "protocol":
            self._protocol = _BY_TITLE.get(str(record.fields.get("name")), "")
        if record.kind != "message" or record.fields.get("way") != "out":
            return
        name = str(record.fields["name"])
        if name == OPENS:
            said = self._decoded(record)
            self._session = said.header.session_id
            joined = _body(said).response_code.value == JOINED
            self.holds = joined and self._session in self._paid
        elif name in CONFIRMS and not self.holds:
            body = _body(self._decoded(record))
            done = body.evse_processing.value == "Finished"
            if done and body.response_code.value.startswith("OK"):
                self.holds = True
                self._paid.add(self._session)

    def _decoded(self, record: TraceRecord) -> Any:  # noqa: ANN401 - of any protocol
        octets: Any = record.fields["exi"]
        kind = PayloadType(int(str(record.fields["payload_type"])))
        known = schemas.BY_PAYLOAD_TYPE[kind]
        schema = self._protocol if self._protocol in known else known[0]
        return exi.codec(schema, exi.FIELD).decode(octets)


def _body(message: Any) -> Any:  # noqa: ANN401 - of any protocol
    return getattr(message, "body", message)
