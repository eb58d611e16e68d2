"""From a configuration to drivers of keys that work."""

from collections.abc import Callable
from pathlib import Path

from csm.config import CsmConfig, Pkcs11Config, SoftwareConfig
from csm.cryif import CryIf
from csm.driver import CryptoDriver
from csm.drivers.software import SoftwareDriver
from csm.drivers.store import Store
from csm.unlock import fetch, unattended

UNATTENDED_SCRYPT_LOG2 = 10
"""Stretching 256 random bits would only cost time at start."""


def open_keys(config: CsmConfig, *, last_try: bool = False) -> CryIf:
    """All configured drivers.  Nothing is touched before the first call.

    ``last_try`` lets a person use up a token's last attempt before its PIN locks.
    """
    makers: dict[str, Callable[[], CryptoDriver]] = {
        "software": lambda: software(config.software),
        "pkcs11": lambda: token(config.pkcs11, last_try=last_try),
    }
    return CryIf([makers[name]() for name in dict.fromkeys(config.drivers)])


def software(config: SoftwareConfig) -> SoftwareDriver:
    if isinstance(config.unlock, str):
        return SoftwareDriver(
            Store(
                config.folder,
                lambda: unattended(config.folder),
                scrypt_log2=UNATTENDED_SCRYPT_LOG2,
            )
        )
    source = config.unlock
    return SoftwareDriver(
        Store(
            config.folder,
            lambda: fetch(source, "csm.software.unlock"),
            scrypt_log2=config.scrypt_log2,
        )
    )


def token(config: Pkcs11Config, *, last_try: bool = False) -> CryptoDriver:
    """Loads the PKCS#11 binding only now: an ECU without a token never pays for it."""
    from csm.drivers.module import module, softhsm  # noqa: PLC0415 - see above
    from csm.drivers.pkcs11 import Patience, Pkcs11Driver  # noqa: PLC0415 - see above

    path = config.module or softhsm()
    source = config.pin
    return Pkcs11Driver(
        module(Path(path), config.environment),
        config.token,
        None if source is None else lambda: fetch(source, "csm.pkcs11.pin"),
        patience=Patience(config.call_limit_ms, config.generate_limit_ms),
        last_try=last_try,
    )
