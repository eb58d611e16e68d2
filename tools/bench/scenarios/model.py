"""A scenario as a file: who charges where, what happens meanwhile, and how it shall end.

The same file is played on the virtual clock, over real sockets and by tests.  The parts ``ecu``
take whatever the configuration of that ECU takes.
"""

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from pydantic import Field, PlainSerializer, PlainValidator

from bsw.chrgm.endings import Ending
from bsw.chrgm.modes import ModeName
from bsw.chrgm.protocols import ProtocolName
from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import Amps, Celsius, Duration, FromText, Percent, Volts, Watts
from bsw.os.clock import S
from evcc.config import EvccConfig
from secc.config import SeccConfig
from tools.bench.hardware.battery import Pack
from tools.bench.hardware.power import Rating
from tools.bench.scenarios.words import Condition, Order, condition, order

_PACK: Final = Pack()
_RATING: Final = Rating()

Words = Annotated[
    Order,
    FromText(),
    PlainValidator(lambda text: text if isinstance(text, Order) else order(str(text))),
    PlainSerializer(str, when_used="json"),
    Field(examples=["fault inlet too hot"]),
]
Awaited = Annotated[
    Condition,
    FromText(),
    PlainValidator(lambda text: text if isinstance(text, Condition) else condition(str(text))),
    PlainSerializer(str, when_used="json"),
    Field(examples=["charging"]),
]


class BatteryPart(Part):
    """How the battery is built."""

    cells: Annotated[int, Field(ge=1, le=400)] = _PACK.cells
    """In series."""

    capacity_ah: Annotated[float, Field(gt=0, le=2000)] = _PACK.capacity_ah
    max_current: Amps = _PACK.max_current
    max_power: Watts = _PACK.max_power

    def pack(self) -> Pack:
        return Pack(
            cells=self.cells,
            capacity_ah=self.capacity_ah,
            max_current=self.max_current,
            max_power=self.max_power,
        )


class VehiclePart(Part):
    """The car: its battery, what its driver wants, its ECU."""

    soc: Percent = 20.0
    target: Percent = 80.0
    temperature: Celsius = 24.0
    """Of the battery."""

    ambient: Celsius = 20.0
    mode: ModeName = "DC_extended"
    payment: Literal["ExternalPayment", "Contract"] = "ExternalPayment"
    contract: Literal["none", "installed", "to be installed"] = "none"
    """to be installed: the car has only its maker's certificate, and asks the station."""

    battery: BatteryPart = BatteryPart()
    ecu: EvccConfig = EvccConfig()

    def problems(self) -> Iterable[Wrong]:
        for name in ("soc", "target"):
            if not 0.0 <= getattr(self, name) <= 100.0:
                yield Wrong(name, "is no share of a battery", "80 %")
        if self.payment == "Contract" and self.contract == "none":
            yield Wrong("contract", "nobody pays by a contract that is not there", "installed")


class PricePart(Part):
    """From ``at`` on at most ``power``, at a price of this level."""

    at: Duration = 0
    power: Watts = 11_000.0
    level: Annotated[int, Field(ge=0, le=255)] = 0
    """Relative price, 1 for the cheapest; 0: no price is told."""


class StationPart(Part):
    """The station: its power module, what it offers, its ECU."""

    modes: tuple[ModeName, ...] = ()
    """Offered; empty: what the car wants."""

    max_voltage: Volts = _RATING.max_voltage
    max_current: Amps = _RATING.max_current
    max_power: Watts = _RATING.max_power
    ac_current: Amps = _RATING.ac_current
    bidirectional: bool = _RATING.bidirectional
    """The power module takes energy back."""

    prices: tuple[PricePart, ...] = ()
    """The schedule with its prices; in simulation only."""

    customer: Literal["accepted", "refused"] = "accepted"
    """What becomes of the customer's card or contract; refused: in simulation only."""

    ecu: SeccConfig = SeccConfig()

    def problems(self) -> Iterable[Wrong]:
        starts = [one.at for one in self.prices]
        if starts and (starts[0] != 0 or sorted(set(starts)) != starts):
            yield Wrong("prices", "they begin at 0 s and follow each other", "{at: 0 s}")

    def rating(self) -> Rating:
        return Rating(
            max_voltage=self.max_voltage,
            max_current=self.max_current,
            max_power=self.max_power,
            ac_current=self.ac_current,
            bidirectional=self.bidirectional,
        )


class Step(Part):
    """Wait for ``when``, then so long, then do it."""

    when: Awaited | None = None
    """Nothing: at once."""

    after: Duration = 0
    do: Words


class Expectation(Part):
    """How it shall end.  What is not said may be as it likes."""

    vehicle: tuple[Ending, ...] = (Ending.TERMINATED,)
    """How its sessions end, one after the other; empty: there is none."""

    station: tuple[Ending, ...] | None = Field(default=None, examples=["[terminated]"])
    at: str = Field(default="", examples=["CableCheck"])
    """The exchange at which the vehicle's last session ends."""

    soc_from: Percent | None = Field(default=None, examples=["79 %"])
    soc_to: Percent | None = Field(default=None, examples=["81 %"])
    """Between these two the battery is in the end."""

    messages: tuple[str, ...] = Field(default=(), examples=["[PaymentDetailsReq]"])
    """Were sent."""

    never: tuple[str, ...] = Field(default=(), examples=["[CurrentDemandReq]"])
    """Were not sent."""

    trouble: tuple[str, ...] = Field(default=(), examples=["[INLET_TOO_HOT]"])
    """Faults that the vehicle's ECU notices meanwhile: docs/diagnostics.md."""

    most_amps: Amps | None = Field(default=None, examples=["60 A"])
    """No more current flows while charging."""

    good: bool | None = None
    """Whether a charge like this is one that went well; unset: as the endings say."""


class Scenario(Part):
    title: Annotated[str, Field(min_length=1, max_length=100, examples=["DC, paid by a card"])]
    about: str = Field(default="", examples=["What is to be seen, and why."])
    protocols: tuple[ProtocolName, ...] = ("iso2",)
    """Spoken by both, unless their parts ``ecu`` say otherwise."""

    tls: bool = False
    """Both want TLS; contracts need it."""

    seed: int = 1
    """The same seed gives the same run."""

    attenuation: Annotated[int, Field(ge=0, le=200)] = 10
    """Between the two modems, in dB."""

    vehicle: VehiclePart = VehiclePart()
    station: StationPart = StationPart()
    story: tuple[Step, ...] = (Step(do=Order("plug")),)
    meanwhile: tuple[Step, ...] = ()
    """Besides the story, each when it is time for it; what never comes is no mistake."""

    within: Duration = 7200 * S
    """It is over by then: of simulated time."""

    linger: Duration = 0
    """Look on for so long after all has been done and has ended."""

    expect: Expectation = Expectation()

    def problems(self) -> Iterable[Wrong]:
        if self.vehicle.contract != "none" and not self.tls:
            yield Wrong("tls", "contracts need TLS", "true")
        for name in ("story", "meanwhile"):
            for number, step in enumerate(getattr(self, name)):
                if step.do.verb == "token" and self.vehicle.contract == "none":
                    yield Wrong(f"{name}.{number}.do", "a car without a contract has no token here")
