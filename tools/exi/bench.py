"""``v2g exi bench``: microseconds per message, warm, and what the first call costs.

Counts the processor time of this process, which is the time on the clock when nothing else runs;
other work on the machine then changes a figure by a few percent instead of doubling it.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from bsw import exi
from bsw.exi.codec import Form
from tools.exi import schemas
from tools.exi.check import WANTED, NoVectors, cases, forms

T = TypeVar("T")
BATCHES = 9
BATCH_NS = 10_000_000
# The mean that the project's limits are about: the ordinary messages of the baseline.
ORDINARY = range(2, 15)
FIRST = """
import sys, time
from bsw import exi
form, schema, data = sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3])
start = time.process_time_ns()
codec = exi.codec(schema, form=form)
loaded = time.process_time_ns()
message = codec.decode(data)
decoded = time.process_time_ns()
codec.encode(message)
encoded = time.process_time_ns()
print(loaded - start, decoded - loaded, encoded - decoded)
"""


def bench(arguments: argparse.Namespace) -> int:
    """Measure each message of a vector file in each form there is."""
    try:
        vectors = [case for case in cases(Path(arguments.file)) if "exi" in case]
        rows = [measure(case, form) for form in forms(arguments.form) for case in vectors]
    except NoVectors as error:
        print(f"v2g exi bench: {error}", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"v2g exi bench: {arguments.file}: {error}; see v2g exi check", file=sys.stderr)
        return 2
    if not vectors:
        print(f"v2g exi bench: {arguments.file}: no EXI vector in it; {WANTED}", file=sys.stderr)
        return 2
    means = {form: mean(rows, form) for form in forms(arguments.form)}
    if arguments.json:
        print(json.dumps({"messages": rows, "geometric_means": means}, indent=2))
        return 0
    for form, found in means.items():
        print(f"{form}: processor time in microseconds, median of {BATCHES} batches;")
        print("first calls (and loading the schema before them) in a new process")
        print(f"{'decode':>9} {'encode':>9} {'load':>9} {'first d.':>9} {'first e.':>9} octets")
        for row in rows:
            if row["form"] == form:
                numbers = (
                    "decode_us",
                    "encode_us",
                    "load_us",
                    "first_decode_us",
                    "first_encode_us",
                )
                cells = " ".join(f"{row[key]:9.2f}" for key in numbers)
                print(f"{cells} {row['octets']:6} {row['id']}")
        if found:
            cells = f"{found['decode_us']:9.2f} {found['encode_us']:9.2f}"
            print(f"{cells} geometric mean of messages 02 to 14")
    return 0


def measure(case: dict[str, Any], form: Form) -> dict[str, Any]:
    """The figures of one message in one form."""
    schema = schemas.known(case["schema"])
    data = bytes.fromhex(case["exi"])
    codec = exi.codec(schema, form=form)
    message = codec.decode(data)
    decode, encode = codec.decode, codec.encode
    load, first_decode, first_encode = first(form, schema, case["exi"])
    return {
        "id": case.get("id", ""),
        "form": form,
        "octets": len(data),
        "decode_us": per_call(decode, data),
        "encode_us": per_call(encode, message),
        "load_us": load,
        "first_decode_us": first_decode,
        "first_encode_us": first_encode,
    }


def per_call(function: Callable[[T], object], argument: T) -> float:
    """Microseconds per call: the median of nine batches of about ten milliseconds."""
    for _ in range(20):
        function(argument)
    count = max(1, BATCH_NS // max(1, _batch(function, argument, 10) // 10))
    return median(_batch(function, argument, count) for _ in range(BATCHES)) / count / 1000


def _batch(function: Callable[[T], object], argument: T, count: int) -> int:
    rounds = [None] * count
    start = time.process_time_ns()
    for _ in rounds:
        function(argument)
    return time.process_time_ns() - start


def first(form: str, schema: str, data: str) -> tuple[float, float, float]:
    """Loading the codec, the first decode and the first encode, in a process of its own."""
    words = [sys.executable, "-c", FIRST, form, schema, data]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    load, decode, encode = (int(word) / 1000 for word in done.stdout.split())
    return load, decode, encode


def mean(rows: list[dict[str, Any]], form: str) -> dict[str, float]:
    """Geometric means over the ordinary messages, by the number in ``bench.NN.``."""
    chosen = [row for row in rows if row["form"] == form and _number(row["id"]) in ORDINARY]
    return {
        key: math.exp(sum(math.log(row[key]) for row in chosen) / len(chosen))
        for key in ("decode_us", "encode_us")
        if chosen
    }


def _number(name: str) -> int:
    parts = name.split(".")
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
