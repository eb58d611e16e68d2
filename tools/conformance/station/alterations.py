"""One thing wrong: requests that are valid but for the named property.

Each takes the walk and gives the request to send; keys and certificates for the bad ones come
from the test PKI.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bsw.chrgm.later import Later
from bsw.chrgm.messages import iso2
from bsw.chrgm.record import Said
from bsw.chrgm.signature import sign
from bsw.chrgm.signature.iso2 import SCHEME, signed_elements
from keym.provisioning.vehicle_iso2 import installation_body, update_body
from keym.x509.edition import Edition
from keym.x509.profile import RootKind
from tools.bench.world.pki import Crypto
from tools.conformance.bench import NotFromHere
from tools.conformance.station import words_din
from tools.conformance.station.walk import Walk
from tools.conformance.station.words import dc_status, details, quantity, selection
from tools.pki.maker import EMAID_WITH_DIGIT, Pki, make
from tools.pki.recipe import Entity

Alteration = Callable[[Walk], "Said | Later[Said]"]
UNKNOWN_SERVICES = range(60_001, 65_536)
"""For whoever builds stations to use as he likes: which of them are none has to be looked up."""
OTHER_EMAID = "DE8AA9999999999"
Unit = iso2.Unit


def valid(walk: Walk) -> Any:  # noqa: ANN401 - a request of any protocol
    """The valid request at the walk's place, to be varied."""
    return walk.tester.await_later(walk.words.request(walk.place)).body


# Services and payment


def unknown_service(walk: Walk) -> Said:
    offered = walk.words.services()
    unknown = next(one for one in UNKNOWN_SERVICES if one not in offered)
    if walk.place == "ServiceDetail":
        return Said(iso2.ServiceDetailReq(service_id=unknown))
    return Said(walk.words.unknown_service(valid(walk), unknown))


def two_services(_walk: Walk) -> Said:
    return Said(words_din.selection(1, 2))


def other_payment(walk: Walk) -> Said:
    """The option that is not offered."""
    return Said(walk.words.other_payment(valid(walk)))


def no_charge_service(walk: Walk) -> Said:
    body, number = valid(walk), walk.iso2.first_service()
    return Said(selection(body.selected_payment_option, iso2.SelectedService(service_id=number)))


# Signatures


def crypto(walk: Walk) -> Crypto:
    assert walk.lab.crypto is not None, "this case needs keys: set tls"
    return walk.lab.crypto


def signed(walk: Walk, body: Any, key: Entity) -> Any:  # noqa: ANN401 - a Signature
    made = crypto(walk)
    signer = made.signer(made.put(f"odd-{len(made.driver.stored())}", key))
    return sign(SCHEME, signed_elements(body), signer)


def altered_after_signing(walk: Walk) -> Said:
    """The signature is that of a body that differed in one value."""
    said = walk.tester.await_later(walk.words.request(walk.place))
    body: Any = said.body
    match body:
        case iso2.AuthorizationReq():
            other: Any = body.replace(gen_challenge=bytes(reversed(body.gen_challenge or b"")))
        case iso2.MeteringReceiptReq():
            meter = body.meter_info
            other = body.replace(meter_info=meter.replace(t_meter=(meter.t_meter or 0) + 1))
        case _:
            other = body.replace(id="id9")
    key = "provisioning" if walk.place == "CertificateInstallation" else "contract"
    signature = signed(walk, other, crypto(walk).pki[key])
    if body.id != other.id:  # the reference must still be found: only the digest is wrong
        references = signature.signed_info.reference
        moved = tuple(one.replace(uri=f"#{body.id}") for one in references)
        signature = signature.replace(signed_info=signature.signed_info.replace(reference=moved))
    return Said(body, signature)


def wrong_key(walk: Walk) -> Said:
    body = valid(walk)
    return Said(body, signed(walk, body, other_pki(walk)["contract"]))


def unsigned(walk: Walk) -> Said:
    return Said(valid(walk))


def wrong_challenge(walk: Walk) -> Later[Said]:
    body = walk.iso2.authorization()
    other = bytes(octet ^ 0xFF for octet in body.gen_challenge or b"")
    return walk.iso2.wallet.signed(body.replace(gen_challenge=other))


def changed_reading(walk: Walk) -> Later[Said]:
    body = walk.iso2.receipt()
    meter = body.meter_info
    more = meter.replace(meter_reading=(meter.meter_reading or 0) + 1000)
    return walk.iso2.wallet.signed(body.replace(meter_info=more))


# Certificates


def other_pki(walk: Walk) -> Pki:
    return make(Edition.ISO2, crypto(walk).pki.at)


def roots(walk: Walk) -> list[bytes]:
    return [crypto(walk).pki.root(RootKind.V2G).der]


def contract_chain(walk: Walk, chain: Sequence[bytes], key: Entity, emaid: str) -> Said:
    """PaymentDetails or CertificateUpdate with this chain."""
    if walk.place == "PaymentDetails":
        return Said(details(tuple(chain), emaid))
    body = update_body(chain, emaid, roots(walk))
    return Said(body, signed(walk, body, key))


def other_leaf(walk: Walk) -> Said:
    ours, other = crypto(walk).pki["contract"], other_pki(walk)["contract"]
    return contract_chain(walk, (other.der, *ours.chain[1:]), other, EMAID_WITH_DIGIT)


def _authority_of_other(walk: Walk, place: int) -> Said:
    ours, other = crypto(walk).pki["contract"], other_pki(walk)["contract"]
    chain = list(ours.chain)
    chain[place] = other.chain[place]
    return contract_chain(walk, chain, ours, EMAID_WITH_DIGIT)


