"""The own modem: keys, link status, dialects, quirks - and the simulated one's own life."""

import pytest

from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.line import flat
from bsw.sim.modem import Quirks
from bsw.sim.site import Seat, Site
from bsw.slac.config import ModemConfig
from bsw.slac.frames.dialects import AUTO, SHIPPED, wrong_dialect
from bsw.slac.frames.frame import Frame, decode, encode
from bsw.slac.frames.layout import Message
from bsw.slac.frames.mme import AttenCharInd, AttenProfileInd, MnbcSoundInd, SetKeyCnf, SetKeyReq
from bsw.slac.frames.vendor import (
    LOCAL_MODEM,
    HostActionInd,
    HostActionRsp,
    LinkStatusCnf,
    LinkStatusReq,
    ResetCnf,
    VersionCnf,
    VersionReq,
)
from bsw.slac.keys import NetworkKey
from bsw.slac.links.modem import DIALECTS, ModemControl
from bsw.slac.matching.events import KeyTaken, LinkStatus, ModemFault, Output, Send
from bsw.slac.outcome import Reason
from csm.randomness import SeededRandomness
from tests.slac.rig import StationRig

KEY = NetworkKey.from_nmk(bytes(range(16)))
OTHER = NetworkKey.from_nmk(bytes(16))
MODEM = bytes.fromhex("00b052aabbcc")
HOST = bytes.fromhex("020000000001")


def control(**config: object) -> ModemControl:
    return ModemControl(ModemConfig.model_validate(config), SeededRandomness(1))


def sent(outputs: list[Output]) -> list[object]:
    return [output.message for output in outputs if isinstance(output, Send)]


def answer(request: object, result: int = 1, nonce: bytes | None = None) -> Frame:
    assert isinstance(request, SetKeyReq)
    nonce = request.my_nonce if nonce is None else nonce
    return Frame(HOST, MODEM, SetKeyCnf(result=result, my_nonce=bytes(4), your_nonce=nonce))


class TestKeys:
    def test_a_key_is_offered_to_the_local_modem_and_taken(self) -> None:
        modem = control()
        said = modem.set_key(KEY, now=0)
        assert isinstance(said[0], Send)
        assert said[0].to == LOCAL_MODEM
        request = sent(said)[0]
        assert isinstance(request, SetKeyReq)
        assert (request.nid, request.new_key, request.pid) == (KEY.nid, KEY.nmk, 4)
        assert modem.receive(answer(request), now=MS) == [KeyTaken(KEY)]
        assert modem.deadline is None

    def test_a_silent_modem_is_asked_four_times_and_then_named(self) -> None:
        modem = control()
        modem.set_key(KEY, now=0)
        heard: list[Output] = []
        while modem.deadline is not None:
            heard += modem.tick(modem.deadline)
        assert len(sent(heard)) == 3
        assert heard[-1] == ModemFault(Reason.MODEM_SILENT)

    def test_the_answer_to_an_older_key_does_not_count_for_the_newer(self) -> None:
        modem = control()
        first = sent(modem.set_key(OTHER, now=0))[0]
        second = sent(modem.set_key(KEY, now=1))[0]
        assert KeyTaken(KEY) not in modem.receive(answer(first), now=2)
        assert modem.receive(answer(second), now=3) == [KeyTaken(KEY)]

    @pytest.mark.parametrize("result", [0, 1, 200])
    def test_any_result_is_taken_by_default(self, result: int) -> None:
        modem = control()
        request = sent(modem.set_key(KEY, now=0))[0]
        assert modem.receive(answer(request, result), now=1) == [KeyTaken(KEY)]

    def test_a_strict_host_takes_other_results_for_a_refusal(self) -> None:
        modem = control(strict_key_result=True, accepted_key_results=(0,))
        request = sent(modem.set_key(KEY, now=0))[0]
        assert modem.receive(answer(request, 1), now=1) == [ModemFault(Reason.KEY_REFUSED)]

    def test_modems_that_do_not_repeat_the_nonce_are_believed_unless_told_not_to(self) -> None:
        for strict in (False, True):
            modem = control(check_nonce=strict)
            request = sent(modem.set_key(KEY, now=0))[0]
            heard = modem.receive(answer(request, nonce=bytes(4)), now=1)
            assert (KeyTaken(KEY) in heard) == (not strict)

    def test_the_nonce_may_be_fixed(self) -> None:
        modem = control(fixed_nonce=b"\xaa" * 4)
        request = sent(modem.set_key(KEY, now=0))[0]
        assert isinstance(request, SetKeyReq)
        assert request.my_nonce == b"\xaa" * 4

    def test_an_unasked_answer_means_nothing(self) -> None:
        request = SetKeyReq(my_nonce=bytes(4), nid=KEY.nid, new_key=KEY.nmk)
        assert control().receive(answer(request), now=0) == []


