"""The diagnostic server: one request in, at most one response out.

Owns the session timer, the suppression of responses, and the refusals that every service shares.
How octets get here - ISO-TP on CAN, DoIP - is the transport's affair.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bsw.dcm.codes import (
    NEGATIVE,
    POSITIVE,
    QUIET_WHEN_FUNCTIONAL,
    SUPPRESS,
    Refusal,
    Refused,
    Service,
    Session,
)
from bsw.dcm.context import Context
from bsw.dcm.services import data, session, trouble
from bsw.dcm.services.security import SecurityAccess
from bsw.dlt import Logger
from bsw.os.clock import Action, S

S3: Final = 5 * S
"""Without a request for so long the default session comes back."""
LONGEST: Final = 4_095

Plain = Callable[[Context, bytes], bytes]
WithSub = Callable[[Context, int, bytes], bytes]


@dataclass(frozen=True, slots=True)
class _Entry:
    plain: Plain | None = None
    with_sub: WithSub | None = None


class Server:
    """``asked`` hears of each request, and when a session ends by itself."""

    def __init__(self, context: Context, log: Logger, asked: Action) -> None:
        self.context = context
        self._asked = asked
        self._log = log
        self._s3 = context.scheduler.alarm(self._session_over, name="S3")
        self._services = {
            Service.SESSION_CONTROL: _Entry(with_sub=session.session_control),
            Service.ECU_RESET: _Entry(with_sub=session.ecu_reset),
            Service.TESTER_PRESENT: _Entry(with_sub=session.tester_present),
            Service.COMMUNICATION_CONTROL: _Entry(with_sub=session.communication_control),
            Service.SECURITY_ACCESS: _Entry(with_sub=SecurityAccess(context)),
            Service.READ_DATA: _Entry(plain=data.read_data),
            Service.WRITE_DATA: _Entry(plain=data.write_data),
            Service.ROUTINE_CONTROL: _Entry(with_sub=data.routine_control),
            Service.CLEAR_DTC: _Entry(plain=trouble.clear),
            Service.READ_DTC: _Entry(with_sub=trouble.read),
            Service.CONTROL_DTC_SETTING: _Entry(with_sub=trouble.control_setting),
        }

    def handle(self, request: bytes, *, functional: bool = False) -> bytes | None:
        """The response, or ``None`` where none is due.  Call ``sent`` when it has left."""
        if not request:
            return None
        number = request[0]
        try:
            response = self._dispatch(number, request[1:])
        except Refused as refused:
            self._keep_session()
            if functional and refused.code in QUIET_WHEN_FUNCTIONAL:
                return None
            return bytes([NEGATIVE, number, refused.code])
        self._keep_session()
        return response

    def sent(self) -> None:
        """The response has left: do what had to wait for it, such as a reset."""
        actions, self.context.after_response = self.context.after_response, []
        for action in actions:
            action()

    def _dispatch(self, number: int, rest: bytes) -> bytes | None:
        entry = self._services.get(Service(number)) if number in _KNOWN else None
        if entry is None:
            raise Refused(Refusal.SERVICE_NOT_SUPPORTED)
        if entry.plain is not None:
            return self._fitting(bytes([number + POSITIVE]) + entry.plain(self.context, rest))
        assert entry.with_sub is not None
        if not rest:
            raise Refused(Refusal.INCORRECT_LENGTH)
        sub = rest[0] & ~SUPPRESS
        answer = entry.with_sub(self.context, sub, rest[1:])
        if rest[0] & SUPPRESS:
            return None
        return self._fitting(bytes([number + POSITIVE, sub]) + answer)

    @staticmethod
    def _fitting(response: bytes) -> bytes:
        if len(response) > LONGEST:
            raise Refused(Refusal.RESPONSE_TOO_LONG)
        return response

    def _keep_session(self) -> None:
        if self.context.session is Session.DEFAULT:
            self._s3.cancel()
        else:
            self._s3.rearm(S3)
        self._asked()

    def _session_over(self) -> None:
        self._log.info("session over", session=self.context.session.name)
        session.session_control(self.context, Session.DEFAULT, b"")
        self._asked()


_KNOWN: Final = frozenset(int(service) for service in Service)
