"""The driver that carries OCSP and CRL questions over HTTP.

The calls block and so run on a worker.  Sizes and times are bounded, nothing is followed: what a
responder says is signed, and what it does not say is somebody else's fault.
"""

from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from bsw.os.worker import Outcome, Worker, WorkerFull
from keym.asking.fetch import Fetched, Inquiry
from keym.judging.status import LARGEST_LIST, LARGEST_RESPONSE

TIMEOUT_S = 5.0


class HttpFetcher:
    """A ``StatusFetcher`` on plain HTTP.

    ``instead`` replaces the addresses in certificates, for a station whose back end or proxy
    answers for all responders.
    """

    def __init__(
        self, worker: Worker, *, timeout_s: float = TIMEOUT_S, instead: str | None = None
    ) -> None:
        self._worker = worker
        self._timeout_s = timeout_s
        self._instead = instead

    def fetch(self, url: str, inquiry: Inquiry | None, done: Callable[[Fetched], None]) -> None:
        request = None if inquiry is None else inquiry.request
        address = self._instead if self._instead is not None and request is not None else url

        def arrived(outcome: Outcome[Fetched]) -> None:
            done(outcome.result())

        try:
            self._worker.submit(
                "ocsp" if request is not None else "crl",
                lambda: exchange(address, request, self._timeout_s),
                arrived,
            )
        except WorkerFull as error:
            done(Fetched(None, str(error)))


def exchange(url: str, request: bytes | None, timeout_s: float) -> Fetched:
    """One request and its answer.  Never raises: what goes wrong is told in words."""
    try:
        return _exchange(url, request, timeout_s)
    except (OSError, HTTPException, ValueError) as error:
        return Fetched(None, f"{url}: {str(error) or type(error).__name__}")


def _exchange(url: str, request: bytes | None, timeout_s: float) -> Fetched:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        return Fetched(None, f"{url}: only http addresses are asked")
    connection = HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout_s)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        if request is None:
            connection.request("GET", target)
        else:
            headers = {"Content-Type": "application/ocsp-request"}
            connection.request("POST", target, body=request, headers=headers)
        response = connection.getresponse()
        limit = LARGEST_LIST if request is None else LARGEST_RESPONSE
        octets = response.read(limit + 1)
        if response.status != 200:
            return Fetched(None, f"{url}: HTTP status {response.status}")
        if len(octets) > limit:
            return Fetched(None, f"{url}: the answer is larger than {limit} octets")
        return Fetched(octets)
    finally:
        connection.close()
