"""Whether each request gets its answer, as anybody on the line can tell.

A vehicle gives up before long, so what counts is what a station still owed as its session ended.
"""

from typing import Final

from bsw.os.clock import MS
from bsw.trace import Trace, TraceRecord

AT_ONCE: Final = frozenset({"CurrentDemandReq", "DC_ChargeLoopReq", "AC_ChargeLoopReq"})
LATER: Final = frozenset({"PowerDeliveryReq", "CertificateInstallationReq", "CertificateUpdateReq"})


def allowed(name: str) -> int:
    """What a station may take: a little less than what the vehicle waits by the letter."""
    if name in AT_ONCE:
        return 200 * MS
    return 4_500 * MS if name in LATER else 1_500 * MS


class Asked:
    """``owed``: a session has ended at the station, and a request was open for too long."""

    def __init__(self, trace: Trace) -> None:
        self.owed = False
        self._open: tuple[str, int] | None = None
        trace.add_sink(self)

    def write(self, record: TraceRecord) -> None:
        if record.kind == "message":
            name = str(record.fields["name"])
            asks = record.fields.get("way") == "in" and name.endswith("Req")
            self._open = (name, record.time) if asks else None
        elif record.kind == "session-end" and self._open is not None:
            name, since = self._open
            self.owed = self.owed or record.time - since >= allowed(name)
            self._open = None
