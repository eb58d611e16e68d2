"""Cases before the first V2G message: discovery, V2GTP headers, protocol negotiation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import ip_address
from typing import Final

from bsw import v2gtp
from bsw.chrgm import applications
from bsw.chrgm.messages.sap import AppProtocol, ResponseCode, SupportedAppProtocolReq
from bsw.os.clock import S
from bsw.sdp.messages import Request, Response, Security, parse
from tools.conformance import judge
from tools.conformance.bench import AC, DC, Deviation, NotReached, Setup
from tools.conformance.lab import opened
from tools.conformance.station.cases import Case, Play
from tools.conformance.station.scripted_vehicle import VehicleTester
from tools.conformance.station.walk import Walk

MESSAGE_TIME: Final = 2 * S


def tester(setup: Setup) -> VehicleTester:
    return _before("discovery", VehicleTester(opened(setup)), VehicleTester.plug_in)


def searching(setup: Setup) -> VehicleTester:
    """Before a station that answers discovery."""
    return _before("discovery", tester(setup), VehicleTester.find)


def connected(setup: Setup) -> VehicleTester:
    return _before("the first message", tester(setup), VehicleTester.connect)


def agreed(setup: Setup) -> VehicleTester:
    return _before("SessionSetup", connected(setup), VehicleTester.agree)


def _before(
    place: str, one: VehicleTester, step: Callable[[VehicleTester], object]
) -> VehicleTester:
    """What goes wrong on the way says nothing about what the case is about."""
    try:
        step(one)
    except Deviation as deviation:
        raise NotReached(f"before {place}: {deviation}") from deviation
    return one


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in front of a payload; ``length`` by default what it should be."""

    kind: int
    version: int = 0x01
    inverse: int = 0xFE
    length: int | None = None

    def before(self, payload: bytes) -> bytes:
        size = len(payload) if self.length is None else self.length
        kind, octets = self.kind.to_bytes(2, "big"), size.to_bytes(4, "big")
        return bytes((self.version, self.inverse)) + kind + octets + payload


# Discovery


def sdp_header_good(setup: Setup) -> None:
    answer = searching(setup).datagram(Request(Security.NONE).octets())
    judge.require(answer is not None, "no answer")
    judge.require((answer or b"")[:8] == bytes.fromhex("01fe900100000014"), f"{answer!r}")


def sdp_header_bad(bad: Header, setup: Setup) -> None:
    one = searching(setup)
    payload = Request(Security.NONE).octets()[v2gtp.HEADER_SIZE :]
    judge.require(one.datagram(bad.before(payload)) is None, "a wrong header was answered")
    judge.require(one.discover(Security.NONE) is not None, "no answer to the good request after it")


def sdp_answer(asked: Security, wanted: Security, setup: Setup) -> None:
    one = tester(setup)
    found = one.search(asked)
    judge.require(found is not None, "no answer")
    assert found is not None
    judge.require(found.security is wanted, f"security {found.security.name}")
    reachable(one, found.address)
    judge.require(49152 <= found.port <= 65535, f"port {found.port}")
    judge.require(isinstance(parse(found.octets()), Response), "cannot be read")


def reachable(one: VehicleTester, address: str) -> None:
    """Link-local; where the bench itself has only the loopback's address, that one."""
    host = ip_address(one.lab.network.link_local())
    good = ip_address(address).is_link_local or (host.is_loopback and ip_address(address) == host)
    judge.require(good, f"address {address}")


def sdp_over(asked: Security, setup: Setup) -> None:
    one = searching(setup)
    one.lab.run(one.lab.limits.setup + S)
    judge.require(one.datagram(Request(asked).octets()) is None, "discovery still answers")


# Headers on TCP


def tcp_header(bad: Header | None, setup: Setup) -> None:
    """SessionSetupReq under this header; a good one after a bad one is answered."""
    one = agreed(setup)
    good = one.octets_of(one.await_later(Walk(one.lab, one).words.request("SessionSetup")))
    if bad is not None:
        wrong = bad.before(good[v2gtp.HEADER_SIZE :])
        judge.require(one.ask_raw(wrong, MESSAGE_TIME) is None, "a wrong header was answered")
        judge.require(one.is_open, "a wrong header closed the connection")
    answer = one.ask_raw(good, MESSAGE_TIME)
    judge.require(answer is not None, "no answer to the good header")
    assert answer is not None
    judge.require(type(answer.body).__name__ == "SessionSetupRes", type(answer.body).__name__)


# Negotiation


def entry(
    namespace: str, number: int, priority: int, *, major: int = 2, minor: int = 0
) -> AppProtocol:
    return AppProtocol(
        protocol_namespace=namespace,
        version_number_major=major,
        version_number_minor=minor,
        schema_id=number,
        priority=priority,
    )


