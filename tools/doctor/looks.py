"""What has to be true of a machine so that a session can run on it, one look each.

Looks only: ports are bound and given back, a route is asked for and nothing is sent on it, the TLS
handshake is with ourselves in memory.  A token is only opened if a configuration names it.
"""

import errno
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bsw.net.host.network import InterfaceUnusable, find_interface, named
from bsw.program.doctor import Finding, State
from bsw.tls.port import TlsProfile
from bsw.tls.profile import RULES
from csm.config import CsmConfig
from evcc.config import EvccConfig
from secc.config import SeccConfig
from tools.doctor.handshake import HandshakeImpossible, shake_hands

SDP_PORT = 15118
ALL_NODES = "ff02::1"
FIRST_PLAUSIBLE = 1_735_689_600
"""2025-01-01: no host of this product was ever set to an earlier time on purpose."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked at: without a configuration what every station needs."""

    interface: str = ""
    udp: tuple[int, ...] = (SDP_PORT,)
    tcp: tuple[int, ...] = ()
    token: CsmConfig | None = None
    profiles: tuple[TlsProfile, ...] = tuple(RULES)

    @classmethod
    def of(cls, config: EvccConfig | SeccConfig) -> "Wanted":
        tokens = config.csm if "pkcs11" in config.csm.drivers else None
        if isinstance(config, EvccConfig):
            secure = config.session.security != "none"
            udp: tuple[int, ...] = ()
            tcp: tuple[int, ...] = ()
        else:
            secure, udp = config.session.tls, (config.network.sdp_port,)
            ports = (config.network.plain_port, config.network.tls_port)
            tcp = tuple(port for port in ports if port)
        profiles = config.tls.profiles if secure else ()
        name = config.link.interface or config.network.interface
        return cls(name, udp, tcp, tokens if secure else None, profiles)


def look(wanted: Wanted) -> Iterator[Finding]:
    if wanted.interface:
        yield interface(wanted.interface)
        yield multicast(wanted.interface)
    for number in wanted.udp:
        yield port(socket.SOCK_DGRAM, number)
    for number in wanted.tcp:
        yield port(socket.SOCK_STREAM, number)
    for profile in wanted.profiles:
        yield tls(profile)
    if wanted.token is not None:
        yield token(wanted.token)
    yield clock(time.time())


def interface(name: str) -> Finding:
    try:
        found = find_interface(named(name))
    except InterfaceUnusable as error:
        return Finding(State.WRONG, f"interface {name}", str(error.strerror))
    return Finding(State.OK, f"interface {name}", f"reachable as {found.address}")


def multicast(name: str) -> Finding:
    """SDP asks all nodes of the link; loopback has no multicast and needs none."""
    what = "multicast"
    try:
        found = find_interface(named(name))
    except InterfaceUnusable:
        return Finding(State.WRONG, what, f"not without the interface {name}")
    if found.address == "::1":
        return Finding(State.OK, what, f"not needed on {name}, where SDP asks ::1")
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((ALL_NODES, SDP_PORT, 0, found.index))
        except OSError as error:
            return Finding(
                State.WRONG,
                what,
                f"no way to {ALL_NODES} on {name}: {error.strerror}; "
                f"ip -6 route add multicast ff00::/8 dev {name} table local",
            )
    return Finding(State.OK, what, f"{ALL_NODES} can be reached on {name}")


def port(kind: socket.SocketKind, number: int) -> Finding:
    name = f"{'udp' if kind is socket.SOCK_DGRAM else 'tcp'} port {number}"
    with socket.socket(socket.AF_INET6, kind) as probe:
        probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("::", number))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                user = f"ss -6{'u' if kind is socket.SOCK_DGRAM else 't'}lnp 'sport = {number}'"
                return Finding(
                    State.WRONG, name, f"in use; a station of ours that runs, or: {user}"
                )
            return Finding(State.WRONG, name, f"cannot be opened: {error.strerror}")
    return Finding(State.OK, name, "free")


def tls(profile: TlsProfile) -> Finding:
    """The host's OpenSSL may have been told to refuse what the norm asks for."""
    rules = RULES[profile]
    name = f"TLS for {profile.value}"
    try:
        suite = shake_hands(rules)
    except HandshakeImpossible as error:
        return Finding(
            State.WRONG,
            name,
            f"this OpenSSL cannot speak {', '.join(rules.suites)}: {error}; "
            "look into openssl.cnf and the machine's crypto policy",
        )
    return Finding(State.OK, name, suite)


def token(config: CsmConfig) -> Finding:
    from csm.errors import CsmError  # noqa: PLC0415 - only with a token
    from csm.wiring import open_keys  # noqa: PLC0415

    try:
        keys = open_keys(config)
        count = len(keys.stored())
    except CsmError as error:
        return Finding(State.WRONG, "token", str(error))
    return Finding(State.OK, "token", f"{config.pkcs11.token}: {count} keys")


def clock(now: float) -> Finding:
    date = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now))
    if now < FIRST_PLAUSIBLE:
        return Finding(
            State.WRONG,
            "clock",
            f"{date}, so that no certificate is valid; set it (timedatectl set-ntp true)",
        )
    return Finding(State.OK, "clock", date)
