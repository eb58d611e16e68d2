"""What the vehicle tester says in DIN 70121, by the same names of places."""

from collections.abc import Callable
from typing import Any, Final

from bsw.chrgm.messages import din
from bsw.chrgm.messages.model import Message
from bsw.chrgm.record import Heard, Said
from tools.conformance.bench import Deviation, Setup
from tools.conformance.station.words import (
    BATTERY,
    CURRENT,
    EVCCID,
    EXCHANGES,
    TARGET,
    at_most,
)

Unit = din.Unit
MODEST: Final = 10_000
"""Watts."""
NAMES: Final = {
    **EXCHANGES,
    "PaymentServiceSelection": "ServicePaymentSelection",
    "Authorization": "ContractAuthentication",
    "Loop": "CurrentDemand",
}


def quantity(amount: float, unit: din.Unit) -> din.PhysicalValue:
    return din.PhysicalValue.of(amount, unit)


class DinWords:
    """DIN 70121."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.heard: dict[str, Any] = {}

    def exchange(self, place: str) -> str:
        return NAMES.get(place, place)

    def hear(self, place: str, heard: Heard) -> None:
        self.heard[place] = heard.body

    def request(self, place: str) -> Said:
        status = din.DCEVStatus(
            ev_ready=True, ev_error_code=din.DCEVErrorCode.NO_ERROR, evresssoc=40
        )
        makers: dict[str, Callable[[], Any]] = {
            "SessionSetup": lambda: din.SessionSetupReq(evccid=EVCCID),
            "ServiceDiscovery": din.ServiceDiscoveryReq,
            "PaymentServiceSelection": lambda: selection(self.charge_service()),
            "Authorization": din.ContractAuthenticationReq,
            "ChargeParameterDiscovery": lambda: self._parameters(status),
            "CableCheck": lambda: din.CableCheckReq(dc_ev_status=status),
            "PreCharge": lambda: din.PreChargeReq(
                dc_ev_status=status,
                ev_target_voltage=quantity(BATTERY, Unit.V),
                ev_target_current=quantity(1.0, Unit.A),
            ),
            "Start": lambda: self._power(status, starts=True),
            "Stop": lambda: self._power(status, starts=False),
            "Loop": lambda: din.CurrentDemandReq(
                dc_ev_status=status,
                ev_target_current=quantity(self._at_most(CURRENT, "current"), Unit.A),
                charging_complete=False,
                ev_target_voltage=quantity(self._at_most(TARGET, "voltage"), Unit.V),
            ),
            "WeldingDetection": lambda: din.WeldingDetectionReq(dc_ev_status=status),
            "SessionStop": din.SessionStopReq,
        }
        return Said(makers[place]())

    def charge_service(self) -> int:
        number: int = self.heard["ServiceDiscovery"].charge_service.service_tag.service_id
        return number

    def services(self) -> tuple[int, ...]:
        """Whatever has a number."""
        offered = self.heard["ServiceDiscovery"].service_list
        others = () if offered is None else offered.service
        return (self.charge_service(), *(one.service_tag.service_id for one in others))

    # With one thing wrong

    def unknown_service(self, _body: object, service: int) -> din.ServicePaymentSelectionReq:
        return selection(service)

    def other_payment(self, body: Message) -> Message:
        contract = din.PaymentOption.CONTRACT
        if contract in self.heard["ServiceDiscovery"].payment_options.payment_option:
            raise Deviation("Contract is offered in DIN 70121")
        return body.replace(selected_payment_option=contract)

    def other_mode(self, body: Message) -> Message:
        kind = din.EVRequestedEnergyTransfer.AC_THREE_PHASE_CORE
        return body.replace(ev_requested_energy_transfer_type=kind)

    def unknown_tuple(self, body: Message) -> Message:
        offered = {one.sa_schedule_tuple_id for one in self._tuples()}
        other = next(number for number in range(2, 256) if number not in offered)
        return body.replace(charging_profile=profile(other, MODEST))

    def amps(self, amount: float) -> din.PhysicalValue:
        return quantity(amount, Unit.A)

    # The places

    def _tuples(self) -> tuple[din.SAScheduleTuple, ...]:
        offered = self.heard["ChargeParameterDiscovery"].sa_schedules
        return offered.sa_schedule_tuple if isinstance(offered, din.SAScheduleList) else ()

    def _profile(self) -> din.ChargingProfile:
        """What the last tuple allows all the time, and no more than what is modest."""
        *_, chosen = self._tuples()
        least = min(entry.p_max for entry in chosen.p_max_schedule.p_max_schedule_entry)
        return profile(chosen.sa_schedule_tuple_id, min(least, MODEST))

    def _parameters(self, status: din.DCEVStatus) -> din.ChargeParameterDiscoveryReq:
        return din.ChargeParameterDiscoveryReq(
            ev_requested_energy_transfer_type=din.EVRequestedEnergyTransfer(self._setup.mode),
            ev_charge_parameter=din.DCEVChargeParameter(
                dc_ev_status=status,
                ev_maximum_current_limit=quantity(200.0, Unit.A),
                ev_maximum_voltage_limit=quantity(420.0, Unit.V),
            ),
        )

    def _at_most(self, wanted: float, what: str) -> float:
        return at_most(wanted, self.heard.get("ChargeParameterDiscovery"), what)

    def _power(self, status: din.DCEVStatus, *, starts: bool) -> din.PowerDeliveryReq:
        return din.PowerDeliveryReq(
            ready_to_charge_state=starts,
            charging_profile=self._profile() if starts else None,
            ev_power_delivery_parameter=din.DCEVPowerDeliveryParameter(
                dc_ev_status=status, charging_complete=not starts
            ),
        )


def profile(tuple_id: int, watts: int) -> din.ChargingProfile:
    return din.ChargingProfile(
        sa_schedule_tuple_id=tuple_id,
        profile_entry=(
            din.ProfileEntry(
                charging_profile_entry_start=0, charging_profile_entry_max_power=watts
            ),
        ),
    )


def selection(*services: int) -> din.ServicePaymentSelectionReq:
    return din.ServicePaymentSelectionReq(
        selected_payment_option=din.PaymentOption.EXTERNAL_PAYMENT,
        selected_service_list=din.SelectedServiceList(
            selected_service=tuple(din.SelectedService(service_id=one) for one in services)
        ),
    )
