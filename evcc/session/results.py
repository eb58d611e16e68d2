"""How a session ended, in the words the vehicle's bus has for it."""

from typing import Final

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.phases import Phase
from bsw.chrgm.protocols import phase_of
from can_adapter.signals import values

_ENDINGS: Final = {
    Ending.TERMINATED: values.SessionResult.COMPLETE,
    Ending.PAUSED: values.SessionResult.PAUSED,
    Ending.NO_ENERGY: values.SessionResult.STOPPED_BY_STATION,
    Ending.NOTHING_CHARGED: values.SessionResult.SETUP_FAILED,
    Ending.LESS_SECURITY: values.SessionResult.NO_NEGOTIATION,
    Ending.NO_PROTOCOL: values.SessionResult.NO_NEGOTIATION,
    Ending.TLS_FAILED: values.SessionResult.TLS_FAILED,
    Ending.LINK_LOST: values.SessionResult.LINK_LOST,
    Ending.INCOMPATIBLE: values.SessionResult.PARAMETERS_REFUSED,
    Ending.STATION_FAULT: values.SessionResult.STOPPED_BY_STATION,
    Ending.VEHICLE_FAULT: values.SessionResult.VEHICLE_FAULT,
    Ending.CONTACTOR_FAULT: values.SessionResult.VEHICLE_FAULT,
    Ending.PERMISSION_LOST: values.SessionResult.STOPPED_BY_VEHICLE,
    Ending.TOO_OFTEN: values.SessionResult.STOPPED_BY_VEHICLE,
    Ending.KEY_FAULT: values.SessionResult.VEHICLE_FAULT,
    Ending.INTERNAL_FAULT: values.SessionResult.VEHICLE_FAULT,
    Ending.ISOLATION_FAULT: values.SessionResult.SETUP_FAILED,
}
_PHASES: Final = {
    Phase.AUTHORIZATION: values.SessionResult.AUTHORIZATION_FAILED,
    Phase.PARAMETER_DISCOVERY: values.SessionResult.PARAMETERS_REFUSED,
    Phase.CABLE_CHECK: values.SessionResult.SETUP_FAILED,
    Phase.PRE_CHARGE: values.SessionResult.SETUP_FAILED,
    Phase.POWER_DELIVERY: values.SessionResult.SETUP_FAILED,
    Phase.CHARGING: values.SessionResult.INTERRUPTED,
}


def result_on_can(result: SessionResult) -> values.SessionResult:
    """By the ending where it says enough, else by the exchange where it happened."""
    known = _ENDINGS.get(result.ending)
    if known is not None:
        return known
    phase = phase_of(result.exchange)
    unexpected = values.SessionResult.UNEXPECTED_END
    return unexpected if phase is None else _PHASES.get(phase, unexpected)
