"""A multicast bus for a host that has nothing but its loopback interface.

python-can leaves it to the routing table by which interface a group is reached, and without a
route there is none.  A simulated bus whose frames never leave the host needs no other interface
than the loopback, which has to be named then.
"""

import socket
from typing import TYPE_CHECKING, Any

from can import BusABC, CanInitializationError
from can.bus import CanProtocol
from can.interfaces.udp_multicast import UdpMulticastBus
from can.interfaces.udp_multicast.bus import SO_TIMESTAMPNS, GeneralPurposeUdpMulticastBus

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOPBACK = "127.0.0.1"
PORT = 43113
"""python-can's own, where none is given."""


class _OnLoopback(GeneralPurposeUdpMulticastBus):
    """The same frames over the same group, by the loopback interface."""

    def _create_socket(self, address_family: socket.AddressFamily) -> socket.socket:
        sock = socket.socket(address_family, socket.SOCK_DGRAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            self.timestamp_nanosecond = True
            sock.bind(("", self.port))
            here = socket.inet_aton(LOOPBACK)
            joined = socket.inet_pton(address_family, self.group) + here
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, self.hop_limit)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        except OSError as error:
            sock.close()
            raise CanInitializationError(f"no multicast on {LOOPBACK}: {error.strerror}") from error
        return sock


class LoopbackBus(UdpMulticastBus):
    """``UdpMulticastBus`` in every other respect."""

    def __init__(self, channel: str, options: "Mapping[str, bool | int | float | str]") -> None:
        rest: Any = {key: value for key, value in options.items() if key not in {"port", "fd"}}
        rest.pop("hop_limit", None)
        BusABC.__init__(self, channel, **rest)
        self._multicast = _OnLoopback(channel, int(options.get("port", PORT)), 0)
        fd = options.get("fd", True)
        self._can_protocol = CanProtocol.CAN_FD if fd else CanProtocol.CAN_20
