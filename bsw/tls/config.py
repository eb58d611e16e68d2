"""What an integrator may set about TLS.  The defaults are the norm's, and the safe choice."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.references import NewPath
from bsw.tls.port import TlsProfile
from bsw.tls.profile import EXTRA_SUITES, LAB_P256, RULES, Rules

FRAGMENTS = {0: 0, 512: 1, 1024: 2, 2048: 3, 4096: 4}
"""Octets of the longest record, and the code that asks for it (RFC 6066)."""


def _known_suite(name: str) -> str:
    if "ECDH_ECDSA" in name.upper() or name.lower() == "0xc025":
        raise ValueError(f"{name} needs static ECDH, which OpenSSL dropped in 1.1; leave it out")
    if name not in EXTRA_SUITES:
        raise ValueError(f"{name!r} is not one of {', '.join(EXTRA_SUITES)}")
    return name


ExtraSuite = Annotated[str, AfterValidator(_known_suite)]


class TlsConfig(Part):
    profiles: Annotated[tuple[TlsProfile, ...], Field(min_length=1, examples=["[iso20, iso2]"])] = (
        TlsProfile.ISO20,
        TlsProfile.ISO2,
    )
    """What a vehicle offers or a station serves, best first: iso20 is TLS 1.3, iso2 TLS 1.2."""

    ask_staple: bool = True
    """The vehicle asks for an OCSP response; what a missing one means is for trust to say."""

    extra_suites: Annotated[
        tuple[ExtraSuite, ...], Field(examples=["[ECDHE-ECDSA-AES128-GCM-SHA256]"])
    ] = ()
    """Suites of ISO 15118-2 beyond the norm, which some peers offer alone."""

    longest_record: Literal[0, 512, 1024, 2048, 4096] = 0
    """Octets of a record the vehicle can take at most; 0 asks for nothing."""

    middlebox_compatibility: bool = False
    """The dummy records of TLS 1.3 for old middleboxes; they break some vehicles."""

    lab_p256_in_tls13: bool = False
    """Take P-256 in TLS 1.3, as many test PKIs have it.  Outside the norm."""

    lab_key_log_file: NewPath | None = None
    """Session keys are written here, for Wireshark: whoever has the file can read along."""

    def problems(self) -> Iterable[Wrong]:
        if len(set(self.profiles)) < len(self.profiles):
            yield Wrong("profiles", "each profile once", "[iso20, iso2]")

    def rules(self, profile: TlsProfile) -> Rules:
        if profile is TlsProfile.ISO20:
            return LAB_P256 if self.lab_p256_in_tls13 else RULES[profile]
        rules = RULES[profile]
        extra = {name: EXTRA_SUITES[name] for name in self.extra_suites}
        return replace(rules, suites=rules.suites | extra)


class TlsMisconfigured(ValueError):
    """A configuration that cannot work with the certificates that are there."""
