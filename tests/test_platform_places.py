"""Window and commands look for presets in one place: Qt is asked, and so is the module without."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OURS = "from studio.presets import preset_folder; print(preset_folder());"
QT = (
    "from PySide6.QtCore import QStandardPaths as Paths;"
    "print(Paths.writableLocation(Paths.StandardLocation.GenericConfigLocation))"
)

linux_only = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="there the variable means nothing"
)


def asked(code: str, **environment: str | None) -> list[Path]:
    """The paths that a process prints in this environment; None takes a variable away."""
    # Qt and Python read these once: each answer needs a process of its own.
    variables = {**os.environ, **environment}
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={name: value for name, value in variables.items() if value is not None},
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(line) for line in answer.stdout.splitlines()]


@pytest.mark.parametrize(
    ("home", "config"),
    [
        ("/somewhere/else", None),
        ("/somewhere/else", ""),
        ("/somewhere/else", "/configured here"),
        ("/somewhere/else", "/configured/here/"),
        ("/somewhere/else", "relative/path"),
        ("/home/Ärmel", "/etc/größe"),
    ],
)
@linux_only
def test_the_folder_is_where_qt_puts_it(home: str, config: str | None) -> None:
    pytest.importorskip("PySide6.QtCore")
    variables = {"HOME": home, "XDG_CONFIG_HOME": config, "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}
    ours, place = asked(OURS + QT, **variables)
    assert ours == place / "kelvin-studio" / "presets"


@linux_only
def test_the_variable_moves_it_and_a_relative_one_does_not() -> None:
    moved = asked(OURS, HOME="/home/a", XDG_CONFIG_HOME="/b")
    assert moved == [Path("/b/kelvin-studio/presets")]
    for ignored in ("b", "", None):
        stayed = asked(OURS, HOME="/home/a", XDG_CONFIG_HOME=ignored)
        assert stayed == [Path("/home/a/.config/kelvin-studio/presets")]


def test_it_is_qts_place_in_this_very_process_environment() -> None:
    pytest.importorskip("PySide6.QtCore")
    ours, place = asked(OURS + QT)
    assert ours == place / "kelvin-studio" / "presets"