def other_sub1(walk: Walk) -> Said:
    return _authority_of_other(walk, 2)


def other_sub2(walk: Walk) -> Said:
    return _authority_of_other(walk, 1)


def other_emaid(walk: Walk) -> Said:
    ours = crypto(walk).pki["contract"]
    return contract_chain(walk, ours.chain, ours, OTHER_EMAID)


def wrong_certificate_emaid(walk: Walk) -> Said:
    pki = crypto(walk).pki
    recipe = pki.recipe("contract")
    subject = replace(recipe.subject, common_name=OTHER_EMAID)
    leaf = pki.issue("wrong name", replace(recipe, subject=subject), "mo_sub2")
    return contract_chain(walk, leaf.chain, leaf, EMAID_WITH_DIGIT)


def expired(walk: Walk) -> Said:
    pki = crypto(walk).pki
    recipe = pki.recipe("contract")
    past = replace(
        recipe, valid_from=pki.at - timedelta(days=20), valid_until=pki.at - timedelta(days=1)
    )
    leaf = pki.issue("expired contract", past, "mo_sub2")
    return contract_chain(walk, leaf.chain, leaf, EMAID_WITH_DIGIT)


def expired_sub1(walk: Walk) -> Said:
    return _expired_authority(walk, "mo_sub1")


def expired_sub2(walk: Walk) -> Said:
    return _expired_authority(walk, "mo_sub2")


def _expired_authority(walk: Walk, name: str) -> Said:
    """The same key and name, past its time; what is below is as good as it was."""
    pki = crypto(walk).pki
    ours = pki["contract"]
    authority = pki[name]
    past = replace(pki.recipe(name), valid_from=pki.at - timedelta(days=20), valid_until=pki.at)
    old = pki.issue(name, past, authority.issuer or authority, authority.key)
    chain = [old.der if one == authority.der else one for one in ours.chain]
    return contract_chain(walk, chain, ours, EMAID_WITH_DIGIT)


def changed_domain(walk: Walk) -> Said:
    """A certificate whose domain component says another use."""
    pki = crypto(walk).pki
    if walk.place == "CertificateInstallation":
        leaf = _with_domain(pki, "provisioning", "oem_sub2")
        body = installation_body(leaf.der, roots(walk))
        return Said(body, signed(walk, body, leaf))
    leaf = _with_domain(pki, "contract", "mo_sub2")
    return contract_chain(walk, leaf.chain, leaf, EMAID_WITH_DIGIT)


def _with_domain(pki: Pki, name: str, issuer: str) -> Entity:
    recipe = pki.recipe(name)
    subject = replace(recipe.subject, domain="CPO")
    return pki.issue(f"{name} of another domain", replace(recipe, subject=subject), issuer)


def other_provisioning(walk: Walk) -> Said:
    leaf = other_pki(walk)["provisioning"]
    body = installation_body(leaf.der, roots(walk))
    return Said(body, signed(walk, body, leaf))


def expired_provisioning(walk: Walk) -> Said:
    pki = crypto(walk).pki
    past = replace(
        pki.recipe("provisioning"),
        valid_from=pki.at - timedelta(days=20),
        valid_until=pki.at - timedelta(days=1),
    )
    leaf = pki.issue("expired provisioning", past, "oem_sub2")
    body = installation_body(leaf.der, roots(walk))
    return Said(body, signed(walk, body, leaf))


# Parameters and power


def other_mode(walk: Walk) -> Said:
    """A mode the station does not offer, with parameters that fit it."""
    return Said(walk.words.other_mode(valid(walk)))


def other_parameters(walk: Walk) -> Said:
    """The right mode with the parameters of the other current."""
    from tools.conformance.station.words import ac_needs  # noqa: PLC0415 - only here

    setup = walk.lab.setup
    needs = walk.iso2.dc_needs() if setup.ac else ac_needs(setup)
    return Said(valid(walk).replace(ev_charge_parameter=needs))


def negative_current(walk: Walk) -> Said:
    body = valid(walk)
    needs = body.ev_charge_parameter
    field = "ev_max_current" if walk.lab.setup.ac else "ev_maximum_current_limit"
    minus = needs.replace(**{field: walk.words.amps(-100.0)})
    return Said(body.replace(ev_charge_parameter=minus))


def negative_voltage(walk: Walk) -> Said:
    body = valid(walk)
    field = "ev_max_voltage" if walk.lab.setup.ac else "ev_maximum_voltage_limit"
    needs = body.ev_charge_parameter.replace(**{field: quantity(-100.0, Unit.V)})
    return Said(body.replace(ev_charge_parameter=needs))


def profile_too_high(walk: Walk) -> Said:
    highest = max(
        entry.charging_profile_entry_max_power.si() for entry in walk.iso2.profile().profile_entry
    )
    if highest <= 0:
        raise NotFromHere("the station's schedule allows nothing, and half more is nothing, too")
    return Said(valid(walk).replace(charging_profile=walk.iso2.profile(1.5)))


def unknown_tuple(walk: Walk) -> Said:
    return Said(walk.words.unknown_tuple(valid(walk)))


def ev_error(code: str) -> Alteration:
    """A stop for which the vehicle names this reason."""

    def stop(walk: Walk) -> Said:
        parameter = iso2.DCEVPowerDeliveryParameter(
            dc_ev_status=dc_status(code), charging_complete=False
        )
        return Said(valid(walk).replace(ev_power_delivery_parameter=parameter))

    return stop
