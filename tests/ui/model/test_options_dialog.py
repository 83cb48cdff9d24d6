from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QLabel,
    QMessageBox,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio.engine import machine_query
from studio.engine.machine_query import MachineError
from studio.engine.messages import AttentionTiming, LoadOptions, ModelReport
from studio.ui.main_window import MainWindow
from studio.ui.model import options_dialog
from studio.ui.model.devices_box import DevicesBox
from studio.ui.model.options_dialog import ModelOptionsDialog
from studio.ui.theme.theme import Theme
from tests.helpers.fake_engine import model_report
from tests.helpers.rpc_machine import free_port
from tests.ui.conftest import LONG

OPTIONS = LoadOptions(
    gpu_layers=5,
    context_size=1024,
    threads=2,
    memory_map=False,
    prompt_cache_mib=3 * 1024,
    flash_attention="off",
)


def dialog(
    qtbot: QtBot, theme: Theme, options: LoadOptions, report: ModelReport | None = None
) -> ModelOptionsDialog:
    made = ModelOptionsDialog(options, report, theme)
    qtbot.addWidget(made)
    made.show()
    return made


def field(shown: ModelOptionsDialog, name: str) -> QSpinBox:
    for box in shown.findChildren(QSpinBox):
        if box.accessibleName() == name:
            return box
    raise AssertionError(f"no field {name}")


@pytest.mark.parametrize("options", [LoadOptions(), OPTIONS])
def test_what_it_is_given_it_gives_back(qtbot: QtBot, theme: Theme, options: LoadOptions) -> None:
    assert dialog(qtbot, theme, options).options == options


def test_what_is_chosen(qtbot: QtBot, theme: Theme) -> None:
    shown = dialog(qtbot, theme, LoadOptions())
    layers = "Layers on Graphics processor"
    for name in (layers, "Context size", "Threads"):
        assert field(shown, name).text() == "automatic"
        assert field(shown, name).toolTip()
    field(shown, layers).setValue(0)
    assert field(shown, layers).text() == "0", "none is not automatic"
    field(shown, "Context size").setValue(1024)
    field(shown, "Threads").setValue(3)
    assert shown.options == LoadOptions(gpu_layers=0, context_size=1024, threads=3)


def test_what_is_really_used_stands_above(qtbot: QtBot, theme: Theme) -> None:
    shown = dialog(qtbot, theme, LoadOptions(), model_report("/m/Tiny.Q4_1.gguf"))
    words = " ".join(label.text() for label in shown.findChildren(QLabel))
    for fact in ("Tiny  Q4_1", "CPU: a processor", "Layers 30", "2,048", "8,192", "165 MB"):
        assert fact in words


def test_how_quick_attention_is_stands_above(qtbot: QtBot, theme: Theme) -> None:
    report = msgspec.structs.replace(
        model_report("/m/Tiny.gguf"),
        has_flash_attention=False,
        attention_timing=AttentionTiming(flash=(0.033, 0.2), plain=(0.012, 0.1), tokens=1000),
    )
    shown = dialog(qtbot, theme, LoadOptions(), report)
    words = " ".join(label.text() for label in shown.findChildren(QLabel))
    assert "no flash attention: 12.0 ms a token, with it 33.0" in words


def test_a_machine_is_added_by_its_address_and_taken_off_again(qtbot: QtBot, theme: Theme) -> None:
    shown = dialog(qtbot, theme, LoadOptions(), model_report("/m/Tiny.gguf"))
    box = shown.findChild(DevicesBox)
    assert isinstance(box, DevicesBox)
    nobody = f"127.0.0.1:{free_port()}"

    def words() -> str:
        return " ".join(label.text() for label in shown.findChildren(QLabel) if label.isVisible())

    assert "neither protected by a password nor encrypted" in words()
    QTest.keyClicks(box.address, "cellar")
    QTest.keyClick(box.address, Qt.Key.Key_Return)
    assert "HOST:PORT" in words()
    assert shown.isVisible(), "Enter adds, and does not load"
    box.address.clear()
    QTest.keyClicks(box.address, nobody)
    box.add_button.click()
    qtbot.waitUntil(lambda: "does not answer" in words(), timeout=LONG)
    assert shown.options == LoadOptions(machines=(nobody,))
    (remove,) = [it for it in box.findChildren(QToolButton) if it.isVisible()]
    assert remove.accessibleName() == f"Remove {nobody}"
    remove.click()
    assert shown.options == LoadOptions()


