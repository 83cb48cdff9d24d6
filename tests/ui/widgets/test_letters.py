"""What was measured in letters is measured again when these are others."""

from collections.abc import Callable

from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from studio.app.settings import LARGEST_ZOOM
from studio.ui.main_window import MainWindow
from studio.ui.widgets.letters import follow_letters
from tests.ui.parameter_helpers import opened


def test_the_size_is_given_now_and_with_each_font(qtbot: QtBot) -> None:
    label = QLabel("0")
    qtbot.addWidget(label)
    widths: list[int] = []
    follow_letters(label, lambda letters: widths.append(letters.horizontalAdvance("000")))
    assert widths == [label.fontMetrics().horizontalAdvance("000")]
    font = label.font()
    font.setPixelSize(60)
    label.setFont(font)
    label.setText("1")
    assert widths[1:] == [label.fontMetrics().horizontalAdvance("000")]
    assert widths[1] > widths[0]


def test_numbers_have_room_in_their_fields_at_every_zoom(
    open_window: Callable[[], MainWindow],
) -> None:
    window = open_window()
    window.temperature.set_detailed(True)
    editor = opened(window)
    fields = [window.temperature.beta_edit, window.histogram.question.edit]
    for name in ("seed", "max_tokens", "temperature", "add_word_bias", "add_bias_value"):
        field = editor.findChild(QLineEdit, name)
        assert isinstance(field, QLineEdit), name
        fields.append(field)
    for zoom in (0, LARGEST_ZOOM):
        window.theme.zoom_by(zoom)
        for field in fields:
            words = field.text() or field.placeholderText()
            needed = field.fontMetrics().horizontalAdvance(words) + 6
            assert field.minimumWidth() >= needed, (zoom, field.accessibleName(), words)
    window.theme.zoom_reset()
