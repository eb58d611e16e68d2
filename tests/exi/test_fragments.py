"""Elements on their own: what gets hashed for a signature."""

import pytest

from bsw import exi
from bsw.chrgm.messages import iso2, xmldsig
from bsw.exi import DecodeError, EncodeError, Fragment
from bsw.exi.codec import Form
from tests.exi.support import bits, octets

C14N = "http://www.w3.org/TR/canonical-exi/"


def signed_info() -> xmldsig.SignedInfo:
    return xmldsig.SignedInfo(
        canonicalization_method=xmldsig.CanonicalizationMethod(algorithm=C14N),
        signature_method=xmldsig.SignatureMethod(
            algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
        ),
        reference=(
            xmldsig.Reference(
                uri="#id1",
                transforms=xmldsig.Transforms(transform=(xmldsig.Transform(algorithm=C14N),)),
                digest_method=xmldsig.DigestMethod(
                    algorithm="http://www.w3.org/2001/04/xmlenc#sha256"
                ),
                digest_value=bytes(32),
            ),
        ),
    )


def chain() -> iso2.CertificateChain:
    return iso2.CertificateChain(id="id1", certificate=b"leaf")


def test_what_is_signed_differs_between_the_schemas(form: Form) -> None:
    """One octet: the name's code takes six bits among the signature names, eight among all."""
    alone = exi.codec("xmldsig", form=form).encode_fragment(signed_info())
    within = exi.codec("iso2", form=form).encode_fragment(signed_info())
    assert (len(alone), len(within)) == (209, 210)
    assert exi.codec("xmldsig", form=form).decode_fragment(alone).value == signed_info()
    assert exi.codec("iso2", form=form).decode_fragment(within).value == signed_info()


def test_a_class_that_stands_under_several_names_needs_one(form: Form) -> None:
    codec = exi.codec("iso2", form=form)
    with pytest.raises(EncodeError, match="ContractSignatureCertChain, SAProvisioningCertificateC"):
        codec.encode_fragment(chain())
    data = codec.encode_fragment(chain(), "ContractSignatureCertChain")
    assert codec.decode_fragment(data) == Fragment(
        "ContractSignatureCertChain", "urn:iso:15118:2:2013:MsgBody", chain()
    )
    assert codec.encode_fragment(codec.decode_fragment(data)) == data


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SessionID", b"\1\2"),
        ("SessionID", b""),
        ("EVReady", True),
        ("PMax", iso2.PhysicalValue.of(11_000, iso2.Unit.W)),
        ("MeterReading", 2**64 - 1),
        ("FaultCode", iso2.FaultCode.UNKNOWN_ERROR),
        ("X509SerialNumber", -(2**200)),
        ("EVRESSSOC", 100),
        ("DateTimeNow", None),
    ],
)
def test_any_element_of_the_schema_can_be_a_fragment(name: str, value: object, form: Form) -> None:
    codec = exi.codec("iso2", form=form)
    if value is None:
        with pytest.raises(EncodeError, match="iso2 has no element DateTimeNow"):
            codec.encode_fragment(value, name)
        return
    for ends in (False, True):
        data = codec.encode_fragment(value, name, ends=ends)
        assert codec.decode_fragment(data).value == value


def test_a_plain_emaid_is_relaxed_too(form: Form) -> None:
    codec = exi.codec("iso2", form=form)
    data = codec.encode_fragment("DE1ABCD2EF357A", "eMAID")
    assert codec.decode_fragment(data).value == "DE1ABCD2EF357A"
    assert data != codec.encode_fragment("DE1ABCD2EF357A", "eMAID", typed=True)


def test_a_wrong_value_is_refused(form: Form) -> None:
    codec = exi.codec("iso2", form=form)
    with pytest.raises(EncodeError, match="cannot write 'text'"):
        codec.encode_fragment("text", "SessionID")
    with pytest.raises(EncodeError, match="iso2 has no element Nonsense of type bytes"):
        codec.encode_fragment(b"", "Nonsense")
    with pytest.raises(EncodeError, match="needs a name: no element of this schema"):
        codec.encode_fragment(b"")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:8] + "11110011" + text[16:], "expected an element name"),
        (lambda text: text[:8] + "11110100" + text[16:], "expected an element name"),
        (lambda text: text[:83] + "11110101", "expected the end of the fragment"),
        (lambda text: text[:83], "expected the end of the fragment"),
        (lambda text: text + "0" * 16, "expected the end of the data"),
        (lambda text: text[:8] + "00000111", "expected an element with content"),
    ],
)
def test_a_fragment_that_is_none_is_refused(change: object, said: str, form: Form) -> None:
    assert callable(change)
    data = octets(change(bits(bytes.fromhex("802d02b4b21980c000409e80"))[:91]))
    with pytest.raises(DecodeError, match=said):
        exi.codec("iso2", form=form).decode_fragment(data)


def test_an_emaid_with_a_foreign_attribute_is_refused(form: Form) -> None:
    """Attribute 0 of 258 is Algorithm, which no type of eMAID has."""
    text = bits(bytes.fromhex("80ec0202b4b21a400411114c505090d10c91518ccd4dd07d3d00"))
    with pytest.raises(DecodeError, match="expected the attributes of one declared type"):
        exi.codec("iso2", form=form).decode_fragment(octets(text[:16] + "0" * 9 + text[25:]))
