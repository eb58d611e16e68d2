"""Walking to a place of a session: everything before it said right, and the plug handled right."""

from typing import Any

from bsw.chrgm.later import Later
from bsw.chrgm.protocols import protocol
from bsw.chrgm.record import Heard, Said, code_of, refused
from bsw.cp.pilot import PilotState
from bsw.os.clock import MS, S
from tools.conformance.bench import Deviation, Setup, StationBench
from tools.conformance.station.scripted_vehicle import VehicleTester
from tools.conformance.station.spoken import Words, words_of
from tools.conformance.station.words import BATTERY, Iso2Words

AGAIN = 250 * MS
LOOPS = 3
ONGOING_LIMIT = 60 * S


def path(setup: Setup) -> tuple[str, ...]:
    """The places of one session, in order."""
    contract = setup.contract and protocol(setup.protocol).contracts
    energy = ("Start",) if setup.ac else ("CableCheck", "PreCharge", "Start")
    loop = ("Loop", *(("Receipt",) if setup.receipts and contract else ()))
    certificates = {"install": "CertificateInstallation", "update": "CertificateUpdate"}
    again = ("Renegotiate", "ChargeParameterDiscovery", *energy, *loop)
    return (
        "SessionSetup",
        "ServiceDiscovery",
        *(("ServiceDetail",) if setup.detail or setup.certificates else ()),
        "PaymentServiceSelection",
        *((certificates[setup.certificates],) if setup.certificates else ()),
        *(("PaymentDetails",) if contract else ()),
        "Authorization",
        "ChargeParameterDiscovery",
        *energy,
        *loop,
        *(again if setup.renegotiated else ()),
        "Stop",
        *(("WeldingDetection",) if not setup.ac and setup.welding else ()),
        "SessionStop",
    )


class Walk:
    """A tester on its way through one session."""

    def __init__(self, lab: StationBench, tester: VehicleTester) -> None:
        self.lab = lab
        self.tester = tester
        self.words = self._new_words()
        self.place = ""
        self.ongoing = 0  # how often the last exchange was answered Ongoing
        self.began_at = 0
        self.paused_id = bytes(8)
        self.paused_tuple = 0
        self.paused_at: int | None = None

    def _new_words(self) -> Words:
        lab = self.lab
        return words_of(lab.setup, None if lab.crypto is None else lab.crypto.wallet)

    @property
    def iso2(self) -> Iso2Words:
        assert isinstance(self.words, Iso2Words)
        return self.words

    def begin(self) -> None:
        """Plugged in, connected, protocol agreed."""
        self.tester.plug_in()
        self.tester.connect()
        self.tester.agree()

    def begin_again(self, waker: str) -> None:
        """The same after a pause."""
        self.paused_id = self.tester.session_id
        self.paused_tuple = self.iso2.tuple_id
        self.paused_at = self.lab.now
        self.tester.resume(waker)
        self.tester.session_id = self.paused_id
        self.words = self._new_words()
        self.tester.connect()
        self.tester.agree()

    def to(self, place: str) -> None:
        """Everything before the last occurrence of ``place``."""
        places = path(self.lab.setup)
        if place not in places:
            raise ValueError(f"{place} is not in a session of {self.lab.setup}")
        last = len(places) - 1 - places[::-1].index(place)
        for one in places[:last]:
            self.do(one)
        self.place = place

    def whole(self, end: str = "SessionStop") -> None:
        """A session from SessionSetup to its stop; ``Pause`` for a pause."""
        self.to("SessionStop")
        self.do(end)

    def do(self, place: str) -> Heard:
        """One exchange as often as it takes, with what belongs to it at the plug."""
        self.prepare(place)
        answer = self.repeat(place)
        self.settle(place)
        return answer

    @staticmethod
    def said(body: Any) -> Said:  # noqa: ANN401 - a message of any protocol
        return Said(body)

    def repeat(self, place: str) -> Heard:
        """The exchange until it is Finished, or the voltage is there."""
        self.ongoing = 0
        since = self.began_at = self.lab.now
        answer = self.once(place)
        while self._again(place, answer):
            if self.lab.now - since > ONGOING_LIMIT:
                raise Deviation(f"{place} did not finish")
            self.ongoing += 1
            self._card(place, since)
            self.lab.run(AGAIN)
            answer = self.once(place)
        if place == "Loop":
            for _ in range(LOOPS - 1 if not self._receipt(answer) else 0):
                self.lab.run(AGAIN)
                answer = self.once(place)
                if self._receipt(answer):
                    break
        return answer

    def _card(self, place: str, since: int) -> None:
        """Whoever pays comes once the station waits for him, later if the case wants it."""
        setup = self.lab.setup
        slow = 3 * S if setup.slow else 0
        if place == "Authorization" and not setup.contract and self.lab.now - since >= slow:
            self.lab.pay()

    def _receipt(self, answer: Heard) -> bool:
        return bool(getattr(answer.body, "receipt_required", False))

    def once(self, place: str, said: Said | Later[Said] | None = None) -> Heard:
        """One request that must be answered well."""
        heard = self.tester.ask(self.words.request(place) if said is None else said)
        if heard is None:
            raise Deviation(f"no answer at {place}")
        self.check(place, heard)
        if refused(code_of(heard.body)):
            raise Deviation(f"{place} refused with {code_of(heard.body)}")
        if place == "SessionSetup":
            self.tester.session_id = heard.session_id
        self.words.hear(place, heard)
        return heard

    def check(self, place: str, heard: Heard) -> None:
        wanted = f"{self.words.exchange(place)}Res"
        if type(heard.body).__name__ != wanted:
            raise Deviation(f"{place} answered with {type(heard.body).__name__}")

    def _again(self, place: str, answer: Heard) -> bool:
        if place == "PreCharge":
            return abs(float(answer.body.evse_present_voltage.si()) - BATTERY) > 20.0
        processing = getattr(answer.body, "evse_processing", None)
        return processing is not None and processing.value != "Finished"

    # The plug

    def prepare(self, place: str) -> None:
        """What the vehicle does before it asks."""
        ready = PilotState[self.lab.setup.pilot]
        if place == "CableCheck" or (place == "Start" and self.lab.setup.ac):
            self.tester.show(ready)
        if place in {"WeldingDetection", "SessionStop", "Pause"}:
            self.tester.show(PilotState.B)

    def settle(self, place: str) -> None:
        """What it does once the answer is there."""
        if place == "PreCharge":
            self.lab.battery(connected=True)
        if place in {"Renegotiate", "Stop"} and not self.lab.setup.ac:
            self.lab.battery(connected=False)
        if place in {"CertificateInstallation", "CertificateUpdate"}:
            self._take_contract(place)
        if place in {"SessionStop", "Pause"}:
            self.tester.hang_up()
            self._tell_link(place)

    def _tell_link(self, place: str) -> None:
        self.lab.run(100 * MS)
        if place == "Pause":
            self.tester.link.pause()
            self.lab.run(5 * S)
        else:
            self.tester.link.terminate()

    def _take_contract(self, place: str) -> None:
        problems: list[str] = []
        trace = self.tester.last
        assert trace is not None

        def stored(problem: str) -> None:
            problems.append(problem)
            self.lab.scheduler.stop()

        self.iso2.wallet.install(trace.body, trace.signature).then(stored)
        self.lab.wait(lambda: problems, 10 * S)
        if problems != [""]:
            raise Deviation(f"{place}: the delivery is not acceptable: {problems}")
