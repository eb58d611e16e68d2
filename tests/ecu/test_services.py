"""The ECU's services over a power cut, on ISO-TP, and towards the service manager."""

import shutil
import socket
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import isotp
import pytest

from bsw.dlt import silent
from bsw.mode.ecum import EcuM, State
from bsw.nvm.store import Store, Stored
from bsw.os.budget import Budget
from bsw.os.clock import HOUR, MS, S, VirtualClock
from bsw.os.notify import Notify
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from bsw.stbm import TimeBase
from bsw.troubles import Troubles
from can_adapter.bus import CanFrame
from can_adapter.canif import CanIf
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.tester.config import DiagnosticsCanConfig
from can_adapter.tester.server import IsoTpServer, Respond
from csm.randomness import SeededRandomness
from evcc.cli import main as evcc
from evcc.ecu.services import KeptServices, ServiceContext
from evcc.health.config import ServicesConfig
from evcc.health.events import events
from evcc.session.memory import BLOCK, PausedSession
from evcc.session.profile import CONFORMANCE
from tests.ecu.benches import EcuBench
from tools.bench.hardware.faults import faults

FAULTS = faults()


def ground(scheduler: Scheduler) -> ServiceContext:
    worker, calendar = SimulatedWorker(scheduler), TimeBase(lambda: scheduler.now)
    return ServiceContext(
        scheduler,
        worker,
        silent(),
        SeededRandomness(1),
        calendar,
        Troubles(),
        paused_for=24 * HOUR,
    )


def services(file: Path) -> tuple[Scheduler, KeptServices]:
    scheduler = Scheduler(VirtualClock())
    return scheduler, KeptServices(ServicesConfig(), ground(scheduler), Store(file))


class CutStore(Store):
    """At the write of this number the power goes: a part of its octets has reached the disk."""

    def __init__(self, path: Path, cut_at: int, share: float, aside: Path) -> None:
        super().__init__(path)
        self.writes = 0
        self.written: set[str] = set()
        self._cut_at = cut_at
        self._share = share
        self._aside = aside

    def write(self, blocks: Mapping[str, Stored]) -> None:
        self.writes += 1
        self.written |= set(blocks)
        with closing(sqlite3.connect(self.path)) as other:
            other.execute("SELECT count(*) FROM block").fetchone()  # keeps the log in its file
            super().write(blocks)
            if self.writes == self._cut_at:
                self._cut()

    def _cut(self) -> None:
        self._aside.mkdir()
        log = self.path.with_name(self.path.name + "-wal").read_bytes()
        shutil.copy(self.path, self._aside / self.path.name)
        torn = self._aside / (self.path.name + "-wal")
        torn.write_bytes(log[: int(len(log) * self._share)])


SCENARIO = 6
SHARES = (0.0, 0.3, 0.6, 0.99, 1.0)


def scenario(file: Path, cut_at: int, share: float, aside: Path) -> CutStore:
    """Each change on the disk before the next: setting, code, pause, clear, a key tried, wear."""
    scheduler, first = services(file)
    store = CutStore(file, cut_at, share, aside)
    scheduler.run(1 * S)
    store.load()
    first.nvm._store = store
    lock = next(did for did in first.settings.identifiers() if did.name == "lock_move")
    assert lock.write is not None
    lock.write(b"\x03\x20")
    scheduler.run(2 * S)
    first.dem.failed("LOCK_ERROR")
    scheduler.run(3 * S)
    first.memory.keep(PausedSession("iso2", b"\x01" * 8, "ExternalPayment", 5))
    scheduler.run(4 * S)
    first.dem.clear()
    scheduler.run(5 * S)
    first.keys_tried.keep(2)
    scheduler.run(6 * S)
    worn = Budget(2, 300 * S)
    first.budgets.adopt("closings", worn)
    worn.spend(scheduler.now)
    scheduler.run(7 * S)
    return store


