"""A test PKI as files: written for people and programs, read back by the OCSP responder.

    DIR/README.txt
    DIR/iso2/certs/NAME.pem, .der     every certificate
    DIR/iso2/keys/NAME.key            its key, PKCS#8
    DIR/iso2/chains/NAME.pem          leaf first, without the root
    DIR/iso2/trust/v2g.pem ...        the roots, by kind
    DIR/iso2/status/NAME.ocsp, .crl   fresh answers about revocation
    DIR/iso2/next/...                 a second V2G root of the same name, and the bridge to it
    DIR/iso2/bad/USE/FAULT/...        with --variants: chains with one fault each

and the same under ``iso20`` (P-521) and ``iso20-ed448``.  Keys can be read by their owner alone.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from keym.x509 import pem
from keym.x509.profile import Use
from tools.pki.broken.variants import Variant, variants
from tools.pki.maker import STEMS, Pki, succeed
from tools.pki.recipe import Entity, written_key
from tools.pki.status import crl, ocsp_response

README = """\
Test PKI for ISO 15118, made by 'v2g pki make'.

THESE ARE TEST KEYS.  Never trust these roots in a vehicle or a station that meets the public, and
never use these keys for anything but tests.  Anybody who has this folder can sign as anybody in it.
"""
REVOKED = "revoked.txt"
BESIDE = "-x448"
"""Behind the name of an Ed448 key: the key beside it that agrees on secrets."""


class FolderTrouble(Exception):
    """The folder cannot be written or read; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes into one folder; keys are locked with ``password`` if there is one."""

    base: Path
    password: str | None = None

    def text(self, name: str, content: str) -> None:
        self.octets(name, content.encode())

    def octets(self, name: str, content: bytes) -> None:
        path = self.base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def secret(self, name: str, content: bytes) -> None:
        """A file that nobody but the owner could ever read."""
        path = self.base / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.chmod(0o700)
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)

    def key(self, name: str, entity: Entity) -> None:
        self.secret(name, entity.key_pem(self.password))

    def within(self, folder: str) -> "Writer":
        return Writer(self.base / folder, self.password)


def prepared(base: Path, *, force: bool) -> Writer:
    """An empty folder to write into; ``force`` takes one that is not empty."""
    if base.exists() and not base.is_dir():
        raise FolderTrouble(f"{base} is a file; name a folder")
    if base.is_dir() and any(base.iterdir()) and not force:
        raise FolderTrouble(
            f"{base} is not empty; name another folder, or overwrite with --force (force=True)"
        )
    base.mkdir(parents=True, exist_ok=True)
    return Writer(base)


def write(pki: Pki, writer: Writer) -> None:
    """The whole PKI, with answers about revocation that are fresh at its time."""
    for entity in pki:
        writer.octets(f"certs/{entity.name}.pem", entity.pem)
        writer.octets(f"certs/{entity.name}.der", entity.der)
        writer.key(f"keys/{entity.name}.key", entity)
        if entity.agreement is not None:
            octets = written_key(entity.agreement, writer.password)
            writer.secret(f"keys/{entity.name}{BESIDE}.key", octets)
        if entity.issuer is None:
            kind = entity.name.removesuffix("_root")
            writer.octets(f"trust/{kind}.pem", entity.pem)
            continue
        writer.octets(f"status/{entity.name}.ocsp", ocsp_response(entity, pki.at))
        if not is_authority(entity):
            writer.octets(f"chains/{entity.name}.pem", entity.chain_pem)
    for entity in pki:
        if is_authority(entity):
            writer.octets(f"status/{entity.name}.crl", crl(entity, (), pki.at))


def write_successor(pki: Pki, writer: Writer) -> None:
    """A second V2G root of the same name, the bridge to it, and station chains under it."""
    fresh, bridge = succeed(pki)
    sub2 = fresh.issue("cpo_sub2", fresh.recipe("cpo_sub2"), "v2g_root")
    short = fresh.issue("secc", fresh.recipe("secc"), sub2)
    writer.octets("v2g_root.pem", fresh["v2g_root"].pem)
    writer.octets("v2g_bridge.pem", bridge.pem)
    writer.octets("secc_chain.pem", fresh["secc"].chain_pem)
    writer.key("secc.key", fresh["secc"])
    writer.octets("secc_bridged_chain.pem", short.chain_pem + bridge.pem)
    writer.key("secc_bridged.key", short)


def write_variants(pki: Pki, writer: Writer) -> int:
    """One folder per fault; returns how many."""
    count = 0
    for use in Use:
        if STEMS[use][2] in pki.entities:
            for bad in variants(pki, use):
                _write_variant(bad, writer.within(f"bad/{use.value}/{bad.name}"))
                count += 1
    return count


def _write_variant(bad: Variant, writer: Writer) -> None:
    writer.octets("chain.pem", b"".join(map(pem.encode, bad.chain)))
    writer.key("leaf.key", bad.leaf)
    if bad.staple is not None:
        writer.octets("staple.ocsp", bad.staple)
    writer.text("about.txt", f"{bad.title}\nto be refused: {bad.reason.value}\n")


def is_authority(entity: Entity) -> bool:
    recipe = entity.recipe
    if recipe is not None:
        return bool(recipe.authority)
    try:
        found = entity.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return found.value.ca


def read(base: Path, password: str | None = None) -> dict[str, Entity]:
    """The certificates of one edition's folder with their keys, each knowing its issuer.

    A name is the file's name without its suffix.
    """
    folder = base / "certs"
    if not folder.is_dir():
        raise FolderTrouble(f"{base} holds no test PKI: there is no folder {folder}")
    loose = [_read_one(base, path, password) for path in sorted(folder.glob("*.der"))]
    found: dict[str, Entity] = {}
    while loose:
        ready = [entity for entity in loose if _is_root(entity) or _issuer(entity, found)]
        if not ready:
            raise FolderTrouble(f"the issuer of {loose[0].name} is not in {folder}")
        for entity in ready:
            found[entity.name] = replace(entity, issuer=_issuer(entity, found))
        loose = [entity for entity in loose if entity.name not in found]
    return found


def _read_one(base: Path, path: Path, password: str | None) -> Entity:
    name = path.stem
    key_file = base / "keys" / f"{name}.key"
    lock = (password and password.encode()) or None
    beside = base / "keys" / f"{name}{BESIDE}.key"
    try:
        certificate = x509.load_der_x509_certificate(path.read_bytes())
        key = load_pem_private_key(key_file.read_bytes(), lock)
        agreement = load_pem_private_key(beside.read_bytes(), lock) if beside.exists() else None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        detail = f"{path} or {key_file} cannot be read; is the password right?"
        raise FolderTrouble(detail) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey):
        raise FolderTrouble(f"{key_file} is not a key of a charging PKI")
    if not isinstance(agreement, X448PrivateKey | None):
        raise FolderTrouble(f"{beside} is not an X448 key")
    return Entity(name, certificate, key, agreement=agreement)


def _is_root(entity: Entity) -> bool:
    return entity.certificate.subject == entity.certificate.issuer


def _issuer(entity: Entity, found: dict[str, Entity]) -> Entity | None:
    if _is_root(entity):
        return None
    for candidate in found.values():
        if candidate.certificate.subject == entity.certificate.issuer:
            return candidate
    return None
