from pathlib import Path

import pytest
from msgspec import structs
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from studio.app.engine_line.process import End, Outcome
from studio.app.model.state import ModelState
from studio.app.settings import RECENT_MODELS, RECENT_SERVERS, Settings
from studio.engine.messages import Failed, Load, Loaded, Loading
from studio.ui.model.picker import ModelPicker
from tests.helpers.fake_engine import FakeClient, model_report


@pytest.fixture
def client(qtbot: QtBot) -> FakeClient:
    return FakeClient()


@pytest.fixture
def model(client: FakeClient) -> ModelState:
    return ModelState(client)


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    path = tmp_path / "Starter.Q4_1.gguf"
    path.write_bytes(b"\0" * 2_000_000)
    return path


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def picker(model: ModelState, settings: Settings, starter: Path, qtbot: QtBot) -> ModelPicker:
    picker = ModelPicker(model, settings, starter, [QAction("Open model…")])
    qtbot.addWidget(picker)
    picker.show()
    return picker


def entries(picker: ModelPicker) -> list[tuple[str, bool, bool]]:
    picker.menu().aboutToShow.emit()
    return [
        (action.text(), action.isEnabled(), action.isChecked())
        for action in picker.menu().actions()
        if not action.isSeparator()
    ]


def test_it_says_what_is_open(picker: ModelPicker, model: ModelState, client: FakeClient) -> None:
    assert picker.text().strip() == "Open a model"
    model.open("/m/Tiny.Q4_1.gguf")
    assert picker.text().strip() == "Tiny.Q4_1"
    assert "/m/Tiny.Q4_1.gguf" in picker.toolTip()
    assert "Esc" in picker.toolTip()
    request = client.sent[-1].request
    client.answer(Loaded(request=request, report=model_report("/m/Tiny.Q4_1.gguf")))
    assert picker.text().strip() == "Tiny  Q4_1"
    assert "all 30 layers on CPU" in picker.toolTip()
    assert picker.accessibleDescription() == picker.toolTip()
    model.open("/m/Bad.gguf")
    for name in ("Bad", "Tiny.Q4_1"):
        assert picker.text().strip() == name
        request = client.sent[-1].request
        client.answer(Failed(request=request, kind="model_file", message="It is bad."))
    assert picker.text().strip() == "Tiny.Q4_1 (not open)"
    assert "It is bad." in picker.toolTip()


def test_the_menu_has_starter_recent_and_actions(
    picker: ModelPicker,
    model: ModelState,
    client: FakeClient,
    settings: Settings,
    starter: Path,
    tmp_path: Path,
) -> None:
    assert entries(picker) == [
        ("Starter.Q4_1 (starter model)\t2 MB", True, False),
        ("Open model…", True, False),
    ]
    there = tmp_path / "Q&A.gguf"
    there.write_bytes(b"\0")
    for path in (str(starter), str(there), "/gone/away.gguf"):
        settings.remember(RECENT_MODELS, path)
    assert entries(picker) == [
        ("Starter.Q4_1 (starter model)\t2 MB", True, False),
        ("away\tnot found", False, False),
        ("Q&&A\t0 MB", True, False),
        ("Open model…", True, False),
    ]
    picker.menu().actions()[2].trigger()
    assert model.path == str(there)
    request = client.sent[-1].request
    client.answer(Loaded(request=request, report=model_report(str(there))))
    assert [checked for _, _, checked in entries(picker)] == [False, False, True, False]


def test_a_long_name_leaves_room_for_the_others(
    picker: ModelPicker, model: ModelState, client: FakeClient
) -> None:
    name = "A-Very-Long-Model-Name-Instruct-Abliterated-Merged-v0.3-imatrix-from-somewhere-70B"
    model.open(f"/m/{name}.gguf")
    client.answer(Loaded(request=client.sent[-1].request, report=model_report(f"/m/{name}.gguf")))
    assert picker.sizeHint().width() < 60 * picker.fontMetrics().averageCharWidth()
    assert "…" in picker.text()
    assert picker.text().strip().endswith("Q4_1"), "what tells models apart is at the end"
    assert name in picker.toolTip()


def test_an_ampersand_is_a_letter(picker: ModelPicker, model: ModelState) -> None:
    model.open("/m/Q&A.gguf")
    assert picker.text().strip() == "Q&&A"


def test_a_file_that_ended_the_engine_is_marked_and_may_be_tried_again(
    client: FakeClient, model: ModelState, settings: Settings, picker: ModelPicker, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"\0" * 1000)
    settings.remember(RECENT_MODELS, str(bad))
    model.open(str(bad))
    client.answer(Loading(request=client.sent[-1].request, fraction=0.0))
    client.die(Outcome(End.CRASHED, 6, "", ("GGML_ASSERT(x) failed",)))
    picker.menu().aboutToShow.emit()
    (action,) = [one for one in picker.menu().actions() if one.text().startswith("bad")]
    assert action.text() == "bad\tended the engine last time"
    assert "SIGABRT" in action.toolTip()
    assert action.isEnabled()


def test_servers_stand_behind_the_files(
    picker: ModelPicker, model: ModelState, client: FakeClient, settings: Settings
) -> None:
    url = "http://cellar:8080"
    settings.remember(RECENT_SERVERS, url)
    model.open(url, key="open-sesame")
    load = client.sent[-1]
    assert isinstance(load, Load)
    assert (load.path, load.key) == (url, "open-sesame")
    assert picker.text().strip() == "cellar:8080"
    report = structs.replace(model_report(url), name="Large")
    client.answer(Loaded(request=load.request, report=report))
    assert picker.text().strip() == "Large at cellar:8080"
    names = [(text.partition("\t")[0], checked) for text, _, checked in entries(picker)]
    assert names[1] == (url, True)
    model.reopen()
    load = client.sent[-1]
    assert isinstance(load, Load)
    assert load.key == "open-sesame"
