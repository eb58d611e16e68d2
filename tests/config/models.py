"""A small role's model, with one of everything."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import (
    TIME,
    Amps,
    Celsius,
    Decibels,
    Duration,
    EvseId,
    HexBytes,
    Ipv6,
    Mac,
    Octets,
    Percent,
    PortNumber,
    Volts,
    WattHours,
    Watts,
    between,
)
from bsw.ecuc.references import ExistingFile, Hidden, NewPath
from bsw.os.clock import MS


class Token(Part):
    kind: Literal["pkcs11"]
    module: str = "/usr/lib/softhsm/libsofthsm2.so"
    pin: str = "none"
    unlock: Annotated[Literal["ask", "never"], Hidden()] = "ask"


class Software(Part):
    kind: Literal["software"] = "software"
    folder: NewPath = Path("keys")


class Port(Part):
    name: str = "plc"
    mac: Mac = bytes(6)
    number: PortNumber = 15118


class Model(Part):
    label: str = "none"
    timeout: Annotated[Duration, between("1 ms", "5 s", TIME)] = 250 * MS
    patience: Duration | None = None
    voltage: Volts = 400.0
    current: Amps = 16.0
    power: Watts = 11_000.0
    capacity: WattHours = 60_000.0
    limit: Percent = 80.0
    warmth: Celsius = 25.0
    loss: Decibels = 10.0
    room: Octets = 65536
    address: Ipv6 = "::1"
    outlet: EvseId = "DE*PWR*E1"
    octets: HexBytes = b""
    port: Port = Port()
    ports: tuple[Port, ...] = ()
    protocols: tuple[Literal["din", "iso2", "iso20"], ...] = ("iso2",)
    keys: Annotated[Token | Software, Field(discriminator="kind")] = Software()
    counts: dict[str, int] = Field(default_factory=dict)
    matrix: ExistingFile | None = None
    tls: bool = True
    retries: int = 3
    ratio: float = 0.5

    def problems(self) -> Iterable[Wrong]:
        if not self.tls and "iso20" in self.protocols:
            yield Wrong("tls", "ISO 15118-20 cannot be offered with tls off", "protocols: [iso2]")


class Required(Part):
    interface: str = Field(examples=["eth1"])
    port: Port = Port()
