"""Numbers of TCP, of Linux and of pcapng that frames and sockets are made with."""

from bsw.net.frames import Flag
from bsw.net.host import rawsocket, tcpip
from bsw.net.record.pcapng import Direction


def test_flags_of_tcp_stand_in_their_order() -> None:
    assert {one.name: one.value for one in Flag} == {
        "FIN": 1,
        "SYN": 2,
        "RST": 4,
        "PSH": 8,
        "ACK": 16,
    }


def test_directions_of_pcapng() -> None:
    assert [one.value for one in Direction] == [0, 1, 2]


def test_sockets_of_linux() -> None:
    assert (rawsocket.ALL, rawsocket.HOMEPLUG) == (3, 0x88E1)
    assert rawsocket._SOL_PACKET == 263
    assert rawsocket._PACKET_ADD_MEMBERSHIP == 1
    assert rawsocket._PACKET_VNET_HDR == 15
    assert rawsocket._PROMISCUOUS == 1
    assert rawsocket._OFFLOAD == 10
    assert tcpip._SIOCGIFINDEX == 0x8933
