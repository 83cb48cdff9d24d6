"""The window's language is the first of the user's that there is a translation for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from studio import translation
from studio.app import language
from studio.translation import tr


class Upper(QTranslator):
    """A language of capitals, in which one text has no words."""

    def translate(
        self, context: str, text: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return "" if text == "Keep" else text.upper()


@pytest.fixture(autouse=True)
def english_again(qapp: QCoreApplication) -> Iterator[None]:
    yield
    translation.use(None)


def test_where_there_is_no_translation_it_is_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        monkeypatch.setattr(language, "resource", lambda *_, folder=folder: folder)
        language.speak(QLocale("de_DE"))
        assert tr("Open") == "Open"


def test_what_a_translator_knows_is_shown_and_the_rest_in_english(qapp: QCoreApplication) -> None:
    upper = Upper()
    try:
        language.install(upper)
        assert tr("Open") == "OPEN"
        assert tr("Keep") == "Keep"
    finally:
        qapp.removeTranslator(upper)
