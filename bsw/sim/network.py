"""Simulated IPv6: any number of nodes on one link, each a ``Network``, on the scheduler.

Owns addresses, ports, multicast groups and what happens to datagrams on the way.  Same seed,
same run.  Faults are calls: ``cut`` and ``restore`` the link, ``vanish`` and ``restart`` a node,
take an interface ``down``.  ``passable`` can tie the link to something else, such as the keys
of a simulated power line.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Final

from bsw.net.ports import (
    DatagramReceiver,
    Endpoint,
    Stream,
    StreamEnd,
    StreamUser,
    TcpOptions,
)
from bsw.os.clock import S
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from bsw.sim.call import Handshake, SimListener
from bsw.sim.line import PERFECT, Impairment
from bsw.sim.tcp import Phase, SimStream

IN_FLIGHT: Final = 4096
"""Datagrams under way at once; what a flood adds to that is lost, and counted."""

RESOLVE_WITHIN: Final = 3 * S
"""How long a host asks for the owner of an address before it says: unreachable."""

_FIRST_PORT: Final = 49152

DEFAULT_OPTIONS: Final = TcpOptions()


class SimDatagramPort:
    """A simulated UDP port."""

    def __init__(
        self,
        node: "SimNetwork",
        port: int,
        receive: DatagramReceiver,
        *,
        groups: tuple[str, ...],
        wanted: tuple[bytes, ...],
    ) -> None:
        self.groups = groups
        self.wanted = wanted
        self.number = port
        self._node = node
        self._receive = receive
        self._open = True

    @property
    def local(self) -> Endpoint:
        return Endpoint(self._node.address, self.number, self._node.scope)

    def send(self, payload: bytes, to: Endpoint) -> None:
        if self._open:
            self._node.link.carry(self._node, self, payload, to)

    def close(self) -> None:
        self._open = False
        self._node.release(self)

    def deliver(self, payload: bytes, source: Endpoint) -> None:
        if self._open:
            self._receive(payload, source)


class SimNetwork:
    """One node's interface on the link."""

    def __init__(self, link: "SimLink", name: str, address: str, options: TcpOptions) -> None:
        self.link = link
        self.name = name
        self.address = address
        self.up = True
        self._options = options
        self._next_port = _FIRST_PORT
        self._datagrams: dict[int, list[SimDatagramPort]] = defaultdict(list)
        self._listeners: dict[int, SimListener] = {}
        self._streams: list[SimStream] = []

    def __repr__(self) -> str:
        return f"SimNetwork({self.name!r})"

    @property
    def scope(self) -> str:
        return self.link.name

    def link_local(self) -> str:
        return self.address

    def datagram(
        self,
        receive: DatagramReceiver,
        *,
        port: int = 0,
        groups: tuple[str, ...] = (),
        wanted: tuple[bytes, ...] = (),
    ) -> SimDatagramPort:
        number = port or self._free_port()
        opened = SimDatagramPort(self, number, receive, groups=groups, wanted=wanted)
        self._datagrams[opened.number].append(opened)
        return opened

    def connect(self, to: Endpoint, user: StreamUser, *, timeout: int) -> SimStream:
        local = Endpoint(self.address, self._free_port(), self.scope)
        stream = SimStream(self.link.scheduler, self.link.path(self, to), local, to, self._options)
        self._keep(stream)
        stream.start(user, timeout)
        self.link.call(self, stream, to)
        return stream

    def listen(self, accept: Callable[[Stream], StreamUser], *, port: int = 0) -> SimListener:
        local = Endpoint(self.address, port or self._free_port(), self.scope)
        if local.port in self._listeners:
            raise OSError(f"{local} is taken already")
        listener = SimListener(local, accept, self._unlisten)
        self._listeners[local.port] = listener
        return listener

    @property
    def busy(self) -> bool:
        """Something is open, if only a stream that lingers."""
        streams = any(stream.phase is not Phase.DEAD for stream in self._streams)
        return streams or bool(self._listeners) or any(self._datagrams.values())

    def gone(self) -> str:
        """What became of the interface, if it is not there any more."""
        return "" if self.up else f"the interface {self.name!r} is gone; bring it back"

    def close(self) -> None:
        """Break off and close everything that is open here."""
        for stream in tuple(self._streams):
            stream.abort()
        for listener in tuple(self._listeners.values()):
            listener.close()
        for ports in tuple(self._datagrams.values()):
            for opened in tuple(ports):
                opened.close()

    def vanish(self) -> None:
        """Power gone: nothing answers, nobody is told, our own users included."""
        self.up = False
        for stream in self._streams:
            stream.bury()
        for listener in self._listeners.values():
            listener.is_open = False
        self._streams.clear()
        self._listeners.clear()
        self._datagrams.clear()

    def restart(self) -> None:
        """Back after ``vanish``, with no memory of what was open."""
        self.up = True

    def down(self) -> None:
        """The interface goes: connections stand still, new ones cannot begin."""
        self.up = False

    def release(self, port: SimDatagramPort) -> None:
        if port in self._datagrams[port.number]:
            self._datagrams[port.number].remove(port)

    def ports_for(self, number: int, group: str | None) -> tuple[SimDatagramPort, ...]:
        """Every member of a group hears it; of several with one address the last one does."""
        ports = self._datagrams.get(number, [])
        if group is None:
            return tuple(ports[-1:])
        return tuple(port for port in ports if group in port.groups)

    def listener(self, port: int) -> SimListener | None:
        return self._listeners.get(port)

    def new_end(self, local: Endpoint, caller: Endpoint) -> SimStream:
        """Our end of a connection that ``caller`` has begun."""
        path = self.link.path(self, caller)
        end = SimStream(self.link.scheduler, path, local, caller, self._options)
        self._keep(end)
        return end

    def _keep(self, stream: SimStream) -> None:
        self._streams = [kept for kept in self._streams if kept.phase is not Phase.DEAD]
        self._streams.append(stream)

    def _unlisten(self, listener: SimListener) -> None:
        if self._listeners.get(listener.local.port) is listener:
            del self._listeners[listener.local.port]

    def _free_port(self) -> int:
        port = self._next_port
        self._next_port = _FIRST_PORT + (port + 1 - _FIRST_PORT) % (65536 - _FIRST_PORT)
        return port


