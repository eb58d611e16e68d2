"""What the outlet has delivered: the meter's own register, or a count of volts and amperes.

A bench without a meter still has to say something to its back end.  What is counted here goes on
where the program before it ended: a register never falls [J02.FR.16].  A signer puts its record
beside the register's value.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from ocpp.station.records import Sample
from secc.api.state import StationState
from secc.ocpp.ocmf import OcmfSigner

EACH: Final = 1 * S
REMEMBERED_EACH: Final = 10 * S
_HOUR: Final = 3600


class Register:
    """The outlet's meter, as the charger interface tells of it.

    ``counted`` is what it begins with, ``remember`` is given what it shows now and then.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        state: StationState,
        signer: OcmfSigner | None = None,
        *,
        counted: float = 0.0,
        remember: Callable[[float], None] = lambda _counted: None,
    ) -> None:
        self._state = state
        self._signer = signer
        self._counted = self._remembered = counted
        self._remember = remember
        scheduler.every(EACH, self._count, name="ocpp.register")
        scheduler.every(REMEMBERED_EACH, self._keep, name="ocpp.register.keep")

    def samples(self) -> tuple[Sample, ...]:
        meter = self._state.meter
        power = self._watts()
        found = [Sample(round(self._counted, 3))]
        if meter is not None:
            found = [Sample(meter.energy_Wh_import.total)]
            power = meter.power_W.total if meter.power_W is not None else power
        if self._signer is not None:
            found = [replace(each, signed=self._signer.sign(each.value)) for each in found]
        found.append(Sample(round(power, 1), "Power.Active.Import", "W"))
        present = self._state.dc_present
        if present is not None:
            amps = present.evse_present_current or 0.0
            found += [
                Sample(round(present.evse_present_voltage, 1), "Voltage", "V"),
                Sample(round(amps, 2), "Current.Import", "A"),
            ]
        return tuple(found)

    def _keep(self) -> None:
        if self._counted != self._remembered:
            self._remembered = self._counted
            self._remember(self._counted)

    def _watts(self) -> float:
        present = self._state.dc_present
        if present is None:
            return 0.0
        return present.evse_present_voltage * (present.evse_present_current or 0.0)

    def _count(self) -> None:
        self._counted += self._watts() * (EACH / S) / _HOUR
