"""``v2g slac key`` and ``v2g slac decode``: keys from passwords, frames from hex."""

import argparse
import sys
from dataclasses import fields

from bsw.slac.frames.frame import decode
from bsw.slac.frames.layout import FrameError
from bsw.slac.keys import device_key_from_password, nid_from_nmk, nmk_from_password
from tools.slac.console import shown, verdict


def add_key_options(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--password", help="network password; prints NMK, NID and device key")
    source.add_argument("--nmk", help="32 hex digits; prints the NID that belongs to it")


def run_key(arguments: argparse.Namespace) -> int:
    if arguments.password is not None:
        nmk = nmk_from_password(arguments.password)
        device = device_key_from_password(arguments.password)
        verdict("KEY", nmk=nmk, nid=nid_from_nmk(nmk), dak=device)
        return 0
    try:
        nmk = bytes.fromhex(arguments.nmk)
    except ValueError:
        nmk = b""
    if len(nmk) != 16:
        print(f"v2g slac: --nmk {arguments.nmk}: a key has 32 hex digits", file=sys.stderr)
        return 2
    verdict("KEY", nmk=nmk, nid=nid_from_nmk(nmk))
    return 0


def add_decode_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("hex", nargs="*", help="frames in hex; without any, lines of stdin")


def run_decode(arguments: argparse.Namespace) -> int:
    status = 0
    for text in arguments.hex or sys.stdin:
        if not text.strip():
            continue
        try:
            frame = decode(bytes.fromhex(text.replace(":", "")))
        except ValueError as error:  # a FrameError, or no hex
            kind = "malformed" if isinstance(error, FrameError) else "not hex"
            print(f"v2g slac: {kind}: {error}", file=sys.stderr)
            status = 1
            continue
        print(f"{frame.name} {shown(frame.source)} -> {shown(frame.destination)}")
        for field in fields(frame.message):  # type: ignore[arg-type]  # every message is one
            print(f"  {field.name} = {shown(getattr(frame.message, field.name))}")
    return status
