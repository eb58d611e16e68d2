"""What an integrator may set about certificates: where they are kept, how strictly they are judged.

The defaults are the norm's.  A rule is switched off by its name, for one use, so that a report
says exactly what is tolerated.  Pure data: who judges nothing needs no cryptography to be
configured; ``keym.wiring`` makes policies of it.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bsw.ecuc.part import Part
from bsw.ecuc.quantities import TIME, Duration, between
from bsw.ecuc.references import NewPath
from bsw.os.clock import S
from csm.config import state_folder

ToleratedRule = Literal[
    "authority-key-id",
    "basic-constraints-critical",
    "branch",
    "country",
    "domain",
    "extensions",
    "key-type",
    "key-usage-critical",
    "levels",
    "order",
    "purpose",
    "revocation-pointer",
    "root-signs-leaf",
    "size",
    "subject",
    "time",
    "unnamed-branch",
]
DemandName = Literal["strict", "stapled", "soft-fail", "off"]


def certificate_folder() -> Path:
    return state_folder().parent / "certificates"


class JudgeConfig(Part):
    """How the chains of one use are judged."""

    revocation: DemandName | None = Field(default=None, examples=["strict"])
    """strict: no proof of good standing, no trust; stapled: proof may be missing, but what is
    shown has to hold; soft-fail: only "revoked" refuses; off.

    Unset: a station's chain strict, or stapled where the session's profile has
    ``accept_missing_staple``; all others soft-fail.
    """

    whole_chain: bool = False
    """Ask for the standing of the sub-CAs as well as for that of the leaf."""

    tolerate: tuple[ToleratedRule, ...] = Field(default=(), examples=["[domain]"])
    """Rules of the profile that only make a remark.  For a lab or a known peer."""


class OcspConfig(Part):
    """Asking responders oneself, besides what is stapled."""

    fetch: bool = False
    responder: Annotated[str, Field(pattern=r"http://.+")] | None = Field(
        default=None, examples=["http://[::1]:15180/ocsp"]
    )
    """Ask here instead of at the addresses in the certificates."""

    within: Annotated[Duration, between("100 ms", "30 s", TIME)] = 5 * S


class ExchangeConfig(Part):
    """How ISO 15118-20 signs messages and encloses keys where a peer does it otherwise."""

    lab_other_suites: bool = False
    """Sign and accept with P-256 and the contracts of ISO 15118-2, and accept Ed448 by the name
    of W3C, as some peers do.  Outside the norm."""

    lab_whole_request: bool = False
    """Sign all of a CertificateInstallationReq instead of the chain in it."""

    lab_bare_kdf: bool = False
    """Derive keys for delivered contracts without OtherInfo."""

    lab_no_aad: bool = False
    """Leave the identities out of what authenticates a delivered key."""


class KeymConfig(Part):
    folder: NewPath = Field(default_factory=certificate_folder)
    """Where certificates are kept: one text file each."""

    peers: Literal["conformance", "field"] | None = Field(default=None, examples=["field"])
    """field: tolerate what PKIs that are out there do and what harms nobody.

    Unset: as the session's profile says (``lenient_chains``).
    """

    secc: JudgeConfig = JudgeConfig.model_construct()
    vehicle: JudgeConfig = JudgeConfig.model_construct()
    contract: JudgeConfig = JudgeConfig.model_construct()
    provisioning: JudgeConfig = JudgeConfig.model_construct()
    cps: JudgeConfig = JudgeConfig.model_construct()

    ocsp: OcspConfig = OcspConfig.model_construct()

    renew_contract_days: Annotated[int, Field(ge=0, le=365)] = 21
    """A contract that ends within so many days is renewed at the next chance."""

    most_contracts: Annotated[int, Field(ge=1, le=32)] = 3
    """How many contracts a vehicle of ISO 15118-20 takes in one installation."""

    exchange: ExchangeConfig = ExchangeConfig.model_construct()
