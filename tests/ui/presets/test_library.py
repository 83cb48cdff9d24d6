"""The library in the real window, as a writer uses it: keys, clicks, drags."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from studio.app.presets.library_entries import Entry, Mark
from studio.app.presets.library_state import PresetLibraryState
from studio.presets import Preset, PresetDocument, PresetFolder, preset_folder
from studio.sampling import SamplingParams
from studio.ui.main_window import MainWindow
from studio.ui.presets.drag import NAME_FORMAT
from studio.ui.presets.library_window import PresetLibraryWindow
from studio.ui.presets.name_dialog import PresetNameDialog
from studio.ui.widgets import file_dialog
from studio.ui.widgets.actions import ActionButton
from tests.ui.conftest import LONG, until_read

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(open_window: Callable[[], MainWindow]) -> MainWindow:
    folder = PresetFolder(preset_folder())
    folder.add(
        Preset(name="Sea", description="For stories", sampling=SamplingParams(temperature=1.3))
    )
    folder.add(Preset(name="Dry", notes="Found in May", sampling=SamplingParams(temperature=0.4)))
    return open_window()


@pytest.fixture
def library(window: MainWindow, qtbot: QtBot) -> Iterator[PresetLibraryWindow]:
    QTest.keyClick(window, Qt.Key.Key_P, CONTROL | SHIFT)
    view = window.library.view
    assert view is not None
    activate(view, qtbot)
    yield view
    view.close()


def activate(view: QWidget, qtbot: QtBot) -> None:
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow, timeout=LONG)


def state_of(library: PresetLibraryWindow) -> PresetLibraryState:
    return library._state


def titles(library: PresetLibraryWindow) -> list[str]:
    return [entry.title for entry in state_of(library).entries]


def selected(library: PresetLibraryWindow) -> Entry:
    entry = state_of(library).selected
    assert entry is not None
    return entry


def click(library: PresetLibraryWindow, title: str, *, x: int | None = None) -> None:
    """Click a row, in its middle or `x` pixels from its left edge."""
    model = library.list.model()
    index = next(
        model.index(row, 0)
        for row in range(model.rowCount())
        if model.index(row, 0).data() == title
    )
    library.list.scrollTo(index)
    rect = library.list.visualRect(index)
    place = QPoint(rect.left() + x, rect.center().y()) if x is not None else rect.center()
    QTest.mouseClick(library.list.viewport(), LEFT, pos=place)


def drop(target: QWidget, data: QMimeData) -> bool:
    """Drop data on a window as the system does; whether it was taken."""
    copy = Qt.DropAction.CopyAction
    modifier = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(20, 20), copy, data, LEFT, modifier)
    enter.ignore()
    QApplication.sendEvent(target, enter)
    if enter.isAccepted():
        QApplication.sendEvent(target, QDropEvent(QPointF(20, 20), copy, data, LEFT, modifier))
    return enter.isAccepted()


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def test_it_opens_at_the_preset_in_force_with_the_keyboard_in_the_search(
    window: MainWindow, library: PresetLibraryWindow
) -> None:
    assert library.search.hasFocus()
    assert selected(library).title == "Creative writing"
    assert selected(library).marks == (Mark.IN_USE,)
    assert titles(library)[:2] == ["Dry", "Sea"]
    assert library.isVisible()
    assert not library.isModal()


def test_the_link_beside_the_picker_opens_it(window: MainWindow) -> None:
    (link,) = [
        button for button in window.findChildren(ActionButton) if button.text() == "Presets…"
    ]
    assert "Ctrl+Shift+P" in link.toolTip()
    QTest.mouseClick(link, LEFT)
    assert window.library.view is not None
    assert window.library.view.isVisible()
    window.library.view.close()


def test_search_choose_and_use_without_leaving_the_field(
    window: MainWindow, library: PresetLibraryWindow
) -> None:
    QTest.keyClicks(library.search, "for")
    found = titles(library)
    assert found[0] == "Sea"
    assert "Dry" not in found
    # What was looked at is found too, so it stays; then up to the first.
    for _ in found:
        QTest.keyClick(library.search, Qt.Key.Key_Up)
    assert selected(library).title == "Sea"
    QTest.keyClick(library.search, Qt.Key.Key_Down)
    assert selected(library).title == found[1]
    QTest.keyClick(library.search, Qt.Key.Key_Up)
    QTest.keyClick(library.search, Qt.Key.Key_Return)
    assert window.session.sampling.params.temperature == 1.3
    assert window.preset_picker.currentText() == "Sea"
    assert library.isVisible()
    # Esc ends the search first, then closes.
    QTest.keyClick(library.search, Qt.Key.Key_Escape)
    assert library.search.text() == ""
    assert len(titles(library)) == 8
    QTest.keyClick(library.search, Qt.Key.Key_Escape)
    assert not library.isVisible()


def test_what_is_called_so_is_looked_at_before_what_only_speaks_of_it(
    library: PresetLibraryWindow,
) -> None:
    QTest.keyClicks(library.search, "greedy")
    assert titles(library) == ["Code", "Greedy"]
    assert selected(library).title == "Greedy"
    library.search.selectAll()
    QTest.keyClicks(library.search, "support")
    assert selected(library).title == "Customer support"


def test_notes_are_searched_and_nothing_found_is_said(library: PresetLibraryWindow) -> None:
    QTest.keyClicks(library.search, "may")
    assert titles(library) == ["Dry"]
    assert selected(library).title == "Dry"
    empty = library.list.grab().toImage()
    QTest.keyClicks(library.search, " zzz")
    assert titles(library) == []
    assert state_of(library).selected is None
    assert library.list.grab().toImage() != empty
    assert not library.actions_.use.isEnabled()
    QTest.keyClick(library.search, Qt.Key.Key_Return)  # with nothing to use


def test_a_star_by_click_and_by_key_comes_first_in_the_picker(
    window: MainWindow, library: PresetLibraryWindow, open_window: Callable[[], MainWindow]
) -> None:
    picker = window.preset_picker
    assert picker.itemText(0) == "Code"
    click(library, "Sea", x=15)
    assert titles(library)[0] == "Sea"
    assert picker.itemText(0) == "Sea"
    assert picker.itemData(1) is None  # the line behind the favourites
    library.list.setFocus()
    click(library, "Greedy")
    QTest.keyClick(library.list, Qt.Key.Key_D, CONTROL)
    assert [picker.itemText(place) for place in (0, 1)] == ["Greedy", "Sea"]
    assert library.details.favourite.isChecked()
    # The one in force is what it was, though its place is another.
    assert picker.currentText() == "Creative writing"
    picker.setCurrentIndex(1)
    picker.activated.emit(1)
    assert window.session.preset_choice.current.name == "Sea"
    QTest.mouseClick(
        library.details.favourite, LEFT, pos=QPoint(6, library.details.favourite.height() // 2)
    )
    assert picker.itemText(0) == "Sea"
    window.settings.save()
    again = open_window()
    assert again.preset_picker.itemText(0) == "Sea"
    assert again.preset_picker.currentText() == "Sea"


def test_a_row_that_is_clicked_is_shown_and_one_clicked_twice_is_used(
    window: MainWindow, library: PresetLibraryWindow
) -> None:
    click(library, "Sea")
    text = library.details.page.toPlainText()
    assert "For stories" in text
    assert "temperature T" in text
    assert "1.3" in text
    assert "top-k" not in text  # neutral
    window.session.preset_choice.choose(window.session.preset_choice.presets[-1])
    window.session.sampling.change(temperature=0.9)
    assert "→ 0.9" in text_after(library)
    assert Mark.TURNED in selected(library).marks
    index = library.list.currentIndex()
    place = library.list.visualRect(index).center()
    QTest.mouseDClick(library.list.viewport(), LEFT, pos=place)
    assert window.session.sampling.params.temperature == 1.3


def text_after(library: PresetLibraryWindow) -> str:
    return library.details.page.toPlainText()


def test_using_another_keeps_what_was_turned(
    window: MainWindow, library: PresetLibraryWindow
) -> None:
    window.session.sampling.change(temperature=0.55)
    click(library, "Sea")
    QTest.keyClick(library.list, Qt.Key.Key_Return)
    assert "“Sea” is in force" in library.notice.message
    assert window.notice.message == ""
    assert library.notice.action is not None
    library.notice.action.trigger()
    assert window.session.sampling.params.temperature == 0.55
    assert window.session.preset_choice.current.name == "Creative writing"
    assert library.notice.message == ""


def test_duplicate_rename_delete_and_back(
    window: MainWindow, library: PresetLibraryWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    click(library, "Code")
    assert not library.actions_.rename.isEnabled()
    assert "built in" in library.actions_.delete.toolTip()
    library.actions_.duplicate.trigger()
    assert selected(library).title == "Code copy"
    assert window.session.preset_choice.current.name == "Creative writing"
    library.list.setFocus()
    QTest.keyClick(library.list, Qt.Key.Key_D, CONTROL)
    monkeypatch.setattr(PresetNameDialog, "ask", lambda *_: "Mine & yours")
    QTest.keyClick(library.list, Qt.Key.Key_F2)
    assert selected(library).title == "Mine & yours"
    assert selected(library).is_favourite
    click(library, "Sea")
    QTest.keyClick(library.list, Qt.Key.Key_Delete)
    click(library, "Mine & yours")
    QTest.keyClick(library.list, Qt.Key.Key_Delete)
    assert "Mine & yours" not in titles(library)
    assert "“Mine & yours” is deleted" in library.notice.message
    # One after another they come back, the last first.
    library.notice._button.click()
    assert selected(library).title == "Mine & yours"
    assert selected(library).is_favourite
    window.library.edits.undelete.trigger()
    assert selected(library).title == "Sea"
    assert not window.library.edits.undelete.isEnabled()


def test_delete_in_the_search_field_deletes_a_letter(library: PresetLibraryWindow) -> None:
    click(library, "Sea")
    library.search.setFocus()
    QTest.keyClicks(library.search, "sea")
    QTest.keyClick(library.search, Qt.Key.Key_Home)
    QTest.keyClick(library.search, Qt.Key.Key_Delete)
    assert library.search.text() == "ea"
    assert (preset_folder() / "Sea.json").is_file()


def test_a_refused_name_is_reported_in_the_library(
    window: MainWindow, library: PresetLibraryWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    click(library, "Sea")
    monkeypatch.setattr(PresetNameDialog, "ask", lambda *_: "Code")
    library.actions_.rename.trigger()
    assert "is a built-in preset's" in library.notice.message
    assert window.notice.message == ""


def test_a_broken_file_stands_beside_the_others_until_it_is_mended(
    library: PresetLibraryWindow, qtbot: QtBot
) -> None:
    path = preset_folder() / "bad.json"
    path.write_text('{"name": "Mended", "sampling": {"temperature": -1}}')
    qtbot.waitUntil(lambda: "bad.json" in titles(library), timeout=LONG)
    assert {"Sea", "Dry", "Code"} < set(titles(library))
    click(library, "bad.json")
    assert "sampling.temperature: found -1" in library.details.page.toPlainText()
    assert str(path) in library.details.page.toPlainText()
    for action in (library.actions_.use, library.actions_.rename, library.actions_.delete):
        assert not action.isEnabled()
    assert not library.details.default.isVisible()
    path.write_text('{"name": "Mended", "sampling": {"temperature": 1}}')
    qtbot.waitUntil(lambda: "Mended" in titles(library), timeout=LONG)
    assert "bad.json" not in titles(library)


def test_one_of_a_newer_version_is_used_and_not_changed(
    window: MainWindow, library: PresetLibraryWindow, qtbot: QtBot
) -> None:
    (preset_folder() / "new.json").write_text('{"name": "New", "format_version": 9, "x": 1}')
    qtbot.waitUntil(lambda: "New" in titles(library), timeout=LONG)
    click(library, "New")
    assert Mark.READ_ONLY in selected(library).marks
    assert "newer" in library.actions_.rename.toolTip()
    assert library.actions_.delete.isEnabled()
    assert "Also in its file, kept as it is: x" in library.details.page.toPlainText()
    library.actions_.use.trigger()
    assert window.session.preset_choice.current.name == "New"


def test_several_files_at_once_and_a_broken_one_among_them(
    window: MainWindow, library: PresetLibraryWindow, tmp_path: Path
) -> None:
    one, two, bad = tmp_path / "One.json", tmp_path / "Two.json", tmp_path / "Bad.json"
    one.write_text('{"temp": 1.5, "rep_pen": 1.1, "tfs": 0.5}')
    two.write_bytes(PresetDocument(Preset(name="Sea")).to_bytes())
    bad.write_text("{")
    assert drop(library, files(one, bad, two))
    until_read(window)
    assert {"One", "Sea 2"} < set(titles(library))
    assert selected(library).title == "Sea 2"
    words = library.notice.message
    assert "“One”, “Sea 2”" in words
    assert "tfs 0.5" in words
    assert "“Bad.json”: It is not valid JSON" in words
    # Nothing that was in force is another.
    assert window.session.preset_choice.current.name == "Creative writing"


def test_files_are_chosen_too(
    window: MainWindow,
    library: PresetLibraryWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = tmp_path / "One.json"
    one.write_text('{"temp": 1.5, "rep_pen": 1.1}')
    monkeypatch.setattr(file_dialog, "ask_open_several", lambda *_: [str(one)])
    library.actions_.import_.trigger()
    until_read(window)
    assert selected(library).title == "One"


def test_text_is_no_file(library: PresetLibraryWindow) -> None:
    data = QMimeData()
    data.setText("hello")
    assert not drop(library, data)


def test_a_row_is_dragged_out_as_a_file_and_onto_the_window_to_be_used(
    window: MainWindow, library: PresetLibraryWindow
) -> None:
    click(library, "Sea")
    model = library.list.model()
    index = library.list.currentIndex()
    assert index.flags() & Qt.ItemFlag.ItemIsDragEnabled
    data = model.mimeData([index])
    (url,) = data.urls()
    path = Path(url.toLocalFile())
    assert PresetDocument.read(path.read_bytes()) == PresetDocument.read(
        (preset_folder() / "Sea.json").read_bytes()
    )
    before = sorted(preset_folder().iterdir())
    assert drop(window, data)
    assert window.session.preset_choice.current.name == "Sea"
    assert sorted(preset_folder().iterdir()) == before  # used, and not taken in as a copy
    assert data.hasFormat(NAME_FORMAT)
    library.close()
    window.session.draft.manuscript.mark_clean()
    window.close()
    assert not path.exists()


def test_a_heading_and_a_broken_file_are_not_dragged(
    library: PresetLibraryWindow, qtbot: QtBot
) -> None:
    (preset_folder() / "bad.json").write_text("{")
    qtbot.waitUntil(lambda: "bad.json" in titles(library), timeout=LONG)
    model = library.list.model()
    for row in range(model.rowCount()):
        index = model.index(row, 0)
        if index.data() in ("Yours", "Built in", "Could not be read", "bad.json"):
            assert not index.flags() & Qt.ItemFlag.ItemIsDragEnabled, index.data()


def test_the_default_is_set_and_taken_back(
    window: MainWindow, library: PresetLibraryWindow
) -> None:
    click(library, "Sea")
    box = library.details.default
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert window.library.defaults.default == "Sea"
    assert Mark.DEFAULT in selected(library).marks
    click(library, "Dry")
    assert not box.isChecked()
    assert "“Sea”" in box.toolTip()
    click(library, "Sea")
    assert box.isChecked()
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert window.library.defaults.default == ""
    # Without a model there is none to set one for.
    assert not library.details.of_model.isEnabled()
    assert library.details.of_model.toolTip() == "Open a model first"


def test_the_list_follows_while_it_is_in_view_and_rests_while_it_is_not(
    window: MainWindow, library: PresetLibraryWindow
) -> None:
    changes: list[None] = []
    state_of(library).changed.connect(lambda: changes.append(None))
    window.session.sampling.change(temperature=0.9)
    assert len(changes) == 1
    window.session.sampling.change(temperature=0.8)  # turned it is already
    assert len(changes) == 1
    library.close()
    window.session.presets.revert()
    assert len(changes) == 1
    window.library.open.trigger()
    assert Mark.TURNED not in selected(library).marks


def test_its_menu_has_what_its_keys_do(library: PresetLibraryWindow) -> None:
    click(library, "Sea")
    library.actions_.star.trigger()
    names = [action.text() for action in library.actions_.menu().actions() if action.text()]
    assert names == [
        "&Use",
        "&Compare with…",
        "No &favourite",
        "D&uplicate",
        "&Rename…",
        "De&lete",
    ]


def test_the_folder_is_shown(library: PresetLibraryWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    library.actions_.show_folder.trigger()
    assert opened == [str(preset_folder())]


def test_it_stands_where_it_stood(
    window: MainWindow, library: PresetLibraryWindow, open_window: Callable[[], MainWindow]
) -> None:
    library.resize(780, 500)
    window._remember()
    again = open_window()
    again.library.open.trigger()
    view = again.library.view
    assert view is not None
    assert (view.width(), view.height()) == (780, 500)
    view.close()


def test_what_is_compared_is_shown_beside_the_one_in_use(
    window: MainWindow, library: PresetLibraryWindow, qtbot: QtBot
) -> None:
    click(library, "Sea")
    library.actions_.compare.trigger()
    comparison = library.comparison
    assert isinstance(comparison, QDialog)
    assert comparison.isVisible()
    assert comparison.left.currentText() == "Sea"
    assert comparison.right.currentText() == "Creative writing"
    comparison.close()
    window.session.sampling.change(temperature=0.9)
    library.actions_.compare.trigger()
    assert comparison.right.currentText() == "Values in force"
    comparison.close()
