"""What a process pays for, and what it does not."""

import subprocess
import sys

import pytest

from bsw.exi.codec import Form

LOADED = """
import sys
from bsw import exi
codec = exi.codec(sys.argv[1], form=sys.argv[2])
codec.decode(bytes.fromhex(sys.argv[3]))
names = sorted(name for name in sys.modules if name.startswith("bsw.chrgm.messages."))
print(" ".join(name.removeprefix("bsw.chrgm.messages.") for name in names))
"""
COMMON = {"construct", "content", "kinds", "model", "specs"}


@pytest.mark.parametrize(
    ("schema", "data", "modules"),
    [
        ("din", "809a020d067a50f04b77281011400000", {"din", "xmldsig", "units"}),
        ("iso2", "8098004011d01800621c00704400", {"iso2", "xmldsig", "units"}),
        ("sap", "80400040", {"sap"}),
    ],
)
def test_a_protocol_loads_no_other(schema: str, data: str, modules: set[str], form: Form) -> None:
    words = [sys.executable, "-c", LOADED, schema, form, data]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == COMMON | modules


def test_the_environment_can_ask_for_the_plain_form() -> None:
    asked = "from bsw import exi; print(exi.codec('sap').form)"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        capture_output=True,
        text=True,
        check=True,
        env={"PILOTWIRE_PURE": "1"},
    )
    assert done.stdout.strip() == "pure"


def test_importing_the_codec_loads_no_protocol() -> None:
    asked = "import sys; import bsw.exi; print([n for n in sys.modules if 'messages.i' in n])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
