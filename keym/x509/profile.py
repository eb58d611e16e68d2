"""What each certificate of the charging PKIs has to look like: one table.

The checks judge by this table and the test PKI is made from it.  It knows nothing of encodings;
``keym.certificate`` reads certificates, ``keym.rules`` compares them with their profile.
"""

from dataclasses import dataclass
from enum import Enum, Flag

from keym.x509.edition import Edition


class KeyUse(Flag):
    """The bits of the keyUsage extension, in their order."""

    DIGITAL_SIGNATURE = 1 << 0
    NON_REPUDIATION = 1 << 1
    KEY_ENCIPHERMENT = 1 << 2
    DATA_ENCIPHERMENT = 1 << 3
    KEY_AGREEMENT = 1 << 4
    KEY_CERT_SIGN = 1 << 5
    CRL_SIGN = 1 << 6
    ENCIPHER_ONLY = 1 << 7
    DECIPHER_ONLY = 1 << 8


class NameRule(Enum):
    """What the common name has to be."""

    TEXT = "any text"
    EMAID = "an eMAID"
    PCID = "a PCID"
    EVCCID = "an EVCCID"


class RootKind(Enum):
    """Which root of trust an anchor is.  An anchor serves only the uses listed with them."""

    V2G = "v2g"
    OEM = "oem"
    MO = "mo"
    CPS = "cps"
    PRIVATE = "private"


class Use(Enum):
    """What somebody shows a certificate chain for."""

    SECC = "secc"
    VEHICLE = "vehicle"
    PROVISIONING = "provisioning"
    CONTRACT = "contract"
    CPS = "cps"


_AUTHORITY = KeyUse.KEY_CERT_SIGN | KeyUse.CRL_SIGN
_SIGN = KeyUse.DIGITAL_SIGNATURE
_AGREE = KeyUse.KEY_AGREEMENT
_CONTRACT = _SIGN | KeyUse.NON_REPUDIATION | KeyUse.KEY_ENCIPHERMENT | _AGREE


@dataclass(frozen=True, slots=True)
class LeafProfile:
    """The certificate at the end of a chain.

    ``demanded`` key uses must be there; ``usual`` ones are what certificates in the field carry.
    ``domain`` is the domain component that names the branch.
    """

    use: Use
    title: str
    domain: str
    demanded: KeyUse
    usual: KeyUse
    common_name: NameRule
    days: int
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A leaf, the authorities above it, and the anchors it may end in."""

    leaf: LeafProfile
    authority_title: str
    authority_domain: str
    authority_days: tuple[int, int]
    anchors: tuple[RootKind, ...]

    @property
    def own_domains(self) -> frozenset[str]:
        """Domain components an authority of this branch may carry.

        Only the branch of the stations carries that of the whole PKI, ``V2G``: elsewhere it would
        let a station operator's authority sign contracts or deliver them.
        """
        return frozenset({self.authority_domain, self.leaf.domain})


AUTHORITY_USAGE = _AUTHORITY
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
ANY_PURPOSE = "2.5.29.37.0"
PURPOSES = {
    SERVER_AUTH: "TLS server",
    CLIENT_AUTH: "TLS client",
    "1.3.6.1.5.5.7.3.3": "signing code",
    "1.3.6.1.5.5.7.3.4": "mail",
    "1.3.6.1.5.5.7.3.8": "time stamps",
    OCSP_SIGNING: "OCSP responder",
}
"""Extended key usages that are known to be no others."""
YEAR = 365

WHOLE = "V2G"
"""The domain component of the PKI as a whole: its root, and by tradition the stations' sub-CAs."""

BRANCH_DOMAINS = frozenset({WHOLE, "CPO", "CPS", "OEM", "MO"})
"""Domain components with a meaning; any other text says nothing about the branch."""

BRANCHES: dict[Use, Branch] = {
    branch.leaf.use: branch
    for branch in (
        Branch(
            LeafProfile(
                Use.SECC,
                "SECC",
                "CPO",
                demanded=_SIGN,
                usual=_SIGN | _AGREE,
                common_name=NameRule.TEXT,
                days=60,
                purpose=SERVER_AUTH,
            ),
            "CPO",
            "V2G",
            (4 * YEAR, YEAR),
            (RootKind.V2G, RootKind.PRIVATE),
        ),
        Branch(
            LeafProfile(
                Use.CPS,
                "CPS",
                "CPS",
                demanded=_SIGN,
                usual=_SIGN,
                common_name=NameRule.TEXT,
                days=90,
            ),
            "CPS",
            "CPS",
            (4 * YEAR, 2 * YEAR),
            (RootKind.V2G, RootKind.CPS),
        ),
        Branch(
            LeafProfile(
                Use.CONTRACT,
                "contract",
                "MO",
                demanded=_SIGN,
                usual=_CONTRACT,
                common_name=NameRule.EMAID,
                days=2 * YEAR,
            ),
            "MO",
            "MO",
            (4 * YEAR, 4 * YEAR),
            (RootKind.MO, RootKind.V2G),
        ),
        Branch(
            LeafProfile(
                Use.PROVISIONING,
                "OEM provisioning",
                "OEM",
                demanded=_SIGN | _AGREE,
                usual=_SIGN | _AGREE,
                common_name=NameRule.PCID,
                days=4 * YEAR,
            ),
            "OEM",
            "OEM",
            (8 * YEAR, 6 * YEAR),
            (RootKind.OEM, RootKind.V2G),
        ),
        Branch(
            LeafProfile(
                Use.VEHICLE,
                "vehicle",
                "OEM",
                demanded=_SIGN,
                usual=_SIGN,
                common_name=NameRule.EVCCID,
                days=4 * YEAR,
                purpose=CLIENT_AUTH,
            ),
            "vehicle",
            "OEM",
            (8 * YEAR, 6 * YEAR),
            (RootKind.OEM, RootKind.V2G),
        ),
    )
}

ROOT_DOMAINS: dict[RootKind, str | None] = {
    RootKind.V2G: "V2G",
    RootKind.OEM: "OEM",
    RootKind.MO: "MO",
    RootKind.CPS: "CPS",
    RootKind.PRIVATE: None,
}

MOST_AUTHORITIES = 2
"""Sub-CAs between a leaf and its anchor: three certificates below the root [V2G2-009]."""


def branch_is_binding(use: Use, edition: Edition) -> bool:
    """Whether a sub-CA has to say its branch where its root serves several.

    Who may sign for money or for a vehicle has to say so in either edition; a station's authority
    has to by ISO 15118-2 alone.
    """
    return use is not Use.SECC or domain_is_binding(edition)


def domain_is_binding(edition: Edition) -> bool:
    """Whether a leaf without its domain component is refused [V2G2-925].

    ISO 15118-20 does not repeat the rule: there only a *contradicting* component is refused.
    """
    return edition is Edition.ISO2
