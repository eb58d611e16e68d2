"""Whether a real interface can be used, before anything is started: there, up, with an address."""

import socket
from pathlib import Path

from bsw.net.host.network import InterfaceUnusable, find_interface, named
from bsw.net.host.rawsocket import explain

_NET = Path("/sys/class/net")
_UP = 0x1


class Unusable(Exception):
    """Says what to do about it."""


def usable(interface: str, *, modem: bool) -> None:
    """``Unusable`` where it is not.  A modem needs raw frames besides IPv6."""
    try:
        name = named(interface)
        if _down(name):
            raise Unusable(f"--interface: {name} is down; `ip link set {name} up`")
        find_interface(name)
    except InterfaceUnusable as error:
        raise Unusable(f"--interface: {error}") from None
    if not modem:
        return
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except OSError as error:
        raise Unusable(f"--interface: {explain(name, error).strerror}") from None


def _down(name: str) -> bool:
    try:
        return not int((_NET / name / "flags").read_text(), 16) & _UP
    except (OSError, ValueError):
        return False  # whoever looks next says what is wrong
