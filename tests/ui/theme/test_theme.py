import re
from collections.abc import Iterator
from itertools import product
from typing import get_args

import pytest
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QImage, QPainter, QPalette, QRawFont
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from studio.app.settings import LARGEST_ZOOM, SMALLEST_ZOOM
from studio.ui.theme.colors import DARK, LIGHT, Colors
from studio.ui.theme.controls import ComboBox
from studio.ui.theme.faces import FAMILIES, load_faces
from studio.ui.theme.style import palette, stylesheet
from studio.ui.theme.theme import Appearance, Theme
from studio.ui.theme.type_scale import INTERFACE_SIZE, PROSE_SIZE, Role
from studio.ui.widgets.card import Card
from tests.helpers.contrast import contrast_ratio

BOTH = pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])


class FakeHints(QObject):
    """A desktop that says whether it is light or dark, and changes its mind."""

    colorSchemeChanged = Signal(object)  # noqa: N815 (Qt's name)

    def __init__(self, scheme: Qt.ColorScheme) -> None:
        super().__init__()
        self.scheme = scheme
        self.asked_for: list[Qt.ColorScheme] = []

    def colorScheme(self) -> Qt.ColorScheme:  # noqa: N802 (Qt's name)
        return self.scheme

    def setColorScheme(self, scheme: Qt.ColorScheme) -> None:  # noqa: N802 (Qt's name)
        self.asked_for.append(scheme)

    def turn(self, scheme: Qt.ColorScheme) -> None:
        self.scheme = scheme
        self.colorSchemeChanged.emit(scheme)


@pytest.fixture
def hints(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHints]:
    fake = FakeHints(Qt.ColorScheme.Light)
    monkeypatch.setattr(qapp, "styleHints", lambda: fake)
    sheet, before = qapp.styleSheet(), QPalette(qapp.palette())
    yield fake
    qapp.setStyleSheet(sheet)
    qapp.setPalette(before)


def test_contrast_ratio_has_the_standards_own_extremes() -> None:
    assert contrast_ratio("#000000", "#ffffff") == pytest.approx(21)
    assert contrast_ratio("#ffffff", "#000000") == pytest.approx(21)
    assert contrast_ratio("#777777", "#777777") == 1
    # WCAG's often quoted boundary: this grey on white is the lightest that just fails.
    assert contrast_ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@BOTH
def test_text_is_readable_on_every_surface_it_stands_on(colors: Colors) -> None:
    texts = (colors.text, colors.muted, colors.generated, colors.error)
    for ink, surface in product(texts, (colors.window, colors.card, colors.hover)):
        assert contrast_ratio(ink, surface) >= 4.5, (ink, surface)
    for ink, surface in (
        (colors.on_accent, colors.accent_fill),
        (colors.text, colors.selection),
        (colors.text, colors.hover),
        (colors.generated, colors.selection),
    ):
        assert contrast_ratio(ink, surface) >= 4.5, (ink, surface)


@BOTH
def test_marks_that_mean_something_stand_out_from_page_and_ground(colors: Colors) -> None:
    marks = (colors.accent, colors.ghost, colors.cold, colors.hot, colors.focus)
    for mark, surface in product(marks, (colors.window, colors.card)):
        assert contrast_ratio(mark, surface) >= 3, (mark, surface)
    assert contrast_ratio(colors.accent, colors.track) >= 3


@BOTH
def test_one_colour_is_saturated(colors: Colors) -> None:
    def chroma(color: str) -> int:
        channels = [int(color[start : start + 2], 16) for start in (1, 3, 5)]
        return max(channels) - min(channels)

    quiet = (
        colors.window,
        colors.card,
        colors.card_border,
        colors.hover,
        colors.track,
        colors.text,
        colors.muted,
        colors.ghost,
        colors.generated,
        colors.selection,
        colors.focus,
    )
    for color in quiet:
        assert chroma(color) < chroma(colors.accent) / 2, color


@BOTH
def test_prose_can_be_read_on_every_heat(colors: Colors) -> None:
    for ink, tint in product(
        (colors.text, colors.generated), (colors.heat_least, colors.heat_most)
    ):
        assert contrast_ratio(ink, tint) >= 4.5, (ink, tint)
    assert contrast_ratio(colors.heat_most, colors.card) >= 1.7, "the strongest is seen"


