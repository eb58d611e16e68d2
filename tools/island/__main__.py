"""``python -m tools.island``: make the C and the Python form of the table of rules."""

from pathlib import Path

from tools.island.table import FORMS, read

ROOT = Path(__file__).parents[2]

if __name__ == "__main__":
    rules = read(ROOT)
    for name, form in FORMS.items():
        (ROOT / name).write_text(form(rules), encoding="utf-8")
        print(name)
