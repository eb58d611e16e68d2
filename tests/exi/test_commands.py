"""``v2g exi`` as people use it."""

import base64
import io
import json
import sys
from pathlib import Path

import pytest

from bsw import exi
from tests.exi.support import DATA, vectors
from tools.cli import main
from tools.fuzz.blows.exi import CORPUS, corpus, packed, unpacked

SETUP = "8098004011d01800621c00704400"
FRAMED = f"01fe80010000000e{SETUP}"


def printed(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    assert main(["exi", *words]) == status
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "spelt",
    [
        SETUP,
        SETUP.upper(),
        f"0x{SETUP}",
        "80:98:00:40:11:d0:18:00:62:1c:00:70:44:00",
        base64.b64encode(bytes.fromhex(SETUP)).decode(),
        FRAMED,
    ],
)
def test_octets_may_be_spelt_in_many_ways(spelt: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, "decode", spelt)
    assert "<mb:EVCCID>001887001C11</mb:EVCCID>" in shown


def test_octets_may_come_from_a_file_or_the_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, text = tmp_path / "raw.exi", tmp_path / "text.hex"
    raw.write_bytes(bytes.fromhex(FRAMED))
    text.write_text(f"{SETUP[:10]}\n{SETUP[10:]}\n")
    for path in (raw, text):
        assert "SessionSetupReq" in printed(capsys, "decode", str(path))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes.fromhex(SETUP))))
    assert "SessionSetupReq" in printed(capsys, "decode", "-", "--format", "repr")


def test_the_schema_is_guessed_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    for name, case in (("iso2", SETUP), ("din", "809a020d067a50f04b77281011400000")):
        assert main(["exi", "decode", case]) == 0
        assert f"schema {name}" in capsys.readouterr().err
    pre_charge = "8044044ee1683974bcf8dd09d8cd1d3062210012006080090030"
    assert main(["exi", "decode", f"01fe80040000001a{pre_charge}"]) == 0
    assert "schema iso20.dc" in capsys.readouterr().err


def test_what_was_tolerated_is_noted_unless_it_must_be_strict(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cookie = "24455849" + SETUP
    assert main(["exi", "decode", "--schema", "iso2", cookie]) == 0
    assert "note: the stream begins with the cookie $EXI" in capsys.readouterr().err
    assert main(["exi", "decode", "--schema", "iso2", "--strict", cookie]) == 1
    assert "expected the EXI header 0x80, found 0x24" in capsys.readouterr().err
    assert main(["exi", "decode", "--schema", "iso2", "--trailing", SETUP + "00"]) == 0
    assert "note: 1 octets follow the message" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["zz"], "neither hexadecimal nor base64 nor a file: 'zz'"),
        (["80980040_"], "neither hexadecimal nor base64 nor a file"),
        (["--input-form", "hex", "abc"], "no hexadecimal octets: 'abc'"),
        (["--input-form", "file", "/nonexistent"], "/nonexistent: No such file"),
        (["--schema", "iso3", SETUP], "no schema 'iso3'; there are sap, din"),
        ([SETUP[:-6]], "bit 54, V2G_Message/Body/SessionSetupReq/EVCCID: expected 6 octets"),
    ],
)
def test_bad_input_is_refused_in_words(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["exi", "decode", *words]) == (1 if words == [SETUP[:-6]] else 2)
    assert said in capsys.readouterr().err


def test_nothing_to_decode_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exi", "decode"]) == 2
    assert "give hex, base64, a file, - or --batch FILE" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["xml", "json"])