def test_what_was_spent_of_each_budget_is_known_after_a_restart(tmp_path: Path) -> None:
    names = {"sessions", "closings", "closings in all", "lock 1", "matchings"}
    bench = EcuBench(file=tmp_path / "evcc.nvm").start()
    bench.run(2)
    bench.charge()
    spent = bench.services.nvm.read("wear")["debts"]
    assert set(spent) == names
    again = EcuBench(file=tmp_path / "evcc.nvm")
    assert again.manager.wear.closing_wait == 0
    again.manager.wear.closed()
    kept = again.services.nvm.read("wear")["debts"]
    assert kept["closings"] > spent["closings"]
    assert set(kept) == names


def owed(services: KeptServices) -> int:
    worn = Budget(2, 300 * S)
    services.budgets.adopt("closings", worn)
    return worn.debt(0)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("cut_at", range(1, SCENARIO + 1))
def test_a_power_cut_in_each_write_leaves_the_old_or_the_new(
    cut_at: int, share: float, tmp_path: Path
) -> None:
    file, aside = tmp_path / "evcc.nvm", tmp_path / "aside"
    store = scenario(file, cut_at, share, aside)
    assert store.writes == SCENARIO
    _, after = services(aside / file.name)
    assert after.nvm.faults == 0
    found = (
        after.settings.active.lock_move == 800,
        after.dem.entry("LOCK_ERROR").occurrences == 1,
        after.memory.load() is not None,
        after.dem.entry("LOCK_ERROR").occurrences == 0,
        after.keys_tried.failures == 2,
        owed(after) > 0,
    )
    done = found[cut_at - 1]
    if share == 1.0:
        assert done
    if share < 0.5:
        assert not done
    if cut_at > 1:
        assert found[0]  # what was there before stays, whatever happens to this write
    if cut_at == 3:
        assert found[1]
    _, whole = services(file)
    assert store.written == whole.nvm.names, "no kind of block is left out here"
    assert whole.memory.load() == PausedSession("iso2", b"\x01" * 8, "ExternalPayment", 5)
    assert whole.dem.entry("LOCK_ERROR").occurrences == 0


