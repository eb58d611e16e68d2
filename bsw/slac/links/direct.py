"""Links without matching: an Ethernet cable where there would be a power line.

For benches, for foreign stacks on a plain interface, and for physical layers that know their
peer by construction.  They follow the pilot and speak to the session exactly as the links with
matching do.
"""

from bsw.cp.pilot import CONNECTED, READY, X1, Drive, Pilot, PilotState, StationPilot, VehiclePilot
from bsw.cp.toggle import Toggler
from bsw.dlt import Logger
from bsw.os.scheduler import Scheduler
from bsw.slac.config import ns
from bsw.slac.links.link import Cue, LinkUser, StationLinkConfig, VehicleLinkConfig, cue
from bsw.slac.outcome import Linked, Reason

ANYBODY = bytes(6)
"""The peer's address is not known, and not needed."""


class _Direct:
    """Up or down, asleep or not, and whether that was said."""

    def __init__(self, user: LinkUser, log: Logger) -> None:
        self.up = False
        self.asleep = False
        self.closed = False
        self._user = user
        self._log = log

    def _rise(self) -> None:
        if self.up or self.closed:
            return
        resumed, self.asleep = self.asleep, False
        self.up = True
        self._log.info("linked", resumed=resumed)
        self._user.linked(Linked(ANYBODY, b"", b"", 0.0, resumed))

    def _fall(self, reason: Reason) -> None:
        had_link = self.up or self.asleep
        self.up = self.asleep = False
        if had_link and not self.closed:
            self._log.warning("link lost", reason=reason.name)
            self._user.link_lost(reason)

    def _drop(self) -> None:
        """Down on the session's own wish: nothing to tell."""
        self.up = self.asleep = False


class DirectVehicleLink(_Direct):
    """Up while the pilot asks for digital communication; a new cue is needed after an end."""

    def __init__(
        self,
        scheduler: Scheduler,
        pilot: VehiclePilot,
        config: VehicleLinkConfig,
        user: LinkUser,
        log: Logger,
    ) -> None:
        super().__init__(user, log)
        self._pilot = pilot
        self._toggler = Toggler(scheduler, pilot)
        self._config = config
        self._cue = Cue.UNPLUGGED

    def start(self) -> None:
        self._pilot.listen(self._changed)
        self._changed(self._pilot.read())

    def terminate(self) -> None:
        self._drop()

    def error(self) -> None:
        self._drop()

    def pause(self) -> None:
        if self.up:
            self.up, self.asleep = False, True

    def wake(self) -> None:
        """Toggle B-C-B; up again when the station answers with its oscillator."""
        if self.asleep and self._wanted():
            self._rise()
        elif self.asleep and not self._toggler.busy:
            self._toggler.run(1, ns(self._config.slac.timing.tp_ev_vald_state_duration))

    def close(self) -> None:
        self._drop()
        self.closed = True

    def _wanted(self) -> bool:
        nominal = self._cue is Cue.NOMINAL and self._config.match_at_nominal
        return self._cue is Cue.DIGITAL or nominal

    def _changed(self, pilot: Pilot) -> None:
        new = cue(pilot)
        if new is self._cue:
            return
        self._cue = new
        if self._wanted():
            self._rise()
        elif new is Cue.UNPLUGGED:
            self._fall(Reason.UNPLUGGED)
        elif new is Cue.FAULT:
            self._fall(Reason.PILOT_FAULT)


class DirectStationLink(_Direct):
    """Up while a vehicle is plugged in."""

    def __init__(
        self, pilot: StationPilot, config: StationLinkConfig, user: LinkUser, log: Logger
    ) -> None:
        super().__init__(user, log)
        self._pilot = pilot
        self._config = config
        self._vacant = True
        self._refused = False  # until the plug was out

    def start(self) -> None:
        self._pilot.listen(self._changed)
        self._pilot.drive(X1)
        self._changed(self._pilot.read())

    def terminate(self) -> None:
        self._drop()
        if not self._refused:
            self._pilot.drive(X1)

    def error(self) -> None:
        self.terminate()

    def pause(self) -> None:
        if self.up:
            self.up, self.asleep = False, True
            self._pilot.drive(X1)

    def wake(self) -> None:
        if self.asleep and not self._refused:
            self._offer()

    def close(self) -> None:
        self.terminate()
        self.closed = True

    def _offer(self) -> None:
        self._pilot.drive(Drive(self._config.duty))
        self._rise()

    def _refuse(self) -> None:
        """No vehicle in order.  A steady pilot at once: without a clock there is no step."""
        if not self._refused:
            self._refused = True
            self._log.error("diode shorted", remedy="another vehicle or cable; pull the plug")
            self._pilot.drive(X1)
            self._fall(Reason.DIODE_SHORT)

    def _changed(self, pilot: Pilot) -> None:
        if self.closed:
            return
        if pilot.state is PilotState.A:
            self._vacant = True
            self._refused = False
            self._pilot.drive(X1)
            self._fall(Reason.UNPLUGGED)
        elif pilot.diode_short:
            self._refuse()
        elif pilot.state in CONNECTED and self._vacant:
            self._vacant = False
            self._offer()
        elif pilot.state in READY and self.asleep:
            self._offer()
