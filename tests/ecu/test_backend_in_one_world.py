"""Back end, station, vehicle, battery and both buses in one process on the virtual clock."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bsw.chrgm.endings import Ending
from bsw.dlt import silent
from csm.randomness import SeededRandomness
from ocpp.backend.office import Office, OfficeRules
from ocpp.catalogue import Catalogue
from ocpp.connection import Means
from ocpp.server import Server
from ocpp.versions import Version
from tests.ecu.test_both_from_files import Settings, pair_of, until_ended
from tests.ocpp.opinion import watched
from tests.ocpp.test_ocmf import key_file, taken_apart
from tools.bench.world.pair import Pair

PORT = 9000
LONG = [pytest.param(version, marks=pytest.mark.long) for version in (Version.V16, Version.V201)]
ALL = pytest.mark.parametrize("version", [Version.V21, *LONG])


@pytest.fixture(autouse=True)
def second_opinion() -> Iterator[None]:
    """Another validator reads whatever is sent."""
    with watched() as seen:
        yield
    assert seen[0]


class Chain:
    """A pair whose station has a back end."""

    def __init__(
        self,
        folder: Path,
        version: Version,
        *,
        soc: float = 79.7,
        vehicle: Settings | None = None,
        station: Settings | None = None,
        schedules: tuple[dict[str, object], ...] = (),
        around: Settings | None = None,
        listens: bool = True,
        **settings: object,
    ) -> None:
        self.lines: list[tuple[str, str, Any]] = []
        ocpp = {
            "url": f"ws://csms.example:{PORT}/ocpp",
            "identity": "CS-7",
            "store": {"file": str(folder / "store")},
            "transactions": {"values_every": "5 s"},
            **settings,
        }
        more = {**(station or {}), "ocpp": ocpp}
        self.pair = pair_of(folder, vehicle or {}, more, soc, **(around or {}))
        scheduler = self.pair.scheduler
        self.office = Office(
            scheduler,
            self,
            now=lambda: "2030-01-01T00:00:00.000Z",
            rules=OfficeRules(schedules=schedules),
        )
        means = Means(
            scheduler,
            SeededRandomness("back end"),
            {version: Catalogue(version)},
            silent().logger("csms"),
        )
        self._server = Server(means, self.office)
        if listens:
            self.listen()
        self.pair.start()
        self.pair.run(3.0)

    def listen(self) -> None:
        self._server.listen(self.pair.world.backend, port=PORT)

    def told(self, station: str, what: str, action: str, fields: object) -> None:
        self.lines.append((what, action, fields))

    def calls(self, *actions: str) -> list[Any]:
        return [
            fields for what, action, fields in self.lines if what == "call" and action in actions
        ]

    def whole(self) -> Pair:
        """To the end of the charge, the plug out, and everything told."""
        until_ended(self.pair)
        self.pair.run(5.0)
        self.pair.unplug()
        self.pair.run(120.0)
        return self.pair


def accounts(chain: Chain, version: Version) -> list[str]:
    """The events in words that all versions share."""
    if version is not Version.V16:
        return [event["eventType"] for event in chain.calls("TransactionEvent")]
    names = {"StartTransaction": "Started", "MeterValues": "Updated", "StopTransaction": "Ended"}
    return [names[action] for what, action, _ in chain.lines if what == "call" and action in names]


@ALL
def test_a_card_pays_a_charge(version: Version, tmp_path: Path) -> None:
    firmware = {"version": "2.4.1"}
    chain = Chain(tmp_path, version, driver="card", card="04E1", firmware=firmware)
    chain.pair.plug()
    pair = chain.whole()
    assert pair.station.outlet.results[0].ending is Ending.TERMINATED
    told = accounts(chain, version)
    assert (told[0], told[-1]) == ("Started", "Ended")
    assert told.count("Started") == told.count("Ended") == 1
    assert "Updated" in told
    assert len(chain.calls("Authorize")) == 1
    boot = chain.calls("BootNotification")[0]
    assert boot.get("chargingStation", boot)["firmwareVersion"] == "2.4.1"


@ALL
def test_a_card_shown_before_the_back_end_listens_is_asked_about_then(
    version: Version, tmp_path: Path
) -> None:
    """Power is back, the vehicle is there still and asks before the station has booted."""
    chain = Chain(tmp_path, version, listens=False, driver="card", card="04E1")
    chain.pair.plug()
    chain.pair.run(15.0)
    assert chain.pair.station.outlet.session is not None
    chain.listen()
    pair = chain.whole()
    assert pair.station.outlet.results[0].ending is Ending.TERMINATED
    assert len(chain.calls("Authorize")) == 1


@ALL
def test_the_back_end_starts_a_charge_and_stops_it(version: Version, tmp_path: Path) -> None:
    old = version is Version.V16
    chain = Chain(tmp_path, version, soc=40.0)
    chain.pair.plug()
    chain.pair.run(10.0)
    assert accounts(chain, version) == []
    if old:
        chain.office.call("CS-7", "RemoteStartTransaction", {"idTag": "FAR"})
    else:
        token = {"idToken": "FAR", "type": "ISO14443"}
        start = {"remoteStartId": 7, "idToken": token}
        chain.office.call("CS-7", "RequestStartTransaction", start)
    chain.pair.run(40.0)
    assert accounts(chain, version)[0] == "Started"
    assert not chain.pair.station.outlet.results
    if old:
        chain.office.call("CS-7", "RemoteStopTransaction", {"transactionId": 1})
    else:
        [first, *_] = chain.calls("TransactionEvent")
        name = first["transactionInfo"]["transactionId"]
        chain.office.call("CS-7", "RequestStopTransaction", {"transactionId": name})
    pair = chain.whole()
    assert pair.hardware.vehicle.battery.soc < 79.0
    assert accounts(chain, version)[-1] == "Ended"
    last = chain.calls("StopTransaction", "TransactionEvent")[-1]
    assert (last["reason"] if old else last["transactionInfo"]["stoppedReason"]) == "Remote"


@ALL
def test_a_charge_goes_on_without_the_back_end_and_is_told_afterwards(
    version: Version, tmp_path: Path
) -> None:
    chain = Chain(tmp_path, version, driver="card", card="04E1")
    chain.pair.plug()
    chain.pair.run(20.0)
    assert accounts(chain, version)[:1] == ["Started"]
    chain.pair.world.cut_backend()
    until_ended(chain.pair)
    chain.pair.run(60.0)
    assert "Ended" not in accounts(chain, version)
    chain.pair.world.restore_backend()
    chain.whole()
    assert accounts(chain, version)[-1] == "Ended"
    if version is not Version.V16:
        events = {event["seqNo"]: event for event in chain.calls("TransactionEvent")}
        assert sorted(events) == list(range(len(events)))
        assert events[len(events) - 1]["offline"] is True
    assert chain.office.events("CS-7") + chain.office.repeats("CS-7") == len(
        accounts(chain, version)
    )


@pytest.mark.long
@ALL
def test_a_refused_card_charges_nobody(version: Version, tmp_path: Path) -> None:
    chain = Chain(tmp_path, version, driver="card", card="04E1")
    chain.office._rules = OfficeRules(refused={"04E1": "Blocked"})
    chain.pair.plug()
    until_ended(chain.pair)
    assert chain.pair.station.outlet.results[0].ending is not Ending.TERMINATED
    assert accounts(chain, version) == []


@pytest.mark.long
def test_the_same_seed_gives_the_same_conversation(tmp_path: Path) -> None:
    def lines(folder: Path) -> list[tuple[str, str, Any]]:
        folder.mkdir()
        chain = Chain(folder, Version.V21, driver="card", card="04E1")
        chain.pair.plug()
        chain.whole()
        return chain.lines

    assert lines(tmp_path / "one") == lines(tmp_path / "two")


@pytest.mark.long
@pytest.mark.parametrize("version", Version)
def test_a_signing_meters_records_reach_the_back_end(version: Version, tmp_path: Path) -> None:
    chain = Chain(
        tmp_path, version, driver="card", card="04E1", signing_key=str(key_file(tmp_path))
    )
    chain.pair.plug()
    chain.whole()
    last = chain.calls("StopTransaction", "TransactionEvent")[-1]
    values = last["transactionData" if version is Version.V16 else "meterValue"]
    samples = [sample for value in values for sample in value["sampledValue"]]
    records = [
        sample["value"] if version is Version.V16 else sample["signedMeterValue"]["signedMeterData"]
        for sample in samples
        if "signedMeterValue" in sample or sample.get("format") == "SignedData"
    ]
    begin, end = (taken_apart(record)[1]["RD"][0]["RV"] for record in records)
    assert end > begin
