"""What a tooltip says to those who hear the window."""

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from studio.ui.widgets.tips import plain, set_tip


def test_tags_are_taken_out_and_signs_stand_for_themselves() -> None:
    assert plain("<p><b>T</b>: low</p><p>a &lt; b &amp; c<br>d</p>") == "T: low a < b & c d"
    assert plain("a < b") == "a < b"


def test_a_widget_has_both(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    set_tip(label, "<p>How open</p>")
    assert (label.toolTip(), label.accessibleDescription()) == ("<p>How open</p>", "How open")
