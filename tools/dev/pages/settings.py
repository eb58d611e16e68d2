"""The page of all configuration keys: the two shipped files as they are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HEAD = """# Configuration keys

Generated from `config/` by `python -m tools.dev.pages`: every key of both ECUs with its default.
How files, units and `--set` work is on [Configuration](configuration.md).
"""


def page() -> str:
    parts = [HEAD]
    for role, words in (("evcc", "The vehicle"), ("secc", "The station")):
        text = (ROOT / "config" / f"{role}.yaml").read_text(encoding="utf-8").rstrip()
        parts.append(f"## {words}: config/{role}.yaml\n\n```yaml\n{text}\n```\n")
    return "\n".join(parts)
