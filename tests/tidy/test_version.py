"""The release is told in one place for the package and in one for the traces: the same."""

from bsw.version import VERSION
from tests.tidy.tree import ROOT


def test_traces_name_the_release_that_the_package_has() -> None:
    assert f'\nversion = "{VERSION}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
