"""YAML to ARXML and back: the same configuration, for whatever can be configured."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bsw.base_config import BaseConfig
from bsw.ecuc.arxml.export import as_arxml, as_yaml
from bsw.ecuc.arxml.lines import CannotWrite
from bsw.ecuc.load import load
from evcc.cli import main as evcc
from evcc.config import EvccConfig
from secc.cli import main as secc
from secc.config import SeccConfig
from tests.arxml.models import BenchConfig, Colour, Inner, Outer
from tests.arxml.shuffled import NAMED, WRITTEN, places, shuffled

MODELS: dict[str, type[BaseConfig]] = {"evcc": EvccConfig, "secc": SeccConfig}
ROLES = {"evcc": evcc, "secc": secc}


def rounded(number: float) -> float:
    """Exponents of three digits are not read, from YAML neither."""
    return round(number, 6)


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=12)
ODD = st.sampled_from(["", " ", "no", "12", "1.5", "true", "null", "~", "'x", "a: b", '<&>"]]>'])
WORDS = TEXT | ODD
SCALARS = st.booleans() | st.integers(-(10**12), 10**12) | st.floats(-1e9, 1e9).map(rounded) | WORDS
INNER = st.builds(
    Inner,
    size=st.integers(-5, 1_000_000),
    wait=st.integers(0, 10**13),
    limit=st.floats(-1000, 1000).map(rounded),
    ratio=st.floats(-1e6, 1e6).map(rounded),
    on=st.booleans(),
)
OUTER = st.builds(
    Outer,
    words=st.lists(WORDS, max_size=3).map(tuple),
    numbers=st.lists(st.integers(-9, 10**9), max_size=3).map(tuple),
    choice=st.sampled_from(["one", "two"]),
    dashed=st.sampled_from(["by-name", "explicit"]),
    colours=st.lists(st.sampled_from(Colour), max_size=2).map(tuple),
    fixed=st.sampled_from([0, 512, 1024]),
    name=st.none() | WORDS,
    file=st.none() | st.just(Path("/var/x y")),
    scalar=st.none() | SCALARS,
    free=st.dictionaries(WORDS, SCALARS, max_size=3),
    lists=st.dictionaries(WORDS, st.lists(st.integers(0, 9), max_size=2).map(tuple), max_size=2),
    inner=INNER,
    maybe=st.none() | INNER,
    many=st.lists(INNER, max_size=2).map(tuple),
    named=st.dictionaries(WORDS, INNER, max_size=2),
    either=INNER | st.just("none"),
)
CONFIGS = st.builds(
    BenchConfig,
    outer=OUTER,
    loose=st.integers(0, 99),
    loose_words=st.lists(WORDS, max_size=2).map(tuple),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(config=CONFIGS, changed=st.booleans())
def test_whatever_is_configured_survives_both_formats(
    config: BenchConfig, tmp_path: Path, *, changed: bool
) -> None:
    for suffix, write in ((".arxml", as_arxml), (".yaml", as_yaml)):
        path = tmp_path / f"c{suffix}"
        path.write_text(write(config, tmp_path, changed=changed), encoding="utf-8")
        if suffix == ".arxml" and changed and config == BenchConfig():
            continue  # nothing to say, and an ARXML file that says nothing is refused
        assert load(BenchConfig, (path,)).config == config


@pytest.mark.parametrize("role", ROLES)
@settings(
    max_examples=40,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # what remains of a large example is hard to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), only=st.booleans())
def test_any_configuration_of_an_ecu_survives_both_formats(
    role: str, data: st.DataObject, tmp_path: Path, *, only: bool
) -> None:
    model = MODELS[role]
    where = st.sampled_from([*places(model()), *NAMED])
    wanted = data.draw(st.dictionaries(where, st.sampled_from(WRITTEN), min_size=100, max_size=200))
    config = shuffled(model, wanted)
    assert config != model()
    for suffix, write in ((".arxml", as_arxml), (".yaml", as_yaml)):
        path = tmp_path / f"c{suffix}"
        path.write_text(write(config, tmp_path, changed=only), encoding="utf-8")
        assert load(model, (path,), outside=False).config == config


YAML = """
os: {stop_within: 3 s, lock_memory: true}
log: {level: debug, levels: {slac: error, "odd key!": info}, burst: 7}
trace: {file: null}
can:
  bus: {interface: socketcan, channel: can0, options: {bitrate: 500000, name: "12", loud: true}}
  timeout_cycles: 7
  e2e_window: {window_size_valid: 5}
  receive:"""
RECEIVE = {
    "evcc": " {energy_capacity: {constant: 77000}}\n",
    "secc": " {}\n",
}


def effective(role: str, *words: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The effective configuration without the places the values came from."""
    assert ROLES[role](["check", *words]) == 0, capsys.readouterr().err
    lines = capsys.readouterr().out.splitlines()
    return [line.partition("  # ")[0] for line in lines if not line.startswith("#")]


