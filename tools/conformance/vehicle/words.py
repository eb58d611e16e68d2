"""What the station tester answers: a valid response to every request of both protocols."""

from collections.abc import Callable
from typing import Any, Final

from bsw.chrgm.messages import din, iso2
from bsw.chrgm.modes import mode_of
from bsw.chrgm.protocols import DIN, ISO2

SESSION: Final = bytes.fromhex("0123456789abcdef")
EVSE_ID: Final = "DE*PWX*E0001*1"
MOST_VOLTS, MOST_AMPS, MOST_WATTS = 500.0, 125.0, 30_000.0
DAY: Final = 86_400

Unit = iso2.Unit
Ok = iso2.ResponseCode.OK
Answers = dict[str, Callable[[Any], Any]]


def pv(amount: float, unit: iso2.Unit) -> iso2.PhysicalValue:
    return iso2.PhysicalValue.of(amount, unit)


def dc_status(
    code: str = "EVSE_Ready", isolation: str = "Valid", notification: str = "None", delay: int = 0
) -> iso2.DCEVSEStatus:
    return iso2.DCEVSEStatus(
        notification_max_delay=delay,
        evse_notification=iso2.EVSENotification(notification),
        evse_isolation_status=iso2.IsolationLevel(isolation),
        evse_status_code=iso2.DCEVSEStatusCode(code),
    )


def ac_status(*, rcd: bool = False, notification: str = "None") -> iso2.ACEVSEStatus:
    return iso2.ACEVSEStatus(
        notification_max_delay=0, evse_notification=iso2.EVSENotification(notification), rcd=rcd
    )


def schedule(
    number: int, watts: float, tariff: iso2.SalesTariff | None = None
) -> iso2.SAScheduleTuple:
    return iso2.SAScheduleTuple(
        sa_schedule_tuple_id=number,
        p_max_schedule=iso2.PMaxSchedule(
            p_max_schedule_entry=(
                iso2.PMaxScheduleEntry(
                    time_interval=iso2.RelativeTimeInterval(start=0, duration=DAY),
                    p_max=pv(watts, Unit.W),
                ),
            )
        ),
        sales_tariff=tariff,
    )


