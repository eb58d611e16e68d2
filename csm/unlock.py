"""Fetches PINs and passphrases from where the configuration says they are.

What is fetched is a ``Secret`` at once; an error names the source and never its content.
"""

import os
import stat
from pathlib import Path

from csm.config import SecretSource
from csm.errors import Misconfigured
from csm.randomness import HostRandomness
from csm.secret import Secret

LONGEST = 4096


def fetch(source: SecretSource, setting: str) -> Secret:
    """The secret.  ``setting`` is what the source is called in the configuration."""
    if source.file is not None:
        return _text(_read(source.file, setting, private=True), str(source.file), setting)
    if source.credential is not None:
        return _text(_read_credential(source.credential, setting), source.credential, setting)
    if source.environment is not None:
        value = os.environb.get(source.environment.encode())
        if value is None:
            raise Misconfigured(
                f"{setting}: the environment has no {source.environment}", "set it, or use a file"
            )
        return _text(Secret(value), f"${source.environment}", setting)
    assert source.dangerously_in_clear is not None
    return Secret(source.dangerously_in_clear.reveal())


def unattended(folder: Path) -> Secret:
    """The key that lies beside the store it opens; made if it is not there."""
    path = folder / "unattended.pass"
    if path.exists():
        return _read(path, "csm.software.unlock", private=True)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(HostRandomness().octets(32).hex().encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Misconfigured(
            f"cannot write {path} ({error.strerror})", "set csm.software.folder"
        ) from None
    return _read(path, "csm.software.unlock", private=True)


def _read_credential(name: str, setting: str) -> Secret:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise Misconfigured(
            f"{setting}: credential {name}, but systemd passed none",
            f"add LoadCredential={name}:PATH to the unit",
        )
    if "/" in name:
        raise Misconfigured(f"{setting}: credential {name!r}", "a credential's name has no slash")
    return _read(Path(folder) / name, setting, private=False)


def _read(path: Path, setting: str, *, private: bool) -> Secret:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if private and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise Misconfigured(f"{setting}: others can read {path}", f"chmod 600 {path}")
            return Secret(file.read(LONGEST))
    except OSError as error:
        raise Misconfigured(
            f"{setting}: cannot read {path} ({error.strerror})", "put it there or name another"
        ) from None


def _text(raw: Secret, where: str, setting: str) -> Secret:
    """Without a line break at the end; not empty; text, as PINs have to be."""
    with raw:
        clean = Secret(raw.reveal().removesuffix(b"\n").removesuffix(b"\r"))
    if not len(clean):
        raise Misconfigured(f"{setting}: {where} is empty", "write the secret into it")
    if not clean.is_text():
        raise Misconfigured(f"{setting}: {where} holds no UTF-8 text", "write it as text")
    return clean
