"""What is remembered, in whatever state the file is."""

import json
import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.app import settings as declared
from studio.app.background import Background
from studio.app.explain_steps import STEP_NAMES
from studio.app.heat.measure import HeatMeasure
from studio.app.landscape.state import COUNTS
from studio.app.settings import DECLARED, Setting, Settings
from studio.app.settings_file import MOST_BYTES, SettingsFile, SettingsFileError
from tests.helpers.waiting import LONG

ALL: list[Setting[Any]] = list(DECLARED.values())
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("own_settings")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set is written in a moment that no test waits for."""
    monkeypatch.setattr("studio.app.settings._DELAY_MS", 20)


def other_value(setting: Setting[Any]) -> object:
    """A value that it may have and is not its default."""
    match setting.default, setting.allowed:
        case bool(), _:
            return not setting.default
        case int(), range() as numbers:
            return numbers.stop - 1
        case _, tuple() as words:
            return next(word for word in words if word != setting.default)
        case str(), allowed if callable(allowed):
            texts = ("left", "-7 20 1320 860 maximized", "900 400")
            return next(text for text in texts if setting.allows(text))
        case list(), _:
            half = "\udcff" if setting.is_path else "½"
            return ["/a/b, c.txt", f"/d {half} “é” 日本.txt", "C:\\x\n.txt"]
        case _:
            return "a, “b” & c; %20 \\ 日本 @ByteArray(x)"


def put(path: Path, tree: object) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps(tree).encode()
    path.write_bytes(data)
    return data


def names(path: Path) -> set[str]:
    return {found.name for found in path.parent.iterdir()} if path.parent.exists() else set()


def test_each_is_declared_once_and_takes_its_default() -> None:
    values = [value for value in vars(declared).values() if isinstance(value, Setting)]
    assert len(values) == len(ALL) >= 10
    for setting in ALL:
        assert setting.description
        assert setting.limits
        assert setting.allows(setting.default)
        assert setting.allows(other_value(setting))


@pytest.mark.parametrize(
    ("setting", "right", "wrong"),
    [
        (
            declared.PLACE,
            ["", "0 0 0 0", "-7 20 1320 860", "1 2 3 4 maximized", "1 2 3 4 full-screen"],
            ["1 2 3", "1 2 3 4 5", "1 2 -3 4", "1 2 3 4 x", "1234567 2 3 4", "٣ 2 3 4", " 1 2 3 4",
             "--1 2 3 4", "1  2 3 4", "maximized", "1 2 3 4\n"],
        ),
        (declared.COLUMNS, ["", "900 400"], ["1", "-1 2", "1 2 3", "a b", "1 2 "]),
        (
            declared.EXPLAIN_PLACE,
            ["", "right", "left", "afloat -1 -2 3 4"],
            ["up", "right ", "afloat", "afloat 1 2 3", "afloat 1 2 3 4 5", "afloat 1 2 3 -4"],
        ),
    ],
    ids=["window", "columns", "panel"],
)  # fmt: skip
def test_places_are_numbers_of_screens(
    setting: Setting[str], right: list[str], wrong: list[str]
) -> None:
    assert [text for text in right if not setting.allows(text)] == []
    assert [text for text in wrong if setting.allows(text)] == []


def test_what_others_allow_is_allowed() -> None:
    assert declared.HEAT.allowed == tuple(measure.value for measure in HeatMeasure)
    assert declared.LANDSCAPE_COUNT.allowed == COUNTS
    assert all(declared.EXPLAIN_STEP.allows(step) for step in STEP_NAMES)


@pytest.mark.parametrize("setting", ALL, ids=lambda setting: setting.key)
def test_a_round_trip(setting: Setting[Any]) -> None:
    assert Settings().get(setting) == setting.default
    value = other_value(setting)
    first = Settings()
    first.set(setting, value)
    assert first.get(setting) == value
    assert first.save() == ""
    again = Settings()
    assert (again.problem, again.get(setting)) == ("", value)
    again.set(setting, setting.default)
    again.save()
    assert Settings().get(setting) == setting.default


def test_a_list_is_never_that_of_the_declaration() -> None:
    first = Settings()
    first.get(declared.RECENT_FILES).append("/a.txt")
    first.remember(declared.RECENT_FILES, "/b.txt")
    first.get(declared.RECENT_FILES).append("/c.txt")
    assert first.get(declared.RECENT_FILES) == ["/b.txt"]
    assert declared.RECENT_FILES.default == []


def test_recent_things_are_the_newest_first_each_once_and_not_too_many() -> None:
    first = Settings()
    for number in [*range(20), 15]:
        first.remember(declared.RECENT_FILES, f"/{number}.txt")
    recent = first.get(declared.RECENT_FILES)
    assert recent[:3] == ["/15.txt", "/19.txt", "/18.txt"]
    assert len(recent) == len(set(recent)) == 8
    first.forget(declared.RECENT_FILES, "/19.txt")
    first.forget(declared.RECENT_FILES, "/not there.txt")
    assert first.get(declared.RECENT_FILES)[:2] == ["/15.txt", "/18.txt"]


def test_the_file_is_json_and_nobody_elses(own_settings: Path) -> None:
    former = os.umask(0)
    try:
        first = Settings()
        first.set(declared.FOLDER, "/a/é")
        first.save()
    finally:
        os.umask(former)
    assert own_settings.read_text() == '{\n "file/folder": "/a/é"\n}\n'
    assert stat.S_IMODE(own_settings.stat().st_mode) == 0o600
    assert stat.S_IMODE(own_settings.parent.stat().st_mode) == 0o700
    own_settings.chmod(0o644)
    first.set(declared.FOLDER, "/b")
    first.save()
    assert stat.S_IMODE(own_settings.stat().st_mode) == 0o600, "whatever it was before"


def test_it_is_written_soon_in_another_thread_and_nothing_runs_at_rest(
    own_settings: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Settings()
    writers: list[str] = []
    update = SettingsFile.update

    def seen(self: SettingsFile, change: Any) -> str:
        writers.append(threading.current_thread().name)
        return update(self, change)

    monkeypatch.setattr(SettingsFile, "update", seen)
    assert not running(first), "nothing has changed"
    for zoom in (1, 2, 3):
        first.set(declared.ZOOM, zoom)
    first.set(declared.ZOOM, 3)
    assert not own_settings.exists()
    qtbot.waitUntil(lambda: bool(writers) and not is_being_written(first), timeout=LONG)
    assert json.loads(own_settings.read_text()) == {"window/zoom": 3}
    assert writers == ["settings"], "one write of all that came together"
    assert not running(first)
    assert first.save() == ""
    assert writers == ["settings"], "there is nothing to write"
    assert names(own_settings) == {"settings.json"}


def test_a_drive_that_does_not_answer_is_not_waited_for(
    own_settings: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, asked = threading.Event(), threading.Event()
    update = SettingsFile.update

    def late(self: SettingsFile, change: Any) -> str:
        asked.set()
        assert answers.wait(LONG / 1000)
        return update(self, change)

    monkeypatch.setattr(SettingsFile, "update", late)
    monkeypatch.setattr("studio.app.background._LONGEST_WAIT", 0.05)
    first = Settings()
    first.set(declared.ZOOM, 3)
    qtbot.waitUntil(asked.is_set, timeout=LONG)
    assert "a drive that does not answer" in first.save()
    answers.set()
    qtbot.waitUntil(lambda: not is_being_written(first), timeout=LONG)
    assert json.loads(own_settings.read_text()) == {"window/zoom": 3}


def is_being_written(settings: Settings) -> bool:
    disk = settings.findChild(Background)
    assert isinstance(disk, Background)
    return disk.is_busy


def running(of: Settings) -> list[QTimer]:
    return [timer for timer in of.findChildren(QTimer) if timer.isActive()]


DAMAGE: list[Any] = [
    None,
    {},
    [3],
    "\0",
    "nonsense \ud800",
    10**30,
    -(10**9),
    1.5,
    ["a"] * 2000,
    "x" * 300_000,
]


@pytest.mark.parametrize("index", range(len(ALL)), ids=lambda index: ALL[index].key)
def test_a_foreign_value_falls_back_alone_and_is_reported_once(
    own_settings: Path, index: int
) -> None:
    setting: Setting[Any] = ALL[index]
    damages = [damage for damage in DAMAGE if not setting.allows(damage)]
    damage = damages[index % len(damages)]
    beside = declared.THREADS if setting is not declared.THREADS else declared.GPU_LAYERS
    data = put(own_settings, {setting.key: damage, beside.key: 7, "of/later": [1, {"a": None}]})
    first = Settings()
    assert first.get(setting) == setting.default
    assert first.get(beside) == 7
    assert setting.key in first.problem
    assert str(own_settings) in first.problem
    assert len(first.problem) < 700
    aside = own_settings.with_name("settings.damaged.json")
    assert (aside.read_bytes(), stat.S_IMODE(aside.stat().st_mode)) == (data, 0o600)
    assert first.save() == ""
    assert json.loads(own_settings.read_text()) == {beside.key: 7, "of/later": [1, {"a": None}]}
    assert Settings().problem == ""


def test_what_falls_back_is_logged_by_name_and_without_its_value(
    own_settings: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(own_settings, {"window/appearance": "the old fisherman.txt", "fisherman": float("inf")})
    settings = Settings()
    assert "fisherman" in settings.problem, "the user is told"
    assert caplog.messages == ["settings: 2 cannot be used (window/appearance)"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\0" * 100,
        b"null",
        b"[" * 500_000,
        b'{"a":' * 100_000,
        b'{"window/zoom": 1}' + b" " * MOST_BYTES,
        b"[window]\nzoom=1\n",
    ],
    ids=lambda data: repr(data[:14]),
)
def test_what_is_no_settings_is_put_aside_and_reported(own_settings: Path, data: bytes) -> None:
    own_settings.parent.mkdir(parents=True)
    for number in ("", "-2"):
        own_settings.write_bytes(data)
        first = Settings()
        assert first.get(declared.ZOOM) == 0
        assert str(own_settings) in first.problem
        aside = own_settings.with_name(f"settings.damaged{number}.json")
        assert aside.name in first.problem
        assert (aside.read_bytes(), stat.S_IMODE(aside.stat().st_mode)) == (data, 0o600)
        first.set(declared.ZOOM, 2)
        assert first.save() == ""
        again = Settings()
        assert (again.problem, again.get(declared.ZOOM)) == ("", 2)


@pytest.mark.parametrize("key", ["window/zoom", "of/later"])
def test_a_value_that_is_as_deep_as_can_be_read_is_reported(own_settings: Path, key: str) -> None:
    own_settings.parent.mkdir(parents=True)
    problems: set[str] = set()
    for depth in (40, 400, *range(880, 1000, 8), 1100, 5_000, 20_000, 100_000):
        own_settings.write_text(f'{{"{key}": {"[" * depth}{"]" * depth}, "window/face": "sans"}}')
        first = Settings()
        assert first.get(declared.FACE) in ("sans", "serif")
        problems.add(first.problem.partition(" in ")[0])
        for aside in own_settings.parent.glob("*damaged*"):
            aside.unlink()
    assert problems == {"A setting", "The settings"}, "one, or more than can be read at all"


def test_a_byte_that_is_no_utf8_damages_no_other_value(own_settings: Path) -> None:
    own_settings.parent.mkdir(parents=True)
    own_settings.write_bytes(b'\xef\xbb\xbf{"window/zoom": 1, "window/face": "\xff", "b\xe9": 1}')
    first = Settings()
    assert first.get(declared.ZOOM) == 1
    assert "window/face" in first.problem
    assert first.save() == ""
    assert (Settings().problem, Settings().get(declared.ZOOM)) == ("", 1)


KEYS = st.sampled_from(list(DECLARED)) | st.text(max_size=8)
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=3), inside),
        max_leaves=8,
    ),
    max_size=6,
)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    data=st.binary(max_size=60)
    | TREES.map(lambda tree: json.dumps(tree).encode())
    | TREES.map(lambda tree: json.dumps(tree).encode()[:-3])
)
def test_whatever_the_file_holds_every_value_is_of_its_type(
    own_settings: Path, data: bytes
) -> None:
    own_settings.parent.mkdir(parents=True, exist_ok=True)
    for found in own_settings.parent.iterdir():
        found.unlink()
    own_settings.write_bytes(data)
    first = Settings()
    assert all(setting.allows(first.get(setting)) for setting in ALL)
    assert first.save() == ""
    again = Settings()
    assert again.problem == ""
    assert all(first.get(setting) == again.get(setting) for setting in ALL)
    if first.problem:
        kept = [found.read_bytes() for found in own_settings.parent.glob("*.damaged*")]
        assert kept == [data], "nothing is lost of what could not be used"


def test_a_folder_in_its_place_is_left_and_reported(own_settings: Path, qtbot: QtBot) -> None:
    own_settings.mkdir(parents=True)
    first = Settings()
    assert "Is a directory" in first.problem
    reported: list[str] = []
    first.failed.connect(reported.append)
    first.set(declared.ZOOM, 1)
    assert first.get(declared.ZOOM) == 1
    qtbot.waitUntil(lambda: not running(first) and not is_being_written(first), timeout=LONG)
    assert reported == [], "it was told at the start"
    assert "Is a directory" in first.save()
    assert own_settings.is_dir()


def test_a_pipe_in_its_place_holds_nothing_up(own_settings: Path) -> None:
    own_settings.parent.mkdir(parents=True)
    os.mkfifo(own_settings)
    first = Settings()
    assert "pipe" in first.problem
    first.set(declared.ZOOM, 1)
    assert "pipe" in first.save()


def test_a_file_in_the_folders_place_is_reported_once_until_it_works(
    own_settings: Path, qtbot: QtBot
) -> None:
    first = Settings()
    reported: list[str] = []
    first.failed.connect(reported.append)
    own_settings.parent.parent.mkdir(parents=True, exist_ok=True)
    own_settings.parent.write_text("in the way")
    for zoom in (1, 2):
        first.set(declared.ZOOM, zoom)
        qtbot.waitUntil(lambda: not running(first) and not is_being_written(first), timeout=LONG)
    assert len(reported) == 1
    assert str(own_settings) in reported[0]
    own_settings.parent.unlink()
    first.set(declared.THREADS, 5)
    assert first.save() == ""
    tree = json.loads(own_settings.read_text())
    assert tree == {"window/zoom": 2, "model/threads": 5}, "what could not be written before too"


def test_what_a_thread_could_not_write_is_written_at_the_end(
    own_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window closes before it has heard of the failure."""
    first = Settings()
    asked = threading.Event()

    def refuse(_file: SettingsFile, _change: Any) -> str:
        asked.set()
        raise SettingsFileError("the disk is full")

    first.set(declared.ZOOM, 2)
    with monkeypatch.context() as full:
        full.setattr(SettingsFile, "update", refuse)
        (delay,) = running(first)
        delay.timeout.emit()
        assert asked.wait(LONG / 1000)
        for thread in threading.enumerate():
            if thread.name == "settings":
                thread.join()
    assert first.save() == ""
    assert json.loads(own_settings.read_text()) == {"window/zoom": 2}


