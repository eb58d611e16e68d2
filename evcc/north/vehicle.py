"""The vehicle's commands.  Every argument is checked before anything reaches the session.

``said`` keeps the vehicle's values that were told here, and nothing else; what may be asked for
only once is an event.
"""

from typing import Any, Final, Protocol

from bsw.chrgm.endings import SessionResult
from bsw.chrgm.modes import ModeName
from bsw.chrgm.protocols import SPOKEN, ProtocolWord
from bsw.north.command import CommandError, Commands, refused
from bsw.north.variables import Listener, Variables
from bsw.os.clock import S
from evcc.north.objects import (
    AcEvParameters,
    Amps,
    DcEvBPTParameters,
    DcEvParameters,
    ErrorCode,
    KiloWattHours,
    PadCode,
    PaymentName,
    Percent,
    Seconds,
    SelectedPaymentOption,
    Share,
    SignedAmps,
    StopMode,
    Volts,
    WattHours,
    Watts,
)
from evcc.north.variables import variables
from evcc.vehicle import DECLARED, Asked, Intent, VehicleValues

COMMANDS: list[str] = []
command = Commands(COMMANDS)

PROTOCOLS = {one.word: one.name for one in SPOKEN}


WISHES: Final = frozenset(name for name, one in DECLARED.items() if not one.lasting)
"""What is said for one charge, and not for the next plug-in."""


class VehicleUser(Protocol):
    """Who carries out what this interface is told."""

    @property
    def running(self) -> str:
        """The mode of the session that runs now, empty if there is none."""

    def owned(self, name: str) -> bool:
        """Whether another source, which nobody may contradict, tells this value."""

    def commanded(self) -> None:
        """After each command."""

    def wake_station(self) -> None:
        """A pause shall end."""


