"""What a session needs is loaded before it begins: the first message is as quick as the others."""

import subprocess
import sys

import pytest

from tests.north.processes import free_port

PREPARED = """
import sys
from {handlers} import SCRIPTS
from bsw.chrgm.coding.rehearsal import rehearse
from bsw.chrgm.placeholder import smallest
from bsw import exi
from bsw.chrgm.protocols import protocol, spoken_applications
from bsw.chrgm.record import Said

SCRIPTS.load({name!r})
steps = list(rehearse({name!r}))
before = set(sys.modules)
spoken = protocol({name!r})
types = frozenset().union(*(one.payload_types for one in spoken_applications([{name!r}])))
every = spoken.speak(types, exi.FIELD)
for exchange in spoken.table.exchanges.values():
    for kind in (exchange.request, exchange.response):
        every.decode(*every.encode(bytes(8), Said(smallest(kind))))
print(len(steps), sorted(set(sys.modules) - before))
"""

STARTING = """
from bsw.base_host import open_base
from bsw.base_config import TraceConfig
from {role}.config import {model}
from ecu.host import HostDoors
from {role}.ecu.startup import open_parts

config = {model}(trace=TraceConfig(file=None), nvm={{"file": None}}, **{more})
base = open_base(config)
parts = open_parts(base, config, HostDoors(base, config))
print(next(step for step in parts if step == "bus" or step.startswith("iso2")))
parts.close()
"""


def said_by(program: str) -> str:
    done = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "handlers", ["evcc.session.handlers.registry", "secc.session.handlers.registry"]
)
@pytest.mark.parametrize("name", ["din", "iso2", "iso20"])
def test_after_preparing_nothing_is_left_to_load(handlers: str, name: str) -> None:
    said = said_by(PREPARED.format(handlers=handlers, name=name))
    steps, _, left = said.partition(" ")
    assert int(steps) > 10
    assert left == "[]"


@pytest.mark.parametrize(("role", "model"), [("evcc", "EvccConfig"), ("secc", "SeccConfig")])
def test_an_ecu_loads_its_protocols_before_it_opens_its_bus(role: str, model: str) -> None:
    more = {"network": {"sdp_port": free_port()}} if role == "secc" else {}
    assert said_by(STARTING.format(role=role, model=model, more=more)) == "iso2"


LIGHT = """
import sys
import {role}.session.session
import {role}.ecu.startup
from {handlers} import SCRIPTS

SCRIPTS.load("iso2")
SCRIPTS.load("din")
print(sorted({{"cryptography", "can", "yaml", "asyncio"}} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("role", "handlers"),
    [("evcc", "evcc.session.handlers.registry"), ("secc", "secc.session.handlers.registry")],
)
def test_a_session_without_tls_brings_no_cryptography_with_it(role: str, handlers: str) -> None:
    assert said_by(LIGHT.format(role=role, handlers=handlers)) == "[]"
