"""A disk that takes nothing is told by both roles while it stands, and ends no charge."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bsw.dem.events import Status
from bsw.net.record.capture import Capture
from bsw.nvm.store import Store, Stored, StoreUnusable
from bsw.os.clock import S
from bsw.sim.base import SimulatedBase
from bsw.trace import Trace
from bsw.trace_file import TraceFile, Turn
from bsw.troubles import Trouble, Troubles
from tests.ecu.benches import EcuBench
from tools.bench.world.whole import WholeOptions


class Disk(Store):
    """Refuses each write while ``full``."""

    full = False

    def write(self, blocks: Mapping[str, Stored]) -> None:
        if self.full:
            raise StoreUnusable(self.path, "database or disk is full")
        super().write(blocks)


def test_who_listens_late_hears_how_everything_stands() -> None:
    troubles = Troubles()
    troubles.failed(Trouble.TRACE, "disk full")
    heard: dict[str, str | None] = {}
    troubles.listen(lambda one, why: heard.update({one.value: why}))
    assert heard["TRACE_NOT_WRITTEN"] == "disk full"
    assert heard["NVM_DAMAGED"] is heard["CAPTURE_NOT_WRITTEN"] is None
    troubles.passed(Trouble.TRACE)
    assert not troubles.standing
    assert set(heard.values()) == {None}


def test_a_full_disk_under_a_vehicle_is_a_trouble_code_that_heals_and_the_charge_goes_on(
    tmp_path: Path,
) -> None:
    disk = Disk(tmp_path / "evcc.nvm")
    bench = EcuBench(WholeOptions(blocks=disk)).start()
    bench.run(2)
    bench.charge()
    disk.full = True
    bench.manager.wear.closed()  # something to remember
    bench.run(5)
    assert bench.dem.stands("NVM_DAMAGED")
    assert bench.current > 10.0
    disk.full = False
    bench.run(40)  # the longest pause between two tries
    assert not bench.dem.stands("NVM_DAMAGED")
    assert bench.dem.entry("NVM_DAMAGED").occurrences == 1
    assert bench.current > 10.0


def test_a_code_of_an_earlier_start_heals_when_the_disk_is_well(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "evcc.nvm")
    bench = EcuBench(WholeOptions(blocks=disk)).start()
    bench.run(1)
    bench.services.ground.troubles.failed(Trouble.TRACE, "no space left")
    bench.run(1)
    again = EcuBench(file=disk.path).start()
    assert Status.FAILED not in again.dem.entry("TRACE_NOT_WRITTEN").status
    assert again.dem.entry("TRACE_NOT_WRITTEN").occurrences == 1


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_vehicle_has_a_trouble_code_for_each(trouble: Trouble) -> None:
    bench = EcuBench().start()
    bench.services.ground.troubles.failed(trouble, "no space left")
    assert bench.dem.stands(trouble.value)
    bench.services.ground.troubles.passed(trouble)
    assert not bench.dem.stands(trouble.value)


def test_a_station_tells_its_north_side_while_it_stands() -> None:
    bench = EcuBench().start()
    station = bench.pair.station
    told: list[tuple[str, ...]] = []
    station.charger.subscribe("host_troubles", lambda value: told.append(value.troubles))
    assert station.charger.last("host_troubles").troubles == ()
    troubles = bench.pair.station_base.troubles
    troubles.failed(Trouble.MEMORY, "no space left")
    troubles.failed(Trouble.MEMORY, "no space left, again")
    troubles.failed(Trouble.TRACE, "no space left")
    troubles.passed(Trouble.MEMORY)
    troubles.passed(Trouble.TRACE)
    both = ("NVM_DAMAGED", "TRACE_NOT_WRITTEN")
    assert told == [both[:1], both, both[1:], ()]


def test_a_capture_that_ends_on_a_full_disk_says_so_once(tmp_path: Path) -> None:
    told: list[str] = []
    capture = Capture(tmp_path / "run.pcapng", lost=told.append)
    capture._file.close()
    with Path("/dev/full").open("wb", buffering=0) as full:
        capture._file = full
        for number in range(3):
            capture.frame(number * S, b"octets")
    (why,) = told
    assert "No space left" in why


def test_a_trace_on_a_full_disk_stands_until_it_is_written_again(tmp_path: Path) -> None:
    base = SimulatedBase()
    file = TraceFile(
        tmp_path / "t.jsonl",
        base.scheduler,
        base.worker,
        base.dlt.logger("trace"),
        bound=30,
        troubles=base.troubles,
    )
    good = file._appender.append
    file._appender.append = no_space  # type: ignore[method-assign, assignment]
    trace = Trace(base.scheduler.clock.now, (file,))
    trace.add("note", text="before")
    base.scheduler.run(base.scheduler.now + S)
    assert base.troubles.standing == ("TRACE_NOT_WRITTEN",)
    for number in range(100):  # more than may wait
        trace.add("note", number=number)
    file._appender.append = good  # type: ignore[method-assign]
    base.scheduler.run(base.scheduler.now + S)
    trace.add("note", text="after")
    base.scheduler.run(base.scheduler.now + S)
    assert not base.troubles.standing


def no_space(_octets: bytes, _turn: Turn | None = None) -> None:
    raise OSError(28, "No space left on device")
