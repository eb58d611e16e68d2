"""C, D: cache, local list, master pass; who is let in online and offline."""

from pathlib import Path
from typing import Any

import pytest

from ocpp.station.authorization.cache import MOST
from ocpp.station.records import Token
from ocpp.versions import Version
from tests.ocpp.blocks.steps import (
    ALL,
    CARD,
    OTHER,
    SINCE_2,
    Change,
    changed,
    charge,
    events,
    got,
    leave,
    put,
    rules,
)
from tests.ocpp.site import Json, Site, site

PRE = "AuthCtrlr.LocalPreAuthorize"
UNKNOWN = "AuthCtrlr.OfflineTxForUnknownIdEnabled"
OFFLINE = "AuthCtrlr.LocalAuthorizeOffline"


def values(**names: str) -> Change:
    """Of AuthCtrlr, AuthCacheCtrlr (``cache_``) and LocalAuthListCtrlr (``list_``)."""
    places = {"cache": "AuthCacheCtrlr", "list": "LocalAuthListCtrlr"}
    found = {}
    for name, value in names.items():
        group, _, rest = name.partition("_")
        found[f"{places[group]}.{rest}" if group in places else f"AuthCtrlr.{name}"] = value
    return rules(values=found)


def shown(whole: Site, evse: int = 1, token: Token = CARD) -> str:
    """Somebody shows a card at an outlet: what the charger is told."""
    before = len(whole.charger.told)
    whole.station.presented(evse, token)
    whole.run(3)
    told = whole.charger.told[before:]
    return told[0][0] if told else ""


def asked(whole: Site) -> int:
    return whole.actions().count("Authorize")


def away(whole: Site) -> None:
    whole.made.client.close()
    whole.run(2)


def back(whole: Site) -> None:
    whole.made.client.open()
    whole.run(10)


def learned(whole: Site, status: str = "Accepted", group: str = "") -> None:
    """The back end says something of the card once, so that the cache knows it."""
    whole.answers["Authorize"] = whole.verdict(status, group)
    whole.station.presented(1, CARD)
    whole.run(3)
    if whole.station.outlet(1).token is not None:
        whole.station.presented(1, CARD)
        whole.run(3)
    del whole.answers["Authorize"]
    whole.heard.clear()
    whole.charger.told.clear()


def entry(token: str, status: str = "Accepted", group: str = "", until: str = "") -> Json:
    info: Json = {"status": status}
    if group:
        info["groupIdToken"] = {"idToken": group, "type": "Central"}
    if until:
        info["cacheExpiryDateTime"] = until
    return {"idToken": {"idToken": token, "type": "ISO14443"}, "idTokenInfo": info}


def send(whole: Site, version: int, rows: list[Json], kind: str = "Full") -> str:
    """A list in either version's words."""
    if whole.version is not Version.V16:
        fields: Json = {"versionNumber": version, "updateType": kind}
        if rows:
            fields["localAuthorizationList"] = rows
        return str(whole.ask("SendLocalList", fields)["status"])
    old = []
    for row in rows:
        one: Json = {"idTag": row["idToken"]["idToken"]}
        if "idTokenInfo" in row:
            info = row["idTokenInfo"]
            one["idTagInfo"] = {"status": info["status"]}
            if "groupIdToken" in info:
                one["idTagInfo"]["parentIdTag"] = info["groupIdToken"]["idToken"]
            if "cacheExpiryDateTime" in info:
                one["idTagInfo"]["expiryDate"] = info["cacheExpiryDateTime"]
        old.append(one)
    fields = {"listVersion": version, "updateType": kind, "localAuthorizationList": old}
    return str(whole.ask("SendLocalList", fields)["status"])


def list_version(whole: Site) -> int:
    answer = whole.ask("GetLocalListVersion", {})
    return int(answer["listVersion" if whole.version is Version.V16 else "versionNumber"])


