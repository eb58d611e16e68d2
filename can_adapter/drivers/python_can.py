"""Any interface python-can knows, as a ``CanPort``.

Where the interface has a descriptor it is watched by the scheduler's own epoll; where it has
none, a reader thread fills a bounded queue and posts one event for many frames.  python-can is
imported when the first bus is opened.  Cyclic sending is not left to it: its periodic tasks are
threads that escape the scheduler's time.
"""

import errno
import os
import socket
from collections import deque
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from bsw.os.clock import MS, Action
from bsw.os.scheduler import Scheduler
from can_adapter.bus import (
    EXTENDED,
    BusCounters,
    BusState,
    BusUnavailable,
    CanFrame,
    FrameReceiver,
    StateReceiver,
)
from can_adapter.drivers.reader import READER_QUEUE, Reader
from can_adapter.rings import RingListener

if TYPE_CHECKING:
    import can

    from bsw.os.host import Watch

Option = str | int | float | bool

FRAMES_PER_TURN: Final = 64
"""Frames taken from the interface before other events get their turn."""

RECEIVE_BUFFER: Final = 1 << 20
POLL_STATE: Final = 100 * MS
ECHOES: Final = 256

ECHOING: Final = frozenset({"udp_multicast"})
"""Interfaces that hand our own frames back to us."""

KERNEL_FILTERED: Final = frozenset({"socketcan"})
"""Interfaces where others filter for us, and error frames come whatever is filtered."""

ERR_BUS_OFF, ERR_CONTROLLER, ERR_RESTARTED = 0x40, 0x04, 0x100
"""Classes in the identifier of an error frame, as SocketCAN numbers them."""

_PASSIVE_BITS, _WARNING_BITS = 0x30, 0x0C


class Watching(Protocol):
    """A clock with descriptors, which is the host's."""

    def watch(self, fd: int, name: str, *, readable: Action | None = None) -> "Watch": ...
    def forget(self, watch: "Watch") -> None: ...


