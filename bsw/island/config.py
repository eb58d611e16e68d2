"""What an integrator may set about the safety island: its line, what is wired to it, its times."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import TIME, Amps, Celsius, Duration, PortNumber, Volts, between
from bsw.os.clock import MS

if TYPE_CHECKING:
    from bsw.island.messages import Config, Limits, Role


class IslandConfig(Part):
    """Sent to the island at the start; it refuses what it cannot keep."""

    line: Literal["tcp", "serial", "can"] = "tcp"
    port: PortNumber = Field(default=0, examples=[40_010])
    """tcp: where the island listens, on this host."""

    device: str = Field(default="", examples=["/dev/ttyS1"])
    """serial: the line, at 230400 baud."""

    can_id: Annotated[int, Field(ge=0, le=0x7FE)] = 0x180
    """can: identifier of what the island hears, on the bus of ``hardware.can.bus``; it answers with
    the next one."""

    can_fd: bool = True
    """can: frames of up to 64 octets; false: classic ones of 8."""

    power: Literal["ac", "dc"] = "dc"
    connector: Literal["type1", "type2"] = "type2"
    lock: bool = True
    """Nothing closes unless the lock is closed."""

    meters: bool = True
    """The island measures current and voltage."""

    ventilation: bool = False
    """State D may be served."""

    proximity: bool = True
    """The proximity contact is wired to the island."""

    negative: bool = True
    """The negative half wave of the pilot is measured; a vehicle finds a shorted diode by it."""

    sensors: Annotated[int, Field(ge=0, le=2)] = 2
    """Of the contacts' temperature."""

    hottest: Celsius = 90.0
    overvoltage: Annotated[Volts, Field(ge=0, le=2000)] = 0.0
    """Above it for 9 ms everything opens at once, with meters; 0: never."""

    voltage_high: Annotated[Volts, Field(ge=0, le=2000)] = 0.0
    """Above it for 400 ms the supply is stopped and then everything opens; 0: never."""

    overcurrent: Annotated[Amps, Field(ge=0, le=10_000)] = 0.0
    """Above it for 100 ms everything opens; 0: never."""

    link: Annotated[Duration, between("200 ms", "1000 ms", TIME)] = 300 * MS
    """Without a word of ours for so long the island opens."""

    valid: Annotated[Duration, between("50 ms", "300 ms", TIME)] = 150 * MS
    """A permission closes contactors for so long after it was said."""

    closing: Annotated[Duration, between("100 ms", "2000 ms", TIME)] = 100 * MS
    """C stands still for so long before anything closes."""

    feedback: Annotated[Duration, between("20 ms", "1000 ms", TIME)] = 250 * MS
    lock_time: Annotated[Duration, between("100 ms", "10000 ms", TIME)] = 1500 * MS
    loop: Annotated[Duration, between("2 ms", "1000 ms", TIME)] = 5 * MS
    """Two steps of the island are never further apart; for one that is a process take more."""

    def problems(self) -> Iterable[Wrong]:
        if self.line == "serial" and not self.device:
            yield Wrong("device", "a serial line has a name", "device: /dev/ttyS1")

    @property
    def limits(self) -> "Limits | None":
        """As they go over the line; ``None`` where there are none."""
        from bsw.island.messages import Limits  # noqa: PLC0415 - where there is one

        high = round(1000 * self.overvoltage), round(1000 * self.voltage_high)
        trip = round(1000 * self.overcurrent)
        wanted = any((*high, trip))
        return Limits(*high, trip, round(self.hottest * 10), 0) if wanted else None

    def config(self, role: "Role") -> "Config":
        """As it goes over the line; the session's mark is filled in there."""
        from bsw.island.messages import SCHEMA, Config, Has, Power  # noqa: PLC0415 - where there is one

        has = (
            Has.LOCK * self.lock
            | Has.METERS * self.meters
            | Has.VENTILATION * self.ventilation
            | Has.PROXIMITY * self.proximity
            | Has.NEGATIVE * self.negative
        )
        return Config(
            schema=SCHEMA,
            role=role,
            power=Power[self.power.upper()],
            connector=int(self.connector == "type2"),
            has=int(has),
            sensors=self.sensors,
            link=self.link // MS,
            valid=self.valid // MS,
            closing=self.closing // MS,
            feedback=self.feedback // MS,
            lock=self.lock_time // MS,
            loop=self.loop // MS,
            most_duty=9700,
            hottest=round(self.hottest * 10),
            fold=0,
        )
