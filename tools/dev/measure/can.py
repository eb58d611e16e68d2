"""Measures the vehicle bus: a frame to its signal, a signal to its frame, the cost of a busy bus.

The first figures are of our own code alone; the ones with a bus include python-can and, for UDP
multicast, the kernel.  What is printed are medians over batches.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from itertools import cycle

from bsw.os.clock import MS, S, VirtualClock
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from can_adapter.bus import BusCounters, BusState, CanFrame, FrameReceiver, StateReceiver
from can_adapter.canif import CanIf
from can_adapter.config import BusConfig
from can_adapter.drivers.choose import open_port
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.drivers.timing import BusTiming
from can_adapter.matrix.configured import load_matrix
from can_adapter.rings import RingListener
from can_adapter.signals.binding import bind
from can_adapter.signals.transmit import Outbound
from can_adapter.signals.values import ContactorRequest
from can_adapter.vehicle.bus import VEHICLE_VALUES, VehicleBus, open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig
from can_adapter.vehicle.report import Requests, StationLimits, StationPresent
from can_adapter.vehicle.values import Battery, Limits, Targets
from csm.randomness import SeededRandomness
from tools.dev.measure.figures import keep

BATCHES = 9
BATCH = 2_000
RATE = 2_000
SECONDS = 4
CHANNEL = "239.74.163.90"

SENDER = """
import sys, time
import can
channel, port, rate, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
bus = can.Bus(interface="udp_multicast", channel=channel, port=port, hop_limit=0, fd=True)
frames = [bytes.fromhex(line.split()[1]) for line in sys.stdin]
start, sent = time.monotonic(), 0
while (now := time.monotonic() - start) < seconds:
    while sent < now * rate:
        data = frames[sent % len(frames)]
        number = int.from_bytes(data[:4], "big")
        bus.send(can.Message(arbitration_id=number, is_extended_id=False, is_fd=True,
                             bitrate_switch=True, data=data[4:]))
        sent += 1
    time.sleep(0.0005)
