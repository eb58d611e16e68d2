"""The station's north side: 28 commands, and the variables that come back.

Every command checks types and ranges before anything reaches the protocol, and returns at once;
answers to a variable come as another command.  The names of commands and arguments are those
integrators know and do not change.
"""

from typing import Annotated

from pydantic import Field

from bsw.north.command import CommandError, refused
from secc.api.core import addition, command
from secc.api.devices import Association, PadSetup, PadStatus, PantographPosition, VehiclePlace
from secc.api.driver_commands import DriverCommands
from secc.api.extensions import MobilityNeeds
from secc.api.literals import (
    AuthorizationStatus,
    CertificateStatus,
    EnergyTransferMode,
    EvseError,
    IsolationStatus,
    NoEnergyPauseMode,
    PaymentOption,
    SaeJ2847BidiMode,
)
from secc.api.objects import (
    AcEvseMaximumPower,
    AcEvseMinimumPower,
    AcParameters,
    AcTargetValues,
    BptSetup,
    Capabilities,
    CertificateResponse,
    DcEvseMaximumLimits,
    DcEvseMinimumLimits,
    DcEvsePresentVoltageCurrent,
    EvseId,
    Power,
    Powermeter,
    SetupPhysicalValues,
    SupportedAppProtocols,
)
from secc.api.site_commands import SiteCommands
from secc.api.verdicts import Verdict


