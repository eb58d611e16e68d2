"""``make arm``, ``make container``: what they need is named, what they install is what we pin."""

from pathlib import Path

import pytest

from tools.dev import arm, container
from tools.setup.pins import RUN


def test_what_is_missing_is_named_with_its_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda _tool: None)
    assert arm.main() == 2
    said = capsys.readouterr().err
    assert "apt-get install qemu-user-static debootstrap dpkg gcc-aarch64-linux-gnu" in said


def test_each_package_comes_as_a_wheel_or_from_source_and_none_twice() -> None:
    wheels = arm._entries(RUN, but=arm.FROM_SOURCE)
    sources = arm._entries(RUN, only=arm.FROM_SOURCE)
    assert len(sources) == len(arm.FROM_SOURCE)
    assert len(wheels) > 30
    assert all("--hash=sha256:" in entry for entry in (*wheels, *sources))
    assert not set(wheels) & set(sources)


def test_all_rooms_go_along() -> None:
    assert all((arm.ROOT / room).is_dir() for room in arm.ROOMS)
    vectors = arm.ROOT / "tests" / "data" / "exi"
    assert all((vectors / f"{name}.jsonl.gz").is_file() for name in arm.VECTORS)


def test_without_buildah_or_wheels_a_container_is_not_begun(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("shutil.which", lambda _tool: None)
    assert container.main() == 2
    assert "apt-get install debootstrap buildah crun" in capsys.readouterr().err
    monkeypatch.setattr("shutil.which", lambda tool: tool)
    monkeypatch.setattr(container, "ROOT", tmp_path)
    assert container.main() == 2
    assert "make wheel first" in capsys.readouterr().err


def test_the_base_is_the_one_that_the_recipe_names() -> None:
    assert container.base() == "python:3.11-slim-bookworm"
