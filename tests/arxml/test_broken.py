"""Broken ARXML files end with one message that says where, and status 2."""

import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bsw.ecuc.arxml.export import as_arxml
from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError
from evcc.cli import main as evcc
from evcc.config import EvccConfig
from secc.cli import main as secc

ROOT = Path(__file__).parents[2]

GOOD = """<?xml version="1.0" encoding="utf-8"?>
<AUTOSAR xmlns="http://autosar.org/schema/r4.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://autosar.org/schema/r4.0 AUTOSAR_00051.xsd">
  <AR-PACKAGES>
    <AR-PACKAGE>
      <SHORT-NAME>p</SHORT-NAME>
      <ELEMENTS>
        <ECUC-MODULE-CONFIGURATION-VALUES>
          <SHORT-NAME>log</SHORT-NAME>
          <DEFINITION-REF DEST="ECUC-MODULE-DEF">/Pilotwire/ROLE/log</DEFINITION-REF>
          <CONTAINERS>
            <ECUC-CONTAINER-VALUE>
              <SHORT-NAME>settings</SHORT-NAME>
              <DEFINITION-REF DEST="ECUC-PARAM-CONF-CONTAINER-DEF">/Pilotwire/ROLE/log/settings</DEFINITION-REF>
              <PARAMETER-VALUES>
                <ECUC-NUMERICAL-PARAM-VALUE>
                  <DEFINITION-REF DEST="ECUC-INTEGER-PARAM-DEF">/Pilotwire/ROLE/log/settings/burst</DEFINITION-REF>
                  <VALUE>7</VALUE>
                </ECUC-NUMERICAL-PARAM-VALUE>
                <ECUC-TEXTUAL-PARAM-VALUE>
                  <DEFINITION-REF DEST="ECUC-ENUMERATION-PARAM-DEF">/Pilotwire/ROLE/log/settings/level</DEFINITION-REF>
                  <VALUE>debug</VALUE>
                </ECUC-TEXTUAL-PARAM-VALUE>
              </PARAMETER-VALUES>
              <SUB-CONTAINERS>
                <ECUC-CONTAINER-VALUE>
                  <SHORT-NAME>slac</SHORT-NAME>
                  <DEFINITION-REF DEST="ECUC-PARAM-CONF-CONTAINER-DEF">/Pilotwire/ROLE/log/settings/levels</DEFINITION-REF>
                  <PARAMETER-VALUES>
                    <ECUC-TEXTUAL-PARAM-VALUE>
                      <DEFINITION-REF DEST="ECUC-ENUMERATION-PARAM-DEF">/Pilotwire/ROLE/log/settings/levels/value</DEFINITION-REF>
                      <VALUE>error</VALUE>
                    </ECUC-TEXTUAL-PARAM-VALUE>
                  </PARAMETER-VALUES>
                </ECUC-CONTAINER-VALUE>
              </SUB-CONTAINERS>
            </ECUC-CONTAINER-VALUE>
          </CONTAINERS>
        </ECUC-MODULE-CONFIGURATION-VALUES>
      </ELEMENTS>
    </AR-PACKAGE>
  </AR-PACKAGES>
</AUTOSAR>
"""  # noqa: E501 - AUTOSAR's own names
BURST = GOOD[GOOD.index("                <ECUC-NUM") : GOOD.index("                <ECUC-TEXT")]
MODULE = GOOD[GOOD.index("        <ECUC-MODULE") : GOOD.index("      </ELEMENTS>")]
SLAC = GOOD[
    GOOD.index("                <ECUC-CONTAINER") : GOOD.index("              </SUB-CONTAINERS>")
]
BURST_REF = '<DEFINITION-REF DEST="ECUC-INTEGER-PARAM-DEF">/Pilotwire/ROLE/log/settings/burst'


@dataclass(frozen=True)
class Kind:
    name: str
    text: str | bytes
    said: str


def changed(old: str, new: str) -> str:
    assert old in GOOD, old
    return GOOD.replace(old, new, 1)


def bomb() -> str:
    entities = ['<!ENTITY a "aaaaaaaaaa">']
    for last, name in zip("abcdefgh", "bcdefghi", strict=True):
        entities.append(f'<!ENTITY {name} "{("&" + last + ";") * 10}">')
    head = GOOD.partition("<AUTOSAR")[0]
    doctype = f"<!DOCTYPE AUTOSAR [{''.join(entities)}]>\n"
    return head + doctype + GOOD.partition(head)[2].replace("debug", "&i;")


