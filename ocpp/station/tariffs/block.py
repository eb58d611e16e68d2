"""Tariffs of 2.1 and the cost computed from them, event by event [I07 to I12].

Owns which tariff a transaction has and when its cost is told; the sums are the account's.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec

from bsw.os.clock import S
from bsw.os.scheduler import Alarm
from ocpp.station.desk import Desk
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.station.records import ChargingState, Phase, Sample, Trigger, TxEvent
from ocpp.station.tariffs.account import Account, Sums, Taken, failed
from ocpp.station.tariffs.book import Book
from ocpp.station.tariffs.office import CONTROLLER, TariffOffice, understood
from ocpp.station.tariffs.problem import Notify, Problem
from ocpp.station.tariffs.tariff import Moment, Tariff

POWER: Final = "Power.Active.Import"
CURRENT: Final = "Current.Import"
RUNNING: Final = "tariff-accounts"
"""Currencies of running transactions, for one that a power cut ends."""
SUMS: Final = "tariff-sums"
"""What running transactions cost so far, for one that goes on after a power cut."""


class Tariffs:
    """The block."""

    def __init__(
        self, desk: Desk, ground: Ground, notify: Notify, reserved: Callable[[int], float]
    ) -> None:
        """``reserved`` tells for how many seconds a reservation has lasted whose driver came."""
        self._ground = ground
        self._reserved = reserved
        self._problem = Problem(ground, notify)
        self._book = Book(ground.memory)
        self._accounts: dict[int, Account] = {}
        self._drivers: dict[int, Tariff] = {}
        self._central: set[int] = set()  # outlets whose next transaction is not computed here
        self._interrupted = ground.memory.read(RUNNING, dict[str, str], {})
        self._currencies: dict[str, str] = {}
        self._kept = ground.memory.read(SUMS, dict[str, Sums], {})
        self._ticks: dict[int, Alarm] = {}
        self._costs: dict[int, Alarm] = {}
        for evse in ground.places:
            alarm = ground.scheduler.alarm
            self._ticks[evse] = alarm(partial(self._tick, evse), name="ocpp.tariff")
            self._costs[evse] = alarm(partial(self._tell, evse), name="ocpp.cost")
        TariffOffice(desk, ground, self._book, self)

    def close(self) -> None:
        for alarm in (*self._ticks.values(), *self._costs.values()):
            alarm.cancel()

    def usable(self, evse: int, wire: Mapping[str, Any] | None) -> bool:
        """Of a driver who comes with a tariff of his own, before he is let in [I08].

        False: it cannot be used, and such a driver is not to charge (HandleFailedTariff).
        """
        self._drivers.pop(evse, None)
        self._central.discard(evse)
        if wire is None or not self._enabled:
            return True
        tariff = understood(wire, self._ground.model)
        if tariff is not None:
            self._problem.solved()
            self._drivers[evse] = at_once(tariff)
            return True
        self._problem.found("UnsupportedParam")
        handling = self._ground.model.get(CONTROLLER, "HandleFailedTariff", "Tariff")
        if handling == "CentralCost":
            self._central.add(evse)
        return handling != "Deauthorize"

    def priced(self, event: TxEvent) -> TxEvent:
        """With what it costs, where it is told."""
        evse = event.evse
        if event.transaction in self._interrupted:
            return self._ended_before(event)
        if evse is None or evse not in self._ground.places or not self._enabled:
            return event
        place = self._ground.places[evse]
        if event.trigger is Trigger.TARIFF_REFUSED:
            self._dropped(evse, event)
            return event
        account = self._accounts.get(evse)
        taken = self._taken(place, event)
        if account is None:
            account = self._opened(evse, event, taken)
            if account is None:
                return event
        elif (own := self._drivers.pop(evse, None)) is not None:
            account.change(own, taken)
        else:
            account.take(taken)
        if event.reservation is not None:
            account.reserved(self._reserved(event.reservation))
        event = self._with_cost(event, account)
        if event.phase is Phase.ENDED:
            self._closed(evse, event.transaction)
            self._problem.solved()  # [I12.FR.43]
        return event

    def running(self, evse: int) -> Tariff | None:
        """What a vehicle that charges there now would have to pay."""
        if not self._enabled:
            return None
        account = self._accounts.get(evse)
        own = self._drivers.get(evse)
        return account.tariff if account is not None else own or self._book.holding(evse, self._now)

    def account(self, evse: int) -> Account | None:
        """Of the transaction that runs there."""
        return self._accounts.get(evse)

    def keep(self) -> None:
        """Remember what running transactions cost until now."""
        running = ((self._ground.places[evse], one) for evse, one in self._accounts.items())
        sums = {place.outlet.transaction: one.sums for place, one in running}
        self._ground.memory.write(SUMS, sums)

    def can_resume(self, transaction: str) -> bool:
        """Whether it is known what an interrupted transaction costs, if it is computed here."""
        return transaction not in self._interrupted or transaction in self._kept

    def resume(self, evse: int, transaction: str) -> None:
        """An interrupted transaction goes on [E17]; nobody begins to compute in its middle."""
        currency = self._interrupted.pop(transaction, None)
        sums = self._kept.pop(transaction, None)
        if currency is None or sums is None:
            self._central.add(evse)
            return
        taken = self._taken(self._ground.places[evse])
        self._accounts[evse] = Account.resumed(sums, taken)
        self._currencies[transaction] = currency
        self._write_running()
        self._rearm(evse)

    def change(self, evse: int, tariff: Tariff) -> None:
        """From the next event on [I11.FR.06]."""
        self._drivers[evse] = at_once(tariff)

    @property
    def local(self) -> datetime:
        """The time there, by the zone that is set, which knows about summer [I12.FR.37]."""
        return datetime.fromtimestamp(self._now, tz=self._ground.wall.zone)

    @property
    def _enabled(self) -> bool:
        return self._ground.model.flag(CONTROLLER, "Enabled", "Tariff")

    @property
    def _now(self) -> float:
        unix_ns = self._ground.unix_ns
        return (self._ground.scheduler.now if unix_ns is None else unix_ns) / S

    def _opened(self, evse: int, event: TxEvent, taken: Taken) -> Account | None:
        if event.phase is Phase.ENDED:
            self._central.discard(evse)
            return None
        tariff = self._drivers.pop(evse, None) or self._book.holding(evse, self._now)
        if tariff is None or evse in self._central:
            return None
        account = self._accounts[evse] = Account(tariff, taken)
        self._currencies[event.transaction] = tariff.currency
        self._write_running()
        self._rearm(evse)
        return account

    def _with_cost(self, event: TxEvent, account: Account) -> TxEvent:
        """At the begin, in the end, and each time that it is told in between [I12.FR.01 to 03]."""
        name = account.tariff.tariff_id
        if account.sums.told != name:
            account.sums.told = name
            event = replace(event, tariff=name)
        if event.phase is Phase.UPDATED and event.trigger is not Trigger.RUNNING_COST:
            return event
        return replace(event, cost=account.record(final=event.phase is Phase.ENDED))

    def _write_running(self) -> None:
        self._ground.memory.write(RUNNING, {**self._interrupted, **self._currencies})

    def _ended_before(self, event: TxEvent) -> TxEvent:
        """A power cut took its readings [I12.FR.14]."""
        currency = self._interrupted.pop(event.transaction)
        self._write_running()
        self._problem.found("PowerLoss")
        return replace(event, cost=failed(currency, "power was lost during the transaction"))

    def _dropped(self, evse: int, event: TxEvent) -> None:
        """The driver does not want to pay that: nothing is charged for [I07.FR.30, I08.FR.20]."""
        if evse in self._accounts:
            self._closed(evse, event.transaction)
        self._drivers.pop(evse, None)
        if event.phase is not Phase.ENDED:
            self._central.add(evse)

    def _closed(self, evse: int, transaction: str) -> None:
        del self._accounts[evse]
        self._drivers.pop(evse, None)
        self._currencies.pop(transaction, None)
        self._write_running()
        self._ticks[evse].cancel()
        self._costs[evse].cancel()

    def _rearm(self, evse: int) -> None:
        every = self._ground.model.number(CONTROLLER, "Interval", "Tariff")
        self._ticks[evse].rearm(round(max(every, 1) * S))  # 0: always [I12.FR.31]
        told = self._ground.model.number(CONTROLLER, "Interval", "Cost")
        if told and not self._costs[evse].armed:
            self._costs[evse].rearm(round(told * S))

    def _tick(self, evse: int) -> None:
        """Other prices may hold meanwhile."""
        account = self._accounts.get(evse)
        if account is not None:
            account.take(self._taken(self._ground.places[evse]))
            self._rearm(evse)

    def _tell(self, evse: int) -> None:
        if evse in self._accounts:
            if self._ground.model.flag(CONTROLLER, "Enabled", "RunningCost"):
                self._ground.places[evse].outlet.measure(Trigger.RUNNING_COST)
            self._rearm(evse)

    def _taken(self, place: Place, event: TxEvent | None = None) -> Taken:
        samples = self._ground.charger.meter(place.evse)
        charging = place.outlet.charging if event is None else event.charging
        moment = Moment(
            self.local,
            "DC" if self._ground.charger.supply(place.evse).dc else "AC",
            current=_sum(samples, CURRENT),
            power=_sum(samples, POWER),
        )
        return Taken(
            self._ground.runtime.instant() if event is None else event.at,
            self._ground.scheduler.now / S,
            place.outlet.energy_wh if event is None else event.meter_wh or 0.0,
            charging is ChargingState.CHARGING,
            moment,
        )


def at_once(tariff: Tariff) -> Tariff:
    """A driver's own holds at once, whatever it says [I08.FR.10]."""
    return msgspec.structs.replace(tariff, valid_from=None)


def _sum(samples: tuple[Sample, ...], measurand: str) -> float | None:
    """Over all phases."""
    found = [each.value for each in samples if each.measurand == measurand]
    return sum(found) if found else None
