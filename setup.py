"""What ``pyproject.toml`` cannot say: the mapped data folders and the optional compiled parts.

``config/`` and ``arxml/`` are pure data beside the code in a checkout and lie in
``evcc/shipped/`` once installed.  A compiled part is never needed: without a compiler, or
with ``PILOTWIRE_PURE=1``, the same install gives the pure Python form.
"""

import os
from pathlib import Path

from setuptools import Extension, find_packages, setup

ROOMS = ("evcc", "secc", "ecu", "bsw", "csm", "keym", "can_adapter", "ocpp", "tools", "pilotwire")
DATA = {
    "evcc.shipped.config": "config",
    "evcc.shipped.config.dbc": "config/dbc",
    "evcc.shipped.arxml": "arxml",
    "evcc.shipped.deploy.config": "deploy/config",
    "evcc.shipped.deploy.systemd": "deploy/systemd",
    "evcc.shipped.deploy.container": "deploy/container",
}
COMPILED = {"bsw.exi._core": ["bsw/exi/_core.c"]}

code = find_packages(include=[name for room in ROOMS for name in (room, f"{room}.*")])
data = {package: folder for package, folder in DATA.items() if Path(folder).is_dir()}
pure = os.environ.get("PILOTWIRE_PURE", "") not in ("", "0")

setup(
    packages=[*code, *data],
    package_dir=data,
    ext_modules=[
        Extension(
            name,
            sources,
            depends=[str(part) for part in Path(sources[0]).parent.glob("*.h")],
            optional=True,
            extra_compile_args=["-O2"],
        )
        for name, sources in COMPILED.items()
        if not pure and all(Path(source).exists() for source in sources)
    ],
)