@pytest.mark.parametrize("answer", ["Yes", "No"])
def test_an_address_of_the_internet_is_asked_about_before_anything_is_sent(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    questions: list[str] = []

    def question(*arguments: Any) -> QMessageBox.StandardButton:
        questions.append(arguments[2])
        return QMessageBox.StandardButton[answer]

    monkeypatch.setattr(QMessageBox, "question", question)
    sent: list[str] = []

    def connect(_query: object, ip: str, _port: int) -> None:
        sent.append(ip)
        raise MachineError("8.8.8.8:50052", "unreachable", "")

    monkeypatch.setattr(machine_query._Query, "connect", connect)
    shown = dialog(qtbot, theme, LoadOptions(), model_report("/m/Tiny.gguf"))
    box = shown.findChild(DevicesBox)
    assert isinstance(box, DevicesBox)
    box.address.setText("8.8.8.8:50052")
    box.add_button.click()
    qtbot.waitUntil(lambda: shown.devices.unconfirmed == ["8.8.8.8:50052"], timeout=LONG)
    assert sent == []
    buttons = shown.findChild(QDialogButtonBox)
    assert isinstance(buttons, QDialogButtonBox)
    buttons.button(QDialogButtonBox.StandardButton.Ok).click()
    assert len(questions) == 1
    assert "neither protected by a password nor encrypted" in questions[0]
    assert shown.result() == (answer == "Yes")
    confirmed = ("8.8.8.8:50052",) if answer == "Yes" else ()
    assert shown.options.public_machines == confirmed
    qtbot.waitUntil(lambda: shown.devices.is_settled, timeout=LONG)
    assert len(sent) == len(confirmed)


@pytest.mark.parametrize("accepted", [True, False])
def test_the_window_loads_the_model_again_with_the_options(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, accepted: bool
) -> None:
    model = window.session.model
    before = model.report

    class Answered(ModelOptionsDialog):
        def __init__(
            self,
            options: LoadOptions,
            report: ModelReport | None,
            theme: Theme,
            parent: QWidget | None = None,
            path: str = "",
        ) -> None:
            assert path == model.path
            assert options == model.options
            assert report == before
            super().__init__(LoadOptions(threads=1, context_size=512), report, theme, parent)

        def exec(self) -> Any:
            buttons = self.findChild(QDialogButtonBox)
            assert isinstance(buttons, QDialogButtonBox)
            kind = QDialogButtonBox.StandardButton
            buttons.button(kind.Ok if accepted else kind.Cancel).click()
            return self.result()

    monkeypatch.setattr(options_dialog, "ModelOptionsDialog", Answered)
    window.actions_.model_options.trigger()
    qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
    assert model.report
    assert model.report.context_size == (512 if accepted else 2048)
    assert (model.report == before) is not accepted


def test_without_a_model_the_options_wait_for_one(
    open_window: Callable[[], MainWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()

    class Answered(ModelOptionsDialog):
        def __init__(self, *_given: object) -> None:
            super().__init__(OPTIONS, None, window.theme)

        def exec(self) -> Any:
            return self.DialogCode.Accepted

    monkeypatch.setattr(options_dialog, "ModelOptionsDialog", Answered)
    window.actions_.model_options.trigger()
    assert window.session.model.options == OPTIONS
    assert not window.session.client.is_running
