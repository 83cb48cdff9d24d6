from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QLocale, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from studio.app.model.state import ModelState
from studio.app.parameters.sampling_state import SamplingState
from studio.engine.messages import Loaded
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams
from studio.ui.parameters.sampling_edit import CommitEdit
from studio.ui.parameters.sampling_panel import SamplingPanel
from studio.ui.theme.theme import Theme
from tests.helpers.fake_engine import FakeClient, model_report

FIELDS = ("top_k", "top_p", "min_p", "repeat_penalty", "repeat_last_n", "seed", "max_tokens")


@pytest.fixture
def state() -> SamplingState:
    return SamplingState(SamplingParams(top_p=0.95, repeat_penalty=1.05), max_tokens=100)


@pytest.fixture
def client(qtbot: QtBot) -> FakeClient:
    return FakeClient()


@pytest.fixture
def model(client: FakeClient) -> ModelState:
    return ModelState(client)


@pytest.fixture
def panel(
    qtbot: QtBot, qapp: QApplication, state: SamplingState, model: ModelState
) -> Iterator[SamplingPanel]:
    Theme(qapp, "light")
    made = SamplingPanel(state, model)
    qtbot.addWidget(made)
    made.resize(512, made.sizeHint().height())
    made.show()
    made.activateWindow()
    yield made
    qapp.setStyleSheet("")


def field(panel: SamplingPanel, name: str) -> CommitEdit:
    found = panel.findChild(CommitEdit, name)
    assert isinstance(found, CommitEdit)
    return found


def button(panel: SamplingPanel, name: str) -> QPushButton:
    for found in panel.findChildren(QPushButton):
        if name in (found.objectName(), found.accessibleName()):
            return found
    raise AssertionError(f"no button {name}")


def enter(qtbot: QtBot, edit: CommitEdit, text: str) -> None:
    edit.setFocus()
    qtbot.waitUntil(edit.hasFocus)
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def texts(panel: SamplingPanel) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


def test_closed_it_is_one_line_that_sums_up(state: SamplingState, panel: SamplingPanel) -> None:
    assert texts(panel) == ["top-p 0.95   repeat 1.05"]
    assert not field(panel, "top_p").isVisible()
    state.set_params(SamplingParams(samplers=("temperature", "top_k")))
    assert texts(panel) == ["no filter, no penalty"]
    assert "temperature first" in button(panel, "Show the sampling settings").toolTip()


def test_a_click_on_the_line_or_its_button_opens_and_closes(panel: SamplingPanel) -> None:
    QTest.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPoint(60, 16))
    assert panel.is_open
    assert field(panel, "top_p").isVisible()
    QTest.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPoint(20, panel.height() - 3))
    assert panel.is_open
    QTest.mouseClick(button(panel, "Show the sampling settings"), Qt.MouseButton.LeftButton)
    assert not panel.is_open
    panel.set_open(True)
    assert panel.is_open


@pytest.mark.parametrize(
    ("name", "typed", "value", "shown"),
    [
        ("top_k", "40", 40, "40"),
        ("top_p", "0,9", 0.9, "0.9"),
        ("min_p", "0.05", 0.05, "0.05"),
        ("repeat_penalty", "1,1", 1.1, "1.1"),
        ("repeat_last_n", "all", -1, "all"),
        ("seed", "417203", 417203, "417203"),
    ],
)
def test_typed_values_reach_the_parameters(
    qtbot: QtBot,
    state: SamplingState,
    panel: SamplingPanel,
    name: str,
    typed: str,
    value: float,
    shown: str,
) -> None:
    panel.set_open(True)
    enter(qtbot, field(panel, name), typed)
    assert getattr(state.params, name) == value
    assert field(panel, name).text() == shown


def test_the_token_limit_is_set_beside_the_parameters(
    qtbot: QtBot, state: SamplingState, panel: SamplingPanel
) -> None:
    panel.set_open(True)
    enter(qtbot, field(panel, "max_tokens"), "12")
    assert state.max_tokens == 12
    assert state.params == SamplingParams(top_p=0.95, repeat_penalty=1.05)


def test_a_german_locale_changes_nothing(
    qtbot: QtBot, state: SamplingState, panel: SamplingPanel
) -> None:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German))
    try:
        panel.set_open(True)
        enter(qtbot, field(panel, "min_p"), "0.5")
        assert state.params.min_p == 0.5
        enter(qtbot, field(panel, "min_p"), "0,25")
        assert state.params.min_p == 0.25
    finally:
        QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("name", "typed", "reason"),
    [
        ("top_p", "1.5", "top_p: found 1.5; allowed is a number above 0 and at most 1"),
        ("top_k", "-3", "top_k: found -3; allowed is a whole number"),
        ("top_k", "1.5", "top-k: found “1.5”; type a whole number or off."),
        ("max_tokens", "0", "max_tokens: found 0; allowed is a whole number from 1"),
    ],
)
def test_a_refused_value_says_why_and_changes_nothing(
    qtbot: QtBot,
    state: SamplingState,
    panel: SamplingPanel,
    name: str,
    typed: str,
    reason: str,
) -> None:
    before = state.params
    panel.set_open(True)
    enter(qtbot, field(panel, name), typed)
    assert any(reason in text for text in texts(panel))
    assert field(panel, name).text() == typed
    assert field(panel, name).property("invalid") is True
    assert state.params is before
    QTest.keyClick(field(panel, name), Qt.Key.Key_Escape)
    assert not any(reason in text for text in texts(panel))
    assert field(panel, name).property("invalid") is False


