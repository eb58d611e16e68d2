"""A contract as the back end is shown it: eMAID, chain, and what an OCSP request needs.

Public data only.  Knows nothing of the session; a chain that is too long for the interface is
left out, never cut.
"""

from base64 import encodebytes
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from typing import Final

from secc.api.literals import AuthorizationType, IdTokenType
from secc.api.objects import CertificateHashDataInfo, IdToken, ProvidedIdToken

LONGEST: Final = 5_500
MOST_HASHES: Final = 4


def contract_token(
    emaid: str, chain: tuple[bytes, ...], root: bytes = b"", *, whole: bool
) -> ProvidedIdToken:
    """``chain`` in DER, leaf first, as it was judged; it goes along where ``whole`` allows it.

    ``root`` is the one it ends in, as far as it is known here.
    """
    text = "".join(_pem(one) for one in chain)
    return ProvidedIdToken(
        id_token=IdToken(value=emaid, type=IdTokenType.EMAID),
        authorization_type=AuthorizationType.PLUG_AND_CHARGE,
        certificate=text if whole and len(text) <= LONGEST else None,
        iso15118CertificateHashData=list(_hashes(chain, root))[:MOST_HASHES] or None,
    )


def _pem(der: bytes) -> str:
    body = encodebytes(der).decode("ascii").replace("\n", "")
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


def _hashes(chain: tuple[bytes, ...], root: bytes) -> Iterator[CertificateHashDataInfo]:
    """Of each certificate whose issuer is here and that names a responder."""
    from keym.x509.certificate import parse  # noqa: PLC0415 - who judges contracts has it loaded

    ends = () if not root or root == chain[-1] else (root,)
    for subject, issuer in pairwise(parse(one) for one in (*chain, *ends)):
        for url in subject.extensions.ocsp_urls[:1]:
            yield CertificateHashDataInfo(
                hashAlgorithm="SHA256",
                issuerNameHash=sha256(subject.issuer.der).hexdigest(),
                issuerKeyHash=sha256(issuer.key_octets).hexdigest(),
                serialNumber=f"{subject.serial:x}"[:40],
                responderURL=url[:512],
            )
