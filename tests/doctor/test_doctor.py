"""``v2g doctor`` finds what would keep a session from running, before one is tried."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bsw.program.doctor import State
from bsw.tls.port import TlsProfile
from bsw.tls.profile import RULES, Rules
from csm.config import CsmConfig, Pkcs11Config
from tests.tidy.tree import ROOT
from tools.doctor import looks
from tools.doctor.handshake import HandshakeImpossible, shake_hands


def v2g(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tools.cli", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("kind", "word"), [(socket.SOCK_DGRAM, "udp"), (socket.SOCK_STREAM, "tcp")]
)
def test_a_port_somebody_has_is_named_with_who_to_ask(kind: socket.SocketKind, word: str) -> None:
    with socket.socket(socket.AF_INET6, kind) as other:
        other.bind(("::", 0))
        if kind is socket.SOCK_STREAM:
            other.listen()
        number = other.getsockname()[1]
        found = looks.port(kind, number)
    assert found.wrong
    assert found.what == f"{word} port {number}"
    assert "ss -6" in found.detail
    assert looks.port(kind, number).state is State.OK


def test_an_interface_that_is_not_there_is_wrong_and_so_is_its_multicast() -> None:
    assert looks.interface("eth77").wrong
    assert "lo" in looks.interface("eth77").detail
    assert looks.multicast("eth77").wrong


def test_loopback_needs_no_multicast() -> None:
    assert looks.interface("lo").state is State.OK
    assert looks.multicast("lo").state is State.OK


@pytest.mark.parametrize("profile", TlsProfile)
def test_this_host_speaks_what_the_norms_ask(profile: TlsProfile) -> None:
    assert (
        next(iter(RULES[profile].suites)).split("-")[0].split("_")[0] in looks.tls(profile).detail
    )


def test_an_openssl_that_refuses_the_suite_is_found_out() -> None:
    iso2 = RULES[TlsProfile.ISO2]
    crippled = Rules(
        iso2.version, iso2.version_number, {"NO-SUCH-SUITE": 0}, iso2.groups, iso2.signatures, {}
    )
    with pytest.raises(HandshakeImpossible):
        shake_hands(crippled)


def test_a_clock_before_the_product_is_wrong() -> None:
    assert looks.clock(0.0).wrong
    assert "timedatectl" in looks.clock(0.0).detail
    assert not looks.clock(1_790_000_000.0).wrong


def test_a_token_that_cannot_be_opened_is_wrong(tmp_path: Path) -> None:
    config = CsmConfig(
        drivers=("pkcs11",), pkcs11=Pkcs11Config(module=tmp_path / "none.so", token="evcc")
    )
    assert looks.token(config).wrong


def test_a_configuration_decides_what_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "secc.yaml"
    file.write_text("network:\n  interface: eth77\n  sdp_port: 25118\n")
    ended = v2g("doctor", "-c", str(file), "--json")
    found = {row["what"]: row["state"] for row in json.loads(ended.stdout)}
    assert ended.returncode == 1
    assert found["interface eth77"] == "wrong"
    assert "udp port 25118" in found
    assert "udp port 15118" not in found


def test_a_configuration_of_neither_role_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("network:\n  interfaces: lo\n")
    ended = v2g("doctor", "-c", str(file))
    assert ended.returncode == 2
    assert "wrong.yaml" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("docter",), "did you mean doctor?"),
        (("conformance", "run", "TC_SECX"), "no case 'TC_SECX'"),
        (("conformance", "run", "TC_SECC_DC_VTB_CableCheck_002", "TC_nothing"), "TC_nothing"),
    ],
)
def test_a_word_nobody_knows_is_an_error_and_nothing_is_begun(
    words: tuple[str, ...], said: str
) -> None:
    ended = v2g(*words)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert ended.stdout == ""


def test_the_tools_tell_their_version() -> None:
    ended = v2g("--version")
    assert ended.returncode == 0
    assert ended.stdout.startswith("v2g")
