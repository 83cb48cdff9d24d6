"""The real window in a language whose words are the English ones in brackets: none has any other.

The translation is made as one for writers is: by `packaging/make_translations.py`, compiled, and
loaded by the program.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio import translation
from studio.app import language
from studio.app.heat.measure import HeatMeasure
from studio.app.log.program_log import log_folder
from studio.app.model.names import model_title
from studio.app.writing.rewrite_request import RewriteKind
from studio.presets.preset_fields import SAMPLING_FIELDS
from studio.sampling import DEFAULT_SAMPLERS
from studio.ui.about_dialog import AboutDialog
from studio.ui.log_window import LogWindow
from studio.ui.main_window import MainWindow
from studio.ui.model.options_dialog import ModelOptionsDialog
from tests.ui.conftest import LONG, NEVER_ENDS
from tests.ui.shown_words import Words, painting, shown_words

sys.path.append(str(Path(__file__).resolve().parents[2] / "packaging"))
import make_translations

BEGIN, END = "⟦⟧"
_BRACKETED = re.compile(f"{BEGIN}[^{BEGIN}{END}]*{END}")
_CUT = re.compile(f"{BEGIN}[^{END}]*$")
_WORD = re.compile(r"[^\W\d_]{3,}")
_BAR = re.compile(r"\S+ \S+\u202f%;")
"""A token of the model's in the description of the bars."""


