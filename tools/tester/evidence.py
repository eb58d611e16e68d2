"""What is kept of one case: the capture, the conversation in words, each message in octets."""

import json
from pathlib import Path
from typing import Final

from tools.capture.cli import as_json
from tools.capture.ladder import Ladder
from tools.capture.sources import Unreadable, events
from tools.capture.wire.packets import NotACapture
from tools.monitor.judge import Judge
from tools.tester.place.world import Recorded

LADDER: Final = "ladder.txt"
EVENTS: Final = "events.jsonl"
WIDTH: Final = 160


def keep(recorded: Recorded, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files' names, and what the rules found."""
    lost = recorded.close()
    recorded.secrets.unlink(missing_ok=True)  # they are in the capture now
    findings = [lost] if lost else []
    try:
        findings += _write(recorded.file, folder)
    except (Unreadable, NotACapture) as error:
        findings.append(f"the capture cannot be read: {error}")
    except Exception as error:  # noqa: BLE001 - a fault of ours must not end the run of a night
        findings.append(f"the conversation is not whole: {type(error).__name__}: {error}")
    there = (recorded.file.name, LADDER, EVENTS)
    return tuple(name for name in there if (folder / name).exists()), tuple(findings)


def _write(capture: Path, folder: Path) -> list[str]:
    ladder, found = Ladder(width=WIDTH), []
    with (
        (folder / LADDER).open("w", encoding="utf-8") as lines,
        (folder / EVENTS).open("w", encoding="utf-8") as octets,
    ):
        for number, (event, findings) in enumerate(Judge().judged(events(capture, b""))):
            if not number:
                lines.write(f"# {ladder.head(event)}\n")
            lines.writelines(f"{line}\n" for line in ladder.lines(event, findings))
            octets.write(json.dumps(as_json(event, findings), ensure_ascii=False) + "\n")
            found += [f"{one.rule}: {one.text}" for one in findings]
    return list(dict.fromkeys(found))
