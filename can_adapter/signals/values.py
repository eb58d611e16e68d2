"""The words that signals speak: enumerations of the values on the vehicle and station buses.

A member's value is its literal in matrices, in mappings and in the EV and charger interfaces.
What follows from a word is decided by others.
"""

from enum import Enum, IntFlag


class Word(Enum):
    """A value that stands in a signal by its name."""

    # Members are unique objects, so identity is enough; Enum's own hash is written in Python.
    __hash__ = object.__hash__


class StopRequest(Word):
    NONE = "NoStop"
    NORMAL = "Normal"
    FAST = "Fast"
    EMERGENCY = "Emergency"


class EnergyTransferMode(Word):
    """The first seven belong to DIN 70121 and ISO 15118-2, the others to ISO 15118-20."""

    AC_SINGLE_PHASE_CORE = "AC_single_phase_core"
    AC_TWO_PHASE = "AC_two_phase"
    AC_THREE_PHASE_CORE = "AC_three_phase_core"
    DC_CORE = "DC_core"
    DC_EXTENDED = "DC_extended"
    DC_COMBO_CORE = "DC_combo_core"
    DC_UNIQUE = "DC_unique"
    DC = "DC"
    AC_BPT = "AC_BPT"
    AC_BPT_DER = "AC_BPT_DER"
    AC_DER_IEC = "AC_DER_IEC"
    AC_DER_SAE = "AC_DER_SAE"
    DC_BPT = "DC_BPT"
    DC_ACDP = "DC_ACDP"
    DC_ACDP_BPT = "DC_ACDP_BPT"
    WPT = "WPT"
    MCS = "MCS"
    MCS_BPT = "MCS_BPT"


class OfferedModes(IntFlag):
    """What the station offers, one bit each; the lower six are those of ISO 15118-2."""

    AC_SINGLE_PHASE_CORE = 0x0001
    AC_THREE_PHASE_CORE = 0x0002
    DC_CORE = 0x0004
    DC_EXTENDED = 0x0008
    DC_COMBO_CORE = 0x0010
    DC_UNIQUE = 0x0020
    AC = 0x0040
    AC_BPT = 0x0080
    AC_DER = 0x0100
    DC = 0x0200
    DC_BPT = 0x0400
    DC_ACDP = 0x0800
    DC_ACDP_BPT = 0x1000
    MCS = 0x2000
    MCS_BPT = 0x4000
    WPT = 0x8000


class OfferedPayments(IntFlag):
    CONTRACT = 0x1
    EXTERNAL_PAYMENT = 0x2


class PaymentOption(Word):
    CONTRACT = "Contract"
    EXTERNAL_PAYMENT = "ExternalPayment"


class ControlMode(Word):
    SCHEDULED = "ScheduledControl"
    DYNAMIC = "DynamicControl"


class MobilityNeedsMode(Word):
    EVCC = "EVCC"
    EVCC_SECC = "EVCC_SECC"


class Channel(Word):
    CHARGE = "Charge"
    DISCHARGE = "Discharge"


class EvErrorCode(Word):
    NO_ERROR = "NO_ERROR"
    RESS_TEMPERATURE_INHIBIT = "FAILED_RESSTemperatureInhibit"
    SHIFT_POSITION = "FAILED_EVShiftPosition"
    CONNECTOR_LOCK_FAULT = "FAILED_ChargerConnectorLockFault"
    RESS_MALFUNCTION = "FAILED_EVRESSMalfunction"
    CURRENT_DIFFERENTIAL = "FAILED_ChargingCurrentdifferential"
    VOLTAGE_OUT_OF_RANGE = "FAILED_ChargingVoltageOutOfRange"
    RESERVED_A = "Reserved_A"
    RESERVED_B = "Reserved_B"
    RESERVED_C = "Reserved_C"
    SYSTEM_INCOMPATIBILITY = "FAILED_ChargingSystemIncompatibility"
    NO_DATA = "NoData"


class ShiftPosition(Word):
    PARK = "Park"
    REVERSE = "Reverse"
    NEUTRAL = "Neutral"
    DRIVE = "Drive"


class VehicleMode(Word):
    ASLEEP = "Asleep"
    STANDBY = "Standby"
    READY_TO_DRIVE = "ReadyToDrive"
    CHARGING = "Charging"
    SERVICE = "Service"


class WakeUpReason(Word):
    NONE = "NoWakeUp"
    PLUG = "Plug"
    PILOT = "Pilot"
    TIMER = "Timer"
    DRIVER = "Driver"
    REMOTE = "Remote"


class EcuWakeUp(Word):
    """Why the charging ECU is awake."""

    POWER_ON = "PowerOn"
    PLUG = "Plug"
    PILOT = "Pilot"
    VEHICLE = "Vehicle"
    TIMER = "Timer"
    TESTER = "Tester"


class ContactorState(Word):
    OPEN = "Open"
    CLOSING = "Closing"
    CLOSED = "Closed"
    OPENING = "Opening"
    WELDED = "Welded"
    FAULT = "ContactorFault"


class ContactorFeedback(Word):
    OPEN = "Open"
    CLOSED = "Closed"


class ContactorRequest(Word):
    """One side alone is opened to find out which contact is welded."""

    OPEN = "Open"
    CLOSE = "Close"
    OPEN_POSITIVE = "OpenPositive"
    OPEN_NEGATIVE = "OpenNegative"


class PlugState(Word):
    UNPLUGGED = "Unplugged"
    PLUGGED = "Plugged"
    FAULT = "PlugFault"


class LockState(Word):
    UNLOCKED = "Unlocked"
    MOVING = "Moving"
    LOCKED = "Locked"
    ERROR = "LockError"


