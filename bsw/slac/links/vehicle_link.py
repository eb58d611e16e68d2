"""The vehicle's way from the plug to the data link: 5 %, matching, D-LINK_READY, and back.

A table says what each cue of the pilot means in each phase.  What is done with the link is the
session's affair; charging by duty cycle alone is somebody else's.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import ClassVar

from bsw.cp.pilot import Pilot, VehiclePilot
from bsw.cp.toggle import Toggler
from bsw.os.budget import Budget
from bsw.slac.config import ns
from bsw.slac.links.link import Cue, Fallback, LinkFailure, LinkUser, VehicleLinkConfig, cue
from bsw.slac.links.node import Host, VehicleNode
from bsw.slac.matching.events import Failed, LinkLost, Output, Toggle, furthest
from bsw.slac.outcome import Linked, Reason


class Phase(Enum):
    OUT = "unplugged"
    READY = "plugged in, waiting for 5 %"
    SETTLING = "5 % seen, state B held"
    MATCHING = "matching or joining"
    LINKED = "linked"
    PAUSED = "paused"
    RESUMING = "woken, waiting for the link"
    WAITING = "waiting to match again"
    SPENT = "no more tries until the pilot gives a new cue"
    CLOSED = "closed"


class VehicleLink:
    """A ``Link``, driven by the vehicle's pilot."""

    def __init__(
        self, host: Host, pilot: VehiclePilot, config: VehicleLinkConfig, user: LinkUser
    ) -> None:
        self.phase = Phase.OUT
        self.node = VehicleNode(host, config.matching, self._hear)
        self._pilot = pilot
        self._toggler = Toggler(host.scheduler, pilot)
        self._config = config
        self._user = user
        self._log = host.log
        self._scheduler = host.scheduler
        self._rounds_left = 0
        self._furthest: Reason | None = None
        self.budget = Budget(config.matchings, ns(config.matching_each))
        self._cue = Cue.UNPLUGGED
        self._cued_at = 0
        self._alarm = host.scheduler.alarm(self._go_on, name="vehicle link")
        self._wake_limit = host.scheduler.alarm(self._not_woken, name="wake-up")

    def start(self) -> None:
        self._pilot.listen(self._pilot_changed)
        self._pilot_changed(self._pilot.read())

    def terminate(self) -> None:
        self._end(Phase.SPENT, Reason.TERMINATED)

    def error(self) -> None:
        self._end(Phase.SPENT, Reason.ERROR_REQUESTED)
        self._match_again_later()

    def pause(self) -> None:
        if self.phase is Phase.LINKED:
            self._enter(Phase.PAUSED)
            self.node.pause()

    def wake(self) -> None:
        """Toggle B-C-B; the station answers with its oscillator, and the link comes back.

        One whose oscillator never stopped has nothing to answer with: there is the link.
        """
        if self.phase is Phase.PAUSED and self._cue is Cue.DIGITAL:
            self._resume()
        elif self.phase is Phase.PAUSED and not self._wake_limit.armed:
            timing = self._config.slac.timing
            self._toggler.run(1, ns(timing.tp_ev_vald_state_duration))
            self._wake_limit.rearm(ns(timing.t_conn_resume))

    def close(self) -> None:
        self._end(Phase.CLOSED, Reason.TERMINATED)
        self.node.close()

    # The pilot

    def _pilot_changed(self, pilot: Pilot) -> None:
        new = cue(pilot)
        if new is self._cue:
            return
        self._cue = new
        self._cued_at = self._scheduler.now
        if self.phase is Phase.OUT and new is not Cue.UNPLUGGED:
            self._enter(Phase.READY)
        self._follow_cue()

    def _follow_cue(self) -> None:
        reaction = self._REACTIONS[self.phase].get(self._cue)
        if reaction is not None:
            reaction(self)

    def _settle(self) -> None:
        self._rounds_left = self._config.rounds
        self._furthest = None
        self._enter(Phase.SETTLING)
        self._alarm.rearm(ns(self._config.slac.timing.t_conn_init_hlc))

    def _settle_at_nominal(self) -> None:
        if self._config.match_at_nominal:
            self._settle()

    def _match(self) -> None:
        self._rounds_left -= 1
        waited = self._scheduler.now - self._cued_at
        if waited > ns(self._config.slac.timing.tp_ev_slac_init) and self.phase is Phase.SETTLING:
            self._log.warning("matching starts late", waited_ms=waited // ns(1))
        self._enter(Phase.MATCHING)
        self.node.start()

    def _go_on(self) -> None:
        """The pause is over: match, if the pilot still asks for it."""
        wanted = self._cue is Cue.DIGITAL
        wanted |= self._cue is Cue.NOMINAL and self._config.match_at_nominal
        if self.phase in {Phase.SETTLING, Phase.WAITING} and wanted:
            self._match_if_not_too_often()
        elif self.phase in {Phase.SETTLING, Phase.WAITING}:
            self._enter(Phase.READY)

    def _match_if_not_too_often(self) -> None:
        """A pilot that asks again and again does not keep the vehicle busy for ever."""
        now = self._scheduler.now
        wait = self.budget.wait(now)
        if wait == 0:
            self.budget.spend(now)
            self._match()
            return
        self._rounds_left = max(1, self._rounds_left)
        self._enter(Phase.WAITING)
        self._alarm.rearm(wait)
        self._user.failed(LinkFailure(Reason.TOO_OFTEN, self._fallback()))

    def _resume(self) -> None:
        self._wake_limit.cancel()
        self._enter(Phase.RESUMING)
        self.node.resume()

    def _abandon(self) -> None:
        """The pilot ended a matching."""
        reason, after = self._interruption()
        self._end(after, reason)
        fallback = self._fallback() if after is Phase.READY else Fallback.NONE
        self._user.failed(LinkFailure(reason, fallback))

    def _drop(self) -> None:
        """The pilot ended a link."""
        reason, after = self._interruption()
        self._end(after, reason)
        self._user.link_lost(reason)

    def _forget(self) -> None:
        self._enter(Phase.OUT)
        self.budget.refill()

    def _be_ready(self) -> None:
        """A new cue may come: E, F or a steady pilot is what precedes it."""
        self._enter(Phase.READY)

    def _interruption(self) -> tuple[Reason, Phase]:
        if self._cue is Cue.UNPLUGGED:
            self.budget.refill()
            return Reason.UNPLUGGED, Phase.OUT
        if self._cue is Cue.FAULT:
            return Reason.PILOT_FAULT, Phase.READY
        return Reason.PILOT_QUIET, Phase.READY

    # The node

    def _hear(self, output: Output) -> None:
        match output:
            case Linked():
                self._toggler.stop()  # from here on the pilot belongs to the session
                self._enter(Phase.LINKED)
                self._user.linked(output)
            case LinkLost():
                self._link_lost(output.reason)
            case Failed():
                self._round_failed(output.reason)
            case Toggle():
                self._toggler.run(output.count, output.phase)
            case _:
                pass

    def _link_lost(self, reason: Reason) -> None:
        if self.phase not in {Phase.LINKED, Phase.PAUSED, Phase.RESUMING}:
            return  # we ended it ourselves
        self._end(Phase.SPENT, reason)
        self._match_again_later()
        self._user.link_lost(reason)

    def _match_again_later(self) -> None:
        """Option B of the norm; option A is to wait for the pilot's next cue."""
        if self._config.restart_after_loss and self._cue is not Cue.UNPLUGGED:
            self._rounds_left = self._config.rounds
            self._furthest = None
            self._enter(Phase.WAITING)
            self._alarm.rearm(ns(self._config.slac.timing.t_conn_resetup))

    def _round_failed(self, reason: Reason) -> None:
        self._toggler.stop()
        if self.phase is not Phase.MATCHING:
            return
        self._furthest = furthest(self._furthest, reason)
        if self._rounds_left:
            self._enter(Phase.WAITING)
            timing = self._config.slac.timing
            self._alarm.rearm(ns(timing.tt_matching_rate + timing.tp_ev_next_try))
        else:
            self._enter(Phase.SPENT)
            self._user.failed(LinkFailure(self._furthest, self._fallback()))

    # Small things

    def _not_woken(self) -> None:
        if self.phase is Phase.PAUSED:
            self._end(Phase.SPENT, Reason.RESUME_TIMEOUT)
            self._user.link_lost(Reason.RESUME_TIMEOUT)

    def _fallback(self) -> Fallback:
        return Fallback.NOMINAL if self._config.energy == "ac" else Fallback.REPLUG

    def _end(self, phase: Phase, reason: Reason) -> None:
        """Change the phase first: what the node says on stopping is no news then."""
        self._alarm.cancel()
        self._wake_limit.cancel()
        self._toggler.stop()
        self._enter(phase)
        self.node.stop(reason)

    def _enter(self, phase: Phase) -> None:
        if phase is not self.phase:
            self._log.debug("phase", now=phase.name, cue=self._cue.name)
            self.phase = phase

    _INTERRUPTED: ClassVar = {
        Cue.UNPLUGGED: _abandon,
        Cue.FAULT: _abandon,
        Cue.QUIET: _abandon,
    }
    _REACTIONS: ClassVar[Mapping[Phase, Mapping[Cue, Callable[["VehicleLink"], None]]]] = {
        Phase.OUT: {},
        Phase.CLOSED: {},
        Phase.READY: {
            Cue.UNPLUGGED: _forget,
            Cue.DIGITAL: _settle,
            Cue.NOMINAL: _settle_at_nominal,
        },
        Phase.SETTLING: _INTERRUPTED,
        Phase.MATCHING: _INTERRUPTED,
        Phase.WAITING: _INTERRUPTED,
        Phase.LINKED: {Cue.UNPLUGGED: _drop, Cue.FAULT: _drop},
        Phase.PAUSED: {
            Cue.UNPLUGGED: _drop,
            Cue.FAULT: _drop,
            Cue.DIGITAL: _resume,
            Cue.NOMINAL: _resume,
        },
        Phase.RESUMING: {Cue.UNPLUGGED: _drop, Cue.FAULT: _drop, Cue.QUIET: _drop},
        Phase.SPENT: {Cue.UNPLUGGED: _forget, Cue.FAULT: _be_ready, Cue.QUIET: _be_ready},
    }
