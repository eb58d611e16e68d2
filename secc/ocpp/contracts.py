"""Contracts between charger interface and back end: those vehicles show, and those they get.

Carries messages; reads none of them.
"""

from collections.abc import Callable
from typing import Final

from bsw.dlt import Logger
from bsw.north.command import CommandError
from bsw.os.clock import S
from ocpp.station.contracts.relay import Relay, Wish
from ocpp.station.contracts.shown import Contract, ContractRules, Named
from ocpp.station.security.hashes import Hashes
from secc.api.charger import Charger
from secc.api.extensions import AuthorizationRequest
from secc.api.literals import CertificateExchangeStatus, PaymentOption
from secc.api.objects import CertificateRequest, CertificateResponse

OLDER: Final = "urn:iso:15118:2:"
WITHIN_OLDER: Final = 4 * S
"""A vehicle of ISO 15118-2 waits 5 s for one answer, and its station 4.5 s."""
WITHIN: Final = 45 * S
"""One of ISO 15118-20 is told meanwhile that it has to wait, up to 50 s."""


class BackendContracts:
    """One outlet's.  ``relay`` is the present station's."""

    def __init__(self, charger: Charger, log: Logger, relay: Callable[[], Relay]) -> None:
        self._charger = charger
        self._log = log
        self._relay = relay
        self._offered = charger.state.payment_options
        self._served = charger.state.certificate_service

    def tie(self) -> None:
        """From here on vehicles' requests reach the back end."""
        self._charger.subscribe("iso15118_certificate_request", self._asked)

    def allow(self, rules: ContractRules) -> None:
        """The back end's rules, within what the integrator has set up."""
        offered = [
            each for each in self._offered if rules.pays or each is not PaymentOption.CONTRACT
        ]
        self._charger.session_setup(
            payment_options=offered or [PaymentOption.EXTERNAL],
            supported_certificate_service=self._served and rules.pays and rules.fetched,
            central_contract_validation_allowed=rules.central,
        )

    def _asked(self, request: CertificateRequest) -> None:
        older = request.iso15118_schema_version.startswith(OLDER)
        action = request.certificate_action

        def delivered(exi: str | None) -> None:
            accepted = CertificateExchangeStatus.ACCEPTED
            failed = CertificateExchangeStatus.FAILED
            self._answer(
                CertificateResponse(
                    status=failed if exi is None else accepted,
                    exi_response=exi,
                    certificate_action=action,
                )
            )

        wish = Wish(
            action.value,
            request.iso15118_schema_version,
            request.exi_request,
            WITHIN_OLDER if older else WITHIN,
            request.maximum_contract_certificate_chains,
            tuple(request.prioritized_emaids or ()),
        )
        self._relay().deliver(wish, delivered)

    def _answer(self, response: CertificateResponse) -> None:
        """What cannot be read is as good as nothing: the vehicle must not wait for more."""
        try:
            self._charger.set_get_certificate_response(certificate_response=response)
        except CommandError as error:
            self._log.warning("contract not handed on", why=str(error))
            if response.status is CertificateExchangeStatus.ACCEPTED:
                failed = CertificateExchangeStatus.FAILED
                self._answer(
                    CertificateResponse(
                        status=failed, certificate_action=response.certificate_action
                    )
                )


def contract_of(asked: AuthorizationRequest) -> Contract | None:
    """What a vehicle that pays by contract has shown."""
    token = asked.id_token
    if asked.payment_option is not PaymentOption.CONTRACT or token is None:
        return None
    named = tuple(
        Named(
            Hashes(each.issuerNameHash, each.issuerKeyHash, each.serialNumber),
            each.responderURL,
        )
        for each in token.iso15118CertificateHashData or ()
    )
    return Contract(named, token.certificate or "", judged=asked.chain_judged is not False)
