"""What stands in a file is what the program gets; the traps of YAML do not bite."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.ecuc.load import load
from bsw.ecuc.text import meaning
from bsw.ecuc.tree import ConfigurationError
from bsw.os.clock import MS, S
from tests.config.models import Model, Software, Token


def loaded(text: str, tmp_path: Path) -> Model:
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    return load(Model, (path,)).config


def test_a_value_of_each_kind(tmp_path: Path) -> None:
    found = loaded(
        """
timeout: 4 s
patience: 90 min
voltage: 0.8 kV
current: 500 mA
power: 150 kW
capacity: 82500 Wh
limit: 55.5%
warmth: -30 °C
loss: 12.5 dB
room: 1 MiB
address: FE80:0:0:0::1
outlet: DE*ABC*E45B*78C
octets: 80 98 02
port: {name: plc0, mac: 02-00-00-00-00-FF, number: 61851}
ports:
  - name: a
  - name: b
protocols: [iso20, iso2]
keys: {kind: pkcs11, pin: one}
counts: {a: 1, b: 0x1F}
retries: -1
ratio: 1e-3
""",
        tmp_path,
    )
    assert found.timeout == 4 * S
    assert found.patience == 5400 * S
    assert (found.voltage, found.current, found.power) == (800.0, 0.5, 150_000.0)
    assert (found.capacity, found.limit, found.warmth, found.loss) == (82_500.0, 55.5, -30.0, 12.5)
    assert found.room == 1 << 20
    assert found.address == "fe80::1"
    assert found.outlet == "DE*ABC*E45B*78C"
    assert found.octets == b"\x80\x98\x02"
    assert found.port.mac == bytes.fromhex("0200000000ff")
    assert [port.name for port in found.ports] == ["a", "b"]
    assert found.protocols == ("iso20", "iso2")
    assert found.keys == Token(kind="pkcs11", pin="one")
    assert found.counts == {"a": 1, "b": 31}
    assert (found.retries, found.ratio) == (-1, 0.001)


@pytest.mark.parametrize(
    ("written", "got"),
    [
        ("no", "no"),
        ("on", "on"),
        ("true", "true"),
        ("012", "012"),
        ("1.20", "1.20"),
        ("10:20:30", "10:20:30"),
        ("2024-01-01", "2024-01-01"),
        ("12E456789012", "12E456789012"),
        ("0x10", "0x10"),
        ("'~'", "~"),
        ('"a\\u00fcb"', "aüb"),
        ("!!str 5", "5"),
        ("| \n  two\n  lines", "two\nlines\n"),
    ],
)
def test_text_is_read_as_written(written: str, got: str, tmp_path: Path) -> None:
    assert loaded(f"label: {written}\n", tmp_path).label == got


@pytest.mark.parametrize(
    "mac", ["10:20:30:40:50:11", "112233445566", "'00:00:00:00:00:01'", "12-34-56-78-9a-BC"]
)
def test_a_mac_is_never_taken_for_a_number(mac: str, tmp_path: Path) -> None:
    octets = bytes.fromhex("".join(c for c in mac if c.isalnum()))
    assert loaded(f"port: {{mac: {mac}}}\n", tmp_path).port.mac == octets


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("16", 16),
        ("-3", -3),
        ("0", 0),
        ("0x1f", 31),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("True", "True"),
        ("yes", "yes"),
        ("012", "012"),
        ("+-1", "+-1"),
        ("1_000", "1_000"),
        ("9" * 5000, "9" * 5000),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        (".nan", ".nan"),
    ],
)
def test_an_unquoted_word_means_little(text: str, value: object) -> None:
    found = meaning(text)
    assert found == value
    assert type(found) is type(value)


def test_anchors_can_be_used_again(tmp_path: Path) -> None:
    found = loaded("port: &p {name: a}\nports: [*p, *p, {name: b}]\n", tmp_path)
    assert [port.name for port in found.ports] == ["a", "a", "b"]


def test_later_files_win_key_by_key(tmp_path: Path) -> None:
    base, over = tmp_path / "base.yaml", tmp_path / "over.yml"
    base.write_text("label: base\nport: {name: base, number: 1}\nprotocols: [din, iso2]\n")
    over.write_text("port: {number: 2}\nprotocols: [iso2]\n")
    found = load(Model, (base, over), ("retries=7", "port.mac=02:00:00:00:00:01")).config
    assert found.label == "base"
    assert (found.port.name, found.port.number) == ("base", 2)
    assert found.port.mac == b"\x02\x00\x00\x00\x00\x01"
    assert found.protocols == ("iso2",)
    assert found.retries == 7


def test_a_file_wins_over_what_it_includes(tmp_path: Path) -> None:
    (tmp_path / "fleet").mkdir()
    (tmp_path / "fleet" / "one.yaml").write_text("label: one\nretries: 1\nvoltage: 1 V\n")
    (tmp_path / "fleet" / "two.yaml").write_text("retries: 2\nvoltage: 2 V\n")
    top = tmp_path / "top.yaml"
    top.write_text("include: [fleet/one.yaml, fleet/two.yaml]\nvoltage: 3 V\n")
    found = load(Model, (top,)).config
    assert (found.label, found.retries, found.voltage) == ("one", 2, 3.0)


def test_a_path_is_relative_to_the_file_it_stands_in(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "m.dbc").write_text("")
    (tmp_path / "deep" / "c.yaml").write_text("matrix: m.dbc\nkeys: {kind: software, folder: k}\n")
    top = tmp_path / "top.yaml"
    top.write_text("include: deep/c.yaml\n")
    found = load(Model, (top,)).config
    assert found.matrix == tmp_path / "deep" / "m.dbc"
    assert isinstance(found.keys, Software)
    assert found.keys.folder == tmp_path / "deep" / "k"


def test_nothing_given_is_the_defaults() -> None:
    assert load(Model).config == Model()


def test_models_can_be_made_in_code_with_base_units() -> None:
    assert Model(timeout=3 * MS, power=1.5).timeout == 3 * MS


def test_a_setting_may_be_a_list() -> None:
    assert load(Model, (), ("protocols=[din, iso2]",)).config.protocols == ("din", "iso2")


def problems_of(path: Path) -> list[str] | None:
    try:
        load(Model, (path,))
    except ConfigurationError as error:
        return [str(problem) for problem in error.problems]
    return None


YAML_LIKE = st.text(alphabet="ab:- \n\t{}[]&*!|>'\"%@`#,?~0123456789.\u00fc\x00\x85", max_size=60)


@given(text=YAML_LIKE)
def test_any_text_ends_in_a_model_or_in_problems(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "c.yaml"
    path.write_text(text, encoding="utf-8")
    found = problems_of(path)
    assert found is None or (found and all(said.startswith(str(path)) for said in found))


@given(octets=st.binary(max_size=80))
def test_any_octets_end_in_a_model_or_in_problems(
    octets: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "c.yaml"
    path.write_bytes(octets)
    found = problems_of(path)
    assert found is None or found
