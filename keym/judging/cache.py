"""What the judge has worked out before: parsed certificates and checked signatures.

Both are plain functions of the octets, so remembering them changes no verdict.  A handshake asks
about the same chain twice, and a station meets the same sub-CAs all day.  The memory is bounded;
what was learned first goes first.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from keym.x509.certificate import Certificate, parse

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Memory:
    def __init__(self, bound: int = 256) -> None:
        self._bound = bound
        self._parsed: OrderedDict[bytes, Certificate] = OrderedDict()
        self._signed: OrderedDict[tuple[bytes, bytes], bool] = OrderedDict()

    def parse(self, octets: bytes) -> Certificate:
        """Raises ``Malformed`` as ``keym.certificate.parse`` does; failures are not kept."""
        return self._recall(self._parsed, octets, lambda: parse(octets))

    def signed_by(self, certificate: Certificate, issuer: Certificate) -> bool:
        key = (certificate.der, issuer.spki)
        return self._recall(self._signed, key, lambda: certificate.signed_by(issuer))

    def knows(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Whether asking about this signature costs nothing."""
        return (certificate.der, issuer.spki) in self._signed

    def _recall(
        self, kept: "OrderedDict[_Key, _Value]", key: _Key, work_out: Callable[[], _Value]
    ) -> _Value:
        """Each step is one operation of the interpreter: a handshake on a worker may ask too."""
        value = kept.get(key)
        if value is None:
            value = work_out()
            kept[key] = value
            if len(kept) > self._bound:
                kept.popitem(last=False)
        return value
