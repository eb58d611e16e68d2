"""The rules as cases of a test report, which every CI shows."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from tools.monitor.words import RULES, SOURCES


def document(texts: Mapping[str, list[str]], broken: Mapping[str, int]) -> str:
    """One case a rule; a broken one says where."""
    failures = sum(1 for rule in RULES if broken.get(rule))
    suite = ET.Element(
        "testsuite", name="v2g monitor", tests=str(len(RULES)), failures=str(failures)
    )
    for rule, about in RULES.items():
        case = ET.SubElement(suite, "testcase", classname="monitor", name=rule)
        if broken.get(rule):
            failure = ET.SubElement(case, "failure", message=f"{broken[rule]} times: {about}")
            failure.set("type", ", ".join(SOURCES[rule]))
            failure.text = "\n".join(_plain(text) for text in texts[rule])
    ET.indent(suite)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suite, encoding="unicode")}\n'


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(one if one.isprintable() else "?" for one in text)