def negotiate(
    setup: Setup, *offered: AppProtocol
) -> tuple[VehicleTester, ResponseCode, int | None]:
    one = connected(setup)
    answer = one.offer(SupportedAppProtocolReq(app_protocol=offered))
    judge.require(answer is not None, "no answer")
    assert answer is not None
    return one, answer.response_code, answer.schema_id


def nothing_in_common(setup: Setup, *offered: AppProtocol) -> None:
    one, code, _ = negotiate(setup, *offered)
    judge.require(code is ResponseCode.FAILED_NO_NEGOTIATION, str(code))
    judge.closed_in_time(one)


def common(
    setup: Setup, wanted: int, codes: tuple[ResponseCode, ...], *offered: AppProtocol
) -> None:
    one, code, schema_id = negotiate(setup, *offered)
    judge.require(code in codes, str(code))
    judge.require(schema_id == wanted, f"SchemaID {schema_id}, not {wanted}")
    one.speak(setup.protocol)
    walk = Walk(one.lab, one)
    walk.do("SessionSetup")


OK: Final = ResponseCode.OK_SUCCESSFUL_NEGOTIATION
MINOR: Final = ResponseCode.OK_SUCCESSFUL_NEGOTIATION_WITH_MINOR_DEVIATION
ISO2, DIN = applications.ISO2.namespace, applications.DIN.namespace
UNKNOWN: Final = "urn:example:unknown:MsgDef"


def chosen_protocol(setup: Setup) -> None:
    """A station that speaks DIN only."""
    both = (entry(DIN, 1, 1), entry(ISO2, 2, 2))
    common(setup, 1, (OK, MINOR), *both)


def valid_offer(setup: Setup) -> None:
    common(setup, 7, (OK, MINOR), entry(UNKNOWN, 3, 1), entry(ISO2, 7, 2))


def minor_version(setup: Setup) -> None:
    common(setup, 5, (MINOR,), entry(ISO2, 5, 1, minor=1))


def unknown_only(setup: Setup) -> None:
    nothing_in_common(setup, entry(UNKNOWN, 1, 1))


def other_major(setup: Setup) -> None:
    nothing_in_common(setup, entry(ISO2, 1, 1, major=1))


def priority_first(setup: Setup) -> None:
    """The best rank wins, wherever it stands in the list."""
    common(setup, 9, (OK, MINOR), entry(DIN, 4, 2), entry(ISO2, 9, 1))


def too_late(setup: Setup) -> None:
    """Found in time and connected after the set-up time: the listener has gone with discovery."""
    one = searching(setup)
    found = one.find()
    one.lab.run(one.lab.limits.setup + S)
    judge.require(not one.reach(found), "the station still takes connections")


def never_begins(setup: Setup) -> None:
    """Connected in time, and then no SupportedAppProtocolReq until the set-up time is over."""
    one = connected(setup)
    limits = one.lab.limits
    most = limits.setup + limits.close
    closed = one.silent_until_closed(most + judge.tolerance(most))
    judge.require(closed is not None, f"open for {most // S} s")


_TLS: Final = Setup(tls=True)
_TLS_TOO: Final = Setup(station_tls=True)
_PNC: Final = Setup(tls=True, contract=True)
_SDP: Final = "TC_SECC_CMN_VTB_V2GTPSDP"
_TCP: Final = "TC_SECC_CMN_VTB_V2GTPSessionSetup"
_SAP: Final = "TC_SECC_CMN_VTB_SupportedAppProtocol"

SDP, EXI = 0x9000, 0x8001
WRONG_SDP_TYPE: Final = Header(0x7000)
TOO_LONG: Final = Header(SDP, length=255)
BAD_INVERSE: Final = Header(EXI, inverse=0xFF)
tcp_good: Final[Play] = partial(tcp_header, None)
HALF_A: Final[tuple[tuple[str, str, Play, Setup], ...]] = (
    (f"{_SDP}_001", "a good SDP header is answered with one", sdp_header_good, Setup()),
    (
        f"{_SDP}_003",
        "SDP payload type 0x7000 ignored",
        partial(sdp_header_bad, WRONG_SDP_TYPE),
        Setup(),
    ),
    (
        f"{_SDP}_005",
        "SDP inverse version 0xFF ignored",
        partial(sdp_header_bad, Header(SDP, inverse=0xFF)),
        Setup(),
    ),
    (
        "TC_SECC_CMN_VTB_SDP_002",
        "TLS asked for, TLS offered",
        partial(sdp_answer, Security.TLS, Security.TLS),
        _TLS_TOO,
    ),
    (
        "TC_SECC_CMN_VTB_SDP_004",
        "after the set-up time no answer to plain TCP",
        partial(sdp_over, Security.NONE),
        Setup(),
    ),
    (
        "TC_SECC_CMN_VTB_SDP_006",
        "after the set-up time no answer to TLS",
        partial(sdp_over, Security.TLS),
        _PNC,
    ),
    (f"{_TCP}_001", "a good header on TCP is answered", tcp_good, Setup()),
    (f"{_TCP}_003", "payload type 0x7001 ignored", partial(tcp_header, Header(0x7001)), Setup()),
    (
        f"{_TCP}_005",
        "inverse version 0xFF ignored",
        partial(tcp_header, BAD_INVERSE),
        Setup(),
    ),
    (f"{_SAP}_002", "an unknown namespace only -> failed and closed", unknown_only, Setup()),
    (f"{_SAP}_004", "ISO 15118-2 among others -> its SchemaID", valid_offer, Setup()),
    (f"{_SAP}_006", "another minor version -> with deviation", minor_version, Setup()),
)

