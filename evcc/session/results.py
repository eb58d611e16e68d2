"""How a session ended, in the words the vehicle's bus has for it."""

from typing import Final

from bsw.chrgm.endings import Ending, SessionResult
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
_AUTHORIZING: Final = frozenset(
    {
        "CertificateInstallation",
        "CertificateUpdate",
        "PaymentDetails",
        "Authorization",
        "ContractAuthentication",
    }
)
_LOOPING: Final = frozenset({"CurrentDemand", "ChargingStatus", "MeteringReceipt"})
_SETTING_UP: Final = frozenset({"CableCheck", "PreCharge", "PowerDelivery"})


def result_on_can(result: SessionResult) -> values.SessionResult:
    """By the ending where it says enough, else by the exchange where it happened."""
    known = _ENDINGS.get(result.ending)
    if known is not None:
        return known
    if result.exchange in _AUTHORIZING:
        return values.SessionResult.AUTHORIZATION_FAILED
    if result.exchange == "ChargeParameterDiscovery":
        return values.SessionResult.PARAMETERS_REFUSED
    if result.exchange in _SETTING_UP:
        return values.SessionResult.SETUP_FAILED
    if result.exchange in _LOOPING:
        return values.SessionResult.INTERRUPTED
    return values.SessionResult.UNEXPECTED_END
