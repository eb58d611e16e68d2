"""What the vehicle tester says: a valid request for every place of a session.

Places are named by what the vehicle is about: PowerDelivery is ``Start``, ``Stop`` or
``Renegotiate``, the two charge loops are ``Loop``.  What was offered is remembered and used.
"""

from collections.abc import Callable
from typing import Any, Final

from bsw.chrgm.later import Later
from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.model import Message
from bsw.chrgm.record import Heard, Said
from evcc.session.ports import Wallet
from tools.conformance.bench import Deviation, NotFromHere, NotReached, Setup

Unit = iso2.Unit
EVCCID: Final = bytes.fromhex("0200000000a1")
BATTERY: Final = 380.0
TARGET: Final = 410.0
CURRENT: Final = 100.0
CERTIFICATES: Final = 2
"""The service by which contracts are delivered."""

EXCHANGES: Final = {
    "Start": "PowerDelivery",
    "Stop": "PowerDelivery",
    "Renegotiate": "PowerDelivery",
    "Receipt": "MeteringReceipt",
    "Pause": "SessionStop",
}


def quantity(amount: float, unit: iso2.Unit) -> iso2.PhysicalValue:
    return iso2.PhysicalValue.of(amount, unit)


class Iso2Words:
    """ISO 15118-2.  ``exchange`` names the message pair of a place."""

    def __init__(self, setup: Setup, wallet: Wallet | None) -> None:
        self._setup = setup
        self._wallet = wallet
        self.heard: dict[str, Any] = {}
        self.session_id = bytes(8)
        self.schedules: iso2.SAScheduleList | None = None
        self.tuple_id = 1

    def exchange(self, place: str) -> str:
        if place == "Loop":
            return "ChargingStatus" if self._setup.ac else "CurrentDemand"
        return EXCHANGES.get(place, place)

    def hear(self, place: str, heard: Heard) -> None:
        self.heard[place] = heard.body
        self.session_id = heard.session_id
        schedules = getattr(heard.body, "sa_schedules", None)
        if isinstance(schedules, iso2.SAScheduleList):
            self.schedules = schedules
            self.tuple_id = schedules.sa_schedule_tuple[-1].sa_schedule_tuple_id

    def request(self, place: str) -> Said | Later[Said]:
        makers: dict[str, Callable[[], Any]] = {
            "SessionSetup": lambda: iso2.SessionSetupReq(evccid=EVCCID),
            "ServiceDiscovery": iso2.ServiceDiscoveryReq,
            "ServiceDetail": self._detail,
            "PaymentServiceSelection": self._selection,
            "ChargeParameterDiscovery": self._parameters,
            "CableCheck": lambda: iso2.CableCheckReq(dc_ev_status=self._status()),
            "PreCharge": self._precharge,
            "Start": lambda: self._power(iso2.ChargeProgress.START),
            "Renegotiate": lambda: self._power(iso2.ChargeProgress.RENEGOTIATE),
            "Stop": lambda: self._power(iso2.ChargeProgress.STOP),
            "Loop": self._loop,
            "WeldingDetection": lambda: iso2.WeldingDetectionReq(dc_ev_status=self._status()),
            "SessionStop": lambda: self._stop(iso2.ChargingSession.TERMINATE),
            "Pause": lambda: self._stop(iso2.ChargingSession.PAUSE),
        }
        maker = makers.get(place)
        if maker is not None:
            return Said(maker())
        return self._contract(place)

    # With a contract

    @property
    def wallet(self) -> Wallet:
        assert self._wallet is not None, "this case needs keys: set tls"
        return self._wallet

    def _contract(self, place: str) -> Said | Later[Said]:
        if place == "CertificateInstallation":
            return self.wallet.installation()
        if place == "CertificateUpdate":
            return self.wallet.update()
        if place == "PaymentDetails":
            return Said(self._details())
        if place == "Receipt":
            return self.wallet.signed(self.receipt())
        assert place == "Authorization", f"no request for {place}"
        if not self._setup.contract or "Authorization" in self.heard:
            return Said(iso2.AuthorizationReq())
        return self.wallet.signed(self.authorization())

    def authorization(self) -> iso2.AuthorizationReq:
        challenge = self.heard["PaymentDetails"].gen_challenge
        return iso2.AuthorizationReq(id="id1", gen_challenge=challenge)

    def receipt(self) -> iso2.MeteringReceiptReq:
        return iso2.MeteringReceiptReq(
            id="id1",
            session_id=self.session_id,
            sa_schedule_tuple_id=self.tuple_id,
            meter_info=self.heard["Loop"].meter_info,
        )

    def _details(self) -> iso2.PaymentDetailsReq:
        contract = self.wallet.contract()
        assert contract is not None, "this case needs a contract"
        return details(contract.chain, contract.emaid)

    # Without

    def services(self) -> tuple[int, ...]:
        """The value-added services on offer."""
        offered = self.heard["ServiceDiscovery"].service_list
        return tuple(one.service_id for one in offered.service) if offered is not None else ()

    def first_service(self) -> int:
        services = self.services()
        if not services:
            raise NotFromHere("the station offers no service beside the charge")
        return services[0]

    # With one thing wrong

    def unknown_service(
        self, body: iso2.PaymentServiceSelectionReq, service: int
    ) -> iso2.PaymentServiceSelectionReq:
        return selection(body.selected_payment_option, iso2.SelectedService(service_id=service))

    def other_payment(self, body: Message) -> Message:
        options = iso2.PaymentOption
        option = options.EXTERNAL_PAYMENT if self._setup.contract else options.CONTRACT
        if option in self.heard["ServiceDiscovery"].payment_option_list.payment_option:
            if not self._setup.tls:
                raise Deviation("Contract is offered without TLS")
            raise NotFromHere(f"the station offers {option.value} as well")
        return body.replace(selected_payment_option=option)

    def other_mode(
        self, body: iso2.ChargeParameterDiscoveryReq
    ) -> iso2.ChargeParameterDiscoveryReq:
        """One that is not offered; of the same current if there is such a one, so that the
        parameters fit it.
        """
        service = self.heard["ServiceDiscovery"].charge_service
        offered = service.supported_energy_transfer_mode.energy_transfer_mode
        others = [one for one in iso2.EnergyTransferMode if one not in offered]
        if not others:
            raise NotFromHere("the station offers every mode there is")
        current = body.requested_energy_transfer_mode.value[:2]
        others.sort(key=lambda one: one.value[:2] != current)
        return body.replace(requested_energy_transfer_mode=others[0])

    def unknown_tuple(self, body: Message) -> Message:
        assert self.schedules is not None
        offered = {one.sa_schedule_tuple_id for one in self.schedules.sa_schedule_tuple}
        other = next(number for number in range(77, 256) if number not in offered)
        return body.replace(sa_schedule_tuple_id=other)

    def amps(self, amount: float) -> iso2.PhysicalValue:
        return quantity(amount, Unit.A)

    # The places

    def _detail(self) -> iso2.ServiceDetailReq:
        if self._setup.certificates:
            self._needs_certificates()
        return iso2.ServiceDetailReq(service_id=self.first_service())

    def _needs_certificates(self) -> None:
        if CERTIFICATES not in self.services():
            raise NotFromHere("the station does not offer the service for certificates")

    def _selection(self) -> iso2.PaymentServiceSelectionReq:
        charge = self.heard["ServiceDiscovery"].charge_service.service_id
        services = [iso2.SelectedService(service_id=charge)]
        if self._setup.certificates:
            self._needs_certificates()
            chosen = 1 if self._setup.certificates == "install" else 2
            services.append(iso2.SelectedService(service_id=CERTIFICATES, parameter_set_id=chosen))
        option = iso2.PaymentOption.EXTERNAL_PAYMENT
        if self._setup.contract:
            option = iso2.PaymentOption.CONTRACT
        return selection(option, *services)

    def _parameters(self) -> iso2.ChargeParameterDiscoveryReq:
        setup = self._setup
        return iso2.ChargeParameterDiscoveryReq(
            max_entries_sa_schedule_tuple=setup.entries,
            requested_energy_transfer_mode=iso2.EnergyTransferMode(setup.mode),
            ev_charge_parameter=ac_needs(setup) if setup.ac else self.dc_needs(),
        )

    def dc_needs(self) -> iso2.DCEVChargeParameter:
        return iso2.DCEVChargeParameter(
            departure_time=self._setup.departure,
            dc_ev_status=self._status(),
            ev_maximum_current_limit=quantity(200.0, Unit.A),
            ev_maximum_voltage_limit=quantity(420.0, Unit.V),
        )

    def _precharge(self) -> iso2.PreChargeReq:
        return iso2.PreChargeReq(
            dc_ev_status=self._status(),
            ev_target_voltage=quantity(BATTERY, Unit.V),
            ev_target_current=quantity(1.0, Unit.A),
        )

    def _power(self, progress: iso2.ChargeProgress) -> iso2.PowerDeliveryReq:
        parameter = None
        if not self._setup.ac:
            parameter = iso2.DCEVPowerDeliveryParameter(
                dc_ev_status=self._status(),
                charging_complete=progress is iso2.ChargeProgress.STOP,
            )
        starts = progress is iso2.ChargeProgress.START
        return iso2.PowerDeliveryReq(
            charge_progress=progress,
            sa_schedule_tuple_id=self.tuple_id,
            charging_profile=self.profile() if starts else None,
            ev_power_delivery_parameter=parameter,
        )

    def profile(self, factor: float = 1.0) -> iso2.ChargingProfile:
        """All that the chosen tuple allows, or more."""
        if self.schedules is None:
            raise NotReached("no schedules were offered")
        chosen = self.schedules.sa_schedule_tuple[-1].p_max_schedule.p_max_schedule_entry
        return iso2.ChargingProfile(
            profile_entry=tuple(
                iso2.ProfileEntry(
                    charging_profile_entry_start=entry.time_interval.start,
                    charging_profile_entry_max_power=quantity(entry.p_max.si() * factor, Unit.W),
                )
                for entry in chosen[:24]
            )
        )

    def _loop(self) -> iso2.ChargingStatusReq | iso2.CurrentDemandReq:
        if self._setup.ac:
            return iso2.ChargingStatusReq()
        return iso2.CurrentDemandReq(
            dc_ev_status=self._status(),
            ev_target_current=quantity(self._at_most(CURRENT, "current"), Unit.A),
            charging_complete=False,
            ev_target_voltage=quantity(self._at_most(TARGET, "voltage"), Unit.V),
        )

    def _at_most(self, wanted: float, what: str) -> float:
        """A vehicle asks for no more than was offered."""
        return at_most(wanted, self.heard.get("ChargeParameterDiscovery"), what)

    def _stop(self, how: iso2.ChargingSession) -> iso2.SessionStopReq:
        return iso2.SessionStopReq(charging_session=how)

    def _status(self) -> iso2.DCEVStatus:
        return dc_status("NO_ERROR")


