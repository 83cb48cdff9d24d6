"""Ways to see the page while one writes, and what typing does there; each by choice, remembered."""

from typing import cast

from PySide6.QtCore import QLocale, QObject
from PySide6.QtGui import QAction, QActionGroup, QColor
from PySide6.QtWidgets import QMenu

from studio.app import settings as remembered
from studio.app.settings import Settings
from studio.app.writing.smart_quotes import QUOTES, QuoteStyle
from studio.app.writing.spelling import Spelling
from studio.translation import mark, tr
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.editor.focus import EditorFocus, FocusMode
from studio.ui.editor.spelling import EditorSpelling
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import button_text, make_action
from studio.visible_text import visible_line

_LANGUAGES = {
    "off": mark("&Straight, as they are typed"),
    "english": mark("&English  {sample}"),
    "german": mark("&German  {sample}"),
    "french": mark("&French  {sample}"),
    "polish": mark("&Polish  {sample}"),
    "swedish": mark("S&wedish  {sample}"),
    "danish": mark("&Danish  {sample}"),
    "spanish": mark("Sp&anish  {sample}"),
}


class WritingView(QObject):
    """Focus, typewriter, Markdown, quotation marks and spelling of one editor.

    Attributes:
        spelling: Has words checked.
        spelling_lines: Marks them.
        typewriter: Has the line that is written in stay at one height.
        markdown: Shows Markdown as what it means.

    Args:
        editor: What is seen so.
        spelling: Checks words.
        theme: Where the colours come from.
        settings: Where it is remembered.
    """

    def __init__(
        self, editor: ManuscriptEditor, spelling: Spelling, theme: Theme, settings: Settings
    ) -> None:
        super().__init__(editor)
        self._spelling = spelling
        self.spelling_lines = EditorSpelling(editor, spelling, theme)
        self._editor = editor
        self._theme = theme
        self._settings = settings
        self.focus = EditorFocus(editor, theme)
        self.focus_actions: dict[FocusMode, QAction] = {
            "paragraph": make_action(
                self,
                tr("Current &paragraph"),
                lambda: self._set_focus("paragraph"),
                "Ctrl+Shift+F",
                tr("Fade all of the text but the paragraph at the caret"),
            ),
            "sentence": make_action(
                self,
                tr("Current &sentence"),
                lambda: self._set_focus("sentence"),
                "Ctrl+Shift+G",
                tr("Fade all of the text but the sentence at the caret"),
            ),
        }
        for action in self.focus_actions.values():
            action.setCheckable(True)
        self.typewriter = self._switch(
            tr("T&ypewriter scrolling"),
            "Ctrl+Shift+Y",
            tr("The line that is written in stays at one height, and the text moves"),
        )
        self.markdown = self._switch(
            tr("Mark&down"),
            "Ctrl+Shift+D",
            tr("Show headings, emphasis, quotes and code as such; the text stays what it is"),
        )
        self.quote_actions: dict[QuoteStyle, QAction] = {}
        self.spelling = self._switch(
            tr("Check &spelling"), "F7", tr("Mark words that the dictionary does not know")
        )
        self._restore()
        self.typewriter.toggled.connect(self._set_typewriter)
        self.markdown.toggled.connect(self._set_markdown)
        self.spelling.triggered.connect(self._set_spelling)
        spelling.changed.connect(lambda: self.spelling.setChecked(spelling.is_on))
        theme.changed.connect(self._show_markdown)

    def focus_menu(self, parent: QMenu) -> QMenu:
        """What is not faded; none of them for all."""
        menu = QMenu(tr("Foc&us"), parent)
        menu.setToolTipsVisible(True)
        menu.addActions(list(self.focus_actions.values()))
        return menu

    def quotes_menu(self, parent: QMenu) -> QMenu:
        """What straight quotation marks become."""
        menu = QMenu(tr("&Quotation marks"), parent)
        menu.setToolTipsVisible(True)
        group = QActionGroup(menu)
        for style, name in _LANGUAGES.items():
            quotes = QUOTES.get(cast(QuoteStyle, style))
            action = QAction(tr(name, sample=quotes.sample if quotes else ""), menu)
            action.setCheckable(True)
            action.setChecked(style == self._settings.get(remembered.SMART_QUOTES))
            action.setToolTip(
                tr("What is typed as \" or ' becomes these; Ctrl+Z makes it straight again")
                if quotes
                else tr("Quotation marks stay as they are typed")
            )
            action.triggered.connect(lambda _checked, style=style: self._set_quotes(style))
            group.addAction(action)
            menu.addAction(action)
            self.quote_actions[cast(QuoteStyle, style)] = action
        return menu

    def languages_menu(self, parent: QMenu) -> QMenu:
        """Whose dictionary words are looked up in; filled when it is opened."""
        menu = QMenu(tr("Spelling &language"), parent)
        menu.setToolTipsVisible(True)

        def fill() -> None:
            menu.clear()
            for language in sorted(self._spelling.languages()):
                action = menu.addAction(button_text(_language_name(language)))
                action.setCheckable(True)
                action.setChecked(language == self._spelling.language)
                action.triggered.connect(
                    lambda _checked, language=language: self._set_language(language)
                )
            if menu.isEmpty():
                menu.addAction(tr("No dictionary found")).setEnabled(False)

        menu.aboutToShow.connect(fill)
        return menu

    def restore_spelling(self) -> None:
        """Check words again if they were checked when the program ended."""
        if self._settings.get(remembered.SPELLING):
            self._set_spelling(True)

    def _set_spelling(self, is_on: bool) -> None:
        is_on = self._spelling.set_on(is_on, self._settings.get(remembered.SPELLING_LANGUAGE))
        self._settings.set(remembered.SPELLING, is_on)

    def _set_language(self, language: str) -> None:
        self._settings.set(remembered.SPELLING_LANGUAGE, language)
        self._set_spelling(True)

    def _switch(self, name: str, key: str, tip: str) -> QAction:
        action = make_action(self, name, lambda: None, key, tip)
        action.setCheckable(True)
        return action

    def _restore(self) -> None:
        settings = self._settings
        self._set_focus(cast(FocusMode, settings.get(remembered.FOCUS)))
        self.typewriter.setChecked(settings.get(remembered.TYPEWRITER))
        if self.typewriter.isChecked():
            self._editor.set_holds_line(True)
        self.markdown.setChecked(settings.get(remembered.MARKDOWN))
        self._show_markdown()
        self._editor.set_smart_quotes(cast(QuoteStyle, settings.get(remembered.SMART_QUOTES)))

    def _set_focus(self, mode: FocusMode) -> None:
        # What is chosen again is given up.
        mode = "off" if mode == self.focus.mode else mode
        self.focus.set_mode(mode)
        for own, action in self.focus_actions.items():
            action.setChecked(own == mode)
        self._settings.set(remembered.FOCUS, mode)

    def _set_typewriter(self, is_on: bool) -> None:
        self._editor.set_holds_line(is_on)
        self._settings.set(remembered.TYPEWRITER, is_on)

    def _set_markdown(self, is_on: bool) -> None:
        self._show_markdown()
        self._settings.set(remembered.MARKDOWN, is_on)

    def _show_markdown(self) -> None:
        is_on = self.markdown.isChecked()
        self._editor.show_markdown(QColor(self._theme.colors.muted) if is_on else None)

    def _set_quotes(self, style: str) -> None:
        self._editor.set_smart_quotes(cast(QuoteStyle, style))
        self._settings.set(remembered.SMART_QUOTES, style)


def _language_name(language: str) -> str:
    """What a dictionary's language is called by those who speak it."""
    locale = QLocale(language)
    if locale.language() == QLocale.Language.C:
        return visible_line(language)
    return f"{locale.nativeLanguageName()} – {visible_line(language)}"