class LockRequest(Word):
    KEEP = "Keep"
    LOCK = "Lock"
    UNLOCK = "Unlock"


class EcuState(Word):
    OFF = "Off"
    STARTING = "Starting"
    READY = "Ready"
    ACTIVE = "Active"
    PAUSED = "Paused"
    GOING_TO_SLEEP = "GoingToSleep"
    FAULT = "Fault"


class PilotState(Word):
    """The control pilot; 1 without PWM, 2 with."""

    NOT_AVAILABLE = "NotAvailable"
    A = "A"
    B1 = "B1"
    B2 = "B2"
    C1 = "C1"
    C2 = "C2"
    D1 = "D1"
    D2 = "D2"
    E = "E"
    F = "F"


class ChargeMode(Word):
    NONE = "NoCharge"
    PWM = "PWM"
    DIGITAL = "Digital"


class SessionState(Word):
    """How far the session has come, in the order in which it gets there."""

    DISCONNECTED = "Disconnected"
    MATCHING = "Matching"
    DISCOVERY = "Discovery"
    CONNECTING = "Connecting"
    NEGOTIATION = "Negotiation"
    SESSION_SETUP = "SessionSetup"
    SERVICE_SELECTION = "ServiceSelection"
    AUTHORIZATION = "Authorization"
    PARAMETER_DISCOVERY = "ParameterDiscovery"
    SCHEDULE_EXCHANGE = "ScheduleExchange"
    CABLE_CHECK = "CableCheck"
    PRE_CHARGE = "PreCharge"
    POWER_DELIVERY = "PowerDelivery"
    CHARGING = "Charging"
    STOPPING = "Stopping"
    WELDING_DETECTION = "WeldingDetection"
    SESSION_STOP = "SessionStop"
    PAUSED = "Paused"
    FINISHED = "Finished"
    FAILED = "Failed"


class SelectedProtocol(Word):
    NONE = "NoProtocol"
    DIN70121 = "DIN70121"
    ISO15118_2 = "ISO15118D2"
    ISO15118_20 = "ISO15118D20"


class SessionResult(Word):
    """Why the last session ended, without protocol detail."""

    NONE = "NoResult"
    COMPLETE = "Complete"
    STOPPED_BY_VEHICLE = "StoppedByVehicle"
    STOPPED_BY_STATION = "StoppedByStation"
    PAUSED = "Paused"
    NO_NEGOTIATION = "ProtocolNegotiationFailed"
    AUTHORIZATION_FAILED = "AuthorizationFailed"
    PARAMETERS_REFUSED = "ChargingParametersNotAccepted"
    SETUP_FAILED = "EnergyTransferSetupFailed"
    INTERRUPTED = "ChargingInterrupted"
    TLS_FAILED = "FailedTLSHandshake"
    UNEXPECTED_END = "UnexpectedSessionEnd"
    VEHICLE_FAULT = "VehicleFault"
    LINK_LOST = "LinkLost"


class EvseNotification(Word):
    NONE = "NoNotification"
    STOP_CHARGING = "StopCharging"
    RENEGOTIATION = "ReNegotiation"
    PAUSE = "Pause"
    EXIT_STANDBY = "ExitStandby"
    TERMINATE = "Terminate"
    SCHEDULE_RENEGOTIATION = "ScheduleRenegotiation"
    SERVICE_RENEGOTIATION = "ServiceRenegotiation"
    METERING_CONFIRMATION = "MeteringConfirmation"


class EvseStatusCode(Word):
    NOT_READY = "EVSE_NotReady"
    READY = "EVSE_Ready"
    SHUTDOWN = "EVSE_Shutdown"
    UTILITY_INTERRUPT = "EVSE_UtilityInterruptEvent"
    ISOLATION_MONITORING = "EVSE_IsolationMonitoringActive"
    EMERGENCY_SHUTDOWN = "EVSE_EmergencyShutdown"
    MALFUNCTION = "EVSE_Malfunction"
    RESERVED_8 = "Reserved_8"
    RESERVED_9 = "Reserved_9"
    RESERVED_A = "Reserved_A"
    RESERVED_B = "Reserved_B"
    RESERVED_C = "Reserved_C"


class IsolationStatus(Word):
    """``VALID`` is what ISO 15118-20 calls safe."""

    INVALID = "Invalid"
    VALID = "Valid"
    WARNING = "Warning"
    FAULT = "Fault"
    NO_IMD = "No_IMD"


class EvseProcessing(Word):
    FINISHED = "Finished"
    ONGOING = "Ongoing"
    WAITING_FOR_CUSTOMER = "Ongoing_WaitingForCustomerInteraction"


class EvseError(Word):
    NONE = "NoError"
    CONTACTOR = "Error_Contactor"
    RCD = "Error_RCD"
    UTILITY_INTERRUPT = "Error_UtilityInterruptEvent"
    MALFUNCTION = "Error_Malfunction"
    EMERGENCY_SHUTDOWN = "Error_EmergencyShutdown"


class PowerModuleMode(Word):
    OFF = "Off"
    CABLE_CHECK = "CableCheck"
    PRE_CHARGE = "PreCharge"
    CHARGE = "Charge"
    DISCHARGE = "Discharge"
    AC = "AC"


class PowerModuleState(Word):
    OFF = "Off"
    STANDBY = "Standby"
    CABLE_CHECK = "CableCheck"
    PRE_CHARGE = "PreCharge"
    CHARGING = "Charging"
    DISCHARGING = "Discharging"
    DISCHARGING_CABLE = "DischargingCable"
    FAULT = "Fault"


class CableCheckState(Word):
    IDLE = "Idle"
    RUNNING = "Running"
    PASSED = "Passed"
    FAILED = "CheckFailed"
