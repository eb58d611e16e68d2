"""``pilotwire.pki``: a test PKI is made, and chains are judged, good and bad ones."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from pilotwire import pki
from tools.pki.folder import FolderTrouble

AT = datetime(2026, 5, 1, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def made() -> pki.TestPki:
    return pki.make("iso2", at=AT)


@pytest.mark.parametrize("use", ["secc", "contract", "provisioning", "cps"])
def test_good_chains_are_trusted_and_each_bad_one_is_refused_for_its_reason(
    made: pki.TestPki, use: str
) -> None:
    assert made.judge(made[use].chain, use).trusted
    bad = made.bad(use)
    assert len(bad) > 10
    answered = {"NO_STATUS", "BAD_STATUS", "REVOKED", "TIME_UNKNOWN"}
    for name, variant in bad.items():
        if variant.reason.name in answered:
            continue  # those are about answers, and what is asked of them is a setting
        verdict = made.judge(variant.chain, use, [variant.staple])
        assert not verdict.trusted, name
        assert verdict.reason is variant.reason, name


def test_pem_and_der_are_the_same(made: pki.TestPki) -> None:
    roots = [made["v2g_root"].pem]
    assert pki.judge(made["secc"].chain_pem, roots, at=AT).trusted
    assert pki.judge(made["secc"].chain, [made["v2g_root"].der], "secc", at=AT).trusted


def test_who_trusts_another_root_refuses(made: pki.TestPki) -> None:
    other = pki.make("iso2", at=AT)
    assert other.judge(made["secc"].chain).reason is not None


def test_time_passes(made: pki.TestPki) -> None:
    late = AT + timedelta(days=100 * 365)
    verdict = pki.judge(made["secc"].chain, made.roots, at=late)
    assert verdict.reason is pki.Reason.EXPIRED


def test_it_can_be_written_and_read_by_the_tools(made: pki.TestPki, tmp_path: Path) -> None:
    made.write(tmp_path / "x")
    assert (tmp_path / "x" / "iso2" / "chains" / "secc.pem").read_bytes() == made["secc"].chain_pem


@pytest.mark.parametrize("root", [b"", b"nonsense"])
def test_a_root_that_cannot_be_read_is_said(made: pki.TestPki, root: bytes) -> None:
    with pytest.raises(ValueError, match="a root cannot be read"):
        pki.judge(made["secc"].chain, [root])


def test_an_empty_chain_has_a_verdict(made: pki.TestPki) -> None:
    assert made.judge([]).reason is pki.Reason.EMPTY


def test_wrong_names_are_answered_with_the_right_ones(made: pki.TestPki) -> None:
    with pytest.raises(KeyError, match="v2g_root"):
        made["nobody"]
    with pytest.raises(ValueError, match="iso20-ed448"):
        pki.make("iso3")


def test_a_folder_with_files_is_taken_by_force_alone(made: pki.TestPki, tmp_path: Path) -> None:
    made.write(tmp_path / "x")
    with pytest.raises(FolderTrouble, match="force=True"):
        made.write(tmp_path / "x")
    made.write(tmp_path / "x", force=True)
