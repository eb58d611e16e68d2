"""A scenario of one's own, played as a test would: the cable is pulled while current flows."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tools.bench.scenarios.find import read
from tools.bench.scenarios.player import Player

SCENARIO = """\
title: My customer pulls the plug
vehicle: {soc: 40 %, target: 80 %}
story:
  - do: plug
  - {when: charging, after: 5 s, do: pull}
expect:
  vehicle: [control pilot or plug fault]
  most_amps: 400 A
"""

with TemporaryDirectory() as folder:
    path = Path(folder) / "mine.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    result = Player(read(str(path))).play()
print("ended as it should" if not result.wrong else f"not as it should: {result.wrong}")