@BOTH
def test_generated_text_differs_from_typed_text_but_quietly(colors: Colors) -> None:
    assert colors.generated != colors.text
    assert contrast_ratio(colors.generated, colors.text) < 2


@BOTH
def test_the_stylesheet_leaves_no_placeholder_and_the_palette_takes_its_colours(
    qapp: QApplication, colors: Colors
) -> None:
    sheet = stylesheet(colors)
    assert "$" not in sheet
    assert colors.card_border in sheet
    made = palette(colors)
    assert made.color(QPalette.ColorRole.Window).name() == colors.window
    assert made.color(QPalette.ColorRole.Text).name() == colors.text


def test_the_desktops_scheme_is_followed_at_runtime(
    qtbot: QtBot, qapp: QApplication, hints: FakeHints
) -> None:
    theme = Theme(qapp)
    assert theme.colors is LIGHT
    with qtbot.waitSignal(theme.changed):
        hints.turn(Qt.ColorScheme.Dark)
    assert theme.colors is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == DARK.window
    assert DARK.card in qapp.styleSheet()


@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_an_empty_box_in_a_menu_can_be_seen(
    qtbot: QtBot, qapp: QApplication, appearance: Appearance
) -> None:
    theme = Theme(qapp, appearance)
    menu = QMenu()
    qtbot.addWidget(menu)
    entry = menu.addAction("Landscape")
    entry.setCheckable(True)
    menu.ensurePolished()
    menu.adjustSize()
    row = menu.actionGeometry(entry)
    image = menu.grab(row.adjusted(2, 0, 0, 0)).toImage()
    middle = image.height() // 2
    box = [QColor(image.pixel(x, middle)).name() for x in range(row.height())]
    assert max(contrast_ratio(colour, theme.colors.card) for colour in box) >= 3


def test_an_own_choice_outlasts_the_desktops(
    qtbot: QtBot, qapp: QApplication, hints: FakeHints
) -> None:
    theme = Theme(qapp, "dark")
    hints.turn(Qt.ColorScheme.Dark)
    hints.turn(Qt.ColorScheme.Light)
    assert theme.colors is DARK
    with qtbot.waitSignal(theme.changed):
        theme.set_appearance("system")
    assert theme.colors is LIGHT
    assert hints.asked_for == [Qt.ColorScheme.Dark, Qt.ColorScheme.Unknown]


def test_a_desktop_that_does_not_say_is_judged_by_its_palette(
    qapp: QApplication, hints: FakeHints, monkeypatch: pytest.MonkeyPatch
) -> None:
    hints.scheme = Qt.ColorScheme.Unknown
    night = QPalette()
    night.setColor(QPalette.ColorRole.Window, Qt.GlobalColor.black)
    monkeypatch.setattr(type(qapp.style()), "standardPalette", lambda _: night, raising=False)
    assert Theme(qapp).colors is DARK


def test_an_unknown_appearance_is_refused_and_changes_nothing(
    qapp: QApplication, hints: FakeHints
) -> None:
    theme = Theme(qapp, "dark")
    with pytest.raises(ValueError, match="found 'sepia'; choose one of system, light, dark"):
        theme.set_appearance("sepia")  # type: ignore[arg-type]  # the point of the test
    assert theme.appearance == "dark"
    assert theme.colors is DARK


def test_a_card_is_named_after_its_heading(qtbot: QtBot) -> None:
    card = Card("Temperature")
    qtbot.addWidget(card)
    assert card.accessibleName() == "Temperature"
    assert [label.text() for label in card.findChildren(QLabel)] == ["Temperature"]


def test_a_combo_box_paints_in_the_themes_colours(
    qtbot: QtBot, qapp: QApplication, hints: FakeHints
) -> None:
    theme = Theme(qapp, "light")
    combo = ComboBox(theme)
    qtbot.addWidget(combo)
    combo.addItems(["Creative writing", "Code"])
    combo.resize(160, 28)
    light = combo.grab().toImage().pixelColor(4, 14).name()
    theme.set_appearance("dark")
    dark = combo.grab().toImage().pixelColor(4, 14).name()
    assert (light, dark) == (LIGHT.card, DARK.card)


