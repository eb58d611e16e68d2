"""The power line modem behind an interface: which driver, does it answer, does it take a key."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bsw.net.ports import EthernetPort
from bsw.os.randomness import Randomness
from bsw.slac.config import ModemConfig
from bsw.slac.frames.frame import Frame, decode, encode
from bsw.slac.frames.layout import FrameError
from bsw.slac.frames.mme import SetKeyCnf, SetKeyReq
from bsw.slac.frames.vendor import LOCAL_MODEM, AttributesCnf, LumissilVersionCnf
from bsw.slac.keys import NetworkKey
from bsw.slac.links.modem import DIALECTS
from tools.commission.record import Step, judged, skipped

Wait = Callable[[float], None]
WITHIN: Final = 1.0
"""Seconds in which a modem answers."""


def driver(interface: str, folder: Path = Path("/sys/class/net")) -> Step:
    place = folder / interface / "device" / "driver"
    name = place.resolve().name if place.exists() else ""
    if not name:
        return skipped("interface's driver", f"{interface} is virtual")
    return judged("interface's driver", "any, known by the board", name, "", holds=True)


def look(
    port: EthernetPort, config: ModemConfig, randomness: Randomness, wait: Wait
) -> Iterator[Step]:
    """Its network's key is a new one afterwards."""
    heard: list[Frame] = []

    def hear(octets: bytes) -> None:
        try:
            heard.append(decode(octets))
        except FrameError:
            return

    port.listen(hear)
    yield _greet(port, config, heard, wait)
    key, nonce = NetworkKey.fresh(randomness), randomness.octets(4)
    request = SetKeyReq(my_nonce=nonce, nid=key.nid, new_key=key.nmk)
    port.send(encode(Frame(LOCAL_MODEM, port.mac, request)))
    wait(WITHIN)
    found = [one for one in heard if isinstance(one.message, SetKeyCnf)]
    told = f"taken, result {found[0].message.result}" if found else "no answer"  # type: ignore[attr-defined]
    remedy = "power, wiring and role of the modem; v2g slac ask shows what it says"
    yield judged("modem takes a key", f"within {WITHIN:g} s", told, remedy, holds=bool(found))
    port.listen(None)


def _greet(port: EthernetPort, config: ModemConfig, heard: list[Frame], wait: Wait) -> Step:
    dialects = [DIALECTS[config.dialect]] if config.dialect in DIALECTS else DIALECTS.values()
    questions = [one.greet() for one in dialects if one.greet is not None]
    if not questions:
        return skipped("modem answers", "this kind of modem cannot be asked")
    for question in questions:
        port.send(encode(Frame(LOCAL_MODEM, port.mac, question)))
    wait(WITHIN)
    answers = [one for one in heard if isinstance(one.message, AttributesCnf | LumissilVersionCnf)]
    told = f"{answers[0].source.hex(':')}" if answers else "no answer"
    remedy = "is it powered, is this its interface, and its chip the one of link.modem?"
    return judged("modem answers", f"within {WITHIN:g} s", told, remedy, holds=bool(answers))
