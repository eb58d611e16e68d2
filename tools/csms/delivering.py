"""Contracts of a test PKI delivered to vehicles, as a mobility operator's back end does it."""

from contextlib import suppress
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, ed448

from bsw import exi
from bsw.chrgm.coding import dialect
from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.kinds import MessageError
from bsw.chrgm.record import Heard, Said
from bsw.v2gtp import PayloadType
from csm import material
from csm.handles import KeyHandle
from csm.randomness import HostRandomness
from csm.signing import KeySigner
from keym.faults import KeymError
from keym.judging.judge import Judge
from keym.provisioning import provider_iso2, provider_iso20
from keym.provisioning.faults import ProvisioningError
from keym.provisioning.provider import Contract, Provider
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from tools.pki.recipe import Entity

SCHEMAS: Final = {
    Edition.ISO2: "urn:iso:15118:2:2013:MsgDef",
    Edition.ISO20: "urn:iso:std:iso:15118:-20:CommonMessages",
}


class Deliverer:
    """The contract of one PKI, for vehicles whose provisioning certificate is of it."""

    def __init__(self, edition: Edition, entities: dict[str, Entity], judge: Judge) -> None:
        self._edition = edition
        self._contract = entities["contract"]
        cps = entities["cps"]
        self._provider = Provider(
            chain=cps.chain,
            signer=_signer(cps),
            judge=judge,
            randomness=HostRandomness(),
            vehicle_authorities=entities["provisioning"].chain[1:],
        )
        main = {PayloadType.MAIN}
        self._dialect = dialect.iso2() if edition is Edition.ISO2 else dialect.iso20(main)
        self._stream = PayloadType.EXI if edition is Edition.ISO2 else PayloadType.MAIN

    def reads(self, schema: str) -> bool:
        return schema == SCHEMAS[self._edition]

    def answer(self, request: bytes) -> bytes | None:
        """The response to a vehicle's message; ``None`` if it gets none from here."""
        with suppress(exi.DecodeError, MessageError, ProvisioningError, KeymError):
            asked = self._dialect.decode(self._stream, request)
            said = self._said(asked)
            if said is not None:
                return self._dialect.encode(asked.session_id, said)[1]
        return None

    def _said(self, asked: Heard) -> Said | None:
        provider, body = self._provider, asked.body
        if isinstance(body, common.CertificateInstallationReq):
            receiver = provider_iso20.requester(body, provider)
            header = body.header.replace(signature=None)
            made = provider_iso20.installation(
                header, self._contract_now(), receiver, provider, remaining=0
            )
            return Said(made, made.header.signature)
        if isinstance(body, iso2.CertificateInstallationReq | iso2.CertificateUpdateReq):
            receiver = provider_iso2.requester(body, asked.signature, provider)
            contract = self._contract_now()
            if isinstance(body, iso2.CertificateUpdateReq):
                return provider_iso2.update(contract, receiver, provider)
            return provider_iso2.installation(contract, receiver, provider)
        return None

    def _contract_now(self) -> Contract:
        """Delivering wipes the key, so it is taken out anew."""
        entity = self._contract
        assert isinstance(entity.key, ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey)
        emaid = parse(entity.der).subject.common_name or ""
        return Contract(entity.chain, material.unload(entity.key), emaid)


def _signer(entity: Entity) -> KeySigner:
    assert isinstance(entity.key, ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey)
    loaded = material.load(material.unload(entity.key))
    public = material.public_half(loaded)
    handle = KeyHandle.parse("software:cps")
    return KeySigner(handle, public, lambda _key, data: material.sign(loaded, data))
