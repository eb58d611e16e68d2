"""Two network namespaces with a veth cable between them, used from one process.

A socket belongs to the namespace in which it was made.  So it is enough to step into a namespace
for the call that makes one; the loop watches sockets of both.
"""

import atexit
import ctypes
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from bsw.net.host.network import addresses
from bsw.net.ports import (
    DatagramPort,
    DatagramReceiver,
    Endpoint,
    Listener,
    Network,
    Stream,
    StreamUser,
)

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True, capture_output=True, timeout=10)


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def inside(name: str) -> Iterator[None]:
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        _enter(there)
        yield
    finally:
        _enter(home)
        os.close(there)
        os.close(home)


@cache
def cable() -> tuple[str, str]:
    """The two namespaces of this process; ``v0`` in one is wired to ``s0`` in the other."""
    vehicle, station = (f"net{os.getpid()}{side}" for side in "vs")
    for name in (vehicle, station):
        ip("netns", "add", name)
        atexit.register(ip, "netns", "del", name)
        ip("-n", name, "link", "set", "lo", "up")
    ip("link", "add", "v0", "netns", vehicle, "type", "veth", "peer", "s0", "netns", station)
    for name, end in ((vehicle, "v0"), (station, "s0")):
        ip("netns", "exec", name, "sysctl", "-qw", f"net.ipv6.conf.{end}.accept_dad=0")
        ip("-n", name, "link", "set", end, "up")
    wait_for_address(vehicle, "v0")
    wait_for_address(station, "s0")
    return vehicle, station


def wait_for_address(name: str, interface: str) -> None:
    with inside(name):
        for _ in range(1_000):
            if any(one.interface == interface and one.usable for one in addresses()):
                return
            time.sleep(0.01)
    raise AssertionError(f"{interface} in {name} got no address")


class Inside:
    """A ``Network`` whose sockets are made in a namespace."""

    def __init__(self, name: str, make: Callable[[], Network]) -> None:
        self.name = name
        with inside(name):
            self._network = make()

    @property
    def scope(self) -> str:
        return self._network.scope

    def link_local(self) -> str:
        return self._network.link_local()

    def datagram(
        self,
        receive: DatagramReceiver,
        *,
        port: int = 0,
        groups: tuple[str, ...] = (),
        wanted: tuple[bytes, ...] = (),
    ) -> DatagramPort:
        with inside(self.name):
            return self._network.datagram(receive, port=port, groups=groups, wanted=wanted)

    def connect(self, to: Endpoint, user: StreamUser, *, timeout: int) -> Stream:
        with inside(self.name):
            return self._network.connect(to, user, timeout=timeout)

    def listen(self, accept: Callable[[Stream], StreamUser], *, port: int = 0) -> Listener:
        with inside(self.name):
            return self._network.listen(accept, port=port)
