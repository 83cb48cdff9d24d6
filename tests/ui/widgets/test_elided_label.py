from pytestqt.qtbot import QtBot

from studio.ui.widgets.labels import ElidedLabel


def make(qtbot: QtBot, between: str = "") -> ElidedLabel:
    label = ElidedLabel(between)
    qtbot.addWidget(label)
    label.setText("min-p 0.05   repeat 1.05   seed 7")
    return label


def resize_to(label: ElidedLabel, text: str) -> None:
    label.resize(label.fontMetrics().horizontalAdvance(text), label.height())


def test_what_fits_is_whole(qtbot: QtBot) -> None:
    label = make(qtbot)
    resize_to(label, label.text() + " ")
    assert label.shown == label.text()


def test_what_does_not_is_cut(qtbot: QtBot) -> None:
    label = make(qtbot)
    resize_to(label, "min-p 0.05   rep…")
    assert label.shown.startswith("min-p 0.05   r")
    assert label.shown.endswith("…")


def test_parts_are_shown_whole_or_not_at_all(qtbot: QtBot) -> None:
    label = make(qtbot, "   ")
    resize_to(label, "min-p 0.05   rep…")
    assert label.shown == "min-p 0.05   …"
    resize_to(label, "min-…")
    assert label.shown == ""


def test_shorter_forms_are_shown_whole_or_not_at_all(qtbot: QtBot) -> None:
    label = make(qtbot)
    forms = ("click one to write it", "click to write")
    label.set_forms(*forms)
    seen = []
    for width in range(label.fontMetrics().horizontalAdvance(forms[0]), -1, -1):
        label.resize(width, 20)
        if label.shown not in seen:
            seen.append(label.shown)
    assert seen == [*forms, ""]
    assert label.text() == forms[0], "for those who do not look"
