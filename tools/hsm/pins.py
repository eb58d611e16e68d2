"""PINs on their way from a person or a file to the token, never through a command line."""

import argparse
import getpass
import os
import secrets
import string
import sys
from pathlib import Path

from csm.config import SecretSource
from csm.errors import Misconfigured
from csm.secret import Secret
from csm.unlock import fetch

PIN_LENGTH = 16
_ALPHABET = string.ascii_lowercase + string.digits


def add_source(parser: argparse.ArgumentParser, name: str, what: str) -> None:
    """Options that name where ``what`` comes from; without one of them it is asked for."""
    one = parser.add_mutually_exclusive_group()
    one.add_argument(f"--{name}-file", metavar="FILE", help=f"file that holds {what}")
    one.add_argument(f"--{name}-env", metavar="VAR", help=f"environment variable with {what}")
    one.add_argument(f"--{name}-credential", metavar="NAME", help=f"systemd credential with {what}")


def source(arguments: argparse.Namespace, name: str) -> SecretSource | None:
    """What the options say, ``None`` if they say nothing."""
    word = name.replace("-", "_")
    found = {
        field: getattr(arguments, f"{word}_{option}", None)
        for field, option in (
            ("file", "file"),
            ("environment", "env"),
            ("credential", "credential"),
        )
    }
    given = {field: value for field, value in found.items() if value}
    return SecretSource.model_validate(given) if given else None


def ask(arguments: argparse.Namespace, name: str, what: str, *, twice: bool = False) -> Secret:
    """From where the options say, or from the person at the terminal."""
    named = source(arguments, name)
    if named is not None:
        return fetch(named, f"--{name}")
    if not sys.stdin.isatty():
        raise Misconfigured(f"nobody is here to type {what}", f"use --{name}-file or --{name}-env")
    typed = Secret(getpass.getpass(f"{what}: ").encode())
    if twice and Secret(getpass.getpass(f"{what}, again: ").encode()) != typed:
        raise Misconfigured(f"{what} was typed in two ways", "try again")
    if not len(typed):
        raise Misconfigured(f"{what} is empty", "type at least four characters")
    return typed


def make_if_missing(arguments: argparse.Namespace, name: str) -> Path | None:
    """Put a new random PIN into the named file if there is no such file yet."""
    named = getattr(arguments, f"{name.replace('-', '_')}_file", None)
    if named is None or Path(named).exists():
        return None
    pin = "".join(secrets.choice(_ALPHABET) for _ in range(PIN_LENGTH))
    descriptor = os.open(named, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{pin}\n")
    return Path(named)
