"""The changes: one comparison, constant, condition, return or operator of a module is another.

A change replaces the text of one expression, so that everything else stays as it was written.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

COMPARED = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
SAID = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
COUNTED = {ast.Add: "-", ast.Sub: "+", ast.Mult: "//", ast.FloorDiv: "*", ast.Div: "*"}
PROMISES = {"frozen", "slots", "kw_only", "eq", "repr", "strict", "init"}
"""Words that keep programmers from mistakes and change nothing that a right program does."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """In ``line`` of ``path``, ``before`` becomes ``after``."""

    path: str
    line: int
    before: str
    after: str
    start: int
    end: int
    first: int
    last: int
    """The lines that run when the changed expression does."""

    @property
    def name(self) -> str:
        return f"{self.path}:{self.line}: {self.before} -> {self.after}"

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.after.encode() + source[self.end :]


def mutants(path: str, source: str) -> list[Mutant]:
    """Every change there is, in the order of the text."""
    octets = source.encode()
    starts = [0]
    for line in octets.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    tree = ast.parse(source)
    statements = _statements(tree)
    for node, after in _changes(tree):
        start = starts[node.lineno - 1] + node.col_offset
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        end = starts[node.end_lineno - 1] + node.end_col_offset
        before = octets[start:end].decode()
        changed = after(before)
        if changed != before:
            lines = min(statements.get(id(node), node.lineno), node.lineno), node.end_lineno
            found.append(Mutant(path, node.lineno, _short(before), changed, start, end, *lines))
    return sorted(found, key=lambda one: (one.start, one.end, one.after))


def _statements(tree: ast.Module) -> dict[int, int]:
    """Of each expression, the line its statement begins at."""
    found: dict[int, int] = {}
    for statement in ast.walk(tree):  # outer ones first
        if isinstance(statement, ast.stmt) and not isinstance(statement, ast.ClassDef):
            for one in ast.walk(statement):
                found[id(one)] = statement.lineno
    return found


def _short(text: str) -> str:
    return " ".join(text.split())


class _Places(ast.NodeVisitor):
    """Expressions that run: no docstrings, nothing for the type checker alone.

    Of annotations only calls, for those are read: ``Annotated[int, Field(ge=1)]``.
    """

    def __init__(self) -> None:
        self.found: list[ast.expr] = []
        self.augmented: list[ast.AugAssign] = []
        self.returned: list[ast.expr] = []

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        for one in ast.walk(node.annotation):
            if isinstance(one, ast.Call):
                self.visit(one)
        if node.value is not None:
            self.visit(node.value)

    def visit_arguments(self, node: ast.arguments) -> None:
        for default in (*node.defaults, *node.kw_defaults):
            if default is not None:
                self.visit(default)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.visit(node.args)
        for one in node.body:
            self.visit(one)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for one in node.body:
            self.visit(one)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in PROMISES:
            self.visit(node.value)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.returned.append(node.value)
            self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.augmented.append(node)
        self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """What only tells the type checker something is no behaviour."""

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Words for people."""

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr):
            self.found.append(node)
        super().generic_visit(node)


Change = tuple[ast.expr | ast.AugAssign, "_After"]


def _changes(tree: ast.Module) -> Iterator[Change]:
    places = _Places()
    places.visit(tree)
    conditions = _conditions(tree)
    for node in places.found:
        yield from _turned(node)
        if id(node) in conditions and not isinstance(node, ast.Compare | ast.Constant):
            yield node, _denied
    for added in places.augmented:
        if type(added.op) in COUNTED:
            word = f"{ast.unparse(added.target)} {COUNTED[type(added.op)]}="
            yield added, _After(f"{word} {ast.unparse(added.value)}")
    for node in places.returned:
        if not _yes_or_no(node):
            yield node, _After("None")


def _turned(node: ast.expr) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        for turned in range(len(node.ops)):
            yield node, _compared(node, turned)
    elif isinstance(node, ast.BoolOp):
        yield node, _joined(node)
    elif isinstance(node, ast.BinOp) and type(node.op) in COUNTED:
        yield node, _counted(node)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield node, _After(str(not node.value))
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield node, _After(repr(node.value + 1))


def _yes_or_no(node: ast.expr) -> bool:
    """Whether what is returned is turned already."""
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, str | bytes)
    return isinstance(node, ast.Compare | ast.BoolOp) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )


def _conditions(tree: ast.Module) -> set[int]:
    """Tests of ``if`` and ``while``, and what is returned as a yes or no."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            found.add(id(node.test))
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.BoolOp | ast.UnaryOp):
            found.add(id(node.value))
    return found


class _After:
    """What an expression's text becomes."""

    def __init__(self, text: str = "") -> None:
        self._text = text

    def __call__(self, before: str) -> str:
        del before
        return self._text


def _compared(node: ast.Compare, turned: int) -> _After:
    text = f"({ast.unparse(node.left)})"
    for number, (op, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
        word = COMPARED[type(op)] if number == turned else SAID[type(op)]
        text += f" {word} ({ast.unparse(right)})"
    return _After(text)


def _joined(node: ast.BoolOp) -> _After:
    word = " or " if isinstance(node.op, ast.And) else " and "
    return _After(word.join(f"({ast.unparse(one)})" for one in node.values))


def _counted(node: ast.BinOp) -> _After:
    word = COUNTED[type(node.op)]
    return _After(f"({ast.unparse(node.left)}) {word} ({ast.unparse(node.right)})")


class _Denied(_After):
    def __call__(self, before: str) -> str:
        return f"(not ({before}))"


_denied = _Denied()
