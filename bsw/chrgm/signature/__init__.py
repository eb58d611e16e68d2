"""XML signatures over EXI fragments, as Plug & Charge uses them.

What is signed is the EXI fragment of an element, by its digest in a ``SignedInfo`` whose own EXI
fragment is what the key signs.  This room knows elements, digests and algorithm names; keys and
the arithmetic come through the ports of ``bsw.crypto``.  ``iso2`` and ``iso20`` have one ``Scheme``
each and say which elements of which message are signed::

    signature = sign(iso2.SCHEME, iso2.signed_elements(request), signer)
    verify(iso2.SCHEME, signature, iso2.signed_elements(request), public_key, verifier)

With a key in a slow token ``Draft`` splits signing in two: make it, give ``draft.to_sign`` to a
job, and put the result into ``draft.signature``.
"""

from bsw.chrgm.signature.check import Checked, Claim, SignatureRules, examine, verify
from bsw.chrgm.signature.draft import Draft, sign
from bsw.chrgm.signature.flaws import Flaw, SignatureFlaw
from bsw.chrgm.signature.scheme import Scheme, Signable, Suite

__all__ = [
    "Checked",
    "Claim",
    "Draft",
    "Flaw",
    "Scheme",
    "Signable",
    "SignatureFlaw",
    "SignatureRules",
    "Suite",
    "examine",
    "sign",
    "verify",
]
