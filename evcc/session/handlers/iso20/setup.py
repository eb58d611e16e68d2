"""ISO 15118-20 on the vehicle, SessionSetup: a new session, or the one that was paused."""

from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.iso20.selection import Selection, restored
from bsw.chrgm.iso20.words import header
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import ResponseCode
from bsw.chrgm.record import Heard, Said, same_session
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.joining import first, join

_ANSWERS = {ResponseCode.OK_NEW_SESSION_ESTABLISHED, ResponseCode.OK_OLD_SESSION_JOINED}


class Setup:
    def __init__(self, context: VehicleContext, choosing: Choosing) -> None:
        self._context = context
        self._choosing = choosing

    def ask_session_setup(self) -> Said:
        context = self._context
        return Said(
            common.SessionSetupReq(header=header(context.calendar.unix()), evccid=context.identity)
        )

    def hear_session_setup(self, heard: Heard) -> Next:
        context = self._context
        response: common.SessionSetupRes = heard.body
        if response.response_code not in _ANSWERS:
            code = response.response_code.value
            return context.end(Ending.SEQUENCE_ERROR, "SessionSetup", f"answered with {code}")
        context.note(
            evse_id=response.evseid,
            evse_time=response.header.time_stamp,
            session_id=heard.session_id.hex().upper(),
        )
        joined = response.response_code is ResponseCode.OK_OLD_SESSION_JOINED
        paused = context.memory.load()
        asked = context.record.resumed
        if not joined:
            context.record.resumed = None
            context.memory.forget()  # [V2G20-2615]
            context.told()
            return Go(first(context))
        if asked is None or paused is None or not same_session(asked, heard.session_id):
            return context.end(
                Ending.UNKNOWN_SESSION, "SessionSetup", "joined a session never asked for"
            )
        selection = restored(paused.selection)
        context.told()
        return self._resume(selection, paused.station)

    def _resume(self, selection: Selection | None, station: bytes) -> Next:
        """With the same station only [V2G20-2539], and at the service that was chosen."""
        context = self._context
        if selection is None or station != context.station_leaf:
            context.memory.forget()  # [V2G20-2613]
            return context.end(
                Ending.UNKNOWN_SESSION, "SessionSetup", "another station joins a session of ours"
            )
        self._choosing.selection = selection
        return Go(join(context, selection), when=context.limits_known)