EXTERNAL = changed(
    "<AUTOSAR", '<!DOCTYPE AUTOSAR [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<AUTOSAR'
)
WRONG_DEST = changed(BURST_REF, BURST_REF.replace("INTEGER", "FLOAT"))

KINDS = [
    Kind("empty", "", ":1:1: not valid XML: no element found"),
    Kind("not XML", "log: {level: debug}\n", ":1:1: not valid XML: syntax error"),
    Kind("binary", bytes(range(1, 128)), "not valid XML"),
    Kind("not UTF-8", GOOD.encode().replace(b"debug", b"\xff"), ":21:26: octet 0xFF is not UTF-8"),
    Kind("half UTF-16", GOOD.encode("utf-16")[:-1], "is not UTF-16"),
    Kind("another encoding", changed("utf-8", "latin-1"), ":1:1: not valid ARXML"),
    Kind("wrong root", "<?xml version='1.0'?>\n<html/>", ":2:1: the root is <html>, not <AUTOSAR>"),
    Kind("no namespace", changed('xmlns="http://autosar.org/schema/r4.0" ', ""), "not <AUTOSAR>"),
    Kind("AUTOSAR 3", GOOD.replace("r4.0", "r3.2.1"), ":2:1: the root is <AUTOSAR>, not"),
    Kind("no version", changed(" AUTOSAR_00051.xsd", ""), ":2:1: not valid ARXML"),
    Kind("unknown version", changed("00051", "99951"), ":2:1: not valid ARXML: Unknown Autosar"),
    Kind("open element", changed("</ELEMENTS>", ""), "not valid XML: mismatched tag"),
    Kind("two roots", GOOD + "<AUTOSAR/>", "not valid XML: junk after document element"),
    Kind("twice an attribute", changed('DEST="', 'DEST="a" DEST="'), "duplicate attribute"),
    Kind("entity bomb", bomb(), ":2:19: a document type (<!DOCTYPE) is not read; take it out"),
    Kind("external entity", EXTERNAL, "a document type (<!DOCTYPE) is not read"),
    Kind("unknown entity", changed("debug", "&d;"), ":21:26: not valid XML: undefined entity"),
    Kind("unknown element", changed("<VALUE>7</VALUE>", "<BOGUS/>"), ":17:1: not valid ARXML"),
    Kind("wrong place", changed("<SHORT-NAME>log</SHORT-NAME>", ""), "not valid ARXML"),
    Kind("bad short name", changed(">slac<", ">1 slac<"), ":26:1: not valid ARXML"),
    Kind(
        "no text wanted",
        changed("<ELEMENTS>", "<ELEMENTS>text"),
        ":7:1: not valid ARXML: Char",
    ),
    Kind("unknown module", changed("ROLE/log<", "ROLE/lok<"), ":9:11: 'lok' is no module; did"),
    Kind("no module", changed("/ROLE/log<", "/other/log<"), ":2:1: holds no values of modules in"),
    Kind("no packages", GOOD[: GOOD.index("  <AR-P")] + "</AUTOSAR>", ":2:1: holds no values"),
    Kind(
        "module twice", changed(MODULE, MODULE + MODULE.replace(">log<", ">l<")), "stands in line 8"
    ),
    Kind("unknown container", changed("settings/levels<", "settings/lev<"), ":27:19: 'lev' is no"),
    Kind(
        "wrong container", changed("log/settings<", "log/setting<"), ":13:15: /Pilotwire/ROLE/log"
    ),
    Kind("unknown parameter", changed("/burst<", "/burts<"), ":16:19: 'burts' is no parameter of"),
    Kind("dangling reference", changed("/log/settings/burst", "/logs/burst"), ":16:19: '/Pilotw"),
    Kind("wrong kind", WRONG_DEST, ":16:19: /Pilotwire/ROLE/log/settings/burst is of ECUC-INT"),
    Kind("missing reference", changed(f"{BURST_REF}</DEFINITION-REF>", ""), ":15:17: DEFINITION-R"),
    Kind("missing value", changed("<VALUE>7</VALUE>", ""), "VALUE of burst is missing"),
    Kind(
        "empty value", changed("<VALUE>7</VALUE>", "<VALUE></VALUE>"), ":17:19: log.burst: a whole"
    ),
    Kind("wrong type", changed(">7<", ">seven<"), ":17:19: log.burst: a whole number is wanted"),
    Kind("float for whole", changed(">7<", ">7.5<"), ":17:19: log.burst: a whole number is wanted"),
    Kind("out of range", changed(">7<", ">100001<"), ":17:19: log.burst: '100001' is too large"),
    Kind("negative", changed(">7<", ">-1<"), ":17:19: log.burst: '-1' is too small: at least 1"),
    Kind(
        "no choice", changed("debug", "debag"), ":21:19: log.level: 'debag' is no choice, did you"
    ),
    Kind(
        "parameter twice", changed(BURST, BURST * 2), ":19:17: /Pilotwire/ROLE/log/settings/burst"
    ),
    Kind("key twice", changed(SLAC, SLAC + SLAC), ":35:17: 'slac' stands in line 26"),
    Kind("deep", changed("<ELEMENTS>", "<a>" * 300), "nested too deeply: at most 200 levels"),
    Kind("huge", " " * ((16 << 20) + 1), "too large: 16777217 octets, at most 16777216 are read"),
    Kind("many", changed("<ELEMENTS>", "<a/>" * 200_001), "more than 200000 elements"),
]


