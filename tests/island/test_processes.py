"""Real processes: whatever happens to the one that speaks, the island opens in time."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bsw.island.frame import Decoder, encode
from bsw.island.messages import TO_HOST, Hello, HelloAck, body, read
from tests.island.process import SOON, Event, IslandProcess, island
from tests.tidy.tree import ROOT
from tools.island.build import SANITIZED, program

LINK, SOON_OPEN = 300, 500
"""ms: the host is lost, and contactors that carry 100 A are open."""


@contextmanager
def protocol(port: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.island.protocol_process", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=SOON)


def plugged(one: IslandProcess) -> None:
    one.tell(load=882, ohm=220, flow=100_000, voltage=400_000)


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGSTOP)


def spin(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGUSR1)


def judged(opened: Event) -> Event:
    """The age of the host's last word when the coils went off, by the island's clock.

    A process of the host is no microcontroller: by the longest of its own steps it may be late,
    and that is measured too.
    """
    assert opened.coils == 0
    assert opened.age <= LINK + SOON_OPEN + 2 * opened.gap + 1, opened
    return opened


@pytest.mark.parametrize("way", [kill, stop, spin], ids=["kill -9", "SIGSTOP", "full processor"])
def test_a_host_that_dies_while_100_a_flow(way: Callable[[subprocess.Popen[str]], None]) -> None:
    ages = []
    with island() as one:
        plugged(one)
        for _ in range(7):
            with protocol(one.port) as process:
                one.wait("closed", coils=3)
                way(process)
                ages.append(judged(one.wait("opened")))
    tell_worst(ages)


def tell_worst(ages: list[Event]) -> None:
    worst = max(ages, key=lambda event: event.age)
    print(f"worst of {len(ages)}: {worst.age} ms, longest step {worst.gap} ms")  # noqa: T201 - the figure


def test_who_comes_back_late_closes_nothing_again() -> None:
    with island() as one:
        plugged(one)
        with protocol(one.port) as process:
            one.wait("closed", coils=3)
            process.send_signal(signal.SIGSTOP)
            judged(one.wait("opened"))
            process.send_signal(signal.SIGCONT)
            one.wait("host")
            assert one.get()["coils"] == 0


def test_the_serial_line_is_a_terminal() -> None:
    with island("--terminal") as one:
        line = os.open(one.terminal, os.O_RDWR | os.O_NOCTTY)
        try:
            os.write(line, b"\0\0" + encode(body(Hello(1, 0, 0, 0, 7, 0), 0)))
            decoder = Decoder()
            found: list[bytes] = []
            while not found:
                found = decoder.feed(os.read(line, 256))
            told = read(found[0], TO_HOST)
        finally:
            os.close(line)
        assert told is not None
        assert isinstance(told[1], HelloAck)
        assert told[1].nonce == 7


@pytest.mark.parametrize("words", [["--port"], ["--what"]])
def test_a_wrong_word_is_refused_with_the_usage(words: list[str]) -> None:
    done = subprocess.run(
        [program(*SANITIZED), *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "usage: island" in done.stderr


def test_one_host_at_a_time() -> None:
    with island() as one:
        first = socket.create_connection(("::1", one.port), timeout=SOON)
        one.get()
        second = socket.create_connection(("::1", one.port), timeout=SOON)
        assert second.recv(1) == b"", "turned away"
        first.sendall(encode(body(Hello(1, 0, 0, 0, 7, 0), 0)))
        assert first.recv(1) != b""
        first.close()
        second.close()
