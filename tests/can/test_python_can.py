"""What is particular to buses that python-can opens: error frames, lost interfaces, remedies."""

import errno
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import can
import pytest

from bsw.os.clock import MS, S, VirtualClock
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from can_adapter.bus import BusState, BusUnavailable, CanFrame
from can_adapter.config import BusConfig, MessageConfig
from can_adapter.drivers.choose import open_port
from can_adapter.drivers.python_can import PythonCanPort, open_bus, state_of_error_frame
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.matrix.configured import load_matrix
from can_adapter.signals.quality import TimedOut
from can_adapter.vehicle.bus import open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig
from can_adapter.vehicle.values import Battery
from csm.randomness import SeededRandomness
from tests.can.worlds import sender, world


@dataclass
class Host:
    clock: HostClock
    scheduler: Scheduler
    ports: list[PythonCanPort] = field(default_factory=list)

    def port(self, channel: str = "here", interface: str = "virtual") -> PythonCanPort:
        name = f"port {len(self.ports)}"
        made = PythonCanPort(self.scheduler, self.clock, interface, channel, {}, name=name)
        self.ports.append(made)
        return made

    def until(self, reached: Callable[[], bool], within: int = 5 * S) -> None:
        deadline = self.scheduler.now + within
        while not reached():
            assert self.scheduler.now < deadline, "not reached in time"
            self.scheduler.run(self.scheduler.now + MS)


@pytest.fixture
def host() -> Iterator[Host]:
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    made = Host(clock, Scheduler(clock, mailbox=mailbox))
    yield made
    for port in made.ports:
        port.close()
    clock.close()


@pytest.mark.parametrize(
    ("identifier", "data", "state"),
    [
        (0x40, b"", BusState.OFF),
        (0x100, b"", BusState.ACTIVE),
        (0x04, b"\x00\x04", BusState.WARNING),
        (0x04, b"\x00\x08", BusState.WARNING),
        (0x04, b"\x00\x10", BusState.PASSIVE),
        (0x04, b"\x00\x20", BusState.PASSIVE),
        (0x04, b"\x00\x40", BusState.ACTIVE),
        (0x04, b"\x00", BusState.PASSIVE),
        (0x08, b"\x00\x20", BusState.PASSIVE),
    ],
)
def test_error_frames_tell_the_controllers_state(
    identifier: int, data: bytes, state: BusState
) -> None:
    assert state_of_error_frame(identifier, data, BusState.PASSIVE) is state


def test_an_error_frame_on_the_bus_becomes_a_state_and_recovery_opens_anew(host: Host) -> None:
    port = host.port()
    states: list[BusState] = []
    heard: list[CanFrame] = []
    port.listen(heard.append, states.append)
    other = can.Bus(interface="virtual", channel="here")
    other.send(can.Message(arbitration_id=0x40, is_error_frame=True, is_extended_id=False))
    host.until(lambda: bool(states))
    assert states == [BusState.OFF]
    assert not port.send(CanFrame(1, b""))
    assert (port.counters.bus_off, port.counters.error_frames, port.counters.refused) == (1, 1, 1)
    port.recover()
    assert states == [BusState.OFF, BusState.ACTIVE]
    other.send(can.Message(arbitration_id=0x41, is_extended_id=False, data=b"\x01"))
    host.until(lambda: bool(heard))
    assert heard == [CanFrame(0x41, b"\x01", fd=False)]
    other.shutdown()


def test_remote_frames_are_not_frames_with_data(host: Host) -> None:
    heard: list[CanFrame] = []
    host.port().listen(heard.append)
    other = can.Bus(interface="virtual", channel="here")
    other.send(can.Message(arbitration_id=0x40, is_remote_frame=True, dlc=4))
    other.send(can.Message(arbitration_id=0x41, is_extended_id=False, data=b"\x01"))
    host.until(lambda: bool(heard))
    assert [frame.id for frame in heard] == [0x41]
    other.shutdown()


def test_an_interface_that_vanishes_is_bus_off_and_recovery_goes_on_trying(host: Host) -> None:
    port = host.port()
    states: list[BusState] = []
    port.listen(None, states.append)
    bus = port._bus
    assert bus is not None
    bus.shutdown()  # as if the adapter had been pulled out
    host.until(lambda: bool(states))
    assert states == [BusState.OFF]
    port.recover()
    assert port.state is BusState.ACTIVE


