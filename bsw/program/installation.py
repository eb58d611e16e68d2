"""Which version of this distribution runs, as far as the installation knows."""

from importlib.metadata import PackageNotFoundError, version


def installed() -> str:
    """Empty for a checkout that is not installed."""
    try:
        return version("pilotwire")
    except PackageNotFoundError:
        return ""
