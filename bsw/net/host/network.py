"""What UDP and TCP on the host share: the loop they hang on, the interface, addresses.

Only link-local, loopback and explicitly given IPv6 addresses exist here; there is no way to
IPv4, on purpose.
"""

import errno
import ipaddress
import re
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bsw.dlt import Logger
from bsw.net.ports import Endpoint
from bsw.os.host import HostClock
from bsw.os.scheduler import Scheduler

DYNAMIC_PORTS: Final = range(49152, 65536)
"""Where DIN, -2 and -20 want every port that is not well known."""

RESET_ON_CLOSE: Final = struct.pack("@ii", 1, 0)
"""For SO_LINGER."""

EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""The host has none left just now; asked again later it may."""

_MAC: Final = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
_TRIES: Final = 64
_TENTATIVE_OR_FAILED: Final = 0x40 | 0x08
_LINK_SCOPE: Final = 0x20

Sockaddr = tuple[str, int, int, int]


class InterfaceUnusable(OSError):
    """The configured interface is not there, or has no address we may use."""

    def __str__(self) -> str:
        """The sentence alone: it says all that the number does."""
        return str(self.args[-1])


@dataclass(frozen=True, slots=True)
class Host:
    """The loop, the descriptors it waits on, and where to report."""

    scheduler: Scheduler
    clock: HostClock
    log: Logger


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface and the address we are known by on it."""

    name: str
    index: int
    address: str

    @property
    def scope(self) -> str:
        return self.name if needs_scope(self.address) else ""

    @property
    def scope_id(self) -> int:
        return self.index if needs_scope(self.address) else 0


@dataclass(frozen=True, slots=True)
class AddressEntry:
    """One line of the kernel's list of IPv6 addresses."""

    interface: str
    address: str
    link_local: bool
    usable: bool


def needs_scope(address: str) -> bool:
    parsed = ipaddress.IPv6Address(address)
    return parsed.is_link_local or (parsed.is_multicast and address.lower().startswith("ff02"))


def addresses() -> list[AddressEntry]:
    """All IPv6 addresses of this machine, in the kernel's order."""
    try:
        lines = Path("/proc/net/if_inet6").read_text().splitlines()
    except OSError:
        return []
    entries = []
    for line in lines:
        octets, _, _, scope, flags, name = line.split()
        entries.append(
            AddressEntry(
                interface=name,
                address=str(ipaddress.IPv6Address(bytes.fromhex(octets))),
                link_local=int(scope, 16) == _LINK_SCOPE,
                usable=not int(flags, 16) & _TENTATIVE_OR_FAILED,
            )
        )
    return entries


def named(interface: str, folder: Path = Path("/sys/class/net")) -> str:
    """The interface's name, where it was given by its MAC address (``00:01:87:02:5a:11``)."""
    if not _MAC.fullmatch(interface):
        return interface
    found = [
        place.parent.name
        for place in sorted(folder.glob("*/address"))
        if place.read_text().strip() == interface.lower()
    ]
    if len(found) != 1:
        what = f"{len(found)} interfaces have" if found else "no interface has"
        raise InterfaceUnusable(
            errno.ENODEV, f"{what} the address {interface}; `ip link` lists them; give a name"
        )
    return found[0]


def find_interface(name: str, address: str = "") -> Interface:
    """The interface with its link-local address, ``::1`` on loopback, or the address asked for."""
    try:
        index = socket.if_nametoindex(name)
    except OSError:
        known = ", ".join(sorted(other for _, other in socket.if_nameindex()))
        raise InterfaceUnusable(
            errno.ENODEV, f"there is no interface {name!r}; this machine has {known}"
        ) from None
    return choose(name, index, [one for one in addresses() if one.interface == name], address)


def choose(name: str, index: int, mine: list[AddressEntry], address: str = "") -> Interface:
    """The usable one among an interface's addresses, or what to do about there being none."""
    if address:
        wanted = str(ipaddress.IPv6Address(address))
        fit = [entry for entry in mine if entry.address == wanted]
    else:
        fit = [entry for entry in mine if entry.link_local or entry.address == "::1"]
    for entry in fit:
        if entry.usable:
            return Interface(name, index, entry.address)
    if fit:
        raise InterfaceUnusable(
            errno.EADDRNOTAVAIL,
            f"{fit[0].address} on {name!r} is still being checked for duplicates, or is one; "
            "try again in a second",
        )
    raise InterfaceUnusable(
        errno.EADDRNOTAVAIL,
        f"interface {name!r} has no IPv6 {address or 'link-local address'}; "
        f"bring it up (ip link set {name} up) with IPv6 enabled",
    )


def sockaddr(to: Endpoint, interface: Interface) -> Sockaddr:
    """What the socket calls want: a link-local destination always leaves by our interface.

    Loopback has no multicast; there the group is ourselves.
    """
    if interface.address == "::1" and to.address.lower().startswith("ff"):
        return ("::1", to.port, 0, 0)
    return (to.address, to.port, 0, interface.index if needs_scope(to.address) else 0)


def endpoint(address: Any, interface: Interface) -> Endpoint:  # noqa: ANN401 - the stdlib's type
    """From what the socket calls give.  The kernel appends the scope to the address's text."""
    name = str(address[0]).partition("%")[0]
    return Endpoint(name, address[1], interface.name if address[3] else "")


def dynamic_port(bind: Callable[[int], None]) -> int:
    """Bind to a free port of the dynamic range; where the search begins is the kernel's draw."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        probe.bind(("::", 0))
        start: int = probe.getsockname()[1]
    for step in range(_TRIES):
        port = DYNAMIC_PORTS[(start + step) % len(DYNAMIC_PORTS)]
        try:
            bind(port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return port
    raise OSError(errno.EADDRINUSE, f"no free port among {_TRIES} tried from {start} on")
