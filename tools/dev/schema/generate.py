"""All modules of a schema folder, as ``{path below bsw/chrgm/messages: text}``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tools.dev.schema.emit import defined, module_text
from tools.dev.schema.plan import MODULES, Module
from tools.dev.schema.records import Compiler
from tools.dev.schema.xsd import read_all

PACKAGE = "bsw.chrgm.messages"


def generate(schemas: Path, modules: Iterable[Module] = MODULES) -> dict[str, str]:
    """Compile every module of the plan whose root schema is there."""
    compilers = [
        (module, Compiler(read_all(schemas / module.root), module.namespaces))
        for module in modules
        if (schemas / module.root).is_file()
    ]
    owners = {ns: module for module, _ in compilers for ns in module.namespaces}
    texts = {}
    for module, compiler in compilers:
        elsewhere: dict[str, str] = {}
        used = {name.ns for name in (*compiler.types, *compiler.elements)}
        for other, other_compiler in compilers:
            if other is not module and used & set(other.namespaces):
                for name in defined(other, other_compiler):
                    elsewhere[name] = f"{PACKAGE}.{owners[other.namespaces[0]].name}"
        path = module.name.replace(".", "/") + ".py"
        texts[path] = module_text(module, compiler, elsewhere)
    return texts