class PythonCanPort:
    """One opened python-can bus.  Opening raises ``BusUnavailable``; later trouble is a state."""

    def __init__(
        self,
        scheduler: Scheduler,
        clock: Watching,
        interface: str,
        channel: str,
        options: Mapping[str, Option] | None = None,
        *,
        name: str = "can",
        poll_state: bool = True,
    ) -> None:
        self._scheduler = scheduler
        self._clock = clock
        self._interface = interface
        self._channel = channel
        self._options = dict(options or {})
        self._name = name
        self._receive: FrameReceiver | None = None
        self._changed: StateReceiver | None = None
        self._wanted: frozenset[int] | None = None
        self._state = BusState.ACTIVE
        self._counters = BusCounters()
        self._echoes: deque[tuple[int, bytes]] | None = None
        if interface in ECHOING:
            self._echoes = deque(maxlen=ECHOES)
        self._watch: Watch | None = None
        self._reader: Reader | None = None
        self._bus: can.BusABC | None = None
        self._message = _message_type()
        self._open()
        self._poll = (
            scheduler.every(POLL_STATE, self._look, name=f"{name} state") if poll_state else None
        )

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> BusState:
        return self._state

    @property
    def counters(self) -> BusCounters:
        return self._counters

    def listen(self, receive: FrameReceiver | None, changed: StateReceiver | None = None) -> None:
        self._receive = receive
        self._changed = changed

    def accept(self, keys: Collection[int] | None) -> None:
        self._wanted = None if keys is None else frozenset(keys)
        if self._bus is not None:
            self._filter(self._bus)

    def repeats_to(self, listener: RingListener) -> None:
        """Each frame is played."""

    def send(self, frame: CanFrame) -> bool:
        bus = self._bus
        if bus is None or self._state is BusState.OFF:
            self._counters.refused += 1
            return False
        message = self._message(
            arbitration_id=frame.id,
            is_extended_id=frame.extended,
            is_fd=frame.fd,
            bitrate_switch=frame.fd,
            data=frame.data,
        )
        try:
            bus.send(message)
        except Exception as error:  # noqa: BLE001 - each interface raises its own kinds
            self._counters.refused += 1
            self._judge(error)
            return False
        self._counters.sent += 1
        if self._echoes is not None:
            self._echoes.append((frame.key, frame.data))
        return True

    def catch_up(self) -> None:
        if self._reader is not None:
            self._take_all(self._reader.frames, READER_QUEUE)
        elif self._bus is not None:
            self._drain_bus(READER_QUEUE)

    def recover(self) -> None:
        """Open the interface anew; this also restarts a controller that went bus-off."""
        if self._state is not BusState.OFF:
            return
        self._shut()
        try:
            self._open()
        except BusUnavailable:
            return
        self._counters.recoveries += 1
        self._enter(BusState.ACTIVE)

    def close(self) -> None:
        self._receive = self._changed = None
        if self._poll is not None:
            self._poll.stop()
        self._shut()

    def _open(self) -> None:
        self._bus = bus = open_bus(self._interface, self._channel, self._options)
        self._filter(bus)
        fd = _descriptor(bus)
        if fd is None:
            self._reader = Reader(bus, self._scheduler, self._take_all, self._judge, self._name)
        else:
            _make_room(fd)
            self._watch = self._clock.watch(fd, self._name, readable=self._drain_bus)

    def _filter(self, bus: "can.BusABC") -> None:
        """Have the kernel keep from us what nobody wants, where it can."""
        if self._interface in KERNEL_FILTERED and (self._wanted is None or self._wanted):
            bus.set_filters(filters_for(self._wanted))

    def _shut(self) -> None:
        if self._watch is not None:
            self._clock.forget(self._watch)
            self._watch = None
        if self._reader is not None:
            self._reader.close()
            self._counters.dropped += self._reader.dropped
            self._reader = None
        if self._bus is not None:
            _quietly_shut(self._bus)
            self._bus = None

    def _drain_bus(self, most: int = FRAMES_PER_TURN) -> None:
        for _ in range(most):
            bus = self._bus  # a receiver may have closed the port
            if bus is None:
                return
            try:
                message = bus.recv(0)
            except Exception as error:  # noqa: BLE001 - each interface raises its own kinds
                self._judge(error)
                return
            if message is None:
                return
            self._take(message)

    def _take_all(self, messages: "deque[can.Message]", most: int = FRAMES_PER_TURN) -> None:
        for _ in range(min(most, len(messages))):
            self._take(messages.popleft())

    def _take(self, message: "can.Message") -> None:
        if message.is_error_frame:
            self._counters.error_frames += 1
            self._enter(state_of_error_frame(message.arbitration_id, message.data, self._state))
            return
        if message.is_remote_frame or not message.is_rx:
            return
        key = message.arbitration_id | (EXTENDED if message.is_extended_id else 0)
        if self._wanted is not None and key not in self._wanted:
            return
        data = bytes(message.data)
        if self._echoes is not None and (key, data) in self._echoes:
            self._echoes.remove((key, data))
            return
        self._counters.received += 1
        if self._receive is not None:
            frame = CanFrame(message.arbitration_id, data, message.is_extended_id, message.is_fd)
            self._receive(frame)

    def _look(self) -> None:
        """Ask interfaces that do not send error frames for their state."""
        bus = self._bus
        if bus is None or self._state is BusState.OFF:
            return
        try:
            said = bus.state.name
        except Exception:  # noqa: BLE001 - most interfaces cannot tell
            return
        if said == "ERROR":
            self._enter(BusState.OFF)
        elif said == "PASSIVE":
            self._enter(BusState.PASSIVE)

    def _judge(self, error: Exception) -> None:
        """A full queue is passing trouble; any other error means the interface is gone."""
        if "full" in str(error).lower() or isinstance(error, TimeoutError):
            return
        self._enter(BusState.OFF)

    def _enter(self, state: BusState) -> None:
        if state is self._state:
            return
        self._state = state
        if state is BusState.OFF:
            self._counters.bus_off += 1
            self._shut()
        if self._changed is not None:
            self._changed(state)


