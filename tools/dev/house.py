"""``python -m tools.dev.house [FOLDER]``: figures of the house, of this tree or of another.

How full the folders are, what is hung in from outside, how many classes share a name, where the
type checker and the linter are told to look away.  Read from the text alone, so that an older
revision can be looked at with the same eyes: ``git archive REVISION | tar -x -C FOLDER``.
"""

import argparse
import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("pilotwire", "tools", "evcc", "secc", "ecu", "ocpp", "can_adapter", "keym", "csm", "bsw")
HUNG_IN = ("evcc", "secc", "ecu", "can_adapter", "keym", "csm", "bsw", "ocpp")
MOST = 16
"""Modules beside each other that a reader still takes in."""

_IGNORED = re.compile(r"#\s*type:\s*ignore")
_NOQA = re.compile(r"#\s*noqa")


@dataclass(frozen=True, slots=True)
class Figures:
    modules: int
    lines: int
    folders: int
    fullest: int  # modules in the fullest folder
    full: int  # folders with more than ``MOST``
    hooks: int  # callables that a module sets in another's object
    shared_names: int  # class names in two files or more, without those that a norm has given
    any: int  # annotations with ``Any``
    noqa: int
    type_ignore: int
    lazy_imports: int  # inside a function
    median_function: float  # lines


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def modules(root: Path, rooms: Iterable[str]) -> list[Path]:
    return [path for room in rooms for path in sorted((root / room).rglob("*.py"))]


# Hooks


def _aliases(paths: list[Path]) -> set[str]:
    """Names that stand for a type of something to call."""
    return {
        target.id
        for path in paths
        for node in parsed(path).body
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Callable[")
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _declared(node: ast.AST) -> tuple[str, ast.expr | None]:
    """The name an attribute, an argument ``on_...`` or a setter declares, and as what."""
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.target).removeprefix("self."), node.annotation
    if isinstance(node, ast.arg) and node.arg.startswith("on_"):
        return node.arg, node.annotation
    if isinstance(node, ast.FunctionDef) and any(
        ast.unparse(by).endswith(".setter") for by in node.decorator_list
    ):
        return node.name, node.args.args[1].annotation
    return "", None


def _local(tree: ast.AST) -> set[ast.AST]:
    """Names that a function declares for itself."""
    return {
        node
        for owner in ast.walk(tree)
        if isinstance(owner, ast.FunctionDef)
        for node in ast.walk(owner)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def callables(paths: list[Path]) -> set[str]:
    """Names of attributes and arguments that are declared to be something to call."""
    words = {"Callable", *_aliases(paths)}
    named = set()
    for path in paths:
        tree = parsed(path)
        local = _local(tree)
        for node in ast.walk(tree):
            name, what = _declared(node)
            if what is None or node in local:
                continue
            if words & set(re.findall(r"\w+", ast.unparse(what))):
                named.add(name)
    return {name for name in named if name and "." not in name}


def hung(tree: ast.AST, named: set[str]) -> Counter[str]:
    """Attributes of others that a module sets to something to call."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign) or isinstance(node.value, ast.Constant):
            continue
        for target in node.targets:
            if not isinstance(target, ast.Attribute) or ast.unparse(target.value) == "self":
                continue
            if isinstance(node.value, ast.Lambda) or target.attr in named:
                found[target.attr] += 1
    return found


def hooks(paths: list[Path]) -> dict[Path, set[str]]:
    """By module, what it hangs into others."""
    named = callables(paths)
    found = {path: set(hung(parsed(path), named)) for path in paths}
    return {path: names for path, names in found.items() if names}


# The rest


def folders(paths: Iterable[Path]) -> Counter[Path]:
    """How many modules lie beside each other; what only marks a package is none."""
    return Counter(path.parent for path in paths if path.name != "__init__.py")


def _annotated_any(tree: ast.AST) -> int:
    def says(node: ast.expr | None) -> bool:
        return node is not None and any(
            isinstance(one, ast.Name) and one.id == "Any" for one in ast.walk(node)
        )

    count = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg):
            count += says(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            count += says(node.returns)
    return count


def _inner(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _lazy(tree: ast.AST) -> int:
    within = (one for function in _inner(tree) for one in ast.walk(function))
    return len({one.lineno for one in within if isinstance(one, ast.Import | ast.ImportFrom)})


def figures(root: Path) -> Figures:
    paths = modules(root, ROOMS)
    texts = [path.read_text(encoding="utf-8") for path in paths]
    trees = [parsed(path) for path in paths]
    counted = folders(paths)
    names: Counter[str] = Counter()
    for path, tree in zip(paths, trees, strict=True):
        if "messages" not in path.relative_to(root).parts:
            names.update({one.name for one in ast.walk(tree) if isinstance(one, ast.ClassDef)})
    functions = [function for tree in trees for function in _inner(tree)]
    return Figures(
        modules=len(paths),
        lines=sum(text.count("\n") for text in texts),
        folders=len(counted),
        fullest=max(counted.values()),
        full=sum(count > MOST for count in counted.values()),
        hooks=sum(map(len, hooks(modules(root, HUNG_IN)).values())),
        shared_names=sum(count > 1 for count in names.values()),
        any=sum(map(_annotated_any, trees)),
        noqa=sum(len(_NOQA.findall(text)) for text in texts),
        type_ignore=sum(len(_IGNORED.findall(text)) for text in texts),
        lazy_imports=sum(map(_lazy, trees)),
        median_function=median(
            (function.end_lineno or function.lineno) - function.lineno + 1 for function in functions
        ),
    )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tools.dev.house", description="figures of the house")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT, help="default: this tree")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args(argv)
    told = asdict(figures(arguments.folder.resolve()))
    if arguments.json:
        print(json.dumps(told))
        return 0
    for name, figure in told.items():
        print(f"{name.replace('_', ' '):16} {figure:>10g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
