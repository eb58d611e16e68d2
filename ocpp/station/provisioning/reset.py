"""Starting anew because the back end wants it: at once, or when nobody charges [B11 to B13].

The transactions that have to end are written before the station goes down.  Why it comes back is
remembered for the next BootNotification.
"""

from collections.abc import Callable
from typing import Final

from msgspec import UNSET

from bsw.os.clock import S
from ocpp.catalogue import Message
from ocpp.station.desk import ACCEPTED, ONLY_16, REJECTED, Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.ledger import Ledger
from ocpp.station.outlets.places import Place
from ocpp.station.outlets.resumption import Resumption
from ocpp.station.records import Stop

KEPT: Final = "boot.reason"
RESUMING: Final = "ImmediateAndResume"
LOOK_EACH: Final = S // 10
REST_WITHIN: Final = 20 * S
"""How long what flows may take to come to rest, before its transaction ends all the same."""
TELL_WITHIN: Final = 10 * S
"""How long the ends of transactions may take to reach the back end; then after the restart."""
AGAIN_AFTER: Final = 10 * S


class Reset:
    """The block.  ``end`` ends what runs at an outlet, ``busy`` says why it cannot be done now."""

    def __init__(
        self,
        desk: Desk,
        ground: Ground,
        ledger: Ledger,
        resumption: Resumption,
        *,
        end: Callable[[Place, Stop], None],
        busy: Callable[[], bool],
    ) -> None:
        self._ground = ground
        self._ledger = ledger
        self._resumption = resumption
        self._end = end
        self._busy = busy
        self._idle_for: int | None = None  # 0 is the station
        self._tries = 0
        self._until = 0
        self._rest = ground.scheduler.alarm(self._wait, name="ocpp.reset.rest")
        self._alarm = ground.scheduler.alarm(self._look, name="ocpp.reset")
        self._retry = ground.scheduler.alarm(self._restart, name="ocpp.reset.again")
        desk.take({"Reset": self._reset_2})
        desk.take({"Reset": self._reset_16}, versions=ONLY_16)

    @property
    def reason(self) -> str:
        """Why the station starts, if the back end had it started."""
        return self._ground.memory.read(KEPT, str, "")

    def forget(self) -> None:
        """It was told."""
        self._ground.memory.forget(KEPT)

    def ended(self) -> None:
        """A transaction is over: perhaps it was the last one waited for [B12.FR.01]."""
        if self._idle_for is not None and not self._running(self._idle_for):
            evse, self._idle_for = self._idle_for, None
            self._go(evse, "ScheduledReset")

    def again(self, reason: str) -> None:
        """Another block needs a restart."""
        self._go(0, reason)

    def _reset_2(self, message: Message) -> Reply:
        evse = 0 if message.evseId is UNSET else message.evseId
        if evse and evse not in self._ground.places:
            return Reply(status("Rejected", "UnknownEvse"))
        if message.type == RESUMING:
            return self._reset_and_resume(evse)
        return self._reset(evse, at_once=message.type != "OnIdle", stop=Stop.IMMEDIATE_RESET)

    def _reset_and_resume(self, evse: int) -> Reply:
        """[B13.FR.01 to FR.04]."""
        if self._busy():
            return Reply(REJECTED)
        if not self._resumption.timeout:
            return Reply(status("Rejected", "NotEnabled", "TxCtrlr.ResumptionTimeout is 0"))

        def then() -> None:
            scope = [each for each in self._scope(evse) if each.outlet.transaction is not None]
            self._resumption.reset(scope)
            if evse:  # nothing of it is started anew
                self._resumption.go_on(scope)
            self._go(evse, "RemoteReset")

        return Reply(ACCEPTED, then)

    def _reset_16(self, message: Message) -> Reply:
        """Both end transactions; a soft one says so in its own word."""
        stop = Stop.IMMEDIATE_RESET if message.type == "Hard" else Stop.REBOOT
        return self._reset(0, at_once=True, stop=stop)

    def _reset(self, evse: int, *, at_once: bool, stop: Stop) -> Reply:
        if self._busy():
            return Reply(REJECTED)  # [B11.FR.06]
        if not at_once and self._running(evse):
            self._idle_for = evse
            return Reply(status("Scheduled"))

        def then() -> None:
            for place in self._scope(evse):
                self._end(place, stop)
            self._go(evse, "RemoteReset")

        return Reply(ACCEPTED, then)

    def _scope(self, evse: int) -> list[Place]:
        return [place for place in self._ground.places.values() if evse in {0, place.evse}]

    def _running(self, evse: int) -> bool:
        return any(place.outlet.transaction is not None for place in self._scope(evse))

    def _go(self, evse: int, reason: str) -> None:
        """An outlet alone has nothing to start anew beyond its session, which has ended."""
        if evse:
            return
        self._ground.memory.write(KEPT, reason)
        self._tries = 0
        self._until = self._ground.scheduler.now + REST_WITHIN
        self._wait()

    def _wait(self) -> None:
        """Where a transaction is about to end, what still flows belongs to it."""
        now = self._ground.scheduler.now
        ending = [place for place in self._scope(0) if place.outlet.ending]
        if ending and now < self._until:
            self._rest.rearm(LOOK_EACH)
            return
        for place in ending:
            place.outlet.settle()
        self._until = now + TELL_WITHIN
        self._alarm.rearm(LOOK_EACH)

    def _look(self) -> None:
        told = self._ledger.idle or self._ground.scheduler.now >= self._until
        if told:
            self._ground.memory.settled(self._restart)
        else:
            self._alarm.rearm(LOOK_EACH)

    def _restart(self) -> None:
        """ResetRetries more times if the charger cannot."""
        if self._ground.charger.restart():
            return
        self._tries += 1
        if self._tries <= self._ground.model.number("OCPPCommCtrlr", "ResetRetries"):
            self._retry.rearm(AGAIN_AFTER)
        else:
            self._ground.log.error("cannot-restart", tries=self._tries)
            self._resumption.go_on(self._scope(0))
            self.forget()
