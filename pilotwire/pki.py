"""Test PKIs in memory or as files, and the judge of certificate chains.

TEST keys: whoever has a PKI made here can sign as anybody in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from keym.calendar import Moment
from keym.judging.judge import Judge, Policy, Question
from keym.judging.revocation import Demand
from keym.judging.verdict import Anchor, Finding, Reason, Rule, Verdict
from keym.x509 import pem
from keym.x509.certificate import Malformed, parse
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from tools.pki import folder
from tools.pki.broken.variants import Variant, variants
from tools.pki.make import KINDS
from tools.pki.maker import Pki, Plan, build
from tools.pki.reading import guess
from tools.pki.recipe import Entity

__all__ = [
    "Edition",
    "Entity",
    "Finding",
    "Reason",
    "RootKind",
    "Rule",
    "TestPki",
    "Use",
    "Variant",
    "Verdict",
    "judge",
    "make",
]


@dataclass(frozen=True, slots=True)
class TestPki:
    """All roots, authorities and leaves of one edition; ``secc``, ``contract``, ``v2g_root``..."""

    __test__ = False  # pytest shall not take it for a test

    whole: Pki

    def __getitem__(self, name: str) -> Entity:
        """``.der``, ``.pem``, ``.chain`` (leaf first, DER), ``.chain_pem``, ``.key``."""
        if name not in self.whole.entities:
            raise KeyError(f"there is no {name!r}; there are {', '.join(self.whole.entities)}")
        return self.whole[name]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.whole.entities)

    @property
    def at(self) -> datetime:
        """The moment around which everything is valid."""
        return self.whole.at

    @property
    def roots(self) -> tuple[bytes, ...]:
        """Every root, in DER."""
        return tuple(der for ders in self.whole.roots().values() for der in ders)

    def bad(self, use: Use | str = Use.SECC) -> dict[str, Variant]:
        """The chain of this use with one fault each: ``.chain``, ``.reason``, ``.title``."""
        return {bad.name: bad for bad in variants(self.whole, Use(use))}

    def write(self, base: Path | str, *, force: bool = False) -> None:
        """As ``v2g pki make`` lays it out, into a new folder; ``force`` takes one with files."""
        writer = folder.prepared(Path(base), force=force)
        writer.text("README.txt", folder.README)
        folder.write(self.whole, writer.within(self.whole.edition.value))

    def judge(
        self,
        chain: Iterable[bytes],
        use: Use | str = Use.SECC,
        staples: Sequence[bytes | None] = (),
    ) -> Verdict:
        """Judged by who trusts exactly these roots, at the PKI's own moment."""
        edition, at = self.whole.edition, self.at
        return judge(chain, self.roots, use, edition=edition, at=at, staples=staples)


def make(kind: str = "iso2", *, at: datetime | None = None, single_root: bool = False) -> TestPki:
    """``iso2``, ``iso20`` or ``iso20-ed448``, valid around ``at`` (default: now)."""
    if kind not in KINDS:
        raise ValueError(f"no kind of PKI {kind!r}; there are {', '.join(KINDS)}")
    chosen, moment = KINDS[kind], at or datetime.now(timezone.utc)
    plan = Plan(chosen.edition, chosen.key_type, moment, single_root=single_root)
    return TestPki(build(plan))


@dataclass(frozen=True, slots=True)
class _Still:
    at: datetime

    def moment(self) -> Moment:
        return Moment(self.at)


def judge(
    chain: Iterable[bytes] | bytes,
    roots: Iterable[bytes],
    use: Use | str = Use.SECC,
    *,
    edition: Edition | str | None = None,
    at: datetime | None = None,
    staples: Sequence[bytes | None] = (),
    revocation: Demand | str = Demand.SOFT,
    identity: str | None = None,
) -> Verdict:
    """Whether a chain may be used for this: ``.trusted``, ``.reason``, ``.findings``.

    ``chain`` is DER, leaf first, or one PEM text; ``roots`` are DER or PEM.  A root that cannot be
    read is a ``ValueError``; whatever is wrong with the chain stands in the verdict.
    """
    ders = _ders([chain] if isinstance(chain, bytes) else chain)
    wanted = Use(use)
    anchors = [_anchor(der, wanted) for der in _ders(roots)]
    asked = Question(wanted, _edition(edition, ders), ders, staples, identity)
    calendar = _Still(at or datetime.now(timezone.utc))
    return Judge(lambda: anchors, calendar).judge(asked, Policy(Demand(revocation)))


def _ders(given: Iterable[bytes]) -> list[bytes]:
    return [
        der for one in given for der in (pem.certificates(one) if pem.looks_like(one) else [one])
    ]


def _anchor(der: bytes, use: Use) -> Anchor:
    try:
        root = parse(der)
    except Malformed as error:
        raise ValueError(f"a root cannot be read: {error}") from None
    return Anchor(guess.root_kind_of(root, use), root)


def _edition(named: Edition | str | None, chain: Sequence[bytes]) -> Edition:
    if named is not None:
        return Edition(named)
    try:
        return guess.edition_of(parse(chain[0]))
    except (Malformed, IndexError):
        return Edition.ISO2
