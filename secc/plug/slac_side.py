"""The SLAC side interface: how the station's data link stands, and the three orders for it.

It only looks at the link and passes orders on.  What a session makes of the link is not its
matter; an order that takes the link away ends the session first.
"""

from typing import Final

from bsw.north.command import CommandError
from bsw.slac.links.station_link import Phase, StationLink
from secc.api.charger import Charger
from secc.api.literals import SlacState

_STATES: Final = {
    Phase.OFFERING: SlacState.MATCHING,
    Phase.LINKED: SlacState.MATCHED,
    Phase.PAUSED: SlacState.MATCHED,
    Phase.RESUMING: SlacState.MATCHED,
}


class SlacSide:
    """Follows one link for as long as it lives.  A ``DataLink``."""

    def __init__(self, charger: Charger, link: StationLink) -> None:
        self._charger = charger
        self._link = link
        link.follow(self._tell)
        charger.linked_by(self)
        self._tell(link.phase)

    def _tell(self, phase: Phase) -> None:
        variables = self._charger.variables
        variables.publish_changed("slac_state", _STATES.get(phase, SlacState.UNMATCHED))
        variables.publish_changed("slac_dlink_ready", phase is Phase.LINKED)
        if phase is Phase.LINKED:
            variables.publish("ev_mac_address", self._link.peer.hex(":").upper())
        elif phase is Phase.STEPPING:
            variables.publish("request_error_routine")

    def order(self, name: str) -> None:
        if self._link.phase in {Phase.VACANT, Phase.CLOSED}:
            raise CommandError(f"{name}: no vehicle is plugged in; wait for one")
        if name == "dlink_pause":
            self._pause()
            return
        self._charger.dlink_ready(value=False)
        if name == "dlink_terminate":
            self._link.terminate()
        else:
            self._link.error()

    def _pause(self) -> None:
        if self._charger.running:
            raise CommandError(
                "dlink_pause: a session is running, and only the vehicle can pause it; "
                "wait for its end, or stop it with stop_charging"
            )
        if self._link.phase is not Phase.LINKED:
            raise CommandError("dlink_pause: there is no link to pause; wait for slac_dlink_ready")
        self._link.pause()
