"""A real translation, from the source to what Qt reads."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import make_translations
import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from studio import translation
from studio.app import language
from studio.translation import tr

SOURCE = """
from studio.translation import mark, tr

NAME = mark("“Marked” …")

class View(QWidget):
    def show(self, name, count):
        tr("Add {name}", name=f"{name!r}")
        tr("Open", "as a lane is")
        tr(
            "%n tokens "
            "here",
            "",
            count,
            one="%n token here",
        )
"""
pytestmark = pytest.mark.process  # lupdate and lrelease

GERMAN = {
    "“Marked” …": ["„Markiert“ …"],
    "Add {name}": ["{name} dazu"],
    "Open": ["Weit"],
    "%n tokens here": ["Hier ein Token", "Hier %n Token"],
}


@pytest.fixture
def translations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of resources with a German translation of a program of five texts."""
    (tmp_path / "studio").mkdir()
    (tmp_path / "studio" / "view.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.setattr(make_translations, "ROOT", tmp_path)
    file = tmp_path / "translations" / "studio_de.ts"
    assert make_translations.collect(file, "de") == []
    tree = ElementTree.parse(file)
    for message in tree.iter("message"):
        translated = message.find("translation")
        assert translated is not None
        translated.attrib.clear()
        forms = GERMAN[message.findtext("source", "")]
        if message.get("numerus"):
            for element, form in zip(translated.iter("numerusform"), forms, strict=True):
                element.text = form
        else:
            [translated.text] = forms
    tree.write(file, encoding="utf-8")
    make_translations.release(file)
    monkeypatch.setattr(language, "resource", tmp_path.joinpath)
    yield file
    translation.use(None)
    if application := QCoreApplication.instance():
        for translator in application.findChildren(QTranslator):
            application.removeTranslator(translator)
            translator.deleteLater()


def test_from_source_to_screen(translations: Path, qapp: QCoreApplication) -> None:
    language.speak(QLocale("de_AT"))
    assert tr("“Marked” …") == "„Markiert“ …"
    assert tr("Add {name}", name="sea") == "sea dazu"
    assert (tr("Open"), tr("Open", "as a lane is")) == ("Open", "Weit")
    text = "%n tokens here"
    assert [tr(text, "", it, one="%n token here") for it in (1, 2, 1234)] == [
        "Hier ein Token",
        "Hier 2 Token",
        "Hier 1,234 Token",
    ]
    # What is translated is kept when texts come and go.
    view = make_translations.ROOT / "studio" / "view.py"
    view.write_text(SOURCE.replace('tr("Open", ', 'tr("New")\n        tr("Old", '))
    assert make_translations.collect(translations, "de") == []
    kept = {it.findtext("source"): it.find("translation") for it in _messages(translations)}
    assert set(kept) == {*GERMAN, "New", "Old"} - {"Open"}
    assert kept["Add {name}"] is not None
    assert kept["Add {name}"].text == "{name} dazu"


def test_a_language_without_a_translation_is_english(
    translations: Path, qapp: QCoreApplication
) -> None:
    language.speak(QLocale("fr_FR"))
    assert tr("Open", "as a lane is") == "Open"


def test_wrong_braces_are_reported(translations: Path) -> None:
    text = translations.read_text(encoding="utf-8").replace("{name} dazu", "{nmae} dazu")
    translations.write_text(text, encoding="utf-8")
    [wrong] = make_translations.collect(translations, "de")
    assert "Add {name}" in wrong


def test_every_text_of_the_program_is_found(tmp_path: Path) -> None:
    assert make_translations.collect(tmp_path / "studio.ts") == []


def _messages(file: Path) -> Iterator[ElementTree.Element]:
    return ElementTree.parse(file).iter("message")
