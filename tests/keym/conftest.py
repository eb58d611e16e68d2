"""The tokens of the key drivers' tests, for the tests of the tools that fill them."""

from tests.csm.conftest import (  # noqa: F401 - fixtures
    make_token,
    token,
    token_module,
    token_path,
)
