"""Questions about certificates that a back end takes to responders: a ``StatusFetcher`` of its own.

Until there is a back end, nobody answers.  Lists are not fetched this way.
"""

import binascii
from base64 import b64decode
from collections.abc import Callable
from typing import Protocol

from keym.asking.fetch import Fetched, Inquiry
from keym.judging.status import CertId

Told = Callable[[str | None], None]


class Asker(Protocol):
    """Whoever asks the back end; base 64 comes back, or nothing."""

    def __call__(self, about: CertId, responder: str, done: Told, /) -> None: ...


class BackendStatus:
    """Implements ``keym.asking.fetch.StatusFetcher``."""

    def __init__(self) -> None:
        self._ask: Asker | None = None

    def asked_through(self, ask: Asker) -> None:
        """There is a back end from now on."""
        self._ask = ask

    def fetch(self, url: str, inquiry: Inquiry | None, done: Callable[[Fetched], None]) -> None:
        if inquiry is None or self._ask is None:
            done(Fetched(None, "the back end is asked about single certificates only"))
            return

        def told(result: str | None) -> None:
            try:
                octets = None if result is None else b64decode(result, validate=True)
            except binascii.Error:
                octets = None
            problem = "" if octets else "the back end has no answer of the responder"
            done(Fetched(octets or None, problem))

        self._ask(CertId.of(inquiry.pair.certificate, inquiry.pair.issuer), url, told)
