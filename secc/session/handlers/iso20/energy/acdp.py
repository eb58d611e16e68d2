"""ISO 15118-20, an automatic connection device: place, down, up, and the status of both.

The device belongs to the north side: it is ordered by ``pantograph_down`` and ``pantograph_up``
and says where it is; nothing is lowered onto a vehicle that is out of place or may drive off.
"""

from typing import Final

from bsw.chrgm.iso20.words import si
from bsw.chrgm.messages.iso20 import acdp
from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.record import Heard, Said
from secc.api.devices import EvPositioning, EvTechnicalStatus, PantographPosition, VehiclePlace
from secc.api.literals import EvseError, IsolationStatus
from secc.session.context import StationContext
from secc.session.handlers.iso20.words import stamp

Codes = ResponseCode
Electrical = acdp.ElectricalChargingDeviceStatus
NOWHERE: Final = VehiclePlace(in_place=False)
"""While nobody has said where the vehicle is."""
_ELECTRICAL: Final = {one.value[-1]: one for one in Electrical}
_ISOLATION: Final = {
    IsolationStatus.INVALID: acdp.IsolationStatus.INVALID,
    IsolationStatus.VALID: acdp.IsolationStatus.SAFE,
    IsolationStatus.WARNING: acdp.IsolationStatus.WARNING,
    IsolationStatus.FAULT: acdp.IsolationStatus.FAULT,
    IsolationStatus.NO_IMD: acdp.IsolationStatus.INVALID,
}
DANGER: Final = frozenset({acdp.ErrorCode.FAILED_EMERGENCY_EVENT, acdp.ErrorCode.FAILED_BREAKER})
"""What a vehicle reports when nothing may flow any more."""


class Pantograph:
    def __init__(self, station: StationContext) -> None:
        self._station = station
        self._held: bool | None = None  # the vehicle said whether it can drive off

    @property
    def _place(self) -> VehiclePlace:
        return self._station.state.place or NOWHERE

    # To its place

    def answer_acdp_vehicle_positioning(self, heard: Heard) -> Said:
        station, place = self._station, self._place
        request: acdp.ACDPVehiclePositioningReq = heard.body
        told = EvPositioning(
            moves=request.ev_mobility_status, positions_itself=request.ev_positioning_support
        )
        if station.news("vehicle_positioning", told):
            station.publish("vehicle_positioning", told)
        return Said(
            acdp.ACDPVehiclePositioningRes(
                header=stamp(station),
                response_code=Codes.FAILED if station.faulty else Codes.OK,
                evse_processing=Processing.FINISHED if place.in_place else Processing.ONGOING,
                evse_positioning_support=station.state.place is not None,
                ev_relative_x_deviation=place.along,
                ev_relative_y_deviation=place.across,
                contact_window_xc=place.window_along,
                contact_window_yc=place.window_across,
                ev_in_charge_position=place.in_place,
            )
        )

    # Down and up

    def answer_acdp_connect(self, _heard: Heard) -> Said:
        station = self._station
        safe = self._place.in_place and self._held is not False
        if safe and not station.faulty:
            station.publish_once("pantograph_down")
        down = station.state.pantograph is PantographPosition.END_POSITION
        good = not station.faulty and self._place.in_place
        return Said(
            acdp.ACDPConnectRes(
                header=stamp(station),
                response_code=Codes.OK if good else Codes.FAILED,
                evse_processing=Processing.FINISHED if down and safe else Processing.ONGOING,
                evse_electrical_charging_device_status=self._electrical,
                evse_mechanical_charging_device_status=self._mechanical,
            )
        )

    def answer_acdp_disconnect(self, _heard: Heard) -> Said:
        station = self._station
        station.release()
        up = station.state.pantograph is PantographPosition.HOME
        return Said(
            acdp.ACDPDisconnectRes(
                header=stamp(station),
                response_code=Codes.OK,
                evse_processing=Processing.FINISHED if up else Processing.ONGOING,
                evse_electrical_charging_device_status=self._electrical,
                evse_mechanical_charging_device_status=self._mechanical,
            )
        )

    @property
    def _electrical(self) -> acdp.ElectricalChargingDeviceStatus:
        return _ELECTRICAL.get(self._station.pilot.state, Electrical.STATE_A)

    @property
    def _mechanical(self) -> acdp.MechanicalChargingDeviceStatus:
        return acdp.MechanicalChargingDeviceStatus(self._station.state.pantograph.value)

    # Beside the row

    def answer_acdp_system_status(self, heard: Heard) -> Said:
        """A vehicle in danger gets no more energy, whatever the row is doing: the session ends."""
        station, told = self._station, heard.body.ev_technical_status
        self._take(told)
        danger = told.ev_error_code in DANGER
        if danger:
            station.log.warning("vehicle in danger", says=told.ev_error_code.value)
        wrong, state = station.state.wrong, station.state
        shutdown = EvseError.EMERGENCY_SHUTDOWN in wrong
        return Said(
            acdp.ACDPSystemStatusRes(
                header=stamp(station),
                response_code=Codes.FAILED if danger else Codes.OK,
                evse_mechanical_charging_device_status=self._mechanical,
                evse_ready_to_charge=not wrong and not state.stop,
                evse_isolation_status=_ISOLATION[state.isolation],
                evse_disabled=state.stop,
                evse_utility_interrupt_event=EvseError.UTILITY_INTERRUPT in wrong,
                evse_emergency_shutdown=shutdown,
                evse_malfunction=station.faulty and not shutdown,
                ev_in_charge_position=self._place.in_place,
                ev_association_status=station.record.agreed.placed,
            )
        )

    def _take(self, told: acdp.EVTechnicalStatus) -> None:
        station = self._station
        self._held = told.ev_immobilized
        status = EvTechnicalStatus(
            ready_to_charge=told.ev_ready_to_charge,
            wants_immobilization=told.ev_immobilization_request,
            immobilized=told.ev_immobilized,
            wlan_strength=si(told.evwlan_strength),
            cp_status=None if told.evcp_status is None else told.evcp_status.value,
            soc=told.evsoc if told.evsoc is None else max(0, min(100, told.evsoc)),
            error=None if told.ev_error_code is None else told.ev_error_code.value,
            timeout=told.ev_timeout,
        )
        if station.news("ev_technical_status", status):
            station.publish("ev_technical_status", status)
