"""What an integrator may set about TLS.  The defaults are the norm's, and the safe choice."""

from dataclasses import dataclass, replace

from bsw.tls.port import TlsProfile
from bsw.tls.profile import EXTRA_SUITES, LAB_P256, RULES, STATIC_ECDH, Rules

FRAGMENTS = {0: 0, 512: 1, 1024: 2, 2048: 3, 4096: 4}
"""Octets of the longest record, and the code that asks for it (RFC 6066)."""


@dataclass(frozen=True, slots=True)
class TlsConfig:
    """``profiles`` is what a vehicle offers or a station serves, best first.

    ``ask_staple``: the vehicle asks for an OCSP response; what a missing one means is for trust
    to say.  ``extra_suites`` widens ISO 15118-2 beyond the norm.  The two ``lab_`` switches weaken
    the connection and are for test benches: P-256 in TLS 1.3, and a file that takes the session
    keys so that Wireshark can read along.
    """

    profiles: tuple[TlsProfile, ...] = (TlsProfile.ISO20, TlsProfile.ISO2)
    ask_staple: bool = True
    extra_suites: tuple[str, ...] = ()
    longest_record: int = 0
    middlebox_compatibility: bool = False
    lab_p256_in_tls13: bool = False
    lab_key_log_file: str = ""

    def problems(self) -> list[str]:
        """Everything wrong at once, in the words of the file the user edited."""
        found = []
        if not self.profiles:
            found.append("tls.profiles: name at least one, e.g. [iso20, iso2]")
        if len(set(self.profiles)) < len(self.profiles):
            found.append("tls.profiles: each profile once")
        known = ", ".join(EXTRA_SUITES)
        for suite in self.extra_suites:
            if f"0x{STATIC_ECDH:x}" in suite.lower() or "ECDH_ECDSA" in suite.upper():
                found.append(
                    f"tls.extra_suites: {suite} needs static ECDH, which OpenSSL dropped in 1.1; "
                    "leave it out"
                )
            elif suite not in EXTRA_SUITES:
                found.append(f"tls.extra_suites: {suite!r} is not one of {known}")
        if self.longest_record not in FRAGMENTS:
            sizes = ", ".join(str(size) for size in FRAGMENTS)
            found.append(f"tls.longest_record: {self.longest_record} is not one of {sizes}")
        return found

    def rules(self, profile: TlsProfile) -> Rules:
        if profile is TlsProfile.ISO20:
            return LAB_P256 if self.lab_p256_in_tls13 else RULES[profile]
        rules = RULES[profile]
        extra = {name: EXTRA_SUITES[name] for name in self.extra_suites}
        return replace(rules, suites=rules.suites | extra)


class TlsMisconfigured(ValueError):
    """A configuration that cannot work; the text lists every problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def checked(config: TlsConfig) -> TlsConfig:
    found = config.problems()
    if found:
        raise TlsMisconfigured(found)
    return config
