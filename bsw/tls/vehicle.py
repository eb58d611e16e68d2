"""The vehicle's end: offers its profiles, names its roots, judges the station."""

from collections.abc import Sequence

from bsw.tls.config import TlsConfig
from bsw.tls.context import client_context, name_roots
from bsw.tls.engine import Engine, Opened
from bsw.tls.handshake import Handshake
from bsw.tls.hints import subjects, trusted_ca_keys
from bsw.tls.hooks import attach, attach_choice, attach_root_hints
from bsw.tls.libssl import libssl
from bsw.tls.port import Credential, TlsProfile, Trust


class VehicleTls:
    """Makes the vehicle's engines.

    ``credentials`` are vehicle certificates for ISO 15118-20, best first: the one whose root the
    station names is shown.  With ``profiles`` a connection may offer less than the configuration
    allows, for instance only TLS 1.2 after a failed try.
    """

    def __init__(
        self, config: TlsConfig, trust: Trust, credentials: Sequence[Credential] = ()
    ) -> None:
        self._config = config
        self._trust = trust
        self._credentials = tuple(credentials)

    def engine(self, profiles: Sequence[TlsProfile] | None = None) -> Engine:
        offered = self._config.profiles if profiles is None else tuple(profiles)
        return Engine(_Opening(self._config, self._trust, self._credentials, offered))


class _Opening:
    def __init__(
        self,
        config: TlsConfig,
        trust: Trust,
        credentials: tuple[Credential, ...],
        profiles: Sequence[TlsProfile],
    ) -> None:
        self._config = config
        self._trust = trust
        self._profiles = profiles
        usable = TlsProfile.ISO20 in profiles
        self._credentials = credentials if usable else ()

    @property
    def may_block(self) -> bool:
        return any(credential.signer.may_block for credential in self._credentials)

    def open(self, _stream: bytes) -> Opened:
        context = client_context(self._config, self._profiles)
        pointer = libssl().pointer(context)
        older, newer = TlsProfile.ISO2 in self._profiles, TlsProfile.ISO20 in self._profiles
        handshake = Handshake(
            self._config,
            self._trust,
            judges_staple=self._config.ask_staple,
            credentials=self._credentials,
            root_hints=trusted_ca_keys(self._trust.roots(TlsProfile.ISO2)) if older else b"",
        )
        attach(pointer, handshake)
        if older:
            attach_root_hints(pointer)  # [V2G2-651]
        if newer:
            name_roots(context, subjects(self._trust.roots(TlsProfile.ISO20)))  # [V2G20-1006]
            attach_choice(pointer)
        return Opened(context, handshake, server=False)
