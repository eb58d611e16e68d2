"""Both roles exchange amplitude maps once they are linked."""

from collections.abc import Callable

import pytest

from bsw.os.clock import MS, S
from bsw.slac.config import AmplitudePolicy, SlacConfig
from bsw.slac.frames.frame import Frame, encode
from bsw.slac.frames.mme import AmpMapCnf, AmpMapReq
from bsw.slac.matching.ampmap import CARRIERS, packed, unpacked
from bsw.slac.matching.events import AmplitudeMap, Output
from tests.slac.rig import StationRig, VehicleRig

STEPS = tuple(carrier % 16 for carrier in range(CARRIERS))
Rig = VehicleRig | StationRig


def linked_vehicle() -> Rig:
    rig = VehicleRig()
    rig.to_link()
    return rig


def linked_station() -> Rig:
    rig = StationRig()
    rig.to_link()
    return rig


ROLES = {"EVCC": linked_vehicle, "SECC": linked_station}
MakeRig = Callable[[], Rig]


def either(number: int) -> pytest.MarkDecorator:
    """One case number for both roles."""
    return pytest.mark.parametrize(
        "make",
        [pytest.param(make, id=f"{role}_CMN_CmAmpMap_{number:03}") for role, make in ROLES.items()],
    )


def ask(rig: Rig, carriers: int = CARRIERS, steps: tuple[int, ...] = STEPS) -> None:
    rig.tester.say(rig.mac, AmpMapReq(carriers=carriers, steps=packed(steps)))


def maps(rig: Rig) -> list[AmplitudeMap]:
    """Collects the maps that our role is asked to apply."""
    seen: list[AmplitudeMap] = []
    hear = rig.link._hear

    def listener(output: Output) -> None:
        if isinstance(output, AmplitudeMap):
            seen.append(output)
        hear(output)

    rig.link.node._listener = listener
    return seen


@either(1)
def test_a_map_is_confirmed(make: MakeRig) -> None:
    rig = make()
    ask(rig)
    assert rig.wait(rig.tester, AmpMapCnf, within=200 * MS).result == 0  # TT_match_response


@either(2)
def test_our_own_map_is_sent(make: MakeRig) -> None:
    rig = make()
    rig.link.node.ask_amplitude_map(STEPS)
    request = rig.wait(rig.tester, AmpMapReq, within=100 * MS)
    assert unpacked(request.steps, request.carriers) == STEPS
    rig.tester.say(rig.mac, AmpMapCnf(result=0))
    assert rig.silent(rig.tester, AmpMapReq, during=S)
    assert rig.link.node.amplitude_map.accepted is True


@either(3)
def test_an_unanswered_map_is_repeated_twice(make: MakeRig) -> None:
    rig = make()
    rig.link.node.ask_amplitude_map(STEPS)
    rig.run(3 * S)
    times = [one.at for one in rig.tester.all(AmpMapReq)]
    assert [time - times[0] for time in times] == [0, 200 * MS, 400 * MS]
    assert rig.link.node.amplitude_map.accepted is False
    assert rig.link.node.linked  # the link does not hang on it


@either(4)
def test_a_refused_map_is_repeated_twice(make: MakeRig) -> None:
    rig = make()
    rig.link.node.ask_amplitude_map(STEPS)
    for _ in range(3):
        rig.wait(rig.tester, AmpMapReq, within=100 * MS)
        rig.tester.say(rig.mac, AmpMapCnf(result=1))
    assert rig.silent(rig.tester, AmpMapReq, during=S)
    assert rig.link.node.amplitude_map.accepted is False


@either(5)
@pytest.mark.parametrize("carriers", [0, 916, 918])
def test_a_map_of_the_wrong_length_is_not_confirmed(make: MakeRig, carriers: int) -> None:
    rig = make()
    ask(rig, carriers, (*STEPS, 0, 0)[:carriers])
    assert rig.silent(rig.tester, AmpMapCnf, during=S)


