"""The papers of a bench's back end, from a test PKI that ``v2g pki make`` wrote.

Contracts are those of the PKI; certificates for stations are made under its authorities; standings
come from the same folder as those of ``v2g pki ocsp``, so ``v2g pki revoke`` counts at once.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from keym.calendar import Moment
from keym.judging.judge import Judge, Policy, Question
from keym.judging.revocation import Demand
from keym.judging.verdict import Anchor, Reason, Verdict
from keym.x509 import pem
from keym.x509.certificate import parse
from keym.x509.profile import RootKind, Use
from tools.csms.certifying import Secured, certified, secured
from tools.csms.delivering import Deliverer
from tools.pki import folder
from tools.pki.make import KINDS
from tools.pki.ocsp import Responder, revoked_in
from tools.pki.recipe import Entity

ROOTS: Final = {"V2GRootCertificate": "v2g_root", "MORootCertificate": "mo_root"}
_STATUSES: Final = {
    Reason.EXPIRED: "CertificateExpired",
    Reason.NOT_YET_VALID: "CertificateExpired",
    Reason.REVOKED: "CertificateRevoked",
}


class Now:
    """The host's calendar."""

    def moment(self) -> Moment:
        return Moment(datetime.now(tz=timezone.utc))


class PkiPapers:
    """Implements ``ocpp.backend.contracts.Papers``."""

    def __init__(self, base: Path, password: str | None = None) -> None:
        """Raises ``FolderTrouble``."""
        found = {
            kind: folder.read(base / kind, password) for kind in KINDS if (base / kind).is_dir()
        }
        if not found:
            raise folder.FolderTrouble(
                f"{base} holds no test PKI; make one with: v2g pki make {base}"
            )
        self._kinds = found
        self._judges = {kind: _judge(entities) for kind, entities in found.items()}
        self._deliverers = [
            Deliverer(KINDS[kind].edition, entities, self._judges[kind])
            for kind, entities in found.items()
        ]
        named = {f"{kind}/{name}": one for kind in found for name, one in found[kind].items()}
        self._revoked: Callable[[], frozenset[str]] = lambda: revoked_in(base)
        self._named_of = {one.der: name for name, one in named.items()}
        self._responder = Responder(named, self._revoked, lambda: datetime.now(timezone.utc))

    def delivered(self, schema: str, exi: str) -> str | None:
        try:
            octets = base64.b64decode(exi, validate=True)
        except binascii.Error:
            return None
        made = (one.answer(octets) for one in self._deliverers if one.reads(schema))
        answer = next((each for each in made if each is not None), None)
        return None if answer is None else base64.b64encode(answer).decode()

    def certified(self, csr: str, kind: str) -> str | None:
        return certified(self._kinds, csr, kind)

    @property
    def roots(self) -> tuple[tuple[str, str], ...]:
        """What a station needs to know vehicles and contracts by; type and PEM."""
        return tuple(
            (kind, entities[name].certificate.public_bytes(Encoding.PEM).decode())
            for entities in self._kinds.values()
            for kind, name in ROOTS.items()
        )

    def secured(self, names: Sequence[str], folder: Path) -> Secured:
        """A certificate for the back end itself."""
        return secured(self._kinds, names, folder)

    def standing(self, asked: Mapping[str, object]) -> str | None:
        request = _request(asked)
        if request is None:
            return None
        response = self._responder.answer(request)
        loaded = ocsp.load_der_ocsp_response(response)
        if loaded.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return None
        return base64.b64encode(response).decode()

    def judged(self, emaid: str, asked: Mapping[str, Any]) -> str:
        if "certificate" in asked:
            return self._judged_chain(emaid, asked["certificate"])
        standings = [self._named(each) for each in asked["iso15118CertificateHashData"]]
        for worse in ("CertificateRevoked", "NoCertificateAvailable"):
            if worse in standings:
                return worse
        return "Accepted"

    def _named(self, asked: Mapping[str, Any]) -> str:
        request = _request(asked)
        found = None if request is None else self._responder.find(request)
        if found is None:
            return "NoCertificateAvailable"
        return "CertificateRevoked" if found in self._revoked() else "Accepted"

    def _judged_chain(self, emaid: str, text: str) -> str:
        try:
            chain = tuple(pem.certificates(text.encode()))
        except pem.PemError:
            return "CertChainError"
        if any(self._named_of[der] in self._revoked() for der in chain if der in self._named_of):
            return "CertificateRevoked"
        verdicts = [
            judge.judge(Question(Use.CONTRACT, KINDS[kind].edition, chain, identity=emaid))
            for kind, judge in self._judges.items()
        ]
        return "Accepted" if any(one.trusted for one in verdicts) else _status(verdicts)


def _status(verdicts: list[Verdict]) -> str:
    reasons = [one.reason for one in verdicts]
    return next((_STATUSES[one] for one in reasons if one in _STATUSES), "CertChainError")


def _judge(entities: dict[str, Entity]) -> Judge:
    anchors = [
        Anchor(kind, parse(entities[f"{kind.value}_root"].der))
        for kind in (RootKind.V2G, RootKind.OEM, RootKind.MO)
    ]
    asks_nobody = {Use.CONTRACT: Policy(Demand.OFF)}  # what is revoked stands in the folder
    return Judge(lambda: anchors, Now(), policies=asks_nobody)


def _request(asked: Mapping[str, Any]) -> bytes | None:
    """As OCSP asks about the certificate that is named so."""
    try:
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            bytes.fromhex(asked["issuerNameHash"]),
            bytes.fromhex(asked["issuerKeyHash"]),
            int(asked["serialNumber"], 16),
            SHA256(),
        )
        return builder.build().public_bytes(Encoding.DER)
    except ValueError:
        return None
