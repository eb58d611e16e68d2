"""Root hints: which anchors one side holds, and which chain of the other fits them.

A vehicle names its roots in the ClientHello, by hash in TLS 1.2 (trusted_ca_keys) and by name in
TLS 1.3 (certificate_authorities); a station names its own when it asks for the vehicle's
certificate.  Whoever has several chains shows one that ends in a named root; if none does, the
first [V2G2-871].
"""

import hashlib
from collections.abc import Iterable, Sequence

from bsw.der import DerError
from bsw.tls.hello import HintKind, RootHint
from bsw.tls.outline import Outline, name_text, outline
from bsw.tls.port import Credential


def sha1(octets: bytes) -> bytes:
    """RFC 6066 fixes this hash.  It names a root; nothing is trusted because of it."""
    return hashlib.sha1(octets, usedforsecurity=False).digest()


def trusted_ca_keys(roots: Iterable[bytes]) -> bytes:
    """The extension's body: one cert_sha1_hash per root [V2G2-651]."""
    entries = b"".join(bytes((HintKind.CERTIFICATE_SHA1,)) + sha1(root) for root in roots)
    return len(entries).to_bytes(2, "big") + entries


def subjects(roots: Iterable[bytes]) -> tuple[bytes, ...]:
    """Distinguished names of the roots, without repetition, for certificate_authorities."""
    found = (_outline(root) for root in roots)
    return tuple(dict.fromkeys(root.subject for root in found if root is not None))


def named_by_hash(credential: Credential, hints: Iterable[RootHint]) -> bool:
    return any(_fits(credential, hint) for hint in hints)


def named_by_name(credential: Credential, names: Iterable[bytes]) -> bool:
    return not set(names).isdisjoint(_names_above(credential))


def preferred(
    credentials: Sequence[Credential],
    keys: Sequence[RootHint] = (),
    names: Sequence[bytes] = (),
) -> Sequence[Credential]:
    """The credentials that fit the hints; all of them if none does or no hint was given."""
    fitting = [
        credential
        for credential in credentials
        if named_by_hash(credential, keys) or named_by_name(credential, names)
    ]
    return fitting or credentials


def hint_text(hint: RootHint) -> str:
    if hint.kind is HintKind.NAME:
        return name_text(hint.value)
    return f"{hint.kind.name.lower()}:{hint.value.hex()}"


def _fits(credential: Credential, hint: RootHint) -> bool:
    if hint.kind is HintKind.NAME:
        return hint.value in _names_above(credential)
    if credential.root is None:
        return False
    if hint.kind is HintKind.CERTIFICATE_SHA1:
        return hint.value == sha1(credential.root)
    if hint.kind is HintKind.KEY_SHA1:
        root = _outline(credential.root)
        return root is not None and hint.value in {sha1(root.key_octets), sha1(root.spki)}
    return False


def _names_above(credential: Credential) -> set[bytes]:
    """Issuers along the chain, the anchor among them even if only its name is known."""
    outlines = [_outline(der) for der in (*credential.chain, credential.root) if der is not None]
    return {found.issuer for found in outlines if found is not None}


def _outline(certificate: bytes) -> Outline | None:
    try:
        return outline(certificate)
    except DerError:
        return None
