"""The language of the window: the user's, where there is a translation, else English."""

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from studio import translation
from studio.resource_files import resource

_CONTEXT = ""
"""What `lupdate` writes for calls of a function `tr` in Python, in classes and outside."""


def speak(locale: QLocale) -> None:
    """Show texts in the first of the user's languages that has a translation.

    The translations are the files ``studio_*.qm`` of ``resources/translations``; Qt's own texts,
    such as those of a field's menu, follow where Qt has them.

    Args:
        locale: The user's, with the languages in order of preference.
    """
    folder = resource("translations")
    if not folder.is_dir():
        return
    ours = QTranslator(QCoreApplication.instance())
    if not ours.load(locale, "studio", "_", str(folder)):
        return
    install(ours)
    theirs = QTranslator(QCoreApplication.instance())
    path = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if theirs.load(QLocale(ours.language()), "qtbase", "_", path):
        QCoreApplication.installTranslator(theirs)


def install(translator: QTranslator) -> None:
    """Look up every text in `translator`, which must live as long as the program."""
    QCoreApplication.installTranslator(translator)

    def look_up(text: str, comment: str, count: int) -> str:
        return translator.translate(_CONTEXT, text, comment or None, count) or ""

    translation.use(look_up, translator.filePath())
