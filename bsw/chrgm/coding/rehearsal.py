"""Loading a protocol before it is needed, in steps short enough for everything else to go on."""

from collections.abc import Iterator

from bsw import exi
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.protocols import protocol, spoken_applications
from bsw.chrgm.record import NO_SESSION, Said


def rehearse(name: str, tolerance: exi.Tolerance = exi.FIELD) -> Iterator[str]:
    """Load a protocol and code each of its messages once; yields between the steps.

    The first message of a kind takes milliseconds, the first of all tens of them.  In a session
    nothing else would be heard for so long, and the vehicle's bus is silent for 50 ms at most.
    """
    yield name
    exi.codec("sap", tolerance)
    types = frozenset().union(*(one.payload_types for one in spoken_applications([name])))
    spoken = protocol(name).speak(types, tolerance)
    for exchange in protocol(name).table.exchanges.values():
        yield f"{name} {exchange.name}"
        for kind in (exchange.request, exchange.response):
            spoken.decode(*spoken.encode(NO_SESSION, Said(smallest(kind))))