@either(6)
def test_a_repeated_map_is_confirmed_again(make: MakeRig) -> None:
    rig = make()
    for _ in range(3):
        ask(rig)
        assert rig.wait(rig.tester, AmpMapCnf, within=200 * MS).result == 0


@either(7)
def test_both_directions_at_once(make: MakeRig) -> None:
    rig = make()
    rig.link.node.ask_amplitude_map(STEPS)
    ask(rig)
    rig.wait(rig.tester, AmpMapCnf, within=200 * MS)
    rig.tester.say(rig.mac, AmpMapCnf(result=0))
    rig.run(S)
    assert len(rig.tester.all(AmpMapReq)) == 1
    assert rig.link.node.amplitude_map.accepted is True


@either(8)
def test_each_new_map_is_handed_over_to_be_applied(make: MakeRig) -> None:
    rig = make()
    seen = maps(rig)
    for steps in (STEPS, (3,) * CARRIERS):
        ask(rig, steps=steps)
        rig.wait(rig.tester, AmpMapCnf, within=200 * MS)
    assert [one.steps for one in seen] == [STEPS, (3,) * CARRIERS]


@pytest.mark.parametrize("make", ROLES.values(), ids=ROLES)
@pytest.mark.parametrize("version", [1, 2])
def test_the_message_is_taken_with_either_header_version(make: MakeRig, version: int) -> None:
    rig = make()
    message = AmpMapReq(carriers=CARRIERS, steps=packed(STEPS))
    rig.tester.say_raw(encode(Frame(rig.mac, rig.tester.mac, message), version=version))
    rig.wait(rig.tester, AmpMapCnf, within=200 * MS)


@pytest.mark.parametrize("make", ROLES.values(), ids=ROLES)
def test_a_map_from_anybody_but_the_peer_is_ignored(make: MakeRig) -> None:
    rig = make()
    message = AmpMapReq(carriers=CARRIERS, steps=packed(STEPS))
    rig.tester.say_raw(encode(Frame(rig.mac, bytes.fromhex("020000000099"), message)))
    assert rig.silent(rig.tester, AmpMapCnf, during=S)


def test_a_map_is_not_confirmed_without_a_link() -> None:
    rig = StationRig()
    rig.to_parameters()
    ask(rig)
    assert rig.silent(rig.tester, AmpMapCnf, during=S)


@pytest.mark.parametrize("steps", [(0,) * 916, (16,) * CARRIERS, (-1,) * CARRIERS])
def test_an_impossible_map_is_our_own_mistake(steps: tuple[int, ...]) -> None:
    rig = linked_vehicle()
    with pytest.raises(ValueError, match="917 steps from 0 to 15"):
        rig.link.node.ask_amplitude_map(steps)


def asks_itself(role: str) -> Rig:
    slac = SlacConfig(amplitude=AmplitudePolicy(ask=True, steps=3))
    return VehicleRig(slac) if role == "EVCC" else StationRig(slac)


@pytest.mark.parametrize("role", ROLES)
def test_where_configured_a_role_asks_by_itself_as_soon_as_the_link_is_up(role: str) -> None:
    rig = asks_itself(role)
    rig.to_link()
    linked_at = rig.session.linked_at
    asked = rig.tester.all(AmpMapReq)[0]
    notified = 200 * MS  # TP_link_ready_notification, from the link on
    assert asked.at - (linked_at - notified) <= 100 * MS
    assert isinstance(asked.frame.message, AmpMapReq)
    assert unpacked(asked.frame.message.steps, CARRIERS) == (3,) * CARRIERS
    rig.tester.say(rig.mac, AmpMapCnf(result=0))
    assert rig.silent(rig.tester, AmpMapReq, during=S)
    assert rig.link.node.amplitude_map.accepted is True


@pytest.mark.parametrize("role", ROLES)
def test_by_default_nobody_asks_for_a_map(role: str) -> None:
    rig = ROLES[role]()
    rig.run(S)
    assert not rig.tester.all(AmpMapReq)
