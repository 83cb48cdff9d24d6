"""Compiled translations as they are read without Qt: what is found is what Qt finds."""

from pathlib import Path

import pytest
from PySide6.QtCore import QTranslator

from studio.translation_file import lookup_of, read_translation
from tests.helpers.compiled_translation import compiled_translation

FORMS = ["eins %n", "zwei %n", "drei %n", "vier %n", "fünf %n", "sechs %n"]
LANGUAGES = {
    "de": 2, "fr": 2, "ja": 1, "ru": 3, "pl": 3, "cs": 3, "lt": 3, "ar": 6, "ga": 3, "sl": 4,
    "lv": 3, "mt": 4, "ro": 3, "cy": 5, "mk": 3, "is": 2, "gd": 4,
}  # fmt: skip
"""How many forms counts have in them."""
COUNTS = (*range(130), 199, 200, 999, 1000, 1001, 1234, 20_001, 1_000_000, 11_000_002)


def texts(forms: int) -> dict[tuple[str, str], list[str]]:
    return {
        ("Open", ""): ["Öffnen €"],
        ("Open", "as a lane is"): ["Weit 🐟"],
        ("Nicht", ""): [""],
        ("%n tokens", ""): FORMS[:forms],
    }


@pytest.mark.process
@pytest.mark.parametrize(("language", "forms"), LANGUAGES.items())
def test_it_finds_what_qt_finds(language: str, forms: int, tmp_path: Path) -> None:
    file = compiled_translation(tmp_path, language, texts(forms))
    theirs = QTranslator()
    assert theirs.load(str(file))
    look_up = lookup_of(file)
    asked = [(text, comment, -1) for text, comment in texts(forms)]
    asked += [("Unknown", "", -1), ("Open", "unknown", -1)]
    asked += [("%n tokens", "", count) for count in COUNTS]
    for text, comment, count in asked:
        # Qt puts the number in itself.
        found = (theirs.translate("", text, comment, count) or "").replace("%n", str(count))
        ours = look_up(text, comment, count).replace("%n", str(count))
        assert ours == found, (text, comment, count)
    assert look_up("Open", "", -1) == "Öffnen €"
    met = {look_up("%n tokens", "", count) for count in COUNTS}
    assert met == set(FORMS[:forms])


def test_what_is_no_translation_translates_nothing(tmp_path: Path) -> None:
    assert lookup_of(tmp_path / "none.qm")("Open", "", -1) == ""
    file = tmp_path / "studio_de.qm"
    file.write_text("no translation", encoding="utf-8")
    assert lookup_of(file)("Open", "", 3) == ""
    with pytest.raises(ValueError, match="magic"):
        read_translation(b"")


@pytest.mark.process
def test_of_a_damaged_file_nothing_else_is_raised(tmp_path: Path) -> None:
    file = compiled_translation(tmp_path, "ar", texts(6))
    data = file.read_bytes()
    for length in range(len(data)):
        file.write_bytes(data[:length])
        assert isinstance(lookup_of(file)("%n tokens", "", 11), str), length
    for place in range(16, len(data)):
        file.write_bytes(data[:place] + bytes([data[place] ^ 0x85]) + data[place + 1 :])
        assert isinstance(lookup_of(file)("%n tokens", "", 11), str), place
