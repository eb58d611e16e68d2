"""The sorts of session in which a station is attacked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from bsw.chrgm.applications import Link
from tools.conformance.bench import AC, Setup
from tools.conformance.newer.setup import application_of
from tools.conformance.station.walk import path
from tools.fuzz.visitor.purse import Purse
from tools.fuzz.visitor.words import NewerWords, OlderWords, Words, newer_path

HANDSHAKE: Final = "SupportedAppProtocol"


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of session: where it leads, over what, and what the vehicle says on its way."""

    name: str
    application: str
    link: Link
    path: tuple[str, ...]
    words: Callable[[Purse | None], Words]
    contract: bool = False
    receipts: bool = False

    @property
    def places(self) -> tuple[str, ...]:
        return (HANDSHAKE, *self.path)

    @property
    def secure(self) -> bool:
        return self.link is not Link.PLAIN

    @property
    def newer(self) -> bool:
        return self.link is Link.TLS13


def older(name: str, setup: Setup) -> Kind:
    """DIN 70121 or ISO 15118-2."""
    link = Link.TLS12 if setup.tls else Link.PLAIN
    words = partial(OlderWords, setup)
    paid = {"contract": setup.contract, "receipts": setup.receipts}
    return Kind(name, setup.protocol, link, path(setup), words, **paid)


def newer(name: str, service: str, control: str = "scheduled", *, contract: bool = False) -> Kind:
    """ISO 15118-20 over TLS 1.3, the vehicle with a certificate."""

    def words(purse: Purse | None) -> Words:
        return NewerWords(service, control, purse if contract else None)

    application = application_of(service)
    return Kind(name, application, Link.TLS13, newer_path(service), words, contract)


KINDS: Final = (
    older("din", Setup(protocol="din")),
    older("iso2 dc", Setup()),
    older("iso2 ac", Setup(mode=AC)),
    older("iso2 dc tls", Setup(tls=True)),
    older("iso2 contract tls", Setup(tls=True, contract=True, receipts=True)),
    newer("iso20 dc", "DC"),
    newer("iso20 dc dynamic", "DC", "dynamic"),
    newer("iso20 dc both", "DC_BPT"),
    newer("iso20 ac", "AC"),
    newer("iso20 contract", "DC", contract=True),
)
