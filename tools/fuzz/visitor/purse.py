"""A contract of the test PKI in the hand of a tool: what needs a key is made here and now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bsw.chrgm.record import Said
from bsw.chrgm.signature import iso2, iso20, sign
from csm import material
from csm.cryif import CryIf
from csm.drivers.simulated import SimulatedDriver
from csm.randomness import SeededRandomness
from csm.signing import KeySigner
from evcc.session.ports import ContractFacts
from tools.pki import folder
from tools.pki.maker import EMAID_WITH_DIGIT


class Purse:
    """What ``tools.conformance.station.words`` asks of a wallet, without waiting."""

    def __init__(self, pki: Path, *, newer: bool = False) -> None:
        """``newer``: a contract of ISO 15118-20."""
        self._rules = iso20 if newer else iso2
        self._entity = folder.read(pki)["contract"]
        driver = SimulatedDriver(SeededRandomness("purse"))
        handle = driver.handle("contract")
        key: Any = self._entity.key
        with material.unload(key) as private:
            driver.import_private(handle, private)
        keys = CryIf([driver])
        self._signer = KeySigner(handle, keys.public_key(handle), keys.sign)

    def contract(self) -> ContractFacts:
        expires = int(self._entity.certificate.not_valid_after_utc.timestamp())
        return ContractFacts(EMAID_WITH_DIGIT, self._entity.chain, expires)

    def signed(self, body: object) -> Said:
        return Said(body, sign(self._rules.SCHEME, self._rules.signed_elements(body), self._signer))
