"""A PKCS#11 library loaded into the process, and how tokens are found in it.

The library is initialised once per process whoever asks, so there is one ``Module`` per path.
All calls here run inside the gate (``csm.drivers.gate``).
"""

import os
from collections.abc import Mapping
from pathlib import Path

import pkcs11
from pkcs11.exceptions import MultipleTokensReturned, NoSuchToken, PKCS11Error

from csm.errors import Misconfigured, ModuleMissing

SOFTHSM_PLACES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
)
"""Where distributions put SoftHSM, the token of development."""


def softhsm() -> Path:
    """The SoftHSM of this machine; the first place if there is none, for the error to name."""
    return next((place for place in SOFTHSM_PLACES if place.exists()), SOFTHSM_PLACES[0])


class Module:
    """A loaded library.  ``epoch`` counts its restarts: older sessions are void."""

    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        self.path = path
        self.epoch = 0
        self._environment = dict(environment)

    def load(self) -> None:
        """Load and initialise it unless that is done."""
        for name, value in self._environment.items():
            os.environ[name] = value
        try:
            pkcs11.lib(str(self.path))
        except PKCS11Error as error:
            raise ModuleMissing(f"{self.path} ({_words(error)})") from None

    def restart(self) -> None:
        """Finalise and initialise: the only way some libraries see a token come or go."""
        self.epoch += 1
        library = pkcs11.lib(str(self.path))
        try:
            library.reinitialize()
        except PKCS11Error as error:
            raise ModuleMissing(f"{self.path} ({_words(error)})", _RESTART_REMEDY) from None

    def find(self, label: str) -> pkcs11.Token | None:
        """The token with this label, or the only initialised one if ``label`` is empty."""
        library = pkcs11.lib(str(self.path))
        try:
            if label:
                return library.get_token(token_label=label)
            return library.get_token(token_flags=pkcs11.TokenFlag.TOKEN_INITIALIZED)
        except NoSuchToken:
            return None
        except MultipleTokensReturned:
            which = f"are called {label!r}" if label else "are there"
            raise Misconfigured(
                f"several tokens in {self.path} {which}", "name one in csm.pkcs11.token"
            ) from None
        except PKCS11Error:
            return None  # a slot that cannot even tell what is in it


_RESTART_REMEDY = "the place where it keeps its tokens is gone or unreadable: bring it back"

_loaded: dict[Path, Module] = {}


def module(path: Path, environment: Mapping[str, str]) -> Module:
    """The process's ``Module`` for this path.  The first one to ask sets the environment."""
    return _loaded.setdefault(path, Module(path, environment))


def _words(error: PKCS11Error) -> str:
    return str(error) or type(error).__name__