class _LinkPath:
    """The way from one node to an address, looked up anew each time."""

    def __init__(self, link: "SimLink", source: SimNetwork, to: Endpoint) -> None:
        self._link = link
        self._source = source
        self._to = to.address

    def open(self) -> bool:
        target = self._link.find(self._to)
        return target is not None and self._link.connects(self._source, target)

    def delay(self) -> int | None:
        arrivals = self._link.impairment.arrivals(self._link.randomness)
        return min(arrivals) if arrivals else None

    def carried(self, data: bytes) -> bytes:
        return self._link.spoils.pop(self._source, unspoiled)(data)


def unspoiled(data: bytes) -> bytes:
    return data


class SimLink:
    """What the nodes hang on."""

    def __init__(
        self,
        scheduler: Scheduler,
        randomness: Randomness,
        impairment: Impairment = PERFECT,
        *,
        name: str = "sim0",
        passable: Callable[[SimNetwork, SimNetwork], bool] = lambda _one, _other: True,
    ) -> None:
        self.scheduler = scheduler
        self.randomness = randomness
        self.impairment = impairment
        self.name = name
        self.whole = True
        self.spoils: dict[SimNetwork, Callable[[bytes], bytes]] = {}
        """What happens once to what a node sends next over TCP."""
        self.overflowed = 0
        self._passable = passable
        self._nodes: dict[str, SimNetwork] = {}
        self._in_flight = 0

    def node(
        self, name: str, address: str = "", options: TcpOptions = DEFAULT_OPTIONS
    ) -> SimNetwork:
        """A new node; without an address of its own it gets the next of fe80::1, fe80::2, ..."""
        address = address or f"fe80::{len(self._nodes) + 1:x}"
        if address in self._nodes:
            raise ValueError(f"node {name!r}: {address} is taken by {self._nodes[address].name!r}")
        node = SimNetwork(self, name, address, options)
        self._nodes[address] = node
        return node

    def cut(self) -> None:
        self.whole = False

    def restore(self) -> None:
        self.whole = True

    def find(self, address: str) -> SimNetwork | None:
        return self._nodes.get(address)

    def connects(self, one: SimNetwork, other: SimNetwork) -> bool:
        if one is other:
            return one.up
        return self.whole and one.up and other.up and self._passable(one, other)

    def path(self, source: SimNetwork, to: Endpoint) -> _LinkPath:
        return _LinkPath(self, source, to)

    def carry(
        self, source: SimNetwork, port: SimDatagramPort, payload: bytes, to: Endpoint
    ) -> None:
        """Send one datagram towards a node, or to every node that hears the group."""
        group = to.address if to.address.lower().startswith("ff") else None
        sender = port.local
        targets = [self.find(to.address)] if group is None else list(self._nodes.values())
        for target in targets:
            if target is not None:
                self._launch(source, target, payload, sender, (to.port, group))

    def call(self, source: SimNetwork, caller: SimStream, to: Endpoint) -> None:
        """Carry a connection request to the node that has the address."""
        target = self.find(to.address)
        if target is None or not source.up:
            wait = RESOLVE_WITHIN if source.up else 0
            self.scheduler.after(
                wait, lambda: caller.refuse(StreamEnd.UNREACHABLE), name="tcp.unreachable"
            )
            return
        Handshake(
            self.scheduler,
            caller,
            target,
            self.path(source, to),
            self.path(target, caller.local),
        ).begin()

    def _launch(
        self,
        source: SimNetwork,
        target: SimNetwork,
        payload: bytes,
        sender: Endpoint,
        to: tuple[int, str | None],
    ) -> None:
        if not self.connects(source, target):
            return
        number, group = to
        wanted = [start for port in target.ports_for(number, group) for start in port.wanted]
        first = payload.startswith(tuple(wanted))
        for delay in self.impairment.arrivals(self.randomness):
            if self._in_flight >= IN_FLIGHT and not first:
                self.overflowed += 1
                return
            self._in_flight += 1

            def arrive() -> None:
                self._in_flight -= 1
                if self.connects(source, target):
                    for port in target.ports_for(number, group):
                        port.deliver(payload, sender)

            self.scheduler.after(delay, arrive, name="udp")
