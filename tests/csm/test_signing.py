"""Keys as TLS and the messages see them."""

import hashlib
from pathlib import Path

import pytest

from csm.cryif import CryIf
from csm.drivers.simulated import SimulatedDriver
from csm.drivers.software import SoftwareDriver
from csm.drivers.store import Store
from csm.handles import KeyKind, PublicKey, Use
from csm.randomness import SeededRandomness
from csm.secret import Secret
from csm.signing import KeySigner, SoftwareVerifier

DIGEST = hashlib.sha256(b"CertificateVerify").digest()


def signer(keys: CryIf) -> KeySigner:
    key = keys.create("leaf", KeyKind.P256, Use.SIGN)
    return KeySigner(key, keys.public_key(key), keys.sign)


@pytest.fixture
def software(tmp_path: Path) -> CryIf:
    return CryIf([SoftwareDriver(Store(tmp_path, lambda: Secret(b"x"), scrypt_log2=4))])


def test_a_signature_verifies_under_the_signers_public_key(software: CryIf, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    leaf = signer(software)
    signature = leaf.sign(DIGEST)
    assert SoftwareVerifier().verify(leaf.public_key, DIGEST, signature)
    assert not SoftwareVerifier().verify(leaf.public_key, DIGEST[::-1], signature)
    assert not SoftwareVerifier().verify(b"no key", DIGEST, signature)
    assert PublicKey.from_spki(leaf.public_key).kind is KeyKind.P256


def test_only_a_software_key_answers_without_a_wait(software: CryIf) -> None:
    assert not signer(software).may_block
    assert signer(CryIf([SimulatedDriver(SeededRandomness(1))])).may_block
