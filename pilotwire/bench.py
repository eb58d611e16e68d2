"""The whole world on the virtual clock: both ECUs, both buses, power line, plug and hardware.

Nothing waits: a charge of half an hour takes seconds, and the same seed gives the same run to
the last octet.  Battery and power stage may be yours.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.messages.model import Message
from bsw.chrgm.modes import mode_of
from bsw.os.clock import S
from bsw.trace import MemoryTrace
from can_adapter.signals.values import EnergyTransferMode
from can_adapter.signals.values import PaymentOption as Payment
from pilotwire.messages import Decoded
from secc.api.charger import Charger
from secc.api.literals import PaymentOption
from tools.bench.hardware.battery import Battery, Pack
from tools.bench.hardware.faults import faults
from tools.bench.hardware.power import Output, PowerModule, Rating
from tools.bench.hardware.vehicle import SimulatedVehicle
from tools.bench.world.whole import Bench as Whole
from tools.bench.world.whole import WholeOptions
from tools.capture.text import TextReader

__all__ = [
    "Battery",
    "Bench",
    "Ending",
    "Heard",
    "NotReached",
    "Output",
    "Pack",
    "Rating",
    "SessionResult",
    "Values",
]

FAULTS: Final = faults()
PROTOCOLS: Final = ("iso2", "din")
_FLOWING: Final = 1.0
"""Amperes below which nothing flows."""


class NotReached(TimeoutError):
    """What was waited for did not come within the time given; says how things stand."""


@dataclass(frozen=True, slots=True)
class Values:
    """How things stand at one moment.  Current is positive into the vehicle."""

    seconds: float
    phase: str  # the exchange the session is at, empty before and after it
    pilot: str  # A to F
    soc: float
    volts: float  # of the battery
    amps: float  # through the DC cable, or into the battery where the charge is AC
    inlet_volts: float
    contactors_closed: bool
    charged_wh: float
    offered_amps: float | None  # by the station


@dataclass(frozen=True, slots=True)
class Heard:
    """A message one side sent: when, in seconds since the start, and what it was."""

    seconds: float
    decoded: Decoded

    @property
    def name(self) -> str:
        return self.decoded.name

    @property
    def values(self) -> dict[str, float | int | str | bool]:
        return self.decoded.values


class Bench:
    """``plug`` or ``charge``, then ``run``, ``until`` or ``finish``; everything stands meanwhile.

    ``payment`` is ``ExternalPayment`` or ``Contract`` (which brings TLS and a test PKI with it).
    ``battery`` is a ``Battery`` of yours, or of a class derived from it; ``output`` is a model of
    the station's power stage, ``rating`` what its power module is built for.
    """

    def __init__(
        self,
        *,
        protocol: str = "iso2",
        mode: str = "DC_extended",
        payment: str = "ExternalPayment",
        soc: float = 30.0,
        target: float = 80.0,
        battery: Battery | None = None,
        output: Output | None = None,
        rating: Rating | None = None,
        seed: int = 1,
    ) -> None:
        if protocol not in PROTOCOLS:
            raise ValueError(f"no protocol {protocol!r}; there are {', '.join(PROTOCOLS)}")
        contract = PaymentOption(payment) is PaymentOption.CONTRACT
        transfer = EnergyTransferMode(mode)
        self._whole = Whole(
            WholeOptions(
                protocols=(protocol,),
                mode=mode,
                contract=contract,
                soc=soc,
                target=target,
                seed=seed,
                battery=battery,
                output=output,
                rating=rating,
            )
        )
        wishes = self.vehicle.vcu.wishes
        wishes.energy_transfer = transfer
        wishes.payment = Payment(payment)
        self._made: list[str] = []
        self._told = 0
        self._whole.start()
        self.run(1.0)

    # What can be done

    def plug(self) -> None:
        """The station's plug goes into the inlet."""
        self._whole.plug()

    def pull(self) -> None:
        """The plug is pulled, whatever flows."""
        self._whole.unplug()

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        self._whole.run(seconds)

    def until(
        self, holds: Callable[["Bench"], bool], within: float = 60.0, step: float = 0.02
    ) -> float:
        """Let time pass until something holds, looked at every ``step``; how many seconds it took.

        ``NotReached`` after ``within`` seconds.
        """
        began = self.now
        while not holds(self):
            if self.now - began >= within:
                raise NotReached(f"not within {within:g} s; {self.values}, results {self.results}")
            self.run(step)
        return self.now - began

    def charge(self, within: float = 60.0) -> "Bench":
        """Plug in and wait until current flows."""
        self.plug()
        self.until(lambda bench: abs(bench.values.amps) > _FLOWING, within, 0.1)
        return self

    def finish(self, within: float = 7200.0) -> SessionResult:
        """Until the next session of the vehicle has ended: ``.ending``, and where and why."""
        self.until(lambda bench: len(bench.results) > self._told, within, 1.0)
        self._told += 1
        return self.results[self._told - 1]

    def fault(self, name: str) -> None:
        """Make a fault of ``bench.faults``; ``mend`` takes it back."""
        if name not in FAULTS:
            from bsw.program.parser import did_you_mean  # noqa: PLC0415 - only for a mistake

            raise ValueError(f"there is no fault {name!r}{did_you_mean(name, FAULTS)}")
        FAULTS[name].make(self.vehicle)
        self._made.append(name)

    def mend(self, name: str) -> None:
        if name not in self._made:
            raise ValueError(f"the fault {name!r} was not made; there are {self._made}")
        self._made.remove(name)
        FAULTS[name].mend(self.vehicle)

    @property
    def faults(self) -> tuple[str, ...]:
        """All that can be made, by name."""
        return tuple(sorted(FAULTS))

    # What can be read

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return self._whole.scheduler.now / S

    @property
    def values(self) -> Values:
        whole, cable = self._whole, self.vehicle.wires.cable
        battery, view = self.vehicle.battery, whole.view
        ac = mode_of(whole.setup.mode).ac and cable.current == 0.0
        return Values(
            seconds=self.now,
            phase=view.phase if whole.manager.session else "",
            pilot=whole.cable.vehicle.read().state.name,
            soc=battery.soc,
            volts=battery.voltage,
            amps=battery.current if ac else cable.current,
            inlet_volts=cable.inlet_voltage,
            contactors_closed=self.vehicle.bms.contactors.closed,
            charged_wh=self.vehicle.charged,
            offered_amps=view.max_current,
        )

    @property
    def results(self) -> list[SessionResult]:
        """How the vehicle's sessions ended, the oldest first."""
        return list(self._whole.manager.results)

    @property
    def station_results(self) -> list[SessionResult]:
        return list(self._whole.outlet.results)

    @property
    def trouble(self) -> set[str]:
        """The faults that the vehicle's ECU knows of now, by name: docs/diagnostics.md."""
        dem = self._whole.pair.vehicle.services.dem
        return {name for name in dem.events if dem.stands(name)}

    def messages(self, name: str = "") -> Iterator[Heard]:
        """What both said since the start, in order; with ``name`` only that kind."""
        reader = TextReader()
        for record in self.trace("vehicle").records:
            for event in reader.line(record.line):
                if isinstance(event.message, Message):
                    decoded = Decoded(event.schema, event.message, event.wrong)
                    if name in {"", decoded.name}:
                        yield Heard(record.time / S, decoded)

    def trace(self, side: str) -> MemoryTrace:
        """``vehicle`` or ``station``: all records so far."""
        traces = {
            "vehicle": self._whole.vehicle_trace,
            "station": self._whole.station_trace,
        }
        return traces[side]

    def write_trace(self, path: Path | str, side: str = "vehicle") -> None:
        """As the ECUs write theirs; ``pilotwire.Capture`` and ``v2g decode`` read it."""
        lines = (record.line for record in self.trace(side).records)
        Path(path).write_text("".join(lines), encoding="utf-8")

    # The parts

    @property
    def charger(self) -> Charger:
        """The station's north side: commands as methods, ``subscribe(variable, listener)``."""
        return self._whole.charger

    @property
    def vehicle(self) -> SimulatedVehicle:
        """The control units around the vehicle's ECU: ``.bms``, ``.vcu``, ``.inlet``, ``.obc``."""
        return self._whole.vehicle

    @property
    def battery(self) -> Battery:
        return self.vehicle.battery

    @property
    def module(self) -> PowerModule:
        """The station's power module: ``.rating``, ``.trouble``, ``.meter``."""
        return self._whole.module
