"""The only things in the program that hold secret octets: ``Secret`` and ``PrivateKey``.

They print their size and nothing else, refuse to be pickled or copied, compare in constant time
and overwrite themselves when they are dropped.  Python may still hold copies it made on the
way; that is why a key lives in a driver and passes here for a moment only.
"""

import hmac
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn, final

from csm.handles import KeyKind


class SecretLeak(TypeError):
    """Somebody tried to write a secret down."""

    def __init__(self) -> None:
        super().__init__("a secret is neither pickled nor copied: pass it on, or keep a key handle")


@final
class Secret:
    """Octets nobody may see.  ``reveal`` is the one way in, easy to search for."""

    __slots__ = ("__weakref__", "_octets")

    def __init__(self, octets: bytes | bytearray) -> None:
        self._octets = bytearray(octets)

    def reveal(self) -> bytes:
        return bytes(self._octets)

    def is_text(self) -> bool:
        """Whether it is UTF-8 without a zero."""
        try:
            return "\0" not in self._octets.decode()
        except UnicodeDecodeError:
            return False

    def text(self) -> str:
        """For interfaces that want a PIN as text.  What is no UTF-8 was refused at its source."""
        return self._octets.decode()

    def wipe(self) -> None:
        self._octets[:] = bytes(len(self._octets))
        self._octets.clear()

    def __len__(self) -> int:
        return len(self._octets)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._octets, other._octets)

    __hash__ = None  # type: ignore[assignment]  # nothing about it may depend on its octets

    def __repr__(self) -> str:
        return f"<secret of {len(self)} octets>"

    def __enter__(self) -> "Secret":
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def __del__(self) -> None:
        with suppress(AttributeError):  # what was never made
            self.wipe()

    def __reduce__(self) -> NoReturn:
        raise SecretLeak


@final
@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private or symmetric key on its way into a driver.

    The octets are the scalar, big endian and of full width, for P-256 and P-521; the raw key of
    RFC 8032 and RFC 7748 for Ed448 and X448; the key itself for the symmetric kinds.
    """

    kind: KeyKind
    secret: Secret

    def __enter__(self) -> "PrivateKey":
        return self

    def __exit__(self, *_: object) -> None:
        self.secret.wipe()
