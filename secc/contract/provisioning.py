"""The laboratory's provisioning service: contracts made beforehand, delivered by the station.

In the field a back end does this and the station only hands messages on (``secc.exchange``): the
private keys of contracts have no business in a station.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bsw.base import CannotStart
from bsw.crypto import Signer
from bsw.os.randomness import Randomness
from csm import material
from csm.handles import PublicKey
from csm.secret import PrivateKey
from keym.config import ExchangeConfig
from keym.judging.judge import Judge
from keym.provisioning.laboratory import envelope_rules, signature_rules
from keym.provisioning.provider import Contract, Provider
from keym.x509 import pem
from keym.x509.certificate import Malformed, parse
from keym.x509.edition import Edition
from keym.x509.ids import Emaid, IdError
from keym.x509.pem import PemError
from secc.config import ContractFiles, ProvisioningConfig

_CURVES = {"secp256r1", "secp521r1", ""}
"""The empty name is that of no curve: an Ed448 key."""


def provider(
    config: ProvisioningConfig,
    chain: Sequence[bytes],
    signer: Signer,
    judge: Judge,
    exchange: ExchangeConfig,
    *,
    chance: Randomness,
) -> Provider:
    """The service with this chain and key.  Raises ``CannotStart`` for files it cannot use."""
    return Provider(
        chain=tuple(chain),
        signer=signer,
        judge=judge,
        randomness=chance,
        vehicle_authorities=tuple(
            der
            for path in config.lab_authorities
            for der in _certificates(path, "provisioning.lab_authorities")
        ),
        rules=envelope_rules(exchange),
        signature_rules=signature_rules(exchange),
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
        return next(iter(self.all_for_vehicle(certificate)), None)

    def all_for_vehicle(self, certificate: bytes) -> tuple[Contract, ...]:
        """Those of its edition: made for this very vehicle, or else for whoever asks."""
        vehicle = parse(certificate)
        fit = [one for one in self.contracts if one.vehicle in {"", vehicle.subject.common_name}]
        named = [one for one in fit if one.vehicle]
        made = (_contract(one) for one in named or fit)
        return tuple(one for one in made if _edition(one.chain[0]) is _edition(certificate))

    def renewed(self, emaid: str) -> Contract | None:
        """A contract of the same number, in the edition that knows renewal."""
        made = [_contract(one) for one in self.contracts]
        older = [one for one in made if _edition(one.chain[0]) is Edition.ISO2]
        return next((one for one in older if one.emaid == emaid), None)

    @property
    def editions(self) -> frozenset[Edition]:
        """For which contracts there are some."""
        return frozenset(_edition(_contract(one).chain[0]) for one in self.contracts)


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


def _edition(certificate: bytes) -> Edition:
    kind = parse(certificate).key_type
    return Edition.ISO2 if kind is None else Edition.of(kind)


def _private(path: Path) -> PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    curve = key.curve.name if isinstance(key, EllipticCurvePrivateKey) else ""
    if not isinstance(key, EllipticCurvePrivateKey | Ed448PrivateKey) or curve not in _CURVES:
        raise CannotStart(
            f"provisioning.lab_contracts.key: {path} is no private key that can be delivered; "
            "name an unencrypted PEM file with a P-256, P-521 or Ed448 key"
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
