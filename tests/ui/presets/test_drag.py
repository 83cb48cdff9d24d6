"""What a drag carries out, and that it comes in again as it was."""

import gc
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QApplication

from studio.presets import PresetDocument
from studio.presets.foreign import import_file
from studio.ui.presets.drag import DragFolder, PresetMimeData, dragged_name

DOCUMENT = PresetDocument.read(
    b'{"name": "Sea & rain", "sampling": {"temperature": null, "top_k": 5, "new": 1},'
    b' "stop": ["\\n"], "notes": "n", "of_tomorrow": [1, 2]}'
)


@pytest.fixture
def folder(qapp: QApplication) -> DragFolder:
    return DragFolder()


def test_the_file_comes_in_as_the_preset_that_went_out(folder: DragFolder) -> None:
    data = PresetMimeData(DOCUMENT, folder)
    (url,) = data.urls()
    path = Path(url.toLocalFile())
    assert path.name == "Sea & rain.json"
    (imported,) = import_file(path)
    assert imported.document == DOCUMENT  # with the keys that this program does not know
    assert {entry.fate for entry in imported.not_carried} == {"idle"}  # those keys


def test_text_fields_get_the_same_as_text(folder: DragFolder) -> None:
    data = PresetMimeData(DOCUMENT, folder)
    assert data.hasText()
    assert PresetDocument.read(data.text().encode()) == DOCUMENT


def test_nothing_is_written_before_it_is_asked_for(folder: DragFolder) -> None:
    data = PresetMimeData(DOCUMENT, folder)
    assert data.hasUrls()
    assert dragged_name(data) == "Sea & rain"
    assert data.text()
    assert folder.path is None
    assert data.urls()
    assert folder.path is not None


def test_the_folder_is_removed_at_the_end() -> None:
    folder = DragFolder()
    first = folder.write(DOCUMENT).parent
    folder.close()
    assert not first.exists()
    second = folder.write(DOCUMENT).parent  # it can be used again
    assert second.exists()
    del folder
    gc.collect()
    assert not second.is_dir()


def test_where_no_file_can_be_written_there_is_the_text(
    folder: DragFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OSError("No space left on device")

    monkeypatch.setattr(folder, "write", full)
    data = PresetMimeData(DOCUMENT, folder)
    assert data.urls() == []
    assert data.text()


def test_other_drags_are_no_preset(qapp: QApplication) -> None:
    data = QMimeData()
    data.setText("{}")
    assert dragged_name(data) == ""