print(sent)
bus.shutdown()
"""


def main() -> None:
    _start_up()
    _reception()
    _transmission()
    _simulated()
    _busy_bus()


def _print(what: str, microseconds: float) -> None:
    print(f"{what:58} {microseconds:9.2f} us")
    keep(what, microseconds, "us")


def _median(calls: Sequence[Callable[[], object]]) -> float:
    """Microseconds per call, the calls taken in turn."""
    turns = cycle(calls)
    picked = [next(turns) for _ in range(BATCH)]
    figures = []
    for _ in range(BATCHES):
        started = time.process_time()  # our own work, whatever else the machine does
        for call in picked:
            call()
        figures.append((time.process_time() - started) / BATCH * 1e6)
    return statistics.median(figures)


def _start_up() -> None:
    program = (
        "from time import process_time as now; t = now(); import can_adapter.vehicle.config as k; "
        "a = now(); import can, cantools; b = now(); "
        "from can_adapter.matrix.configured import load_matrix; load_matrix(k.VehicleCanConfig()); "
        "c = now(); print(a - t, b - a, c - b)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        for _ in range(5)
    ]
    columns = zip(*(map(float, run.stdout.split()) for run in runs), strict=True)
    names = ("import our room", "import python-can and cantools", "read the six matrices")
    for name, column in zip(names, columns, strict=True):
        _print(f"start: {name}", statistics.median(column) * 1e6)


class _Wire:
    """A port that keeps what is sent and delivers nothing: our own cost alone."""

    def __init__(self) -> None:
        self.name = "wire"
        self.state = BusState.ACTIVE
        self.counters = BusCounters()
        self.sent: list[CanFrame] = []

    def listen(self, receive: FrameReceiver | None, changed: StateReceiver | None = None) -> None:
        pass

    def accept(self, keys: Collection[int] | None) -> None:
        pass

    def repeats_to(self, listener: RingListener) -> None:
        """Each frame is played."""

    def send(self, frame: CanFrame) -> bool:
        self.sent.append(frame)
        return True

    def catch_up(self) -> None:
        pass

    def recover(self) -> None:
        pass

    def close(self) -> None:
        pass


def _vehicle(port: _Wire) -> tuple[Scheduler, VehicleBus]:
    scheduler = Scheduler(VirtualClock())
    return scheduler, open_vehicle_bus(scheduler, port, VehicleCanConfig())


def _bms_frames(parts: Sequence[object], message: str, count: int) -> list[CanFrame]:
    """Frames of one message as a battery sends them, its parts published in turn."""
    scheduler, wire, config = Scheduler(VirtualClock()), _Wire(), VehicleCanConfig()
    matrix = load_matrix(config)[0]
    bindings = bind(config, matrix, VEHICLE_VALUES, "receive")[0]
    spec = matrix.message(message)
    assert spec is not None
    node: Outbound[object] = Outbound(scheduler, CanIf(scheduler, wire), bindings, {message: spec})
    node.start()
    turns = cycle(parts)
    while len(wire.sent) < count:
        node.publish(next(turns))
        scheduler.run(scheduler.now + spec.cycle)
    return wire.sent[:count]


def _reception() -> None:
    """Frame to updated signal: judged, decoded where it changed, ready in the state."""
    still = [Battery(soc=50.0, energy_capacity=77_000.0)]
    moving = [
        Battery(
            soc=50.0 + number / 10,
            energy_capacity=77_000.0,
            energy_request=30_000.0 - number,
            remaining_time_to_full_soc=3_000 - number,
            max_cell_temperature=30.0 + number / 10,
        )
        for number in range(256)
    ]
    limits = [Limits(max_current_limit=500.0, max_voltage_limit=450.0)]
    targets = [Targets(target_voltage=450.0, target_current=100 + n / 10) for n in range(256)]
    for name, message, parts in (
        ("frame to signal: nothing new", "BMS_Battery", still),
        ("frame to signal: five values changed", "BMS_Battery", moving),
        ("frame to signal: protected, nothing new", "BMS_Limits", limits),
        ("frame to signal: protected, set point changed", "BMS_Targets", targets),
    ):
        _, bus = _vehicle(_Wire())
        frames = _bms_frames(parts, message, 256)
        calls = [_receive_call(bus, frame) for frame in frames]
        _print(name, _median(calls))
    _, bus = _vehicle(_Wire())
    frames = _bms_frames(targets, "BMS_Targets", 256)
    _print("the same, and the whole state read", _median([_read_call(bus, one) for one in frames]))


def _receive_call(bus: VehicleBus, frame: CanFrame) -> Callable[[], object]:
    return lambda: bus.signals.received(frame)


def _read_call(bus: VehicleBus, frame: CanFrame) -> Callable[[], object]:
    def call() -> float | None:
        bus.signals.received(frame)
        return bus.signals.state.targets.target_current

    return call


def _transmission() -> None:
    """Signal to frame: published, packed, protected, handed to the bus."""
    wire = _Wire()
    scheduler, bus = _vehicle(wire)
    bus.publisher.start()
    present = [
        StationPresent(evse_present_voltage=400 + n / 10, evse_present_current=100.0)
        for n in range(256)
    ]
    requests = [
        Requests(contactor_request=ContactorRequest.CLOSE, charge_current_allowed=100 + n / 10)
        for n in range(256)
    ]
    limits = [StationLimits(evse_maximum_current_limit=500.0)]
    for name, parts, step in (
        ("publish a part that is the same", limits, 0),
        ("signal to frame: two values, at once", present, 12 * MS),
        ("signal to frame: protected, at once", requests, 7 * MS),
    ):
        calls = [_publish_call(bus, part, scheduler, step) for part in parts]
        wire.sent.clear()
        _print(name, _median(calls))


def _publish_call(
    bus: VehicleBus,
    part: StationPresent | Requests | StationLimits,
    scheduler: Scheduler,
    step: int,
) -> Callable[[], object]:
    clock = scheduler.clock
    assert isinstance(clock, VirtualClock)

    def call() -> None:
        if step:
            clock.wait_until(clock.now() + step)  # the distance between frames is kept
        bus.publisher.publish(part)

    return call


def _simulated() -> None:
    """All nodes of a vehicle with an ECU, in simulated time."""
    scheduler = Scheduler(VirtualClock())
    wires = SimulatedBus(scheduler, SeededRandomness(1), BusTiming())
    config = VehicleCanConfig()
    ecu = open_vehicle_bus(scheduler, wires.attach("EVCC"), config)
    matrix = load_matrix(config)[0]
    bindings = bind(config, matrix, VEHICLE_VALUES, "receive")[0]
    for name in ("BMS", "VCU", "EMS", "OBC", "INLET"):
        own = {spec.name: spec for spec in matrix.sent_by(name)}
        canif = CanIf(scheduler, wires.attach(name))
        node: Outbound[object] = Outbound(scheduler, canif, bindings, own)
        node.start()
    ecu.publisher.start()
    frames = [0]

    def count(_when: int, _sender: str, _frame: CanFrame) -> None:
        frames[0] += 1

    wires.tap(count)
    scheduler.run(2 * S)
    figures = []
    for _ in range(BATCHES):
        before, started = frames[0], time.process_time()
        scheduler.run(scheduler.now + 4 * S)
        figures.append((time.process_time() - started) / (frames[0] - before) * 1e6)
    _print("simulated bus, six nodes: one frame, sent and received", statistics.median(figures))


def _busy_bus() -> None:
    """CPU share of an ECU that hears 2,000 frames/s over UDP multicast, by its own clock."""
    frames = [
        frame
        for message, parts in (
            ("BMS_Battery", [Battery(soc=n / 10) for n in range(100)]),
            ("BMS_Targets", [Targets(target_current=n / 10) for n in range(100)]),
            ("BMS_Limits", [Limits(max_current_limit=500.0)]),
        )
        for frame in _bms_frames(parts, message, 256)
    ]
    lines = "".join(f"- {frame.id:08x}{frame.data.hex()}\n" for frame in frames)
    port = 30_000 + os.getpid() % 20_000
    words = [sys.executable, "-c", SENDER, CHANNEL, str(port), str(RATE), str(SECONDS + 2)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as sender:
        assert sender.stdin is not None
        sender.stdin.write(lines)
        sender.stdin.close()
        share, rate = _hear(port)
        sender.kill()
    keep("busy bus", share * 100, "%")
    print(f"{f'busy bus: CPU share at {rate:.0f} frames/s':58} {share * 100:9.2f} %")


def _hear(port: int) -> tuple[float, float]:
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    config = BusConfig(channel=CHANNEL, options={"port": port})
    can_port = open_port(scheduler, config, "EVCC", clock=clock)
    bus = open_vehicle_bus(scheduler, can_port, VehicleCanConfig(bus=config))
    while not can_port.counters.received:
        scheduler.run(scheduler.now + 10 * MS)
    scheduler.run(scheduler.now + 500 * MS)
    before, cpu, started = can_port.counters.received, _cpu(), time.perf_counter()
    scheduler.run(scheduler.now + SECONDS * S)
    spent, took = _cpu() - cpu, time.perf_counter() - started
    heard = can_port.counters.received - before
    bus.close()
    clock.close()
    return spent / took, heard / took


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