class TestLink:
    def status(self, modem: ModemControl, link: int, now: int) -> list[Output]:
        return modem.receive(Frame(HOST, MODEM, LinkStatusCnf(link=link)), now)

    def test_it_is_polled_often_until_announced_and_seldom_after(self) -> None:
        modem = control()
        modem.watch(now=0)
        assert self.status(modem, 0, now=0) == []
        assert modem.deadline == 100 * MS
        modem.tick(100 * MS)
        assert self.status(modem, 1, now=100 * MS) == [LinkStatus(up=True)]
        assert modem.deadline == 200 * MS
        modem.relax()
        modem.tick(200 * MS)
        self.status(modem, 1, now=200 * MS)
        assert modem.deadline == 1200 * MS

    def test_it_is_down_after_three_bad_answers_in_a_row(self) -> None:
        modem = control()
        modem.watch(now=0)
        self.status(modem, 1, now=0)
        modem.relax()
        now = S
        heard: list[Output] = []
        for link in (0, 0, 1, 0, 0, 0):
            assert modem.deadline is not None
            now = max(now, modem.deadline)
            modem.tick(now)
            heard += self.status(modem, link, now)
        assert heard == [LinkStatus(up=False)]

    def test_before_it_is_announced_one_bad_answer_is_enough(self) -> None:
        modem = control()
        modem.watch(now=0)
        self.status(modem, 1, now=0)
        modem.tick(100 * MS)
        assert self.status(modem, 0, now=100 * MS) == [LinkStatus(up=False)]

    def test_a_modem_that_stops_answering_has_no_link(self) -> None:
        modem = control()
        modem.watch(now=0)
        self.status(modem, 1, now=0)
        heard: list[Output] = []
        while modem.deadline is not None and modem.deadline < 5 * S:
            heard += modem.tick(modem.deadline)
        assert [one for one in heard if isinstance(one, LinkStatus)] == [LinkStatus(up=False)]

    def test_an_unasked_status_means_nothing(self) -> None:
        modem = control()
        assert self.status(modem, 1, now=0) == []

    def test_after_unwatch_nothing_is_asked(self) -> None:
        modem = control()
        modem.watch(now=0)
        modem.unwatch()
        assert modem.deadline is None


class TestDialects:
    def test_a_generic_modem_is_taken_to_be_up_after_a_while(self) -> None:
        modem = control(dialect="generic", assumed_join=2000)
        assert sent(modem.watch(now=0)) == []
        assert modem.tick(2 * S) == [LinkStatus(up=True)]

    def test_an_unknown_dialect_is_refused_with_the_known_ones(self) -> None:
        with pytest.raises(
            ValueError, match="'klingon' is no dialect known; name one of generic, qca7000"
        ):
            control(dialect="klingon")

    def test_auto_asks_each_vendor_once(self) -> None:
        asked = sent(control(dialect="auto").find_out(now=0))
        assert len(asked) == len(DIALECTS) - 1

    def test_reset_is_sent_in_the_modems_dialect_or_not_at_all(self) -> None:
        counts = [len(sent(control(dialect=name).reset(now=0))) for name in DIALECTS]
        assert dict(zip(DIALECTS, counts, strict=True)) == {
            "generic": 0,
            "qca7000": 1,
            "lumissil": 1,
        }

    def test_a_modem_that_asks_for_something_is_answered(self) -> None:
        question = HostActionInd(action=2, session=9, retries=3)
        said = control().receive(Frame(HOST, MODEM, question), now=0)
        assert said == [Send(MODEM, HostActionRsp(action=2, session=9, retries=3))]