def at_most(wanted: float, offered: Any, what: str) -> float:  # noqa: ANN401 - of either protocol
    """``wanted``, or the station's maximum of it where that is less."""
    limits = getattr(offered, "evse_charge_parameter", None)
    most = getattr(limits, f"evse_maximum_{what}_limit", None)
    return wanted if most is None else min(wanted, float(most.si()))


def dc_status(error: str) -> iso2.DCEVStatus:
    return iso2.DCEVStatus(ev_ready=True, ev_error_code=iso2.DCEVErrorCode(error), evresssoc=40)


def ac_needs(setup: Setup) -> iso2.ACEVChargeParameter:
    return iso2.ACEVChargeParameter(
        departure_time=setup.departure,
        e_amount=quantity(20_000.0, Unit.WH),
        ev_max_voltage=quantity(400.0, Unit.V),
        ev_max_current=quantity(16.0, Unit.A),
        ev_min_current=quantity(6.0, Unit.A),
    )


def selection(
    option: iso2.PaymentOption, *services: iso2.SelectedService
) -> iso2.PaymentServiceSelectionReq:
    return iso2.PaymentServiceSelectionReq(
        selected_payment_option=option,
        selected_service_list=iso2.SelectedServiceList(selected_service=tuple(services)),
    )


def details(chain: tuple[bytes, ...], emaid: str) -> iso2.PaymentDetailsReq:
    leaf, *below = chain
    subs = iso2.SubCertificates(certificate=tuple(below)) if below else None
    return iso2.PaymentDetailsReq(
        emaid=emaid,
        contract_signature_cert_chain=iso2.CertificateChain(
            certificate=leaf, sub_certificates=subs
        ),
    )
