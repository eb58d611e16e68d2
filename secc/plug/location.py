"""What the station answers a vehicle that looks for it on a wireless link: whether it is the one.

Silence for what is meant for another outlet or another kind of device: in the air several stations
hear each request, and one of them is right.
"""

from typing import Final

from bsw.chrgm.modes import Approach, mode_of
from bsw.net.ports import Endpoint
from bsw.sdp.config import CouplingConfig
from bsw.sdp.messages import NO_EVID, Coupling, Diagnosis, WirelessRequest
from bsw.sdp.server import Position
from secc.api.charger import Charger
from secc.api.devices import Association, LookingVehicle

_DIAGNOSIS: Final = {
    Association.ONGOING: Diagnosis.ONGOING,
    Association.FOUND: Diagnosis.FINISHED_WITH_EVSEID,
    Association.UNNAMED: Diagnosis.FINISHED_WITHOUT_EVSEID,
    Association.FAILED: Diagnosis.ERROR,
}


class Location:
    def __init__(self, charger: Charger, config: CouplingConfig) -> None:
        self._charger = charger
        self._config = config

    def position(self, request: WirelessRequest, _source: Endpoint) -> Position | None:
        coupling, state = self._coupling(), self._charger.state
        own = "" if state.evse_id is None else state.evse_id.evse_id
        ours = request.evseid in {"", own}
        fits = request.coupling in {coupling, Coupling.NOT_APPLICABLE}
        if coupling is Coupling.NOT_APPLICABLE or not (ours and fits):
            return None
        self._tell(request)
        named = state.association is Association.FOUND
        return Position(_DIAGNOSIS[state.association], coupling, own if named else "")

    def _coupling(self) -> Coupling:
        """Of the first mode on offer that has a device."""
        modes = (mode_of(mode.value) for mode in self._charger.state.modes or ())
        approach = next((one.approach for one in modes if not one.plugged), Approach.PLUG)
        if approach is Approach.PLUG:
            return Coupling.NOT_APPLICABLE
        return self._config.coupled(approach)

    def _tell(self, request: WirelessRequest) -> None:
        told = LookingVehicle(
            evid="" if request.evid == NO_EVID else request.evid,
            evse_id=request.evseid,
            coupling=request.coupling.name.lower(),
        )
        self._charger.variables.publish_changed("vehicle_looks", told)