_BAD_HEADERS: Final[dict[str, dict[str, int]]] = {
    "version 0x00": {"version": 0x00},
    "version 0x02": {"version": 0x02, "inverse": 0xFD},
    "inverse 0xFF": {"inverse": 0xFF},
    "payload type 0x7000": {"kind": 0x7000},
    "payload type 0x9001": {"kind": 0x9001},
}


def _twins() -> list[tuple[str, Play, Setup]]:
    found: list[tuple[str, Play, Setup]] = []
    for mode in (AC, DC):
        setup = Setup(mode=mode)
        for name, change in _BAD_HEADERS.items():
            udp, tcp = Header(**{"kind": SDP, **change}), Header(**{"kind": EXI, **change})
            found.append((f"SDP with {name} ignored", partial(sdp_header_bad, udp), setup))
            found.append((f"TCP with {name} ignored", partial(tcp_header, tcp), setup))
        found += [
            ("SDP with length 1 ignored", partial(sdp_header_bad, Header(SDP, length=1)), setup),
            (
                "SDP with length 255 ignored",
                partial(sdp_header_bad, TOO_LONG),
                setup,
            ),
            ("a good header on TCP is answered", tcp_good, setup),
            ("an unknown namespace only -> failed and closed", unknown_only, setup),
            ("another major version only -> failed and closed", other_major, setup),
            ("the best rank wins", priority_first, setup),
            ("another minor version -> with deviation", minor_version, setup),
            ("plain TCP asked for and offered", _plain, setup),
            (
                "TLS asked for, plain only",
                partial(sdp_answer, Security.TLS, Security.NONE),
                replace(setup, station_tls=False),
            ),
        ]
    for secure in (_TLS, _PNC, _TLS_TOO):
        found += [
            ("TLS asked for and offered", partial(sdp_answer, Security.TLS, Security.TLS), secure),
            ("plain asked for, both offered", _plain, secure),
            ("after the set-up time silence", partial(sdp_over, Security.TLS), secure),
            ("after the set-up time silence", partial(sdp_over, Security.NONE), secure),
        ]
    found += [
        ("over TLS: ISO 15118-2 among others", valid_offer, _TLS),
        ("over TLS: an unknown namespace only", unknown_only, _TLS),
        ("over TLS: another minor version", minor_version, _TLS),
        ("over TLS: a good header is answered", tcp_good, _TLS),
    ]
    for setup in (Setup(mode=AC), _TLS, _PNC):
        found.append(("connected after the set-up time -> refused", too_late, setup))
    for setup in (Setup(), _TLS):
        found.append(("connected and silent over the set-up time -> closed", never_begins, setup))
    return found


_plain: Final = partial(sdp_answer, Security.NONE, Security.NONE)


def half_a() -> list[Case]:
    return [made(identity, title, play, setup) for identity, title, play, setup in HALF_A]


def made(identity: str, title: str, play: Play, setup: Setup) -> Case:
    func = getattr(play, "func", play)
    layer = next((name for name, plays in _LAYERS.items() if func in plays), "negotiation")
    timed = func in _TIMED
    needs: frozenset[str] = frozenset({"plug"}) if timed else frozenset()
    return Case(identity, title, play, setup, (layer, "set-up time") if timed else (layer,), needs)


_LAYERS: Final[dict[str, tuple[object, ...]]] = {
    "SDP": (sdp_header_good, sdp_header_bad, sdp_answer, sdp_over),
    "V2GTP": (tcp_header,),
}
_TIMED: Final = (sdp_over, too_late, never_begins)
"""They begin with the plug going in."""


LATE: Final = made(f"{_SAP}_005", "connected after the set-up time -> refused", too_late, Setup())
"""The suite names it, the developers' half of the table does not."""


def twins() -> list[Case]:
    return [LATE, *_numbered()]


def _numbered() -> list[Case]:
    return [
        made(f"TWIN-HANDSHAKE-{number:03}", title, play, setup)
        for number, (title, play, setup) in enumerate(_twins(), start=1)
    ]
