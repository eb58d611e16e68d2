"""ISO 15118-20 on the vehicle, an automatic connection device: to its place, down, up, its status.

Energy in between is that of DC.  What the station's status says beside the row is acted on at once
where nothing flows yet, and by an ordered stop where energy does.
"""

from typing import Final

from bsw.chrgm.agreement import Progress
from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.iso20.words import header, percent
from bsw.chrgm.messages.iso20 import acdp
from bsw.chrgm.record import Heard, Said
from bsw.os.clock import S
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.joining import after_placing

PLACING: Final = 600 * S
"""How long the vehicle may take to be immobilized, once it stands right."""
Electrical = acdp.ElectricalChargingDeviceStatus
_ELECTRICAL: Final = {
    "A": Electrical.STATE_A,
    "B": Electrical.STATE_B,
    "C": Electrical.STATE_C,
    "D": Electrical.STATE_D,
}
_PILOT: Final = {one.value[-1]: one for one in acdp.CpStatus}
Error = acdp.ErrorCode
_ERRORS: Final = {
    "NO_ERROR": Error.OK_NO_EV_ERROR,
    "FAILED_RESSTemperatureInhibit": Error.FAILED_RESS_TEMPERATURE_INHIBIT,
    "FAILED_EVRESSMalfunction": Error.FAILED_RESS,
    "FAILED_ChargingCurrentdifferential": Error.FAILED_CHARGING_CURRENT_DIFFERENTIAL,
    "FAILED_ChargingVoltageOutOfRange": Error.FAILED_CHARGING_VOLTAGE_OUT_OF_RANGE,
}
_ISOLATION: Final = {
    acdp.IsolationStatus.INVALID: "Invalid",
    acdp.IsolationStatus.SAFE: "Valid",
    acdp.IsolationStatus.WARNING: "Warning",
    acdp.IsolationStatus.FAULT: "Fault",
}


class Pantograph:
    def __init__(self, context: VehicleContext, choosing: Choosing) -> None:
        self._context = context
        self._choosing = choosing

    # To its place

    def ask_acdp_vehicle_positioning(self) -> Said:
        context = self._context
        return Said(
            acdp.ACDPVehiclePositioningReq(
                header=header(context.calendar.unix()),
                ev_mobility_status=context.state.immobilized is not True,
                ev_positioning_support=context.profile.positions_itself,
            )
        )

    def hear_acdp_vehicle_positioning(self, heard: Heard) -> Next:
        context = self._context
        response: acdp.ACDPVehiclePositioningRes = heard.body
        context.note(
            processing=response.evse_processing.value,
            in_place=response.ev_in_charge_position,
            along=response.ev_relative_x_deviation,
            across=response.ev_relative_y_deviation,
        )
        context.told()
        if not context.record.agreed.placed:
            return Go("ACDP_VehiclePositioning", after=context.profile.ongoing_pause)
        to = after_placing(context, self._choosing.selection)
        return Go(to, when=self._stands, within=PLACING)

    def _stands(self) -> bool:
        """Nobody lowers anything onto a vehicle that can drive off."""
        late = self._context.record.agreed.late
        known = not late or self._context.limits_known()
        return self._context.state.immobilized is not False and known

    # Down and up

    def _electrical(self) -> acdp.ElectricalChargingDeviceStatus:
        return _ELECTRICAL.get(self._context.pilot.state, Electrical.STATE_A)

    def ask_acdp_connect(self) -> Said:
        return Said(
            acdp.ACDPConnectReq(
                header=header(self._context.calendar.unix()),
                ev_electrical_charging_device_status=self._electrical(),
            )
        )

    def hear_acdp_connect(self, heard: Heard) -> Next:
        context = self._context
        self._see_device(heard.body)
        if not context.record.agreed.finished:
            return Go("ACDP_Connect", after=context.profile.ongoing_pause)
        within = context.profile.condition_limit
        return Go("DC_CableCheck", when=context.ready_for_c, within=within)

    def ask_acdp_disconnect(self) -> Said:
        return Said(
            acdp.ACDPDisconnectReq(
                header=header(self._context.calendar.unix()),
                ev_electrical_charging_device_status=self._electrical(),
            )
        )

    def hear_acdp_disconnect(self, heard: Heard) -> Next:
        context = self._context
        self._see_device(heard.body)
        if context.record.agreed.connected:
            return Go("ACDP_Disconnect", after=context.profile.ongoing_pause)
        return Go("SessionStop", when=context.in_b)

    def _see_device(self, body: acdp.ACDPConnectRes | acdp.ACDPDisconnectRes) -> None:
        self._context.note(
            processing=body.evse_processing.value,
            device=body.evse_mechanical_charging_device_status.value,
        )
        self._context.told()

    # Beside the row

    def ask_acdp_system_status(self) -> Said:
        context, state = self._context, self._context.state
        return Said(
            acdp.ACDPSystemStatusReq(
                header=header(context.calendar.unix()),
                ev_technical_status=acdp.EVTechnicalStatus(
                    ev_ready_to_charge=state.ready and state.permission,
                    ev_immobilization_request=context.record.agreed.connected,
                    ev_immobilized=state.immobilized,
                    evcp_status=_PILOT.get(context.pilot.state),
                    evsoc=percent(state.soc),
                    ev_error_code=_ERRORS.get(context.error, Error.FAILED),
                ),
            )
        )

    def hear_acdp_system_status(self, heard: Heard) -> None:
        context, response = self._context, heard.body
        code = _status_code(response)
        context.note(
            status_code=code,
            isolation=_ISOLATION[response.evse_isolation_status],
            in_place=response.ev_in_charge_position,
            device=response.evse_mechanical_charging_device_status.value,
        )
        context.told()
        if response.evse_emergency_shutdown:
            context.fail(Ending.STATION_FAULT, code)
        elif response.evse_malfunction:
            self._leave(Ending.STATION_FAULT, code)
        elif context.record.agreed.connected and not response.ev_in_charge_position:
            self._leave(Ending.STATION_FAULT, "the vehicle is out of its place")
        elif context.record.agreed.placed and not response.ev_association_status:
            self._leave(Ending.STATION_FAULT, "the station does not take us for the vehicle there")

    def _leave(self, ending: Ending, why: str) -> None:
        context = self._context
        if context.record.agreed.progress in {Progress.CHARGING, Progress.STANDBY}:
            context.stop(ending, why)
        else:
            context.fail(ending, why)


def _status_code(response: acdp.ACDPSystemStatusRes) -> str:
    """In the words that all protocols share; the worst counts."""
    worst_first = (
        (response.evse_emergency_shutdown, "EVSE_EmergencyShutdown"),
        (response.evse_malfunction, "EVSE_Malfunction"),
        (response.evse_disabled, "EVSE_Shutdown"),
        (response.evse_utility_interrupt_event, "EVSE_UtilityInterruptEvent"),
        (response.evse_ready_to_charge, "EVSE_Ready"),
    )
    return next((code for flag, code in worst_first if flag), "EVSE_NotReady")
