"""pip for an environment on a machine that ships Python without it.

Debian puts what ``venv`` needs for that in a package of its own, which a user without root cannot
install.  One version of pip is named here with its SHA-256 and fetched from the package index the
machine uses; what does not match is not run.
"""

import hashlib
import json
import os
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

NAME = "pip-25.2-py3-none-any.whl"
SHA256 = "6d67a2b4e7f14d8b31b8b52648866fa717f45a1eb70e83002f4331d07e953717"
INDEX = "https://pypi.org/simple"
_JSON = "application/vnd.pypi.simple.v1+json"
_PATIENCE = 30


def install(python: Path) -> str:
    """Put pip into the environment of ``python``; an empty text, or why it did not work."""
    index = os.environ.get("PIP_INDEX_URL", INDEX).rstrip("/")
    try:
        octets = _fetched(f"{index}/pip/")
    except (OSError, ValueError, KeyError, urllib.error.URLError) as error:
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
    listing = json.loads(_get(page, _JSON))
    (url,) = [file["url"] for file in listing["files"] if file["filename"] == NAME]
    return _get(urljoin(page, url), "*/*")


def _get(url: str, accept: str) -> bytes:
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"{url} is no web address")
    request = urllib.request.Request(url, headers={"Accept": accept})  # noqa: S310 - checked above
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - the same
        octets: bytes = answer.read()
    return octets