def open_bus(interface: str, channel: str, options: Mapping[str, Option]) -> "can.BusABC":
    """Open a python-can bus for CAN-FD; what goes wrong is said with the remedy."""
    import can  # noqa: PLC0415 - 90 ms that a start without CAN need not pay

    ours: dict[str, Option] = {"fd": True}
    if interface == "udp_multicast":
        ours["hop_limit"] = 0  # frames of a simulated bus stay on this host unless told otherwise
    chosen = {**ours, **options}
    try:
        return can.Bus(channel=channel, interface=interface, **chosen)  # type: ignore[arg-type]
    except Exception as error:
        where = f"{interface}:{channel}"
        reason = str(error) or type(error).__name__
        raise BusUnavailable(where, reason, _hint(interface, channel, error)) from error


def filters_for(keys: Collection[int] | None) -> "list[can.typechecking.CanFilter] | None":
    """Each key as python-can names it: the whole identifier, and of which kind it is."""
    if keys is None:
        return None
    return [
        {
            "can_id": key & ~EXTENDED,
            "can_mask": (1 << 29) - 1 if key & EXTENDED else (1 << 11) - 1,
            "extended": bool(key & EXTENDED),
        }
        for key in sorted(keys)
    ]


def _no_way(error: BaseException) -> bool:
    """No interface leads to the group: this host has no route for multicast."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in {errno.ENODEV, errno.ENETUNREACH}


def state_of_error_frame(identifier: int, data: bytes | bytearray, present: BusState) -> BusState:
    """The controller state that an error frame tells of; ``present`` if it tells nothing."""
    if identifier & ERR_BUS_OFF:
        return BusState.OFF
    if identifier & ERR_RESTARTED:
        return BusState.ACTIVE
    if not identifier & ERR_CONTROLLER or len(data) < 2:
        return present
    if data[1] & _PASSIVE_BITS:
        return BusState.PASSIVE
    return BusState.WARNING if data[1] & _WARNING_BITS else BusState.ACTIVE


def _hint(interface: str, channel: str, error: Exception) -> str:
    if interface == "socketcan":
        return _socketcan_hint(channel, error)
    if interface == "udp_multicast" and _no_way(error):
        return (
            "this host has no route for multicast: add one (ip route add 224.0.0.0/4 dev INTERFACE)"
        )
    if interface == "udp_multicast":
        return "give a multicast address such as 239.74.163.2 as channel and install msgpack"
    return (
        "check can.bus.interface and can.bus.channel; "
        "v2g dbc interfaces lists what python-can offers"
    )


def _socketcan_hint(channel: str, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EAFNOSUPPORT:
        return (
            "this kernel has no SocketCAN: load it (modprobe can_raw) or take a kernel that has "
            "it; for a bus without hardware set can.bus.interface to udp_multicast"
        )
    if channel.startswith("vcan"):
        return f"make it with: ip link add {channel} type vcan && ip link set {channel} mtu 72 up"
    return (
        f"bring it up with: ip link set {channel} up type can bitrate 500000 dbitrate 2000000 "
        "fd on restart-ms 100"
    )


def _message_type() -> type["can.Message"]:
    from can import Message  # noqa: PLC0415 - see open_bus

    return Message


def _descriptor(bus: "can.BusABC") -> int | None:
    try:
        fd: int = bus.fileno()
    except (NotImplementedError, OSError):
        return None
    return fd if fd >= 0 else None


def _make_room(fd: int) -> None:
    """Ask for a larger receive buffer, so that a busy moment of ours loses no frames."""
    try:
        with socket.socket(fileno=os.dup(fd)) as twin:
            twin.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    except OSError:
        return  # not a socket, or it may not grow


def _quietly_shut(bus: "can.BusABC") -> None:
    try:
        bus.shutdown()
    except Exception:  # noqa: BLE001 - a bus that is gone may fail in any way
        return
