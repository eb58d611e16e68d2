"""The vehicle at an outlet towards the back end: who it is, and which transfers it may choose.

Knows the words of both sides for a transfer of energy; whether one is allowed is the station's.
"""

from collections.abc import Callable
from typing import Final

from ocpp.station.outlets.vehicles import Vehicle
from ocpp.station.station import Station
from secc.api.charger import Charger
from secc.api.extensions import EvInfo
from secc.api.literals import EnergyTransferMode, SupportedAppProtocol

TRANSFERS: Final = {
    "AC_single_phase_core": "AC_single_phase",
    "AC_three_phase_core": "AC_three_phase",
    "AC_DER_IEC": "AC_DER",
    "AC_DER_SAE": "AC_DER",
    "MCS": "DC",
    "MCS_BPT": "DC_BPT",
    **dict.fromkeys(("DC_core", "DC_extended", "DC_combo_core", "DC_unique"), "DC"),
}
"""What 2.1 calls the modes of the charger interface, where it is not the same."""
NAMESPACES: Final = {
    SupportedAppProtocol.DIN: "urn:din:70121:2012:MsgDef,2,0",
    SupportedAppProtocol.ISO2: "urn:iso:15118:2:2013:MsgDef,2,0",
}


def word_of(mode: EnergyTransferMode) -> str:
    return TRANSFERS.get(mode.value, mode.value)


class BackendVehicle:
    """One outlet's."""

    def __init__(self, charger: Charger, evse: int, station: Callable[[], Station]) -> None:
        self._charger = charger
        self._evse = evse
        self._station = station
        self._info: EvInfo | None = None

    def tie(self) -> None:
        self._charger.subscribe("ev_info", self._told)

    @property
    def evccid(self) -> str:
        """Of a vehicle that speaks -20 [Q01.FR.02]."""
        info = self._info
        newest = info is not None and info.selected_protocol is SupportedAppProtocol.ISO20
        return (info.evcc_id or "") if info is not None and newest else ""

    def transfers(self) -> tuple[str, ...]:
        """What the outlet can."""
        return tuple(dict.fromkeys(map(word_of, self._charger.state.modes or ())))

    def allow(self, transfers: frozenset[str] | None) -> bool:
        """What a vehicle may choose; True: one that charges is asked to choose anew.

        Where none of the outlet's is among them it may still charge: only giving is kept from it.
        """
        modes = self._charger.state.modes or ()
        if transfers is None:
            self._charger.allow_transfers(modes=None)
            return False
        known = [mode for mode in modes if word_of(mode) in transfers]
        known = known or [mode for mode in modes if "BPT" not in mode.value]
        before = set(self._charger.state.open_modes)
        self._charger.allow_transfers(modes=known)
        anew = self._charger.renegotiates and before != set(known)
        if anew:
            self._charger.renegotiate_service(wanted=True)
        return anew

    def _told(self, info: EvInfo) -> None:
        self._info = info
        agreed = ""
        offers = () if info.supported_protocols is None else info.supported_protocols.Protocols
        names = tuple(
            f"{one.protocol_namespace},{one.version_number_major},{one.version_number_minor}"
            for one in sorted(offers, key=lambda one: one.priority)
        )
        if info.selected_protocol is not None:
            agreed = self._agreed(info.selected_protocol, names)
        vehicle = Vehicle(info.evcc_id or "", agreed, names)
        self._station().vehicles.came(self._evse, vehicle)

    def _agreed(self, protocol: SupportedAppProtocol, names: tuple[str, ...]) -> str:
        """In the vehicle's own words, where they are known."""
        if protocol in NAMESPACES:
            return NAMESPACES[protocol]
        newer = (name for name in names if name.startswith("urn:iso:std:iso:15118:-20"))
        return next(newer, "")
