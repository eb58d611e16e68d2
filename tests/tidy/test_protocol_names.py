"""Nobody asks for a protocol or a way of energy transfer by its name: the records say what holds.

What differs between protocols is a fact of ``bsw.chrgm.protocols`` or ``bsw.chrgm.modes``; a
comparison with a name would have to be found and widened with each protocol that comes.
"""

import ast

import pytest

from bsw.chrgm.protocols import PROTOCOLS
from tests.tidy.tree import ROOT, modules, parsed

NAMES = {word for one in PROTOCOLS for word in (one.name, one.word)}
WAYS = ("AC", "DC", "MCS", "WPT", "ACDP")


def text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def named(tree: ast.AST) -> list[int]:
    """Lines that compare with a protocol's name, or look how a mode's name begins or ends."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            inside = [one for side in sides for one in getattr(side, "elts", [side])]
            if any(text(one) in NAMES for one in inside):
                found.append(node.lineno)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            asks = node.func.attr in {"startswith", "endswith"}
            if asks and any(text(one).startswith(WAYS) for one in node.args):
                found.append(node.lineno)
    return found


def test_the_records_are_asked_and_not_the_names() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}" for path in modules() for line in named(parsed(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ('protocol == "din"', 1),
        ('setup.protocol in {"iso2", "iso20"}', 1),
        ('mode.startswith("AC_")', 1),
        ('WORDS = {"din": DinWords}', 0),
        ("protocol(name).contracts", 0),
    ],
)
def test_a_planted_comparison_is_found(code: str, count: int) -> None:
    assert len(named(ast.parse(code))) == count
