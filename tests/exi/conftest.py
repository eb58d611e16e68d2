"""Every test that asks for ``form`` runs against both forms of the codec."""

import pytest

from bsw.exi.codec import Form
from tests.exi.support import FORMS, built


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Form:
    if request.param == "compiled" and not built():
        pytest.skip("the compiled codec is not built: pip install -e . --no-build-isolation")
    chosen: Form = request.param
    return chosen
