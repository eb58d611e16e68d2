"""What one connection is asked during its handshake, what it answered, and what it learnt.

It puts each certificate question to ``Trust`` and remembers the verdict; no connection becomes
open unless a verdict is remembered for it.
"""

import ssl
from collections.abc import Sequence

from bsw.crypto import KeyType, key_type
from bsw.der import DerError
from bsw.os.worker import attempt
from bsw.tls.config import TlsConfig
from bsw.tls.context import show_on
from bsw.tls.hello import TLS13, ClientHello
from bsw.tls.hints import hint_text, preferred
from bsw.tls.hooks import Alert
from bsw.tls.key import SigningKey
from bsw.tls.libssl import libssl
from bsw.tls.outline import name_text, outline
from bsw.tls.port import Credential, TlsFacts, TlsFailure, TlsProfile, TlsReason, Trust
from bsw.tls.profile import GROUP_NAMES, SUITE_NAMES
from bsw.tls.reasons import ABOUT_ROOTS, refused, unusable

LARGEST_STAPLE = 16_000
"""Octets of an OCSP response; TLS 1.2 has no room for more, and no vehicle takes more."""


class Handshake:
    """The listener of one connection."""

    def __init__(
        self,
        config: TlsConfig,
        trust: Trust,
        *,
        judges_staple: bool = False,
        credentials: Sequence[Credential] = (),
        root_hints: bytes = b"",
        hello: ClientHello | None = None,
    ) -> None:
        self.root_hints = root_hints
        self.failure: TlsFailure | None = None
        self.received: int | None = None
        self.sent: int | None = None
        self._config = config
        self._trust = trust
        self._judges_staple = judges_staple
        self._credentials = credentials
        self._loaded: list[tuple[Credential, SigningKey]] = []
        self._chain: tuple[bytes, ...] = ()
        self._profile: TlsProfile | None = None
        self._chain_accepted = False
        self._status_accepted = False
        self._staple: bytes | None = None
        self._group = 0
        self._peer_roots: tuple[str, ...] = ()
        self.offer = "" if hello is None else str(hello)
        if hello is not None:
            self._peer_roots = (
                *(hint_text(hint) for hint in hello.root_keys),
                *(name_text(name) for name in hello.root_names),
            )

    def key_for(self, credential: Credential) -> SigningKey:
        """The key OpenSSL gets for this credential, kept as long as the connection."""
        key = SigningKey(credential.signer, credential.chain[0])
        self._loaded.append((credential, key))
        return key

    @property
    def shown(self) -> Credential | None:
        """The credential whose key has signed, or would have."""
        signed = [credential for credential, key in self._loaded if key.used]
        loaded = [credential for credential, _ in self._loaded]
        return next(iter(signed + loaded), None)

    # Questions from inside OpenSSL

    def judge_chain(self, connection: int, chain: tuple[bytes, ...]) -> TlsReason | None:
        self._chain = chain
        profile = _profile_of(libssl().call.SSL_version(connection))
        self._profile = profile
        failure = self._wrong_key(profile) or self._trust.judge_chain(profile, chain)
        self._chain_accepted = failure is None
        return self._refuse(failure)

    def judge_status(self, staple: bytes | None) -> bool:
        self._staple = staple
        assert self._profile is not None, "OpenSSL asks for the chain first"
        failure = self._trust.judge_status(self._profile, self._chain, staple)
        self._status_accepted = failure is None
        return self._refuse(failure) is None

    def staple(self) -> bytes | None:
        """What there is; a store of staples that fails costs the staple, not the connection."""
        shown = self.shown
        found = None if shown is None else attempt(shown.staple).value
        return None if found is None or len(found) > LARGEST_STAPLE else found

    def choose(self, connection: int, version: int, names: tuple[bytes, ...]) -> bool:
        """Show a vehicle certificate under a root the station names: one per kind of key."""
        if version != TLS13:
            return True  # ISO 15118-2 has no vehicle certificate
        self._peer_roots = tuple(name_text(name) for name in names)
        chosen: dict[KeyType | None, Credential] = {}
        for credential in preferred(self._credentials, names=names):
            chosen.setdefault(key_type(credential.signer.public_key), credential)
        for credential in chosen.values():
            show_on(connection, credential, self.key_for(credential))
        return True

    def alert(self, alert: Alert) -> None:
        if alert.received and alert.fatal:
            self.received = alert.number
        elif alert.fatal:
            self.sent = alert.number

    def negotiated(self, group: int) -> None:
        self._group = group

    def broken(self, error: Exception) -> None:
        self._refuse(unusable(error))

    # What came of it

    def why(self) -> TlsFailure | None:
        """Our own refusal, our key's failure or the peer's alert, if one of them ended it."""
        for _, key in self._loaded:
            if key.error is not None:
                return TlsFailure(
                    TlsReason.KEY_FAILURE, f"our private key did not sign: {key.error}", self.sent
                )
        if self.failure is not None:
            failure = self.failure
            return TlsFailure(failure.reason, failure.detail, failure.alert or self.sent)
        if self.received is None:
            return None
        about_roots = self.received in ABOUT_ROOTS
        return refused(self.received, self._roots_compared() if about_roots else "")

    def unproven(self, *, server: bool) -> TlsFailure | None:
        """Why a finished handshake must not be used, if so."""
        demanded = not server or self._profile is TlsProfile.ISO20
        if demanded and not self._chain_accepted:
            return TlsFailure(TlsReason.UNAVAILABLE, "OpenSSL did not ask for a verdict; report it")
        if self._judges_staple and not self._status_accepted:
            return TlsFailure(
                TlsReason.NO_STAPLE, "the station's OCSP status was not judged; report it"
            )
        if self._profile is TlsProfile.ISO20 and self._group not in self._groups():
            return TlsFailure(
                TlsReason.NO_COMMON_SUITE,
                f"the peer chose group 0x{self._group:04x}, which ISO 15118-20 does not have",
            )
        return None

    def facts(self, tls: ssl.SSLObject) -> TlsFacts:
        suite = (tls.cipher() or ("",))[0]
        return TlsFacts(
            version=tls.version() or "",
            suite=SUITE_NAMES.get(suite, suite),
            peer_chain=self._chain,
            peer_staple=self._staple,
            profile=self._profile or TlsProfile.ISO2,
            group=GROUP_NAMES.get(self._group, f"0x{self._group:04x}"),
            own_chain=() if self.shown is None else self.shown.chain,
            peer_roots=self._peer_roots,
        )

    def settle(self, tls: ssl.SSLObject) -> None:
        """The handshake is done: fix the profile where no chain was judged."""
        if self._profile is None:
            self._profile = TlsProfile.ISO20 if tls.version() == "TLSv1.3" else TlsProfile.ISO2

    def _wrong_key(self, profile: TlsProfile) -> TlsFailure | None:
        try:
            kind = key_type(outline(self._chain[0]).spki)
        except DerError as error:
            return TlsFailure(TlsReason.BROKEN_CHAIN, f"the leaf cannot be read: {error}")
        known = self._config.rules(profile).keys
        if kind in known:
            return None
        wanted = " or ".join(key.value for key in known)
        return TlsFailure(
            TlsReason.WRONG_PROFILE,
            f"the leaf's key is {kind.value if kind else 'of a foreign kind'}, {wanted} is due in "
            f"{profile.value}",
        )

    def _groups(self) -> set[int]:
        return set(self._config.rules(TlsProfile.ISO20).groups.values())

    def _refuse(self, failure: TlsFailure | None) -> TlsReason | None:
        if failure is not None and self.failure is None:
            self.failure = failure
        return None if failure is None else failure.reason

    def _roots_compared(self) -> str:
        """Which roots the peer named, beside the one of the chain we showed."""
        shown = self.shown
        if shown is None or not self._peer_roots:
            return ""
        try:
            ours = name_text(outline(shown.chain[-1]).issuer)
        except DerError:
            return ""
        return f"it named {'; '.join(self._peer_roots)}, our chain is under {ours}"


def _profile_of(version: int) -> TlsProfile:
    return TlsProfile.ISO20 if version == TLS13 else TlsProfile.ISO2
