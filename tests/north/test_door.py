"""The local door on real sockets: who comes in, who is dropped, and that nothing else suffers."""

import json
import os
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bsw.base import CannotStart
from bsw.dlt import Dlt, Level
from bsw.dlt_sinks import RingSink
from bsw.north.config import LocalDoorConfig
from bsw.north.door import LocalDoor
from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from evcc.north.side import side
from evcc.north.vehicle import Vehicle
from tools.bench.world.plug import NoUser

ASK = b'{"id":1,"cmd":"update_soc","args":{"SoC":5}}\n'


class House:
    """A vehicle's north side behind a door, on host time."""

    def __init__(self, path: Path, **config: int) -> None:
        mailbox = Mailbox()
        self.clock = HostClock(mailbox)
        self.scheduler = Scheduler(self.clock, mailbox=mailbox)
        self.worker = SimulatedWorker(self.scheduler)
        self.ring = RingSink(1000)
        self.log = Dlt(self.clock.now, (self.ring,), level=Level.DEBUG).logger("north")
        self.vehicle = Vehicle(NoUser())
        self.callers: list[Caller] = []
        self.path = path
        self.config = LocalDoorConfig(socket=path, **config)
        self.door = self.open()

    def open(self) -> LocalDoor:
        return LocalDoor(
            self.scheduler,
            self.clock,
            side(self.vehicle),
            self.config,
            log=self.log,
            worker=self.worker,
        )

    def until(self, reached: Callable[[], object]) -> None:
        def look() -> None:
            if reached():
                self.scheduler.stop()

        looking = self.scheduler.every(MS // 2, look, name="look", offset=0)
        self.scheduler.run(self.scheduler.now + 5 * S)
        looking.stop()
        assert reached(), "not reached in time"

    def caller(self) -> "Caller":
        made = Caller(self)
        self.callers.append(made)
        return made

    def close(self) -> None:
        self.door.close()
        self.clock.close()
        for caller in self.callers:
            caller.socket.close()

    def events(self) -> list[str]:
        return [record.event for record in self.ring.records()]


class Caller:
    def __init__(self, house: House) -> None:
        self.house = house
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(house.path))
        self.socket.setblocking(False)
        self.heard = b""
        self.over = False

    def send(self, octets: bytes) -> None:
        """Everything, while the house goes on."""

        def some() -> bool:
            nonlocal octets
            try:
                octets = octets[self.socket.send(octets) :]
            except BlockingIOError:
                pass
            except OSError:
                self.over = True
            return self.over or not octets

        self.house.until(some)

    def lines(self, count: int) -> list[dict[str, Any]]:
        self.house.until(lambda: self._listen() or self.heard.count(b"\n") >= count)
        return [json.loads(line) for line in self.heard.splitlines()]

    def until_over(self) -> None:
        self.house.until(self._listen)

    def _listen(self) -> bool:
        try:
            data = self.socket.recv(65_536)
        except BlockingIOError:
            return self.over
        except OSError:
            data = b""
        self.heard += data
        self.over = self.over or not data
        return self.over


@contextmanager
def house(path: Path, **config: int) -> Iterator[House]:
    made = House(path, **config)
    try:
        yield made
    finally:
        made.close()


def test_a_command_comes_in_and_a_variable_goes_out(tmp_path: Path) -> None:
    with house(tmp_path / "s") as here:
        caller = here.caller()
        caller.send(b'{"id":1,"watch":["link_state"]}\n' + ASK)
        assert caller.lines(2)[1] == {"id": 1, "retval": None}
        assert here.vehicle.state.soc == 5.0
        here.vehicle.variables.publish("link_state", "linked")
        here.vehicle.variables.publish("session_state", "unwatched")
        assert caller.lines(3)[2] == {"var": "link_state", "value": "linked"}
        assert len(caller.lines(3)) == 3


