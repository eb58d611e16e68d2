"""Limits of the site on the charger interface, beside those of the back end: the lower one holds.

What somebody says by ``limit_power``, ``plan_power`` and ``update_grid`` is told to the station
part, which knows what the back end allows and gives back what holds of both.
"""

from collections.abc import Callable
from typing import Final

from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from ocpp.station.charging.composite import Limit, Supply
from ocpp.station.charging.smart import SmartCharging
from ocpp.station.station import Station
from ocpp.station.twoway.grid import SILENT, Order
from secc.api.charger import Charger
from secc.api.extensions import PowerStep

SUPPLY: Final = frozenset(
    {
        "set_powersupply_capabilities",
        "update_ac_max_current",
        "update_ac_maximum_limits",
        "update_dc_maximum_limits",
        "update_energy_transfer_modes",
    }
)
"""Commands after which the outlet may be fed otherwise."""


class SiteLimit:
    """One outlet's, at a station that has no other."""

    def __init__(
        self,
        scheduler: Scheduler,
        charger: Charger,
        supply: Callable[[], Supply],
        station: Callable[[], Station],
    ) -> None:
        self._scheduler = scheduler
        self._charger = charger
        self._supply = supply
        self._station = station
        self._limit: Limit | None = None
        self._fed: Supply | None = None
        self._ours = False
        self._order = SILENT
        self._plan: tuple[PowerStep, ...] = ()
        self._planned_at = 0
        self._plan_told = True
        self._step = scheduler.alarm(self._tell_plan, name="next step of the plan")

    def _smart(self) -> SmartCharging:
        return self._station().smart

    def tie(self) -> None:
        self._charger.on_command(self._heard)

    def again(self) -> None:
        """The station part is another one, and hears again what the site has said now."""
        elsewhere = self._smart().elsewhere
        if self._charger.generation:
            elsewhere.generate("EMS", self._charger.generation)
        if self._order != SILENT:
            elsewhere.take("EMS", self._order)
        self._plan_told = False
        self._tell_plan()
        self._measured()

    def online(self) -> None:
        """The back end listens, and with it there is a calendar to place a plan in."""
        self._tell_plan()

    def hold(self, limit: Limit, supply: Supply) -> None:
        """From the next answer to the vehicle on."""
        self._limit = limit
        self._fed = supply
        self._say()

    def _say(self) -> None:
        limit, supply = self._limit, self._fed
        if limit is None or supply is None:
            return
        watts = supply.watts
        free = limit.by is None
        set_point = None if limit.setpoint is None else watts(limit.setpoint, limit.phases)
        self._ours = True
        self._charger.limit_power(
            power=None if free else watts(limit.amperes, limit.phases),
            current=None if free or supply.dc else limit.amperes,
            discharge_power=watts(limit.back, limit.phases) if limit.ruled else None,
            set_point=set_point,
        )
        self._ours = False

    def _heard(self, name: str) -> None:
        """Somebody else's word: it counts together with the back end's."""
        if self._ours:
            return
        if name == "limit_power":
            self._limited()
        elif name == "plan_power":
            self._order = SILENT
            self._plan, self._planned_at = self._charger.planned, self._scheduler.now
            self._plan_told = False
            self._tell_plan()
            self._say()
        elif name == "update_grid":
            self._measured()
        elif name == "report_generation":
            self._smart().elsewhere.generate("EMS", self._charger.generation)
        elif name == "report_grid_event":
            control, fault, info = self._charger.grid_event
            self._station().der.deviates(control, fault or "", info)
        elif name in SUPPLY and self._supply() != self._fed:
            self._smart().refresh()

    def _tell_plan(self) -> None:
        """As a whole once there is a calendar, and until then step by step."""
        if self._plan_told or not self._plan:
            return
        elapsed = (self._scheduler.now - self._planned_at) // S
        over = sum(each.start <= elapsed for each in self._plan) - 1
        steps = [(max(0, each.start - elapsed), _order(each)) for each in self._plan[over:]]
        elsewhere = self._smart().elsewhere
        if self._station().is_online:
            self._plan_told = True
            self._step.cancel()
            elsewhere.plan("EMS", steps)
            return
        elsewhere.take("EMS", steps[0][1])
        if steps[1:]:
            self._step.rearm(
                self._planned_at + self._plan[over + 1].start * S - self._scheduler.now
            )

    def _limited(self) -> None:
        state, supply = self._charger.state, self._supply()
        power = state.site_power
        if state.site_current is not None:
            most = supply.watts(state.site_current, supply.phases)
            power = most if power is None else min(power, most)
        back = None if state.site_back is None else -state.site_back
        order = Order(power, back, state.set_point)
        self._order = order
        self._plan = ()
        self._step.cancel()
        elsewhere = self._smart().elsewhere
        if order == SILENT:
            elsewhere.lift("EMS")
        else:
            elsewhere.take("EMS", order)
        self._say()

    def _measured(self) -> None:
        frequency, load = self._charger.grid
        if frequency is not None:
            self._smart().outside.measured(frequency)
        if load is not None:
            self._smart().loaded(load)


def _order(step: PowerStep) -> Order:
    back = None if step.discharge_power is None else -step.discharge_power
    return Order(step.power, back, step.set_point)
