"""The window at the ends of what settings may be: it opens, closes and opens again."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.app.settings import DECLARED, Setting
from studio.ui import application as program
from studio.ui.application import open_first
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG

LONG_NAME = "/" + "é\u202e<b>&x\n" * 450


def extremes(setting: Setting[Any]) -> tuple[object, object]:
    """The least and the most that a setting may be."""
    half = "\udcff" if setting.is_path else ""
    match setting.default, setting.allowed:
        case bool(), _:
            return True, True
        case int(), range() as numbers:
            return numbers.start, numbers.stop - 1
        case _, tuple() as words:
            return words[0], words[-1]
        case list(), _:
            name = LONG_NAME[: setting.longest - 2]
            return [""], [f"{name}{half}{number}" for number in range(min(setting.most, 9))]
        case str(), form if callable(form):
            places = [
                ("afloat -999999 -999999 0 0", "afloat 999999 999999 999999 999999"),
                ("-999999 -999999 0 0", "999999 999999 999999 999999 full-screen"),
                ("0 0", "999999 999999"),
            ]
            return next(pair for pair in places if form(pair[0]))
        case _:
            return " ", half + LONG_NAME[: setting.longest - 1]


@pytest.mark.parametrize("end", [0, 1], ids=["least", "most"])
def test_the_window_opens_and_closes_at_the_ends_of_every_setting(
    open_window: Callable[[], MainWindow],
    own_settings: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    end: int,
) -> None:
    monkeypatch.setattr(program, "find_starter_model", lambda: None)
    tree = {key: extremes(setting)[end] for key, setting in DECLARED.items()}
    own_settings.parent.mkdir(parents=True)
    own_settings.write_text(json.dumps(tree))
    for _ in range(2):
        window = open_window()
        assert window.settings.problem == ""
        open_first(window, None)
        assert window.isVisible()
        screens = [screen.geometry() for screen in window.screen().virtualSiblings()]
        assert any(screen.intersects(window.frameGeometry()) for screen in screens)
        window.library.show()
        window.model_picker.menu().aboutToShow.emit()
        window.actions_.recent.aboutToShow.emit()
        qtbot.wait(0)
        window.close()
        qtbot.waitUntil(lambda window=window: not window.isVisible(), timeout=LONG)  # type: ignore[misc]
    kept = json.loads(own_settings.read_text())
    assert set(kept) == set(tree)
    assert kept[remembered.PLACE.key] != tree[remembered.PLACE.key]


@pytest.mark.parametrize("in_the_way", ["folder", "pipe", "no JSON", "too large", "no folder"])
def test_the_window_opens_says_so_and_closes_whatever_is_in_the_files_place(
    open_window: Callable[[], MainWindow], own_settings: Path, qtbot: QtBot, in_the_way: str
) -> None:
    if in_the_way == "no folder":
        own_settings.parent.parent.mkdir(parents=True, exist_ok=True)
        own_settings.parent.write_bytes(b"")
    else:
        own_settings.parent.mkdir(parents=True)
    match in_the_way:
        case "folder":
            own_settings.mkdir()
        case "pipe":
            os.mkfifo(own_settings)
        case "no JSON":
            own_settings.write_bytes(b"\0\xff")
        case "too large":
            own_settings.write_bytes(b"{" + b" " * 2**21)
    window = open_window()
    assert str(own_settings) in window.notice.message
    window.actions_.zoom_in.trigger()
    window.close()
    assert not window.isVisible()
    if in_the_way in ("no JSON", "too large"):
        assert json.loads(own_settings.read_bytes())["window/zoom"] == 1


def test_what_cannot_be_saved_is_reported_in_the_window(
    open_window: Callable[[], MainWindow], own_settings: Path, qtbot: QtBot
) -> None:
    window = open_window()
    assert window.notice.message == ""
    own_settings.parent.parent.mkdir(parents=True, exist_ok=True)
    own_settings.parent.write_bytes(b"")
    window.actions_.zoom_in.trigger()
    qtbot.waitUntil(lambda: "cannot be saved" in window.notice.message, timeout=LONG)
    assert str(own_settings) in window.notice.message
