"""Says where two sources spoke of the same value and which one was heard."""

from collections.abc import Iterator

from bsw.ecuc.tree import Items, Leaf, Node, Path, Table, dotted


def overruled(below: Node, over: Node, path: Path = ()) -> Iterator[str]:
    """One line per value that both give, and give differently."""
    if isinstance(below, Table) and isinstance(over, Table):
        for key, entry in over.entries.items():
            if key in below.entries:
                yield from overruled(below.entries[key].node, entry.node, (*path, key))
    elif _said(below) != _said(over):
        yield f"{dotted(path)}: {over.mark} wins over {below.mark}"


def _said(node: Node) -> object:
    if isinstance(node, Leaf):
        return node.text if isinstance(node.value, str) else (node.value, type(node.value))
    if isinstance(node, Items):
        return [_said(item) for item in node.nodes]
    return {key: _said(entry.node) for key, entry in node.entries.items()}