@pytest.fixture(scope="module")
def translations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the translation."""
    file = tmp_path_factory.mktemp("resources") / "translations" / "studio_eo.ts"
    assert make_translations.collect(file, "eo") == []
    tree = ElementTree.parse(file)
    for message in tree.iter("message"):
        translated, source = message.find("translation"), message.findtext("source", "")
        assert translated is not None
        translated.attrib.clear()
        for form in list(translated) or [translated]:
            form.text = f"{BEGIN}{source}{END}"
    tree.write(file, encoding="utf-8")
    make_translations.release(file)
    return file.parents[1]


@pytest.fixture(autouse=True)
def of_other_tests(qapp: QApplication) -> frozenset[QWidget]:
    """Widgets that are there before the window is.

    The menus that pyqtgraph makes for each plot are until Python's collector comes by.
    """
    return frozenset(qapp.allWidgets())


@pytest.fixture(autouse=True)
def bracketed(
    translations: Path, qapp: QCoreApplication, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(language, "resource", translations.joinpath)
        language.speak(QLocale("eo"))
    yield
    translation.use(None)
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)
        translator.deleteLater()


def bare(texts: Iterable[Words], names: Sequence[str], alone: frozenset[str]) -> set[str]:
    """The texts with words that are in no brackets.

    Args:
        texts: What is shown.
        names: What may stand in them all the same, the longest first; cut short, too.
        alone: What may stand by itself.
    """
    found = set()
    for shown in texts:
        text = shown.text
        if "<" in text and shown.is_guessed:
            document = QTextDocument()
            document.setHtml(text)
            text = document.toPlainText()
        while (less := _BRACKETED.sub("", text)) != text:
            text = less
        text = _BAR.sub("", _CUT.sub("", text)).replace("\u200b", "")
        # A bar's token begins with a space more often than not, and may be any of the model's.
        if text in alone or text.startswith("␣") or any(_is_cut(text, name) for name in names):
            continue
        for name in names:
            text = text.replace(name, "")
        if _WORD.search(text):
            found.add(f"{shown.where}: {text.strip()[:60]}: {shown.text[:100]!r}")
    return found


def _is_cut(text: str, name: str) -> bool:
    """Whether a text is a name, or what there was room for of it."""
    begins, _, ends = text.removesuffix(" •").partition("…")
    return name == text or (
        "…" in text and name.startswith(begins) and (not ends or name.endswith(ends))
    )


def test_every_word_of_the_window_is_translated(
    of_other_tests: frozenset[QWidget],
    window: MainWindow,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = window.session
    session.draft.manuscript.load("the sea the sea the")
    window.editor.move_caret(len("the sea the sea the"))
    session.sampling.change(logit_bias=NEVER_ENDS, min_p=0.1, seed=1)
    session.sampling.set_max_tokens(6)
    window.landscape.action.trigger()
    window.temperature.set_detailed(True)
    window.sampling.set_open(True)
    window.parameters.action.trigger()
    session.writing.continue_writing()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)

    seen: set[Words] = set()

    def look(*parts: QWidget) -> None:
        with painting(monkeypatch) as painted:
            for part in parts or (window,):
                part.grab()
        seen.update(shown_words(besides=of_other_tests), painted)

    for measure in HeatMeasure:
        session.heat.set_measure(measure)
        look()
    window.editor.select_range(len("the sea "), len(session.draft.manuscript))
    versions: list[str] = []
    for kind in (RewriteKind.AGAIN, RewriteKind.OWN):
        session.rewriting.begin(kind)
        qtbot.waitUntil(lambda: not session.rewriting.is_running, timeout=LONG)
        versions += [version.shown for version in session.rewriting.versions]
        look()
        session.rewriting.close()
    window.editor.move_caret(len("the sea the sea the") + 2)
    window.word.toggle_at_caret()
    qtbot.waitUntil(lambda: window.word.is_open, timeout=LONG)
    look()
    for step in ("logits", "softmax", "temperature", "limits", "filters", "tasks"):
        window.explain.open_at(step)
        look()
    window.editor.move_caret(len("the sea the sea the"))
    window.compare.show(True)
    page = window.compare.page
    assert page is not None
    window.compare.actions.show_parting.setChecked(True)
    window.compare.actions.show_bars.setChecked(True)
    page.bar.popup.open_below(page.bar.set_up)
    look(window, page.bar.popup)
    page.bar.popup.close()
    window.library.open.trigger()
    view = window.library.view
    assert view is not None
    look(view)
    view.comparison.open_with("Code", "Creative writing")
    look(view.comparison)
    for dialog in (
        AboutDialog(window),
        LogWindow(window),
        ModelOptionsDialog(session.model.options, session.model.report, window.theme, window),
    ):
        dialog.show()
        look(dialog)
        dialog.close()
    session.draft.manuscript.mark_clean()
    names = sorted([*known_names(window), *filter(None, versions)], key=len, reverse=True)
    found = bare(seen, names, standing_alone(window))
    assert sorted(found) == []


def known_names(window: MainWindow) -> list[str]:
    """What has the same name in every language, and keys as Qt names them; the longest first."""
    report = window.session.model.report
    assert report is not None
    names = [
        *("Kelvin Studio", "SillyTavern", "KoboldCpp", "Kobold&Cpp", "LM Studio"),
        *("text-generation-webui", "llama.cpp", "pyqtgraph", "msgspec", "psutil", "NumPy", "Jinja"),
        *(
            "PyYAML",
            "regex",
            "sacreBLEU",
            "jsonschema",
            "keyring",
            "LGPL-3.0",
            "MPL-1.1",
            "MIT",
            "BSD-3-Clause",
            "OFL-1.1",
            "Apache-2.0",
            "CNRI-Python",
            "Noto Serif",
        ),
        *("Ctrl", "Shift", "Alt", "Enter", "Esc", "Left", "Right", "Down", "Del", "PgUp", "PgDown"),
        *("Inter", str(log_folder()), window.session.draft.manuscript.text),
        *(report.path, report.name, report.architecture, report.backend, report.device),
        report.quantization,
        *(f"({field})" for field in (*SAMPLING_FIELDS, "max_tokens", "prompt_format")),
        *("(stop)", "(system_message)", model_title(report), "the sea the sea the"),
        # Translated by Qt, where it has the language.
        *("Cancel", "Close", "Float", "Scroll", "Closes the dock widget"),
        "Undocks and re-attaches the dock widget",
    ]
    return sorted(filter(None, names), key=len, reverse=True)


def standing_alone(window: MainWindow) -> frozenset[str]:
    """The tokens of the model as they are shown, and names of fields and of their values."""
    report = window.session.model.report
    assert report is not None
    text = window.session.next_token.text
    tokens = (text(token) for token in range(report.vocabulary_size))
    return frozenset(
        {
            *(words for shown in tokens for words in (shown.text, shown.exact)),
            *("task", "description", "notes", "plain", "chat", "stop", "max_tokens"),
            *("prompt_format", "system_message", *SAMPLING_FIELDS, ", ".join(DEFAULT_SAMPLERS)),
        }
    )


def test_a_text_without_brackets_is_seen() -> None:
    shown = [
        Words("a", "⟦one ⟦two⟧⟧ 3.5 T"),
        Words("b", "⟦one⟧ two"),
        Words("c", "⟦cut…"),
        Words("d", "<p><b>⟦one⟧</b>three</p>", is_guessed=True),
        Words("e", "four"),
        Words("f", "five"),
        Words("g", "thr…ee •"),
        Words("h", "thr…ex"),
    ]
    found = bare(shown, ["three"], frozenset({"four"}))
    assert sorted(it.partition(":")[0] for it in found) == ["b", "f", "h"]