class Iso2Station:
    """ISO 15118-2.  ``volts`` and ``amps`` are what the source puts out."""

    def __init__(self, mode: str, *, contract: bool, certificates: bool) -> None:
        self.mode = mode
        self.volts = self.amps = 0.0
        self._options = [iso2.PaymentOption.EXTERNAL_PAYMENT]
        if contract:
            self._options.insert(0, iso2.PaymentOption.CONTRACT)
        self._certificates = certificates
        self.answers: Answers = {
            "SessionSetup": lambda _req: iso2.SessionSetupRes(
                response_code=iso2.ResponseCode.OK_NEW_SESSION_ESTABLISHED, evseid=EVSE_ID
            ),
            "ServiceDiscovery": lambda _req: self.discovery(),
            "ServiceDetail": lambda req: self._detail(req.service_id),
            "PaymentServiceSelection": lambda _req: iso2.PaymentServiceSelectionRes(
                response_code=Ok
            ),
            "PaymentDetails": lambda _req: iso2.PaymentDetailsRes(
                response_code=Ok, gen_challenge=bytes(range(16)), evse_time_stamp=0
            ),
            "Authorization": lambda _req: iso2.AuthorizationRes(
                response_code=Ok, evse_processing=iso2.EVSEProcessing.FINISHED
            ),
            "ChargeParameterDiscovery": lambda _req: self.parameters(),
            "CableCheck": lambda _req: iso2.CableCheckRes(
                response_code=Ok,
                dc_evse_status=dc_status(),
                evse_processing=iso2.EVSEProcessing.FINISHED,
            ),
            "PreCharge": lambda _req: iso2.PreChargeRes(
                response_code=Ok,
                dc_evse_status=dc_status(),
                evse_present_voltage=pv(self.volts, Unit.V),
            ),
            "PowerDelivery": lambda _req: iso2.PowerDeliveryRes(
                response_code=Ok, evse_status=ac_status() if self.ac else dc_status()
            ),
            "ChargingStatus": lambda _req: self.charging_status(),
            "CurrentDemand": lambda _req: self.current_demand(),
            "MeteringReceipt": lambda _req: iso2.MeteringReceiptRes(
                response_code=Ok, evse_status=ac_status() if self.ac else dc_status()
            ),
            "WeldingDetection": lambda _req: iso2.WeldingDetectionRes(
                response_code=Ok,
                dc_evse_status=dc_status("EVSE_Shutdown"),
                evse_present_voltage=pv(0.0, Unit.V),
            ),
            "SessionStop": lambda _req: iso2.SessionStopRes(response_code=Ok),
        }

    @property
    def ac(self) -> bool:
        return mode_of(self.mode).ac

    def discovery(
        self, *, modes: tuple[str, ...] = (), service: int = 1
    ) -> iso2.ServiceDiscoveryRes:
        certificates = iso2.Service(
            service_id=2,
            service_category=iso2.ServiceCategory.CONTRACT_CERTIFICATE,
            free_service=True,
        )
        return iso2.ServiceDiscoveryRes(
            response_code=Ok,
            payment_option_list=iso2.PaymentOptionList(payment_option=tuple(self._options)),
            charge_service=iso2.ChargeService(
                service_id=service,
                service_category=iso2.ServiceCategory.EV_CHARGING,
                free_service=True,
                supported_energy_transfer_mode=iso2.SupportedEnergyTransferMode(
                    energy_transfer_mode=tuple(
                        iso2.EnergyTransferMode(mode) for mode in modes or (self.mode,)
                    )
                ),
            ),
            service_list=iso2.ServiceList(service=(certificates,)) if self._certificates else None,
        )

    def _detail(self, number: int) -> iso2.ServiceDetailRes:
        sets = tuple(
            iso2.ParameterSet(
                parameter_set_id=place,
                parameter=(iso2.Parameter(name="Service", string_value=name),),
            )
            for place, name in ((1, "Installation"), (2, "Update"))
        )
        return iso2.ServiceDetailRes(
            response_code=Ok,
            service_id=number,
            service_parameter_list=iso2.ServiceParameterList(parameter_set=sets),
        )

    def parameters(self, *tuples: iso2.SAScheduleTuple) -> iso2.ChargeParameterDiscoveryRes:
        watts = 11_000.0 if self.ac else MOST_WATTS
        listed = iso2.SAScheduleList(sa_schedule_tuple=tuples or (schedule(1, watts),))
        return iso2.ChargeParameterDiscoveryRes(
            response_code=Ok,
            evse_processing=iso2.EVSEProcessing.FINISHED,
            sa_schedules=listed,
            evse_charge_parameter=self._ac_offer() if self.ac else self._dc_offer(),
        )

    def _ac_offer(self) -> iso2.ACEVSEChargeParameter:
        return iso2.ACEVSEChargeParameter(
            ac_evse_status=ac_status(),
            evse_nominal_voltage=pv(230.0, Unit.V),
            evse_max_current=pv(16.0, Unit.A),
        )

    def _dc_offer(self) -> iso2.DCEVSEChargeParameter:
        return iso2.DCEVSEChargeParameter(
            dc_evse_status=dc_status("EVSE_NotReady", "Invalid"),
            evse_maximum_current_limit=pv(MOST_AMPS, Unit.A),
            evse_maximum_power_limit=pv(MOST_WATTS, Unit.W),
            evse_maximum_voltage_limit=pv(MOST_VOLTS, Unit.V),
            evse_minimum_current_limit=pv(1.0, Unit.A),
            evse_minimum_voltage_limit=pv(150.0, Unit.V),
            evse_peak_current_ripple=pv(1.0, Unit.A),
        )

    def meter(self) -> iso2.MeterInfo:
        return iso2.MeterInfo(meter_id="M1", meter_reading=1234, t_meter=1)

    def charging_status(
        self, *, rcd: bool = False, notification: str = "None", receipt: bool = False
    ) -> iso2.ChargingStatusRes:
        return iso2.ChargingStatusRes(
            response_code=Ok,
            evseid=EVSE_ID,
            sa_schedule_tuple_id=1,
            evse_max_current=pv(16.0, Unit.A),
            meter_info=self.meter() if receipt else None,
            receipt_required=receipt,
            ac_evse_status=ac_status(rcd=rcd, notification=notification),
        )

    def current_demand(
        self,
        status: iso2.DCEVSEStatus | None = None,
        *,
        receipt: bool = False,
        amps: float | None = None,
    ) -> iso2.CurrentDemandRes:
        return iso2.CurrentDemandRes(
            response_code=Ok,
            dc_evse_status=status or dc_status(),
            evse_present_voltage=pv(self.volts, Unit.V),
            evse_present_current=pv(self.amps, Unit.A),
            evse_current_limit_achieved=False,
            evse_voltage_limit_achieved=False,
            evse_power_limit_achieved=False,
            evse_maximum_voltage_limit=pv(MOST_VOLTS, Unit.V),
            evse_maximum_current_limit=pv(MOST_AMPS if amps is None else amps, Unit.A),
            evse_maximum_power_limit=pv(MOST_WATTS, Unit.W),
            evseid=EVSE_ID,
            sa_schedule_tuple_id=1,
            meter_info=self.meter() if receipt else None,
            receipt_required=receipt,
        )


