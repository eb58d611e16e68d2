"""``v2g monitor``: listens and says what breaks a rule; nothing else, unless asked for it."""

import argparse
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from bsw.os.clock import MS, S
from bsw.program.hostfault import at
from tools.capture import inputs
from tools.capture.events import Event, Layer
from tools.capture.ladder import Ladder
from tools.monitor.finding import Finding
from tools.monitor.judge import Judge
from tools.monitor.words import RULES, SOURCES, sources

FOUND: Final = 1
_ONCE: Final = 20
"""So many findings of one kind are told; of the rest only the number."""

Judged = tuple[Event, tuple[Finding, ...]]


def add(parser: argparse.ArgumentParser) -> None:
    inputs.add(parser)
    rules = ", ".join(RULES)
    parser.add_argument("--json", action="store_true", help="one JSON object a finding")
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="RULE",
        choices=list(RULES),
        help=f"this rule may be broken; several times for several: {rules}",
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="each rule as a case, for CI")
    parser.add_argument("--rules", action="store_true", help="say what each rule is about, and end")
    parser.epilog = "exit status: 0 no rule was broken, 1 one was, 2 nothing could be judged"


def run(arguments: argparse.Namespace) -> int:
    if arguments.rules:
        for rule, about in RULES.items():
            print(f"{rule:16} {about}")
            print(f"{'':16} [{', '.join(SOURCES[rule])}]")
        return 0
    given = inputs.Inputs(arguments, "monitor")
    status = given.check()
    if status:
        return status
    account = Account(frozenset(arguments.ignore))
    try:
        for name, found in given.each():
            told = _told(name, account.judged(Judge().judged(found)), arguments)
            inputs.flushed(told, live=bool(arguments.interface))
    except inputs.FAULTS as error:
        return given.failed(error)
    except KeyboardInterrupt:
        pass  # of a file that is long; what was found until then is said
    if not arguments.json:
        print(account.verdict())
    if arguments.junit:
        _junit(arguments.junit, account)
    if not account.messages:
        print("v2g monitor: no message could be read, so nothing was judged", file=sys.stderr)
        return inputs.UNUSABLE
    return FOUND if account.broken else 0


class Account:
    """What was seen, and how often which rule was broken."""

    def __init__(self, ignored: frozenset[str]) -> None:
        self._ignored = ignored
        self.events = self.messages = 0
        self.connections: set[int] = set()
        self.broken: Counter[str] = Counter()
        self.texts: dict[str, list[str]] = {}

    def judged(self, found: Iterable[Judged]) -> Iterator[Judged]:
        for event, findings in found:
            self.events += 1
            self.messages += event.layer in {Layer.V2G, Layer.SLAC, Layer.SDP}
            counted = tuple(one for one in findings if one.rule not in self._ignored)
            for one in counted:
                self.broken[one.rule] += 1
                texts = self.texts.setdefault(one.rule, [])
                if len(texts) < _ONCE:
                    texts.append(f"{event.when / S:.6f} {event.name}: {one.text}")
            yield event, counted

    def verdict(self) -> str:
        seen = f"{self.messages} messages"
        if not self.broken:
            return f"# {seen}, no rule was broken"
        rules = ", ".join(f"{rule} {count}" for rule, count in self.broken.most_common())
        return f"# {seen}, {sum(self.broken.values())} findings: {rules}"


def _told(name: str, judged: Iterable[Judged], arguments: argparse.Namespace) -> Iterator[str]:
    ladder = Ladder(width=shutil.get_terminal_size((140, 24)).columns)
    first = True
    for event, findings in judged:
        ladder.begin(event)
        if not findings:
            continue
        if arguments.json:
            for one in findings:
                yield json.dumps(_as_json(name, event, one), ensure_ascii=False)
            continue
        if first:
            first = False
            yield f"# {name}: {ladder.head(event)}"
        yield from ladder.lines(event, findings)


def _as_json(name: str, event: Event, finding: Finding) -> dict[str, object]:
    told: dict[str, Any] = {
        "from": name,
        "time": event.when,
        "layer": event.layer.value,
        "side": event.side.value,
        "connection": event.connection,
        "message": event.name,
        "rule": finding.rule,
        "text": finding.text,
        "sources": list(sources(finding.rule, event.schema)),
    }
    if finding.limit is not None and finding.took is not None:
        told |= {"limit_ms": finding.limit / MS, "took_ms": finding.took / MS}
    return told


def _junit(path: Path, account: Account) -> None:
    from tools.monitor.junit import document  # noqa: PLC0415 - only where it is wanted

    with at(path):
        path.write_text(document(account.texts, account.broken), encoding="utf-8")