class Hosts:
    """Two hosts with simulated modems; what they hear."""

    def __init__(self, quirks: Quirks | None = None) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.site = Site(self.scheduler, SeededRandomness(1))
        self.vehicle = self.site.vehicle("vehicle", quirks)
        self.station = self.site.station("station", quirks)
        self.heard: list[tuple[str, Frame]] = []
        self.ip: list[str] = []
        for seat in (self.vehicle, self.station):
            seat.port.listen(lambda octets, seat=seat: self.note(seat, octets))  # type: ignore[misc]

    def note(self, seat: Seat, octets: bytes) -> None:
        if octets[12:14] == b"\x88\xe1":
            self.heard.append((seat.name, decode(octets)))
        else:
            self.ip.append(seat.name)

    def say(self, seat: Seat, to: bytes, message: object) -> list[Frame]:
        """Send, run a little, return what came back to the same host."""
        before = len(self.heard)
        seat.port.send(encode(Frame(to, seat.port.mac, message)))  # type: ignore[arg-type]
        self.scheduler.run(until=self.scheduler.now + 10 * MS)
        return [frame for name, frame in self.heard[before:] if name == seat.name]

    def give_key(self, seat: Seat, key: NetworkKey = KEY) -> list[Frame]:
        return self.say(
            seat, LOCAL_MODEM, SetKeyReq(my_nonce=b"mine", nid=key.nid, new_key=key.nmk)
        )

    def link(self, seat: Seat) -> int:
        message = self.say(seat, LOCAL_MODEM, LinkStatusReq())[0].message
        assert isinstance(message, LinkStatusCnf)
        return message.link

    def run(self, duration: int) -> None:
        self.scheduler.run(until=self.scheduler.now + duration)


