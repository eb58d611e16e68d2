"""Schedules between the session and the back end: needs up, plans with prices down, choices up.

Makes the plans of ``secc.session.schedules`` from what the back end's profiles allow at the moment
they are offered.
"""

from collections.abc import Callable
from typing import Any, Final

from bsw.chrgm.modes import mode_of
from bsw.dlt import Logger
from bsw.prices.tariff import Tariff
from ocpp.station.charging.needs import Needs
from ocpp.station.charging.offers import Offer
from ocpp.station.charging.offers import Step as OfferStep
from ocpp.station.station import Station
from secc.api.charger import Charger
from secc.api.extensions import ChargingNeeds, ChosenSchedule
from secc.ocpp.prices import PricesUnusable, sales_tariff, tariff_of
from secc.ocpp.tariffs import Here, prices_of
from secc.ocpp.vehicle import word_of
from secc.session.schedules import Plan, Schedules, Step

_V2X: Final = {
    **{
        f"{bound}_{name}": f"{bound}{''.join(part.capitalize() for part in name.split('_'))}"
        for bound in ("min", "max")
        for name in (
            "charge_power",
            "discharge_power",
            "charge_current",
            "discharge_current",
            "voltage",
        )
    },
    "ev_target_energy_request": "evTargetEnergyRequest",
    "ev_min_energy_request": "evMinEnergyRequest",
    "ev_max_energy_request": "evMaxEnergyRequest",
    "ev_min_v2x_energy_request": "evMinV2XEnergyRequest",
    "ev_max_v2x_energy_request": "evMaxV2XEnergyRequest",
    "target_soc": "targetSoC",
}
_NAMES: Final = {
    "energy_amount": "energyAmount",
    "ev_min_current": "evMinCurrent",
    "ev_max_current": "evMaxCurrent",
    "ev_max_voltage": "evMaxVoltage",
    "ev_max_power": "evMaxPower",
    "ev_energy_capacity": "evEnergyCapacity",
    "state_of_charge": "stateOfCharge",
    "full_soc": "fullSoC",
    "bulk_soc": "bulkSoC",
}


class BackendSchedules:
    """One outlet's.  ``station`` is the present one."""

    def __init__(
        self,
        charger: Charger,
        schedules: Schedules,
        log: Logger,
        evse: int,
        station: Callable[[], Station],
    ) -> None:
        self._charger = charger
        self._schedules = schedules
        self._log = log
        self._evse = evse
        self._station = station
        self._asked = 0
        self._anew = False  # the vehicle chooses anew because the back end wants it

    def tie(self) -> None:
        """From here on the back end hears of needs, and plans come from it."""
        self._charger.subscribe("charging_needs", self._needs)
        self._charger.subscribe("chosen_schedule", self._chosen)
        self._schedules.made_by(self._plans)
        self._schedules.priced_by(self._of_tariff)

    def session_ended(self) -> None:
        """Whoever comes next is not kept waiting for this one's schedule."""
        self._asked += 1
        self._anew = False
        self._schedules.ready = True

    def offered(self) -> None:
        """The vehicle is to choose anew; a limit that has fallen holds by itself already."""
        if self._charger.running:
            self._log.info("offers anew", evse=self._evse)
            self._anew = True
            self._charger.renegotiate(wanted=True)

    def _needs(self, told: ChargingNeeds) -> None:
        """Not while it chooses anew by the back end's wish [K16.FR.09]."""
        if self._anew:
            return
        self._schedules.ready = False
        self._asked += 1
        asked = self._asked

        def done() -> None:
            if asked == self._asked:
                self._schedules.ready = True

        self._station().smart.needs.tell(self._evse, needs_of(told), done)

    def _chosen(self, told: ChosenSchedule) -> None:
        self._anew = False
        steps = tuple(OfferStep(step.start, step.power) for step in told.steps)
        self._station().smart.chosen(self._evse, told.schedule_tuple_id, steps or None)

    def _plans(self) -> tuple[Plan, ...]:
        return tuple(self._plan(offer) for offer in self._station().smart.offering.to(self._evse))

    def _plan(self, offer: Offer) -> Plan:
        """Prices that cannot be said are left out; the power holds all the same."""
        tariff = prices = None
        try:
            if "salesTariff" in offer.prices:
                tariff = sales_tariff(offer.prices["salesTariff"], offer.number, offer.age)
            if "absolutePriceSchedule" in offer.prices:
                now = self._station().smart.now
                prices = tariff_of(offer.prices["absolutePriceSchedule"], now)
        except PricesUnusable as error:
            self._log.warning("prices left out", schedule=offer.schedule, why=str(error))
        steps = tuple(Step(step.start, step.watts) for step in offer.steps)
        back = tuple(Step(step.start, step.watts) for step in offer.back)
        return Plan(offer.number, steps, offer.until, tariff=tariff, prices=prices, back=back)

    def _of_tariff(self) -> Tariff | None:
        """What the transaction's own tariff makes of it [I07 to I12]."""
        tariffs = self._station().tariffs
        given = tariffs.running(self._evse)
        if given is None:
            return None
        modes = self._charger.state.modes or ()
        dc = any(mode_of(mode.value).dc for mode in modes)
        return prices_of(given, Here("DC" if dc else "AC", tariffs.local))


def needs_of(told: ChargingNeeds) -> Needs:
    """In the words of 2.1."""
    fields: dict[str, Any] = {
        "requestedEnergyTransfer": word_of(told.requested_energy_transfer),
        "controlMode": told.control_mode.value,
    }
    if told.departure_time is not None:
        fields["departureTime"] = told.departure_time
    for name, part in (
        ("acChargingParameters", told.ac_charging_parameters),
        ("dcChargingParameters", told.dc_charging_parameters),
    ):
        if part is not None:
            known = part.model_dump(exclude_none=True)
            fields[name] = {_NAMES[key]: value for key, value in known.items()}
    v2x = told.v2x_charging_parameters
    if v2x is not None:
        known = v2x.model_dump(exclude_none=True)
        fields["v2xChargingParameters"] = {_V2X[key]: value for key, value in known.items()}
    if told.mobility_needs_mode is not None:
        fields["mobilityNeedsMode"] = told.mobility_needs_mode.value
    if told.available_energy_transfer:
        words = map(word_of, told.available_energy_transfer)
        fields["availableEnergyTransfer"] = list(dict.fromkeys(words))
    return Needs(fields, told.max_schedule_tuples, newer=v2x is not None)
