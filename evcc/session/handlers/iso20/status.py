"""EVSEStatus of ISO 15118-20: what the station asks for in a loop, and what follows from it.

A notification stands until it was done; how soon it has to be done stands beside it.
"""

from typing import Final

from bsw.chrgm.agreement import Payment
from bsw.chrgm.endings import Ending
from bsw.chrgm.messages.iso20.common_types import EVSEStatus, MeterInfo
from evcc.plug.wear import Renegotiations
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.choice import Choosing

NOTHING: Final = "None"
OTHER_SERVICE: Final = "ServiceRenegotiation"


class Notifications:
    def __init__(self, context: VehicleContext, choosing: Choosing) -> None:
        self._context = context
        self._choosing = choosing
        self._renegotiations = Renegotiations(context.worn, context.scheduler)
        self.meter: MeterInfo | None = None  # what came with the last notification

    def see(self, status: EVSEStatus | None, meter: MeterInfo | None = None) -> None:
        """Another service is no way where the station said that it cannot renegotiate."""
        self.meter = meter
        said = NOTHING if status is None else status.evse_notification.value
        if said == OTHER_SERVICE and not self._choosing.renegotiable:
            said = NOTHING
        delay = 0 if status is None else status.notification_max_delay
        self._context.note(notification=said, notification_delay=delay)
        if said == "Pause":
            self._context.sent_away = True

    @property
    def leaves(self) -> bool:
        """The energy has to end for what the station asks."""
        return self._context.view.notification in {"Terminate", "Pause"} or self.other_service

    @property
    def other_service(self) -> bool:
        return self._context.view.notification == OTHER_SERVICE

    @property
    def leaves_standby(self) -> bool:
        return self._context.view.notification == "ExitStandby"

    @property
    def wants_schedule(self) -> bool:
        """Whoever asks: not too soon, and not for ever."""
        context = self._context
        told = context.view.notification == "ScheduleRenegotiation"
        if not (told or context.asked.renegotiation.asked) or not self._renegotiations.due:
            return False
        why, fault = self._renegotiations.refused()
        if fault:
            context.stop(Ending.TOO_OFTEN, why, fault)
        return not fault

    def schedule_done(self) -> None:
        self._renegotiations.done()
        self._context.asked.renegotiation.done()

    @property
    def wants_confirmation(self) -> bool:
        """Only a contract can sign a meter reading, and only one that is shown [V2G20-1083]."""
        told = self._context.view.notification == "MeteringConfirmation"
        signs = self._context.record.agreed.payment is Payment.CONTRACT
        return told and signs and self.meter is not None
