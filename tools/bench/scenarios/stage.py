"""A scenario's world on the virtual clock: both ECUs whole, their keys, battery, power module.

What a scenario leaves open is as on any bench; what it says of an ECU counts over that.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bsw.chrgm.messages import iso2
from bsw.chrgm.modes import Approach, mode_of
from bsw.os.clock import MS, S
from bsw.sim.line import Impairment
from can_adapter.signals.values import EnergyTransferMode, PaymentOption
from ecu.simulated import TODAY
from evcc.config import EvccConfig
from secc.api.charger import Charger
from secc.api.extensions import AuthorizationRequest
from secc.api.literals import AuthorizationStatus, CertificateStatus
from secc.config import SeccConfig
from secc.session.schedules import DAY, Plan
from secc.session.schedules import Step as PlanStep
from tools.bench.hardware.battery import Battery
from tools.bench.run.bench import CAPTURE
from tools.bench.scenarios.keys import KeyRing, key_ring
from tools.bench.scenarios.model import PricePart, Scenario
from tools.bench.world.pair import Pair, Surroundings
from tools.bench.world.whole import SIMULATED

Settings = dict[str, Any]

REVOCATION: Final = {"secc": {"revocation": "soft-fail"}}
"""No responder runs on a bench, so the station has no staple."""
POWER_LINE: Final = Impairment(latency=2 * MS, jitter=3 * MS)
"""What a frame takes from host to host over two HomePlug Green PHY modems."""


class Stage:
    """``pair`` is the world, ``keys`` what tokens and certificates there are."""

    def __init__(
        self, scenario: Scenario, folder: Path, unix: int = TODAY, record: Path | None = None
    ) -> None:
        self.scenario = scenario
        self.keys = key_ring(scenario, folder, unix)
        vehicle, station = scenario.vehicle, scenario.station
        around = Surroundings(
            soc=vehicle.soc,
            target=vehicle.target,
            seed=scenario.seed,
            unix=unix,
            battery=battery(scenario),
            rating=station.rating(),
            loud=False,
            vehicle_keys=self.keys.vehicle,
            station_keys=self.keys.station,
        )
        self.evcc = evcc = EvccConfig.model_validate(
            over(over(evcc_settings(scenario), simulated("evcc")), recorded(record))
        )
        own = over(secc_settings(scenario, self.keys), simulated("secc"))
        self.pair = Pair(evcc, SeccConfig.model_validate(own), around)
        self.pair.world.attenuate(scenario.attenuation)
        self.pair.world.lag(POWER_LINE)
        if mode_of(vehicle.mode).approach is Approach.PAD:
            self.pair.hardware.vehicle.obc.phases = 1  # a receiver has one line
        wishes = self.pair.hardware.vehicle.vcu.wishes
        wishes.energy_transfer = EnergyTransferMode(vehicle.mode)
        wishes.payment = PaymentOption(vehicle.payment)
        if station.customer == "refused":
            _refuse(self.pair.station.charger)
        if station.prices:
            self.pair.station.schedules.plans = (plan(station.prices),)


def _refuse(charger: Charger) -> None:
    def answer(asked: AuthorizationRequest) -> None:
        charger.authorization_verdict(
            request_id=asked.request_id,
            authorization_status=AuthorizationStatus.BLOCKED,
            certificate_status=CertificateStatus.ACCEPTED,
        )

    charger.subscribe("authorization_request", answer)


def battery(scenario: Scenario) -> Battery:
    vehicle = scenario.vehicle
    return Battery(
        pack=vehicle.battery.pack(),
        soc=vehicle.soc,
        temperature=vehicle.temperature,
        ambient=vehicle.ambient,
    )


def evcc_settings(scenario: Scenario) -> Settings:
    """The vehicle's configuration: what follows from the scenario, and what it says itself."""
    vehicle = scenario.vehicle
    usual: Settings = {
        "session": {
            "protocols": scenario.protocols,
            "profile": "conformance",
            "security": "tls" if scenario.tls else "none",
        },
        "link": {"energy": "ac" if mode_of(vehicle.mode).on_mains else "dc"},
        "keym": REVOCATION,
    }
    return over(usual, vehicle.ecu.model_dump(exclude_unset=True))


def secc_settings(scenario: Scenario, keys: KeyRing) -> Settings:
    vehicle, station = scenario.vehicle, scenario.station
    usual: Settings = {
        "session": {
            "protocols": scenario.protocols,
            "profile": "conformance",
            "modes": station.modes or (vehicle.mode,),
            "tls": scenario.tls,
            "plain": not scenario.tls,
            "payment": (vehicle.payment,),
        },
        "customer": {"after": 0, "accept": station.customer == "accepted"},
        "provisioning": keys.provisioning,
    }
    return over(usual, station.ecu.model_dump(exclude_unset=True))


def simulated(who: str) -> Settings:
    """Where the ECU finds plug and buses in a simulated world."""
    common: Settings = {"hardware": {"driver": "plug"}, "can": {"bus": SIMULATED}}
    if who == "secc":
        common["hardware"]["power"] = "can"
    return common


def recorded(folder: Path | None) -> Settings:
    """A capture of the vehicle's ports, with the secrets that open it."""
    if folder is None:
        return {}
    return {
        "capture": {"file": folder / CAPTURE},
        "tls": {"lab_key_log_file": folder / "keys.log"},
    }


def over(usual: Mapping[str, object], said: Mapping[str, object]) -> Settings:
    """Both, key by key; where both say something, the second counts."""
    found = dict(usual)
    for name, value in said.items():
        below = found.get(name)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        found[name] = over(below, value) if both else value  # type: ignore[arg-type]  # both are
    return found


def plan(prices: tuple[PricePart, ...]) -> Plan:
    """One schedule, and the tariff that belongs to it where a price is told."""
    steps = tuple(PlanStep(one.at // S, one.power) for one in prices)
    if not any(one.level for one in prices):
        return Plan(1, steps, DAY)
    last = prices[-1].at // S
    entries = tuple(
        iso2.SalesTariffEntry(
            time_interval=iso2.RelativeTimeInterval(
                start=one.at // S, duration=DAY - last if one is prices[-1] else None
            ),
            e_price_level=one.level,
        )
        for one in prices
    )
    tariff = iso2.SalesTariff(id="tariff1", sales_tariff_id=1, sales_tariff_entry=entries)
    return Plan(1, steps, DAY, tariff)
