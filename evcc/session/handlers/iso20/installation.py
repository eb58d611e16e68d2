"""ISO 15118-20 on the vehicle: contracts asked for, checked and stored, as many as there are.

Whatever goes wrong is no end: the session goes on with the contracts there are, or with external
means, and the station is told nothing [V2G20-1975].
"""

from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.later import Later
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import MessageHeader, Processing
from bsw.chrgm.record import Heard, Said
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.authorization import Authorization
from evcc.session.paying import Step
from evcc.session.ports import NewerWallet


class Installation:
    def __init__(self, context: VehicleContext, authorization: Authorization) -> None:
        self._context = context
        self._authorization = authorization
        self._open: Said | None = None  # to be repeated while the station is not done
        self._stored: str | None = None  # what was wrong with the last delivery; empty: nothing

    @property
    def _wallet(self) -> NewerWallet:
        wallet = self._context.newer_wallet
        assert wallet is not None, "contracts are asked for only with a wallet"
        return wallet

    def ask_certificate_installation(self) -> Said | Later[Said]:
        if self._open is not None:
            return self._open
        context = self._context
        stamped = MessageHeader(
            session_id=context.record.session_id, time_stamp=context.calendar.unix()
        )
        promise: Later[Said] = Later()

        def signed(said: Said) -> None:
            self._open = said
            promise.resolve(said)

        self._wallet.installation(stamped).then(signed)
        return promise

    def hear_certificate_installation(self, heard: Heard) -> Next:
        context = self._context
        response: common.CertificateInstallationRes = heard.body
        if response.evse_processing is not Processing.FINISHED:
            return Go("CertificateInstallation", after=context.profile.ongoing_pause)
        self._open = None
        code = response.response_code.value
        if not code.startswith("OK"):
            context.asked.contract.done()
            context.log.warning("no contract delivered", by=code)
            return self._authorization.go_on(f"asked for contracts, answered with {code}")
        self._stored = None
        more = response.remaining_contract_certificate_chains > 0
        self._wallet.install(response).then(lambda problem: self._kept(problem, more=more))
        return Go(
            "CertificateInstallation" if more else "Authorization",
            when=lambda: self._stored is not None,
            otherwise=Ending.SIGNATURE_FAULT,
        )

    def _kept(self, problem: str, *, more: bool) -> None:
        context = self._context
        self._stored = problem
        context.asked.contract.done()
        if problem:
            context.log.error("contract refused", why=problem)
        if not more and self._authorization.paying.next()[0] is Step.NOTHING:
            context.fail(Ending.SIGNATURE_FAULT, problem or "none of the contracts fits here")
