"""The CAN system description of a bus in ARXML: cluster, frames, PDUs, signals, senders.

It says what the signal matrices say; where AUTOSAR has no word for something (a receiver that is
nobody's ECU) it is left out.  Where the matrices come from is not known here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bsw.ecuc.arxml.lines import Xml, about, document, group, package, text, xml
from bsw.os.clock import S
from can_adapter.matrix.model import Matrix
from can_adapter.matrix.specs import E2eSpec, MessageSpec, SendType, SignalSpec
from tools.arxml.signals import base_types, signal_packages, unit_package

_OTHER = re.compile(r"[^A-Za-z0-9_]+")


class CannotDescribe(Exception):
    """The matrix has something that this description has no form for."""


@dataclass(frozen=True, slots=True)
class Bus:
    name: str
    matrix: Matrix
    baudrate: int = 500_000
    data_baudrate: int = 2_000_000

    def path(self, *names: str) -> str:
        return "/".join(("", self.name, *names))


@dataclass(frozen=True, slots=True)
class Pdu:
    """One PDU with signals; a multiplexed message has several, one per page and the static one."""

    name: str
    message: MessageSpec
    signals: tuple[SignalSpec, ...]
    page: int | None = None


def system_document(bus: Bus) -> str:
    signals = list(signal_packages(bus.name, bus.matrix))
    return document(
        package(
            bus.name,
            xml("ELEMENTS", _system(bus), _cluster(bus)),
            xml(
                "AR-PACKAGES",
                package("ecus", xml("ELEMENTS", *_ecus(bus))),
                package("frames", xml("ELEMENTS", *(_frame(bus, m) for m in bus.matrix))),
                package("pdus", xml("ELEMENTS", *_pdus(bus))),
                _protections(bus),
                *signals,
                unit_package(bus.matrix),
                base_types(),
            ),
        )
    )


def pdus_of(message: MessageSpec) -> tuple[Pdu, ...]:
    selector = message.selector
    if selector is None:
        return (Pdu(message.name, message, message.signals),)
    pages: dict[int, list[SignalSpec]] = {}
    for signal in message.signals:
        if signal.mux is not None:
            if len(signal.mux.values) != 1:
                raise CannotDescribe(f"{message.name}.{signal.name} is on several pages")
            pages.setdefault(min(signal.mux.values), []).append(signal)
    static = tuple(s for s in message.signals if s.mux is None and not s.selects)
    found = [
        Pdu(f"{message.name}_page_{page}", message, (selector, *signals), page)
        for page, signals in sorted(pages.items())
    ]
    return (*found, *([Pdu(f"{message.name}_static", message, static)] if static else []))


def _reference(name: str, destination: str, path: str) -> Xml:
    return text(name, path, DEST=destination)


def _system(bus: Bus) -> Xml:
    refs = [("CAN-CLUSTER", bus.path("cluster"))]
    refs += [("CAN-FRAME", bus.path("frames", message.name)) for message in bus.matrix]
    elements = (
        xml("FIBEX-ELEMENT-REF-CONDITIONAL", _reference("FIBEX-ELEMENT-REF", kind, path))
        for kind, path in refs
    )
    return xml(
        "SYSTEM",
        text("SHORT-NAME", "system"),
        text("CATEGORY", "SYSTEM_DESCRIPTION"),
        xml("FIBEX-ELEMENTS", *elements),
    )


def _cluster(bus: Bus) -> Xml:
    channel = xml(
        "CAN-PHYSICAL-CHANNEL",
        text("SHORT-NAME", "channel"),
        xml("FRAME-TRIGGERINGS", *(_triggering(bus, message) for message in bus.matrix)),
    )
    conditional = xml(
        "CAN-CLUSTER-CONDITIONAL",
        text("BAUDRATE", str(bus.baudrate)),
        xml("PHYSICAL-CHANNELS", channel),
        text("PROTOCOL-NAME", "CAN"),
        text("CAN-FD-BAUDRATE", str(bus.data_baudrate)),
    )
    return xml(
        "CAN-CLUSTER", text("SHORT-NAME", "cluster"), xml("CAN-CLUSTER-VARIANTS", conditional)
    )


def _triggering(bus: Bus, message: MessageSpec) -> Xml:
    kind = "CAN-FD" if message.fd else "CAN-20"
    return xml(
        "CAN-FRAME-TRIGGERING",
        text("SHORT-NAME", f"{message.name}_triggering"),
        _reference("FRAME-REF", "CAN-FRAME", bus.path("frames", message.name)),
        text("CAN-ADDRESSING-MODE", "EXTENDED" if message.extended else "STANDARD"),
        text("CAN-FRAME-RX-BEHAVIOR", kind),
        text("CAN-FRAME-TX-BEHAVIOR", kind),
        text("IDENTIFIER", str(message.id)),
    )


def _frame(bus: Bus, message: MessageSpec) -> Xml:
    kind = "I-SIGNAL-I-PDU" if message.selector is None else "MULTIPLEXED-I-PDU"
    mapping = xml(
        "PDU-TO-FRAME-MAPPING",
        text("SHORT-NAME", "mapping"),
        text("PACKING-BYTE-ORDER", "MOST-SIGNIFICANT-BYTE-LAST"),
        _reference("PDU-REF", kind, bus.path("pdus", message.name)),
        text("START-POSITION", "0"),
    )
    return xml(
        "CAN-FRAME",
        text("SHORT-NAME", message.name),
        about(message.comment),
        text("FRAME-LENGTH", str(message.length)),
        xml("PDU-TO-FRAME-MAPPINGS", mapping),
    )


def _ecus(bus: Bus) -> Iterator[Xml]:
    """Each sender, with the group of PDUs it sends."""
    for sender in sorted({message.sender for message in bus.matrix if message.sender}):
        sent = bus.matrix.sent_by(sender)
        name = f"{_OTHER.sub('_', sender)}_sends"
        refs = (
            xml(
                "I-SIGNAL-I-PDU-REF-CONDITIONAL",
                _reference("I-SIGNAL-I-PDU-REF", "I-SIGNAL-I-PDU", bus.path("pdus", pdu.name)),
            )
            for message in sent
            for pdu in pdus_of(message)
        )
        yield xml(
            "I-SIGNAL-I-PDU-GROUP",
            text("SHORT-NAME", name),
            text("COMMUNICATION-DIRECTION", "OUT"),
            xml("I-SIGNAL-I-PDUS", *refs),
        )
        associated = _reference(
            "ASSOCIATED-COM-I-PDU-GROUP-REF", "I-SIGNAL-I-PDU-GROUP", bus.path("ecus", name)
        )
        yield xml(
            "ECU-INSTANCE",
            text("SHORT-NAME", sender),
            xml("ASSOCIATED-COM-I-PDU-GROUP-REFS", associated),
        )


def _pdus(bus: Bus) -> Iterator[Xml]:
    for message in bus.matrix:
        pdus = pdus_of(message)
        if message.selector is not None:
            yield _multiplexed(bus, message, message.selector, pdus)
        for pdu in pdus:
            yield xml(
                "I-SIGNAL-I-PDU",
                text("SHORT-NAME", pdu.name),
                text("LENGTH", str(message.length)),
                group("I-PDU-TIMING-SPECIFICATIONS", _timing(message)),
                xml("I-SIGNAL-TO-PDU-MAPPINGS", *(_mapping(bus, pdu, s) for s in pdu.signals)),
                text("UNUSED-BIT-PATTERN", "0"),
            )


def _timing(message: MessageSpec) -> Iterator[Xml]:
    cyclic = event = None
    if message.cycle:
        cyclic = xml("CYCLIC-TIMING", xml("TIME-PERIOD", text("VALUE", _seconds(message.cycle))))
    if message.send_type is not SendType.CYCLIC:
        event = xml("EVENT-CONTROLLED-TIMING", text("NUMBER-OF-REPETITIONS", "0"))
    delay = text("MINIMUM-DELAY", _seconds(message.min_delay)) if message.min_delay else None
    mode = None
    if cyclic or event:
        timing = xml("TRANSMISSION-MODE-TRUE-TIMING", cyclic, event)
        mode = xml("TRANSMISSION-MODE-DECLARATION", timing)
    if delay or mode:
        yield xml("I-PDU-TIMING", delay, mode)


def _seconds(nanoseconds: int) -> str:
    return repr(nanoseconds / S)


def _mapping(bus: Bus, pdu: Pdu, signal: SignalSpec) -> Xml:
    path = bus.path("signals", pdu.message.name, signal.name)
    return xml(
        "I-SIGNAL-TO-I-PDU-MAPPING",
        text("SHORT-NAME", f"{signal.name}_mapping"),
        _reference("I-SIGNAL-REF", "I-SIGNAL", path),
        text("PACKING-BYTE-ORDER", _order(signal)),
        text("START-POSITION", str(signal.start)),
        text("TRANSFER-PROPERTY", "PENDING"),
    )


def _order(signal: SignalSpec) -> str:
    return f"MOST-SIGNIFICANT-BYTE-{'FIRST' if signal.big_endian else 'LAST'}"


def _multiplexed(bus: Bus, message: MessageSpec, selector: SignalSpec, pdus: Iterable[Pdu]) -> Xml:
    def reference(pdu: Pdu) -> Xml:
        return _reference("I-PDU-REF", "I-SIGNAL-I-PDU", bus.path("pdus", pdu.name))

    pages = [
        xml(
            "DYNAMIC-PART-ALTERNATIVE",
            reference(pdu),
            text("INITIAL-DYNAMIC-PART", "true" if pdu.page == selector.initial else "false"),
            text("SELECTOR-FIELD-CODE", str(pdu.page)),
        )
        for pdu in pdus
        if pdu.page is not None
    ]
    static = (xml("STATIC-PART", reference(pdu)) for pdu in pdus if pdu.page is None)
    return xml(
        "MULTIPLEXED-I-PDU",
        text("SHORT-NAME", message.name),
        text("LENGTH", str(message.length)),
        xml("DYNAMIC-PARTS", xml("DYNAMIC-PART", xml("DYNAMIC-PART-ALTERNATIVES", *pages))),
        text("SELECTOR-FIELD-BYTE-ORDER", _order(selector)),
        text("SELECTOR-FIELD-LENGTH", str(selector.length)),
        text("SELECTOR-FIELD-START-POSITION", str(selector.start)),
        group("STATIC-PARTS", static),
        text("UNUSED-BIT-PATTERN", "0"),
    )


def _protections(bus: Bus) -> Xml | None:
    made = [_protection(bus, m, m.e2e) for m in bus.matrix if m.e2e is not None]
    if not made:
        return None
    inside = xml("END-TO-END-PROTECTIONS", *made)
    protections = xml("END-TO-END-PROTECTION-SET", text("SHORT-NAME", "set"), inside)
    return package("protections", xml("ELEMENTS", protections))


def _protection(bus: Bus, message: MessageSpec, e2e: E2eSpec) -> Xml:
    protected = (
        xml(
            "END-TO-END-PROTECTION-I-SIGNAL-I-PDU",
            text("DATA-OFFSET", str(8 * e2e.offset)),
            _reference("I-SIGNAL-I-PDU-REF", "I-SIGNAL-I-PDU", bus.path("pdus", pdu.name)),
        )
        for pdu in pdus_of(message)
    )
    return xml(
        "END-TO-END-PROTECTION",
        text("SHORT-NAME", message.name),
        xml(
            "END-TO-END-PROFILE",
            text("CATEGORY", f"PROFILE_{e2e.profile:02}"),
            xml("DATA-IDS", text("DATA-ID", str(e2e.data_id))),
        ),
        xml("END-TO-END-PROTECTION-I-SIGNAL-I-PDUS", *protected),
    )
