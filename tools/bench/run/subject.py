"""What is looked at while a scenario plays: in this program or in processes, with one set of words.

Whoever draws a charge or says how it went knows this and not where the charge takes place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bsw.chrgm.endings import SessionResult
from bsw.chrgm.modes import mode_of
from evcc.config import EvccConfig
from tools.bench.run.scene import WITHOUT, Half
from tools.bench.scenarios.model import Scenario
from tools.bench.scenarios.player import Player


@dataclass(frozen=True, slots=True)
class Measured:
    """The values of a moment, with their units in the names."""

    pilot: str = ""
    soc_percent: float = 0.0
    target_percent: float = 0.0
    watts: float = 0.0
    charged_wh: float = 0.0
    vehicle: Half = field(default_factory=Half)
    station: Half = field(default_factory=Half)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is known of a charge before it begins."""

    title: str
    ac: bool
    protocol: str
    """That the vehicle likes best; its table has the limits until another one is agreed."""

    slac_seconds: float
    without: frozenset[str] = frozenset()
    """Phases that do not come."""

    @staticmethod
    def of(scenario: Scenario, evcc: EvccConfig) -> "Frame":
        slac = evcc.link.slac.timing
        ac = mode_of(scenario.vehicle.mode).ac
        without = WITHOUT["AC"] if ac else ()
        without += WITHOUT["plain"] if evcc.session.security == "none" else ()
        return Frame(
            title=scenario.title,
            ac=ac,
            protocol=evcc.session.protocols[0],
            slac_seconds=(slac.tt_ev_slac_matching + slac.tt_match_join) / 1000,
            without=frozenset(without),
        )


class Subject(Protocol):
    """``results`` are those of our vehicle, or of our station where we have no vehicle."""

    @property
    def frame(self) -> Frame: ...
    @property
    def now(self) -> int: ...
    @property
    def amps(self) -> float: ...
    @property
    def busy(self) -> bool:
        """A session runs."""
        ...

    @property
    def results(self) -> Sequence[SessionResult]: ...
    @property
    def over(self) -> bool: ...
    @property
    def made(self) -> Sequence[str]:
        """Faults that stand, in the words of the orders that made them."""
        ...

    @property
    def peer(self) -> str:
        """Whom the open or last session is with."""
        ...

    @property
    def cannot_start(self) -> str: ...
    def measured(self) -> Measured: ...


class Simulated:
    """A scenario in this program, on the virtual clock."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self.frame = Frame.of(player.scenario, player.stage.evcc)
        self.cannot_start = player.cannot_start

    @property
    def now(self) -> int:
        return self._player.now

    @property
    def amps(self) -> float:
        return self._player.amps

    @property
    def busy(self) -> bool:
        return self._player.pair.vehicle.manager.session is not None

    @property
    def results(self) -> Sequence[SessionResult]:
        return self._player.pair.vehicle.manager.results

    @property
    def over(self) -> bool:
        return self._player.over

    @property
    def made(self) -> Sequence[str]:
        return self._player.hands.made

    @property
    def peer(self) -> str:
        return self._player.pair.vehicle.view.evse_id

    def measured(self) -> Measured:
        pair = self._player.pair
        vehicle, module = pair.hardware.vehicle, pair.hardware.module
        cable, ac = vehicle.wires.cable, vehicle.wires.ac
        view = pair.vehicle.view
        return Measured(
            pilot=pair.world.cables[0].vehicle.read().state.name,
            soc_percent=vehicle.battery.soc,
            target_percent=vehicle.bms.moods.target_soc,
            watts=ac.power if ac.energized else cable.voltage * cable.current,
            charged_wh=vehicle.charged,
            vehicle=Half(
                volts_v=vehicle.battery.voltage,
                amps_a=self._player.amps,
                facts={
                    "battery": f"{vehicle.battery.temperature:.1f} °C",
                    "contactors": "closed" if vehicle.bms.contactors.closed else "open",
                    "inlet": f"{vehicle.inlet.state.temperature:.0f} °C",
                },
            ),
            station=Half(
                volts_v=ac.voltage if ac.energized else cable.voltage,
                amps_a=ac.current if ac.energized else cable.current,
                facts={
                    "module": module.state.value,
                    "offers": offer(view.max_current, view.max_power),
                    "meter": f"{module.meter.imported / 1000:.2f} kWh",
                },
            ),
        )


def offer(amps: float | None, watts: float | None) -> str:
    told = [f"{amps:.0f} A" if amps is not None else "", f"{watts / 1000:.0f} kW" if watts else ""]
    return ", ".join(one for one in told if one) or "-"