class TestSimulatedModem:
    def test_a_link_needs_the_same_key_on_both_sides(self) -> None:
        hosts = Hosts()
        assert (hosts.link(hosts.vehicle), hosts.link(hosts.station)) == (0, 0)
        hosts.give_key(hosts.vehicle)
        assert hosts.link(hosts.vehicle) == 0
        hosts.give_key(hosts.station)
        assert (hosts.link(hosts.vehicle), hosts.link(hosts.station)) == (1, 1)
        hosts.give_key(hosts.station, OTHER)
        assert (hosts.link(hosts.vehicle), hosts.link(hosts.station)) == (0, 0)

    def test_ip_passes_while_linked(self) -> None:
        hosts = Hosts()
        packet = b"\x33\x33" + bytes(4) + hosts.vehicle.port.mac + b"\x86\xdd" + bytes(40)
        hosts.vehicle.port.send(packet)
        hosts.run(MS)
        assert hosts.ip == []
        hosts.give_key(hosts.vehicle)
        hosts.give_key(hosts.station)
        hosts.vehicle.port.send(packet)
        hosts.run(MS)
        assert hosts.ip == ["station"]

    @pytest.mark.parametrize("result", [0, 1])
    def test_the_key_result_is_a_quirk(self, result: int) -> None:
        hosts = Hosts(Quirks(set_key_result=result))
        message = hosts.give_key(hosts.vehicle)[0].message
        assert isinstance(message, SetKeyCnf)
        assert (message.result, message.your_nonce) == (result, b"mine")

    def test_joining_takes_its_time(self) -> None:
        hosts = Hosts(Quirks(join_delay=S))
        hosts.give_key(hosts.vehicle)
        hosts.give_key(hosts.station)
        assert hosts.link(hosts.vehicle) == 0
        hosts.run(S)
        assert hosts.link(hosts.vehicle) == 1

    def test_a_stations_modem_reports_how_it_heard_each_sound(self) -> None:
        hosts = Hosts()
        hosts.site.attenuate(hosts.vehicle, hosts.station, 23)
        hosts.say(hosts.station, LOCAL_MODEM, VersionReq())  # so that it knows its host
        sound = MnbcSoundInd(count=9, run_id=bytes(8), random=bytes(16))
        hosts.say(hosts.vehicle, b"\xff" * 6, sound)
        profiles = [
            (name, frame.message)
            for name, frame in hosts.heard
            if isinstance(frame.message, AttenProfileInd)
        ]
        expected = AttenProfileInd(pev_mac=hosts.vehicle.port.mac, groups=bytes(flat(23)))
        assert profiles == [("station", expected)]

    @pytest.mark.parametrize("keeps", [False, True])
    def test_a_reset_modem_is_dead_while_it_boots(self, *, keeps: bool) -> None:
        hosts = Hosts(Quirks(boot_time=S, keeps_key=keeps))
        hosts.give_key(hosts.vehicle)
        hosts.give_key(hosts.station)
        hosts.vehicle.modem.reset()
        assert hosts.say(hosts.vehicle, LOCAL_MODEM, LinkStatusReq()) == []
        assert hosts.link(hosts.station) == 0
        hosts.run(S)
        assert hosts.link(hosts.vehicle) == int(keeps)

    def test_a_modem_resets_on_request(self) -> None:
        hosts = Hosts()
        reset = DIALECTS["qca7000"].ask_reset
        assert reset is not None
        answers = hosts.say(hosts.vehicle, LOCAL_MODEM, reset())
        assert [type(one.message) for one in answers] == [ResetCnf]
        assert not hosts.vehicle.modem.alive
        assert hosts.vehicle.modem.resets == 1

    def test_a_modem_without_memory_asks_its_host_after_booting(self) -> None:
        hosts = Hosts(Quirks(boot_time=S, tells_boot=True))
        hosts.give_key(hosts.vehicle)
        hosts.vehicle.modem.reset()
        hosts.run(2 * S)
        assert isinstance(hosts.heard[-1][1].message, HostActionInd)

    def test_a_deaf_modem_passes_frames_but_answers_nothing(self) -> None:
        hosts = Hosts()
        hosts.vehicle.modem.deafen()
        assert hosts.say(hosts.vehicle, LOCAL_MODEM, VersionReq()) == []
        hosts.say(
            hosts.vehicle, b"\xff" * 6, MnbcSoundInd(count=0, run_id=bytes(8), random=bytes(16))
        )
        assert hosts.heard[0][0] == "station"
        hosts.vehicle.modem.hear_again()
        message = hosts.say(hosts.vehicle, LOCAL_MODEM, VersionReq())[0].message
        assert isinstance(message, VersionCnf)
        assert message.device == 0x22

    def test_what_is_for_the_modem_does_not_cross_the_line(self) -> None:
        hosts = Hosts()
        passed: list[bytes] = []
        hosts.site.line.tap(lambda _now, octets: passed.append(octets))
        hosts.give_key(hosts.vehicle)
        hosts.link(hosts.vehicle)
        assert passed == []

    def test_frames_for_strangers_are_kept_from_the_host(self) -> None:
        hosts = Hosts()
        hosts.give_key(hosts.station)
        hosts.heard.clear()
        hosts.say(hosts.vehicle, bytes.fromhex("020000009999"), LinkStatusCnf(link=1))
        assert hosts.heard == []

    @pytest.mark.parametrize("octets", [b"", b"\xff" * 13, b"\xff" * 12 + b"\x88\xe1", bytes(200)])
    def test_rubbish_from_the_host_does_no_harm(self, octets: bytes) -> None:
        hosts = Hosts()
        hosts.vehicle.port.send(octets)
        hosts.run(S)
        assert hosts.link(hosts.vehicle) == 0


ELSEWHERE = bytes.fromhex("02baddecaf01")


def forged(message: Message, source: bytes = ELSEWHERE) -> Frame:
    return Frame(HOST, source, message)


