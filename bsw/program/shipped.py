"""Where the data files lie that come with the code: an installation's, or a checkout's."""

from importlib.util import find_spec
from pathlib import Path


def shipped(folder: str, name: str = "") -> Path:
    """``shipped("config", "evcc.yaml")``: installed as ``evcc/shipped/``, else beside the code."""
    spec = find_spec("evcc")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent / "shipped" / folder
    return (installed if installed.is_dir() else Path(__file__).parents[2] / folder) / name
