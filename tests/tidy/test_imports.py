"""Imports point down the list of rooms only, and the two roles never meet."""

import ast
from pathlib import Path

import pytest

from tests.tidy.tree import ROOMS, ROOT, modules, parsed


def imported(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and module of each import, those spelled as text included."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append((node.lineno, "." * node.level + (node.module or "")))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.append((node.lineno, first.value))
            elif isinstance(first, ast.JoinedStr) and isinstance(first.values[0], ast.Constant):
                found.append((node.lineno, str(first.values[0].value)))
    return found


def allowed(room: str, other: str) -> bool:
    if other == "tests" or (room, other) in {("evcc", "secc"), ("secc", "evcc")}:
        return False
    return other not in ROOMS or ROOMS.index(other) >= ROOMS.index(room)


def violations(paths: list[Path], root: Path) -> list[str]:
    found = []
    for path in paths:
        room = path.relative_to(root).parts[0]
        for line, module in imported(parsed(path)):
            if module.startswith(".") or not allowed(room, module.split(".")[0]):
                found.append(f"{path.relative_to(root)}:{line} imports {module}")
    return found


def test_no_room_imports_upwards_or_sideways() -> None:
    assert violations(modules(), ROOT) == []


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("bsw/os/clock.py", "from csm.randomness import HostRandomness"),
        ("bsw/os/clock.py", "import evcc.cli"),
        ("csm/jobs.py", "from keym import slots"),
        ("keym/keeping/store.py", "def late():\n    from can_adapter import bus"),
        ("evcc/app.py", "from secc.app import Station"),
        ("tools/x.py", "from pilotwire import Bench"),
        ("ocpp/router.py", "from secc.config import SeccConfig"),
        ("keym/keeping/store.py", "import ocpp.frames"),
        ("secc/app.py", "import evcc"),
        ("evcc/app.py", "if TYPE_CHECKING:\n    import tools.cli"),
        ("bsw/x.py", "from importlib import import_module\nimport_module('keym.keeping.store')"),
        ("bsw/x.py", "from importlib import import_module\nimport_module(f'csm.{name}')"),
        ("bsw/x.py", "from . import dlt"),
        ("bsw/x.py", "import tests.os"),
    ],
)
def test_a_planted_violation_is_found(where: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / where
    path.parent.mkdir(parents=True)
    path.write_text(code)
    assert len(violations([path], tmp_path)) == 1


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("pilotwire/x.py", "from tools.bench.world.whole import Bench"),
        ("tools/x.py", "import evcc, secc, bsw.os"),
        ("evcc/x.py", "from keym import store\nimport bsw, csm, can_adapter"),
        ("keym/x.py", "import csm\nimport cryptography"),
        ("secc/x.py", "import ocpp\nfrom ocpp.station import boot"),
        ("bsw/x.py", "import bsw.dlt\nimport json"),
    ],
)
def test_what_is_allowed_is_not_found(where: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / where
    path.parent.mkdir(parents=True)
    path.write_text(code)
    assert violations([path], tmp_path) == []
