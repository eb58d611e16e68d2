"""C07, M01, M02, M06: contracts shown to the back end, and fetched from it for vehicles."""

import json
from pathlib import Path

import pytest

from bsw.os.clock import S
from ocpp.station.contracts.relay import Wish
from ocpp.station.contracts.shown import Contract, ContractRules, Named
from ocpp.station.records import Token
from ocpp.station.security.hashes import Hashes
from ocpp.transfer16 import VENDOR
from ocpp.versions import Version
from tests.ocpp.blocks.steps import ALL, SINCE_2, changed, put, rules
from tests.ocpp.blocks.test_c_authorization import away
from tests.ocpp.blocks.test_m_certificates import pem, root, vault
from tests.ocpp.site import Json, Site, site

EMAID = Token("DE8AA001234567", "eMAID")
HASHES = Hashes("aa" * 32, "bb" * 32, "1f")
NAMED = Named(HASHES, "http://ocsp.example/x")
KNOWN = Contract((NAMED,))
STRANGE = Contract(chain="-----BEGIN CERTIFICATE-----", judged=False)
OLD = Version.V16


def answered(whole: Site, action: str, fields: Json) -> None:
    """What the back end says to this from now on, in the form of the version."""
    if whole.version is OLD:
        whole.answers["DataTransfer"] = {"status": "Accepted", "data": json.dumps(fields)}
    else:
        whole.answers[action] = fields


def said(whole: Site, action: str) -> list[Json]:
    """The calls of 2.x that were made, wherever they were packed."""
    if whole.version is not OLD:
        return whole.said(action)
    found = []
    for fields in whole.said("DataTransfer"):
        assert fields["vendorId"] == VENDOR
        if fields["messageId"] == action:
            found.append(json.loads(fields["data"]))
    return found


def verdict(token: str = "Accepted", chain: str = "Accepted") -> Json:
    return {"idTokenInfo": {"status": token}, "certificateStatus": chain}


def shown(whole: Site, contract: Contract = KNOWN) -> list[tuple[str, int, str]]:
    """A vehicle shows its contract: what the charger is told."""
    before = len(whole.charger.told)
    whole.station.plugged(1)
    whole.station.presented(1, EMAID, contract)
    whole.run(3)
    return [each for each in whole.charger.told[before:] if each[0] != "stop"]


