"""The station's end: reads the vehicle's offer, picks profile and chain, judges the vehicle."""

from collections.abc import Sequence

from bsw.crypto import key_type
from bsw.tls.config import TlsConfig, TlsMisconfigured
from bsw.tls.context import name_roots, server_context, show
from bsw.tls.engine import Engine, Opened
from bsw.tls.handshake import Handshake
from bsw.tls.hello import ClientHello, NotAHello, client_hello
from bsw.tls.hints import preferred, subjects
from bsw.tls.hooks import attach, attach_root_hints
from bsw.tls.libssl import libssl
from bsw.tls.port import Credential, TlsProfile, Trust


class StationTls:
    """Makes the station's engines.

    ``credentials`` are SECC chains for either profile, best first.  A profile without one is not
    served.
    """

    def __init__(self, config: TlsConfig, trust: Trust, credentials: Sequence[Credential]) -> None:
        self._config = config
        self._trust = trust
        self._credentials = tuple(credentials)
        shown = {credential.profile for credential in credentials}
        self._profiles = tuple(profile for profile in config.profiles if profile in shown)
        if not self._profiles:
            raise TlsMisconfigured(
                "tls.profiles: no SECC certificate for any of them in keym.folder; install one "
                "(v2g pki install --role secc) or change them"
            )

    def engine(self) -> Engine:
        return Engine(_Opening(self._config, self._trust, self._credentials, self._profiles))


class _Opening:
    def __init__(
        self,
        config: TlsConfig,
        trust: Trust,
        credentials: tuple[Credential, ...],
        profiles: tuple[TlsProfile, ...],
    ) -> None:
        self._config = config
        self._trust = trust
        self._credentials = credentials
        self._profiles = profiles

    @property
    def may_block(self) -> bool:
        return any(credential.signer.may_block for credential in self._credentials)

    def open(self, stream: bytes) -> Opened | None:
        try:
            hello = client_hello(stream)
        except NotAHello:
            hello = ClientHello((), ())  # OpenSSL says what is wrong with it
        if hello is None:
            return None
        profile = self._profile_for(hello)
        credential = self._credential_for(profile, hello)
        context = server_context(self._config, profile, hello.groups)
        handshake = Handshake(self._config, self._trust, hello=hello)
        pointer = libssl().pointer(context)
        attach(pointer, handshake)
        show(context, credential.chain, handshake.key_for(credential))
        if profile is TlsProfile.ISO20:
            name_roots(context, subjects(self._trust.roots(profile)))  # [V2G20-2401]
        elif hello.root_keys:
            attach_root_hints(pointer)
        return Opened(context, handshake, server=True)

    def _profile_for(self, hello: ClientHello) -> TlsProfile:
        """The best one the vehicle can do; if none, the one that is refused most clearly."""
        for profile in self._profiles:
            if self._can(profile, hello):
                return profile
        for profile in self._profiles:
            if self._config.rules(profile).version_number in hello.versions:
                return profile
        return self._profiles[-1]

    def _can(self, profile: TlsProfile, hello: ClientHello) -> bool:
        rules = self._config.rules(profile)
        return (
            rules.version_number in hello.versions
            and not set(rules.suites.values()).isdisjoint(hello.suites)
            and not set(rules.groups.values()).isdisjoint(hello.groups)
            and any(
                self._signs(credential, profile, hello)
                for credential in self._credentials
                if credential.profile is profile
            )
        )

    def _signs(self, credential: Credential, profile: TlsProfile, hello: ClientHello) -> bool:
        kind = key_type(credential.signer.public_key)
        if kind is None:
            return False
        return self._config.rules(profile).keys.get(kind) in hello.signature_algorithms

    def _credential_for(self, profile: TlsProfile, hello: ClientHello) -> Credential:
        of_profile = [known for known in self._credentials if known.profile is profile]
        signing = [known for known in of_profile if self._signs(known, profile, hello)]
        ranked = [
            known
            for kind in self._config.rules(profile).keys  # best first [V2G20-1668]
            for known in signing
            if key_type(known.signer.public_key) is kind
        ]
        return preferred(ranked or of_profile, hello.root_keys, hello.root_names)[0]
