"""Measures the scheduler on this machine: how late a task is, how soon a socket is heard.

A second process sends the time at irregular moments, so both figures are taken together, with
the same little work in the task that an ECU would do.  Then a minute of simulated time.
"""

import multiprocessing
import os
import random
import socket
import time

from bsw.os.clock import MS, US, S, VirtualClock
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.realtime import Collector
from bsw.os.scheduler import Scheduler
from tools.dev.measure.figures import line, percentile

SECONDS = 10
PERIOD = 5 * MS
MINUTE = 60 * S
NODES, PERIODS = 2, (10 * MS, 20 * MS, 50 * MS, 100 * MS, 250 * MS)


def _send(sender: socket.socket, seconds: float) -> None:
    """The peer: sends its own time each 1 to 9 ms."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(random.uniform(0.001, 0.009))  # noqa: S311 - moments, not keys
        sender.send(time.monotonic_ns().to_bytes(8, "big"))


def on_host_time() -> tuple[list[float], list[float]]:
    """Lateness of the task and delay of the socket, in microseconds."""
    receiver, sender = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.setblocking(False)
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    collector = Collector(scheduler)
    late: list[float] = []
    heard: list[float] = []

    def task() -> None:
        late.append((clock.now() - (work.next_due - PERIOD)) / US)
        for number in range(150):
            _ = {"number": number}
        loop: list[object] = []
        loop.append(loop)

    def readable() -> None:
        sent = int.from_bytes(receiver.recv(8), "big")
        heard.append((clock.now() - sent) / US)

    work = scheduler.every(PERIOD, task, name="task")
    watch = clock.watch(receiver.fileno(), "peer", readable=readable)
    peer = multiprocessing.get_context("fork").Process(target=_send, args=(sender, SECONDS))
    peer.start()
    collector.start()
    scheduler.run(clock.now() + SECONDS * S)
    collector.stop()
    clock.forget(watch)
    peer.join()
    clock.close()
    receiver.close()
    sender.close()
    return late, heard


def in_simulated_time() -> float:
    """Milliseconds of host time for a minute of two nodes with five cyclic tasks each."""
    scheduler = Scheduler(VirtualClock())
    began = time.perf_counter()
    for node in range(NODES):
        for number, period in enumerate(PERIODS):
            scheduler.every(period, lambda: None, name=f"{node}.{number}", priority=number)
    scheduler.run(MINUTE)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    print(f"{SECONDS} s on {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    late, heard = on_host_time()
    print(line("5 ms task, lateness", late, "us"))
    print(line("socket event, sent to heard", heard, "us"))
    runs = [in_simulated_time() for _ in range(9)]
    print(f"{'60 simulated s, 2 nodes x 5 tasks':34} median {percentile(runs, 0.5):9.1f} ms")