class Vehicle:
    """One inlet."""

    def __init__(
        self, user: VehicleUser, *, debug: bool = False, asked: Asked | None = None
    ) -> None:
        self.debug = debug
        self.said: dict[str, Any] = {}
        self.asked = asked or Asked()
        self.measured = False  # a measurement has come; whoever keeps the time takes it back
        self.variables: Variables = variables()
        self.protocols: tuple[str, ...] = ()
        self._user = user
        self._fault_after: ErrorCode = "NO_ERROR"  # stands when the ordered stop is over
        self._departs: int | None = None  # scheduler time, as soon as somebody looked

    @property
    def state(self) -> VehicleValues:
        """What was said here, as if nobody else had said anything."""
        return VehicleValues(**self.said)

    def says(self, now: int) -> dict[str, Any]:
        """What was said, as it holds now: a departure comes nearer."""
        wanted = self.said.get("departure")
        if wanted is None:
            return self.said
        if self._departs is None:
            self._departs = now + wanted * S
        return self.said | {"departure": max(0, (self._departs - now) // S)}

    def subscribe(self, name: str, listener: Listener) -> None:
        self.variables.subscribe(name, listener)

    def last(self, name: str) -> Any:  # noqa: ANN401 - the variable's own type
        return self.variables.last(name)

    def session_ended(self, result: SessionResult) -> None:
        """Tell the end, first with its reason, then by the name that has none."""
        self._let_fault_stand()
        self.variables.publish("session_result", result)
        self.variables.publish("v2g_session_finished")

    # The interface integrators know

    @command
    def start_charging(
        self,
        *,
        EnergyTransferMode: ModeName,  # noqa: N803 - the interface's own names
        SelectedPaymentOption: SelectedPaymentOption,  # noqa: N803
        DepartureTime: Seconds,  # noqa: N803
        EAmount: KiloWattHours,  # noqa: N803
    ) -> bool:
        """Departure in seconds from now, 0 for none; energy in kWh, 0 for no goal."""
        self._same_mode(EnergyTransferMode)
        self._set(
            mode=EnergyTransferMode,
            prefer_contract=SelectedPaymentOption.payment_option != "ExternalPayment",
            departure=int(DepartureTime) or None,
            energy_request=EAmount * 1000.0 or None,
            intent=Intent.CHARGE,
            permission=True,
        )
        return True

    @command
    def stop_charging(self) -> None:
        self._set(intent=Intent.STOP)

    @command
    def pause_charging(self) -> None:
        self._set(intent=Intent.PAUSE)

    @command
    def set_fault(
        self,
        *,
        error: ErrorCode = "FAILED_EVRESSMalfunction",
        stop_mode: StopMode = "Immediate",
    ) -> None:
        """``Ordered`` lets a session that runs come to its end first: a code cuts the current."""
        if stop_mode == "Ordered" and error != "NO_ERROR" and self._user.running:
            self._fault_after = error
            self._set(intent=Intent.STOP)
        else:
            self._fault_after = "NO_ERROR"
            self._set(error=error)

    @command
    def set_dc_params(self, *, EvParameters: DcEvParameters) -> None:  # noqa: N803
        given = EvParameters
        self._take(
            max_current=given.max_current_limit,
            max_power=given.max_power_limit,
            max_voltage=given.max_voltage_limit,
            energy_capacity=given.energy_capacity,
            target_current=given.target_current,
            target_voltage=given.target_voltage,
        )

    @command
    def set_bpt_dc_params(self, *, EvBPTParameters: DcEvBPTParameters) -> None:  # noqa: N803
        """Out of the battery, as magnitudes; DIN 70121 and ISO 15118-2 have no words for it."""
        given = EvBPTParameters
        self._take(
            discharge_max_current=given.discharge_max_current_limit,
            discharge_max_power=given.discharge_max_power_limit,
            discharge_wanted=given.discharge_target_current,
            discharge_min_soc=given.discharge_minimal_soc,
        )

    @command
    def allow_discharging(self, *, permission: bool) -> None:
        """Energy may leave the battery; withdrawn, nothing flows out any more."""
        self._set(discharge_permission=permission)

    @command
    def enable_sae_j2847_v2g_v2h(self) -> None:
        """Refused with the reason: a vehicle that believes in it would wait for nothing."""
        raise CommandError(
            "enable_sae_j2847_v2g_v2h: the reverse mode of SAE J2847/2 is not part of this "
            "version; charge without it"
        )

    @command
    def update_soc(self, *, SoC: Percent) -> None:  # noqa: N803
        self._measure("update_soc", SoC=("soc", SoC))

    # What it lacked

    @command
    def reset_fault(self) -> None:
        self._fault_after = "NO_ERROR"
        self._set(error="NO_ERROR")

    @command
    def set_ac_params(self, *, parameters: AcEvParameters) -> None:
        self._take(
            ac_max_voltage=parameters.max_voltage,
            ac_max_current=parameters.max_current,
            ac_min_current=parameters.min_current,
            ac_max_power=parameters.max_charge_power,
            ac_max_back=parameters.max_discharge_power,
        )

    @command
    def update_dc_present_values(
        self, *, inlet_voltage: Volts, battery_voltage: Volts, current: SignedAmps
    ) -> None:
        """Measured by the vehicle, never the target repeated."""
        self._measure(
            "update_dc_present_values",
            inlet_voltage=("inlet_voltage", inlet_voltage),
            battery_voltage=("battery_voltage", battery_voltage),
            current=("battery_current", current),
        )

    @command
    def update_contactor_state(self, *, closed: bool, welded: bool = False) -> None:
        """Welded is a fault, and stands until ``reset_fault``."""
        self._measure("update_contactor_state", closed=("contactors_closed", closed))
        if welded:
            self.set_fault(error="FAILED_EVRESSMalfunction")

    @command
    def update_inlet(
        self,
        *,
        locked: bool | None = None,
        cable_current: Amps | None = None,
        derating: Share = 1.0,
    ) -> None:
        if locked is not None:
            self._measure("update_inlet", locked=("locked", locked))
        self._take(derating=derating, cable_current=cable_current)

    @command
    def update_receiver(
        self,
        *,
        pad_code: PadCode | None = None,
        pad_power: Watts | None = None,
    ) -> None:
        """What the receiver of wireless energy observes of the pad below, and gets in its test."""
        self._measure(
            "update_receiver", pad_code=("pad_code", pad_code), pad_power=("pad_power", pad_power)
        )

    @command
    def set_mobility_needs(
        self,
        *,
        departure: Seconds | None = None,
        energy_request: WattHours | None = None,
        full_soc: Percent | None = None,
        bulk_soc: Percent | None = None,
        minimum_soc: Percent | None = None,
    ) -> None:
        self._set(
            departure=None if departure is None else int(departure),
            energy_request=energy_request,
            full_soc=full_soc,
            bulk_soc=bulk_soc,
            minimum_soc=minimum_soc,
        )

    @command
    def allow_charging(self, *, permission: bool) -> None:
        self._set(permission=permission)

    @command
    def request_renegotiation(self) -> None:
        self.asked.renegotiation.ask()
        self._user.commanded()

    @command
    def resume(self) -> None:
        """End a pause from the vehicle's side."""
        self._set(intent=Intent.CHARGE)
        self._user.wake_station()

    @command
    def wake_up(self) -> None:
        """The same, by the other name it is known under."""
        self.resume()

    @command
    def set_protocol_offer(self, *, protocols: list[ProtocolWord]) -> None:
        """Best first; from the next session on.  An empty list: as configured."""
        if len(set(protocols)) < len(protocols):
            raise refused("set_protocol_offer", "protocols", "name each protocol once")
        self.protocols = tuple(PROTOCOLS[name] for name in protocols)
        self._user.commanded()

    @command
    def set_authorization(self, *, mode: PaymentName) -> None:
        """How to pay from the next session on: by contract where possible, or never."""
        self._set(prefer_contract=mode == "Contract")

    @command
    def request_certificate_installation(self) -> None:
        """Ask for a contract in the next session, also if there is one."""
        self.asked.contract.ask()
        self._user.commanded()

    def _let_fault_stand(self) -> None:
        """Quietly: the session that stopped for it is just ending."""
        if self._fault_after != "NO_ERROR":
            self.said |= {"error": self._fault_after, "intent": Intent.CHARGE}
            self._fault_after = "NO_ERROR"

    def forget_wishes(self) -> None:
        """The plug was out: what was wished for that charge is over."""
        self._say(**dict.fromkeys(WISHES))
        self.asked.renegotiation.done()
        self.asked.contract.done()

    def _same_mode(self, wanted: str) -> None:
        """The mode is agreed once a session; another one needs another session."""
        running = self._user.running
        if running and running != wanted:
            raise refused(
                "start_charging",
                "EnergyTransferMode",
                f"a session with {running} is running, {wanted} has to wait for its end; "
                "stop_charging first, or ask for the same mode",
            )

    def _measure(self, command: str, **told: tuple[str, object]) -> None:
        """Measurements, each by its argument: refused where the vehicle's bus brings them."""
        for argument, (name, _) in told.items():
            if self._user.owned(name):
                raise refused(
                    command,
                    argument,
                    "the vehicle's bus tells this; leave it to the bus, or set api.values: north",
                )
        self.measured = True
        self._set(**dict(told.values()))

    def _set(self, **values: object) -> None:
        self._say(**values)
        self._user.commanded()

    def _say(self, **values: object) -> None:
        """``None`` takes back what was said."""
        if "departure" in values:
            self._departs = None
        said = self.said | values
        self.said = {name: value for name, value in said.items() if value is not None}

    def _take(self, **values: object) -> None:
        """What is left out stays as it was."""
        self._set(**{name: value for name, value in values.items() if value is not None})
