"""Asking the back end whether this session may charge: one open question a session."""

from collections.abc import Callable
from typing import Final

from bsw.os.randomness import Randomness
from secc.api.extensions import AuthorizationRequest
from secc.api.literals import PaymentOption
from secc.api.objects import ProvidedIdToken
from secc.api.verdicts import Question, Verdict
from secc.session.context import StationContext

_POSITIVE: Final = 0x7FFF_FFFF
Publish = Callable[[str, object], None]


def ask(
    station: StationContext, token: ProvidedIdToken | None = None, *, judged: bool = False
) -> Question:
    """The session's question, put now if it was not yet; ``token`` where a contract pays.

    ``judged``: the contract's chain was found good here.
    """
    if station.question is None:
        station.question = _question(station, token, judged=judged)
        station.charger.verdicts.ask(station.question)
    return station.question


def ask_anew(
    station: StationContext, token: ProvidedIdToken | None = None, *, judged: bool = False
) -> Question:
    """Something else shall pay: what was asked before, and its answer, count no more."""
    station.question = None
    return ask(station, token, judged=judged)


def answer_of(station: StationContext) -> Verdict | None:
    return None if station.question is None else station.question.verdict


def settle(station: StationContext) -> None:
    """The vehicle is told the outcome now; what comes later changes nothing."""
    if station.question is not None:
        station.question.settled = True


def number_of(chance: Randomness) -> int:
    """What names a question to the back end."""
    return int.from_bytes(chance.octets(4), "big") & _POSITIVE


def question(request: AuthorizationRequest, publish: Publish) -> Question:
    """As it is put on the charger interface, for whoever asks there."""

    def put() -> None:
        publish("authorization_request", request)
        if request.id_token is None:
            publish("require_auth_eim", None)
        else:
            publish("require_auth_pnc", request.id_token)

    return Question(request.request_id, request.payment_option, put)


def _question(station: StationContext, token: ProvidedIdToken | None, *, judged: bool) -> Question:
    number = number_of(station.chance)
    option = PaymentOption.EXTERNAL if token is None else PaymentOption.CONTRACT
    named = None if token is None else token.model_copy(update={"request_id": number})
    request = AuthorizationRequest(
        request_id=number,
        payment_option=option,
        tls=station.record.agreed.secure,
        evcc_id=station.vehicle.evcc_id,
        id_token=named,
        chain_judged=None if named is None else judged,
    )
    return question(request, station.publish)
