"""The laboratory's provisioning service: contracts made beforehand, delivered by the station.

In the field a back end does this and the station only hands messages on (``secc.exchange``): the
private keys of contracts have no business in a station.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bsw.base import CannotStart
from bsw.crypto import Signer
from csm import material
from csm.handles import PublicKey
from csm.randomness import HostRandomness
from csm.secret import PrivateKey
from keym.judging.judge import Judge
from keym.provisioning.provider import Contract, Provider
from keym.x509 import pem
from keym.x509.certificate import Malformed, parse
from keym.x509.ids import Emaid, IdError
from keym.x509.pem import PemError
from secc.config import ContractFiles, ProvisioningConfig


def provider(
    config: ProvisioningConfig, chain: Sequence[bytes], signer: Signer, judge: Judge
) -> Provider:
    """The service with this chain and key.  Raises ``CannotStart`` for files it cannot use."""
    return Provider(
        chain=tuple(chain),
        signer=signer,
        judge=judge,
        randomness=HostRandomness(),
        vehicle_authorities=tuple(
            der
            for path in config.lab_authorities
            for der in _certificates(path, "provisioning.lab_authorities")
        ),
    )


@dataclass(frozen=True, slots=True)
class ContractFolder:
    """Implements ``secc.desk.ContractSource`` with files; read at each delivery, on the worker."""

    contracts: tuple[ContractFiles, ...]

    def check(self) -> "ContractFolder":
        """Read everything once, so that a mistake is told at start and not to a vehicle."""
        for files in self.contracts:
            _contract(files)
        return self

    def for_vehicle(self, certificate: bytes) -> Contract | None:
        name = parse(certificate).subject.common_name
        fit = [one for one in self.contracts if one.vehicle in {"", name}]
        named = [one for one in fit if one.vehicle]
        return _contract((named or fit)[0]) if fit else None

    def renewed(self, emaid: str) -> Contract | None:
        """A contract of the same number; the one there is, if it is alone."""
        made = [_contract(one) for one in self.contracts]
        return next((one for one in made if one.emaid == emaid), None)


def _contract(files: ContractFiles) -> Contract:
    chain = _certificates(files.chain, "provisioning.lab_contracts.chain")
    try:
        emaid = Emaid.parse(parse(chain[0]).subject.common_name or "")
    except IdError:
        raise CannotStart(
            f"provisioning.lab_contracts.chain: {files.chain} begins with a certificate that names "
            "no eMAID; name the chain of a contract, leaf first"
        ) from None
    private = _private(files.key)
    if material.public_half(private) != PublicKey.from_spki(parse(chain[0]).spki):
        raise CannotStart(
            f"provisioning.lab_contracts.key: {files.key} is not the key of {files.chain}; "
            "name the two that belong together"
        )
    return Contract(chain, private, str(emaid))


def _private(path: Path) -> PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise CannotStart(
            f"provisioning.lab_contracts.key: {path} is no private key that can be delivered; "
            "name an unencrypted PEM file with a P-256 key"
        )
    return material.unload(key)


def _certificates(path: Path, key: str) -> tuple[bytes, ...]:
    try:
        ders = tuple(pem.certificates(path.read_bytes()))
        for der in ders:
            parse(der)
    except (OSError, PemError, Malformed) as error:
        raise CannotStart(f"{key}: {path}: {error}; name a PEM file of certificates") from None
    return ders
