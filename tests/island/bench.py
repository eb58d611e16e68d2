"""A charging point around the C core: host, cable, lock, contactors and current, ms by ms."""

from dataclasses import replace
from math import inf

from bsw.cp.circuit import RESISTANCE, levels
from bsw.cp.pilot import X1, Drive, E, F, PilotState
from bsw.cp.table import FAULTS
from bsw.island.messages import (
    Clear,
    Config,
    ConfigAck,
    Control,
    Counters,
    Edge,
    Fault,
    Has,
    Hello,
    HelloAck,
    Status,
    ToHost,
    fold,
)
from tests.island.core import Core, names

EVERYTHING = Has.LOCK | Has.METERS | Has.PROXIMITY | Has.NEGATIVE
CONFIG = Config(
    schema=1,
    role=0,
    power=1,
    connector=1,
    has=EVERYTHING,
    sensors=2,
    link=300,
    valid=150,
    closing=100,
    feedback=250,
    lock=1500,
    loop=5,
    most_duty=9700,
    hottest=900,
    fold=0,
)
QUIET = Control(
    drive=2,
    show=0,
    duty=500,
    permit=0,
    permit_inverse=255,
    lock=0,
    stop=0,
    ventilation=0,
    edge_ack=0,
    valid=300,
    fold=0,
)
DRIVES = {0: F, 1: X1, 3: E}
OPEN = 2**32 - 1


class Bench:
    """``permit`` and the other wishes are what the host says every 50 ms."""

    def __init__(self, *, start: int = 0, entropy: int = 77, **config: int) -> None:
        self.core = Core(start=start, entropy=entropy)
        self.config = replace(CONFIG, **config)
        self.vehicle = self.config.role == 1
        self.said: list[ToHost] = []
        self.wish = QUIET
        self.mark = 0
        self.beating = True
        self.load = inf  # the vehicle's resistor; infinite: unplugged
        self.diode = True
        self.ohm = OPEN
        self.duty = 500  # of the station this vehicle hangs on
        self.frequency = 1000
        self.flow = 0  # mA while closed
        self.contactor_stuck = self.contactor_welded = 0
        self.contactor_delay = 15
        self.lock_stuck = False
        self.levels: tuple[int, int] | None = None
        self.opened_at: int | None = None
        self._beat_at = 0
        self._coils: list[int] = [0] * self.contactor_delay
        self._motor_ms = 0
        self._shut = 0

    # The host

    def greet(self, nonce: int = 0xCAFE_0001, **other: int) -> HelloAck:
        hello = Hello(major=1, minor=0, role=self.config.role, spare=0, nonce=nonce, config_crc=0)
        self.core.say(replace(hello, **other))
        ack = next(one for one in self.hear() if isinstance(one, HelloAck))
        self.mark = fold(nonce, ack.island_nonce)
        return ack

    def configure(self) -> ConfigAck:
        self.core.say(replace(self.config, fold=self.mark))
        return next(one for one in self.hear() if isinstance(one, ConfigAck))

    def begin(self) -> "Bench":
        self.core.step()
        self.greet()
        assert self.configure().result == 0
        self.run(100)
        return self

    def want(self, **wish: int) -> None:
        if "permit" in wish:
            wish["permit_inverse"] = wish["permit"] ^ 255
        self.wish = replace(self.wish, **wish)

    def beat(self) -> None:
        self.core.say(replace(self.wish, fold=self.mark))

    def clear(self, name: str) -> None:
        seen = self.fault(name)
        self.core.say(Clear(FAULTS[name][0], seen.occurrence, self.mark))
        self.hear()

    def hear(self) -> list[ToHost]:
        new = self.core.heard()
        self.said += new
        return new

    # What it heard

    @property
    def status(self) -> Status:
        return [one for one in self.said if isinstance(one, Status)][-1]

    @property
    def counters(self) -> Counters:
        return [one for one in self.said if isinstance(one, Counters)][-1]

    @property
    def edges(self) -> list[Edge]:
        return [one for one in self.said if isinstance(one, Edge)]

    def fault(self, name: str) -> Fault:
        return [one for one in self.said if isinstance(one, Fault) and one.name == name][-1]

    @property
    def held(self) -> set[str]:
        return names(self.status.active | self.status.latched)

    @property
    def closed(self) -> bool:
        return bool(self.core.outputs.contactors)

    # Time

    def run(self, ms: int) -> "Bench":
        for _ in range(ms):
            self.tick()
        return self

    def tick(self) -> None:
        if self.beating and (self.core.now - self._beat_at) & 0xFFFF_FFFF >= 50:
            self._beat_at = self.core.now
            self.beat()
        self._plug()
        before = self.closed
        self.core.step()
        if before and not self.closed:
            self.opened_at = self.core.now
        self.hear()

    def _plug(self) -> None:
        core, out = self.core, self.core.outputs
        self._pilot()
        core.inputs.proximity_ohm = self.ohm
        self._coils = [*self._coils[1:], out.contactors]
        closed = self._coils[0]
        core.inputs.feedback = (closed & ~self.contactor_stuck) | self.contactor_welded
        core.inputs.current_ma = self.flow if closed else 0
        self._motor_ms = self._motor_ms + 1 if out.motor else 0
        if self._motor_ms >= 300 and not self.lock_stuck:
            core.inputs.lock = out.motor

    def _pilot(self) -> None:
        inputs, out = self.core.inputs, self.core.outputs
        load = self.load
        if self.vehicle and load < inf:
            load = RESISTANCE[(PilotState.B, PilotState.C, PilotState.D)[out.show]]
            drive = Drive(self.duty / 100)
            inputs.duty, inputs.frequency_hz = self.duty, self.frequency if self.duty < 10000 else 0
        else:
            drive = Drive(out.duty / 100) if out.drive == 2 else DRIVES[out.drive]
        seen = levels(drive, load, diode=self.diode)
        pair = round(seen.high * 1000), round(seen.low * 1000)
        if self.vehicle and load == inf:
            pair = 0, 0
            inputs.duty, inputs.frequency_hz = 10000, 0
        inputs.high_mv, inputs.low_mv = self.levels or pair

    # Ways there

    def plug_in(self, state: PilotState = PilotState.B) -> "Bench":
        self.load = RESISTANCE[state]
        if self.config.has & Has.PROXIMITY:
            self.ohm = 220 if self.config.connector else 150
        return self.run(200)

    def unplug(self) -> "Bench":
        self.load, self.ohm = inf, OPEN
        return self.run(200)

    def close(self, flow: int = 100_000) -> "Bench":
        """The whole way to a charge of 100 A."""
        self.plug_in()
        self.want(lock=2, show=1)
        self.run(500)
        self.load = RESISTANCE[PilotState.C]
        self.want(permit=3)
        self.run(400)
        assert self.core.outputs.contactors == 3, (self.status, self.held)
        self.flow = flow
        return self.run(50)

    def opening(self, limit: int = 10_000) -> int:
        """Run until open; ms it took."""
        start = self.core.now
        for _ in range(limit):
            if not self.closed:
                return (self.core.now - start) & 0xFFFF_FFFF
            self.tick()
        raise AssertionError(f"still closed after {limit} ms: {self.status}")


def station(**config: int) -> Bench:
    return Bench(**config).begin()


def vehicle(**config: int) -> Bench:
    return Bench(**{"role": 1, **config}).begin()
