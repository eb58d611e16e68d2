"""What the station's own side has told us: limits, measurements, verdicts, wishes.

The commands write here, the handlers read.  A field nobody has set yet is ``None``; what must be
set before a car is let in is named by ``missing``.
"""

from dataclasses import dataclass, field

from bsw.chrgm.modes import Transfer, mode_of
from secc.api.devices import Association, PadSetup, PadStatus, PantographPosition, VehiclePlace
from secc.api.extensions import MobilityNeeds
from secc.api.literals import (
    EnergyTransferMode,
    EvseError,
    IsolationStatus,
    NoEnergyPauseMode,
    PaymentOption,
    SaeJ2847BidiMode,
    SupportedAppProtocol,
)
from secc.api.objects import (
    AcEvseMaximumPower,
    AcEvseMinimumPower,
    AcParameters,
    AcTargetValues,
    BptSetup,
    Capabilities,
    DcEvseMaximumLimits,
    DcEvseMinimumLimits,
    DcEvsePresentVoltageCurrent,
    EvseId,
    Power,
    Powermeter,
    SetupPhysicalValues,
)


@dataclass(slots=True)
class StationState:
    evse_id: EvseId | None = None
    sae_mode: SaeJ2847BidiMode = SaeJ2847BidiMode.NONE
    debug: bool = False
    physical: SetupPhysicalValues = field(default_factory=SetupPhysicalValues)
    capabilities: Capabilities | None = None
    bpt: BptSetup | None = None
    protocols: tuple[SupportedAppProtocol, ...] | None = None
    modes: tuple[EnergyTransferMode, ...] | None = None
    # per session
    payment_options: tuple[PaymentOption, ...] = (PaymentOption.EXTERNAL,)
    certificate_service: bool = False
    internet_service: bool = False
    parking_service: bool = False
    needs: MobilityNeeds | None = None
    confirm_meter: bool = False  # the vehicle shall sign a reading
    central_contract_validation: bool = False
    # energy path
    ac_max_current: float | None = None
    ac_parameters: AcParameters | None = None
    ac_maximum: AcEvseMaximumPower | None = None
    ac_minimum: AcEvseMinimumPower | None = None
    ac_target: AcTargetValues | None = None
    ac_present: Power | None = None
    ac_contactor_closed: bool = False
    dc_maximum: DcEvseMaximumLimits | None = None
    dc_minimum: DcEvseMinimumLimits | None = None
    dc_present: DcEvsePresentVoltageCurrent | None = None
    isolation: IsolationStatus = IsolationStatus.INVALID
    cable_check: bool | None = None
    meter: Powermeter | None = None
    # a device that meets the vehicle by itself
    association: Association = Association.FOUND
    place: VehiclePlace | None = None
    pantograph: PantographPosition = PantographPosition.HOME
    pad: PadStatus = field(default_factory=PadStatus)
    pad_setup: PadSetup = field(default_factory=PadSetup)
    site_power: float | None = None  # W in all that the site allows; None: no matter
    site_current: float | None = None  # A of each phase, the same for AC
    site_back: float | None = None  # W that may be given back; None: whatever there is
    set_point: float | None = None  # W that is to flow, below zero back; None: as the vehicle asks
    allowed: frozenset[EnergyTransferMode] | None = None  # by whoever pays; None: all modes
    # wishes and faults
    dlink: bool = False
    receipt_required: bool = False
    stop: bool = False
    pause: bool = False
    renegotiate: bool = False
    other_service: bool = False
    no_energy: NoEnergyPauseMode | None = None
    errors: set[EvseError] = field(default_factory=set)
    plug_errors: frozenset[EvseError] = frozenset()
    """What the driver of the plug has found; nobody can take it back but that driver."""

    @property
    def wrong(self) -> frozenset[EvseError]:
        """All that is wrong, whoever told it."""
        return self.plug_errors | self.errors

    @property
    def charge_limit(self) -> float | None:
        """W that may be taken now: a set point is not passed."""
        return _lowest(self.site_power, self.set_point)

    @property
    def back_limit(self) -> float | None:
        """W that may be given back now, as a magnitude."""
        return _lowest(self.site_back, None if self.set_point is None else -self.set_point)

    @property
    def open_modes(self) -> tuple[EnergyTransferMode, ...]:
        """The modes that a vehicle may choose now."""
        modes = self.modes or (EnergyTransferMode.DC_EXTENDED,)
        return tuple(one for one in modes if self.allowed is None or one in self.allowed)

    @property
    def serves_ac(self) -> bool:
        return Transfer.AC in self.transfers

    @property
    def serves_dc(self) -> bool:
        return Transfer.DC in self.transfers

    @property
    def transfers(self) -> set[Transfer | None]:
        """Of the modes on offer."""
        return {mode_of(mode.value).transfer for mode in self.modes or ()}

    def missing(self) -> tuple[str, ...]:
        """The commands that must be called before a car is let in."""
        wanted = {
            "setup": self.evse_id is not None,
            "update_energy_transfer_modes": bool(self.modes),
            "update_dc_maximum_limits": self.dc_maximum is not None or not self.serves_dc,
            "update_dc_minimum_limits": self.dc_minimum is not None or not self.serves_dc,
            "update_ac_max_current": self.ac_max_current is not None or not self.serves_ac,
        }
        return tuple(name for name, called in wanted.items() if not called)

    def forget_session(self) -> None:
        """What was said for one car is not true for the next."""
        self.cable_check = None
        self.receipt_required = False
        self.stop = False
        self.pause = False
        self.no_energy = None
        self.renegotiate = False
        self.other_service = False


def _lowest(limit: float | None, wanted: float | None) -> float | None:
    """Of both, where they say anything; what flows the other way is nothing here."""
    said = [one for one in (limit, None if wanted is None else max(0.0, wanted)) if one is not None]
    return min(said, default=None)