def written(role: str, folder: Path) -> Path:
    path = folder / "site.yaml"
    path.write_text(YAML + RECEIVE[role])
    return path


@pytest.mark.parametrize("role", ROLES)
def test_yaml_arxml_and_a_mixture_give_the_same_effective_configuration(
    role: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ROLES[role]
    yaml = written(role, tmp_path)
    wanted = effective(role, "-c", str(yaml), capsys=capsys)
    whole, back, part = (tmp_path / name for name in ("a.arxml", "b.yaml", "part.arxml"))
    assert command(["config", "export", "--arxml", "-c", str(yaml), "-o", str(whole)]) == 0
    assert effective(role, "-c", str(whole), capsys=capsys) == wanted
    assert command(["config", "export", "--yaml", "-c", str(whole), "-o", str(back)]) == 0
    assert effective(role, "-c", str(back), capsys=capsys) == wanted
    half = tmp_path / "half.yaml"
    half.write_text(YAML.partition("can:")[0])
    assert (
        command(["config", "export", "--arxml", "--changed", "-c", str(half), "-o", str(part)]) == 0
    )
    rest = tmp_path / "rest.yaml"
    rest.write_text("can:" + yaml.read_text().partition("can:")[2])
    for mixed in ([part, rest], [rest, part]):
        words = [word for path in mixed for word in ("-c", str(path))]
        assert effective(role, *words, capsys=capsys) == wanted


@pytest.mark.parametrize("role", ROLES)
def test_an_export_on_the_standard_output_can_be_read_again(
    role: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind in ("yaml", "arxml"):
        assert ROLES[role](["config", "export", f"--{kind}", "--set", "log.burst=9"]) == 0
        path = tmp_path / f"c.{kind}"
        path.write_text(capsys.readouterr().out)
        assert load(MODELS[role], (path,)).config.log.burst == 9


def test_yaml_wins_over_arxml_in_either_order_and_the_report_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arxml, yaml = tmp_path / "architect.arxml", tmp_path / "site.yaml"
    words = ["--set", "log.burst=9", "--set", "log.level=debug", "--changed", "-o", str(arxml)]
    assert evcc(["config", "export", "--arxml", *words]) == 0
    yaml.write_text("log:\n  burst: 11\n")
    for order in ([arxml, yaml], [yaml, arxml]):
        assert evcc(["check", *(word for path in order for word in ("-c", str(path)))]) == 0
        said = capsys.readouterr().out
        assert f"  burst: 11  # {yaml}:2" in said
        assert f"  level: debug  # {arxml}:" in said
        assert f"# log.burst: {yaml}:2:10 wins over {arxml}:" in said
        assert said.count("wins over") == 1


def test_a_secret_in_the_clear_is_not_exported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.yaml"
    path.write_text('csm: {pkcs11: {pin: {dangerously_in_clear: "0042"}}}\n')
    for kind in ("yaml", "arxml"):
        assert evcc(["config", "export", f"--{kind}", "-c", str(path)]) == 2
        captured = capsys.readouterr()
        assert "0042" not in captured.out + captured.err
        assert "a secret stands in the configuration" in captured.err


def test_what_xml_cannot_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="U\\+0007"):
        as_arxml(BenchConfig(outer=Outer(name="\x07")), tmp_path)


def test_an_output_that_cannot_be_written_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evcc(["config", "export", "--yaml", "-o", str(tmp_path / "no" / "c.yaml")]) == 2
    assert "c.yaml: No such file" in capsys.readouterr().err
