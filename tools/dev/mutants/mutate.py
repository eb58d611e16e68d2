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
COUNTED = {ast.Add: "-", ast.Sub: "+", ast.Mult: "//", ast.FloorDiv: "*", ast.Div: "*"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """In ``line`` of ``path``, ``before`` becomes ``after``."""

    path: str
    line: int
    before: str
    after: str
    start: int
    end: int

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
    for node, after in _changes(ast.parse(source)):
        start = starts[node.lineno - 1] + node.col_offset
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        end = starts[node.end_lineno - 1] + node.end_col_offset
        before = octets[start:end].decode()
        changed = after(before)
        if changed != before:
            found.append(Mutant(path, node.lineno, _short(before), changed, start, end))
    return sorted(found, key=lambda one: (one.start, one.end, one.after))


def _short(text: str) -> str:
    return " ".join(text.split())


class _Places(ast.NodeVisitor):
    """Expressions that run: no annotations, no docstrings, nothing for the type checker alone."""

    def __init__(self) -> None:
        self.found: list[ast.expr] = []

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
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


def _changes(tree: ast.Module) -> Iterator[tuple[ast.expr, "_After"]]:
    places = _Places()
    places.visit(tree)
    conditions = _conditions(tree)
    for node in places.found:
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            yield node, _compared(node)
        elif isinstance(node, ast.BoolOp):
            yield node, _joined(node)
        elif isinstance(node, ast.BinOp) and type(node.op) in COUNTED:
            yield node, _counted(node)
        elif isinstance(node, ast.Constant):
            yield node, _constant
        if id(node) in conditions and not isinstance(node, ast.Compare | ast.Constant):
            yield node, _denied


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


def _compared(node: ast.Compare) -> _After:
    other = COMPARED[type(node.ops[0])]
    return _After(f"({ast.unparse(node.left)}) {other} ({ast.unparse(node.comparators[0])})")


def _joined(node: ast.BoolOp) -> _After:
    word = " or " if isinstance(node.op, ast.And) else " and "
    return _After(word.join(f"({ast.unparse(one)})" for one in node.values))


def _counted(node: ast.BinOp) -> _After:
    word = COUNTED[type(node.op)]
    return _After(f"({ast.unparse(node.left)}) {word} ({ast.unparse(node.right)})")


class _Denied(_After):
    def __call__(self, before: str) -> str:
        return f"(not ({before}))"


class _Constant(_After):
    def __call__(self, before: str) -> str:
        value = ast.literal_eval(before)
        if isinstance(value, bool):
            return str(not value)
        if isinstance(value, int | float):
            return repr(value + 1)
        return before


_denied, _constant = _Denied(), _Constant()