def test_the_faces_are_the_programs_own(qapp: QApplication) -> None:
    load_faces()
    for family in FAMILIES.values():
        styles = set(QFontDatabase.styles(family))
        assert {"Regular", "Italic"} <= styles
        assert styles & {"Bold", "SemiBold"}
    theme = Theme(qapp)
    for face in FAMILIES:
        theme.set_face(face)
        letters = QRawFont.fromFont(theme.prose_font)
        assert letters.familyName() == FAMILIES[face]
        assert all(letters.glyphIndexesForString("Aéßőæ“”’«»—–… ΩλЖя€"))


def test_bold_letters_are_drawn_and_not_smeared(qapp: QApplication) -> None:
    load_faces()

    def drawn(family: str, weight: QFont.Weight) -> QImage:
        font = QFont(family, weight=weight.value)
        font.setPixelSize(24)
        image = QImage(160, 40, QImage.Format.Format_Grayscale8)
        image.fill(QColor("white"))
        painter = QPainter(image)
        painter.setFont(font)
        painter.drawText(4, 28, "Temperature")
        painter.end()
        return image

    weights = QFont.Weight
    for family in FAMILIES.values():
        bold = drawn(family, weights.Bold)
        # Qt would make lighter letters bolder by itself where the face had none for that weight.
        assert bold == drawn(family, weights.DemiBold)
        assert bold != drawn(family, weights.Normal)


def test_zoom_scales_everything_within_limits(qtbot: QtBot, qapp: QApplication) -> None:
    theme = Theme(qapp, "light")
    label, heading = QLabel("words"), QLabel("words")
    heading.setProperty("type", "number")
    for made in (label, heading):
        qtbot.addWidget(made)
        made.show()

    def sizes() -> list[int]:
        interface = [made.fontInfo().pixelSize() for made in (label, heading)]
        return [*interface, theme.prose_font.pixelSize()]

    first = sizes()
    assert (first[0], first[2]) == (INTERFACE_SIZE, PROSE_SIZE)
    with qtbot.waitSignals([theme.zoom_changed, theme.prose_changed]):
        theme.zoom_by(4)
    assert sizes() == pytest.approx([size * 1.1**4 for size in first], abs=0.6)
    theme.zoom_by(1000)
    assert theme.zoom == LARGEST_ZOOM
    theme.zoom_by(-1000)
    assert theme.zoom == SMALLEST_ZOOM
    # The interface would be too small to read.
    assert label.fontInfo().pixelSize() == INTERFACE_SIZE
    assert theme.prose_font.pixelSize() < PROSE_SIZE
    theme.zoom_reset()
    assert sizes() == first


class Restyled(QObject):
    """Counts how often the widgets of a list are styled anew."""

    def __init__(self, widgets: list[QWidget]) -> None:
        super().__init__()
        self.times = dict.fromkeys(widgets, 0)
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        if event.type() is QEvent.Type.StyleChange and isinstance(watched, QWidget):
            self.times[watched] += 1
        return False


def test_how_often_a_widget_is_styled_anew_does_not_grow_with_its_depth(
    qtbot: QtBot, qapp: QApplication
) -> None:
    theme = Theme(qapp, "light")
    outer = QWidget()
    qtbot.addWidget(outer)
    nest = [outer]
    for _ in range(12):
        nest.append(QPushButton("words", nest[-1]))
    outer.show()
    restyled = Restyled(nest)
    theme.zoom_by(1)
    theme.set_appearance("dark")
    assert max(restyled.times.values()) <= 4, "off and on, for either"
    assert min(restyled.times.values()) >= 2
    assert nest[-1].palette().color(QPalette.ColorRole.ButtonText).name() == DARK.text
    assert nest[-1].fontInfo().pixelSize() == round(INTERFACE_SIZE * 1.1)


@BOTH
def test_no_role_is_smaller_than_the_interface(colors: Colors) -> None:
    for zoom in range(SMALLEST_ZOOM, LARGEST_ZOOM + 1):
        sizes = [int(size) for size in re.findall(r"font-size: (\d+)px", stylesheet(colors, zoom))]
        assert len(sizes) == len(get_args(Role))
        assert min(sizes) >= INTERFACE_SIZE
