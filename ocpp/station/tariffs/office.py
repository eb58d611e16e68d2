"""What the back end asks about tariffs: set, listed, cleared, changed [I07, I09 to I11]."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Protocol

import msgspec
from msgspec import UNSET

from bsw.os.clock import S
from ocpp.catalogue import Message
from ocpp.station.desk import ONLY_21, Desk, Json, Objection, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.provisioning.model import Model
from ocpp.station.records import Context, Trigger
from ocpp.station.tariffs.account import Account
from ocpp.station.tariffs.book import Book
from ocpp.station.tariffs.tariff import Tariff, read
from ocpp.station.translation import timestamp
from ocpp.versions import Wrong

CONTROLLER: Final = "TariffCostCtrlr"


class Running(Protocol):
    """Transactions that have a tariff."""

    def account(self, evse: int) -> Account | None:
        """Of the transaction that runs there."""

    def change(self, evse: int, tariff: Tariff) -> None:
        """From the next event on."""


class TariffOffice:
    """The answers."""

    def __init__(self, desk: Desk, ground: Ground, book: Book, running: Running) -> None:
        self._ground = ground
        self._book = book
        self._running = running
        desk.take(
            {
                "SetDefaultTariff": self._set,
                "GetTariffs": self._get,
                "ClearTariffs": self._clear,
                "ChangeTransactionTariff": self._change,
            },
            versions=ONLY_21,
        )

    @property
    def _now(self) -> float:
        unix_ns = self._ground.unix_ns
        return (self._ground.scheduler.now if unix_ns is None else unix_ns) / S

    def _must_be_enabled(self) -> None:
        if not self._ground.model.flag(CONTROLLER, "Enabled", "Tariff"):
            raise Objection(Wrong.NOT_SUPPORTED, "cost is not computed at this station")

    def _wrong(self, wire: Mapping[str, object]) -> Json | None:
        """Why a tariff is not taken [I07.FR.02 to FR.06]."""
        try:
            tariff = read(wire)
        except msgspec.ValidationError as error:
            return status("Rejected", "InvalidValue", str(error))
        if not fits(tariff, self._ground.model):
            return status("TooManyElements")
        return None if can_hold(tariff, self._ground.model) else status("ConditionNotSupported")

    def _set(self, message: Message) -> Reply:
        self._must_be_enabled()
        wire = msgspec.to_builtins(message.tariff)
        wrong = self._wrong(wire)
        if wrong is not None:
            return Reply(wrong)
        if message.evseId and message.evseId not in self._ground.places:
            return Reply(status("Rejected", "UnknownEvse"))
        if self._book.has(message.tariff.tariffId):
            return Reply(status("DuplicateTariffId"))
        evses = [message.evseId] if message.evseId else list(self._ground.places)
        self._book.install(evses, wire, self._now)
        return Reply(status("Accepted"))

    def _get(self, message: Message) -> Reply:
        self._must_be_enabled()
        if message.evseId and message.evseId not in self._ground.places:
            return Reply(status("Rejected", "UnknownEvse"))
        found: list[Json] = []
        for tariff, evses in self._book.installed(message.evseId, self._now):
            begins = tariff.valid_from
            since = {} if begins is None else {"validFrom": timestamp(int(begins.timestamp() * S))}
            told = {"tariffId": tariff.tariff_id, "tariffKind": "DefaultTariff"}
            found.append({**told, **since, "evseIds": sorted(evses)})
        for evse in self._ground.places:
            account = self._running.account(evse)
            if account is None or message.evseId not in {0, evse}:
                continue
            if not self._book.has(account.tariff.tariff_id):
                token = self._ground.places[evse].outlet.token
                own: Json = {"tariffId": account.tariff.tariff_id, "tariffKind": "DriverTariff"}
                own |= {"evseIds": [evse]} | ({} if token is None else {"idTokens": [token.id]})
                found.append(own)
        if not found:
            return Reply(status("NoTariff"))
        return Reply({"status": "Accepted", "tariffAssignments": found})

    def _clear(self, message: Message) -> Reply:
        """What runs keeps its tariff [I10.FR.05]."""
        self._must_be_enabled()
        evse = None if message.evseId is UNSET else message.evseId
        there = {tariff.tariff_id for tariff, _ in self._book.installed(evse or 0, self._now)}
        wanted = sorted(there) if message.tariffIds is UNSET else list(message.tariffIds)
        results: list[Json] = []
        for name in wanted:
            if name in there:
                self._book.clear(name, evse, self._now)
            word = "Accepted" if name in there else "NoTariff"
            results.append({"tariffId": name, "status": word})
        return Reply({"clearTariffsResult": results or [status("NoTariff")]})

    def _change(self, message: Message) -> Reply:
        self._must_be_enabled()
        wire = msgspec.to_builtins(message.tariff)
        wrong = self._wrong(wire)
        if wrong is not None:
            return Reply(wrong)
        for evse, place in self._ground.places.items():
            account = self._running.account(evse)
            if place.outlet.transaction != message.transactionId:
                continue
            if account is not None and account.tariff.currency != message.tariff.currency:
                return Reply(status("NoCurrencyChange"))
            self._running.change(evse, read(wire))
            say = partial(place.outlet.measure, Trigger.TARIFF_CHANGED, Context.TRIGGER)
            return Reply(status("Accepted"), say)  # once it is answered
        return Reply(status("TxNotFound"))


def fits(tariff: Tariff, model: Model) -> bool:
    return tariff.elements <= model.number(CONTROLLER, "MaxElements", "Tariff")


def can_hold(tariff: Tariff, model: Model) -> bool:
    """Whether all of its conditions can be looked at."""
    able = model.flag(CONTROLLER, "ConditionsSupported", "Tariff")
    return tariff.supported if able else not tariff.conditional


def understood(wire: Mapping[str, Any], model: Model) -> Tariff | None:
    """``None`` for what cannot be used here."""
    try:
        tariff = read(wire)
    except msgspec.ValidationError:
        return None
    return tariff if fits(tariff, model) and can_hold(tariff, model) else None
