"""What a hostile or careless integrator may hand over: files, matrices and whole folders.

Each is refused with one line that says where, and status 2; what is odd but right is taken.
"""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import pytest

from evcc.cli import main as evcc
from tests.arxml.test_broken import BURST, GOOD, MODULE, SLAC, Kind, bomb, changed, refused

BUS = (Path(__file__).parents[2] / "arxml" / "vehicle_bus.arxml").read_text()
PACKAGE = GOOD[GOOD.index("    <AR-PACKAGE>") : GOOD.index("  </AR-PACKAGES>")]
OTHER = """        <ECUC-MODULE-CONFIGURATION-VALUES>
          <SHORT-NAME>log</SHORT-NAME>
          <DEFINITION-REF DEST="ECUC-MODULE-DEF">/Pilotwire/ROLE/os</DEFINITION-REF>
        </ECUC-MODULE-CONFIGURATION-VALUES>
"""
SETTINGS = GOOD[GOOD.index("            <ECUC-CONTAINER-V") : GOOD.index("          </CONTAINERS>")]
NESTED = SETTINGS.replace("log/settings<", "log/settings/settings<", 1)
TEXTUAL = BURST.replace("ECUC-NUMERICAL-PARAM-VALUE", "ECUC-TEXTUAL-PARAM-VALUE")
VARIANT = "<VARIATION-POINT><SHORT-LABEL>x</SHORT-LABEL></VARIATION-POINT>"
REFERENCE = """<REFERENCE-VALUES><ECUC-REFERENCE-VALUE>
<DEFINITION-REF DEST="ECUC-REFERENCE-DEF">/Pilotwire/ROLE/log/settings/next</DEFINITION-REF>
<VALUE-REF DEST="ECUC-CONTAINER-VALUE">/p/log/settings</VALUE-REF>
</ECUC-REFERENCE-VALUE></REFERENCE-VALUES>
"""
FLOOD = "<ELEMENTS " + " ".join(f'a{number}="1"' for number in range(100_000)) + ">"

