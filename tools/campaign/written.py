"""A session as a scenario file: what was said of it, and nothing that is as usual."""

from typing import Any

import yaml

from tools.bench.scenarios.model import Scenario


def written(scenario: Scenario) -> str:
    """YAML that ``v2g campaign play`` and ``v2g bench run`` take."""
    said: dict[str, Any] = scenario.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    if not said.get("meanwhile"):
        said.pop("meanwhile", None)
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=100)
