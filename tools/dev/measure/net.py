"""How long it takes from the first SDP request to an open, framed stream, and what a frame costs.

Both roles run in one process on one loop, over real sockets on ``::1``, so each figure holds the
work of both sides.
"""

import time
from collections.abc import Callable
from statistics import median

from bsw.net.channel import Channel, Channels, Closed
from bsw.net.host.tcpip import HostNetwork
from bsw.net.ports import Endpoint, Network
from bsw.os.clock import MS, US, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.sdp.client import SdpClient, station_endpoint
from bsw.sdp.messages import Security
from bsw.sdp.search import Found, NotFound, SearchRules
from bsw.sdp.server import Offer, SdpServer
from bsw.v2gtp import PayloadType, Reader, pack
from tools.dev.measure.figures import line

DISCOVERIES = 300
EXCHANGES = 3_000
EXI = PayloadType.EXI


def show(what: str, nanoseconds: list[int]) -> None:
    print(line(what, [value / US for value in nanoseconds], "us"))


class _Loop:
    """A station that answers and a vehicle, on loopback."""

    def __init__(self) -> None:
        mailbox = Mailbox()
        self.clock = HostClock(mailbox)
        self.scheduler = Scheduler(self.clock, mailbox=mailbox)
        self.network = HostNetwork(self.scheduler, self.clock, "lo")
        self.channels = Channels(self.scheduler)
        self.listener = self.channels.listen(self.network, _Echo)
        # A port of the kernel's choice: another program may have 15118 open on this machine.
        probe = self.network.datagram(lambda _data, _source: None)
        self.sdp_port = probe.local.port
        probe.close()
        offer = Offer(plain=self.listener.local.port)
        self.server = SdpServer(self.scheduler, self.network, offer, port=self.sdp_port)
        self.server.open()

    def run_until_stopped(self) -> None:
        self.scheduler.run(self.scheduler.now + 60 * S)

    def close(self) -> None:
        self.network.close()
        self.clock.close()


class _Echo:
    """A station that sends back what it gets."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def opened(self) -> None: ...

    def frame(self, payload_type: int, payload: bytes) -> None:
        self._channel.send(payload_type, payload)

    def closed(self, reason: Closed) -> None: ...


class _Vehicle:
    """Calls back on what happens."""

    def __init__(self, opened: Callable[[], None], heard: Callable[[], None]) -> None:
        self.opened = opened
        self._heard = heard

    def frame(self, _payload_type: int, _payload: bytes) -> None:
        self._heard()

    def closed(self, reason: Closed) -> None:
        raise RuntimeError(f"the benchmark's channel broke: {reason}")


def discovery(loop: _Loop) -> tuple[list[int], list[int]]:
    """From the request to the answer, and from the request to the open connection."""
    found_after: list[int] = []
    open_after: list[int] = []

    def once() -> None:
        began = loop.scheduler.now

        def found(station: Found, network: Network) -> None:
            found_after.append(loop.scheduler.now - began)
            to = station_endpoint(station, network)

            def opened() -> None:
                open_after.append(loop.scheduler.now - began)
                channel.close()
                again = once if len(open_after) < DISCOVERIES else loop.scheduler.stop
                loop.scheduler.after(2 * MS, again, name="next")

            channel = loop.channels.connect(network, to, _Vehicle(opened, nothing))

        def missed(result: NotFound) -> None:
            raise RuntimeError(f"the benchmark's station does not answer: {result}")

        rules = SearchRules(ask=Security.NONE)
        SdpClient(
            loop.scheduler, [loop.network], found, missed, rules=rules, port=loop.sdp_port
        ).start()

    once()
    loop.run_until_stopped()
    return found_after, open_after


def nothing() -> None:
    """For what does not matter."""


def exchanges(loop: _Loop, size: int) -> list[int]:
    """From a frame sent to its echo heard, through both sides' channels."""
    took: list[int] = []
    payload = bytes(size)
    began = 0

    def ask() -> None:
        nonlocal began
        began = time.perf_counter_ns()
        channel.send(EXI, payload)

    def heard() -> None:
        took.append(time.perf_counter_ns() - began)
        if len(took) < EXCHANGES:
            ask()
        else:
            loop.scheduler.stop()

    channel = loop.channels.connect(loop.network, loop.listener.local, _Vehicle(ask, heard))
    loop.run_until_stopped()
    channel.abort()
    return took


def junk(loop: _Loop) -> list[int]:
    """What the answer takes right behind 1,000 datagrams of junk."""
    took: list[int] = []
    began = 0

    def heard(_data: bytes, _source: Endpoint) -> None:
        took.append(loop.scheduler.now - began)
        loop.scheduler.stop()

    for _ in range(30):
        port = loop.network.datagram(heard)
        for index in range(1_000):
            port.send(b"junk %d" % index, Endpoint("::1", loop.sdp_port))
        began = loop.scheduler.now
        port.send(bytes.fromhex("01fe9000000000021000"), Endpoint("::1", loop.sdp_port))
        loop.run_until_stopped()
        port.close()
    return took


def reading(segment: int) -> float:
    """Nanoseconds per frame of 100 octets when the stream comes in segments of this size."""
    stream = pack(EXI, bytes(100)) * 2_000
    segments = [stream[at : at + segment] for at in range(0, len(stream), segment)]
    best = []
    for _ in range(5):
        reader, frames = Reader(), 0
        began = time.perf_counter_ns()
        for octets in segments:
            reader.feed(octets, 0)
            while reader.next() is not None:
                frames += 1
        best.append((time.perf_counter_ns() - began) / frames)
    return median(best)


def main() -> None:
    loop = _Loop()
    try:
        found_after, open_after = discovery(loop)
        show("SDP request to answer", found_after)
        show("SDP request to TCP open", open_after)
        show("SDP answer behind 1,000 junk", junk(loop))
        show("100 octets there and back", exchanges(loop, 100))
        show("5,000 octets there and back", exchanges(loop, 5_000))
    finally:
        loop.close()
    for segment in (1, 108, 65_536):
        print(f"V2GTP reader, segments of {segment:6} {reading(segment) / US:10.2f} us per frame")


if __name__ == "__main__":
    main()