def test_a_burst_through_the_reader_thread_arrives_whole_and_in_order(host: Host) -> None:
    heard: list[int] = []
    host.port().listen(lambda frame: heard.append(int.from_bytes(frame.data, "big")))
    other = can.Bus(interface="virtual", channel="here")
    for number in range(2_000):
        other.send(can.Message(arbitration_id=1, data=number.to_bytes(2, "big")))
    host.until(lambda: len(heard) == 2_000)
    assert heard == list(range(2_000))
    other.shutdown()


@pytest.mark.parametrize(
    ("interface", "channel", "said"),
    [
        ("socketcan", "can77", "cannot open CAN bus socketcan:can77"),
        ("nonsense", "x", "v2g dbc interfaces lists what python-can offers"),
        ("udp_multicast", "10.0.0.1", "give a multicast address such as 239.74.163.2"),
    ],
)
def test_a_bus_that_cannot_be_opened_says_what_to_do(
    interface: str, channel: str, said: str, host: Host
) -> None:
    with pytest.raises(BusUnavailable) as caught:
        host.port(channel, interface)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("number", "channel", "remedy"),
    [
        (errno.EAFNOSUPPORT, "can1", "this kernel has no SocketCAN"),
        (errno.ENODEV, "can1", "ip link set can1 up type can bitrate"),
        (errno.ENODEV, "vcan7", "ip link add vcan7 type vcan && ip link set vcan7"),
    ],
)
def test_the_remedy_for_socketcan_fits_the_kernel_and_names_the_channel(
    number: int, channel: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("can.Bus", refuse)
    with pytest.raises(BusUnavailable) as caught:
        open_bus("socketcan", channel, {})
    assert remedy in str(caught.value)
    assert ("ip link" in str(caught.value)) is (number != errno.EAFNOSUPPORT)


def test_a_simulated_bus_needs_a_simulation_and_a_real_one_real_time() -> None:
    scheduler = Scheduler(VirtualClock())
    config = BusConfig(interface="simulated")
    with pytest.raises(BusUnavailable, match="no simulated world"):
        open_port(scheduler, config, "EVCC")
    bus = SimulatedBus(scheduler, SeededRandomness(1))
    assert open_port(scheduler, config, "EVCC", simulated=bus).name == "EVCC"
    with pytest.raises(BusUnavailable, match="simulated time cannot wait"):
        open_port(scheduler, BusConfig(), "EVCC")


def test_importing_the_room_costs_neither_python_can_nor_cantools() -> None:
    program = (
        "import sys, can_adapter.vehicle.bus, can_adapter.station.bus, can_adapter.drivers.choose\n"
        "heavy = {'can', 'cantools', 'asammdf', 'e2e', 'asyncio'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_what_came_during_a_stall_is_read_before_anything_is_called_old() -> None:
    config = VehicleCanConfig(messages={"BMS_Battery": MessageConfig(timeout=50 * MS)})
    with world("udp_multicast") as made:
        signals = open_vehicle_bus(made.scheduler, made.one, config).signals
        events: list[TimedOut] = []
        signals.observe(lambda event: events.append(event) if isinstance(event, TimedOut) else None)
        frames: list[CanFrame] = []
        made.third.listen(frames.append)
        bms = sender(made.scheduler, made.other, config, "BMS")
        bms.publish(Battery(soc=41.0))
        bms.start()
        made.run_until(lambda: signals.state.battery.soc == 41.0 and bool(frames))
        bms.stop()
        battery = load_matrix(config)[0].message("BMS_Battery")
        assert battery is not None
        again = next(frame for frame in frames if frame.id == battery.id)
        events.clear()  # a slow host may have held up the sender before
        time.sleep(0.1)  # nobody runs for two timeouts, and then the bus has something for us
        made.other.send(again)
        assert isinstance(made.one, PythonCanPort)
        assert made.one._bus is not None
        assert select.select([made.one._bus.fileno()], [], [], 60)[0]
        assert signals.state.battery.soc == 41.0
        assert [event for event in events if event.message == "BMS_Battery"] == []
