"""Measures the certificate room: making a PKI, reading, judging, the store.

Judging is measured with an empty memory (a chain never met) and again right after, as TLS does
when it asks about the staple of the chain it has just asked about.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from csm.handles import KeyHandle
from keym.calendar import Moment
from keym.judging.judge import Judge, Question
from keym.judging.verdict import Anchor
from keym.keeping.shelf import FolderShelf
from keym.keeping.store import CertificateStore
from keym.x509.certificate import parse
from keym.x509.profile import RootKind, Use
from tools.pki.make import KINDS
from tools.pki.maker import Pki, make
from tools.pki.status import ocsp_response

AT = datetime(2026, 6, 1, tzinfo=timezone.utc)
ROUNDS = 200


class Still:
    def moment(self) -> Moment:
        return Moment(AT)


def main() -> None:
    for kind, chosen in KINDS.items():
        pki = make(chosen.edition, AT, chosen.key_type)
        _say(f"{kind}: make a whole PKI", partial(make, chosen.edition, AT, chosen.key_type), 20)
        _say(f"{kind}: read a certificate", partial(parse, pki["secc"].der))
        _judging(kind, pki)
    _store()


def _judging(kind: str, pki: Pki) -> None:
    anchors = [Anchor(k, parse(der)) for k, roots in pki.roots().items() for der in roots]
    staple = ocsp_response(pki["secc"], AT)
    question = Question(Use.SECC, pki.edition, pki["secc"].chain, (staple,))
    assert Judge(lambda: anchors, Still()).judge(question).trusted
    _say(f"{kind}: judge a new chain", lambda: Judge(lambda: anchors, Still()).judge(question))
    judge = Judge(lambda: anchors, Still())
    _say(f"{kind}: judge it again", lambda: judge.judge(question))
    broken = (*question.chain[:1], b"\x30\x80" * 2000)
    bad = Question(Use.SECC, pki.edition, broken)
    _say(f"{kind}: refuse a broken one", lambda: judge.judge(bad))


def _store() -> None:
    pki = make(KINDS["iso2"].edition, AT)
    with tempfile.TemporaryDirectory(prefix="pilotwire-bench-") as folder:
        store = CertificateStore(FolderShelf(Path(folder)))
        store.add_root(RootKind.V2G, pki["v2g_root"].der)
        key = KeyHandle("software", "contract")
        chain = pki["contract"].chain
        _say("store: keep a contract", lambda: store.add(Use.CONTRACT, pki.edition, chain, key), 50)
        _say("store: load all", lambda: CertificateStore(FolderShelf(Path(folder))).load())


def _say(what: str, work: Callable[[], object], rounds: int = ROUNDS) -> None:
    spans = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        spans.append(time.perf_counter() - begin)
    print(f"  {what:40} {statistics.median(spans) * 1e3:8.3f} ms")