def test_the_door_is_for_its_owner_alone(tmp_path: Path) -> None:
    with house(tmp_path / "run" / "s") as here:
        assert stat.S_IMODE(here.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(here.path.parent.stat().st_mode) == 0o700
    assert not (tmp_path / "run" / "s").exists()


def as_nobody(path: Path) -> int:
    """A process of another user that asks; ends with 0 if it was turned away."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setuid(65_534)
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
                sock.settimeout(4)
                sock.connect(str(path))
                status = 0 if b"not-allowed" in sock.recv(4096) else 2
        finally:
            os._exit(status)
    return child


@pytest.mark.root
def test_another_user_who_gets_that_far_is_turned_away() -> None:
    with tempfile.TemporaryDirectory() as folder, house(Path(folder) / "s") as here:
        Path(folder).chmod(0o755)
        here.path.chmod(0o666)
        child = as_nobody(here.path)
        ended: list[int] = []

        def look() -> bool:
            pid, status = os.waitpid(child, os.WNOHANG) if not ended else (0, 0)
            if pid:
                ended.append(os.waitstatus_to_exitcode(status))
            return bool(ended)

        here.until(look)
        assert ended == [0]
        assert here.door.clients == 0
        assert "client refused" in here.events()


WATCH = b'{"id":1,"watch":["link_state"]}\n'


def test_those_who_watch_never_fill_the_door(tmp_path: Path) -> None:
    with house(tmp_path / "s") as here:
        most = here.config.clients
        watching = [here.caller() for _ in range(most)]
        for caller in watching:
            caller.send(WATCH)
        said = [caller.lines(1)[0] for caller in watching]
        assert ["retval" in one for one in said] == [True] * (most - 1) + [False]
        assert said[-1]["error"]["code"] == "busy"
        for _ in range(3):
            caller = here.caller()
            caller.send(ASK)
            assert "retval" in caller.lines(1)[0]
        assert here.door.clients == most
        here.vehicle.variables.publish("link_state", "still heard")
        assert all(caller.lines(2) for caller in watching[:-1])
        watching[0].socket.close()
        here.until(lambda: here.door.clients == most - 1)
        caller.send(WATCH)
        assert "retval" in caller.lines(2)[1], "a place to watch became free"


def test_a_door_for_one_lets_it_watch(tmp_path: Path) -> None:
    with house(tmp_path / "s", clients=1) as here:
        only = here.caller()
        only.send(WATCH)
        assert "retval" in only.lines(1)[0]
        second = here.caller()
        second.until_over()
        assert json.loads(second.heard)["error"]["code"] == "busy"


def test_silent_clients_give_way(tmp_path: Path) -> None:
    with house(tmp_path / "s") as here:
        silent = [here.caller() for _ in range(here.config.clients)]
        here.until(lambda: here.door.clients == here.config.clients)
        caller = here.caller()
        caller.send(ASK)
        assert "retval" in caller.lines(1)[0]
        silent[0].until_over()
        assert json.loads(silent[0].heard)["error"]["code"] == "idle"
        assert not any(one._listen() for one in silent[1:])
        assert here.door.clients == here.config.clients
        assert "client gave way" in here.events()


def gave_way(here: House, count: int) -> bool:
    return here.events().count("client gave way") == count


def test_who_asked_or_watches_stays_longer_than_who_only_holds_a_place(tmp_path: Path) -> None:
    with house(tmp_path / "s", clients=3) as here:
        watching, asking, halfway = here.caller(), here.caller(), here.caller()
        watching.send(WATCH)
        watching.lines(1)
        asking.send(ASK)
        asking.lines(1)
        halfway.send(ASK[:-1])  # never comes to an end
        for number in range(1, 21):
            here.caller()
            here.until(partial(gave_way, here, number))
        halfway.until_over()
        here.vehicle.variables.publish("link_state", "still heard")
        assert watching.lines(2)
        asking.send(ASK)
        assert len(asking.lines(2)) == 2


def test_who_does_not_read_is_dropped_and_the_others_hear_on(tmp_path: Path) -> None:
    with house(tmp_path / "s", queue=65_536) as here:
        slow, quick = here.caller(), here.caller()
        for caller in (slow, quick):
            caller.send(b'{"id":1,"watch":["link_state"]}\n')
        quick.lines(1)
        here.until(lambda: here.door.clients == 2)
        for number in range(200):
            here.vehicle.variables.publish("link_state", f"{number} " + "x" * 4_000)
            quick.lines(2 + number)
        here.until(lambda: here.door.clients == 1)
        assert "client dropped" in here.events()
        assert len(quick.lines(201)) == 201


def test_who_asks_without_reading_is_dropped(tmp_path: Path) -> None:
    with house(tmp_path / "s", queue=65_536) as here:
        caller = here.caller()
        caller.send(b'{"list":true}\n' * 200)
        here.until(lambda: "client dropped" in here.events())
        assert here.door.clients == 0


HOSTILE = [
    b"\x16\x03\x01" + bytes(200),
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"x" * 1_000_000,
    b"\n" * 100_000,
    b"[" * 300_000 + b"\n",
    b'{"cmd":"update_soc"' * 20_000,
]


@pytest.mark.parametrize("octets", HOSTILE, ids=lambda octets: repr(octets[:12]))
def test_hostile_octets_harm_nobody_else(tmp_path: Path, octets: bytes) -> None:
    with house(tmp_path / "s") as here:
        good, bad = here.caller(), here.caller()
        bad.send(octets)
        good.send(ASK)
        assert good.lines(1) == [{"id": 1, "retval": None}]
        bad.send(b"\n" + ASK)
        here.until(lambda: bad._listen() or b'{"id":1,"retval":null}\n' in bad.heard)
        assert not bad.over
        assert here.vehicle.state.soc == 5.0


def test_a_client_that_vanishes_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    with house(tmp_path / "s") as here:
        for _ in range(20):
            caller = here.caller()
            caller.send(b'{"id":1,"watch":[]}\n{"id":2,"cmd":"upd')
            here.until(lambda: here.door.clients == 1)
            caller.socket.close()
            here.until(lambda: here.door.clients == 0)
        here.vehicle.variables.publish("link_state", "linked")


def test_a_flood_of_requests_lets_the_ecu_breathe(tmp_path: Path) -> None:
    with house(tmp_path / "s") as here:
        ticks: list[int] = []
        here.scheduler.every(MS, lambda: ticks.append(here.scheduler.now), name="tick")
        caller = here.caller()
        caller.send(ASK * 1_000)
        caller.lines(1_000)
        gaps = [after - before for before, after in pairwise(ticks)]
        assert len(ticks) > 5
        assert max(gaps) < 1 * S


def test_what_an_earlier_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(path))
    with house(path) as here:
        here.caller().send(ASK)
        here.until(lambda: here.vehicle.state.soc == 5.0)


def test_a_door_in_use_is_not_taken_over(tmp_path: Path) -> None:
    with house(tmp_path / "s") as here:
        with pytest.raises(CannotStart, match=r"api.socket: .*is in use by another process"):
            here.open()
        here.caller().send(ASK)
        here.until(lambda: here.vehicle.state.soc == 5.0)


def test_a_file_of_another_kind_stays(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("precious")
    with pytest.raises(CannotStart, match="is there and no socket; remove it"):
        House(tmp_path / "s")
    assert (tmp_path / "s").read_text() == "precious"


def test_a_path_the_kernel_does_not_take_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="longer than 107 octets; choose a shorter"):
        House(tmp_path / ("x" * 120))


def test_a_place_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match=r"cannot be made: .*; name a place this user may write"):
        House(tmp_path / "file" / "s")


def test_closing_ends_all_conversations_and_takes_the_file_away(tmp_path: Path) -> None:
    with house(tmp_path / "s") as here:
        caller = here.caller()
        here.until(lambda: here.door.clients == 1)
        here.door.close()
        caller.until_over()
        assert not here.path.exists()
        here.door = here.open()
