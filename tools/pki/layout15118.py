"""The folder in which the ``iso15118`` package looks for its PKI, at ``PKI_PATH``.

That package reads one folder, ``iso15118_2``, for all protocols; sub-CAs are told apart by path
length 1 and 0, and each key has a text file with its password beside it, empty for none.
"""

from keym.x509.edition import Edition
from tools.pki.folder import Writer
from tools.pki.maker import Pki

EDITION = Edition.ISO2
"""Whose certificates it reads."""

_DER = {
    "v2gRootCACert": "v2g_root",
    "oemRootCACert": "oem_root",
    "moRootCACert": "mo_root",
    "cpoSubCA1Cert": "cpo_sub1",
    "cpoSubCA2Cert": "cpo_sub2",
    "seccLeafCert": "secc",
    "cpsSubCA1Cert": "cps_sub1",
    "cpsSubCA2Cert": "cps_sub2",
    "cpsLeafCert": "cps",
    "moSubCA1Cert": "mo_sub1",
    "moSubCA2Cert": "mo_sub2",
    "contractLeafCert": "contract",
    "oemSubCA1Cert": "oem_sub1",
    "oemSubCA2Cert": "oem_sub2",
    "oemLeafCert": "provisioning",
}
_CHAINS = {
    "cpoCertChain": "secc",
    "oemCertChain": "provisioning",
    "moCertChain": "contract",
    "cpsCertChain": "cps",
}
_KEYS = {
    "seccLeaf": ("secc", "seccLeafPassword"),
    "oemLeaf": ("provisioning", "oemLeafPassword"),
    "contractLeaf": ("contract", "contractLeafPassword"),
    "cpsLeaf": ("cps", "cpsLeafPassword"),
    "moSubCA2": ("mo_sub2", "moSubCA2LeafPassword"),
}


def write(pki: Pki, writer: Writer) -> None:
    base = writer.within("iso15118_2")
    for stem, name in _DER.items():
        base.octets(f"certs/{stem}.der", pki[name].der)
        base.octets(f"certs/{stem}.pem", pki[name].pem)
    for stem, name in _CHAINS.items():
        base.octets(f"certs/{stem}.pem", pki[name].chain_pem)
    for stem, (name, password_stem) in _KEYS.items():
        base.key(f"private_keys/{stem}.key", pki[name])
        password = writer.password or ""
        base.secret(f"private_keys/{password_stem}.txt", password.encode())
