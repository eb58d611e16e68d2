"""Frames that say nothing are not played, and nothing anybody can ask comes out another way.

A bus with an analyser on it plays each frame: it is what a bus without one must be equal to.
"""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from bsw.os.clock import MS, US
from bsw.trace import MemoryTrace, Trace
from can_adapter.bus import CanFrame
from can_adapter.drivers.simulated_port import SimulatedPort
from can_adapter.matrix.specs import E2eSpec, MessageSpec, SignalSpec
from can_adapter.rings import Ring
from can_adapter.signals.e2e import E2eProtector
from can_adapter.signals.noted import BEGINS, ENDS, CanNotes
from can_adapter.signals.transmit import Outbound, Sender
from can_adapter.vehicle.values import Battery, Contactors, Limits, Targets
from tests.can.worlds import VehicleWorld
from tools.bench.hardware import tamper
from tools.bench.world.whole import Bench

Story = list[tuple[int, str, int]]
"""What happens: after how long, what, and a number to it."""

DEEDS = (
    "targets",
    "limits",
    "battery",
    "contactors",
    "connect",
    "disconnect",
    "spoil",
    "mend",
    "silent",
    "speak",
    "deaf",
    "hear",
    "loss",
    "errors",
    "shorted",
    "well",
    "well",
    "well",
    "foreign",
    "ask",
)


def story(seed: int) -> Story:
    chance = random.Random(seed)
    pauses = (0, 1, 10, 10, 97, 333, 1_500)
    return [
        (chance.choice(pauses) * MS, chance.choice(DEEDS), chance.randrange(4)) for _ in range(120)
    ]


class Theatre:
    """The vehicle's bus with a battery management that can be spoilt, its ECU, and its notes."""

    def __init__(self, *, analysed: bool) -> None:
        self.made = made = VehicleWorld()
        self.scheduler = made.scheduler
        if analysed:
            made.bus.tap(lambda *_: None)
        self.memory = MemoryTrace()
        self.trace = Trace(self.scheduler.clock.now, (self.memory,))
        CanNotes(self.scheduler, made.ecu.canif, self.trace, made.matrix)
        self.port = tamper.TamperedPort(made.bus.attach("BMS"), made.matrix)
        self.node: Outbound[object] = made.sender("BMS", self.port)
        self.stranger = made.bus.attach("stranger")
        self.told: list[object] = []
        made.ecu.signals.observe(lambda event: self.told.append((self.scheduler.now, event)))
        made.ecu.signals.on_change(lambda: self.told.append((self.scheduler.now, "changed")))
        made.ecu.publisher.start()
        self.node.start()

    def play(self, deeds: Story) -> list[object]:
        for pause, deed, number in deeds:
            self.made.run_for(pause)
            self._do(deed, number)
        self.made.run_for(2_500 * MS)
        self._ask()
        notes = [(one.time, dict(one.fields)) for one in self.memory.records]
        return [*self.told, notes]

    def _do(self, deed: str, number: int) -> None:
        bus, node = self.made.bus, self.node
        deeds: dict[str, Callable[[], object]] = {
            "targets": lambda: node.publish(Targets(target_current=50.0 + number, ev_ready=True)),
            "limits": lambda: node.publish(Limits(max_current_limit=100.0 + number)),
            "battery": lambda: node.publish(Battery(soc=10.0 + number)),
            "contactors": lambda: node.publish(Contactors(link_voltage=300.0 + number)),
            "connect": lambda: self.trace.add(BEGINS),
            "disconnect": lambda: self.trace.add(ENDS),
            "spoil": lambda: self.port.spoil("BMS_Targets", SPOILS[number]),
            "mend": lambda: self.port.mend("BMS_Targets"),
            "silent": node.stop,
            "speak": node.start,
            "deaf": lambda: setattr(self._ecu_port(), "deaf", True),
            "hear": lambda: setattr(self._ecu_port(), "deaf", False),
            "loss": lambda: setattr(bus, "loss", number / 10),
            "errors": lambda: setattr(bus, "errors", number / 20),
            "shorted": lambda: setattr(bus, "shorted", number == 0),
            "well": self._well,
            "foreign": lambda: self.stranger.send(self._foreign(number)),
            "ask": self._ask,
        }
        deeds[deed]()

    def _well(self) -> None:
        bus = self.made.bus
        bus.loss = bus.errors = 0.0
        bus.shorted = False

    def _foreign(self, number: int) -> CanFrame:
        """What another node says in the battery's name."""
        spec = self.made.matrix.message(("BMS_Targets", "BMS_Battery")[number % 2])
        assert spec is not None
        return CanFrame(spec.id, bytes([number]) * spec.length, spec.extended, spec.fd)

    def _ecu_port(self) -> SimulatedPort:
        return next(one for one in self.made.bus._ports if one.name == "EVCC")

    def _ask(self) -> None:
        """Everything there is to ask."""
        signals = self.made.ecu.signals
        self.told.append([(role, signals.reading(role)) for role in signals.roles])
        for slot in signals._slots.values():
            checker = signals.protection(slot.spec.name)
            if checker is not None:
                self.told.append((checker.state, checker.last, checker.counts))
        self.told.append([(one.name, replace(one.counters)) for one in self.made.bus._ports])
        self.told.append((self.made.bus.busy_time, replace(self.node.counters), signals.state))


