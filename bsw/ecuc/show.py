"""The effective configuration as YAML that can be loaded again.

Each value that differs from its default carries the place it came from as a comment.
"""

import json
import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bsw.ecuc.text import meaning
from bsw.ecuc.tree import Leaf, Node, Table, child

_SAFE = re.compile(r"[A-Za-z0-9_./+°][A-Za-z0-9_./+%*°-]*( [A-Za-z%°]+)?")
_TAKEN_FOR_TRUTH = frozenset(("y", "n", "yes", "no", "on", "off"))  # by readers of YAML 1.1


def effective(model: BaseModel, tree: Table) -> Iterator[str]:
    """Lines of YAML, line ends not included."""
    yield from _table(model, model.model_dump(mode="json"), tree, "")


def _table(
    model: BaseModel, values: Mapping[str, object], node: Node | None, indent: str
) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        value, shown = getattr(model, name), values[name]
        written = child(node, name) if node is not None else None
        if isinstance(value, BaseModel) and isinstance(shown, Mapping):
            yield f"{indent}{name}:{'' if shown else ' {}'}"
            yield from _table(value, shown, written, indent + "  ")
            continue
        default = field.get_default(call_default_factory=True)
        changed = default is PydanticUndefined or value != default
        comment = f"  # {_place(written)}" if changed and written is not None else ""
        yield from _value(name, shown, indent, comment)


def _place(node: Node) -> str:
    mark = node.mark
    return f"{mark.source}:{mark.line}" if mark.line else mark.source


def _value(name: str, shown: object, indent: str, comment: str) -> Iterator[str]:
    """Lists of tables and tables with free keys as blocks, all else in one line."""
    if isinstance(shown, list) and any(isinstance(item, dict | list) for item in shown):
        yield f"{indent}{name}:{comment}"
        for item in shown:
            yield f"{indent}  - {_flow(item)}"
    elif isinstance(shown, Mapping) and shown:
        yield f"{indent}{name}:{comment}"
        for key, item in shown.items():
            yield f"{indent}  {_flow(key)}: {_flow(item)}"
    else:
        yield f"{indent}{name}: {_flow(shown)}{comment}"


def _flow(value: object) -> str:
    """One value in YAML's flow form, quoted wherever a reader could take it for another."""
    if isinstance(value, str):
        plain = _SAFE.fullmatch(value) is not None and meaning(value) == value
        plain = plain and value.lower() not in _TAKEN_FOR_TRUTH
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return json.dumps(value)


def source_of(tree: Table, *path: str) -> str:
    """Where a value was written, for messages at run time; empty for a default."""
    node: Node | None = tree
    for step in path:
        node = child(node, step) if node is not None else None
    return _place(node) if isinstance(node, Leaf) else ""
