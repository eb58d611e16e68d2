"""Vehicle and station agree on a protocol by the vehicle's ranking and by what the link allows."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw import v2gtp
from bsw.chrgm.applications import (
    APPLICATIONS,
    DIN,
    ISO2,
    ISO20_AC,
    ISO20_DC,
    ISO20_WPT,
    Application,
    Link,
    applications_of,
)
from bsw.chrgm.messages.sap import (
    AppProtocol,
    ResponseCode,
    SupportedAppProtocolReq,
    SupportedAppProtocolRes,
)
from bsw.chrgm.sap import (
    Agreed,
    NothingToOffer,
    Refusal,
    SapRules,
    choose,
    conclude,
    link_of,
    offer,
)
from bsw.tls.port import TlsFacts

OK = ResponseCode.OK_SUCCESSFUL_NEGOTIATION
MINOR = ResponseCode.OK_SUCCESSFUL_NEGOTIATION_WITH_MINOR_DEVIATION
FAILED = ResponseCode.FAILED_NO_NEGOTIATION


def entry(
    of: Application | str,
    priority: int,
    schema_id: int,
    version: tuple[int, int] | None = None,
) -> AppProtocol:
    namespace = of if isinstance(of, str) else of.namespace
    major, minor = version or ((1, 0) if isinstance(of, str) else (of.major, of.minor))
    return AppProtocol(
        protocol_namespace=namespace,
        version_number_major=major,
        version_number_minor=minor,
        schema_id=schema_id,
        priority=priority,
    )


def request(*entries: AppProtocol) -> SupportedAppProtocolReq:
    return SupportedAppProtocolReq(app_protocol=entries)


def test_the_vehicle_offers_in_its_order_of_preference() -> None:
    made = offer([ISO20_DC, ISO2, ISO20_AC], Link.TLS13).request.app_protocol
    assert [(one.protocol_namespace, one.priority) for one in made] == [
        ("urn:iso:std:iso:15118:-20:DC", 1),
        ("urn:iso:15118:2:2013:MsgDef", 2),
        ("urn:iso:std:iso:15118:-20:AC", 3),
    ]
    assert [(one.version_number_major, one.version_number_minor) for one in made] == [
        (1, 0),
        (2, 0),
        (1, 0),
    ]
    assert len({one.schema_id for one in made}) == 3


@pytest.mark.parametrize("link", [Link.PLAIN, Link.TLS12])
def test_iso20_is_never_offered_below_tls13(link: Link) -> None:
    made = offer([ISO20_DC, ISO20_AC, ISO2], link)
    assert list(made.meaning.values()) == [ISO2]


@pytest.mark.parametrize("link", Link)
def test_din_is_neither_offered_nor_chosen_over_tls(link: Link) -> None:
    plain = link is Link.PLAIN
    made = offer([ISO2, DIN], link)
    assert list(made.meaning.values()) == ([ISO2, DIN] if plain else [ISO2])
    choice = choose(request(entry(DIN, 1, 7)), APPLICATIONS, link)
    assert choice.application is (DIN if plain else None)


def test_nothing_left_to_offer_says_what_and_where() -> None:
    with pytest.raises(NothingToOffer, match="iso20-dc cannot be offered on TLS"):
        offer([ISO20_DC], Link.TLS12)


def test_priority_decides_and_neither_document_order_nor_schema_id() -> None:
    """As a real car sends it: a namespace of its own first, all three orders different."""
    tesla = request(
        entry(DIN, priority=2, schema_id=1),
        entry("urn:tesla:din:2018:MsgDef", priority=1, schema_id=0, version=(0, 7)),
    )
    choice = choose(tesla, [DIN, ISO2], Link.PLAIN)
    assert choice.application is DIN
    assert choice.response == SupportedAppProtocolRes(response_code=OK, schema_id=1)


def test_px_seccd_001_din_first_is_din() -> None:
    both = request(entry(ISO2, priority=2, schema_id=7), entry(DIN, priority=1, schema_id=9))
    choice = choose(both, [DIN], Link.PLAIN)
    assert (choice.application, choice.response.schema_id) == (DIN, 9)
    assert choose(both, [ISO2, DIN], Link.PLAIN).application is DIN


def test_what_is_not_served_is_filtered_before_ranking() -> None:
    wants = request(entry(ISO20_AC, 1, 10), entry(ISO20_DC, 2, 20))
    choice = choose(wants, [ISO20_DC, ISO2], Link.TLS13)
    assert (choice.application, choice.response.schema_id) == (ISO20_DC, 20)


def test_iso20_is_never_chosen_below_tls13() -> None:
    wants = request(entry(ISO20_DC, 1, 1), entry(ISO2, 2, 2))
    assert choose(wants, APPLICATIONS, Link.TLS12).application is ISO2
    assert choose(wants, APPLICATIONS, Link.TLS13).application is ISO20_DC
    lab = SapRules(lab_iso20_on_any_link=True)
    assert choose(wants, APPLICATIONS, Link.PLAIN, lab).application is ISO20_DC


def test_tc_secc_supported_app_protocol_002_an_unknown_namespace_only() -> None:
    choice = choose(request(entry("urn:example:own", 1, 5)), APPLICATIONS, Link.TLS13)
    assert choice.application is None
    assert choice.response == SupportedAppProtocolRes(response_code=FAILED)


def test_tc_secc_supported_app_protocol_004_the_best_common_one() -> None:
    choice = choose(request(entry(ISO2, 1, 33)), [ISO2], Link.PLAIN)
    assert choice.response == SupportedAppProtocolRes(response_code=OK, schema_id=33)


def test_tc_secc_supported_app_protocol_006_a_minor_deviation() -> None:
    choice = choose(request(entry(ISO2, 1, 3, version=(2, 1))), [ISO2], Link.PLAIN)
    assert choice.response == SupportedAppProtocolRes(response_code=MINOR, schema_id=3)
    assert choice.minor_deviation


@pytest.mark.parametrize("version", [(1, 0), (3, 0)])
def test_another_major_version_is_another_protocol(version: tuple[int, int]) -> None:
    assert choose(request(entry(ISO2, 1, 3, version)), [ISO2], Link.PLAIN).application is None


def test_the_common_messages_and_the_pre_edition_are_no_protocols() -> None:
    wants = request(
        entry("urn:iso:std:iso:15118:-20:CommonMessages", 1, 1),
        entry("urn:iso:15118:2:2010:MsgDef", 2, 2),
    )
    assert choose(wants, APPLICATIONS, Link.TLS13).application is None


def test_equal_priorities_fall_back_to_the_order_in_the_document() -> None:
    wants = request(entry(DIN, 1, 1), entry(ISO2, 1, 2))
    assert choose(wants, [ISO2, DIN], Link.PLAIN).application is DIN


@pytest.mark.parametrize(("code", "deviates"), [(OK, False), (MINOR, True)])
def test_the_vehicle_follows_the_schema_id_answered(code: ResponseCode, *, deviates: bool) -> None:
    """PX-EVCC2-013, and the station's choice counts, not the vehicle's ranking."""
    made = offer([ISO20_DC, ISO2, DIN], Link.TLS13)
    response = SupportedAppProtocolRes(response_code=code, schema_id=2)
    assert conclude(made, response) == Agreed(ISO2, deviates)


def test_px_evcc2_011_an_id_never_offered_ends_it() -> None:
    response = SupportedAppProtocolRes(response_code=OK, schema_id=99)
    assert conclude(offer([ISO2], Link.PLAIN), response) is Refusal.UNKNOWN_SCHEMA_ID


def test_no_negotiation_ends_it() -> None:
    response = SupportedAppProtocolRes(response_code=FAILED, schema_id=1)
    assert conclude(offer([ISO2], Link.PLAIN), response) is Refusal.NO_COMMON_PROTOCOL


def test_a_missing_id_ends_it_unless_the_switch_is_on_and_one_was_offered() -> None:
    response = SupportedAppProtocolRes(response_code=OK)
    tolerant = SapRules(lone_offer_needs_no_schema_id=True)
    one, two = offer([ISO2], Link.PLAIN), offer([ISO2, DIN], Link.PLAIN)
    assert conclude(one, response) is Refusal.NO_SCHEMA_ID
    assert conclude(one, response, tolerant) == Agreed(ISO2)
    assert conclude(two, response, tolerant) is Refusal.NO_SCHEMA_ID


def test_a_strict_bench_keeps_each_protocol_on_its_own_link() -> None:
    strict = SapRules(iso2_on_tls13=False)
    everything = [ISO20_DC, ISO2, DIN]
    offered = {link: list(offer(everything, link, strict).meaning.values()) for link in Link}
    assert offered == {
        Link.PLAIN: [ISO2, DIN],
        Link.TLS12: [ISO2],
        Link.TLS13: [ISO20_DC],
    }


some = st.lists(st.sampled_from(APPLICATIONS), unique=True, max_size=7)


@given(some, some, st.sampled_from(Link))
def test_both_sides_agree_on_the_vehicles_best_that_the_station_has(
    wanted: list[Application], served: list[Application], link: Link
) -> None:
    try:
        made = offer(wanted, link)
    except NothingToOffer:
        assert not any(link in one.links for one in wanted)
        return
    choice = choose(made.request, served, link)
    common = [one for one in wanted if one in served and link in one.links]
    assert choice.application == (common[0] if common else None)
    expected = Agreed(common[0]) if common else Refusal.NO_COMMON_PROTOCOL
    assert conclude(made, choice.response) == expected


@given(st.permutations([1, 2, 3, 4]), st.permutations([ISO20_AC, ISO20_DC, ISO2, ISO20_WPT]))
def test_no_shuffling_of_the_document_changes_the_choice(
    order: list[int], ranking: list[Application]
) -> None:
    entries = [entry(ranking[rank - 1], rank, 100 + rank) for rank in order]
    choice = choose(request(*entries), APPLICATIONS, Link.TLS13)
    assert (choice.application, choice.response.schema_id) == (ranking[0], 101)


def test_twenty_entries_are_enough_for_everybody() -> None:
    many = [
        Application(f"own{n}", f"urn:own:{n}", 1, 0, frozenset(Link), v2gtp.HANDSHAKE)
        for n in range(30)
    ]
    assert len(offer(many, Link.PLAIN).request.app_protocol) == 20


def test_a_protocol_of_ones_own_takes_part_like_the_others() -> None:
    own = Application("own", "urn:own", 3, 1, frozenset({Link.PLAIN}), v2gtp.HANDSHAKE)
    made = offer([own, DIN], Link.PLAIN)
    assert choose(made.request, [DIN, own], Link.PLAIN).application is own


@pytest.mark.parametrize(
    ("version", "link"), [("TLSv1.3", Link.TLS13), ("TLSv1.2", Link.TLS12), (None, Link.PLAIN)]
)
def test_the_link_follows_from_what_tls_agreed(version: str | None, link: Link) -> None:
    assert link_of(TlsFacts(version, "suite") if version else None) is link


def test_the_names_of_a_configuration() -> None:
    assert applications_of(["iso20-dc", "iso2", "iso2"]) == (ISO20_DC, ISO2)
    with pytest.raises(ValueError, match=r"unknown protocol 'iso3'; known are iso20-dc"):
        applications_of(["iso2", "iso3"])


def test_namespaces_and_names_are_unique() -> None:
    pairs = itertools.combinations(APPLICATIONS, 2)
    assert all(one.namespace != other.namespace and one.name != other.name for one, other in pairs)
