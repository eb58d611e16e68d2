"""Single values given on the command line, ``--set network.interface=eth1``, as one more source."""

import re

from bsw.ecuc.text import meaning
from bsw.ecuc.tree import ConfigurationError, Entry, Items, Leaf, Mark, Node, Problem, Table, merged

_SETTING = re.compile(r"([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)=(.*)", re.DOTALL)

_WORDS = re.compile(r"""\[[^\[\]{}"']*\]""")
"""A list of plain words."""


def read_settings(settings: tuple[str, ...]) -> Table:
    """``a.b=c`` sets one value, ``a=[x, y]`` a list, ``a={x: 1, y: [2, 3]}`` a table."""
    tree = Table(Mark("--set"), {})
    problems = []
    for setting in settings:
        form = _SETTING.fullmatch(setting)
        if form is None:
            where = Mark(f"--set {setting}")
            problems.append(Problem(where, "", "no KEY=VALUE", "--set network.interface=eth1"))
            continue
        try:
            branch = _branch(form[1].split("."), form[2], Mark(f"--set {form[1]}"))
        except ConfigurationError as error:
            problems += error.problems
            continue
        together = merged(tree, branch)
        assert isinstance(together, Table)
        tree = together
    if problems:
        raise ConfigurationError(problems)
    return tree


def _branch(keys: list[str], text: str, mark: Mark) -> Node:
    node: Node = _value(text.strip(), mark)
    for key in reversed(keys):
        node = Table(mark, {key: Entry(mark, node)})
    return node


def _value(text: str, mark: Mark) -> Node:
    if text.startswith("{") or (text.startswith("[") and not _WORDS.fullmatch(text)):
        from bsw.ecuc.yaml_source import read_flow  # noqa: PLC0415 - only who gives such

        return read_flow(text, mark.source)
    if text.startswith("["):
        words = [word.strip() for word in text[1:-1].split(",") if word.strip()]
        return Items(mark, tuple(Leaf(mark, meaning(word), word) for word in words))
    return Leaf(mark, meaning(text), text)
