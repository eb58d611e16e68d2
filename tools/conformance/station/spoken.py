"""Which words belong to which protocol: whoever makes a scripted vehicle names none."""

from collections.abc import Callable
from typing import Final

from bsw.chrgm.protocols import DIN, ISO2
from evcc.session.ports import Wallet
from tools.conformance.bench import Setup
from tools.conformance.station.words import Iso2Words
from tools.conformance.station.words_din import DinWords

Words = Iso2Words | DinWords
_WORDS: Final[dict[str, Callable[[Setup, Wallet | None], Words]]] = {
    DIN.name: lambda setup, _wallet: DinWords(setup),
    ISO2.name: Iso2Words,
}


def words_of(setup: Setup, wallet: Wallet | None) -> Words:
    return _WORDS[setup.protocol](setup, wallet)
