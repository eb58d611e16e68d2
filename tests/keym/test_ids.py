import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keym.x509.ids import (
    ALPHABET,
    Emaid,
    Evccid,
    Evseid,
    IdError,
    Pcid,
    check_digit,
    has_check_digit,
)

PUBLISHED = [
    ("NN123ABCDEFGHI", "T"),
    ("ITA1B2C3E4F5G6", "4"),
    ("PT73902837ABCZ", "Z"),
    ("DE83DUIEN83ZGQ", "M"),
    ("NLTNM000122045", "U"),
    ("DEABCC123ABC56", "0"),
    ("FRXYZ123456789", "2"),
    ("ESZU8WOX834H1D", "R"),
    ("DE83DUIEN83QGZ", "D"),
    ("DE8AA001234567", "0"),
    ("DE8AACA2B3C4D5", "L"),
    ("UKSWI123456791", "5"),
]
CONTRACTS = st.builds(
    lambda country, rest: country + rest,
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2),
    st.text(ALPHABET, min_size=12, max_size=12),
)


@pytest.mark.parametrize(("contract", "digit"), PUBLISHED)
def test_the_check_digit_is_the_published_one(contract: str, digit: str) -> None:
    assert check_digit(contract) == digit


@given(CONTRACTS, st.integers(0, 14), st.sampled_from(ALPHABET))
def test_one_wrong_character_never_keeps_the_check_digit(
    contract: str, place: int, wrong: str
) -> None:
    whole = contract + check_digit(contract)
    changed = whole[:place] + wrong + whole[place + 1 :]
    assert has_check_digit(changed) == (changed == whole)


@given(CONTRACTS, st.integers(0, 12))
def test_two_neighbours_that_swap_never_keep_the_check_digit(contract: str, place: int) -> None:
    whole = contract + check_digit(contract)
    swapped = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
    assert has_check_digit(swapped) == (swapped == whole)


@given(CONTRACTS)
def test_an_emaid_survives_being_written_and_read(contract: str) -> None:
    emaid = Emaid.parse(contract + check_digit(contract), strict=True)
    assert Emaid.parse(str(emaid), strict=True) == emaid
    assert Emaid.parse(emaid.separated(), strict=True) == emaid
    assert str(Emaid.parse(emaid.separated().lower())) == str(emaid)


def test_spellings_of_one_contract_are_equal() -> None:
    spellings = ("DE-8AA-CA2B3C4D5-N", "de8aaca2b3c4d5n", "DE8AACA2B3C4D5", "DE*8AA*CA2B3C4D5*L")
    assert len({Emaid.parse(text) for text in spellings}) == 1


def test_a_wrong_check_digit_is_told_but_not_refused() -> None:
    emaid = Emaid.parse("DE-8AA-CA2B3C4D5-N")
    assert not emaid.digit_fits
    assert emaid.computed_digit == "L"


def test_strict_reading_refuses_a_wrong_check_digit_and_names_the_right_one() -> None:
    with pytest.raises(IdError, match="would be L"):
        Emaid.parse("DE-8AA-CA2B3C4D5-N", strict=True)


@pytest.mark.parametrize(
    "text",
    ["", "D", "DE8AA", "1E8AA001234567", "DE8AA0012345678901", "DE8AA00123456\u00df", "D\0E8AA"],
)
def test_text_that_is_no_emaid_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(IdError, match="DE-8AA-001234567-0"):
        Emaid.parse(text)


@pytest.mark.parametrize("text", ["D-E8AA001234567", "DE8AA-00-1234567", " DE8AA001234567"])
def test_strict_reading_wants_separators_in_their_places(text: str) -> None:
    assert Emaid.parse(text).contract == "DE8AA001234567"
    with pytest.raises(IdError, match="separators"):
        Emaid.parse(text, strict=True)


def test_the_older_form_is_read_but_is_not_strict() -> None:
    emaid = Emaid.parse("DE-8AA-123456-7")
    assert (emaid.instance, emaid.digit, emaid.digit_fits) == ("123456", "7", True)
    with pytest.raises(IdError):
        Emaid.parse("DE-8AA-123456-7", strict=True)


def test_an_error_shows_no_whole_id() -> None:
    with pytest.raises(IdError) as caught:
        Emaid.parse("DE8AA00123456789012345")
    assert "8AA001234" not in str(caught.value)


def test_a_pcid_has_eighteen_characters_when_it_matters() -> None:
    assert Pcid.parse("TSTA789E259AF05400", strict=True).manufacturer == "TST"
    with pytest.raises(IdError, match="18"):
        Pcid.parse("TSTA789E259AF0540", strict=True)
    assert Pcid.parse("TST-A789E259AF0540-0").text == "TSTA789E259AF05400"
    with pytest.raises(IdError, match="17 to 64"):
        Pcid.parse("Test OEM certificate")


def test_an_evccid_of_the_newer_form_has_a_type_letter_and_a_digit() -> None:
    body = "WMIV1234567890ABCDE"
    assert Evccid.parse(body + check_digit(body), strict=True).digit_fits
    assert not Evccid.parse("WMIV1234567890ABCDEX").digit_fits
    with pytest.raises(IdError, match="check digit would be"):
        Evccid.parse("WMIV1234567890ABCDEX", strict=True)
    with pytest.raises(IdError):
        Evccid.parse("WMIX1234567890ABCDEX")


def test_an_evccid_of_the_older_form_is_a_mac_address() -> None:
    mac = bytes.fromhex("020000000001")
    assert Evccid.of_mac(mac).mac == mac
    assert str(Evccid.of_mac(mac + b"\0\0")) == "020000000001"
    with pytest.raises(IdError, match="6 octets"):
        Evccid.of_mac(b"\1\2\3")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("DE*ABC*E1234*1", "DE*ABC*E1234*1"),
        ("deabce1234", "DE*ABC*E1234"),
        ("+49*123*456*789", "+49*123*456*789"),
        ("49*123*456", "+49*123*456"),
    ],
)
def test_an_evseid_is_read_in_both_forms(text: str, written: str) -> None:
    assert str(Evseid.parse(text)) == written
    assert Evseid.parse(written, strict=True) == Evseid.parse(text)


@pytest.mark.parametrize("text", ["", "DE*AB*E1", "DE*ABC*X1", "DE*ABC*E", "+49*12*1"])
def test_text_that_is_no_evseid_is_refused(text: str) -> None:
    with pytest.raises(IdError, match="DE"):
        Evseid.parse(text)


def test_din_octets_are_read_packed_or_as_text() -> None:
    evseid = Evseid.parse("+49*123*456*789")
    assert Evseid.of_din(evseid.din()) == evseid
    assert Evseid.of_din(b"DE*ABC*E1234*1") == Evseid.parse("DE*ABC*E1234*1")
    assert Evseid.of_din(b"\x00") is None
    assert Evseid.of_din(b"\xff\xfe") is None


@pytest.mark.parametrize("read", [Emaid.parse, Pcid.parse, Evccid.parse, Evseid.parse])
@pytest.mark.parametrize("strict", [False, True])
@given(text=st.text(max_size=60))
def test_any_text_is_an_id_or_an_id_error(
    read: Callable[..., object], *, strict: bool, text: str
) -> None:
    with contextlib.suppress(IdError):
        assert str(read(text, strict=strict)).isascii()


@given(st.binary(max_size=40))
def test_any_din_octets_are_an_outlet_or_nothing(octets: bytes) -> None:
    assert Evseid.of_din(octets) is None or isinstance(Evseid.of_din(octets), Evseid)
