"""Single values given on the command line, ``--set network.interface=eth1``, as one more source."""

import re

from bsw.ecuc.text import meaning
from bsw.ecuc.tree import ConfigurationError, Entry, Items, Leaf, Mark, Node, Problem, Table, merged

_SETTING = re.compile(r"([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)=(.*)", re.DOTALL)


def read_settings(settings: tuple[str, ...]) -> Table:
    """``a.b=c`` sets one value; ``a=[x, y]`` a list of words."""
    tree = Table(Mark("--set"), {})
    problems = []
    for setting in settings:
        form = _SETTING.fullmatch(setting)
        if form is None:
            where = Mark(f"--set {setting}")
            problems.append(Problem(where, "", "no KEY=VALUE", "--set network.interface=eth1"))
            continue
        together = merged(tree, _branch(form[1].split("."), form[2], Mark(f"--set {form[1]}")))
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
    if text.startswith("[") and text.endswith("]"):
        words = [word.strip() for word in text[1:-1].split(",") if word.strip()]
        return Items(mark, tuple(Leaf(mark, meaning(word), word) for word in words))
    return Leaf(mark, meaning(text), text)