def test_of_two_windows_both_keep_what_they_set(own_settings: Path) -> None:
    put(own_settings, {"file/recent": ["/old.txt", "/gone.txt"], "of/later": {"x": 1}})
    one, two = Settings(), Settings()
    one.remember(declared.RECENT_FILES, "/one.txt")
    one.set(declared.ZOOM, 3)
    two.remember(declared.RECENT_FILES, "/two.txt")
    two.forget(declared.RECENT_FILES, "/gone.txt")
    two.set(declared.FACE, "sans")
    assert one.save() == two.save() == ""
    assert json.loads(own_settings.read_text()) == {
        "file/recent": ["/two.txt", "/one.txt", "/old.txt"],
        "window/zoom": 3,
        "window/face": "sans",
        "of/later": {"x": 1},
    }
    assert two.get(declared.RECENT_FILES) == ["/two.txt", "/one.txt", "/old.txt"]
    one.remember(declared.RECENT_FILES, "/three.txt")
    one.save()
    assert Settings().get(declared.RECENT_FILES) == [
        "/three.txt",
        "/two.txt",
        "/one.txt",
        "/old.txt",
    ]
    for number in range(20):
        two.remember(declared.RECENT_FILES, f"/{number}.txt")
    two.save()
    assert len(Settings().get(declared.RECENT_FILES)) == 8