def test_each_field_can_be_set_back_and_only_if_it_is_not_there(
    state: SamplingState, panel: SamplingPanel
) -> None:
    panel.set_open(True)
    shown = {name for name in FIELDS if button(panel, f"reset_{name}").isVisible()}
    assert shown == {"top_p", "repeat_penalty", "max_tokens"}
    button(panel, "reset_top_p").click()
    assert state.params.top_p == 1.0
    assert field(panel, "top_p").text() == "off"
    assert not button(panel, "reset_top_p").isVisible()
    assert field(panel, "repeat_penalty").text() == "1.05"


def test_temperature_first_and_last_are_one_click_apart(
    state: SamplingState, panel: SamplingPanel
) -> None:
    panel.set_open(True)
    first = button(panel, "Temperature first, before the filters")
    last = button(panel, "Temperature last, after the filters")
    assert (first.isChecked(), last.isChecked()) == (False, True)
    first.click()
    assert state.params.samplers[:4] == ("penalties", "dry", "temperature", "top_n_sigma")
    others = [name for name in DEFAULT_SAMPLERS[3:] if name != "temperature"]
    assert list(state.params.samplers[4:]) == others
    assert (first.isChecked(), last.isChecked()) == (True, False)
    last.click()
    assert state.params.samplers == DEFAULT_SAMPLERS
    state.change(samplers=("top_k", "temperature", "top_p"))
    assert (first.isChecked(), last.isChecked()) == (False, False)


def test_what_the_order_means_is_said_below_it(state: SamplingState, panel: SamplingPanel) -> None:
    panel.set_open(True)
    assert any("even T 100 can stay coherent" in text for text in texts(panel))
    button(panel, "Temperature first, before the filters").click()
    assert any("hot lets more tokens through" in text for text in texts(panel))
    state.set_params(SamplingParams(mirostat=2))
    assert any(text.startswith("Mirostat is on") for text in texts(panel))
    assert not button(panel, "Temperature last, after the filters").isChecked()


def test_what_cannot_act_at_a_server_is_not_named(
    panel: SamplingPanel, model: ModelState, client: FakeClient
) -> None:
    def load(path: str, *, acts: bool) -> None:
        model.open(path)
        report = model_report(path, takes_repeat_penalty=acts)
        client.answer(Loaded(request=client.sent[-1].request, report=report))

    load("http://127.0.0.1:8080", acts=False)
    assert texts(panel) == ["top-p 0.95"]
    load("model.gguf", acts=True)
    assert texts(panel) == ["top-p 0.95   repeat 1.05"]


@pytest.mark.parametrize(
    ("params", "program", "words"),
    [
        (SamplingParams(top_p=0.95, repeat_penalty=1.05), "vLLM", "top-p 0.95   repeat 1.05"),
        (SamplingParams(top_p=0.95, repeat_penalty=1.05), "Ollama", "top-p 0.95"),
        (SamplingParams(min_p=0.05, presence_penalty=0.5), "Ollama", "presence 0.5"),
        (SamplingParams(min_p=0.05, xtc_probability=0.5, min_keep=4, seed=3), "vLLM",
         "min-p 0.05   seed 3"),
        (SamplingParams(min_p=0.05, mirostat=2), "vLLM", "min-p 0.05"),
        (SamplingParams(dry_multiplier=0.8, logit_bias=((4, 1.0),)), "SGLang",
         "no filter, no penalty   1 bias"),
    ],
)  # fmt: skip
def test_what_a_server_that_draws_is_not_asked_for_is_not_named(
    state: SamplingState,
    panel: SamplingPanel,
    model: ModelState,
    client: FakeClient,
    params: SamplingParams,
    program: str,
    words: str,
) -> None:
    state.set_params(params)
    path = "http://127.0.0.1:8000"
    model.open(path)
    report = model_report(path, draws_there=True, backend=program)
    client.answer(Loaded(request=client.sent[-1].request, report=report))
    assert texts(panel) == [words]


def test_a_long_summary_can_be_read_whole(state: SamplingState, panel: SamplingPanel) -> None:
    state.set_params(SamplingParams(top_p=0.9, xtc_probability=0.5, dry_multiplier=0.8, seed=3))
    tips = {label.toolTip() for label in panel.findChildren(QLabel)}
    assert "top-p 0.9, XTC 0.5, DRY 0.8, seed 3" in tips


def test_every_control_has_a_name_and_a_tool_tip(panel: SamplingPanel) -> None:
    controls = [*panel.findChildren(CommitEdit), *panel.findChildren(QPushButton)]
    assert len(controls) == 2 * len(FIELDS) + 3
    for control in controls:
        assert control.accessibleName(), control.objectName()
        assert control.toolTip(), control.objectName()


def test_esc_goes_to_the_window_unless_something_was_typed(panel: SamplingPanel) -> None:
    def keeps_escape(edit: CommitEdit) -> bool:
        event = QKeyEvent(
            QEvent.Type.ShortcutOverride, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier
        )
        event.ignore()
        QApplication.sendEvent(edit, event)
        return event.isAccepted()

    panel.set_open(True)
    edit = field(panel, "top_k")
    assert not keeps_escape(edit)
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "4")
    assert keeps_escape(edit)
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert edit.text() == "off"
    assert not keeps_escape(edit)