SPOILS: tuple[tamper.Spoil, ...] = (
    tamper.Silence(),
    tamper.BrokenChecksum(),
    tamper.StandingCounter(),
    tamper.JumpingCounter(),
)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_comes_out_as_if_each_frame_was_played(seed: int) -> None:
    deeds = story(seed)
    lazy, played = Theatre(analysed=False), Theatre(analysed=True)
    assert lazy.play(deeds) == played.play(deeds)
    assert lazy.scheduler.activations < played.scheduler.activations


def test_a_whole_charge_leaves_the_same_traces() -> None:
    found = []
    for analysed in (False, True):
        bench = Bench().start()
        if analysed:
            for bus in (bench.vehicle_bus, bench.station_bus):
                bus.tap(lambda *_: None)
        bench.run(1.0)
        bench.plug()
        bench.run(20.0)
        buses = [bus.busy_time for bus in (bench.vehicle_bus, bench.station_bus)]
        found.append((bench.vehicle_trace.records, bench.station_trace.records, buses))
    assert found[0] == found[1]
    assert any(record.fields.get("name") == "PreChargeReq" for record in found[0][0])


def standing() -> Theatre:
    theatre = Theatre(analysed=False)
    theatre.node.publish(Targets(target_current=50.0, ev_ready=True))
    theatre.made.run_for(1_000 * MS)
    return theatre


PAGED = 0x2C3
"""A message whose frames take turns, so that each one says something else."""


def test_nothing_is_played_while_all_values_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    theatre = standing()
    played: list[int] = []
    deliver = SimulatedPort.deliver

    def counted(port: SimulatedPort, frame: CanFrame) -> None:
        if frame.key != PAGED:
            played.append(frame.key)
        deliver(port, frame)

    monkeypatch.setattr(SimulatedPort, "deliver", counted)
    port = theatre._ecu_port()
    before = port.counters.received
    theatre.made.run_for(5_000 * MS)
    assert played == []
    assert port.counters.received > before + 500
    theatre.node.publish(Targets(target_current=51.0, ev_ready=True))
    theatre.made.run_for(15 * MS)
    assert set(played) == {theatre._foreign(0).key}
    assert theatre.made.ecu.signals.state.targets.target_current == 51.0


@pytest.mark.parametrize("analysed", [False, True])
def test_a_node_that_was_missed_is_heard_again(*, analysed: bool) -> None:
    """It says what it said before, and the ECU had forgotten it."""
    theatre = Theatre(analysed=analysed)
    theatre.node.publish(Targets(target_current=50.0, ev_ready=True))
    theatre.made.run_for(1_000 * MS)
    theatre.node.stop()
    theatre.made.run_for(1_000 * MS)
    assert theatre.made.ecu.signals.state.targets.target_current is None
    theatre.node.start()
    theatre.made.run_for(100 * MS)
    assert theatre.made.ecu.signals.state.targets.target_current == 50.0


def test_no_frame_is_sealed_that_nobody_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed: list[int] = []
    seal = E2eProtector.seal

    def counted(protector: E2eProtector, data: bytearray, counter: int) -> None:
        sealed.append(counter)
        seal(protector, data, counter)

    monkeypatch.setattr(E2eProtector, "seal", counted)
    theatre = standing()
    assert sealed
    sealed.clear()
    theatre.made.run_for(3_000 * MS)
    assert sealed == []
    theatre.made.bus.tap(lambda *_: None)
    theatre.made.run_for(100 * MS)
    assert sealed


def test_a_counter_that_found_no_room_is_missed_by_the_receiver() -> None:
    """The queue of the sender is full for a while: what is lost there is lost."""

    def lost(*, analysed: bool) -> object:
        theatre = Theatre(analysed=analysed)
        theatre.made.run_for(1_000 * MS)
        urgent = CanFrame(1, bytes(8))

        def fill() -> None:
            while theatre.port.send(urgent):
                pass

        filling = theatre.scheduler.every(50 * US, fill, name="fill")
        theatre.made.run_for(25 * MS)
        filling.stop()
        theatre.made.run_for(200 * MS)
        theatre._ask()
        assert theatre.node.counters.refused > 0
        return theatre.told

    assert lost(analysed=False) == lost(analysed=True)


READ_IN_HEADER = SignalSpec("Counter", 16, 8)


@pytest.mark.parametrize("span", [None, (0, 2), (0, 3)])
def test_who_reads_what_differs_in_a_ring_hears_each_of_its_frames(
    span: tuple[int, int] | None,
) -> None:
    """A matrix may take for a value what the sender's takes for a counter."""
    theatre = Theatre(analysed=False)
    spec = MessageSpec("M", 0x55, 8, signals=(READ_IN_HEADER,), e2e=E2eSpec(1, 1))
    notes = CanNotes(theatre.scheduler, theatre.made.ecu.canif, theatre.trace, [spec])
    ring = Ring(CanFrame(0x55, bytes(8)), bytes(8), 0, span=span)
    assert (notes.stands(ring) is not None) == (span == (0, 2))


def test_a_sender_of_several_pages_sends_each_frame() -> None:
    theatre = Theatre(analysed=False)
    spec = MessageSpec("M", 0x55, 8, cycle=10 * MS)
    sender = Sender(theatre.scheduler, theatre.made.ecu.canif, spec)
    heard: list[CanFrame] = []
    theatre.stranger.listen(heard.append)
    sender.cycle()
    theatre.made.run_for(10 * MS)
    assert heard[-1].ring is not None
    sender._several = True
    sender._renewed(0)
    sender.cycle()
    theatre.made.run_for(10 * MS)
    assert heard[-1].ring is None
