"""What the station hears of grid and site while it charges, and the signals that are yet to come.

Owns the readings and AFRRSignal; gives each outlet the ``Grid`` that its limit depends on.
"""

from collections.abc import Callable, Mapping
from typing import Final

from bsw.os.clock import S
from ocpp.catalogue import Message
from ocpp.station.charging.composite import Supply
from ocpp.station.desk import ACCEPTED, ONLY_21, Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.outlets.samples import Extra
from ocpp.station.provisioning.model import Model
from ocpp.station.twoway.grid import Balance, Grid, Order, Thresholds
from ocpp.station.twoway.modes import Abilities, Mode

V2X: Final = "V2XChargingCtrlr"
SMART: Final = "SmartChargingCtrlr"
BALANCING: Final = "LocalLoadBalancing"
THRESHOLDS: Final = ("UpperThreshold", "LowerThreshold", "UpperOffset", "LowerOffset")
MOST_SIGNALS: Final = 64
"""Ordered for later; more are refused."""


class Outside:
    """The block.  ``changed`` is told when limits may be other ones."""

    def __init__(
        self,
        desk: Desk,
        ground: Ground,
        *,
        order: Callable[[], Order],
        signalled: Callable[[], bool],
        changed: Callable[[], None],
        back_share: Callable[[], float],
    ) -> None:
        """``signalled``: a curve for the signal counts at some outlet now; ``back_share``: what the
        grid leaves of what may be given back.
        """
        self._ground = ground
        self._order = order
        self._signalled = signalled
        self._changed = changed
        self._frequency: float | None = None
        self._signal: float | None = None
        self._coming: list[tuple[float, int]] = []
        self._balances: dict[int, Balance] = {}
        self._back_share = back_share
        self._alarm = ground.scheduler.alarm(self._due, name="ocpp.afrr")
        desk.take({"AFRRSignal": self._signals}, versions=ONLY_21)

    def close(self) -> None:
        self._alarm.cancel()

    @property
    def abilities(self) -> Abilities:
        """What operation modes there are; without two-way charging only the plain ones."""
        model = self._ground.model
        modes = {Mode.CHARGING}
        if model.flag(V2X, "Enabled"):
            modes |= {Mode(word) for word in model.members(V2X, "SupportedOperationModes")}
        sleeps = model.flag(SMART, "SupportsEvseSleep")
        return Abilities(frozenset(modes), self._thresholds is not None, sleeps)

    def grid(self, evse: int, active: int, *, free: bool) -> Grid:
        """For one of so many outlets that share what is said for all of them."""
        share = 1.0 / max(1, active)
        balance = self._balances.get(evse)
        model = self._ground.model
        return Grid(
            frequency=self._frequency,
            signal=self._signal,
            order=_part(self._order(), share),
            balanced=None if balance is None else balance.setpoint,
            csms_first=model.get(SMART, "SetpointPriority") == "CSMS",
            two_way=model.flag(V2X, "Enabled"),
            free=free,
            share=share,
            back_share=self._back_share(),
            blocked=self._ground.places[evse].holds_back,
        )

    def measured(self, frequency: float) -> None:
        """Of the grid, in hertz; a small change is none [Q08.FR.07]."""
        before = self._frequency
        least = self._ground.model.number(V2X, "LocalFrequencyUpdateThreshold") / 1000
        if before is None or abs(frequency - before) >= max(least, 1e-9):
            self._frequency = frequency
            self._changed()

    def loaded(self, watts: float, outlets: Mapping[int, tuple[Mode, Supply]]) -> None:
        """What the site's meter shows, taken above zero [Q09.FR.03, Q09.FR.04]."""
        thresholds = self._thresholds
        self._balances = {
            evse: self._balances.get(evse, Balance())
            for evse, (mode, _) in outlets.items()
            if mode is Mode.BALANCING
        }
        if thresholds is None or not self._balances:
            return
        # one outlet's answer would be every outlet's: each takes its part of what is too much
        for evse, balance in self._balances.items():
            _, supply = outlets[evse]
            most = supply.watts(supply.amperes, supply.phases)
            least = -supply.watts(supply.back, supply.phases)
            balance.read(watts, thresholds, least, most, 1.0 / len(self._balances))
        self._changed()

    @property
    def _thresholds(self) -> Thresholds | None:
        """Nothing unless all are set, the upper one above the lower one [Q09.FR.02]."""
        model = self._ground.model
        words = [model.get(V2X, BALANCING, each) for each in THRESHOLDS]
        if not all(words):
            return None
        upper, lower, over, under = (float(word) for word in words)
        return (upper, lower, over, under) if upper > lower else None

    def _signals(self, message: Message) -> Reply:
        """[Q08.FR.10 to Q08.FR.12]."""
        if not self._signalled():
            why = "no period with a curve for it counts now"
            return Reply(status("Rejected", "NoSignalWattCurve", why))
        if len(self._coming) >= MOST_SIGNALS:
            return Reply(status("Rejected", "OutOfMemory", f"{MOST_SIGNALS} signals wait"))
        self._coming.append((message.timestamp.timestamp(), message.signal))
        self._coming.sort()
        return Reply(ACCEPTED, self._due)

    def _due(self) -> None:
        now = self._unix
        due = [signal for at, signal in self._coming if at <= now]
        self._coming = [each for each in self._coming if each[0] > now]
        if due:
            self._signal = due[-1]
            self._changed()
        if self._coming:
            self._alarm.rearm(max(1, round((self._coming[0][0] - now) * S)))

    def forget_signal(self) -> None:
        """No curve for it counts any more: the next one begins without a signal."""
        self._signal = None
        self._coming.clear()
        self._alarm.cancel()

    @property
    def _unix(self) -> float:
        unix_ns = self._ground.unix_ns
        return (self._ground.scheduler.now if unix_ns is None else unix_ns) / 1e9


def _part(order: Order, share: float) -> Order:
    def part(watts: float | None) -> float | None:
        return None if watts is None else watts * share

    return Order(part(order.limit), part(order.discharge), part(order.setpoint))


def extra_of(model: Model, mode: Mode) -> Extra:
    """Measurands that are told besides while that mode holds [Q01.FR.33 to Q01.FR.35]."""
    started, updated, ended = (
        model.members(V2X, name, mode.value)
        for name in ("TxStartedMeasurands", "TxUpdatedMeasurands", "TxEndedMeasurands")
    )
    return Extra(started, updated, ended)
