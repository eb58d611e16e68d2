"""The vectors that a Java and a C implementation agreed on, in both forms of the codec."""

import pytest

from bsw import exi
from bsw.exi import DecodeError
from bsw.exi.codec import Form
from tests.exi.support import DATA, FILES, vectors
from tools.exi.check import trouble
from tools.exi.schemas import known


@pytest.mark.parametrize("name", FILES)
def test_every_vector_decodes_to_its_xml_and_encodes_to_its_octets(name: str, form: Form) -> None:
    wrong = [f"{case['id']}: {said}" for case in vectors(name) if (said := trouble(case, form))]
    assert not wrong, "\n".join(wrong[:5])
    assert len(vectors(name)) >= 16


def test_the_vectors_cover_every_message_of_every_schema() -> None:
    seen = {(case["schema"], case["message"]) for name in FILES for case in vectors(name)}
    for schema, expected in {
        "din_70121": 34,
        "iso_15118_2": 34,
        "iso_15118_20_common": 26,
        "iso_15118_20_ac": 4,
        "iso_15118_20_dc": 10,
        "iso_15118_20_wpt": 12,
        "iso_15118_20_acdp": 8,
    }.items():
        assert len({message for name, message in seen if name == schema}) >= expected, schema


@pytest.mark.parametrize("name", [name for name in FILES if "bench" not in name])
def test_a_message_that_lost_its_last_octet_is_refused(name: str, form: Form) -> None:
    """Where that octet holds anything of the message at all, it does: at most seven bits pad."""
    for case in vectors(name)[::5]:
        codec = exi.codec(known(case["schema"]), form=form)
        data = bytes.fromhex(case["exi"])[:-1]
        with pytest.raises(DecodeError, match=r"^bit \d+, .*: expected .*, found "):
            _ = codec.decode_fragment(data) if case["fragment"] else codec.decode(data)


def test_the_data_of_this_test_is_part_of_the_repository() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 3_000_000
