"""``v2g pki`` as a person uses it."""

import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_pem_private_key,
    pkcs7,
)

from bsw.ecuc.load import load
from csm.config import CsmConfig, SoftwareConfig
from csm.drivers.pkcs11 import Pkcs11Driver
from csm.handles import KeyHandle
from csm.wiring import open_keys
from evcc.config import EvccConfig
from keym.asking.fetch import Pair, ocsp_request
from keym.asking.http import exchange
from keym.calendar import Moment
from keym.judging.revocation import StatusBook
from keym.judging.status import State
from keym.keeping.shelf import FolderShelf
from keym.keeping.store import CertificateStore
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.pem import certificates
from keym.x509.profile import RootKind, Use
from tests.csm.conftest import PIN
from tests.keym.world import pki_of
from tools.cli import main
from tools.pki.ocsp import responder, serve

DATE = "2026-05-01"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All three kinds, with their faults, valid around ``DATE``."""
    folder = tmp_path_factory.mktemp("pki") / "pki"
    assert main(["pki", "make", str(folder), "--variants", "--at", DATE]) == 0
    return folder


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    folder = tmp_path / "pki"
    assert main(["pki", "make", str(folder), "--kind", "iso2"]) == 0
    return folder


def show(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    capsys.readouterr()
    status = main(["pki", "show", *map(str, words)])
    printed = capsys.readouterr()
    return status, printed.out + printed.err


def test_a_test_pki_warns_that_its_keys_are_test_keys(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "TEST KEYS" in (made / "README.txt").read_text()
    main(["pki", "make", str(tmp_path / "x"), "--kind", "iso2"])
    assert "test keys" in capsys.readouterr().out


def test_keys_are_for_their_owner_alone(made: Path) -> None:
    keys = [*made.glob("*/keys/*.key"), *made.glob("*/bad/*/*/leaf.key")]
    assert len(keys) > 1000
    assert all(stat.S_IMODE(key.stat().st_mode) == 0o600 for key in keys)


def test_chains_come_leaf_first_without_their_root(made: Path) -> None:
    text = (made / "iso2" / "chains" / "secc.pem").read_bytes()
    chain = x509.load_pem_x509_certificates(text)
    names = [made / "iso2" / "certs" / f"{name}.der" for name in ("secc", "cpo_sub2", "cpo_sub1")]
    assert [one.public_bytes(Encoding.DER) for one in chain] == [one.read_bytes() for one in names]


def test_a_folder_in_use_is_not_written_to(fresh: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (fresh / "iso2" / "certs" / "secc.der").read_bytes()
    assert main(["pki", "make", str(fresh)]) == 2
    assert "--force" in capsys.readouterr().err
    assert (fresh / "iso2" / "certs" / "secc.der").read_bytes() == before
    assert main(["pki", "make", str(fresh), "--kind", "iso2", "--force"]) == 0
    assert (fresh / "iso2" / "certs" / "secc.der").read_bytes() != before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--emaid", "no contract"), "eMAID"),
        (("--password-file", "/nowhere"), "password"),
    ],
)
def test_a_wrong_wish_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], why: str
) -> None:
    assert main(["pki", "make", str(tmp_path / "pki"), *words]) == 2
    said = capsys.readouterr().err
    assert why in said
    assert len(said.splitlines()) == 1


def test_keys_are_encrypted_on_request(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("a b c\n")
    folder = tmp_path / "pki"
    words = ["--password-file", str(password)]
    assert main(["pki", "make", str(folder), "--kind", "iso2", *words]) == 0
    key = (folder / "iso2" / "keys" / "secc.key").read_bytes()
    assert b"ENCRYPTED" in key
    with pytest.raises(TypeError):
        load_pem_private_key(key, None)
    load_pem_private_key(key, b"a b c")
    assert main(["pki", "install", str(folder), "--role", "secc", *stores(tmp_path), *words]) == 0


def stores(tmp_path: Path) -> list[str]:
    return ["--certificates", str(tmp_path / "c"), "--keys", str(tmp_path / "k")]


CERTS = (
    *("cpoCertChain.pem", "v2gRootCACert.pem", "oemRootCACert.pem", "oemCertChain.pem"),
    *("contractLeafCert.der", "moSubCA2Cert.der", "moSubCA1Cert.der", "moRootCACert.der"),
    *("oemLeafCert.der", "v2gRootCACert.der", "oemSubCA1Cert.der", "oemSubCA2Cert.der"),
    *("oemRootCACert.der", "cpsLeafCert.der", "cpsSubCA1Cert.der", "cpsSubCA2Cert.der"),
)
KEYS = {
    "seccLeaf.key": "seccLeafPassword.txt",
    "oemLeaf.key": "oemLeafPassword.txt",
    "contractLeaf.key": "contractLeafPassword.txt",
    "cpsLeaf.key": "cpsLeafPassword.txt",
    "moSubCA2.key": "moSubCA2LeafPassword.txt",
}


@pytest.mark.parametrize("password", ["", "secret words"])
def test_the_other_layout_has_every_file_under_its_name(tmp_path: Path, password: str) -> None:
    words: list[str] = []
    if password:
        (tmp_path / "password").write_text(password)
        words = ["--password-file", str(tmp_path / "password")]
    assert main(["pki", "make", str(tmp_path / "p"), "--layout", "iso15118", *words]) == 0
    base = tmp_path / "p" / "iso15118_2"
    for name in CERTS:
        text = (base / "certs" / name).read_bytes()
        assert parse(text if name.endswith("der") else certificates(text)[0]).serial > 0
    for key, password_file in KEYS.items():
        said = (base / "private_keys" / password_file).read_text()
        assert said == password
        load_pem_private_key((base / "private_keys" / key).read_bytes(), said.encode() or None)
    contract = parse((base / "certs" / "contractLeafCert.der").read_bytes())
    assert len(contract.subject.common_name or "") in {14, 15}


def test_both_layouts_hold_one_pki_for_the_two_sides_of_a_pair(tmp_path: Path) -> None:
    base = tmp_path / "p"
    assert main(["pki", "make", str(base), "--layout", "both"]) == 0
    theirs = base / "iso15118_2"
    for use, chain in (("secc", "cpo"), ("contract", "mo"), ("provisioning", "oem")):
        ours = certificates((base / "iso2" / "chains" / f"{use}.pem").read_bytes())
        assert certificates((theirs / "certs" / f"{chain}CertChain.pem").read_bytes()) == ours
    for root in ("v2g", "mo", "oem"):
        ours = certificates((base / "iso2" / "trust" / f"{root}.pem").read_bytes())
        assert certificates((theirs / "certs" / f"{root}RootCACert.pem").read_bytes()) == ours
    words = ["--role", "evcc", "--certificates", str(tmp_path / "c"), "--keys", str(tmp_path / "k")]
    assert main(["pki", "install", str(base), *words]) == 0


@pytest.mark.parametrize("kind", ["iso2", "iso20", "iso20-ed448"])
def test_a_good_chain_is_explained_and_accepted(
    made: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    base = made / kind
    for use, root in (("secc", "v2g"), ("contract", "mo"), ("provisioning", "oem"), ("cps", "v2g")):
        status, said = show(
            capsys,
            base / "chains" / f"{use}.pem",
            "--root",
            base / "trust" / f"{root}.pem",
            "--staple",
            base / "status" / f"{use}.ocsp",
            "--revocation",
            "strict",
            "--at",
            DATE,
        )
        assert status == 0, said
        assert f"verdict: accepted as {use} chain" in said


def test_every_bad_chain_is_refused_in_words(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each folder under bad/ says in about.txt with which word its chain has to be refused."""
    base = made / "iso2"
    roots = [word for path in sorted((base / "trust").iterdir()) for word in ("--root", str(path))]
    for about in sorted(base.glob("bad/*/*/about.txt")):
        title, wanted = about.read_text().splitlines()
        staple = about.parent / "staple.ocsp"
        status, said = show(
            capsys,
            about.parent / "chain.pem",
            *roots,
            *(("--staple", str(staple)) if staple.exists() else ()),
            *("--use", about.parts[-3], "--edition", "iso2"),
            *("--revocation", "strict", "--at", DATE),
        )
        assert status == 1, (about, said)
        assert wanted.removeprefix("to be refused: ") in said, (title, said)


