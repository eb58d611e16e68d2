"""Recorded conversations with the foreign package: what was on the wire, message by message.

``python -m tests.peers.recordings TRACES`` makes them from the folder that ``PEER_TRACES`` named.
They hold the V2GTP payloads of both sides and nothing else of the foreign package; the
certificates in them are those of a test PKI that is thrown away after the run.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data" / "peers"
MS = 1_000_000


@dataclass(frozen=True)
class Frame:
    """``at`` in ms since the first one; ``who`` is vehicle or station."""

    at: int
    who: str
    payload: bytes


@dataclass(frozen=True)
class Recording:
    """``ours`` is the role that was ours."""

    case: str
    protocol: str
    mode: str
    ours: str
    secure: bool
    frames: tuple[Frame, ...]

    @property
    def theirs(self) -> str:
        return "station" if self.ours == "vehicle" else "vehicle"

    @property
    def name(self) -> str:
        return f"{self.case}, our {self.ours}"


def read(path: Path) -> Recording:
    with gzip.open(path, "rt", encoding="ascii") as file:
        head, *rows = [json.loads(line) for line in file]
    frames = tuple(Frame(at, who, bytes.fromhex(octets)) for at, who, octets in rows)
    return Recording(**head, frames=frames)


def write(recording: Recording, path: Path) -> None:
    head = {
        name: getattr(recording, name) for name in ("case", "protocol", "mode", "ours", "secure")
    }
    rows = [[frame.at, frame.who, frame.payload.hex()] for frame in recording.frames]
    text = "".join(json.dumps(line) + "\n" for line in (head, *rows))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode("ascii"), mtime=0))


def everything() -> list[Recording]:
    return [read(path) for path in sorted(FOLDER.glob("*.jsonl.gz"))]


def frames_of(trace: Path, ours: str) -> Iterator[Frame]:
    """From our own trace, which notes both directions."""
    other = "station" if ours == "vehicle" else "vehicle"
    first: int | None = None
    for line in trace.read_text().splitlines():
        record = json.loads(line)
        if record.get("kind") != "message":
            continue
        fields = record["fields"]
        first = record["time"] if first is None else first
        who = ours if fields["way"] == "out" else other
        yield Frame((record["time"] - first) // MS, who, bytes.fromhex(fields["exi"]["hex"]))


def main(traces: Path) -> int:
    from tools.interop.runs import CASES  # noqa: PLC0415 - who only reads needs no harness

    for case in CASES:
        for ours, test in (
            ("vehicle", "our_vehicle_charges_at_their_station"),
            ("station", "their_vehicle_charges_at_our_station"),
        ):
            words = case.name.replace(" ", "-").strip("-")
            trace = traces / f"test_{test}-{words}" / f"ours.{ours}.trace.jsonl"
            frames = tuple(frames_of(trace, ours))
            made = Recording(case.name, case.protocol, case.mode, ours, case.contract, frames)
            path = FOLDER / f"{words}.{ours}.jsonl.gz"
            write(made, path)
            sys.stdout.write(f"{path.name}: {len(frames)} messages, {path.stat().st_size} octets\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
