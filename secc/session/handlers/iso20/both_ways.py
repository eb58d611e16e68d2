"""What a vehicle of ISO 15118-20 can in both directions and needs, for a back end."""

from typing import Any

from bsw.chrgm.iso20.lines import lines
from bsw.chrgm.iso20.words import si
from bsw.chrgm.messages.iso20 import ac, common, dc
from bsw.chrgm.services import energy_by_number
from secc.api.extensions import V2xParameters
from secc.api.literals import EnergyTransferMode
from secc.plug.offers import services_of
from secc.session.context import StationContext
from secc.session.handlers.iso20.words import amount

Asked = common.DynamicSEReqControlMode | common.ScheduledSEReqControlMode


def of_dc(needs: dc.AnyDCCPDReqEnergyTransferMode) -> V2xParameters:
    """Of a parameter discovery."""
    told: dict[str, Any] = {
        "min_charge_power": needs.ev_minimum_charge_power.si(),
        "max_charge_power": needs.ev_maximum_charge_power.si(),
        "min_charge_current": needs.ev_minimum_charge_current.si(),
        "max_charge_current": needs.ev_maximum_charge_current.si(),
        "min_voltage": needs.ev_minimum_voltage.si(),
        "max_voltage": needs.ev_maximum_voltage.si(),
    }
    if isinstance(needs, dc.BPTDCCPDReqEnergyTransferMode):
        told |= {
            "min_discharge_power": amount(needs.ev_minimum_discharge_power),
            "max_discharge_power": amount(needs.ev_maximum_discharge_power),
            "min_discharge_current": amount(needs.ev_minimum_discharge_current),
            "max_discharge_current": amount(needs.ev_maximum_discharge_current),
        }
    return V2xParameters(**told)


def of_ac(needs: ac.AnyACCPDReqEnergyTransferMode) -> V2xParameters:
    """The same; powers are of all phases."""
    told: dict[str, Any] = {}
    for name in ("charge", "discharge"):
        for bound, word in (("min", "minimum"), ("max", "maximum")):
            power = lines(needs, f"ev_{word}_{name}_power")
            if power is not None:
                told[f"{bound}_{name}_power"] = abs(power.total)
    return V2xParameters(**told)


def with_energy(known: V2xParameters, asked: Asked) -> V2xParameters:
    """What is needed beside what is possible; below zero the vehicle has too much."""
    return known.model_copy(
        update={
            "ev_target_energy_request": si(asked.ev_target_energy_request),
            "ev_min_energy_request": si(asked.ev_minimum_energy_request),
            "ev_max_energy_request": si(asked.ev_maximum_energy_request),
            "ev_min_v2x_energy_request": si(getattr(asked, "ev_minimum_v2x_energy_request", None)),
            "ev_max_v2x_energy_request": si(getattr(asked, "ev_maximum_v2x_energy_request", None)),
            "target_soc": getattr(asked, "target_soc", None),
        }
    )


def available(station: StationContext) -> tuple[EnergyTransferMode, ...]:
    """The outlet's modes of this protocol, whoever allows them.

    A vehicle names no services that it knows: its filter is for value-added ones.
    """
    words = {one.word for one in energy_by_number("iso20").values()}
    modes = station.state.modes or ()
    return tuple(mode for mode in modes if words.intersection(services_of((mode,))))
