from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QByteArray, QSettings

from studio.engine.messages import LoadOptions
from studio.ui import settings as declared
from studio.ui.model.choice import load_options
from studio.ui.settings import Setting, Settings

DECLARED = [value for value in vars(declared).values() if isinstance(value, Setting)]
OTHER = {
    str: "a, “b” & c; %20 \\ 日本",
    int: -7,
    list: ["/a/b, c.txt", "/d.txt"],
    QByteArray: QByteArray(b"\x00\x01@ByteArray(\xff)"),
}


def other_value(setting: Setting[Any]) -> object:
    if isinstance(setting.default, bool):
        return not setting.default
    return OTHER[type(setting.default)]


def path_of_file() -> Path:
    return Path(
        QSettings(
            QSettings.Format.IniFormat,
            QSettings.Scope.UserScope,
            "kelvin-studio",
            "kelvin-studio",
        ).fileName()
    )


def reread_from_disk(settings: Settings) -> Settings:
    """What another process would find: Qt shares what is not yet on the disk."""
    settings.save()
    text = path_of_file().read_bytes()
    elsewhere = path_of_file().parent / "elsewhere"
    copy = elsewhere / "kelvin-studio" / "kelvin-studio.ini"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(text)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(elsewhere))
    return Settings()


def test_there_are_settings_and_their_keys_differ() -> None:
    assert len(DECLARED) >= 10
    assert len({setting.key for setting in DECLARED}) == len(DECLARED)
    assert all(setting.description for setting in DECLARED)


@pytest.mark.parametrize("setting", DECLARED, ids=lambda setting: setting.key)
def test_the_default_holds_until_something_is_set(setting: Setting[Any]) -> None:
    assert Settings().get(setting) == setting.default


@pytest.mark.parametrize("setting", DECLARED, ids=lambda setting: setting.key)
def test_a_round_trip(setting: Setting[Any]) -> None:
    value = other_value(setting)
    settings = Settings()
    settings.set(setting, value)
    assert settings.get(setting) == value
    assert Settings().get(setting) == value
    again = reread_from_disk(settings).get(setting)
    assert again == value
    assert type(again) is type(setting.default)


@pytest.mark.parametrize("value", [[], ["/only, one.txt"], ["/a.txt", "/b.txt"]])
def test_lists_of_any_length(value: list[str]) -> None:
    settings = Settings()
    settings.set(declared.RECENT_FILES, value)
    assert reread_from_disk(settings).get(declared.RECENT_FILES) == value


@pytest.mark.qt_log_ignore("Trying to construct an instance of an invalid type", extend=True)
@pytest.mark.parametrize("setting", DECLARED, ids=lambda setting: setting.key)
@pytest.mark.parametrize("damage", ["@Invalid()", "@Variant(nonsense)", "one, two", "", "9" * 40])
def test_a_damaged_value_is_never_more_than_a_wrong_one(setting: Setting[Any], damage: str) -> None:
    file = path_of_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    section, _, key = setting.key.rpartition("/")
    file.write_text(f"[{section or 'General'}]\n{key}={damage}\n")
    value = Settings().get(setting)
    assert type(value) is type(setting.default)
    if isinstance(setting.default, bool | QByteArray):
        assert value == setting.default


def test_damaged_options_of_the_model_are_ignored() -> None:
    settings = Settings()
    settings.set(declared.THREADS, 3)
    assert load_options(settings) == LoadOptions(threads=3)
    settings.set(declared.CONTEXT_SIZE, -5)
    assert load_options(settings) == LoadOptions()


def test_recent_things_are_the_newest_first_each_once_and_not_too_many() -> None:
    settings = Settings()
    for number in [*range(20), 15]:
        settings.remember(declared.RECENT_FILES, f"/{number}.txt")
    recent = settings.get(declared.RECENT_FILES)
    assert recent[:3] == ["/15.txt", "/19.txt", "/18.txt"]
    assert len(recent) == len(set(recent)) == 8
    settings.forget(declared.RECENT_FILES, "/19.txt")
    settings.forget(declared.RECENT_FILES, "/not there.txt")
    assert settings.get(declared.RECENT_FILES)[:2] == ["/15.txt", "/18.txt"]
    assert declared.RECENT_FILES.default == [], "the declaration is not what is changed"
