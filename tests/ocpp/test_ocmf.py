"""A signing meter in software: its records are read and verified by another program."""

import json
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from secc.ocpp.ocmf import METHOD, OcmfSigner, SigningUnusable


def key_file(folder: Path, curve: ec.EllipticCurve | None = None) -> Path:
    made = ec.generate_private_key(curve or ec.SECP256R1())
    path = folder / "meter.key"
    path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def taken_apart(data: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    head, payload, signature = b64decode(data).decode().split("|")
    assert head == "OCMF"
    return payload, json.loads(payload), json.loads(signature)


def test_a_record_says_what_the_register_shows_and_pages_rise(tmp_path: Path) -> None:
    signer = OcmfSigner(key_file(tmp_path), "M-1", lambda: 1_893_456_000)
    first, second = signer.sign(12_345.6), signer.sign(12_345.6)
    _, payload, signature = taken_apart(first.data)
    [reading] = payload["RD"]
    assert (reading["RV"], reading["RU"], reading["TM"]) == (
        12.346,
        "kWh",
        "2030-01-01T00:00:00,000+0000 S",
    )
    assert (payload["GS"], payload["PG"]) == ("M-1", "T1")
    assert taken_apart(second.data)[1]["PG"] == "T2"
    assert (first.encoding, first.method, signature["SA"]) == ("OCMF", METHOD, METHOD)
    assert len(first.data) < 2500  # what 2.0.1 has room for


def test_a_clock_that_nobody_set_is_said_to_be_unknown(tmp_path: Path) -> None:
    signer = OcmfSigner(key_file(tmp_path), "M-1", lambda: 0)
    assert taken_apart(signer.sign(1).data)[1]["RD"][0]["TM"].endswith(" U")


def test_openssl_verifies_a_record_with_the_key_that_goes_with_it(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl program on this machine")
    record = OcmfSigner(key_file(tmp_path), "M-1", lambda: 1_893_456_000).sign(777.0)
    payload, _, signature = taken_apart(record.data)
    public = record.public_key.removeprefix("oca:base16:asn1:")
    for name, octets in (
        ("public.der", bytes.fromhex(public)),
        ("signature", bytes.fromhex(signature["SD"])),
        ("payload", payload.encode()),
        ("altered", payload.replace("0.777", "0.111").encode()),
    ):
        (tmp_path / name).write_bytes(octets)
    words = [openssl, "dgst", "-sha256", "-keyform", "DER", "-verify", "public.der"]
    words += ["-signature", "signature"]
    for name, status in (("payload", 0), ("altered", 1)):
        done = subprocess.run([*words, name], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == status, done


def test_another_key_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SigningUnusable, match="secp256r1"):
        OcmfSigner(key_file(tmp_path, ec.SECP384R1()), "M-1", lambda: 0)
    (tmp_path / "none").write_text("nothing")
    with pytest.raises(SigningUnusable, match="PEM"):
        OcmfSigner(tmp_path / "none", "M-1", lambda: 0)