class DinStation:
    """DIN 70121.  With ``units`` off the physical values come without one."""

    def __init__(self, mode: str, *, units: bool = True) -> None:
        self.mode = mode
        self.units = units
        self.volts = self.amps = 0.0
        ok = din.ResponseCode.OK
        done = din.EVSEProcessing.FINISHED
        self.answers: Answers = {
            "SessionSetup": lambda _req: din.SessionSetupRes(
                response_code=din.ResponseCode.OK_NEW_SESSION_ESTABLISHED, evseid=b"\x49PWX"
            ),
            "ServiceDiscovery": lambda _req: self.discovery(),
            "ServicePaymentSelection": lambda _req: din.ServicePaymentSelectionRes(
                response_code=ok
            ),
            "ContractAuthentication": lambda _req: din.ContractAuthenticationRes(
                response_code=ok, evse_processing=done
            ),
            "ChargeParameterDiscovery": lambda _req: self.parameters(),
            "CableCheck": lambda _req: self.cable_check(),
            "PreCharge": lambda _req: din.PreChargeRes(
                response_code=ok,
                dc_evse_status=self.status(),
                evse_present_voltage=self.pv(self.volts, din.Unit.V),
            ),
            "PowerDelivery": lambda _req: din.PowerDeliveryRes(
                response_code=ok, evse_status=self.status()
            ),
            "CurrentDemand": lambda _req: self.current_demand(),
            "WeldingDetection": lambda _req: din.WeldingDetectionRes(
                response_code=ok,
                dc_evse_status=self.status("EVSE_Shutdown"),
                evse_present_voltage=self.pv(0.0, din.Unit.V),
            ),
            "SessionStop": lambda _req: din.SessionStopRes(response_code=ok),
        }

    def pv(self, amount: float, unit: din.Unit) -> din.PhysicalValue:
        value = din.PhysicalValue.of(amount, unit)
        return value if self.units else value.replace(unit=None)

    def status(
        self, code: str = "EVSE_Ready", isolation: str = "Valid", notification: str = "None"
    ) -> din.DCEVSEStatus:
        return din.DCEVSEStatus(
            evse_isolation_status=din.IsolationLevel(isolation),
            evse_status_code=din.DCEVSEStatusCode(code),
            notification_max_delay=0,
            evse_notification=din.EVSENotification(notification),
        )

    def discovery(
        self, *, option: str = "ExternalPayment", mode: str = ""
    ) -> din.ServiceDiscoveryRes:
        return din.ServiceDiscoveryRes(
            response_code=din.ResponseCode.OK,
            payment_options=din.PaymentOptions(payment_option=(din.PaymentOption(option),)),
            charge_service=din.ServiceCharge(
                service_tag=din.ServiceTag(
                    service_id=1, service_category=din.ServiceCategory.EV_CHARGING
                ),
                free_service=True,
                energy_transfer_type=din.EVSESupportedEnergyTransfer(mode or self.mode),
            ),
        )

    def parameters(self) -> din.ChargeParameterDiscoveryRes:
        units = din.Unit
        interval = din.RelativeTimeInterval(start=0, duration=DAY)
        return din.ChargeParameterDiscoveryRes(
            response_code=din.ResponseCode.OK,
            evse_processing=din.EVSEProcessing.FINISHED,
            sa_schedules=din.SAScheduleList(
                sa_schedule_tuple=(
                    din.SAScheduleTuple(
                        sa_schedule_tuple_id=1,
                        p_max_schedule=din.PMaxSchedule(
                            p_max_schedule_id=1,
                            p_max_schedule_entry=(
                                din.PMaxScheduleEntry(time_interval=interval, p_max=30_000),
                            ),
                        ),
                    ),
                )
            ),
            evse_charge_parameter=din.DCEVSEChargeParameter(
                dc_evse_status=self.status("EVSE_NotReady", "Invalid"),
                evse_maximum_current_limit=self.pv(MOST_AMPS, units.A),
                evse_maximum_power_limit=self.pv(MOST_WATTS, units.W),
                evse_maximum_voltage_limit=self.pv(MOST_VOLTS, units.V),
                evse_minimum_current_limit=self.pv(1.0, units.A),
                evse_minimum_voltage_limit=self.pv(150.0, units.V),
                evse_peak_current_ripple=self.pv(1.0, units.A),
            ),
        )

    def cable_check(self, status: din.DCEVSEStatus | None = None) -> din.CableCheckRes:
        return din.CableCheckRes(
            response_code=din.ResponseCode.OK,
            dc_evse_status=status or self.status(),
            evse_processing=din.EVSEProcessing.FINISHED,
        )

    def current_demand(self, status: din.DCEVSEStatus | None = None) -> din.CurrentDemandRes:
        return din.CurrentDemandRes(
            response_code=din.ResponseCode.OK,
            dc_evse_status=status or self.status(),
            evse_present_voltage=self.pv(self.volts, din.Unit.V),
            evse_present_current=self.pv(self.amps, din.Unit.A),
            evse_current_limit_achieved=False,
            evse_voltage_limit_achieved=False,
            evse_power_limit_achieved=False,
        )


_STATIONS: Final[dict[str, Callable[[str, bool, bool], Iso2Station | DinStation]]] = {
    DIN.name: lambda mode, _contract, _certificates: DinStation(mode),
    ISO2.name: lambda mode, contract, certificates: Iso2Station(
        mode, contract=contract, certificates=certificates
    ),
}


def station_of(
    protocol: str, mode: str, *, contract: bool = False, certificates: bool = False
) -> Iso2Station | DinStation:
    """By the protocol's name: whoever makes a scripted station names none."""
    return _STATIONS[protocol](mode, contract, certificates)
