"""The station's way from a plugged-in vehicle to the data link, and back to a free outlet.

It drives the pilot - 5 %, E or F between two tries, a nominal duty cycle when there is nothing but
the current to say - and listens for the vehicle on the power line.  Who may charge, and with
what current, is said by others.
"""

from collections.abc import Callable
from enum import Enum

from bsw.cp.duty import LEAST_CURRENT, duty_from_current
from bsw.cp.pilot import CONNECTED, READY, X1, Drive, E, F, Pilot, PilotState, StationPilot
from bsw.slac.config import ns
from bsw.slac.links.link import Fallback, LinkFailure, LinkUser, StationLinkConfig
from bsw.slac.links.node import Host, StationNode
from bsw.slac.matching.events import Failed, LinkLost, Output
from bsw.slac.matching.station import State as MatchingState
from bsw.slac.outcome import Linked, Reason


class Phase(Enum):
    VACANT = "nobody plugged in"
    OFFERING = "listening for a vehicle"
    LINKED = "linked"
    PAUSED = "paused"
    RESUMING = "woken, waiting for the link"
    STEPPING = "pilot in E, F or X1 for a while"
    FAULT = "no vehicle in order: nothing until the plug was out"
    ENDED = "no link until the next plug-in"
    CLOSED = "closed"


