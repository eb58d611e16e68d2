"""The small back end: who may come in, what it answers, what it books, and faults on order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bsw.os.clock import S
from ocpp.backend.office import Fault, Office, OfficeRules
from ocpp.catalogue import Refused
from ocpp.client import Client
from ocpp.connection import Cause
from ocpp.station.ports import Ports
from ocpp.station.presence.boot import Standing
from ocpp.station.records import Token
from ocpp.station.rules import StationRules
from ocpp.station.runtime import Runtime
from ocpp.station.station import Station
from ocpp.station.store import Store
from ocpp.station.translation import Identity
from ocpp.versions import Version
from tests.ocpp.line import Line, line
from tests.ocpp.line import Station as Recorder
from tests.ocpp.site import Outlets

ACCOUNTS = {"TransactionEvent", "StartTransaction", "StopTransaction", "MeterValues"}
ALL = pytest.mark.parametrize("version", Version)


class Desk:
    """A station of ours at the small back end."""

    def __init__(self, made: Line, store: Store, rules: OfficeRules) -> None:
        self.lines: list[tuple[str, str, str, Any]] = []
        self.line = made
        self.store = store
        self.charger = Outlets()
        world = made.world
        self.office = Office(
            world.scheduler, self, now=lambda: "2030-01-01T00:00:00.000Z", rules=rules
        )
        made.server.user = self.office
        chance, log = made.client._means.randomness, made.client._means.log
        self.station = Station(
            Runtime(world.scheduler, world.worker, store, chance, log),
            Ports(made.client, self.charger),
            StationRules(Identity("V", "M")),
        )
        made.client._user = self.station
        made.client.open()
        self.run(3)

    def told(self, station: str, what: str, action: str, fields: object) -> None:
        self.lines.append((station, what, action, fields))

    def run(self, seconds: float) -> None:
        scheduler = self.line.world.scheduler
        scheduler.run(scheduler.now + round(seconds * S))

    def heard(self, what: str) -> list[str]:
        return [action for _, said, action, _ in self.lines if said == what]

    def charge(self) -> None:
        self.station.plugged(1)
        self.station.presented(1, Token("04E1"))
        self.run(100)
        self.station.unplugged(1)
        self.run(100)


@contextmanager
def desk(
    folder: Path, version: Version, rules: OfficeRules | None = None, password: str = ""
) -> Iterator[Desk]:
    with line(speaks=(version,), password=password) as made:
        store = Store(folder / "store")
        store.open()
        yield Desk(made, store, rules or OfficeRules())
        store.close()


@ALL
def test_a_charge_is_booked(version: Version, folder: Path) -> None:
    with desk(folder, version) as made:
        assert made.station.standing is Standing.ACCEPTED
        assert made.office.stations == ("CS-1",)
        assert made.office.version("CS-1") is version
        made.charge()
        assert made.charger.told[0] == ("allow", 1, "04E1")
        assert made.office.events("CS-1") >= 3
        assert made.office.repeats("CS-1") == 0
        assert made.store.waiting() == 0


@ALL
@pytest.mark.parametrize("fault", Fault)
def test_a_fault_on_order_loses_and_doubles_nothing(
    version: Version, fault: Fault, folder: Path
) -> None:
    action = "StartTransaction" if version is Version.V16 else "TransactionEvent"
    with desk(folder, version) as made:
        made.office.order(action, fault)
        made.office.order(action, fault)
        made.charge()
        made.run(500)
        assert made.store.waiting() == 0
        booked, repeats = made.office.events("CS-1"), made.office.repeats("CS-1")
        refused = 2 if fault is Fault.ERROR else 0
        told = [(name, fields) for _, what, name, fields in made.lines if what == "call"]
        accounts = [(name, fields) for name, fields in told if name in ACCOUNTS]
        assert len(accounts) == booked + repeats + refused
        if version is Version.V16:
            stops = [fields for name, fields in told if name == "StopTransaction"]
            assert [stop["transactionId"] for stop in stops] == [1]
        else:
            seqs = {fields["seqNo"] for name, fields in accounts}
            assert seqs == set(range(booked))


@ALL
def test_a_refused_token_is_refused_at_every_place(version: Version, folder: Path) -> None:
    with desk(folder, version, OfficeRules(refused={"04E1": "Blocked"})) as made:
        made.station.plugged(1)
        made.station.presented(1, Token("04E1"))
        made.run(5)
        assert made.charger.told == [("refuse", 1, "Blocked")]


@pytest.mark.parametrize(("password", "good"), [("s3cret", True), ("other", False), ("", False)])
def test_a_password_is_asked_of_those_who_have_one(
    password: str, folder: Path, *, good: bool
) -> None:
    rules = OfficeRules(passwords={"CS-1": "s3cret"})
    with desk(folder, Version.V201, rules, password) as made:
        assert made.line.client.is_open is good
        assert ("rejected" in {what for _, what, _, _ in made.lines}) is not good
    assert "s3cret" not in repr(rules)


@ALL
def test_a_call_by_hand_is_checked_made_and_answered(version: Version, folder: Path) -> None:
    with desk(folder, version) as made:
        made.office.call("CS-1", "TriggerMessage", {"requestedMessage": "Heartbeat"})
        made.run(2)
        assert made.heard("answer") == ["TriggerMessage"]
        assert "Heartbeat" in made.heard("call")
        made.office.call("CS-1", "ClearCache", {})
        made.run(2)
        assert made.heard("answer") == ["TriggerMessage", "ClearCache"]
        with pytest.raises(Refused):
            made.office.call("CS-1", "TriggerMessage", {})
        with pytest.raises(Refused, match="not connected"):
            made.office.call("CS-2", "TriggerMessage", {"requestedMessage": "Heartbeat"})


def test_what_it_does_not_know_is_not_supported(folder: Path) -> None:
    with desk(folder, Version.V201) as made:
        made.line.client.call("ReportChargingProfiles", REPORT)
        made.run(2)
        assert made.heard("call")[-1] == "ReportChargingProfiles"
        assert made.line.client.is_open


REPORT = {
    "requestId": 1,
    "chargingLimitSource": "CSO",
    "evseId": 1,
    "chargingProfile": [
        {
            "id": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [
                {
                    "id": 1,
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
                }
            ],
        }
    ],
}


def test_the_newer_connection_of_a_station_counts(folder: Path) -> None:
    with desk(folder, Version.V201) as made:
        world = made.line.world
        ours = made.line.client
        newer = Recorder(lambda: world.scheduler.now)
        other = Client(ours._means, world.vehicle, ours._resolve, ours.rules, newer)
        other.open()
        made.run(0.5)
        assert other.is_open
        assert not ours.is_open
        assert made.office.stations == ("CS-1",)
        other.close()


@pytest.mark.parametrize("boot", ["Pending", "Rejected"])
def test_it_can_let_a_station_wait(boot: str, folder: Path) -> None:
    with desk(folder, Version.V201, OfficeRules(boot=boot, interval=5)) as made:
        made.run(11)
        assert made.heard("call") == ["BootNotification"] * 3
        made.office._rules = replace(made.office._rules, boot="Accepted")
        made.run(5)
        assert made.station.standing is Standing.ACCEPTED
        assert Cause.LOST not in {gone.cause for gone in made.line.station.ended}
