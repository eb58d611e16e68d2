"""One's own PKI, its certificates made by openssl alone: trusted, asked for, kept, judged."""

import shutil
import subprocess
from pathlib import Path

import pytest

from csm.drivers.module import softhsm
from keym.judging.verdict import FIELD
from keym.keeping.shelf import FolderShelf
from keym.keeping.store import CertificateStore
from keym.wiring import anchor_of
from keym.x509.edition import Edition
from keym.x509.profile import Use
from tools.cli import main

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")

EXTENSIONS = """
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[sub]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, keyAgreement
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    """A root and a sub-CA of one branch."""

    def __init__(self, folder: Path, domain: str) -> None:
        self.folder = folder
        (folder / "ext.cnf").write_text(EXTENSIONS)
        new = ("-x509", *CURVE, "-keyout", "root.key", "-out", "root.pem", "-days", "3650")
        subject = ("-subj", "/CN=Market Root/O=Market/DC=V2G")
        config = ("-config", "ext.cnf", "-extensions", "root")
        (folder / "ext.cnf").write_text("[req]\ndistinguished_name=dn\n[dn]\n" + EXTENSIONS)
        self.openssl("req", *new, *subject, *config)
        out = ("-keyout", "sub.key", "-out", "sub.csr")
        self.openssl("req", "-new", *CURVE, *out, "-subj", f"/CN=Sub/O=Market/DC={domain}")
        self.sign("sub.csr", "root", "sub", "sub.pem")

    def openssl(self, *words: str) -> str:
        done = subprocess.run(
            ["openssl", *words], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sign(self, request: str, by: str, kind: str, out: str) -> None:
        ca = ("-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-CAcreateserial")
        made = ("-extfile", "ext.cnf", "-extensions", kind, "-days", "50", "-out", out)
        self.openssl("x509", "-req", "-in", request, *ca, "-sha256", *made)

    def chain(self, leaf: str) -> Path:
        whole = self.folder / "chain.pem"
        parts = (leaf, "sub.pem")
        whole.write_text("".join((self.folder / part).read_text() for part in parts))
        return whole


def stores(folder: Path, role: str) -> list[str]:
    places = ("--certificates", str(folder / "certificates"), "--keys", str(folder / "keys"))
    return ["--role", role, *places]


def kept(folder: Path, use: Use) -> CertificateStore:
    store = CertificateStore(FolderShelf(folder / "certificates"), tolerate=FIELD)
    assert store.load() == []
    (credential,) = store.credentials(use, Edition.ISO2)
    assert anchor_of(credential.chain, store) is not None, "it ends in the market's root"
    return store


def pki(*words: str) -> int:
    return main(["pki", *words])


def test_a_station_gets_its_chain_by_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    market = Authority(tmp_path, "V2G")
    here = stores(tmp_path, "secc")
    assert pki("trust", str(tmp_path / "root.pem"), "--as", "v2g", *here) == 0
    csr = tmp_path / "secc.csr"
    name = ("DEPWXE000001", "--organization", "PWX", "--country", "DE")
    assert pki("csr", *name, "-o", str(csr), *here) == 0
    told = market.openssl("req", "-in", "secc.csr", "-verify", "-noout", "-subject")
    assert all(part in told for part in ("DEPWXE000001", "PWX", "DE", "CPO"))
    market.sign("secc.csr", "sub", "leaf", "secc.pem")
    assert pki("import", str(market.chain("secc.pem")), *here) == 0, capsys.readouterr().err
    kept(tmp_path, Use.SECC)
    assert "key software:" in capsys.readouterr().out


@pytest.mark.usefixtures("token_module")
def test_the_key_of_the_request_stays_in_the_token(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, digits in (("pin", "1234"), ("so", "5678")):
        (tmp_path / name).write_text(digits)
        (tmp_path / name).chmod(0o600)
    pins = ("--pin-file", str(tmp_path / "pin"), "--so-pin-file", str(tmp_path / "so"))
    assert main(["hsm", "init", "--token", "pilotwire", *pins]) == 0
    market = Authority(tmp_path, "V2G")
    config = tmp_path / "secc.yaml"
    config.write_text(
        f"csm: {{drivers: [pkcs11], pkcs11: {{module: {softhsm()}, token: pilotwire, "
        f"pin: {{file: pin}}}}}}\nkeym: {{folder: {tmp_path / 'certificates'}}}\n"
    )
    here = ("--role", "secc", "--config", str(config))
    assert pki("trust", str(tmp_path / "root.pem"), "--as", "v2g", *here) == 0
    assert pki("csr", "DEPWXE000001", "-o", str(tmp_path / "secc.csr"), *here) == 0
    market.sign("secc.csr", "sub", "leaf", "secc.pem")
    assert pki("import", str(market.chain("secc.pem")), *here) == 0, capsys.readouterr().err
    kept(tmp_path, Use.SECC)
    assert "key pkcs11:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("use", "root", "domain", "name"),
    [
        (Use.PROVISIONING, "oem", "OEM", "WPWXTEST000000001"),
        (Use.CONTRACT, "mo", "MO", "DEPWXC12345678"),
    ],
)
def test_a_vehicle_takes_a_key_and_a_chain_of_somebody_elses_making(
    use: Use,
    root: str,
    domain: str,
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    market = Authority(tmp_path, domain)
    here = stores(tmp_path, "evcc")
    assert pki("trust", str(tmp_path / "root.pem"), "--as", root, *here) == 0
    out = ("-keyout", "leaf.key", "-out", "leaf.csr")
    market.openssl("req", "-new", *CURVE, *out, "-subj", f"/CN={name}/O=Market/DC={domain}")
    market.sign("leaf.csr", "sub", "leaf", "leaf.pem")
    chain, key = market.chain("leaf.pem"), str(tmp_path / "leaf.key")
    assert pki("import", str(chain), "--use", use.value, "--key", key, *here) == 0, (
        capsys.readouterr().err
    )
    kept(tmp_path, use)


def test_what_does_not_fit_is_said_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    market = Authority(tmp_path, "V2G")
    here = stores(tmp_path, "secc")
    out = ("-keyout", "leaf.key", "-out", "leaf.csr")
    market.openssl("req", "-new", *CURVE, *out, "-subj", "/CN=X/O=Market/DC=CPO")
    market.sign("leaf.csr", "sub", "leaf", "leaf.pem")
    chain = str(market.chain("leaf.pem"))
    for status, remedy, words in (
        (1, "make it with v2g pki csr, or bring it with --key", ("import", chain)),
        (1, "", ("import", chain, "--key", str(tmp_path / "sub.key"))),
        (2, "a secc has none", ("import", chain, "--use", "contract")),
        (2, "add --edition iso20", ("csr", "X", "--ed448")),
        (2, "", ("trust", str(tmp_path / "leaf.key"), "--as", "v2g")),
        (2, "", ("import", str(tmp_path / "leaf.csr"))),
    ):
        assert pki(*words, *here) == status, (words, capsys.readouterr().err)
        said = capsys.readouterr().err
        assert said.startswith(f"v2g pki {words[0]}: ")
        assert remedy in said
