"""Our station and foreign back ends over real sockets: PyPI's ``ocpp`` and npm's ``ocpp-rpc``."""

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bsw.dlt import silent
from bsw.net.ports import Endpoint
from bsw.os.clock import MS, S
from bsw.os.worker import Outcome
from csm.randomness import HostRandomness
from ocpp.backoff import BackOffRules
from ocpp.catalogue import Catalogue
from ocpp.client import Client, ClientRules
from ocpp.connection import Cause, Gone, Means
from ocpp.happenings import Happening
from ocpp.station.outlets.points import TxRules
from ocpp.station.ports import Ports
from ocpp.station.presence.boot import Standing
from ocpp.station.records import Token
from ocpp.station.rules import StationRules
from ocpp.station.runtime import Runtime
from ocpp.station.station import Station
from ocpp.station.store import Store
from ocpp.station.translation import Identity
from ocpp.versions import NEWEST_FIRST, Version
from tests.net.worlds import World, host
from tests.ocpp.site import Outlets

pytestmark = pytest.mark.peer

HOME = Path(os.environ.get("PEER_HOME", Path(__file__).parents[2] / ".cache" / "peers"))
PYTHON = HOME / "ocpp" / "bin" / "python"
PASSWORD = "a secret of 16 characters"
ALL = pytest.mark.parametrize("version", Version)


@dataclass
class Csms:
    """The package in a process of its own, and what it says."""

    process: "subprocess.Popen[str]"
    lines: "queue.Queue[str]" = field(default_factory=queue.Queue)
    heard: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def look(self) -> list[tuple[str, str, dict[str, Any]]]:
        while not self.lines.empty():
            what, name, fields = json.loads(self.lines.get())
            self.heard.append((what, name, fields))
        return self.heard

    def calls(self, action: str) -> list[dict[str, Any]]:
        return [fields for what, name, fields in self.look() if (what, name) == ("call", action)]

    def answers(self) -> list[dict[str, Any]]:
        return [fields for what, _, fields in self.look() if what == "answer"]

    def ask(self, action: str, fields: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([action, fields]) + "\n")
        self.process.stdin.flush()


def pypi() -> tuple[list[str | Path], Path]:
    """How the package is started, and where."""
    if not PYTHON.exists():
        pytest.skip(f"no {PYTHON}: python3 -m venv {HOME}/ocpp; pip install ocpp==2.1.0 websockets")
    return [PYTHON, "-P", Path(__file__).with_name("ocpp_csms.py")], HOME


def npm() -> tuple[list[str | Path], Path]:
    """The same for ``ocpp-rpc``."""
    folder, node = HOME / "ocpp-rpc", shutil.which("node")
    if node is None or not (folder / "node_modules" / "ocpp-rpc").is_dir():
        pytest.skip(f"no ocpp-rpc: npm install --prefix {folder} ocpp-rpc@2.2.1 (needs Node.js)")
    return [node, Path(__file__).with_name("ocpp_rpc_csms.mjs")], folder


Peer = Callable[[], tuple[list[str | Path], Path]]


