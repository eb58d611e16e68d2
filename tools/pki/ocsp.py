"""``v2g pki ocsp DIR``: an OCSP responder and CRL server for a test PKI, on this machine only.

What is revoked stands in ``DIR/revoked.txt``, one ``KIND/NAME`` per line, and is read anew for
each answer, so ``v2g pki revoke`` takes effect at once.
"""

import argparse
import base64
import binascii
import contextlib
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from cryptography import x509
from cryptography.x509 import ocsp

from keym.judging.status import CertId
from keym.x509.certificate import parse
from tools.pki import folder
from tools.pki.folder import FolderTrouble
from tools.pki.make import KINDS, password_of
from tools.pki.recipe import Entity
from tools.pki.status import Status, Validity, crl, ocsp_refusal, ocsp_response

LARGEST_REQUEST = 8 * 1024
_HASHES = ("sha1", "sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class Responder:
    """Requests in, responses out; no socket.

    ``revoked`` names entities as ``KIND/NAME``; ``hours`` is how long an answer holds.
    """

    entities: dict[str, Entity]
    revoked: Callable[[], frozenset[str]]
    now: Callable[[], datetime]
    hours: float = 24.0

    def answer(self, request: bytes) -> bytes:
        """The OCSP response to a request; what cannot be answered is refused in OCSP's words."""
        try:
            asked = ocsp.load_der_ocsp_request(request)
            name = self._find(asked)
        except (ValueError, TypeError, NotImplementedError):
            return ocsp_refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if name is None:
            return ocsp_refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        at = self.now()
        return ocsp_response(
            self.entities[name],
            at,
            Status.REVOKED if name in self.revoked() else Status.GOOD,
            validity=self._validity(at),
            nonce=_nonce(asked),
            hash_algorithm=asked.hash_algorithm,
        )

    def list(self, name: str) -> bytes | None:
        """The CRL of an authority, by ``KIND/NAME``."""
        authority = self.entities.get(name)
        if authority is None or not folder.is_authority(authority):
            return None
        taken_back = [
            self.entities[one]
            for one in sorted(self.revoked())
            if one in self.entities and self.entities[one].issuer is authority
        ]
        at = self.now()
        return crl(authority, taken_back, at, validity=self._validity(at))

    def _validity(self, at: datetime) -> Validity:
        begin = at.replace(microsecond=0)
        return Validity(begin, begin + timedelta(hours=self.hours))

    def find(self, request: bytes) -> str | None:
        """The ``KIND/NAME`` that a request asks about; raises ``ValueError`` if it is none."""
        return self._find(ocsp.load_der_ocsp_request(request))

    def _find(self, asked: ocsp.OCSPRequest) -> str | None:
        """Which certificate is meant; serial and both hashes of its issuer have to fit."""
        for name, entity in self.entities.items():
            issuer = entity.issuer
            if issuer is None or entity.certificate.serial_number != asked.serial_number:
                continue
            wanted = CertId(
                asked.hash_algorithm.name,
                asked.issuer_name_hash,
                asked.issuer_key_hash,
                asked.serial_number,
            )
            if wanted.hash in _HASHES and wanted.means(parse(entity.der), parse(issuer.der)):
                return name
        return None


def _nonce(asked: ocsp.OCSPRequest) -> bytes | None:
    with contextlib.suppress(x509.ExtensionNotFound):
        return asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    return None


def responder(base: Path, password: str | None, hours: float) -> Responder:
    """For all kinds in a folder that ``v2g pki make`` wrote."""
    entities = {
        f"{kind}/{name}": entity
        for kind in KINDS
        if (base / kind).is_dir()
        for name, entity in folder.read(base / kind, password).items()
    }
    if not entities:
        raise FolderTrouble(f"{base} holds no test PKI; make one with: v2g pki make {base}")
    return Responder(entities, lambda: revoked_in(base), lambda: datetime.now(timezone.utc), hours)


def revoked_in(base: Path) -> frozenset[str]:
    try:
        lines = (base / folder.REVOKED).read_text().splitlines()
    except FileNotFoundError:
        return frozenset()
    return frozenset(line.strip() for line in lines if line.strip() and line[0] != "#")


class _Server(ThreadingHTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = True

    def __init__(self, address: tuple[str, int], answers: Responder) -> None:
        self.answers = answers
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    timeout = 5.0
    server: _Server

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST_REQUEST:
            self.send_error(413)
            return
        self._send(self.server.answers.answer(self.rfile.read(int(length))), "ocsp-response")

    def do_GET(self) -> None:
        path = unquote(self.path)
        if path.startswith("/crl/"):
            found = self.server.answers.list(path.removeprefix("/crl/").removesuffix(".crl"))
            if found is None:
                self.send_error(404)
            else:
                self._send(found, "pkix-crl")
            return
        if not path.startswith("/ocsp/"):
            self.send_error(404)
            return
        try:
            request = base64.b64decode(path.removeprefix("/ocsp/"), validate=True)
        except binascii.Error:
            request = b""
        self._send(self.server.answers.answer(request), "ocsp-response")

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"application/{kind}")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def serve(answers: Responder, port: int) -> ThreadingHTTPServer:
    """A server on the loopback address; port 0 takes a free one.  The caller runs and closes it."""
    return _Server(("::1", port), answers)


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="made by v2g pki make")
    parser.add_argument("--port", type=int, default=15180, help="on [::1] (default: 15180)")
    parser.add_argument("--hours", type=float, default=24.0, help="how long an answer holds")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="of encrypted keys")


def run(args: argparse.Namespace) -> int:
    try:
        answers = responder(args.folder, password_of(args.password_file), args.hours)
        server = serve(answers, args.port)
    except (FolderTrouble, OverflowError) as error:
        print(f"v2g pki ocsp: {error}", file=sys.stderr)
        return 2
    port = server.server_address[1]
    print(f"OCSP at http://[::1]:{port}/ocsp, CRLs at http://[::1]:{port}/crl/KIND/NAME.crl")
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    server.server_close()
    return 0
