"""Whether the station is there for its back end: accepted at boot, a heartbeat in silence.

Owns the order after a line stands: boot first, then connectors, then events [B01.FR.05, B04].
Which outlets there are and what they do is not known here.
"""

from collections.abc import Callable, Mapping
from typing import Final

from bsw.os.clock import S
from ocpp.catalogue import Message
from ocpp.station.blocks import Blocks
from ocpp.station.ground import Ground
from ocpp.station.ledger import Ledger
from ocpp.station.outlets.connectors import Connectors
from ocpp.station.outlets.places import Place
from ocpp.station.outlets.remote import always
from ocpp.station.presence.boot import Boot, Standing
from ocpp.station.rules import StationRules
from ocpp.station.spoken.v2 import V2, V21
from ocpp.station.spoken.v16 import V16
from ocpp.station.translation import Registered, Registration, Translator, registered
from ocpp.versions import Version

TRANSLATORS: Final[Mapping[Version, Translator]] = {
    Version.V16: V16(),
    Version.V201: V2(),
    Version.V21: V21(),
}


class Presence:
    """Hears of the line, and opens and closes the ledger with it."""

    def __init__(
        self,
        ground: Ground,
        rules: StationRules,
        *,
        ledger: Ledger,
        connectors: Connectors,
        blocks: Blocks,
    ) -> None:
        self._ground = ground
        self._rules = rules
        self._ledger = ledger
        self._connectors = connectors
        self._blocks = blocks
        scheduler = ground.scheduler
        self.boot = Boot(scheduler, ask=self._ask_boot, accepted=self._accepted, rules=rules.boot)
        self._heartbeat = scheduler.alarm(self._beat, name="ocpp.heartbeat")
        self._lost_at: int | None = None
        blocks.remote.offer(
            {
                "BootNotification": self._boot_asked,
                "Heartbeat": always(lambda _place: self._beat()),
            }
        )

    def close(self) -> None:
        self.boot.close()
        self._heartbeat.cancel()
        self._ledger.disconnected()

    def opened(self, version: Version) -> None:
        """A connection stands."""
        self._ground.version = version
        self._ground.translator = TRANSLATORS[version]
        self._ledger.connected()
        self.boot.connected()
        self._blocks.opened()
        if self._ground.accepted:
            away = self._ground.scheduler.now - (self._lost_at or 0)
            threshold = self._ground.model.number("OCPPCommCtrlr", "OfflineThreshold") * S
            self._serve(everything=away > threshold)

    def lost(self) -> None:
        """The line is lost, or could not be had."""
        if self._ground.translator is not None:
            self._lost_at = self._ground.scheduler.now
        else:
            self._blocks.networks.failed()
        self._ground.translator = self._ground.version = None
        self.boot.disconnected()
        self._ledger.disconnected()
        self._blocks.gone()
        self._heartbeat.cancel()

    def answered(self) -> None:
        """Any answer shows life [G02.FR.05]."""
        if self._heartbeat.armed:
            self._rearm()

    def _ask_boot(self) -> None:
        translator = self._ground.translator
        assert translator is not None
        reason = self._blocks.reset.reason or self._rules.reason
        request = translator.boot(self._rules.identity, reason)

        def answered(answer: Message | None) -> None:
            if answer is None:
                self.boot.unanswered()
                return
            told = registered(answer)
            if told.registration is not Registration.REJECTED:
                self._set_clock(told)
            self.boot.answered(told)

        self._ground.questions.ask(request, answered)

    def _set_clock(self, answer: Registered) -> None:
        """Once: events that are told again must not change."""
        ground = self._ground
        if ground.calendar_ns is None:
            ground.calendar_ns = answer.unix_ns - ground.scheduler.now

    def _accepted(self, answer: Registered) -> None:
        ground = self._ground
        ground.accepted = True
        if answer.interval:
            interval = str(max(1, answer.interval // S))
            ground.model.set("OCPPCommCtrlr", "HeartbeatInterval", interval)
        ordered = bool(self._blocks.reset.reason)
        self._blocks.reset.forget()
        self._serve(everything=True)
        self._blocks.accepted(ordered=ordered)

    def _serve(self, *, everything: bool) -> None:
        """The back end listens: connectors first, then what waits."""
        (self._connectors.again if everything else self._connectors.changes)()
        translator, calendar_ns = self._ground.translator, self._ground.calendar_ns
        assert translator is not None
        assert calendar_ns is not None
        self._ledger.open(translator, calendar_ns)
        self._rearm()
        self._blocks.online()

    def _beat(self) -> None:
        self._rearm()
        self._ground.questions.ask(("Heartbeat", {}), lambda _answer: None)

    def _rearm(self) -> None:
        every = self._ground.model.number("OCPPCommCtrlr", "HeartbeatInterval")
        self._heartbeat.rearm(round(every * S))

    def _boot_asked(self, place: Place | None) -> Callable[[], None] | None:
        """Only while it is not accepted [F06.FR.17]; the answer goes first."""
        del place
        if self.boot.standing is Standing.ACCEPTED:
            return None

        def ask() -> None:
            self.boot.asked_for()

        return ask
