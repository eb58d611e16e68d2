"""``v2g schema``: what it makes of the official files, of new ones, and of files it cannot read."""

from importlib import import_module
from pathlib import Path

import pytest

from bsw import exi
from bsw.exi.codec import Form
from tests.exi.support import SCHEMAS, octets
from tools.cli import main
from tools.dev.measure.exi import BASELINE
from tools.dev.schema.cli import TARGET
from tools.dev.schema.generate import generate
from tools.dev.schema.plan import Module
from tools.dev.schema.xsd import SchemaError, read

XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:test:Extra"
 targetNamespace="urn:test:Extra" elementFormDefault="qualified">
 <xs:simpleType name="levelType"><xs:restriction base="xs:unsignedInt">
   <xs:maxInclusive value="9"/></xs:restriction></xs:simpleType>
 <xs:simpleType name="moodType"><xs:restriction base="xs:string">
   <xs:enumeration value="Good"/><xs:enumeration value="VeryGood"/></xs:restriction></xs:simpleType>
 <xs:element name="Mode" type="ModeType"/>
 <xs:complexType name="ModeType" abstract="true"/>
 <xs:element name="Fast_Mode" type="Fast_ModeType" substitutionGroup="Mode"/>
 <xs:complexType name="Fast_ModeType"><xs:complexContent><xs:extension base="ModeType">
   <xs:sequence><xs:element name="Level" type="levelType"/></xs:sequence>
 </xs:extension></xs:complexContent></xs:complexType>
 <xs:element name="ExtraReq" type="ExtraReqType"/>
 <xs:complexType name="ExtraReqType"><xs:sequence>
   <xs:element name="Mood" type="moodType" minOccurs="0" maxOccurs="3"/>
   <xs:element ref="Mode"/>
   <xs:choice minOccurs="0"><xs:element name="Left" type="xs:boolean"/>
     <xs:element name="Right" type="xs:short"/></xs:choice>
 </xs:sequence><xs:attribute name="Id" type="xs:ID" use="required"/></xs:complexType>
</xs:schema>"""


def test_the_tools_find_what_they_compare_with() -> None:
    assert (TARGET / "iso2.py").is_file()
    assert BASELINE.is_file()


@pytest.mark.skipif(
    not SCHEMAS.is_dir(),
    reason=f"the official schemas are not at {SCHEMAS}; set PILOTWIRE_SCHEMAS",
)
def test_the_committed_modules_are_what_the_schemas_give(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["schema", str(SCHEMAS), "--check"]) == 0
    assert "10 modules as generated, 0 differ" in capsys.readouterr().out


def test_a_new_schema_becomes_a_module_that_runs(tmp_path: Path) -> None:
    (tmp_path / "extra.xsd").write_text(XSD)
    module = Module("extra", "extra.xsd", ("urn:test:Extra",), "One more.")
    text = generate(tmp_path, [module])["extra.py"]
    space: dict[str, object] = {"__name__": "extra"}
    exec(text, space)
    request = space["ExtraReq"]
    assert callable(request)
    mode = space["FastMode"]
    assert callable(mode)
    made = request(id="x", mode=mode(level=9), left=True)
    assert repr(made) == "ExtraReq(id='x', mode=FastMode(level=9), left=True)"
    with pytest.raises(ValueError, match=r"level: 10 is outside 0\.\.9"):
        mode(level=10)
    with pytest.raises(ValueError, match="right cannot stand here"):
        request(id="x", mode=mode(level=9), left=True, right=1)


def test_a_new_schema_can_be_spoken_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Form
) -> None:
    (tmp_path / "extra.xsd").write_text(XSD)
    module = Module("extra", "extra.xsd", ("urn:test:Extra",), "One more.")
    (tmp_path / "extra_messages.py").write_text(generate(tmp_path, [module])["extra.py"])
    monkeypatch.syspath_prepend(str(tmp_path))
    exi.register("extra", ("extra_messages",))
    extra = import_module("extra_messages")
    codec = exi.codec("extra", form=form)
    request = extra.ExtraReq(id="x", mood=(extra.Mood.VERY_GOOD,), mode=extra.FastMode(level=9))
    data = codec.encode(request)
    assert codec.decode(data) == request
    # header; ExtraReq 0 of Fast_Mode, Mode and itself; Id; Mood, then Fast_Mode; Level; the ends
    bits = "10000000 00 0 00000011 01111000 00 0 1 0 01 0 0 1001 0 0 10"
    assert data == octets(bits)
    with pytest.raises(ValueError, match="the schema set extra exists already"):
        exi.register("extra", ("sap",))


def test_what_the_reader_does_not_know_stops_it(tmp_path: Path) -> None:
    path = tmp_path / "odd.xsd"
    path.write_text(XSD.replace('<xs:maxInclusive value="9"/>', '<xs:pattern value="[0-9]"/>'))
    with pytest.raises(SchemaError, match=r"odd.xsd: do not know what to do with pattern"):
        read(path)


def test_a_folder_without_schemas_is_said_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", str(tmp_path)]) == 2
    assert "no schema in" in capsys.readouterr().err
    assert main(["schema", str(tmp_path), "--amendment", "iso20.x=missing.xsd"]) == 2
    assert "is not there" in capsys.readouterr().err


def test_a_module_that_differs_is_shown_as_a_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "schemas" / "app_protocol"
    folder.mkdir(parents=True)
    text = XSD.replace("urn:test:Extra", "urn:iso:15118:2:2010:AppProtocol")
    (folder / "V2G_CI_AppProtocol.xsd").write_text(text)
    arguments = ["schema", str(tmp_path / "schemas"), "--output", str(tmp_path / "out")]
    assert main([*arguments, "--check"]) == 1
    assert "+class ExtraReq(" in capsys.readouterr().out
    assert main(arguments) == 0
    assert main([*arguments, "--check"]) == 0