class Charger(SiteCommands, DriverCommands):
    """One outlet: all its commands."""

    @command
    def setup(self, *, evse_id: EvseId, sae_j2847_mode: SaeJ2847BidiMode, debug_mode: bool) -> None:
        if sae_j2847_mode is not SaeJ2847BidiMode.NONE:
            raise CommandError(
                f"setup: sae_j2847_mode: {sae_j2847_mode} is not served, the reverse mode of "
                "SAE J2847/2 is not part of this version; use None"
            )
        if self.running and self.state.evse_id not in {None, evse_id}:
            raise refused("setup", "evse_id", "a session runs under another; wait for its end")
        self._set("setup", evse_id=evse_id, sae_mode=sae_j2847_mode, debug=debug_mode)

    @command
    def set_charging_parameters(self, *, physical_values: SetupPhysicalValues) -> None:
        self._set("set_charging_parameters", physical=physical_values)

    @command
    def session_setup(
        self,
        *,
        payment_options: Annotated[list[PaymentOption], Field(min_length=1, max_length=2)],
        supported_certificate_service: bool,
        central_contract_validation_allowed: bool,
    ) -> None:
        self._set(
            "session_setup",
            payment_options=tuple(payment_options),
            certificate_service=supported_certificate_service,
            central_contract_validation=central_contract_validation_allowed,
        )

    @command
    def bpt_setup(self, *, bpt_config: BptSetup) -> None:
        self._set("bpt_setup", bpt=bpt_config)

    @command
    def set_powersupply_capabilities(self, *, capabilities: Capabilities) -> None:
        self._set("set_powersupply_capabilities", capabilities=capabilities)

    @command
    def authorization_response(
        self,
        *,
        authorization_status: AuthorizationStatus,
        certificate_status: CertificateStatus,
    ) -> None:
        self.verdicts.answer(Verdict(authorization_status, certificate_status))
        self._set("authorization_response")

    @command
    def ac_contactor_closed(self, *, status: bool) -> None:
        self._set("ac_contactor_closed", ac_contactor_closed=status)

    @command
    def dlink_ready(self, *, value: bool) -> None:
        self._set("dlink_ready", dlink=value)

    @command
    def cable_check_finished(self, *, status: bool) -> None:
        self._set("cable_check_finished", cable_check=status)

    @command
    def receipt_is_required(self, *, receipt_required: bool) -> None:
        self._set("receipt_is_required", receipt_required=receipt_required)

    @command
    def stop_charging(self, *, stop: bool) -> None:
        self._set("stop_charging", stop=stop)

    @command
    def pause_charging(self, *, pause: bool) -> None:
        self._set("pause_charging", pause=pause)

    @command
    def no_energy_pause_charging(self, *, mode: NoEnergyPauseMode) -> None:
        self._set("no_energy_pause_charging", no_energy=mode)

    @command
    def update_supported_app_protocols(
        self, *, supported_app_protocols: SupportedAppProtocols
    ) -> bool:
        wanted = tuple(supported_app_protocols.app_protocols)
        honoured = tuple(one for one in wanted if one in self._speaks)
        self._set("update_supported_app_protocols", protocols=honoured)
        return honoured == wanted

    @command
    def update_energy_transfer_modes(
        self,
        *,
        supported_energy_transfer_modes: Annotated[
            list[EnergyTransferMode], Field(min_length=1, max_length=18)
        ],
    ) -> None:
        self._keep_running_mode(supported_energy_transfer_modes)
        self._set("update_energy_transfer_modes", modes=tuple(supported_energy_transfer_modes))

    def _keep_running_mode(self, offered: list[EnergyTransferMode]) -> None:
        """A mode is agreed once a session; the outlet stops it by ``stop_charging``."""
        running = self.running
        if running in set(EnergyTransferMode) and running not in offered:
            raise refused(
                "update_energy_transfer_modes",
                "supported_energy_transfer_modes",
                f"a session with {running} is running; keep it in the list, or stop_charging and "
                "call again after its end",
            )

    @command
    def update_ac_max_current(self, *, max_current: Annotated[float, Field(ge=0, le=400)]) -> None:
        self._set("update_ac_max_current", ac_max_current=max_current)

    @command
    def update_ac_parameters(self, *, ac_parameters: AcParameters) -> None:
        self._set("update_ac_parameters", ac_parameters=ac_parameters)

    @command
    def update_ac_maximum_limits(self, *, maximum_limits: AcEvseMaximumPower) -> None:
        self._set("update_ac_maximum_limits", ac_maximum=maximum_limits)

    @command
    def update_ac_minimum_limits(self, *, minimum_limits: AcEvseMinimumPower) -> None:
        self._set("update_ac_minimum_limits", ac_minimum=minimum_limits)

    @command
    def update_ac_target_values(self, *, target_values: AcTargetValues) -> None:
        self._set("update_ac_target_values", ac_target=target_values)

    @command
    def update_ac_present_power(self, *, present_power: Power) -> None:
        self._set("update_ac_present_power", ac_present=present_power)

    @command
    def update_dc_maximum_limits(self, *, maximum_limits: DcEvseMaximumLimits) -> None:
        self._set("update_dc_maximum_limits", dc_maximum=maximum_limits)

    @command
    def update_dc_minimum_limits(self, *, minimum_limits: DcEvseMinimumLimits) -> None:
        self._set("update_dc_minimum_limits", dc_minimum=minimum_limits)

    @command
    def update_isolation_status(self, *, isolation_status: IsolationStatus) -> None:
        self._set("update_isolation_status", isolation=isolation_status)

    @command
    def update_dc_present_values(
        self, *, present_voltage_current: DcEvsePresentVoltageCurrent
    ) -> None:
        self._set("update_dc_present_values", dc_present=present_voltage_current)

    @command
    def update_meter_info(self, *, powermeter: Powermeter) -> None:
        self._set("update_meter_info", meter=powermeter)

    @addition
    def allow_transfers(
        self,
        *,
        modes: Annotated[list[EnergyTransferMode], Field(max_length=18)] | None = None,
    ) -> None:
        """Which modes whoever pays allows from the next choice of a service on; none: all."""
        allowed = None if modes is None else frozenset(modes)
        self._set("allow_transfers", allowed=allowed)

    @addition
    def renegotiate(self, *, wanted: bool = True) -> None:
        """Ask the car for new parameters and schedules.  An addition to the interface."""
        self._set("renegotiate", renegotiate=wanted)

    @addition
    def renegotiate_service(self, *, wanted: bool = True) -> None:
        """Ask the car to choose an energy service anew.  An addition to the interface."""
        self._set("renegotiate_service", other_service=wanted)

    @addition
    def authorization_verdict(
        self,
        *,
        request_id: int,
        authorization_status: AuthorizationStatus,
        certificate_status: CertificateStatus,
    ) -> None:
        """``authorization_response`` to one ``authorization_request``, and to no other."""
        verdict = Verdict(authorization_status, certificate_status)
        self.verdicts.answer_named(request_id, verdict)
        self._set("authorization_verdict")

    @addition
    def offer_internet(self, *, offered: bool = True) -> None:
        """Offer Internet access as a value-added service.  An addition to the interface."""
        self._set("offer_internet", internet_service=offered)

    @addition
    def update_association(self, *, association: Association) -> None:
        """Whether it is known which vehicle stands where."""
        self._set("update_association", association=association)

    @addition
    def update_vehicle_place(self, *, place: VehiclePlace) -> None:
        """Where the vehicle stands: under a pantograph, or over a pad."""
        self._set("update_vehicle_place", place=place)

    @addition
    def update_pantograph(self, *, position: PantographPosition) -> None:
        """Where the pantograph is."""
        self._set("update_pantograph", pantograph=position)

    @addition
    def update_mobility_needs(self, *, needs: MobilityNeeds) -> None:
        """When and how full, as the site wants it; what is left out it does not say."""
        self._set("update_mobility_needs", needs=needs)

    @addition
    def confirm_meter(self) -> None:
        """The vehicle shall sign a meter reading by its contract.  An addition to the interface."""
        self._set("confirm_meter", confirm_meter=True)

    @addition
    def offer_parking(self, *, offered: bool = True) -> None:
        """Offer check-in and check-out of a parking place.  An addition to the interface."""
        self._set("offer_parking", parking_service=offered)

    @addition
    def setup_pad(self, *, setup: PadSetup) -> None:
        """What the pad is built for, and how a vehicle can be found over it."""
        self._set("setup_pad", pad_setup=setup)

    @addition
    def update_pad(self, *, pad: PadStatus) -> None:
        """How the pad is now; what it detects takes the power off at once."""
        self._set("update_pad", pad=pad)

    def _order(self, name: str) -> None:
        if self._link is None:
            raise CommandError(
                f"{name}: this station has no data link of its own; leave it to SLAC's"
            )
        self._link.order(name)

    @addition
    def dlink_terminate(self) -> None:
        """End the session and the data link, until the next plug-in."""
        self._order("dlink_terminate")

    @addition
    def dlink_error(self) -> None:
        """End the session and the data link, and match anew."""
        self._order("dlink_error")

    @addition
    def dlink_pause(self) -> None:
        """Let the link sleep."""
        self._order("dlink_pause")

    @addition
    def set_get_certificate_response(self, *, certificate_response: CertificateResponse) -> None:
        """A back end's answer to a vehicle that asked for a contract."""
        if self._contracts is None:
            raise refused(
                "set_get_certificate_response",
                "certificate_response",
                "this station does not ask for contracts here; set provisioning.service: north",
            )
        self._contracts.answered(certificate_response)
        self._set("set_get_certificate_response")

    @command
    def send_error(self, *, error: EvseError) -> None:
        self._set("send_error", errors=self.state.errors | {error})

    @command
    def reset_error(self) -> None:
        self._set("reset_error", errors=set())
