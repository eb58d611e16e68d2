"""``v2g exi fuzz``: damaged messages by the million, or inputs that coverage guides.

Each input must end in a message or in ``DecodeError``; what decodes must encode again to octets
that decode to the same message; and both forms of the codec must say the same, word for word.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import time
import traceback
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from bsw import exi
from bsw.chrgm.messages.model import Message
from bsw.exi import Codec, DecodeError, Fragment
from bsw.exi.codec import Form, compiled
from tools.exi import schemas
from tools.exi.check import cases
from tools.fuzz.blows.mutate import mutated

CORPUS = Path(__file__).parents[3] / "tests" / "data" / "exi" / "corpus.txt"
ORDER = tuple(exi.SETS)
FRAGMENT = 0x80


class Seed(NamedTuple):
    """Octets that decode, and as what."""

    schema: str
    fragment: bool
    data: bytes


class Failure(AssertionError):
    """The codec broke a promise."""


def seeds(paths: list[str]) -> list[Seed]:
    """The streams of vector files, or of the corpus when no file is named."""
    if not paths:
        return corpus(CORPUS)
    return [
        Seed(schemas.known(case["schema"]), bool(case.get("fragment")), bytes.fromhex(case["exi"]))
        for path in paths
        for case in cases(Path(path))
        if "exi" in case and "schema" in case
    ]


def corpus(path: Path) -> list[Seed]:
    """The lines of a corpus file: schema, ``document`` or ``fragment``, octets."""
    found = []
    for line in path.read_text(encoding="ascii").splitlines():
        schema, sort, octets = line.split()
        found.append(Seed(schema, sort == "fragment", bytes.fromhex(octets)))
    return found


def attempt(seed: Seed, data: bytes) -> str:
    """Decode ``data`` in every form there is; ``""`` for a message, else the refusal."""
    said: dict[str, Any] = {}
    forms: tuple[Form, ...] = ("pure", "compiled") if compiled("best") else ("pure",)
    for form in forms:
        codec = exi.codec(seed.schema, form=form)
        try:
            said[form] = codec.decode_fragment(data) if seed.fragment else codec.decode(data)
        except DecodeError as error:
            said[form] = str(error)
            continue
        again(codec, said[form])
    first, *others = said.values()
    if any(other != first for other in others):
        raise Failure(f"the forms differ: {said}")
    return first if isinstance(first, str) else ""


def again(codec: Codec, message: Message | Fragment) -> None:
    """What was decoded can be encoded, and that decodes to the same."""
    if isinstance(message, Fragment):
        octets = codec.encode_fragment(message)
        same = codec.decode_fragment(octets) == message
    else:
        octets = codec.encode(message)
        same = codec.decode(octets) == message
    if not same:
        raise Failure(f"{octets.hex()} decodes to something else than {message!r}")


def fuzz(arguments: argparse.Namespace) -> int:
    """Run; 0 if every promise held."""
    if arguments.guided:
        return guided(arguments)
    try:
        known = seeds(arguments.seeds)
    except ValueError as error:
        print(f"v2g exi fuzz: no seeds: {error}", file=sys.stderr)
        return 2
    if not known:
        print("v2g exi fuzz: no seeds: no EXI vector in these files", file=sys.stderr)
        return 2
    rng = random.Random(arguments.seed)  # noqa: S311 - damage, not secrets
    messages = slowest = 0
    culprit = Seed("", fragment=False, data=b"")
    start = time.process_time_ns()
    for number in range(arguments.count):
        seed = rng.choice(known)
        data = mutated(rng, seed.data)
        began = time.process_time_ns()
        try:
            messages += not attempt(seed, data)
        except Exception:  # noqa: BLE001 - this is what we look for
            print(f"input {number} of seed {arguments.seed}: {seed.schema} {data.hex()}")
            traceback.print_exc()
            return 1
        took = time.process_time_ns() - began
        if took > slowest:
            slowest, culprit = took, seed._replace(data=data)
    seconds = (time.process_time_ns() - start) / 1e9
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{arguments.count} inputs, {messages} of them messages, {seconds:.0f} s of processor time"
    )
    print(f"slowest {slowest / 1e6:.1f} ms ({culprit.schema}, {len(culprit.data)} octets)")
    print(f"greatest memory {memory} MiB")
    return 0


def guided(arguments: argparse.Namespace) -> int:
    """Run the coverage-guided fuzzer in a process of its own, instrumented from the start."""
    if find_spec("atheris") is None:
        print(
            "v2g exi fuzz: --guided needs atheris: pip install 'pilotwire[fuzz]'", file=sys.stderr
        )
        return 1
    folder = Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(arguments.seeds)):
        (folder / f"seed-{number:04}").write_bytes(packed(seed))
    options = [f"-runs={arguments.count}", f"-seed={arguments.seed}", "-max_len=4096"]
    words = [sys.executable, "-m", "tools.fuzz.blows.guided", *options, str(folder)]
    return subprocess.run(words, check=False).returncode


def packed(seed: Seed) -> bytes:
    """A seed as one input: an octet for schema and sort, then the stream."""
    return bytes([ORDER.index(seed.schema) | FRAGMENT * seed.fragment]) + seed.data


def unpacked(data: bytes) -> tuple[Seed, bytes]:
    """What an input asks for: schema and sort, and the stream to read."""
    schema = ORDER[(data[0] & ~FRAGMENT) % len(ORDER)]
    return Seed(schema, bool(data[0] & FRAGMENT), b""), data[1:]