@ALL
def test_tc_c_08_tc_c_13_a_cached_card_is_let_in_without_asking(
    version: Version, folder: Path
) -> None:
    """C12.FR.03."""
    with site(folder, version, values(LocalPreAuthorize="true")) as whole:
        learned(whole)
        assert shown(whole) == "allow"
        whole.station.plugged(1)
        whole.run()
        assert asked(whole) == 0
        assert events(whole) == ["Started"]


@ALL
def test_tc_c_36_without_pre_authorization_the_back_end_is_asked(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        learned(whole)
        assert shown(whole) == "allow"
        assert asked(whole) == 1


@ALL
@pytest.mark.parametrize(
    "status",
    [
        pytest.param("Invalid", id="TC_C_09"),
        pytest.param("Blocked", id="TC_C_10"),
        pytest.param("Expired", id="TC_C_11"),
    ],
)
@pytest.mark.parametrize("now", [pytest.param("Accepted", id="TC_C_12"), "Invalid"])
def test_a_cached_card_that_was_refused_is_asked_for_again(
    version: Version, status: str, now: str, folder: Path
) -> None:
    with site(folder, version, values(LocalPreAuthorize="true")) as whole:
        learned(whole, status)
        whole.answers["Authorize"] = whole.verdict(now)
        assert shown(whole) == ("allow" if now == "Accepted" else "refuse")
        assert asked(whole) == 1


@ALL
def test_tc_c_32_the_cache_outlives_a_restart(version: Version, folder: Path) -> None:
    change = values(LocalPreAuthorize="true")
    with site(folder, version, change) as whole:
        learned(whole)
    with site(folder, version, change) as whole:
        assert shown(whole) == "allow"
        assert asked(whole) == 0


@ALL
def test_tc_c_33_tc_c_34_what_an_event_is_answered_counts_as_well(
    version: Version, folder: Path
) -> None:
    with site(folder, version, values(LocalPreAuthorize="true")) as whole:
        learned(whole)
        if version is Version.V16:
            whole.answers["StartTransaction"] = {"transactionId": 5, **whole.verdict("Blocked")}
        else:
            whole.answers["TransactionEvent"] = whole.verdict("Blocked")
        charge(whole)
        assert events(whole)[-1] == "Ended"
        whole.station.unplugged(1)
        whole.run(3)
        whole.answers["Authorize"] = whole.verdict("Blocked")
        assert shown(whole) == "refuse"
        assert asked(whole) == 1


@ALL
def test_tc_c_37_a_cache_that_was_cleared_knows_nobody(version: Version, folder: Path) -> None:
    with site(folder, version, values(LocalPreAuthorize="true")) as whole:
        learned(whole)
        assert whole.ask("ClearCache", {}) == {"status": "Accepted"}
        shown(whole)
        assert asked(whole) == 1


@ALL
def test_tc_c_38_a_cache_that_is_off_cannot_be_cleared(version: Version, folder: Path) -> None:
    """C11.FR.05."""
    with site(folder, version, values(cache_Enabled="false", LocalPreAuthorize="true")) as whole:
        learned(whole)
        assert whole.ask("ClearCache", {}) == {"status": "Rejected"}
        shown(whole)
        assert asked(whole) == 1


@ALL
def test_tc_c_46_an_entry_has_its_life_time(version: Version, folder: Path) -> None:
    """C10.FR.10."""
    with site(folder, version, values(cache_LifeTime="50", LocalPreAuthorize="true")) as whole:
        learned(whole)
        whole.run(60)
        shown(whole)
        assert asked(whole) == 1


@ALL
def test_the_back_ends_own_end_of_an_entry_wins(version: Version, folder: Path) -> None:
    """C10.FR.13."""
    name = "expiryDate" if version is Version.V16 else "cacheExpiryDateTime"
    with site(folder, version, values(cache_LifeTime="50", LocalPreAuthorize="true")) as whole:
        [info] = whole.verdict("Accepted").values()
        key = "idTagInfo" if version is Version.V16 else "idTokenInfo"
        whole.answers["Authorize"] = {key: {**info, name: "2030-01-01T01:00:00Z"}}
        shown(whole)
        whole.station.presented(1, CARD)
        whole.run(60)
        whole.heard.clear()
        shown(whole)
        assert asked(whole) == 0


@ALL
def test_a_full_cache_forgets_the_refused_first_then_the_oldest(
    version: Version, folder: Path
) -> None:
    """C10.FR.07."""
    with site(folder, version, values(LocalPreAuthorize="true")) as whole:
        learned(whole, "Blocked")
        cache = whole.station._blocks.cache
        accepted = cache.find(CARD)
        assert accepted is not None
        for number in range(MOST):
            from ocpp.station.translation import Standing, Verdict  # noqa: PLC0415

            cache.learn(Token(f"N{number}"), Verdict(Standing.ACCEPTED))
        assert cache.find(CARD) is None
        assert cache.find(Token("N0")) is not None
        cache.learn(Token("LAST"), Verdict(Standing.ACCEPTED))
        assert cache.find(Token("N0")) is None


@ALL
def test_tc_c_26_offline_a_stranger_is_let_in_only_where_that_is_allowed(
    version: Version, folder: Path
) -> None:
    """C15.FR.01."""
    for allowed in ("true", "false"):
        with site(folder / allowed, version, values(OfflineTxForUnknownIdEnabled=allowed)) as whole:
            away(whole)
            assert shown(whole) == ("allow" if allowed == "true" else "refuse")
            assert whole.station._blocks.cache.find(CARD) is None


@ALL
@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid"])
def test_offline_a_card_known_to_be_bad_stays_refused(
    version: Version, status: str, folder: Path
) -> None:
    """C10.FR.01, C13.FR.06."""
    with site(folder, version, values(OfflineTxForUnknownIdEnabled="true")) as whole:
        learned(whole, status)
        away(whole)
        assert shown(whole) == "refuse"


@ALL
def test_offline_a_cached_card_is_let_in_where_that_is_allowed(
    version: Version, folder: Path
) -> None:
    for allowed in ("true", "false"):
        with site(folder / allowed, version, values(LocalAuthorizeOffline=allowed)) as whole:
            learned(whole)
            away(whole)
            assert shown(whole) == ("allow" if allowed == "true" else "refuse")


@ALL
def test_tc_d_01_tc_d_02_tc_d_03_tc_d_08_the_list_is_sent_in_full_and_in_parts(
    version: Version, folder: Path
) -> None:
    with site(folder, version, values(LocalPreAuthorize="true")) as whole:
        assert list_version(whole) == 0
        assert send(whole, 1, [entry("04E1")]) == "Accepted"
        assert list_version(whole) == 1
        assert shown(whole) == "allow"
        shown(whole)
        assert asked(whole) == 0
        assert send(whole, 2, [entry("04E2")], "Differential") == "Accepted"
        assert shown(whole, 2, OTHER) == "allow"
        remove = entry("04E1")
        del remove["idTokenInfo"]
        assert send(whole, 3, [remove], "Differential") == "Accepted"
        assert asked(whole) == 0
        shown(whole)
        assert asked(whole) == 1
        assert list_version(whole) == 3


@ALL
def test_tc_d_04_tc_d_05_an_empty_list_still_sets_the_version(
    version: Version, folder: Path
) -> None:
    with site(folder, version, values(LocalPreAuthorize="true")) as whole:
        assert send(whole, 4, [entry("04E1")]) == "Accepted"
        assert send(whole, 5, [], "Differential") == "Accepted"
        shown(whole)
        assert (asked(whole), list_version(whole)) == (0, 5)
        shown(whole)
        assert send(whole, 3, []) == "Accepted"
        shown(whole)
        assert (asked(whole), list_version(whole)) == (1, 3)


@ALL
def test_tc_d_06_an_older_part_does_not_fit(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert send(whole, 4, [entry("04E1")]) == "Accepted"
        for number in (3, 4):
            assert send(whole, number, [entry("04E2")], "Differential") == "VersionMismatch"
        assert list_version(whole) == 4


@ALL
def test_tc_d_07_the_list_outlives_a_restart(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert send(whole, 4, [entry("04E1")]) == "Accepted"
    with site(folder, version) as whole:
        assert list_version(whole) == 4
        away(whole)
        assert shown(whole) == "allow"


@ALL
def test_tc_d_10_a_list_that_is_off(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert send(whole, 4, [entry("04E1")]) == "Accepted"
        if version is Version.V16:
            assert changed(whole, "LocalAuthListEnabled", "false") == "Accepted"
            assert list_version(whole) == -1
        else:
            assert put(whole, "LocalAuthListCtrlr.Enabled", "false") == "Accepted"
            assert list_version(whole) == 0


@ALL
def test_a_list_with_a_card_twice_or_no_version_fails(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert send(whole, 1, [entry("04E1"), entry("04e1")]) == "Failed"
        assert send(whole, 0, [entry("04E1")]) == "Failed"
        assert list_version(whole) == 0


@ALL
@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        pytest.param(entry("04E1"), "allow", id="TC_C_21"),
        pytest.param(entry("04E1", "Invalid"), "refuse", id="TC_C_22"),
        pytest.param(entry("04E1", "Blocked"), "refuse", id="TC_C_23"),
        pytest.param(entry("04E1", until="2029-12-31T00:00:00Z"), "refuse", id="TC_C_24"),
    ],
)
def test_the_list_counts_offline(version: Version, row: Json, verdict: str, folder: Path) -> None:
    with site(folder, version, values(OfflineTxForUnknownIdEnabled="true")) as whole:
        assert send(whole, 1, [row]) == "Accepted"
        away(whole)
        assert shown(whole) == verdict


@ALL
def test_tc_c_25_the_list_beats_the_cache(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        learned(whole)
        assert send(whole, 1, [entry("04E1", "Blocked")]) == "Accepted"
        away(whole)
        assert shown(whole) == "refuse"


@ALL
@pytest.mark.parametrize(
    ("row", "questions"),
    [
        pytest.param(entry("04E1"), 0, id="TC_C_27"),
        pytest.param(entry("04E1", "Blocked"), 1, id="TC_C_29"),
        pytest.param(entry("04E1", until="2029-12-31T00:00:00Z"), 1, id="TC_C_30"),
        pytest.param(entry("04E1", "Invalid"), 1, id="TC_C_31"),
    ],
)
def test_the_list_counts_online(version: Version, row: Json, questions: int, folder: Path) -> None:
    """C14.FR.04, C14.FR.05."""
    with site(folder, version, values(LocalPreAuthorize="true")) as whole:
        assert send(whole, 1, [row]) == "Accepted"
        assert shown(whole) == "allow"
        assert asked(whole) == questions


@ALL
@pytest.mark.parametrize("known", ["list", "cache", "nobody"])
def test_tc_c_39_tc_c_40_tc_c_41_a_card_of_the_group_stops(
    version: Version, known: str, folder: Path
) -> None:
    """E07.FR.01."""
    with site(folder, version, values(LocalPreAuthorize="true")) as whole:
        if known == "list":
            rows = [entry("04E1", group="FAMILY"), entry("04E2", group="FAMILY")]
            assert send(whole, 1, rows) == "Accepted"
        whole.answers["Authorize"] = whole.verdict("Accepted", "FAMILY")
        if known == "cache":
            for token in (CARD, OTHER):
                shown(whole, 2, token)
                shown(whole, 2, token)
        whole.heard.clear()
        charge(whole)
        whole.station.presented(1, OTHER)
        whole.run(3)
        assert events(whole)[-1] == "Ended"
        assert asked(whole) == (2 if known == "nobody" else 0)


@ALL
@pytest.mark.parametrize("known", ["list", "nobody"])
def test_tc_c_42_tc_c_43_tc_c_44_a_card_of_the_group_that_is_no_good_does_not(
    version: Version, known: str, folder: Path
) -> None:
    with site(folder, version, values(LocalPreAuthorize="true")) as whole:
        whole.answers["Authorize"] = whole.verdict("Accepted", "FAMILY")
        charge(whole)
        if known == "list":
            assert send(whole, 1, [entry("04E2", "Invalid", "FAMILY")]) == "Accepted"
        whole.answers["Authorize"] = whole.verdict("Invalid", "FAMILY")
        before = events(whole)
        whole.station.presented(1, OTHER)
        whole.run(3)
        assert events(whole) == before
        assert whole.charger.told[-1] == ("refuse", 1, "Invalid")


@ALL
def test_tc_c_14_tc_c_45_a_master_pass_starts_nothing(version: Version, folder: Path) -> None:
    change = values(MasterPassGroupId="MASTER", LocalPreAuthorize="true")
    with site(folder, version, change) as whole:
        whole.answers["Authorize"] = whole.verdict("Accepted", "MASTER")
        whole.station.plugged(1)
        assert shown(whole) == "refuse"
        assert shown(whole) == "refuse"  # out of the cache
        assert events(whole) == []


@ALL
def test_tc_c_49_a_master_pass_stops_all(version: Version, folder: Path) -> None:
    with site(folder, version, values(MasterPassGroupId="master")) as whole:
        charge(whole, 1)
        charge(whole, 2, OTHER)
        whole.answers["Authorize"] = whole.verdict("Accepted", "MASTER")
        whole.station.presented(1, Token("04E3"))
        whole.run(3)
        assert events(whole).count("Ended") == 2
        last = whole.heard[-1][1]
        if version is not Version.V16:
            assert last["transactionInfo"]["stoppedReason"] == "MasterPass"


@SINCE_2
def test_c03_a_central_token_is_neither_asked_for_nor_remembered(
    version: Version, folder: Path
) -> None:
    """C03.FR.01, C03.FR.02, C05.FR.01, C05.FR.02."""
    with site(folder, version) as whole:
        token = {"idToken": "C1", "type": "Central"}
        start = {"remoteStartId": 1, "idToken": token, "evseId": 1}
        whole.station.plugged(1)
        assert whole.ask("RequestStartTransaction", start)["status"] == "Accepted"
        whole.run()
        assert asked(whole) == 0
        assert whole.station._blocks.cache.find(Token("C1", "Central")) is None


@ALL
def test_offline_a_card_stops_what_it_started(version: Version, folder: Path) -> None:
    """TC_E_44, and TC_E_45 by its group."""
    for token, known in ((CARD, False), (OTHER, True)):
        with site(folder / token.id, version) as whole:
            whole.answers["Authorize"] = whole.verdict("Accepted", "FAMILY")
            if known:
                shown(whole, 2, OTHER)
                shown(whole, 2, OTHER)
            charge(whole)
            away(whole)
            leave(whole, 1, token)
            back(whole)
            assert events(whole)[-1] == "Ended"
            last: Any = whole.heard[-1][1]
            if version is not Version.V16:
                assert last["offline"] is True


@SINCE_2
@pytest.mark.parametrize("how", ["asked", "cached", "listed", "remote"])
def test_a_token_of_certain_outlets_charges_there_alone(
    version: Version, how: str, folder: Path
) -> None:
    """C01.FR.19, C01.FR.20, C01.FR.21: none named is all of them."""
    settings = values(list_Enabled="true", cache_Enabled="true", LocalPreAuthorize="true")
    with site(folder, version, settings) as whole:
        accepted = {"status": "Accepted", "evseId": [2]}
        whole.answers["Authorize"] = {"idTokenInfo": accepted}
        if how == "listed":
            row = {"idToken": {"idToken": CARD.id, "type": CARD.kind}, "idTokenInfo": accepted}
            assert send(whole, 1, [row]) == "Accepted"
        elif how == "cached":
            whole.station.presented(2, CARD)
            whole.run(2)
            whole.station.presented(2, CARD)
            whole.run(2)
        before = asked(whole)
        if how == "remote":
            start = {"idToken": {"idToken": CARD.id, "type": CARD.kind}, "remoteStartId": 1}
            for evse in (1, 2):
                whole.ask("RequestStartTransaction", {**start, "evseId": evse})
                whole.run(2)
            told = [each[:2] for each in whole.charger.told if each[0] in {"allow", "refuse"}]
            assert told == [("refuse", 1), ("allow", 2)]
        else:
            assert shown(whole, 1) == "refuse"
            assert shown(whole, 2) == "allow"
        assert (asked(whole) == before) is (how in {"cached", "listed"})
        assert [each.standing.value for each in whole.charger.refused] == ["NotAtThisLocation"]


@SINCE_2
def test_an_event_may_tell_that_the_token_is_not_for_this_outlet(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        whole.answers["TransactionEvent"] = {"idTokenInfo": {"status": "Accepted", "evseId": [2]}}
        charge(whole)
        assert ("stop", 1, "DeAuthorized") in whole.charger.told


@SINCE_2
def test_energy_only_after_an_authorization(version: Version, folder: Path) -> None:
    """C06.FR.01, C01.FR.04: the back end is asked about tokens and nothing else."""
    with site(folder, version) as whole:
        whole.station.plugged(1)
        whole.run(30)
        assert (asked(whole), [each for each in whole.charger.told if each[0] == "allow"]) == (
            0,
            [],
        )
        assert got(whole, "AuthCtrlr.Enabled") == "true"
        assert shown(whole) == "allow"
        leave(whole)
        assert asked(whole) == 1


@SINCE_2
def test_the_cache_keeps_the_token_and_nothing_beside(version: Version, folder: Path) -> None:
    """C10.FR.09: no text for the driver; C10.FR.14: no additional information."""
    settings = values(cache_Enabled="true", LocalPreAuthorize="true")
    with site(folder, version, settings) as whole:
        text = {"format": "UTF8", "content": "50 ct"}
        whole.answers["Authorize"] = {
            "idTokenInfo": {"status": "Accepted", "personalMessage": text}
        }
        whole.station.presented(1, CARD)
        whole.run(2)
        whole.run(70)
        first = [lines for evse, lines in whole.charger.shown if evse == 1]
        assert first == [("50 ct",)]
        assert shown(whole) == "allow"
        assert asked(whole) == 1
        assert [lines for evse, lines in whole.charger.shown if evse == 1] == first


@SINCE_2
def test_a_list_entry_of_yesterday_counts_no_more_offline(version: Version, folder: Path) -> None:
    """C13.FR.05."""
    settings = values(list_Enabled="true", OfflineTxForUnknownIdEnabled="false")
    with site(folder, version, settings) as whole:
        rows = [entry("04E1", until="2029-12-31T00:00:00Z"), entry("04E2")]
        assert send(whole, 1, rows) == "Accepted"
        away(whole)
        assert shown(whole, 1, CARD) == "refuse"
        assert shown(whole, 2, Token("04E9")) == "refuse"
        assert shown(whole, 2, OTHER) == "allow"


@SINCE_2
def test_the_list_is_only_what_the_back_end_sent(version: Version, folder: Path) -> None:
    """D01.FR.06, D01.FR.09, D01.FR.12, D02.FR.02."""
    with site(folder, version, values(list_Enabled="true", cache_Enabled="true")) as whole:
        assert list_version(whole) == 0
        assert send(whole, 1, [entry("04E1"), entry("04e1")]) == "Failed"
        assert (list_version(whole), got(whole, "LocalAuthListCtrlr.Entries")) == (0, "0")
        assert send(whole, 3, [entry("04E1"), entry("04E3")]) == "Accepted"
        assert got(whole, "LocalAuthListCtrlr.Entries") == "2"
        learned(whole, "Invalid")
        whole.answers["TransactionEvent"] = whole.verdict("Blocked")
        charge(whole)
        whole.answers["TransactionEvent"] = {}
        assert (list_version(whole), got(whole, "LocalAuthListCtrlr.Entries")) == (3, "2")
        assert put(whole, "LocalAuthListCtrlr.Enabled", "false") == "Accepted"
        assert list_version(whole) == 0
        kept = {"variable": {"name": "Entries"}, "component": {"name": "LocalAuthListCtrlr"}}
        whole.ask("GetReport", {"requestId": 1, "componentVariable": [kept]})
        [row] = whole.said("NotifyReport")[0]["reportData"]
        assert row["variableCharacteristics"]["maxLimit"] >= 1