class TestWhoseAnswers:
    """Anybody on the line can send what looks like a modem's answer."""

    def linked(self, **config: object) -> ModemControl:
        modem = control(**config)
        request = sent(modem.set_key(KEY, now=0))[0]
        modem.receive(answer(request), now=1)
        modem.watch(2)
        assert modem.receive(Frame(HOST, MODEM, LinkStatusCnf(link=1)), 3) == [LinkStatus(up=True)]
        modem.relax()
        return modem

    def test_a_forged_link_status_is_not_believed(self) -> None:
        modem = self.linked()
        heard: list[Output] = []
        for _ in range(20):
            assert modem.deadline is not None
            now = modem.deadline
            heard += modem.tick(now)
            for source in (ELSEWHERE, HOST):
                heard += modem.receive(forged(LinkStatusCnf(link=0), source), now + 1)
            heard += modem.receive(Frame(HOST, MODEM, LinkStatusCnf(link=1)), now + 2)
        assert not [output for output in heard if isinstance(output, LinkStatus)]
        assert modem.link

    def test_a_forged_link_status_does_not_hold_a_dead_link(self) -> None:
        modem = self.linked()
        heard: list[Output] = []
        for _ in range(20):
            assert modem.deadline is not None
            now = modem.deadline
            heard += modem.tick(now)
            heard += modem.receive(forged(LinkStatusCnf(link=1)), now + 1)
        assert LinkStatus(up=False) in heard

    @pytest.mark.parametrize("nonce", [bytes(4), b"guess"[:4]])
    def test_a_forged_confirmation_of_the_key_loses_to_the_one_that_knows_the_nonce(
        self, nonce: bytes
    ) -> None:
        modem = control()
        request = sent(modem.set_key(KEY, now=0))[0]
        message = SetKeyCnf(result=1, my_nonce=bytes(4), your_nonce=nonce)
        modem.receive(forged(message), now=1)
        modem.receive(answer(request), now=2)
        assert modem.mac == MODEM

    def test_once_the_modem_is_known_nobody_else_confirms_a_key(self) -> None:
        modem = self.linked()
        request = sent(modem.set_key(OTHER, now=10))[0]
        message = SetKeyCnf(result=1, my_nonce=bytes(4), your_nonce=b"none")
        assert KeyTaken(OTHER) not in modem.receive(forged(message), now=11)
        assert modem.receive(answer(request), now=12) == [KeyTaken(OTHER)]

    def test_a_configured_address_is_the_only_one(self) -> None:
        modem = control(mac=MODEM)
        request = sent(modem.set_key(KEY, now=0))[0]
        assert isinstance(request, SetKeyReq)
        copied = SetKeyCnf(result=1, my_nonce=bytes(4), your_nonce=request.my_nonce)
        assert KeyTaken(KEY) not in modem.receive(forged(copied), now=1)
        assert modem.receive(answer(request), now=2) == [KeyTaken(KEY)]

    def test_a_modem_that_repeats_no_nonce_is_believed_until_it_falls_silent(self) -> None:
        modem = control()
        request = sent(modem.set_key(KEY, now=0))[0]
        assert KeyTaken(KEY) in modem.receive(answer(request, nonce=bytes(4)), now=1)
        assert modem.mac == MODEM
        modem.set_key(OTHER, now=2)
        while modem.deadline is not None:
            modem.tick(modem.deadline)
        assert modem.mac == b""

    def test_a_question_of_another_modem_is_not_answered(self) -> None:
        modem = self.linked()
        assert not sent(modem.receive(forged(HostActionInd(action=2)), now=9))


def test_forged_link_status_on_the_line_ends_no_link() -> None:
    rig = StationRig()
    rig.to_link()
    down = encode(Frame(rig.mac, ELSEWHERE, LinkStatusCnf(link=0)))
    rig.scheduler.every(50 * MS, lambda: rig.seat.port.deliver(down), name="forger")
    rig.run(20 * S)
    assert rig.session.losses == []


def test_a_forged_profile_does_not_count() -> None:
    rig = StationRig()
    rig.to_parameters()
    rig.begin()
    near = AttenProfileInd(pev_mac=rig.tester.mac, groups=bytes(58))
    for _ in range(10):
        rig.seat.port.deliver(encode(Frame(rig.mac, ELSEWHERE, near)))
    assert rig.silent(rig.tester, AttenCharInd, during=S)


def test_the_names_that_a_configuration_may_give_are_those_that_are_shipped() -> None:
    assert set(SHIPPED) <= set(DIALECTS)
    assert wrong_dialect(ModemConfig(dialect="auto")) == ""
    wrong = wrong_dialect(ModemConfig(dialect="qca9"))
    assert all(name in wrong for name in ("'qca9'", AUTO, *SHIPPED))
