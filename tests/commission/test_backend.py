"""A station is taken into service in one command: key in a token, CSR, roots, profile 3, boot."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from csm.drivers.pkcs11 import Pkcs11Driver
from tests.csm.conftest import PIN, make_token, token_module, token_path  # noqa: F401 - fixtures
from tests.run.test_backend import Csms, backend
from tools.cli import main as v2g

CONFIG = """
session: {{protocols: [iso2], tls: true, plain: false, payment: [Contract]}}
keym: {{folder: {base}/keym}}
csm: {{drivers: [pkcs11], pkcs11: {{token: station, pin: {{dangerously_in_clear: "{pin}"}}}}}}
ocpp:
  url: "{url}/ocpp"
  identity: CS-7
  versions: ["{version}"]
  password: {{file: {base}/password}}
  tls: {{roots: {root}}}
  store: {{file: {base}/store}}
  variables: {{ISO15118Ctrlr.SeccId: "DE*PWR*E1", SecurityCtrlr.OrganizationName: Operator}}
"""


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    assert v2g(["pki", "make", str(folder), "--force"]) == 0
    return folder


def commissioned(csms: Csms, pki: Path, base: Path, version: str) -> tuple[int, dict[str, Any]]:
    password = base / "password"
    password.write_text("secret-of-CS-7-16")
    password.chmod(0o600)
    root = pki / "iso2" / "trust" / "v2g.pem"
    known = {"base": base, "url": csms.url, "version": version, "root": root, "pin": PIN.decode()}
    (base / "secc.yaml").write_text(CONFIG.format(**known))
    out = base / "protocol.yaml"
    words = ["commission", "backend", "-c", str(base / "secc.yaml"), "-o", str(out)]
    return v2g([*words, "--within", "30"]), yaml.safe_load(out.read_text())


@pytest.mark.parametrize("version", ["2.0.1", pytest.param("1.6", marks=pytest.mark.long)])
def test_a_station_comes_into_service_with_its_key_in_a_token(
    version: str,
    make_token: Callable[..., Pkcs11Driver],  # noqa: F811 - a fixture
    pki: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    token = make_token("station")
    words = ("--pki", str(pki), "--secure", "--install-roots")
    with backend(*words, "--password", "CS-7=secret-of-CS-7-16") as csms:
        status, told = commissioned(csms, pki, tmp_path, version)
        assert status == 0, capsys.readouterr().out
        steps = {step["name"]: step for step in told["steps"]}
        assert steps["connection"]["measured"].startswith(f"OCPP {version}, security profile 2")
        assert "profile 3" in steps["connection with it"]["measured"]
        assert "pkcs11:" in steps["station's certificate"]["measured"]
        assert "DE*PWR*E1" in steps["chain of iso2"]["measured"]
        assert len(token.stored()) == 2
        again, told = commissioned(csms, pki, tmp_path, version)
        assert again == 0, capsys.readouterr().out
        steps = {step["name"]: step for step in told["steps"]}
        assert "security profile 3" in steps["connection"]["measured"]
        assert len(token.stored()) == 2, "what is there is used"


def test_a_back_end_that_waits_is_named(
    pki: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain = tmp_path / "secc.yaml"
    with backend("--boot", "Pending") as csms:
        plain.write_text(
            f"session: {{tls: false}}\n"
            f"csm: {{software: {{folder: {tmp_path}/keys}}}}\n"
            f"ocpp: {{url: '{csms.url}/x', identity: CS-7, store: {{file: {tmp_path}/store}}}}\n"
        )
        assert v2g(["commission", "backend", "-c", str(plain), "--within", "1"]) == 1
        said = capsys.readouterr().out
        assert "boot" in said
        assert "pending" in said
        assert "ocpp.identity" in said


def test_without_an_address_there_is_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert v2g(["commission", "backend"]) == 1
    assert "ocpp.url" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["--secure", "--install-roots"])
def test_a_back_end_without_a_pki_says_so(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert v2g(["csms", word]) == 2
    assert f"{word} needs --pki" in capsys.readouterr().err
