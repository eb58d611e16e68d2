"""``v2g pki vectors``: every worked example is reproduced, every changed one is noticed."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.cli import main
from tools.pki.vectors import read, replay

FILE = Path(__file__).parent.parent / "data" / "pnc" / "pnc_crypto.json.gz"
DOCUMENT: dict[str, Any] = dict(read(FILE))

TOLD_ONLY = {"about", "status", "expected", "note", "kdf", "signed_over"}
"""Fields for people; nothing is calculated from them, or not only from them."""


def octets(section: dict[str, Any], *path: str) -> Iterator[tuple[str, ...]]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from octets(value, *path, name)
        elif isinstance(value, str) and name not in TOLD_ONLY and len(value) > 1:
            yield (*path, name)


def test_every_case_is_reproduced(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pki", "vectors", str(FILE)]) == 0
    assert capsys.readouterr().out == "146 passed, 0 failed\n"


def test_cases_are_named_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pki", "vectors", "-v", str(FILE)]) == 0
    out = capsys.readouterr().out
    assert "passed iso15118_2.contract_key_delivery.K\n" in out
    assert "passed iso15118_20.PnC_AReqAuthorizationMode.verified\n" in out


@pytest.mark.parametrize("path", list(octets(DOCUMENT)), ids=".".join)
def test_a_change_in_any_field_is_noticed(path: tuple[str, ...]) -> None:
    document = copy.deepcopy(DOCUMENT)
    section = document
    for word in path[:-1]:
        section = section[word]
    text: str = section[path[-1]]
    place = len(text) // 2
    section[path[-1]] = text[:place] + ("1" if text[place] != "1" else "2") + text[place + 1 :]
    only = {path[0]: {**document[path[0]]}}
    assert any(case.problem for case in replay(only))


def test_the_exit_status_tells_of_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["iso15118_2"]["contract_key_delivery"]["K"] = "00" * 16
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(document))
    assert main(["pki", "vectors", str(changed)]) == 1
    out = capsys.readouterr().out
    assert "FAILED iso15118_2.contract_key_delivery.K: calculated 1eaee166" in out
    assert "145 passed, 1 failed" in out


def test_sections_of_other_names_are_replayed_as_well() -> None:
    document = copy.deepcopy(DOCUMENT)
    older = document["iso15118_2"]
    older["SomeOtherReq"] = older.pop("AuthorizationReq")
    older["update_delivery"] = older.pop("contract_key_delivery")
    cases = replay(document)
    assert len(cases) == 146
    assert not [case for case in cases if case.problem]


def test_a_name_may_stand_for_one_key_of_each_kind() -> None:
    document = copy.deepcopy(DOCUMENT)
    newer = document["iso15118_20"]
    example = newer["ed448_signature_example"]
    newer["keys_ed448"] = {"contract": {"private": example["private"], "public": example["public"]}}
    cases = replay(document)
    assert len(cases) == 147
    assert not [case for case in cases if case.problem]


@pytest.mark.parametrize(
    "case",
    [
        {"mystery": "00112233445566778899"},
        {"SignedInfo_exi_fragment": "80", "element_exi_fragment": "80", "Id": "a"},
        {"SignedInfo_exi_fragment": "80"},
        {"Z": "00", "ContractSignatureEncryptedPrivateKey": "00"},
        {"Z": 1, "SECP521_Encrypted": None},
    ],
)
def test_a_case_of_no_known_form_counts_as_failed(case: dict[str, object]) -> None:
    for edition in ("iso15118_2", "iso15118_20"):
        document = {edition: {**DOCUMENT[edition], "unheard_of": case}}
        problems = [found for found in replay(document) if found.problem]
        assert next(found.name for found in problems).startswith(f"{edition}.unheard_of.")


@pytest.mark.parametrize("text", ["", "[", "[]", "{}", '{"a": 1}', "\x00\xff"])
def test_a_file_of_no_use_is_said_to_be_one(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file.json"
    path.write_text(text, encoding="latin-1")
    assert main(["pki", "vectors", str(path)]) == 2
    assert str(path) in capsys.readouterr().err
    assert main(["pki", "vectors", str(tmp_path / "none.json")]) == 2