def refused(
    path: Path, role: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> str:
    assert role(["check", "-c", str(path)]) == 2
    captured = capsys.readouterr()
    head, *said = captured.err.splitlines()
    assert head.endswith("the configuration cannot be used")
    assert captured.out == ""
    assert len(said) == 1, said
    assert said[0].startswith(str(path)), said
    return said[0]


@pytest.mark.parametrize("role", ["evcc", "secc"])
def test_the_unbroken_file_is_taken(role: str, tmp_path: Path) -> None:
    path = tmp_path / "good.arxml"
    path.write_text(GOOD.replace("ROLE", role))
    assert {"evcc": evcc, "secc": secc}[role](["check", "-c", str(path)]) == 0


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_broken_file_gives_one_message_with_the_place(
    kind: Kind, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.arxml"
    octets = kind.text.encode() if isinstance(kind.text, str) else kind.text
    path.write_bytes(octets.replace(b"ROLE", b"evcc"))
    assert kind.said.replace("ROLE", "evcc") in refused(path, evcc, capsys)


def test_a_folder_a_missing_file_and_a_device_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, device = tmp_path / "a.arxml", tmp_path / "b.arxml"
    folder.mkdir()
    device.symlink_to("/dev/zero")
    assert "this is a folder; name an ARXML file" in refused(folder, evcc, capsys)
    assert "no regular file" in refused(device, evcc, capsys)
    assert "no such file" in refused(tmp_path / "none.arxml", evcc, capsys)


def test_a_file_that_ends_too_early_is_refused_wherever_it_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = as_arxml(EvccConfig(), tmp_path)
    path = tmp_path / "c.arxml"
    for end in range(0, len(text) - 2, len(text) // 40):
        path.write_text(text[:end])
        assert "not valid XML" in refused(path, evcc, capsys)


def test_all_mistakes_are_said_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.arxml"
    path.write_text(GOOD.replace("ROLE", "evcc").replace("/burst", "/b").replace("/level<", "/l<"))
    assert evcc(["check", "-c", str(path)]) == 2
    assert capsys.readouterr().err.count(f"{path}:") == 2


def test_the_process_itself_says_it_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "c.arxml"
    path.write_text(GOOD[:500])
    ended = subprocess.run(
        [sys.executable, "-m", "evcc.cli", "run", "-c", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert "not valid XML" in ended.stderr


TAGS = re.findall(r"</?[A-Z0-9-]+", GOOD)
PIECES = st.sampled_from([*TAGS, "<!--", "]]>", "&amp;", "&#0;", "<?x"])


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.integers(0, len(GOOD)),
    length=st.integers(0, 60),
    piece=st.text(max_size=6) | PIECES,
)
def test_no_change_to_a_file_gives_anything_but_a_configuration_or_a_message(
    start: int, length: int, piece: str, tmp_path: Path
) -> None:
    path = tmp_path / "c.arxml"
    text = GOOD[:start] + piece + GOOD[start + length :]
    path.write_text(text.replace("ROLE", "evcc"), encoding="utf-8", errors="replace")
    with suppress(ConfigurationError):
        load(EvccConfig, (path,))
