"""What the TLS room stands on, proven before it is used; and what it leaves behind."""

import ctypes
import gc
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from bsw.crypto import KeyType
from bsw.tls import libssl as room
from bsw.tls.config import TlsConfig
from bsw.tls.engine import Engine, Opened
from bsw.tls.libssl import Libssl, LibsslError, TlsUnavailable, libssl
from bsw.tls.port import TlsProfile, TlsReason
from tests.tls.world import ISO2, ISO20, World, both_open, settle


def test_this_python_is_one_the_room_stands_on() -> None:
    assert isinstance(libssl(), Libssl)
    assert libssl() is libssl()


@pytest.mark.parametrize("answer", [lambda _: 0, lambda _: 1 << 40])
def test_a_context_that_is_laid_out_otherwise_is_refused(
    answer: Callable[[int], int],
) -> None:
    """A library whose options do not follow the context's: not the same object, then."""
    functions: Any = SimpleNamespace(SSL_CTX_get_options=answer)
    with pytest.raises(TlsUnavailable, match="not laid out as expected"):
        room._prove_layout(functions)


def test_without_the_proof_there_is_no_connection_and_the_reason_is_told() -> None:
    class Unproven:
        may_block = False

        def open(self, stream: bytes) -> Opened | None:
            raise TlsUnavailable("an SSL context is not laid out as expected")

    engine = Engine(Unproven())
    engine.feed(b"hello")
    engine.advance()
    assert engine.failure is not None
    assert engine.failure.reason is TlsReason.UNAVAILABLE
    assert "run on CPython with the system's OpenSSL 3" in engine.failure.detail
    assert engine.outgoing() == bytes.fromhex("15030100020250")  # internal_error


@pytest.mark.parametrize("address", [0, 8, 1 << 46])
def test_a_pointer_into_nowhere_is_seen_before_it_is_followed(address: int) -> None:
    assert not room._is_writable(address)


def test_a_pointer_into_our_own_memory_may_be_followed() -> None:
    buffer = ctypes.create_string_buffer(8)
    assert room._is_writable(ctypes.addressof(buffer))


def test_a_library_without_our_functions_is_named_with_what_it_lacks() -> None:
    with pytest.raises(TlsUnavailable, match="lacks SSL_CTX_ctrl") as raised:
        room._bind(ctypes.CDLL(None), {"SSL_CTX_ctrl": (None,)})
    assert ssl.OPENSSL_VERSION in str(raised.value)
    assert "system's OpenSSL 3" in str(raised.value)


def test_openssl_s_own_words_reach_the_error() -> None:
    with pytest.raises(LibsslError, match="not readable"):
        libssl().certificate(b"no certificate")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"profiles": []}, "at least 1 item"),
        ({"profiles": ["iso3"]}, "'iso2' or 'iso20'"),
        ({"extra_suites": ["AES128-SHA"]}, "is not one of ECDHE-ECDSA-AES128-GCM"),
        ({"extra_suites": ["TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256"]}, "static ECDH"),
        ({"longest_record": 100}, "0, 512, 1024"),
        ({"lab_everything": True}, "not permitted"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_in_its_own_words(
    values: dict[str, object], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        TlsConfig.model_validate(values)


def test_a_profile_named_twice_is_a_problem() -> None:
    (problem,) = TlsConfig(profiles=(ISO2, ISO2)).problems()
    assert problem.message == "each profile once"
    assert not list(TlsConfig().problems())


def test_short_records_are_kept_when_wanted() -> None:
    world = World(profiles=(ISO20,), vehicle_config=TlsConfig(longest_record=512))
    _, station = world.shake()
    station.send(bytes(4000))
    station.advance()
    data = station.outgoing()
    lengths = []
    while data:
        size = int.from_bytes(data[3:5], "big")
        lengths.append(size)
        data = data[5 + size :]
    assert len(lengths) == 8
    assert max(lengths) <= 512 + 256


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.long
@pytest.mark.parametrize(
    ("profile", "kind"),
    [(ISO2, KeyType.P521), (ISO20, KeyType.P521), (ISO20, KeyType.ED448)],
)
def test_hundreds_of_handshakes_leave_no_memory_behind(profile: TlsProfile, kind: KeyType) -> None:
    world = World(profiles=(profile,), kind=kind, staple=bytes(900))

    def run(count: int) -> None:
        for _ in range(count):
            assert both_open(*world.shake())
            for judge in (world.vehicle_judge, world.station_judge):
                judge.chains.clear()
                judge.staples.clear()
        gc.collect()

    run(150)
    before = _resident()
    run(450)
    assert _resident() - before < 450 * 1024  # a forgotten context would be twenty times that


def test_two_connections_may_shake_hands_in_two_threads() -> None:
    failures: list[object] = []

    def many() -> None:
        world = World(profiles=(ISO20,))
        for _ in range(15):
            vehicle, station = world.vehicle(), world.station()
            settle(vehicle, station)
            if not both_open(vehicle, station):
                failures.append((vehicle.failure, station.failure))

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_a_connection_may_be_fed_while_it_advances_on_another_thread() -> None:
    """What the worker does with a slow token: octets come and are fetched meanwhile."""
    world = World(profiles=(ISO20,))
    vehicle, station = world.vehicle(), world.station()
    stop = threading.Event()

    def advance() -> None:
        while not stop.is_set():
            vehicle.advance()

    thread = threading.Thread(target=advance)
    thread.start()
    try:
        for _ in range(200_000):
            data = vehicle.outgoing()
            for place in range(len(data)):
                station.feed(data[place : place + 1])
            station.advance()
            back = station.outgoing()
            for place in range(len(back)):
                vehicle.feed(back[place : place + 1])
            if both_open(vehicle, station):
                break
    finally:
        stop.set()
        thread.join()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
