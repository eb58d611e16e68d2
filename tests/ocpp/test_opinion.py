"""The second opinion is asked, and counts."""

import pytest

from ocpp.catalogue import Catalogue
from ocpp.folder import Kind
from ocpp.versions import Version
from tests.ocpp.opinion import check, watched


def test_it_is_asked_for_each_message() -> None:
    with watched() as seen:
        Catalogue(Version.V21).encode("Heartbeat", Kind.REQUEST, {})
        Catalogue(Version.V16).encode("Authorize", Kind.REQUEST, {"idTag": "04E1"})
    assert seen == [2]


def test_it_can_refuse() -> None:
    with pytest.raises(AssertionError, match="Authorize"):
        check(Version.V16, "Authorize", Kind.REQUEST, b'{"idTag": 7}')