def test_a_setting_takes_effect_with_the_next_start(tmp_path: Path) -> None:
    scheduler, first = services(tmp_path / "evcc.nvm")
    by_name = {did.name: did for did in first.settings.identifiers()}
    settle, order = by_name["plug_settle"], by_name["protocols"]
    assert settle.write is not None
    assert order.write is not None
    settle.write(b"\x01\xf4")
    order.write(b"\x01\x02\x00\x00")
    assert settle.read() == b"\x01\xf4"
    assert first.behaviour.plug_settle == 2_000 * MS
    scheduler.run(1 * S)
    _, second = services(tmp_path / "evcc.nvm")
    assert second.behaviour.plug_settle == 500 * MS
    assert second.protocols(("iso2", "din")) == ("din", "iso2")
    assert first.protocols(("iso2", "din")) == ("iso2", "din")


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("protocols", b"\x01\x01\x00\x00"),
        ("protocols", b"\x00\x01\x00\x00"),
        ("protocols", b"\x09\x00\x00\x00"),
        ("lock_move", b"\x00\x01"),
        ("plug_and_charge", b"\x02"),
        ("dc_stop_at", b"\x30"),
        ("vehicle_id", b"A" * 16 + b"\xff"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(name: str, octets: bytes, tmp_path: Path) -> None:
    _, first = services(tmp_path / "evcc.nvm")
    did = next(one for one in first.settings.identifiers() if one.name == name)
    before = did.read()
    assert did.write is not None
    with pytest.raises(ValueError):
        did.write(octets)
    assert did.read() == before


def test_a_session_paused_long_ago_is_not_asked_for_again(tmp_path: Path) -> None:
    scheduler, first = services(tmp_path / "evcc.nvm")
    paused = PausedSession("iso2", b"\x01" * 8, "ExternalPayment", 5)
    first.memory.keep(paused)
    scheduler.run(23 * HOUR)
    assert first.memory.load() == paused
    scheduler.run(25 * HOUR)
    assert first.memory.load() is None


@pytest.mark.parametrize("missing", ["protocol", "session_id", "payment", "since"])
def test_half_a_pause_is_none(missing: str, tmp_path: Path) -> None:
    scheduler, first = services(tmp_path / "evcc.nvm")
    first.memory.keep(PausedSession("iso2", b"\x01" * 8, "ExternalPayment", 5))
    kept = {name: one for name, one in first.nvm.read(BLOCK).items() if name != missing}
    first.nvm.write(BLOCK, kept)
    assert first.memory.load() is None
    scheduler.run(1 * S)
    _, second = services(tmp_path / "evcc.nvm")
    assert second.memory.load() is None


def test_a_damaged_memory_is_noticed_and_the_ecu_starts(tmp_path: Path) -> None:
    file = tmp_path / "evcc.nvm"
    file.write_bytes(b"no database at all" * 100)
    bench = EcuBench(file=file).start()
    assert bench.dem.stands("NVM_DAMAGED")
    bench.run(1)
    assert not bench.dem.stands("NVM_DAMAGED"), "the new file takes what is written"
    assert bench.dem.entry("NVM_DAMAGED").occurrences == 1
    assert list(tmp_path.glob("*.damaged-0"))


def test_trouble_codes_outlive_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "evcc.nvm"
    bench = EcuBench(file=file).start()
    bench.run(2)
    bench.make(faults()["crash"])
    bench.run(1)
    again = EcuBench(file=file).start()
    remembered = again.dem.entry("CRASH")
    assert remembered.occurrences == 1
    assert remembered.latest is not None
    assert remembered.latest["pilot"] == "A1"


def test_every_trouble_code_is_its_own_and_says_what_it_is() -> None:
    every = events()
    assert len({event.code for event in every}) == len({event.name for event in every})
    assert len(every) > 120
    assert all(event.text for event in every)


class Echo:
    """Answers with the request, or ``late`` nanoseconds later."""

    def __init__(self, scheduler: Scheduler, late: int = 0) -> None:
        self.scheduler = scheduler
        self.late = late
        self.asked: list[tuple[int, bool]] = []
        self.left = 0

    def ask(self, request: bytes, respond: Respond, *, functional: bool) -> None:
        self.asked.append((len(request), functional))
        if self.late:
            self.scheduler.after(self.late, lambda: respond(request), name="late")
        else:
            respond(request)

    def sent(self) -> None:
        self.left += 1


class Asking:
    """can-isotp as a foreign stack would use it, on the simulated bus."""

    def __init__(self, config: DiagnosticsCanConfig, late: int = 0, stmin: int = 0) -> None:
        self.scheduler = Scheduler(VirtualClock())
        bus = SimulatedBus(self.scheduler, SeededRandomness(1))
        self.echo = Echo(self.scheduler, late)
        self.server = IsoTpServer(
            self.scheduler, CanIf(self.scheduler, bus.attach("EVCC")), config, self.echo
        )
        self.port = bus.attach("TESTER")
        self.port.listen(self._heard)
        self.frames: list[CanFrame] = []
        self.waiting: list[isotp.CanMessage] = []
        self.config = config
        self.logic = isotp.TransportLayerLogic(
            self._next,
            self._send,
            isotp.Address(
                isotp.AddressingMode.Normal_11bits, rxid=config.response, txid=config.request
            ),
            params={
                "can_fd": config.fd,
                "tx_data_length": 64 if config.fd else 8,
                "stmin": stmin,
                "wait_func": lambda _seconds: None,
            },
        )

    def _next(self, _timeout: float) -> isotp.CanMessage | None:
        return self.waiting.pop(0) if self.waiting else None

    def _heard(self, frame: CanFrame) -> None:
        self.frames.append(frame)
        self.waiting.append(isotp.CanMessage(frame.id, data=frame.data, is_fd=frame.fd))

    def _send(self, message: isotp.CanMessage) -> None:
        fd = self.config.fd
        self.port.send(CanFrame(message.arbitration_id, bytes(message.data), fd=fd))

    def exchange(self, request: bytes, within: int = 2 * S) -> bytes | None:
        self.logic.send(request)
        end = self.scheduler.now + within
        while self.scheduler.now < end:
            self.logic.process()
            self.scheduler.run(self.scheduler.now + 1 * MS)
            if (answer := self.logic.recv()) is not None:
                return bytes(answer)
        return None


@pytest.mark.parametrize("fd", [True, False])
@pytest.mark.parametrize("size", [1, 7, 8, 62, 63, 300, 4_095])
def test_requests_of_any_size_come_back(size: int, *, fd: bool) -> None:
    tester = Asking(DiagnosticsCanConfig(fd=fd))
    request = bytes(number % 251 for number in range(size))
    assert tester.exchange(request, 10 * S) == request
    assert tester.exchange(b"\x3e\x00") == b"\x3e\x00"
    tester.scheduler.run(tester.scheduler.now + 1 * S)
    assert tester.echo.left == 2
    assert tester.server.malformed == 0


def test_a_testers_separation_time_is_kept_on_our_clock() -> None:
    tester = Asking(DiagnosticsCanConfig(), stmin=20)
    assert tester.exchange(bytes(300), 10 * S) is not None
    assert tester.scheduler.now > 4 * 20 * MS


def test_a_tester_that_breaks_off_costs_a_second_and_no_more() -> None:
    tester = Asking(DiagnosticsCanConfig())
    tester.port.send(CanFrame(0x7E0, b"\x11\x2c" + bytes(62)))  # a first frame, then nothing
    tester.scheduler.run(3 * S)
    tester.frames.clear()
    tester.waiting.clear()
    assert tester.exchange(b"\x3e\x00") == b"\x3e\x00"
    assert tester.echo.asked == [(2, False)]


def test_a_functional_request_is_answered_on_the_physical_identifier() -> None:
    tester = Asking(DiagnosticsCanConfig())
    tester.port.send(CanFrame(0x7DF, b"\x02\x3e\x00" + bytes(5)))
    tester.scheduler.run(1 * S)
    assert tester.echo.asked == [(2, True)]
    assert [frame.id for frame in tester.frames] == [0x7E8]


def test_a_late_answer_arrives_late() -> None:
    tester = Asking(DiagnosticsCanConfig(), late=300 * MS)
    assert tester.exchange(b"\x22\xf1\x90") == b"\x22\xf1\x90"
    assert tester.scheduler.now >= 300 * MS


@pytest.mark.parametrize("length", [0, 1, 8, 64])
def test_random_frames_do_no_harm(length: int) -> None:
    tester = Asking(DiagnosticsCanConfig())
    chance = SeededRandomness(length)
    for _ in range(300):
        tester.port.send(CanFrame(0x7E0, chance.octets(length)))
        tester.scheduler.run(tester.scheduler.now + 1 * MS)
    tester.scheduler.run(tester.scheduler.now + 3 * S)
    tester.waiting.clear()
    assert tester.exchange(b"\x3e\x00") == b"\x3e\x00"


def test_the_self_test_of_the_contactors_refuses_while_charging() -> None:
    bench = EcuBench().start()
    bench.run(2)
    server = bench.rooms.server
    context = server.context
    server.handle(b"\x10\x03")
    context.level = 1
    assert server.handle(b"\x31\x01\x03\x01") == b"\x71\x01\x03\x01\x01\x01\x00"
    bench.run(3)
    assert server.handle(b"\x31\x03\x03\x01") == b"\x71\x03\x03\x01\x02\x05\x00"
    bench.charge()
    server.handle(b"\x10\x03")
    context.level = 1
    assert server.handle(b"\x31\x01\x03\x01") == b"\x7f\x31\x22"
    assert server.handle(b"\x31\x01\x03\x02") == b"\x7f\x31\x22"
    assert server.handle(b"\x11\x01") == b"\x7f\x11\x22"


def test_the_ecu_starts_and_stops_its_rooms_and_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "evcc.nvm"
    bench = EcuBench(file=file)
    ecu = EcuM(bench.rooms.rooms(), bench.scheduler, silent().logger("ecum"), lambda _state: None)
    ecu.start()
    bench.dem.failed("LOCK_ERROR")
    stopped: list[bool] = []
    ecu.stop(lambda: stopped.append(True))
    bench.run(1)
    assert stopped == [True]
    assert ecu.state is State.STOPPED
    assert ecu.left_behind == []
    assert EcuBench(file=file).dem.entry("LOCK_ERROR").occurrences == 1


def test_a_room_without_a_sign_of_life_brings_the_vehicle_to_the_safe_state() -> None:
    bench = EcuBench().start()
    bench.run(2)
    bench.charge()
    bench.rooms.watchdog.supervise("a room that hangs")
    bench.until(lambda: bench.current < 1.0, 3.0)
    bench.until(lambda: not bench.vehicle.bms.contactors.closed, 1.0)
    assert bench.dem.stands("WATCHDOG")


def test_the_service_manager_hears_ready_and_signs_of_life(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(5)
        notify = Notify({"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "3000000"})
        assert notify.watchdog == 3 * S
        notify.ready()
        notify.feed()
        notify.status("charging\nREADY=0")
        notify.stopping()
        said = [manager.recv(100) for _ in range(4)]
        assert said == [b"READY=1", b"WATCHDOG=1", b"STATUS=charging", b"STOPPING=1"]
    notify.feed()
    assert notify.lost == 1
    notify.close()
    notify.feed()


def test_without_a_service_manager_nothing_is_said() -> None:
    notify = Notify({})
    notify.ready()
    assert (notify.watchdog, notify.lost) == (None, 0)


def test_plug_and_charge_and_schedules_can_be_switched_off(tmp_path: Path) -> None:
    scheduler, first = services(tmp_path / "evcc.nvm")
    for did in first.settings.identifiers():
        if did.name in {"plug_and_charge", "schedules"}:
            assert did.write is not None
            did.write(b"\x00")
    scheduler.run(1 * S)
    _, second = services(tmp_path / "evcc.nvm")
    assert (first.behaviour.contracts, second.behaviour.contracts) == (True, False)
    assert first.profile(CONFORMANCE).schedule_entries == 24
    assert second.profile(CONFORMANCE).schedule_entries == 1


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("diagnostics", "'diagnostics' names no key: write driver:label"),
        ("pkcs11:evcc/health/diagnostics", "csm.drivers has no 'pkcs11', only software"),
    ],
)
def test_a_tester_key_that_can_never_be_found_is_said_at_the_check(
    key: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evcc(["check", "--set", f"diagnostics.key={key}"]) == 2
    assert said in capsys.readouterr().err


def test_a_fault_before_a_station_answered_ends_the_search_at_once() -> None:
    bench = EcuBench().start()
    bench.run(2)
    bench.outlet.close()
    bench.plug()
    bench.until(lambda: bench.manager.preparing, 30, 0.01)
    bench.outlet.close()
    assert not bench.rooms.charging, "a tester may reset an ECU that only searches"
    bench.make(FAULTS["BMS_Targets missing"])
    bench.until(lambda: not bench.manager.active, 1.5)
    assert bench.manager.results[-1].detail == "CAN_TIMEOUT_BMS_TARGETS"
    bench.run(10)
    assert bench.dem.entry("STOP_LATE").occurrences == 0
