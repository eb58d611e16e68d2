"""What an ARXML system description says of a message and cantools leaves out.

The name of the signal that selects the page, the delay between two frames, whether a change is sent
at once, and where the header of the end-to-end protection lies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bsw.ecuc.arxml.text import arxml_text
from bsw.ecuc.arxml.tree import Element, parse
from bsw.ecuc.tree import ConfigurationError
from bsw.os.clock import S

MOST_OCTETS = 64 << 20
MOST_ELEMENTS = 2_000_000


@dataclass(frozen=True, slots=True)
class Extra:
    line: int = 0
    selector: str = ""
    min_delay: int = 0
    on_change: bool = False
    e2e_offset: int = 0


class NotReadable(Exception):
    """The file cannot be read as XML; says where."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


def extras(path: Path) -> Mapping[str, Extra]:
    """By the name of the frame."""
    try:
        root = parse(arxml_text(path, MOST_OCTETS), str(path), MOST_ELEMENTS)
    except ConfigurationError as error:
        problem = error.problems[0]
        raise NotReadable(str(problem.mark), problem.message) from None
    index = dict(_named(root, ""))
    offsets = dict(_offsets(root))
    return {
        frame.said("SHORT-NAME"): _extra(index, offsets, frame)
        for frame in index.values()
        if frame.name == "CAN-FRAME"
    }


def _named(element: Element, path: str) -> Iterator[tuple[str, Element]]:
    name = element.said("SHORT-NAME")
    here = f"{path}/{name}" if name else path
    if name:
        yield here, element
    for child in element.children:
        yield from _named(child, here)


def _all(element: Element, name: str) -> Iterator[Element]:
    for child in element.children:
        if child.name == name:
            yield child
        yield from _all(child, name)


def _offsets(root: Element) -> Iterator[tuple[str, int]]:
    for protected in _all(root, "END-TO-END-PROTECTION-I-SIGNAL-I-PDU"):
        offset = protected.said("DATA-OFFSET")
        if offset.isdecimal():
            yield protected.said("I-SIGNAL-I-PDU-REF"), int(offset) // 8


def _extra(index: Mapping[str, Element], offsets: Mapping[str, int], frame: Element) -> Extra:
    first = next(iter(_all(frame, "PDU-REF")), None)
    pdu = index.get(first.text.strip()) if first is not None else None
    if first is None or pdu is None:
        return Extra(frame.mark.line)
    paths = [first.text.strip(), *(ref.text.strip() for ref in _all(pdu, "I-PDU-REF"))]
    parts = [index[path] for path in paths if path in index]
    delays = [delay.text for part in parts for delay in _all(part, "MINIMUM-DELAY")]
    return Extra(
        line=frame.mark.line,
        selector=_selector(index, pdu, parts),
        min_delay=max((_nanoseconds(delay) for delay in delays), default=0),
        on_change=any(True for part in parts for _ in _all(part, "EVENT-CONTROLLED-TIMING")),
        e2e_offset=max((offsets.get(path, 0) for path in paths), default=0),
    )


def _selector(index: Mapping[str, Element], pdu: Element, parts: list[Element]) -> str:
    start = pdu.said("SELECTOR-FIELD-START-POSITION")
    for part in parts if start else ():
        for mapping in _all(part, "I-SIGNAL-TO-I-PDU-MAPPING"):
            signal = index.get(mapping.said("I-SIGNAL-REF"))
            if mapping.said("START-POSITION") == start and signal is not None:
                return signal.said("SHORT-NAME")
    return ""


def _nanoseconds(seconds: str) -> int:
    try:
        return round(float(seconds) * S)
    except ValueError:
        return 0
