"""pip for an environment on a machine that ships Python without it.

Debian puts what ``venv`` needs for that in a package of its own, which a user without root cannot
install.  One version of pip is named here with its SHA-256 and fetched from the package index the
machine uses; what does not match is not run.
"""

import hashlib
import os
import subprocess
import tempfile
import urllib.request
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin

NAME = "pip-25.2-py3-none-any.whl"
SHA256 = "6d67a2b4e7f14d8b31b8b52648866fa717f45a1eb70e83002f4331d07e953717"
INDEX = "https://pypi.org/simple"
_PATIENCE = 30


def install(python: Path) -> str:
    """Put pip into the environment of ``python``; an empty text, or why it did not work."""
    index = os.environ.get("PIP_INDEX_URL", INDEX).rstrip("/")
    try:
        octets = _fetched(f"{index}/pip/")
    except (OSError, ValueError) as error:
        return f"pip could not be fetched from {index}: {error}"
    if hashlib.sha256(octets).hexdigest() != SHA256:
        return f"what {index} gives as {NAME} is something else; it was not used"
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(folder) / NAME
        wheel.write_bytes(octets)
        words = [str(python), f"{wheel}/pip", "install", "-q", "--no-index", str(wheel)]
        ended = subprocess.run(words, capture_output=True, text=True, check=False)
    return "" if ended.returncode == 0 else ended.stderr.strip()


def _fetched(page: str) -> bytes:
    """The file behind the link of that name on the index's page for pip."""
    links = _Links()
    links.feed(_get(page, "text/html").decode())
    if NAME not in links.found:
        raise ValueError(f"it does not list {NAME}")
    return _get(urldefrag(urljoin(page, links.found[NAME])).url, "*/*")


class _Links(HTMLParser):
    """Where each file name on the page leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._target = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._target = dict(attrs).get("href") or ""

    def handle_data(self, data: str) -> None:
        self.found.setdefault(data.strip(), self._target)


def _get(url: str, accept: str) -> bytes:
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"{url} is no web address")
    request = urllib.request.Request(url, headers={"Accept": accept})  # noqa: S310 - checked above
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - the same
        octets: bytes = answer.read()
    return octets
