"""The ``v2g`` command: one word per group of tools, loaded only when it is named."""

import argparse
import sys
from collections.abc import Sequence

from bsw.program.cli import Version
from bsw.program.ending import Ending
from bsw.program.parser import STATUSES, Parser

GROUPS = {
    "bench": ("tools.bench.cli", "the world in which a vehicle and a station charge"),
    "api": ("tools.api.cli", "list, call and watch the north side of a running role"),
    "decode": ("tools.capture.cli", "captures and logs as a conversation, and what is wrong in it"),
    "monitor": ("tools.monitor.cli", "listen, or read a capture, and say which rule was broken"),
    "wireshark": ("tools.wireshark.cli", "install our dissector, open captures with our values"),
    "trace": ("tools.trace.cli", "check the hash chain of session traces, or print them"),
    "exi": ("tools.exi.cli", "decode, encode, check and measure EXI"),
    "schema": ("tools.dev.schema.cli", "generate the message classes from the official schemas"),
    "pki": ("tools.pki.cli", "make test PKIs, explain chains, replay crypto vectors"),
    "hsm": ("tools.hsm.cli", "provision a PKCS#11 token"),
    "slac": ("tools.slac.cli", "run either half of the SLAC matching, or a simulated power line"),
    "sdp": ("tools.sdp.cli", "look for a station, or answer as one"),
    "arxml": ("tools.arxml.cli", "generate AUTOSAR definitions, defaults, system descriptions"),
    "dbc": ("tools.dbc.cli", "document signal matrices, start a mapping, watch a CAN bus"),
    "conformance": ("tools.conformance.cli", "test a station or a vehicle by scripted cases"),
    "test": ("tools.tester.cli", "the same cases at a charger or a car of somebody else"),
    "tables": ("tools.dev.tables.cli", "write the sequence tables as diagrams and timer lists"),
    "interop": ("tools.interop.cli", "our roles against foreign stacks: the matrix, its table"),
    "commission": ("tools.commission.cli", "walk through one device, measured and expected"),
    "doctor": ("tools.doctor.cli", "look at this machine, and hold a configuration against it"),
    "fuzz": ("tools.fuzz.cli", "attack our own station or vehicle over real sockets"),
    "campaign": ("tools.campaign.cli", "thousands of seeded sessions with faults, watched"),
    "soak": ("tools.fuzz.soak", "both roles, one good session after the other, with figures"),
    "csms": ("tools.csms.cli", "a small OCPP back end, with faults on demand"),
    "endure": ("tools.endure.cli", "charge while power and line fail; every event once"),
    "completion": ("tools.completion", "print what a shell needs to complete our commands"),
    "measure": ("tools.dev.measure.cli", "measure: medians and ratios, pure and compiled"),
}
MOVED = {
    ("run",): "v2g bench run",
    ("vehicle", "run"): "v2g bench hardware",
    ("vehicle", "faults"): "v2g bench faults",
    ("vehicle",): "v2g bench hardware",
}
"""Words of before, and what does it now."""


def main(argv: list[str] | None = None) -> int:
    words = sys.argv[1:] if argv is None else argv
    moved = new_word(words)
    if moved:
        print(f"v2g: this is now {moved}", file=sys.stderr)
        return 2
    ending = Ending("v2g")

    def work() -> int:
        arguments = parser().parse_args(words)
        ending.name = arguments.speaker
        status: int = arguments.run(arguments)
        return status

    return ending.of(work)


def parser() -> Parser:
    """All words.  A group is filled when it is named (``Parser.complete``)."""
    top = Parser(
        prog="v2g",
        description="Pilotwire's tools.",
        epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    groups = top.add_subparsers(dest="group", metavar="GROUP", required=True)
    for name, (module, purpose) in GROUPS.items():
        groups.add_parser(name, help=purpose, description=purpose).put_off(module, "run")
    return top


def new_word(words: Sequence[str]) -> str:
    """What an old word is called now, or nothing."""
    for old, new in MOVED.items():
        if tuple(words[: len(old)]) == old:
            return new
    if words[:1] == ["bench"] and measures(words[1:]):
        return " ".join(["v2g", "measure", *words[1:]])
    return ""


def measures(words: Sequence[str]) -> bool:
    """``v2g bench`` measured once; these were its words."""
    from tools.dev.measure.cli import BENCHES  # noqa: PLC0415 - only for this group

    return bool(words) and (words[0] in BENCHES or words[0] in {"--save", "--compare", "--list"})


if __name__ == "__main__":
    raise SystemExit(main())
