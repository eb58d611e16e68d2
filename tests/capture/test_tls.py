"""TLS that OpenSSL spoke is read with its key log, and stays closed without."""

import hashlib
import random
import ssl
from pathlib import Path

import pytest

from tests.capture.makers import Spoken
from tools.capture.wire.tlsread import (
    Certificates,
    KeyLogBook,
    Plain,
    Secured,
    TlsReader,
    Unreadable,
)

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
SUITES = [
    (TLS12, "ECDHE-ECDSA-AES128-SHA256"),
    (TLS12, "ECDHE-ECDSA-AES128-GCM-SHA256"),
    (TLS12, "ECDHE-ECDSA-AES256-GCM-SHA384"),
    (TLS12, "ECDHE-ECDSA-CHACHA20-POLY1305"),
    (TLS13, ""),
]
SAID = [(True, b"request"), (False, b"response"), (True, bytes(40_000)), (False, b"x")]


def spoken(folder: Path, version: ssl.TLSVersion, suite: str) -> Spoken:
    made = Spoken(folder, version, suite)
    for upward, octets in SAID:
        made.say(octets, upward=upward)
    return made


def read(made: Spoken, keys: bytes, pieces: int | None = None) -> list[object]:
    book = KeyLogBook()
    book.add(keys)
    reader, chance = TlsReader(book), random.Random(1)
    told: list[object] = []
    for upward, octets in made.wire:
        at = 0
        while at < len(octets):
            size = len(octets) if pieces is None else chance.randrange(1, pieces)
            told += reader.feed(octets[at : at + size], upward=upward)
            at += size
    return told


def plain(told: list[object], *, upward: bool) -> bytes:
    return b"".join(one.octets for one in told if isinstance(one, Plain) and one.upward is upward)


def test_a_server_that_wants_another_curve_is_read(tmp_path: Path) -> None:
    made = Spoken(tmp_path, TLS13, curve="secp521r1")
    retry = hashlib.sha256(b"HelloRetryRequest").digest()
    assert any(retry in octets for upward, octets in made.wire if not upward)
    made.say(b"request", upward=True)
    told = read(made, made.key_log.read_bytes())
    assert [type(one) for one in told if not isinstance(one, Certificates)] == [Secured, Plain]
    assert plain(told, upward=True) == b"request"


@pytest.mark.parametrize(("version", "suite"), SUITES)
@pytest.mark.parametrize("pieces", [None, 700])
def test_what_was_said_is_read(
    tmp_path: Path, version: ssl.TLSVersion, suite: str, pieces: int | None
) -> None:
    made = spoken(tmp_path, version, suite)
    told = read(made, made.keys(), pieces)
    for upward in (True, False):
        assert plain(told, upward=upward) == b"".join(o for up, o in SAID if up is upward)
    (secured,) = [one for one in told if isinstance(one, Secured)]
    assert secured.readable
    assert secured.version == {TLS12: "TLSv1.2", TLS13: "TLSv1.3"}[version]
    (certificates,) = [one for one in told if isinstance(one, Certificates)]
    assert len(certificates.chain) == 1


@pytest.mark.parametrize(("version", "suite"), SUITES)
def test_without_secrets_nothing_is_read_and_it_is_said(
    tmp_path: Path, version: ssl.TLSVersion, suite: str
) -> None:
    told = read(spoken(tmp_path, version, suite), b"")
    assert plain(told, upward=True) == b""
    assert any(isinstance(one, Unreadable) and "no secret" in one.why for one in told)


@pytest.mark.parametrize(("version", "suite"), SUITES)
def test_secrets_of_another_session_open_nothing(
    tmp_path: Path, version: ssl.TLSVersion, suite: str
) -> None:
    made = spoken(tmp_path, version, suite)
    wrong = b"".join(
        b" ".join((*line.split()[:2], b"00" * (len(line.split()[2]) // 2))) + b"\n"
        for line in made.keys().splitlines()
        if line and not line.startswith(b"#")
    )
    told = read(made, wrong)
    assert b"request" not in plain(told, upward=True)


def test_noise_never_raises(tmp_path: Path) -> None:
    made = spoken(tmp_path, TLS12, "ECDHE-ECDSA-AES128-SHA256")
    book = KeyLogBook()
    book.add(made.keys())
    chance = random.Random(2)
    for _ in range(300):
        reader = TlsReader(book)
        for upward, octets in made.wire:
            damaged = bytearray(octets[:4_000])
            for _ in range(chance.randrange(4)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            reader.feed(bytes(damaged), upward=upward)