@ALL
def test_tc_c_50_the_back_end_is_asked_about_the_chain(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        answered(whole, "Authorize", verdict())
        assert shown(whole) == [("allow", 1, EMAID.id)]
        [asked] = said(whole, "Authorize")
        assert asked["idToken"] == {"idToken": EMAID.id, "type": "eMAID"}
        assert asked["iso15118CertificateHashData"] == [
            {
                "hashAlgorithm": "SHA256",
                "issuerNameHash": "aa" * 32,
                "issuerKeyHash": "bb" * 32,
                "serialNumber": "1f",
                "responderURL": "http://ocsp.example/x",
            }
        ]
        assert "certificate" not in asked


@ALL
@pytest.mark.parametrize(
    ("token", "chain"),
    [("Invalid", "CertificateRevoked"), ("Accepted", "CertChainError"), ("Blocked", "Accepted")],
    ids=["TC_C_51", "chain", "token"],
)
def test_token_and_chain_have_to_be_good(
    version: Version, token: str, chain: str, folder: Path
) -> None:
    with site(folder, version) as whole:
        answered(whole, "Authorize", verdict(token, chain))
        assert [word for word, *_ in shown(whole)] == ["refuse"]
        [last] = whole.charger.refused
        assert (last.standing.value, last.certificate, last.accepted) == (token, chain, False)


@ALL
def test_tc_c_52_a_chain_with_an_unknown_root_goes_whole(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        answered(whole, "Authorize", verdict())
        assert shown(whole, STRANGE) == [("allow", 1, EMAID.id)]
        [asked] = said(whole, "Authorize")
        assert asked["certificate"] == STRANGE.chain
        assert "iso15118CertificateHashData" not in asked


@SINCE_2
def test_a_known_contract_is_asked_about_all_the_same(version: Version, folder: Path) -> None:
    with site(folder, version, rules(values={"AuthCtrlr.LocalPreAuthorize": "true"})) as whole:
        answered(whole, "Authorize", verdict())
        for _ in range(2):
            shown(whole)
            whole.station.presented(1, EMAID, KNOWN)  # and goes
            whole.station.unplugged(1)
            whole.run(3)
        assert len(said(whole, "Authorize")) == 2


OFFLINE = "ISO15118Ctrlr.ContractValidationOffline"


@ALL
@pytest.mark.parametrize(
    ("offline", "contract", "known", "allowed"),
    [
        pytest.param("true", KNOWN, True, True, id="TC_C_54"),
        pytest.param("true", KNOWN, False, False, id="unknown"),
        pytest.param("true", STRANGE, True, False, id="root"),
        pytest.param("false", KNOWN, True, False, id="TC_C_55"),
    ],
)
def test_offline_a_contract_is_judged_here_and_known_here(
    version: Version,
    offline: str,
    contract: Contract,
    folder: Path,
    *,
    known: bool,
    allowed: bool,
) -> None:
    settings = {OFFLINE: offline, "AuthCtrlr.LocalAuthorizeOffline": "true"}
    with site(folder, version, rules(values=settings)) as whole:
        if known:
            answered(whole, "Authorize", verdict())
            shown(whole)
            whole.station.presented(1, EMAID, KNOWN)
            whole.station.unplugged(1)
            whole.run(3)
        away(whole)
        assert [word for word, *_ in shown(whole, contract)] == ["allow" if allowed else "refuse"]


@pytest.mark.parametrize("word", ["UnknownVendorId", "UnknownMessageId"])
def test_1_6_without_contracts_is_asked_for_the_emaid_of_a_good_chain(
    word: str, folder: Path
) -> None:
    with site(folder, OLD) as whole:
        whole.answers["DataTransfer"] = {"status": word}
        assert shown(whole) == [("allow", 1, EMAID.id)]
        assert whole.said("Authorize") == [{"idTag": EMAID.id}]
        whole.station.unplugged(1)
        whole.run()
        assert [word for word, *_ in shown(whole, STRANGE)] == ["refuse"]


@ALL
def test_what_is_allowed_of_contracts_follows_the_variables(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert whole.charger.pays == ContractRules(pays=True, central=False, fetched=True)
        if version is OLD:
            assert changed(whole, "CentralContractValidationAllowed", "true") == "Accepted"
            assert changed(whole, "ISO15118PnCEnabled", "false") == "Accepted"
        else:
            assert put(whole, "ISO15118Ctrlr.CentralContractValidationAllowed", "true")
            assert put(whole, "ISO15118Ctrlr.PnCEnabled", "false") == "Accepted"
        assert whole.charger.pays == ContractRules(pays=False, central=True, fetched=True)


WISH = Wish("Install", "urn:iso:15118:2:2013:MsgDef", "gAAB", 4 * S, 3, ("E1", "E2"))


def delivered(whole: Site, wish: Wish = WISH, seconds: float = 5) -> list[str | None]:
    found: list[str | None] = []
    whole.station.relay.deliver(wish, found.append)
    whole.run(seconds)
    return found


@ALL
@pytest.mark.parametrize("action", ["Install", "Update"], ids=["TC_M_26", "TC_M_28-TC_M_29"])
def test_a_vehicles_request_and_the_answer_pass_unread(
    version: Version, action: str, folder: Path
) -> None:
    """M01.FR.02, M01.FR.03."""
    with site(folder, version) as whole:
        answered(whole, "Get15118EVCertificate", {"status": "Accepted", "exiResponse": "gBBC"})
        wish = Wish(action, WISH.schema, WISH.request, WISH.within, WISH.most, WISH.emaids)
        assert delivered(whole, wish) == ["gBBC"]
        wishes: Json = {}
        if version is Version.V21:
            wishes = {"maximumContractCertificateChains": 3, "prioritizedEMAIDs": ["E1", "E2"]}
        assert said(whole, "Get15118EVCertificate") == [
            {
                "iso15118SchemaVersion": WISH.schema,
                "action": action,
                "exiRequest": "gAAB",
                **wishes,
            }
        ]


@ALL
def test_without_a_contract_in_time_there_is_none(version: Version, folder: Path) -> None:
    carrier = "DataTransfer" if version is OLD else "Get15118EVCertificate"
    with site(folder, version) as whole:
        answered(whole, "Get15118EVCertificate", {"status": "Failed", "exiResponse": ""})
        assert delivered(whole) == [None]
        whole.answers[carrier] = None  # nothing is said
        assert delivered(whole, seconds=3.9) == []
        whole.run(0.2)
        assert delivered(whole, seconds=0.1) == []
        away(whole)
        assert delivered(whole) == [None]


@ALL
def test_the_standing_of_a_certificate_comes_from_the_back_end(
    version: Version, folder: Path
) -> None:
    found: list[str | None] = []
    with site(folder, version) as whole:
        answered(whole, "GetCertificateStatus", {"status": "Accepted", "ocspResult": "MAo="})
        whole.station.relay.standing(NAMED, 5 * S, found.append)
        whole.run()
        answered(whole, "GetCertificateStatus", {"status": "Failed"})
        whole.station.relay.standing(NAMED, 5 * S, found.append)
        whole.run()
        assert found == ["MAo=", None]
        assert said(whole, "GetCertificateStatus")[0] == {"ocspRequestData": NAMED.wire()}


def transfer(whole: Site, action: str, fields: object) -> Json:
    data = fields if isinstance(fields, str) else json.dumps(fields)
    call = {"vendorId": VENDOR, "messageId": action, "data": data}
    answer = whole.ask("DataTransfer", call)
    return json.loads(answer["data"]) if "data" in answer else answer


def test_1_6_roots_are_installed_listed_and_deleted_by_transfer(folder: Path) -> None:
    with site(folder, OLD, vault=vault(folder, roots=True)) as whole:
        kind = "CSMSRootCertificate"
        install = {"certificateType": kind, "certificate": pem(root())}
        assert transfer(whole, "InstallCertificate", install) == {"status": "Accepted"}
        listed = transfer(whole, "GetInstalledCertificateIds", {"certificateType": [kind]})
        [chain] = listed["certificateHashDataChain"]
        hashes = {"certificateHashData": chain["certificateHashData"]}
        assert transfer(whole, "DeleteCertificate", hashes) == {"status": "Accepted"}
        assert transfer(whole, "DeleteCertificate", hashes) == {"status": "NotFound"}


def test_1_6_transfers_that_are_not_understood(folder: Path) -> None:
    with site(folder, OLD) as whole:
        assert transfer(whole, "InstallCertificate", "nonsense") == {"status": "Rejected"}
        assert transfer(whole, "Reset", {"type": "Immediate"}) == {"status": "UnknownMessageId"}
        asked = {"requestedMessage": "Heartbeat"}
        assert transfer(whole, "TriggerMessage", asked) == {"status": "NotImplemented"}
        other = whole.ask("DataTransfer", {"vendorId": "somebody"})
        assert other == {"status": "UnknownVendorId"}
        assert changed(whole, "ISO15118PnCEnabled", "false") == "Accepted"
        off = transfer(whole, "GetInstalledCertificateIds", {"certificateType": []})
        assert off == {"status": "UnknownVendorId"}
