"""The words behind ``v2g pki``."""

import argparse

from bsw.program.parser import Parser

COMMANDS = {
    "make": ("tools.pki.make", "make a complete test PKI"),
    "show": (
        "tools.pki.reading.show",
        "explain certificates and chains, and what is wrong with them",
    ),
    "ocsp": ("tools.pki.ocsp", "answer for the revocation of a test PKI, on this machine"),
    "revoke": ("tools.pki.revoke", "take a certificate of a test PKI back"),
    "install": ("tools.pki.install", "put a test PKI into the stores of a vehicle or a station"),
    "csr": ("tools.pki.own.csr", "make a key inside and a request for its certificate"),
    "import": ("tools.pki.own.take", "keep a chain beside its key"),
    "trust": ("tools.pki.own.trust", "trust roots of a market"),
    "vectors": ("tools.pki.vectors", "replay a file of worked crypto examples"),
}


def add(parser: Parser) -> None:
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, purpose) in COMMANDS.items():
        commands.add_parser(name, help=purpose, description=purpose).put_off(module, "run_command")


def run(args: argparse.Namespace) -> int:
    status: int = args.run_command(args)
    return status