class StationLink:
    """A ``Link``, driven by the station's pilot."""

    def __init__(
        self, host: Host, pilot: StationPilot, config: StationLinkConfig, user: LinkUser
    ) -> None:
        self.phase = Phase.VACANT
        self.peer = b""  # the vehicle's MAC, from the first link on
        self._followers: list[Callable[[Phase], None]] = []
        self.node = StationNode(host, config.matching, self._hear)
        self._pilot = pilot
        self._config = config
        self._user = user
        self._log = host.log
        self._retries_left = 0
        self._nominal: float | None = None
        self._after_step: Callable[[], None] = self._offer_again
        self._alarm = host.scheduler.alarm(self._stepped, name="station link")
        self._oscillator = host.scheduler.alarm(self._oscillator_off, name="oscillator off")

    def follow(self, told: Callable[[Phase], None]) -> None:
        """It hears each phase from now on."""
        self._followers.append(told)

    def start(self) -> None:
        self._pilot.listen(self._pilot_changed)
        self._pilot.drive(X1)
        self._pilot_changed(self._pilot.read())

    def terminate(self) -> None:
        if self.phase is Phase.FAULT:
            return
        self._end(Phase.ENDED, Reason.TERMINATED)
        self._oscillator.rearm(ns(self._config.oscillator_hold))

    def error(self) -> None:
        if self.phase is Phase.FAULT:
            return
        self._end(Phase.ENDED, Reason.ERROR_REQUESTED)
        self._try_again()

    def pause(self) -> None:
        if self.phase is Phase.LINKED:
            self._enter(Phase.PAUSED)
            self.node.pause()
            self._pilot.drive(X1)

    def wake(self) -> None:
        if self.phase is Phase.PAUSED:
            self._resume()

    def close(self) -> None:
        self._end(Phase.CLOSED, Reason.TERMINATED)
        self._oscillator.cancel()
        self._pilot.drive(X1)
        self.node.close()

    def nominal(self, current: float | None) -> None:
        """Offer ``current`` by duty cycle (AC): authorised by other means, or no data link.

        A vehicle that is matching or linked sees the oscillator off for T_step_X1 and goes on;
        one that has not begun sees E or F for T_step_EF first.  After that a current changes at
        once; below the least one the oscillator is off, and ``None`` asks for a protocol again.
        """
        was, self._nominal = self._nominal, current
        timing = self._config.slac.timing
        if self.phase in {Phase.VACANT, Phase.STEPPING, Phase.FAULT, Phase.CLOSED}:
            return  # the next offer shows it
        if current is None or was is not None or current < LEAST_CURRENT:
            self._drive_offer()
            return
        if self.phase is Phase.PAUSED:
            self._resume()
        elif self.phase is Phase.OFFERING and self.node.matching.state is MatchingState.WAITING:
            self._end(Phase.STEPPING, Reason.TERMINATED)
            self._step(self._error_drive(), timing.t_step_ef, self._offer_again)
        else:
            self._pilot.drive(X1)
            self._after_step = self._drive_offer
            self._alarm.rearm(ns(timing.t_step_x1))

    # The pilot

    def _pilot_changed(self, pilot: Pilot) -> None:
        if self.phase is Phase.CLOSED:
            return
        self.node.pilot(pilot.state)
        if pilot.state is PilotState.A:
            self._unplugged()
        elif pilot.diode_short:
            self._refuse()
        elif pilot.state in CONNECTED and self.phase is Phase.VACANT:
            self._retries_left = self._config.slac.counts.c_sequ_retry
            self._offer()
        elif pilot.state in READY and self.phase is Phase.PAUSED:
            self._resume()

    def _offer(self) -> None:
        self._oscillator.cancel()
        self._drive_offer()
        self._enter(Phase.OFFERING)
        self.node.start()

    def _offer_again(self) -> None:
        """After a step the pilot is readable again; if the vehicle has gone, A will be read."""
        self._offer()

    def _drive_offer(self) -> None:
        if self._nominal is None:
            self._pilot.drive(Drive(self._config.duty))
        elif self._nominal < LEAST_CURRENT:
            self._pilot.drive(X1)
        else:
            self._pilot.drive(Drive(duty_from_current(self._nominal)))

    def _resume(self) -> None:
        self._drive_offer()
        self._enter(Phase.RESUMING)
        self.node.resume()

    def _refuse(self) -> None:
        """State E, then a steady pilot until the plug was out.

        E, whatever stands between two tries: F would not reach its level over a shorted diode.
        """
        was = self.phase
        if was is Phase.FAULT:
            return
        self._log.error("diode shorted", remedy="another vehicle or cable; pull the plug")
        self._end(Phase.FAULT, Reason.DIODE_SHORT)
        self._oscillator.cancel()
        self._step(E, self._config.slac.timing.t_step_ef, self._oscillator_off)
        if was in {Phase.LINKED, Phase.PAUSED, Phase.RESUMING}:
            self._user.link_lost(Reason.DIODE_SHORT)
        else:
            self._user.failed(LinkFailure(Reason.DIODE_SHORT, Fallback.REPLUG))

    def _unplugged(self) -> None:
        was = self.phase
        if was is Phase.VACANT:
            return
        self._end(Phase.VACANT, Reason.UNPLUGGED)
        self._oscillator.cancel()
        self._nominal = None
        self._pilot.drive(X1)
        if was in {Phase.LINKED, Phase.PAUSED, Phase.RESUMING}:
            self._user.link_lost(Reason.UNPLUGGED)
        elif was in {Phase.OFFERING, Phase.STEPPING}:
            self._user.failed(LinkFailure(Reason.UNPLUGGED, Fallback.NONE))

    # The node

    def _hear(self, output: Output) -> None:
        match output:
            case Linked():
                self.peer = output.peer
                self._enter(Phase.LINKED)
                self._user.linked(output)
            case LinkLost():
                self._link_lost(output.reason)
            case Failed():
                self._failed(output.reason)
            case _:
                pass

    def _link_lost(self, reason: Reason) -> None:
        if self.phase not in {Phase.LINKED, Phase.PAUSED, Phase.RESUMING}:
            return  # we ended it ourselves
        self._retries_left = self._config.slac.counts.c_sequ_retry
        self._try_again()
        self._user.link_lost(reason)

    def _failed(self, reason: Reason) -> None:
        if self.phase is not Phase.OFFERING:
            return
        if self._nominal is not None:
            self.node.start()  # the duty cycle stands, and a vehicle may still begin
        elif self._retries_left:
            self._retries_left -= 1
            self._try_again()
        else:
            self._enter(Phase.ENDED)
            self._pilot.drive(X1)
            self._user.failed(LinkFailure(reason, Fallback.NOMINAL))

    def _try_again(self) -> None:
        """E or F for T_step_EF, then 5 %: a cue that makes a vehicle match anew."""
        if self._pilot.read().state is PilotState.A:
            self._unplugged()
            return
        self._enter(Phase.STEPPING)
        self._step(self._error_drive(), self._config.slac.timing.t_step_ef, self._offer_again)

    # Small things

    def _step(self, drive: Drive, lasting: int, then: Callable[[], None]) -> None:
        self._pilot.drive(drive)
        self._after_step = then
        self._alarm.rearm(ns(lasting))

    def _stepped(self) -> None:
        self._after_step()

    def _error_drive(self) -> Drive:
        return E if self._config.error_state == "E" else F

    def _oscillator_off(self) -> None:
        self._pilot.drive(X1)

    def _end(self, phase: Phase, reason: Reason) -> None:
        self._alarm.cancel()
        self._enter(phase)
        self.node.stop(reason)

    def _enter(self, phase: Phase) -> None:
        if phase is not self.phase:
            self._log.debug("phase", now=phase.name)
            self.phase = phase
            for follower in self._followers:
                follower(phase)