KINDS = [
    Kind("package twice", changed(PACKAGE, PACKAGE * 2), ":41:5: the name 'p' stands in line 4"),
    Kind("name twice", changed(MODULE, MODULE + OTHER), ":39:9: the name 'log' stands in line 7"),
    Kind("newer namespace", GOOD.replace("/r4.0", "/r5.0"), ":2:1: the root is <AUTOSAR>, not"),
    Kind("prefixed", GOOD.replace("xmlns=", "xmlns:a=").replace("AUTOSAR>", "a:AUTOSAR>").replace(
        "<AUTOSAR ", "<a:AUTOSAR "), ":3:3: not valid ARXML"),
    Kind("location without its half", changed("http://autosar.org/schema/r4.0 AUTOSAR", "AUTOSAR"),
         ":2:1: not valid ARXML"),
    Kind("another encoding's name", changed("utf-8", "utf-7"), ":1:1: not valid"),
    Kind("XML 1.1", changed('version="1.0"', 'version="1.1"'), ":1:1: not valid"),
    Kind("compressed", gzip.compress(GOOD.encode(), mtime=0), ":1:2: octet 0x8B is not UTF-8"),
    Kind("a zero", changed("debug", "de\0bug"), ":21:28: not valid XML"),
    Kind("no short name", changed("<SHORT-NAME>settings</SHORT-NAME>\n", ""), "SHORT-NAME was not"),
    Kind("no DEST", changed(' DEST="ECUC-INTEGER-PARAM-DEF"', ""), ":16:1: not valid ARXML"),
    Kind("no such DEST", changed("INTEGER-PARAM-DEF", "BOGUS-DEF"), ":16:1: not valid ARXML"),
    Kind("wrong reference", changed("log/settings/burst", "log/../burst"), ":16:1: not valid"),
    Kind("another role", GOOD.replace("ROLE", "secc"), "it has /Pilotwire/secc/log"),
    Kind("reference value", changed("              <PARAM", REFERENCE + "              <PARAM"),
         "/Pilotwire/ROLE/log/settings has no references"),
    Kind("contains itself", changed(SLAC, NESTED), ":27:15: 'settings' is no container of"),
    Kind("too many settings", changed(SETTINGS, SETTINGS + SETTINGS.replace(">set", ">other")),
         ":37:13: /Pilotwire/ROLE/log/settings stands in line 11"),
    Kind("two values", changed("<VALUE>7</VALUE>", "<VALUE>7</VALUE>" * 2), ":17:1: not valid"),
    Kind("text for a number", changed(BURST, TEXTUAL), ":16:19: /Pilotwire/ROLE/log"),
    Kind("a unit", changed(">7<", ">7 ms<"), ":17:19: log.burst: a whole number is wanted"),
    Kind("no number", changed(">7<", ">NaN<"), ":17:19: log.burst: a whole number is wanted"),
    Kind("endless number", changed(">7<", f">{'9' * 5000}<"), "(5002 characters)"),
    Kind("other digits", changed(">7<", ">\u0667<"), ":17:19: log.burst: a whole number is wanted"),
    Kind("another case", changed("debug", "DEBUG"), ":21:19: log.level: 'DEBUG' is no choice"),
    Kind("one variant of many", changed("  </ECUC-NUM", f"{VARIANT}  </ECUC-NUM"),
         ":18:15: a variation point is not bound here"),
    Kind("flood of attributes", changed("<ELEMENTS>", FLOOD), "unknown attribute a0"),
    Kind("endless name", changed(">slac<", f">{'a' * 129}<"), ":26:1: not valid ARXML"),
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_it_is_refused_with_its_place(
    kind: Kind, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.arxml"
    octets = kind.text.encode() if isinstance(kind.text, str) else kind.text
    path.write_bytes(octets.replace(b"ROLE", b"evcc"))
    said = refused(path, evcc, capsys)
    assert kind.said.replace("ROLE", "evcc") in said
    assert re.match(rf"{re.escape(str(path))}:\d+:\d+: ", said), "file, line and column"
    assert len(said) < 600


ODD = {
    "byte order mark": "\ufeff" + GOOD,
    "comment within a value": changed("debug", "de<!-- x -->bug"),
    "instruction": changed("<AR-PACKAGES>", '<?sheet href="file:///etc/passwd"?><AR-PACKAGES>'),
    "hexadecimal": changed(">7<", ">0x07<"),
    "an older release": changed("AUTOSAR_00051", "AUTOSAR_4-0-3"),
    "one name at two levels": changed(">slac<", ">settings<"),
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_what_is_odd_but_right_is_taken(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.arxml"
    path.write_text(text.replace("ROLE", "evcc"))
    assert evcc(["check", "-c", str(path)]) == 0
    assert "  burst: 7  #" in capsys.readouterr().out


@pytest.mark.parametrize("filled", [False, True])
def test_a_hundred_mebibytes_are_refused_without_being_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, filled: bool
) -> None:
    path = tmp_path / "c.arxml"
    with path.open("wb") as file:
        file.write(GOOD.replace("ROLE", "evcc").encode() if filled else b"")
        file.truncate(100 << 20)
    before = getrusage(RUSAGE_SELF).ru_maxrss
    assert "too large: 104857600 octets, at most" in refused(path, evcc, capsys)
    assert getrusage(RUSAGE_SELF).ru_maxrss - before < 20_000, "KiB"


def test_where_yaml_and_arxml_contradict_each_other_yaml_wins_and_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    yaml, arxml = tmp_path / "c.yaml", tmp_path / "c.arxml"
    yaml.write_text("log: {burst: 9}\n")
    arxml.write_text(GOOD.replace("ROLE", "evcc"))
    for order in ([yaml, arxml], [arxml, yaml]):
        assert evcc(["check", *(word for path in order for word in ("-c", str(path)))]) == 0
        said = capsys.readouterr().out
        assert f"# log.burst: {yaml}:1:14 wins over {arxml}:17:19" in said
    yaml.write_text("log: {burst: nine}\n")
    assert evcc(["check", "-c", str(arxml), "-c", str(yaml)]) == 2
    assert f"{yaml}:1:14: log.burst" in capsys.readouterr().err


Change = Callable[[str], str]


def replaced(old: str, new: str) -> Change:
    def change(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return change


MATRICES: dict[str, tuple[Change, str]] = {
    "cut": (lambda text: text[: len(text) // 2], r"m\.arxml:\d+:\d+: not valid XML"),
    "empty": (lambda _: "", r"m\.arxml:1:1: not valid XML"),
    "entity bomb": (lambda _: bomb(), r"m\.arxml:2:19: a document type"),
    "values and no bus": (lambda _: GOOD, r"holds no message of a bus: m\.arxml"),
    "newer namespace": (lambda text: text.replace("/r4.0", "/r9.9"), r"m\.arxml:2: .* namespace"),
    "dangling reference": (replaced("Crc</I-SIGNAL-REF>", "CrX</I-SIGNAL-REF>"),
                           r"m\.arxml:\d+: .* dangling reference"),
    "no length": (replaced("<LENGTH>16<", "<LENGTH>many<"), r"m\.arxml:\d+: .*'many'"),
    "no frame length": (replaced("<FRAME-LENGTH>64<", "<FRAME-LENGTH>63<"),
                        r"m\.arxml:\d+: message \w+: no frame has 63 octets"),
    "signal outside": (replaced("<START-POSITION>64<", "<START-POSITION>5000<"),
                       r"m\.arxml:\d+: message \w+: signal \w+ does not fit"),
    "name twice": (replaced("<SHORT-NAME>Soc<", "<SHORT-NAME>FullSoc<"),
                   r"m\.arxml:\d+: .* multiple elements with path"),
    "identifier": (replaced("<IDENTIFIER>", "<IDENTIFIER>99999999"), r"m\.arxml:\d+: .* 11 bits"),
}  # fmt: skip


@pytest.mark.parametrize("name", MATRICES)
def test_a_broken_bus_description_is_refused_with_its_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, said = MATRICES[name]
    (tmp_path / "m.arxml").write_text(change(BUS))
    path = tmp_path / "c.yaml"
    path.write_text("can: {bus: {interface: socketcan, channel: can0}, matrix: [m.arxml]}\n")
    assert re.search(said, refused(path, evcc, capsys))
