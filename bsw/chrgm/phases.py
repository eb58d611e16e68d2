"""What an exchange is for, in words that all protocols share.

Bus, north side and results speak of phases; which message belongs to which is told here by its
name, so that nobody has to load a protocol's table to ask.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final


class Phase(Enum):
    SESSION_SETUP = "session set-up"
    SERVICE_SELECTION = "service selection"
    AUTHORIZATION = "authorization"
    PARAMETER_DISCOVERY = "parameter discovery"
    CABLE_CHECK = "cable check"
    PRE_CHARGE = "pre-charge"
    POWER_DELIVERY = "power delivery"
    CHARGING = "charging"
    WELDING_DETECTION = "welding detection"
    SESSION_STOP = "session stop"


Phases = Mapping[str, Phase]

_DC: Final = {
    "CableCheck": Phase.CABLE_CHECK,
    "PreCharge": Phase.PRE_CHARGE,
    "WeldingDetection": Phase.WELDING_DETECTION,
}
_ALL: Final = {
    "SessionSetup": Phase.SESSION_SETUP,
    "ServiceDiscovery": Phase.SERVICE_SELECTION,
    "PowerDelivery": Phase.POWER_DELIVERY,
    "SessionStop": Phase.SESSION_STOP,
}
_WIRED: Final = {
    **_ALL,
    **_DC,
    "ChargeParameterDiscovery": Phase.PARAMETER_DISCOVERY,
    "CurrentDemand": Phase.CHARGING,
}

DIN: Final[Phases] = {
    **_WIRED,
    "ServicePaymentSelection": Phase.SERVICE_SELECTION,
    "ContractAuthentication": Phase.AUTHORIZATION,
}
ISO2: Final[Phases] = {
    **_WIRED,
    "ServiceDetail": Phase.SERVICE_SELECTION,
    "PaymentServiceSelection": Phase.SERVICE_SELECTION,
    "CertificateInstallation": Phase.AUTHORIZATION,
    "CertificateUpdate": Phase.AUTHORIZATION,
    "PaymentDetails": Phase.AUTHORIZATION,
    "Authorization": Phase.AUTHORIZATION,
    "ChargingStatus": Phase.CHARGING,
    "MeteringReceipt": Phase.CHARGING,
}
ISO20: Final[Phases] = {
    **_ALL,
    **{f"DC_{name}": phase for name, phase in _DC.items()},
    "AuthorizationSetup": Phase.AUTHORIZATION,
    "CertificateInstallation": Phase.AUTHORIZATION,
    "Authorization": Phase.AUTHORIZATION,
    "ServiceDetail": Phase.SERVICE_SELECTION,
    "ServiceSelection": Phase.SERVICE_SELECTION,
    "VehicleCheckIn": Phase.SERVICE_SELECTION,
    "VehicleCheckOut": Phase.SESSION_STOP,
    "AC_ChargeParameterDiscovery": Phase.PARAMETER_DISCOVERY,
    "DC_ChargeParameterDiscovery": Phase.PARAMETER_DISCOVERY,
    "ScheduleExchange": Phase.PARAMETER_DISCOVERY,
    "AC_ChargeLoop": Phase.CHARGING,
    "DC_ChargeLoop": Phase.CHARGING,
    "ScheduleRenegotiation": Phase.CHARGING,
    "MeteringConfirmation": Phase.CHARGING,
    "WPT_FinePositioningSetup": Phase.SESSION_SETUP,
    "WPT_FinePositioning": Phase.SESSION_SETUP,
    "WPT_Pairing": Phase.SESSION_SETUP,
    "WPT_ChargeParameterDiscovery": Phase.PARAMETER_DISCOVERY,
    "WPT_AlignmentCheck": Phase.CABLE_CHECK,
    "WPT_ChargeLoop": Phase.CHARGING,
    "ACDP_SystemStatus": Phase.SESSION_SETUP,
    "ACDP_VehiclePositioning": Phase.SESSION_SETUP,
    "ACDP_Connect": Phase.CABLE_CHECK,
    "ACDP_Disconnect": Phase.SESSION_STOP,
}
