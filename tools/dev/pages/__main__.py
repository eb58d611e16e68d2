"""``python -m tools.dev.pages``: write the generated pages anew, or say which are out of date."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tools.dev.pages import interfaces, sessions, settings

PAGES: Final[dict[str, Callable[[str], str]]] = {
    "interfaces.md": lambda _now: interfaces.page(),
    "sessions.md": sessions.filled,
    "settings.md": lambda _now: settings.page(),
}


def outdated(folder: Path) -> dict[Path, str]:
    """What should stand in which page and does not."""
    wanted: dict[Path, str] = {}
    for name, make in PAGES.items():
        path = folder / name
        now = path.read_text(encoding="utf-8") if path.exists() else ""
        if make(now) != now:
            wanted[path] = make(now)
    return wanted


def main(words: list[str]) -> int:
    wrong = outdated(Path("docs"))
    for path, text in wrong.items():
        if "--check" not in words:
            path.write_text(text, encoding="utf-8")
        print(f"{path}: {'is out of date' if '--check' in words else 'written'}")
    return 1 if wrong and "--check" in words else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
