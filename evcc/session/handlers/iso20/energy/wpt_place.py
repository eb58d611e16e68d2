"""ISO 15118-20 on the vehicle, wireless transfer: over the pad, and proved to be over this one.

A method counts where both sides have it; the first of ours is used.  The driver brings the vehicle
to its place: it is there when the station sees it, and it cannot move any more.
"""

from collections.abc import Iterable
from typing import Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.iso20.words import header
from bsw.chrgm.messages.iso20 import wpt
from bsw.chrgm.messages.iso20.common_types import Processing
from bsw.chrgm.record import Heard, Said
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.joining import after_placing
from evcc.session.receiver import Receiver

Result = wpt.WPTEVResult
CONFIRMED: Final = wpt.WPTPairingMethod.EXTERNAL_CONFIRMATION.value


def common(ours: Iterable[str], theirs: Iterable[object]) -> str:
    """The first of ours that the other side has, too; empty: none."""
    known = {str(getattr(one, "value", one)) for one in theirs}
    return next((one for one in ours if one in known), "")


class PadPlace:
    def __init__(self, context: VehicleContext, choosing: Choosing) -> None:
        self._context = context
        self._choosing = choosing
        self._pairing = ""  # the method that was agreed
        self._seen = False  # the station sees us in place
        self._confirmed = False  # the station is done with pairing

    @property
    def _receiver(self) -> Receiver:
        return self._context.profile.receiver

    # What both can

    def ask_wpt_fine_positioning_setup(self) -> Said:
        receiver = self._receiver
        positioning = tuple(wpt.WPTFinePositioningMethod(one) for one in receiver.positioning)
        pairing = tuple(wpt.WPTPairingMethod(one) for one in receiver.pairing)
        alignment = tuple(wpt.WPTAlignmentCheckMethod(one) for one in receiver.alignment)
        return Said(
            wpt.WPTFinePositioningSetupReq(
                header=header(self._context.calendar.unix()),
                ev_processing=Processing.FINISHED,
                ev_device_fine_positioning_method_list=wpt.WPTFinePositioningMethodList(
                    wpt_fine_positioning_method=positioning
                ),
                ev_device_pairing_method_list=wpt.WPTPairingMethodList(wpt_pairing_method=pairing),
                ev_device_alignment_check_method_list=wpt.WPTAlignmentCheckMethodList(
                    wpt_alignment_check_method=alignment
                ),
                natural_offset=receiver.natural_offset,
            )
        )

    def hear_wpt_fine_positioning_setup(self, heard: Heard) -> Next:
        receiver, body = self._receiver, heard.body
        positioning = body.primary_device_fine_positioning_method_list
        pairing = body.primary_device_pairing_method_list
        alignment = body.primary_device_alignment_check_method_list
        self._pairing = common(receiver.pairing, pairing.wpt_pairing_method)
        agreed = {
            "fine positioning": common(
                receiver.positioning, positioning.wpt_fine_positioning_method
            ),
            "pairing": self._pairing,
            "alignment check": common(receiver.alignment, alignment.wpt_alignment_check_method),
        }
        missing = [name for name, method in agreed.items() if not method]
        if missing:
            return self._give_up(f"no common method of {' and '.join(missing)}")
        return Go("WPT_FinePositioning")

    def _give_up(self, why: str) -> Next:
        """In order: both may be right, and do not fit."""
        self._context.stop(Ending.INCOMPATIBLE, why)
        return Go("SessionStop", when=self._context.in_b)

    # To its place

    @property
    def _stands(self) -> bool:
        return self._seen and self._context.state.immobilized is not False

    def ask_wpt_fine_positioning(self) -> Said:
        return Said(
            wpt.WPTFinePositioningReq(
                header=header(self._context.calendar.unix()),
                ev_processing=_processing(done=self._stands),
                ev_result_code=_result(good=self._stands),
            )
        )

    def hear_wpt_fine_positioning(self, heard: Heard) -> Next:
        context = self._context
        self._seen = heard.body.evse_processing is Processing.FINISHED
        context.note(processing=heard.body.evse_processing.value, in_place=self._seen)
        context.told()
        if context.record.agreed.finished:
            return Go("WPT_Pairing")
        return Go("WPT_FinePositioning", after=context.profile.ongoing_pause)

    # Is it this one?

    def ask_wpt_pairing(self) -> Said:
        return Said(
            wpt.WPTPairingReq(
                header=header(self._context.calendar.unix()),
                ev_processing=_processing(done=self._confirmed),
                observed_id_code=None if self._external else self._context.state.pad_code,
                ev_result_code=_result(good=self._confirmed),
            )
        )

    @property
    def _external(self) -> bool:
        """Somebody else confirms: nothing is observed."""
        return self._pairing == CONFIRMED

    def hear_wpt_pairing(self, heard: Heard) -> Next:
        """A code that differs, or another station that we are sent to, is not this one."""
        context, body = self._context, heard.body
        context.note(processing=body.evse_processing.value)
        context.told()
        if context.record.agreed.placed:
            selection = self._choosing.selection
            return Go(after_placing(context, selection), when=self._ready)
        if body.alternative_secc_list is not None:
            return self._give_up("the station sends us to another one")
        mine, theirs = context.state.pad_code, body.observed_id_code
        if not self._external and None not in {mine, theirs} and mine != theirs:
            return self._give_up(f"we observe {mine}, the station says {theirs}")
        done = body.evse_processing is Processing.FINISHED
        known = self._external or theirs is not None
        good = body.response_code.value.startswith("OK")
        self._confirmed = done and known and good
        after = 0 if self._confirmed else context.profile.ongoing_pause
        return Go("WPT_Pairing", after=after)

    def _ready(self) -> bool:
        context = self._context
        return not context.record.agreed.late or context.limits_known()


def _processing(*, done: bool) -> Processing:
    return Processing.FINISHED if done else Processing.ONGOING


def _result(*, good: bool) -> wpt.WPTEVResult:
    return Result.EV_RESULT_SUCCESS if good else Result.EV_RESULT_UNKNOWN
