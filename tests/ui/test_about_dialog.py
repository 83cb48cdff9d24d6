import re
import tomllib
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QTextBrowser
from pytestqt.qtbot import QtBot

from studio import __version__
from studio.ui import about_dialog
from studio.ui.about_dialog import AboutDialog

ROOT = Path(__file__).parents[2]


def words(dialog: AboutDialog) -> str:
    browser = dialog.findChild(QTextBrowser)
    assert isinstance(browser, QTextBrowser)
    labels = [label.text() for label in dialog.findChildren(QLabel)]
    return " ".join([*labels, browser.toPlainText()])


def test_version_and_licences(qtbot: QtBot) -> None:
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    said = words(dialog)
    assert f"Kelvin Studio {__version__}" in said
    assert "Apache License 2.0" in said
    for part in ("Qt for Python", "NumPy", "pyqtgraph", "llama.cpp", "SmolLM2", "LGPL-3.0", "MIT"):
        assert part in said
    assert "not installed" not in said


def test_all_that_the_program_needs_is_reported() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[<>=!]", requirement)[0] for requirement in needed}
    assert names <= {package for package, _name, _licence in about_dialog._BUILT_WITH}


def test_a_part_that_is_missing_is_said_to_be(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = (("no-such-package-anywhere", "Something", "MIT"),)
    monkeypatch.setattr(about_dialog, "_BUILT_WITH", parts)
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    assert "not installed" in words(dialog)


def test_it_closes(qtbot: QtBot) -> None:
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    buttons = dialog.findChild(QDialogButtonBox)
    assert isinstance(buttons, QDialogButtonBox)
    buttons.button(QDialogButtonBox.StandardButton.Close).click()
    assert not dialog.isVisible()
