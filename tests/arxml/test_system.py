"""The CAN buses in ARXML are the buses of the DBC files, seen by cantools and by ourselves."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cantools
import pytest

from bsw.program.shipped import shipped
from can_adapter.matrix.model import (
    SECOND_INLET,
    SHIPPED,
    SHIPPED_PLUG,
    SHIPPED_STATION,
    find,
    load,
    shipped_matrix,
)
from can_adapter.matrix.specs import MatrixError, MessageSpec
from evcc.cli import main as evcc
from tools.cli import main as v2g

BUSES = {"vehicle_bus": (*SHIPPED, SECOND_INLET), "station_bus": SHIPPED_STATION}
BUSES["plug_bus"] = SHIPPED_PLUG


def database(*paths: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in paths:
        loaded: Any = cantools.database.load_file(path, strict=True, prune_choices=False)
        found |= {message.name: message for message in loaded.messages}
    return found


@pytest.mark.parametrize("bus", BUSES)
def test_cantools_reads_the_same_messages_and_signals_from_both(bus: str) -> None:
    ours = database(shipped("arxml", f"{bus}.arxml"))
    theirs = database(*(shipped_matrix(name) for name in BUSES[bus]))
    assert ours.keys() == theirs.keys()
    for name, wanted in theirs.items():
        got = ours[name]
        for word in ("frame_id", "length", "is_extended_frame", "is_fd", "senders", "comment"):
            assert getattr(got, word) == getattr(wanted, word), (name, word)
        assert (got.cycle_time or 0) == (wanted.cycle_time or 0), name
        compare(name, got, wanted)


def compare(name: str, got: Any, wanted: Any) -> None:  # noqa: ANN401 - cantools' own types
    selectors = {signal.name for signal in wanted.signals if signal.is_multiplexer}
    mine = {("selector" if s.is_multiplexer else s.name): s for s in got.signals}
    for signal in wanted.signals:
        selects = signal.name in selectors  # cantools names it after the frame, without limits
        other = mine.pop("selector" if selects else signal.name)
        words = ["start", "length", "byte_order", "scale", "offset", "is_signed", "is_float"]
        words += ["unit", "multiplexer_ids", "is_multiplexer"]
        words += [] if selects else ["minimum", "maximum", "comment", "raw_initial"]
        for word in words:
            assert getattr(other, word) == getattr(signal, word), (name, signal.name, word)
        assert texts(other) == texts(signal), (name, signal.name)
        assert bool(other.multiplexer_signal) == bool(signal.multiplexer_signal)
    assert mine == {}


def texts(signal: Any) -> dict[int, str]:  # noqa: ANN401 - as above
    return {number: str(word) for number, word in (signal.choices or {}).items()}


def comparable(message: MessageSpec) -> MessageSpec:
    """Without what AUTOSAR does not say: the file, and more than bits of what selects a page."""
    signals = tuple(
        replace(signal, low=None, high=None, comment="") if signal.selects else signal
        for signal in sorted(message.signals, key=lambda signal: signal.name)
    )
    return replace(message, origin="", signals=signals)


@pytest.mark.parametrize("bus", BUSES)
def test_our_matrix_from_arxml_is_the_one_from_dbc(bus: str) -> None:
    """Protection, send type, delays and the selector's name included."""
    ours = load([shipped("arxml", f"{bus}.arxml")])
    theirs = load(shipped_matrix(name) for name in BUSES[bus])
    assert {m.name: comparable(m) for m in ours} == {m.name: comparable(m) for m in theirs}
    assert any(message.e2e for message in ours)


def test_a_vehicle_bus_in_arxml_serves_as_the_matrix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the shipped name, and as a file of one's own; every value still finds its signal."""
    (tmp_path / "own.arxml").write_bytes(shipped("arxml", "vehicle_bus.arxml").read_bytes())
    for name in ("vehicle_bus.arxml", "own.arxml"):
        path = tmp_path / "c.yaml"
        path.write_text(f"can: {{matrix: [{name}]}}\n")
        assert evcc(["check", "-c", str(path)]) == 0, capsys.readouterr().err
    assert find(Path("vehicle_bus.arxml")) == shipped("arxml", "vehicle_bus.arxml")


def test_a_description_of_a_bus_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.dbc"
    path.write_text(
        'VERSION ""\nBU_: ECU\nBO_ 2147483904 Temps: 8 ECU\n'
        ' SG_ Motorola : 7|12@0- (0.1,-40) [-40|164.7] "°C" ECU\n'
        ' SG_ Share : 16|8@1+ (0.5,0) [0|100] "%" ECU\n'
        'VAL_ 2147483904 Share 255 "unknown" 254 "a <&> b" ;\n',
        encoding="cp1252",
    )
    out = tmp_path / "own.arxml"
    assert v2g(["arxml", "system", str(path), "--name", "own", "-o", str(out)]) == 0
    (ours,), (theirs,) = load([out]), load([path])
    assert comparable(ours) == comparable(theirs)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<AUTOSAR>", "own.arxml:1:10: not valid XML: no element found"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "own.arxml:1:13: a document type"),
        ("<a/>", "own.arxml: cannot be read as a signal matrix"),
    ],
)
def test_a_matrix_that_is_no_system_description_is_refused(
    text: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "own.arxml"
    path.write_text(text)
    with pytest.raises(MatrixError) as refused:
        load([path])
    assert said in str(refused.value)
    assert v2g(["arxml", "system", str(path)]) == 2