def test_what_was_decoded_can_be_encoded(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(capsys, "decode", SETUP, "--format", form)
    path = tmp_path / f"message.{form}"
    path.write_text(text)
    schema = [] if form == "xml" else ["--schema", "iso2"]
    assert printed(capsys, "encode", str(path), *schema).strip() == SETUP
    assert printed(capsys, "encode", text, *schema, "--frame").strip() == FRAMED
    packed = printed(capsys, "encode", text, *schema, "--base64").strip()
    assert base64.b64decode(packed).hex() == SETUP
    out = tmp_path / "out.exi"
    printed(capsys, "encode", text, *schema, "--output", str(out))
    assert out.read_bytes().hex() == SETUP


def test_fragments_go_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    key = "802d02b4b21980c000409e80"
    text = printed(capsys, "decode", key, "--fragment", "--schema", "iso2")
    assert "DHpublickey" in text
    assert printed(capsys, "encode", text, "--fragment").strip() == key


def test_a_wrong_text_is_refused_or_on_demand_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = printed(capsys, "decode", SETUP).replace("001887001C11", "00" * 7)
    assert main(["exi", "encode", text]) == 1
    assert "evccid: 7 octets, allowed 0..6" in capsys.readouterr().err
    assert printed(capsys, "encode", text, "--unchecked").startswith("8098004011d01c00")
    assert main(["exi", "encode", "/nonexistent"]) == 2
    assert main(["exi", "encode", '{"V2G_Message":{}}']) == 2
    assert "say which schema V2G_Message belongs to with --schema: iso2, din" in (
        capsys.readouterr().err
    )


def test_empty_values_can_be_written_as_exificient_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = printed(capsys, "decode", SETUP).replace("001887001C11", "")
    plain = printed(capsys, "encode", text).strip()
    ends = printed(capsys, "encode", text, "--ends").strip()
    assert plain != ends
    assert printed(capsys, "decode", plain) == printed(capsys, "decode", ends)


def test_a_batch_answers_every_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "batch.jsonl"
    lines = [
        {"id": 1, "schema": "iso_15118_2", "exi": SETUP},
        {"id": 2, "schema": "iso2", "exi": SETUP[:-6]},
        {"schema": "iso2", "exi": "802d02b4b21980c000409e80", "fragment": True},
        {"schema": "iso3", "exi": SETUP},
        {"schema": "iso2", "exi": "abc"},
        {"schema": "iso2"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    path.write_text(text + "[]\nnonsense\n\n" + '{"schema": "iso2", "exi": 7}\n')
    answers = [
        json.loads(line) for line in printed(capsys, "decode", "--batch", str(path)).splitlines()
    ]
    assert [answer["ok"] for answer in answers] == [True, False, True, *[False] * 6]
    assert answers[0]["id"] == 1
    assert answers[0]["message"]["V2G_Message"]["Header"] == {"SessionID": "00"}
    assert answers[1]["position"] == 54
    assert answers[1]["path"] == "V2G_Message/Body/SessionSetupReq/EVCCID"
    assert answers[2]["message"] == {"DHpublickey": {"@Id": "id3", "#text": "AAEC"}}
    assert main(["exi", "decode", "--batch", str(tmp_path / "missing")]) == 2


def test_a_line_without_schema_is_guessed_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "batch.jsonl"
    path.write_text(json.dumps({"exi": SETUP}) + "\n7\n")
    guessed, no_object = (
        json.loads(line) for line in printed(capsys, "decode", "--batch", str(path)).splitlines()
    )
    assert guessed["ok"]
    assert guessed["schema"] == "iso2"
    assert no_object["error"] == "no usable line: no JSON object"


def test_a_batch_can_show_xml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "batch.jsonl"
    path.write_text(json.dumps({"schema": "iso2", "exi": SETUP}))
    answer = json.loads(printed(capsys, "decode", "--batch", str(path), "--format", "xml"))
    assert answer["message"].startswith("<md:V2G_Message")


def test_check_counts_and_exits_accordingly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = [dict(case) for case in vectors("app_protocol.jsonl.gz")[:3]]
    path = tmp_path / "some.jsonl"
    path.write_text("".join(json.dumps(case) + "\n" for case in [*good, {"other": 1}]))
    shown = printed(capsys, "check", str(path))
    assert "1 entries are no EXI vectors, skipped" in shown
    assert shown.endswith("3 passed, 0 failed\n")
    good[1]["exi"] = good[0]["exi"]
    del good[2]["xml"]
    path.write_text("".join(json.dumps(case) + "\n" for case in good))
    shown = printed(capsys, "check", str(path), status=1)
    assert "decoded to" in shown
    assert shown.endswith("2 passed, 1 failed\n")


def test_check_reads_the_repository_s_own_vectors(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, "check", str(DATA / "app_protocol.jsonl.gz"), "--form", "pure")
    assert shown == "checked pure\n30 passed, 0 failed\n"
    assert main(["exi", "check", str(DATA / "missing.jsonl")]) == 2


def test_bench_prints_both_forms_and_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text(json.dumps(vectors("bench.jsonl.gz")[1]) + "\n")
    found = json.loads(printed(capsys, "bench", str(path), "--form", "pure", "--json"))
    (row,) = found["messages"]
    assert row["decode_us"] > 0
    assert row["first_decode_us"] > row["decode_us"]
    assert set(found["geometric_means"]["pure"]) == {"decode_us", "encode_us"}
    assert "geometric mean of messages 02 to 14" in printed(
        capsys, "bench", str(path), "--form", "pure"
    )


def test_the_fuzzer_runs_from_its_corpus_and_reports(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, "fuzz", "--count", "3000", "--seed", "11")
    assert shown.startswith("3000 inputs, ")
    assert "greatest memory" in shown


def test_every_line_of_the_fuzzer_s_corpus_decodes() -> None:
    for seed in corpus(CORPUS):
        codec = exi.codec(seed.schema)
        assert codec.decode_fragment(seed.data) if seed.fragment else codec.decode(seed.data)
        asked, data = unpacked(packed(seed))
        assert (asked.schema, asked.fragment, data) == seed