def test_what_another_program_damages_meanwhile_loses_nothing(own_settings: Path) -> None:
    put(own_settings, {"window/face": "sans", "of/later": 1})
    first = Settings()
    own_settings.write_bytes(b"no JSON")
    first.set(declared.ZOOM, 3)
    assert "settings.damaged.json" in first.save()
    tree = json.loads(own_settings.read_text())
    assert tree == {"window/face": "sans", "window/zoom": 3, "of/later": 1}


def test_what_another_program_adds_meanwhile_cannot_keep_it_from_being_written(
    own_settings: Path,
) -> None:
    first = Settings()
    first.set(declared.ZOOM, 3)
    own_settings.parent.mkdir(parents=True)
    data = b'{"far": 1e999, "deep": ' + b"[" * 400 + b"]" * 400 + b', "of/later": [1]}'
    own_settings.write_bytes(data)
    assert first.save() == ""
    assert json.loads(own_settings.read_text()) == {"window/zoom": 3, "of/later": [1]}
    assert own_settings.with_name("settings.damaged.json").read_bytes() == data


class Harmful:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self._path),)


def test_settings_of_a_former_version_are_taken_over_once(
    own_settings: Path, tmp_path: Path
) -> None:
    own_settings.parent.mkdir(parents=True)
    ini = own_settings.with_name("kelvin-studio.ini")
    ini.write_text(
        "[General]\nprofile=Data augmentation\n\n"
        "[window]\n"
        "appearance=dark\n"
        "geometry=@ByteArray(\\x1\\xd9\\xd0\\xcb)\n"
        "zoom=2\n"
        "brief_open=false\n"
        'face="sa\\x6es"\n'
        "heat=@Variant(\\0\\0\\0\\x7f)\n\n"
        "[file]\n"
        'recent=/a b.txt, "/c, \\"d\\" \\x65e5.txt", /e.txt\n'
        "folder=@@home\n"
        "last_caret=12\n\n"
        "[model]\nrecent=/one.gguf\nthreads=many\n"
        "[presets]\nfavourites=@Invalid()\n"
    )
    data = ini.read_bytes()
    first = Settings()
    assert first.get(declared.CHOSEN_PRESET) == "Data augmentation"
    assert first.get(declared.APPEARANCE) == "dark"
    assert first.get(declared.ZOOM) == 2
    assert first.get(declared.BRIEF_OPEN) is False
    assert first.get(declared.FACE) == "sans"
    assert first.get(declared.RECENT_FILES) == ["/a b.txt", '/c, "d" 日.txt', "/e.txt"]
    assert first.get(declared.FOLDER) == "@home"
    assert first.get(declared.LAST_CARET) == 12
    assert first.get(declared.RECENT_MODELS) == ["/one.gguf"]
    assert first.get(declared.HEAT) == "off"
    assert first.get(declared.THREADS) == 0
    assert "window/heat" in first.problem
    assert "model/threads" in first.problem
    assert "geometry" not in first.problem
    assert first.save() == ""
    assert ini.with_name("kelvin-studio.ini.old").read_bytes() == data
    own_settings.unlink()
    assert Settings().get(declared.ZOOM) == 0, "it does not come back"


