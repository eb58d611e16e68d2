"""What an integrator may set about keys: which drivers, where they are, how they are unlocked.

Pure data with safe defaults: no token, keys in an encrypted folder.  A PIN or passphrase is named
by its source; the two options that keep one in the open have names that say so.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from bsw.ecuc.references import HIDDEN, Hidden, NewPath
from csm.secret import Secret


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
        defer_build=True,
    )


def _hidden(value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str) or not value:
        raise ValueError('write it as text in quotes, for example "0042"')
    return Secret(value.encode())


HiddenText = Annotated[
    Secret,
    Hidden(),
    PlainValidator(_hidden),
    PlainSerializer(lambda _: HIDDEN, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string"}),
]


class SecretSource(_Model):
    """Where a PIN or passphrase comes from.  Exactly one of these."""

    file: NewPath | None = None
    """A file only its owner can read; a line break at its end does not count."""
    environment: str | None = None
    """The name of an environment variable."""
    credential: str | None = None
    """The name of a systemd credential (LoadCredential=, LoadCredentialEncrypted=)."""
    dangerously_in_clear: HiddenText | None = None
    """The secret itself, for everybody who can read this file."""

    @model_validator(mode="after")
    def _exactly_one(self) -> "SecretSource":
        named = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(named) != 1:
            raise ValueError("name exactly one of file, environment, credential")
        return self


UNATTENDED: Literal["unattended-key-beside-the-store"] = "unattended-key-beside-the-store"


def state_folder() -> Path:
    """Where this user's programs keep what must last: systemd's idea of it, then XDG's."""
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if state:
        return Path(state) / "keys"
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "pilotwire" / "keys"


class SoftwareConfig(_Model):
    folder: NewPath = Field(default_factory=state_folder)
    unlock: Annotated[SecretSource | Literal["unattended-key-beside-the-store"], Hidden()] = (
        UNATTENDED
    )
    """The default starts without a person, and protects against nobody who can read the folder."""
    scrypt_log2: int = Field(default=15, ge=10, le=20)


class Pkcs11Config(_Model):
    module: NewPath | None = None
    """The token's library; SoftHSM's if none is named."""
    token: str = Field(default="pilotwire", max_length=32)
    """The token's label; may be empty if there is only one.  Handles write it as one word."""
    pin: SecretSource | None = None
    """Not needed if the token has a PIN pad or asks for none."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Set before the library is loaded, for example SOFTHSM2_CONF."""
    call_limit_ms: int = Field(default=3_000, ge=10, le=60_000)
    generate_limit_ms: int = Field(default=60_000, ge=10, le=600_000)


class CsmConfig(_Model):
    drivers: tuple[Literal["software", "pkcs11"], ...] = Field(default=("software",), min_length=1)
    """In order of preference: a new key goes to the first one that can hold and use it."""
    software: SoftwareConfig = Field(default_factory=SoftwareConfig.model_construct)
    pkcs11: Pkcs11Config = Field(default_factory=Pkcs11Config.model_construct)
    queue_bound: int = Field(default=512, ge=1, le=65_536)
    core_dumps: Literal["forbidden", "allowed-with-keys-in-them"] = "forbidden"
