"""One outlet in service: the data link, the pilot and the sessions held together.

Translates between the link's words and the charger interface's, and watches the pilot: a
vehicle that leaves state C, or a line that breaks, takes the energy away at once.
"""

from collections.abc import Callable
from typing import Final

from bsw.chrgm.endings import Ending, SessionResult
from bsw.cp.pilot import CONNECTED, Pilot, PilotState, StationPilot
from bsw.dlt import Logger
from bsw.os.clock import MS, Action
from bsw.os.scheduler import Scheduler
from bsw.slac.links.link import Fallback, Link, LinkFailure
from bsw.slac.outcome import Linked, Reason
from secc.api.charger import Charger
from secc.plug.basic import BasicCharging, Offers
from secc.plug.session_server import SessionServer


class PilotOnPort:
    """The session's view of the control pilot."""

    def __init__(self, port: StationPilot) -> None:
        self._port = port

    @property
    def state(self) -> str:
        """A shorted diode is state E to whoever would deliver energy."""
        pilot = self._port.read()
        return PilotState.E.name if pilot.diode_short else pilot.state.name


PARTING: Final = 500 * MS
"""Between the end of a session and that of its data link."""


def _stay() -> None:
    """No order stands."""


class OutletPlug:
    """A ``LinkUser``.  Give it its link, then ``start`` the link."""

    def __init__(
        self,
        charger: Charger,
        outlet: SessionServer,
        pilot: StationPilot,
        *,
        scheduler: Scheduler,
        log: Logger,
        basic: BasicCharging | None = None,
    ) -> None:
        """``basic``: what is had without a protocol."""
        self._basic = basic
        self.charger = charger
        self._outlet = outlet
        self._log = log
        self._link: Link | None = None
        self._ready = False
        self._leave: Action = _stay
        self._parting = scheduler.alarm(self._part, name="link parts")
        pilot.listen(self._pilot_changed)

    def attach(self, link: Link) -> None:
        """Variables about the link become calls on it."""
        self._link = link
        calls = {
            "dlink_terminate": lambda: self._part_soon(link.terminate),
            "dlink_error": lambda: self._part_soon(link.error),
            "dlink_pause": link.pause,
        }
        for name, call in calls.items():
            self.charger.subscribe(name, _without_value(call))

    def _part_soon(self, leave: Action) -> None:
        """The last response is on its way, and a modem that takes another key drops it."""
        self._leave = leave
        self._parting.rearm(PARTING)

    def _part(self) -> None:
        self._leave()

    @property
    def attached(self) -> bool:
        return self._link is not None

    @property
    def link(self) -> Link:
        assert self._link is not None, "attach the link first"
        return self._link

    def granted(self) -> None:
        """There is no link to attach; vehicles are there from now on."""
        self._open()

    def duty_by(self, offers: Offers | None) -> None:
        """The pilot counts; ``offers`` drives it, ``None``: nobody else does."""
        if self._basic is not None:
            self._basic.start(offers)

    # The link's user

    def linked(self, link: Linked) -> None:
        if self._basic is not None:
            self._basic.linked()
        self._parting.cancel()
        self._log.info("linked", resumed=link.resumed)
        self._open()

    def link_lost(self, reason: Reason) -> None:
        self._parting.cancel()
        self._log.warning("link lost", why=reason.value)
        self.charger.dlink_ready(value=False)

    def failed(self, failure: LinkFailure) -> None:
        self._log.warning("no data link", why=failure.reason.value)
        self.charger.dlink_ready(value=False)
        if self._basic is not None and failure.fallback is Fallback.NOMINAL:
            self._basic.unlinked()

    def cut_energy(self) -> None:
        """Whoever guards the plug has opened it."""
        if self._basic is not None:
            self._basic.cut()
        if self._outlet.session is not None:
            self._outlet.session.station.cut_energy()

    def _open(self) -> None:
        self.charger.dlink_ready(value=True)
        offer = self._outlet.offer
        if offer is not None:
            self._log.info("listening", plain=offer.plain, tls=offer.tls)

    # The pilot

    def _pilot_changed(self, pilot: Pilot) -> None:
        before, self._ready = self._ready, pilot.ready
        session = self._outlet.session
        if pilot.state is PilotState.A:
            self._outlet.forget_vehicle()
        if session is not None and before and not pilot.ready:
            session.station.cut_energy()
        if pilot.diode_short:
            self._outlet.end(SessionResult(Ending.PILOT_FAULT, detail=Reason.DIODE_SHORT.value))
        elif pilot.state not in CONNECTED:
            self._outlet.end(SessionResult(Ending.PILOT_FAULT, detail=f"pilot in {pilot}"))


def _without_value(action: Action) -> Callable[[object], None]:
    return lambda _none: action()
