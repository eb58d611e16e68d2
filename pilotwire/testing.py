"""The pytest plug-in: a bench, a test PKI and both ECUs, for whoever tests something of his own.

Installed with Pilotwire, it is there; nothing heavy is loaded before a test asks for a fixture.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pilotwire.bench import Bench
    from pilotwire.ecu import Station, Vehicle
    from pilotwire.pki import TestPki

    MakeBench = Callable[..., Bench]
    MakeStation = Callable[..., Station]
    MakeVehicle = Callable[..., Vehicle]


@pytest.fixture
def bench() -> "MakeBench":
    """Makes a bench: ``bench(battery=mine, target=60).charge()``; see ``pilotwire.Bench``."""
    from pilotwire.bench import Bench  # noqa: PLC0415 - only where it is asked for

    return Bench


@pytest.fixture(scope="session")
def pki() -> "TestPki":
    """A whole ISO 15118-2 test PKI, made once: ``pki["secc"].chain``, ``pki.bad("secc")``."""
    from pilotwire.pki import make  # noqa: PLC0415 - only where it is asked for

    return make("iso2")


@pytest.fixture
def loopback() -> dict[str, object]:
    """Settings that both ECUs of a test share: the loopback interface, a port for discovery."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.bind(("::", 0))
        port = sock.getsockname()[1]
    return {"network.interface": "lo", "network.sdp_port": port}


@pytest.fixture
def station(loopback: dict[str, object]) -> "Iterator[MakeStation]":
    """Starts a station: ``station({"session.modes": ["DC_extended"]}, "secc.yaml")``."""
    from pilotwire.ecu import Station  # noqa: PLC0415 - only where it is asked for

    with ExitStack() as running:

        def make(settings: dict[str, object] | None = None, /, *files: str) -> "Station":
            return running.enter_context(Station({**loopback, **(settings or {})}, *files))

        yield make


@pytest.fixture
def vehicle(loopback: dict[str, object]) -> "Iterator[MakeVehicle]":
    """Starts a vehicle without a bus, told everything by commands; settings say otherwise."""
    from pilotwire.ecu import Vehicle  # noqa: PLC0415 - only where it is asked for

    north = {"api.values": "north", "can.bus.interface": "none", "session.tries": 20}
    with ExitStack() as running:

        def make(settings: dict[str, object] | None = None, /, *files: str) -> "Vehicle":
            chosen = {**loopback, **north, **(settings or {})}
            return running.enter_context(Vehicle(chosen, *files))

        yield make