@contextmanager
def csms(*speaks: Version, peer: Peer = pypi) -> Iterator[tuple[Csms, int]]:
    command, folder = peer()
    process = subprocess.Popen(
        [*command, *(version.value for version in speaks)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
    )
    made = Csms(process)
    reader = threading.Thread(target=made.read, daemon=True)
    reader.start()
    try:
        yield made, int(made.lines.get(timeout=60))
    finally:
        process.kill()
        process.wait()
        reader.join(10)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.stdout.close()


class Told:
    """Puts the station behind its client, and remembers how connections ended."""

    station: Station
    ended: list[Gone]

    def __init__(self) -> None:
        self.ended = []

    def opened(self, version: Version) -> None:
        self.station.opened(version)

    def happened(self, happening: Happening) -> None:
        self.station.happened(happening)

    def lost(self, reason: Gone) -> None:
        self.ended.append(reason)
        self.station.lost(reason)


@dataclass
class Site:
    world: World
    client: Client
    station: Station
    store: Store
    charger: Outlets
    told: Told
    csms: Csms

    def until(self, reached: Any) -> None:  # noqa: ANN401 - what is looked at
        self.world.run_until(reached, within=60 * S)


@contextmanager
def site(
    folder: Path, *speaks: Version, password: str = PASSWORD, peer: Peer = pypi
) -> Iterator[Site]:
    with csms(*speaks, peer=peer) as (running, port), host("loopback") as world:
        told, charger = Told(), Outlets()
        means = Means(
            world.scheduler,
            HostRandomness(),
            {version: Catalogue(version) for version in NEWEST_FIRST},
            silent().logger("ocpp"),
        )
        client = Client(
            means,
            world.vehicle,
            lambda _host, _port, done: done(Outcome(value=Endpoint("::1", port))),
            ClientRules(
                f"ws://[::1]:{port}/ocpp",
                "CS-1",
                password=password,
                back_off=BackOffRules(200 * MS, 0, 0),
            ),
            told,
        )
        store = Store(folder / "store")
        store.open()
        log = silent().logger("ocpp")
        told.station = Station(
            Runtime(world.scheduler, world.worker, store, HostRandomness(), log),
            Ports(client, charger),
            StationRules(Identity("Pilotwire", "Peer"), tx=TxRules(updated_every=1 * S)),
        )
        client.open()
        made = Site(world, client, told.station, store, charger, told, running)
        try:
            yield made
        finally:
            client.close()
            world.worker.close()  # it may be writing
            store.close()


@ALL
def test_a_charge_is_told_to_the_package(version: Version, tmp_path: Path) -> None:
    with site(tmp_path, version) as made:
        made.until(lambda: made.station.standing is Standing.ACCEPTED)
        assert made.client.version is version
        made.station.plugged(1)
        made.station.presented(1, Token("04E1"))
        made.until(lambda: made.charger.told)
        assert made.charger.told == [("allow", 1, "04E1")]
        made.station.charging(1)
        sampled = "MeterValues" if version is Version.V16 else "TransactionEvent"
        made.until(lambda: len(made.csms.calls(sampled)) > 3)
        made.station.presented(1, Token("04E1"))
        made.until(lambda: made.station.outlet(1).transaction is None)
        made.until(lambda: made.station.told_everything and not made.store.waiting())
        heard = [name for what, name, _ in made.csms.look() if what == "call"]
        assert heard[0] == "BootNotification"
        assert "Authorize" in heard
        if version is Version.V16:
            assert heard.count("StartTransaction") == heard.count("StopTransaction") == 1
        else:
            events = made.csms.calls("TransactionEvent")
            assert [event["seq_no"] for event in events] == list(range(len(events)))
        made.until(lambda: made.csms.calls("Heartbeat"))


@ALL
def test_the_package_starts_and_stops_a_charge(version: Version, tmp_path: Path) -> None:
    old = version is Version.V16
    with site(tmp_path, version) as made:
        made.until(lambda: made.station.standing is Standing.ACCEPTED)
        made.station.plugged(1)
        if old:
            made.csms.ask("RemoteStartTransaction", {"id_tag": "FAR", "connector_id": 1})
        else:
            token = {"id_token": "FAR", "type": "ISO14443"}
            start = {"id_token": token, "remote_start_id": 7, "evse_id": 1}
            made.csms.ask("RequestStartTransaction", start)
        made.until(lambda: made.charger.told)
        assert made.charger.told == [("allow", 1, "FAR")]
        started = "StartTransaction" if old else "TransactionEvent"
        made.until(lambda: made.csms.calls(started))
        made.until(lambda: not made.store.waiting())
        if old:
            made.csms.ask("RemoteStopTransaction", {"transaction_id": 1})
        else:
            ours = made.csms.calls(started)[0]["transaction_info"]["transaction_id"]
            made.csms.ask("RequestStopTransaction", {"transaction_id": ours})
        made.until(lambda: made.station.outlet(1).transaction is None)
        made.until(lambda: len(made.csms.answers()) == 2)
        assert [answer["status"] for answer in made.csms.answers()] == ["Accepted"] * 2


def test_the_best_version_both_have_is_agreed_and_compressed(tmp_path: Path) -> None:
    with site(tmp_path, Version.V16, Version.V201) as made:
        made.until(lambda: made.client.is_open)
        made.until(made.csms.look)
        [(what, name, fields)] = made.csms.look()[:1]
        assert (what, fields) == ("connected", {"extensions": 1})
        assert name in {"ocpp1.6", "ocpp2.0.1"}


def test_a_wrong_password_is_told_as_such(tmp_path: Path) -> None:
    with site(tmp_path, password="another password") as made:
        made.until(lambda: made.told.ended)
        assert made.told.ended[0].cause is Cause.UNAUTHORIZED


@ALL
def test_a_charge_is_told_to_ocpp_rpc(version: Version, tmp_path: Path) -> None:
    with site(tmp_path, version, peer=npm) as made:
        made.until(lambda: made.station.standing is Standing.ACCEPTED)
        assert made.client.version is version
        made.station.plugged(1)
        made.station.presented(1, Token("04E1"))
        made.until(lambda: made.charger.told)
        made.station.charging(1)
        sampled = "MeterValues" if version is Version.V16 else "TransactionEvent"
        made.until(lambda: len(made.csms.calls(sampled)) > 3)
        made.station.presented(1, Token("04E1"))
        made.until(lambda: made.station.outlet(1).transaction is None)
        made.until(lambda: made.station.told_everything and not made.store.waiting())
        assert [each for each in made.csms.look() if each[0] == "wrong"] == []
        if version is not Version.V16:
            events = made.csms.calls("TransactionEvent")
            assert [event["seqNo"] for event in events] == list(range(len(events)))


@ALL
def test_ocpp_rpc_sets_asks_and_starts(version: Version, tmp_path: Path) -> None:
    old = version is Version.V16
    with site(tmp_path, version, peer=npm) as made:
        made.until(lambda: made.station.standing is Standing.ACCEPTED)
        made.station.plugged(1)
        if old:
            made.csms.ask("ChangeConfiguration", {"key": "ConnectionTimeOut", "value": "90"})
            made.csms.ask("GetConfiguration", {})
            made.csms.ask("RemoteStartTransaction", {"idTag": "FAR", "connectorId": 1})
        else:
            name = {"component": {"name": "TxCtrlr"}, "variable": {"name": "EVConnectionTimeOut"}}
            row = {**name, "attributeValue": "90"}
            made.csms.ask("SetVariables", {"setVariableData": [row]})
            made.csms.ask("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"})
            token = {"idToken": "FAR", "type": "ISO14443"}
            start = {"idToken": token, "remoteStartId": 7, "evseId": 1}
            made.csms.ask("RequestStartTransaction", start)
        made.until(lambda: len(made.csms.answers()) == 3)
        made.until(lambda: made.charger.told)
        assert made.charger.told == [("allow", 1, "FAR")]
        if not old:
            made.until(lambda: made.csms.calls("NotifyReport"))
            made.until(lambda: not made.csms.calls("NotifyReport")[-1]["tbc"])
        assert [each for each in made.csms.look() if each[0] in {"wrong", "refused"}] == []