def test_single_files_are_put_together(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    certs = made / "iso2" / "certs"
    files = [certs / f"{name}.der" for name in ("cpo_sub1", "v2g_root", "secc", "cpo_sub2")]
    status, said = show(capsys, *files, "--at", DATE)
    assert status == 0
    assert "accepted as secc chain" in said
    assert "taken as trusted" in said


def test_a_bundle_is_read(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entities = pki_of("iso2")["contract"].lineage
    for encoding, name in ((Encoding.DER, "x.p7b"), (Encoding.PEM, "y.p7b")):
        octets = pkcs7.serialize_certificates([one.certificate for one in entities], encoding)
        (tmp_path / name).write_bytes(octets)
        status, said = show(capsys, tmp_path / name, "--at", DATE)
        assert status == 0, said
        assert "accepted as contract chain" in said


def test_a_reversed_file_is_put_right(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entities = reversed(pki_of("iso2")["secc"].lineage)
    (tmp_path / "chain.pem").write_bytes(b"".join(one.pem for one in entities))
    status, said = show(capsys, tmp_path / "chain.pem", "--at", DATE)
    assert status == 0
    assert "not leaf first" in said


GARBAGE = {
    "nothing": b"",
    "text": b"hello",
    "half": b"-----BEGIN CERTIFICATE-----\nMIIB",
    "no base64": b"-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n",
    "no certificate": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "zeros": bytes(5000),
    "nested": b"\x30\x80" * 5000,
}


@pytest.mark.parametrize("title", GARBAGE)
def test_a_file_that_holds_none_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], title: str
) -> None:
    path = tmp_path / "x.pem"
    path.write_bytes(GARBAGE[title])
    status, said = show(capsys, path)
    assert status == 1
    assert str(path) in said
    assert "Traceback" not in said


def test_files_that_are_not_there_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(capsys, tmp_path / "none.pem")[0] == 2
    assert show(capsys, tmp_path)[0] == 1
    assert show(capsys, tmp_path, "--root", tmp_path / "none.pem")[0] == 2
    assert show(capsys, tmp_path, "--staple", tmp_path / "none.ocsp")[0] == 2


def test_a_private_key_stays_closed(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, said = show(capsys, made / "iso2" / "keys" / "secc.key")
    assert "a private key; it stays closed" in said


def test_answers_about_revocation_are_explained_and_count(
    fresh: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pki", "revoke", str(fresh), "iso2/secc"]) == 0
    (fresh / "now.ocsp").write_bytes(_asked(fresh, "secc"))
    crl = responder(fresh, None, 24).list("iso2/cpo_sub2")
    assert crl is not None
    (fresh / "now.crl").write_bytes(crl)
    chain = fresh / "iso2" / "chains" / "secc.pem"
    for answer, words in (("now.ocsp", "is revoked"), ("now.crl", "1 revoked")):
        status, said = show(capsys, chain, fresh / answer, "--root", fresh / "iso2/trust/v2g.pem")
        assert status == 1
        assert words in said
        assert "revoked: the leaf: its issuer took it back" in said


def _pair(base: Path, name: str, issuer: str) -> Pair:
    certs = base / "iso2" / "certs"
    return Pair(
        parse((certs / f"{name}.der").read_bytes()), parse((certs / f"{issuer}.der").read_bytes())
    )


def _asked(base: Path, name: str) -> bytes:
    return responder(base, None, 24).answer(ocsp_request(_pair(base, name, "cpo_sub2"), None))


@contextmanager
def running(base: Path) -> Iterator[str]:
    server = serve(responder(base, None, 24), 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://[::1]:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_responder_answers_over_http(fresh: Path) -> None:
    pair = _pair(fresh, "secc", "cpo_sub2")
    now = Moment(pair.certificate.not_before + timedelta(days=1, minutes=1))
    book = StatusBook()
    with running(fresh) as place:
        good = exchange(f"{place}/ocsp", ocsp_request(pair, b"n" * 16), 5)
        assert good.octets is not None, good.problem
        answer = book.learn(
            good.octets,
            pair.certificate,
            pair.issuer,
            Moment(now.at, trusted=False),
            nonce=b"n" * 16,
        )
        assert answer.state is State.GOOD
        main(["pki", "revoke", str(fresh), "iso2/secc"])
        bad = exchange(f"{place}/ocsp", ocsp_request(pair, None), 5)
        assert bad.octets is not None
        assert book.learn(bad.octets, pair.certificate, pair.issuer, now).state is State.REVOKED
        crl = exchange(f"{place}/crl/iso2/cpo_sub2.crl", None, 5)
        assert crl.octets is not None
        assert pair.certificate.serial in book.learn_list(crl.octets, pair.issuer, now).revoked


def test_http_trouble_is_told_in_words(fresh: Path) -> None:
    with running(fresh) as place:
        assert "404" in exchange(f"{place}/nothing", None, 5).problem
        assert "404" in exchange(f"{place}/crl/iso2/secc.crl", None, 5).problem
        assert "413" in exchange(f"{place}/ocsp", bytes(10_000), 5).problem
        refused = exchange(f"{place}/ocsp", b"garbage", 5)
        assert refused.octets == b"\x30\x03\x0a\x01\x01"
    assert exchange(f"{place}/ocsp", b"", 5).problem
    for url in ("https://[::1]/", "http://", "http://[::1", "http://[::1]:99999/", "nonsense"):
        assert exchange(url, None, 1).problem


def test_a_responder_without_a_pki_says_how_to_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pki", "ocsp", str(tmp_path)]) == 2
    assert "v2g pki make" in capsys.readouterr().err


def test_revoking_is_listed_and_undone(fresh: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["pki", "revoke", str(fresh), "iso2/secc", "iso2/contract"]) == 0
    assert main(["pki", "revoke", str(fresh), "--undo", "iso2/secc"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "revoked: iso2/contract"
    assert main(["pki", "revoke", str(fresh), "iso2/nobody"]) == 2
    assert "not known" in capsys.readouterr().err


@pytest.mark.parametrize("role", ["evcc", "secc"])
def test_a_pki_is_installed_for_a_role(made: Path, tmp_path: Path, role: str) -> None:
    assert main(["pki", "install", str(made), "--role", role, *stores(tmp_path)]) == 0
    store = CertificateStore(FolderShelf(tmp_path / "c"))
    assert not store.load()
    assert len(store.roots(RootKind.V2G)) == 3
    uses = (Use.CONTRACT, Use.PROVISIONING) if role == "evcc" else (Use.SECC, Use.CPS)
    keys = open_keys(CsmConfig(software=SoftwareConfig(folder=tmp_path / "k")))
    for use in uses:
        credentials = store.credentials(use)
        assert len(credentials) == 3
        for credential in credentials:
            assert keys.public_key(credential.key).spki() == credential.leaf.spki


def test_installing_again_and_leaving_out_both_work(made: Path, tmp_path: Path) -> None:
    words = ["pki", "install", str(made), "--role", "evcc", "--kind", "iso2", *stores(tmp_path)]
    assert main([*words, "--without", "contract"]) == 0
    assert main([*words, "--without", "contract"]) == 0
    store = CertificateStore(FolderShelf(tmp_path / "c"))
    store.load()
    assert not store.credentials(Use.CONTRACT)
    assert len(store.credentials(Use.PROVISIONING)) == 1


def test_a_configuration_says_where_certificates_and_keys_go(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "evcc.yaml"
    keys_here = f"csm: {{software: {{folder: {tmp_path / 'own'}}}}}\n"
    config.write_text(f"keym: {{folder: certificates}}\n{keys_here}")
    words = ["pki", "install", str(made), "--role", "evcc", "--config", str(config)]
    assert main([*words, "--kind", "iso20-ed448"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("certificates in ")
    loaded = load(EvccConfig, (config,)).config
    store = CertificateStore(FolderShelf(loaded.keym.folder))
    store.load()
    (kept,) = store.credentials(Use.PROVISIONING, Edition.ISO20)
    keys = open_keys(loaded.csm)
    assert keys.public_key(kept.key).spki() == kept.leaf.spki
    beside = keys.public_key(KeyHandle(kept.key.driver, f"{kept.key.label}-x448"))
    assert beside.spki() == kept.leaf.extensions.alternate_key
    missing = str(tmp_path / "none.yaml")
    assert main([*words[:-1], missing]) == 2
    assert "none.yaml" in capsys.readouterr().err


def test_a_token_of_the_configuration_takes_the_keys(
    made: Path,
    tmp_path: Path,
    make_token: Callable[..., Pkcs11Driver],
    capsys: pytest.CaptureFixture[str],
) -> None:
    token = make_token()
    config = tmp_path / "evcc.yaml"
    config.write_text(
        f"keym: {{folder: {tmp_path / 'c'}}}\n"
        f"csm: {{drivers: [pkcs11], pkcs11: {{token: evcc, "
        f"pin: {{dangerously_in_clear: {PIN.decode()}}}}}}}\n"
    )
    words = ["pki", "install", str(made), "--role", "evcc", "--config", str(config)]
    assert main([*words, "--kind", "iso20"]) == 0
    assert "keys in token evcc" in capsys.readouterr().out.splitlines()[-1]
    labels = {line.handle.label for line in token.stored() if not line.extractable}
    assert labels == {"vehicle-iso20", "provisioning-iso20", "contract-iso20"}