def test_no_object_is_made_of_what_a_former_file_holds(own_settings: Path, tmp_path: Path) -> None:
    from PySide6.QtCore import QSettings

    trap = tmp_path / "trap"
    ini = own_settings.with_name("kelvin-studio.ini")
    file = QSettings(str(ini), QSettings.Format.IniFormat)
    for key in ("profile", "window/zoom", "file/recent", "presets/favourites"):
        file.setValue(key, Harmful(trap))
    file.sync()
    assert b"@Variant" in ini.read_bytes()
    first = Settings()
    assert all(first.get(setting) == setting.default for setting in ALL)
    assert "profile" in first.problem
    assert not trap.exists()
    script = (
        "import sys; from PySide6.QtCore import QSettings;"
        "QSettings(sys.argv[1], QSettings.Format.IniFormat).value('profile')"
    )
    command = [sys.executable, "-P", "-c", script, str(ini)]
    subprocess.run(command, check=False, capture_output=True, timeout=LONG / 1000)
    assert trap.exists(), "the file is as harmful as it was meant to be"


def test_nobody_asks_qt_for_settings() -> None:
    found = [
        path
        for folder in ("studio", "packaging")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"QSettings\(|\b(import|from) (pickle|shelve|marshal)\b", path.read_text())
    ]
    assert found == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system's own dialog is shown")
def test_qts_own_dialog_remembers_in_the_sessions_folder(empty_home: Path, tmp_path: Path) -> None:
    session = tmp_path / "session"
    session.mkdir(mode=0o700)
    script = (
        "from studio.ui.application import make_application;"
        "from PySide6.QtWidgets import QFileDialog;"
        "application = make_application();"
        "dialog = QFileDialog();"
        "import shiboken6;"
        "dialog.show(); dialog.accept(); shiboken6.delete(dialog)"
    )
    environment = {
        **os.environ,
        "XDG_RUNTIME_DIR": str(session),
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run([sys.executable, "-P", "-c", script], check=True, env=environment, cwd=ROOT)
    assert [path.name for path in session.iterdir()] == ["QtProject.conf"]
    assert list(empty_home.rglob("QtProject.conf")) == []


def test_settings_that_are_too_many_are_not_written(own_settings: Path) -> None:
    put(own_settings, {"window/zoom": 1})
    first = Settings()
    first.set(declared.FAVOURITES, [f"{number} {'x' * 3000}" for number in range(1000)])
    assert "not saved" in first.save()
    assert json.loads(own_settings.read_text()) == {"window/zoom": 1}
