"""Every action of the window, with its key, and the menus they stand in.

Knows what the actions are called and where they are found; what they do is handed in.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QLineEdit, QMainWindow, QMenu, QPlainTextEdit, QTextEdit

from studio.app.session import Session
from studio.app.settings import (
    APPEARANCE,
    CANDIDATE_COUNTS,
    CANDIDATES,
    FACE,
    RECENT_FILES,
    SCRUB,
    WHO_WROTE,
    Settings,
)
from studio.app.writing.place_words import place_words
from studio.app.writing.take_words import retake_tip
from studio.app.writing.writing import Writing
from studio.translation import mark, tr
from studio.ui.compare.compare import Compare
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.editor.find_bar import FindBar
from studio.ui.editor.provenance import EditorProvenance, tint_of
from studio.ui.editor.rewrite import EditorRewrite
from studio.ui.editor.word import EditorWord
from studio.ui.editor.writing_view import WritingView
from studio.ui.explain.explain import TIP as EXPLAIN_TIP
from studio.ui.explain.explain import Explain
from studio.ui.export.manuscript_export import ManuscriptExport
from studio.ui.heat.heat import Heat
from studio.ui.landscape.landscape import Landscape
from studio.ui.model.choice import ModelChoice
from studio.ui.outline.outline import OutlineAccess
from studio.ui.temperature.passage import PassageTemperature
from studio.ui.theme.faces import Face
from studio.ui.theme.theme import Appearance, Theme
from studio.ui.widgets.actions import button_text, make_action
from studio.ui.widgets.tips import plain_tip
from studio.ui.window_parts import WindowParts
from studio.ui.writing.document_files import DocumentFiles
from studio.ui.writing.notes_access import NotesAccess
from studio.ui.writing.passage_actions import make_passage_actions
from studio.ui.writing.provenance_legend import ProvenanceLegend
from studio.ui.writing.recovery_offer import RecoveryOffer
from studio.ui.writing.score_action import make_score_action
from studio.visible_text import LONGEST_ENTRY, visible_name, visible_path

if TYPE_CHECKING:
    from studio.ui.log_window import LogWindow
    from studio.ui.model.prompt_window import PromptWindow
    from studio.ui.tuning.augment_window import AugmentWindow
    from studio.ui.tuning.fit_window import FitWindow
    from studio.ui.tuning.sweep_window import SweepWindow
    from studio.ui.writing.take_window import TakeWindow

Choice = TypeVar("Choice", bound=str | int)

SCRUB_TIP = mark(
    "Turn T, or any parameter, over a take: what the same random draws would not have written goes "
    "grey, and is rewritten when you let go. Turn back, and the old words come back"
)

BEST_TIP = mark(
    "Where text follows, Continue, Retake and another word write so many candidates at once, and "
    "the one that the text after it follows best comes first; the others are takes beside it. A "
    "model with fill-in-the-middle tokens reads both sides instead, with a plain preset, and "
    "writes one"
)
ONE_TIP = mark("Where text follows, one text is written all the same, and what follows is kept")

_KEY = QKeySequence.StandardKey
# Qt knows a standard key for it, but none on a bare X11.
_FULL_SCREEN = "Ctrl+Meta+F" if sys.platform == "darwin" else "F11"


class WindowActions(QObject):
    """All actions, kept in step with the state: what cannot be done now is greyed.

    Args:
        window: The window.
        session: What the window is about.
        theme: Where the colours come from.
        editor: Where the writer writes.
        find_bar: Searches.
        files: Opens and saves.
        recovery_offer: Offers what was not saved.
        export: Writes the text for other programs.
        models: Opens models.
        explain: The panel of Explain.
        heat: The tint.
        landscape: The panel of the landscape.
        word: The panel at a word.
        rewrite: Rewrites what is selected.
        compare: The Compare page.
        outline: The chapters beside the page.
        writing_view: How the page is seen while one writes.
        notes: The notes.
        parts: What F6 goes through.
    """

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        theme: Theme,
        editor: ManuscriptEditor,
        find_bar: FindBar,
        files: DocumentFiles,
        recovery_offer: RecoveryOffer,
        export: ManuscriptExport,
        models: ModelChoice,
        explain: Explain,
        heat: Heat,
        landscape: Landscape,
        word: EditorWord,
        rewrite: EditorRewrite,
        compare: Compare,
        outline: OutlineAccess,
        writing_view: WritingView,
        notes: NotesAccess,
        parts: WindowParts,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._theme = theme
        self._files = files
        self._heat = heat
        self._landscape = landscape
        self._compare = compare
        self._outline = outline
        self.writing_view = writing_view
        self._window = window
        self._log_window: LogWindow | None = None
        self._prompt_window: PromptWindow | None = None
        self._take_window: TakeWindow | None = None
        self._sweep_window: SweepWindow | None = None
        self._fit_window: FitWindow | None = None
        self._augment_window: AugmentWindow | None = None
        writing = session.writing

        def go_on() -> None:
            # The caret goes with what is written, as where nothing was selected.
            if writing.can_start:
                editor.release_selection()
                writing.continue_writing()

        self._move_caret = editor.move_caret

        def step(direction: int) -> None:
            caret = writing.step(direction)
            if caret is not None:
                editor.move_caret(caret)

        self.new = make_action(
            window,
            tr("&New"),
            files.new,
            ["Ctrl+N", "Ctrl+T"],
            tr("An empty page, in a tab beside what is open"),
        )
        self.open = make_action(window, tr("&Open…"), files.ask_open, _KEY.Open)
        self.save = make_action(window, tr("&Save"), files.saving.save, _KEY.Save)
        self.save_as = make_action(window, tr("Save &As…"), files.saving.save_as, "Ctrl+Shift+S")
        self.export = make_action(
            window,
            tr("&Export manuscript…"),
            export.ask,
            tip=tr("Write it as a Word or OpenDocument text, PDF, e-book, web page or Markdown"),
        )
        self.restore = make_action(
            window,
            tr("Restore &unsaved…"),
            recovery_offer.ask,
            tip=tr("What was not saved when the program ended, and was kept for later"),
        )
        self.close = make_action(
            window,
            tr("&Close"),
            files.close,
            "Ctrl+W",
            tr("Close the document in front; the last one leaves an empty page"),
        )
        self.next_document = make_action(
            window,
            tr("Next &document"),
            lambda: files.show_beside(+1),
            ["Ctrl+Tab", "Ctrl+PgDown"],
            tr("Bring the document of the next tab to the front"),
        )
        self.previous_document = make_action(
            window,
            tr("Previous docu&ment"),
            lambda: files.show_beside(-1),
            ["Ctrl+Shift+Tab", "Ctrl+PgUp"],
            tr("Bring the document of the tab before to the front"),
        )
        self.quit = make_action(window, tr("&Quit"), window.close, "Ctrl+Q")

        self.undo = make_action(window, tr("&Undo"), editor.undo, _KEY.Undo)
        self.redo = make_action(window, tr("&Redo"), editor.redo, ["Ctrl+Shift+Z", "Ctrl+Y"])
        self.cut = make_action(window, tr("Cu&t"), _on_focused(window, "cut"), _KEY.Cut)
        self.copy = make_action(window, tr("&Copy"), _on_focused(window, "copy"), _KEY.Copy)
        self.paste = make_action(window, tr("&Paste"), _on_focused(window, "paste"), _KEY.Paste)
        self.select_all = make_action(
            window, tr("Select &all"), _on_focused(window, "selectAll"), _KEY.SelectAll
        )
        self.find = make_action(window, tr("&Find…"), find_bar.open, _KEY.Find)
        self.replace = make_action(window, tr("R&eplace…"), find_bar.open_replacing, "Ctrl+H")
        self.find_next = make_action(window, tr("Find ne&xt"), find_bar.find_next, "F3")
        self.find_previous = make_action(
            window, tr("Find pre&vious"), find_bar.find_previous, "Shift+F3"
        )

        self.continue_ = make_action(
            window,
            tr("&Continue"),
            go_on,
            ["Ctrl+Enter", "Ctrl+Return"],
            place_words(session.draft).tip,
        )
        self.stop = make_action(
            window,
            tr("&Stop"),
            session.stop,
            "Esc",
            tr(
                "Stop writing, reading or loading; where it does not stop, once more ends the "
                "engine"
            ),
        )
        # A key that is held means it once.
        self.stop.setAutoRepeat(False)
        self.retake = make_action(
            window,
            tr("&Retake"),
            writing.retake,
            ["Ctrl+Shift+Enter", "Ctrl+Shift+Return"],
            retake_tip(None),
        )
        self.scrub = make_action(window, tr("Scru&b"), lambda: None, "Alt+T", tr(SCRUB_TIP))
        self.scrub.setCheckable(True)
        self.scrub.toggled.connect(session.scrub.set_on)
        self.previous_take = make_action(
            window, tr("&Previous take"), lambda: step(-1), "Alt+Left", tr("Show the take before")
        )
        self.next_take = make_action(
            window, tr("&Next take"), lambda: step(+1), "Alt+Right", tr("Show the take after")
        )

        self.passage = PassageTemperature(window, session, theme)
        self.takes = make_action(
            window,
            tr("T&akes…"),
            self._show_takes,
            tip=tr("All takes as a tree: what each begins with, T, preset; name them, show them"),
        )
        self.rewrite_menu = rewrite.menu
        self.rewrite = rewrite.menu.menuAction()
        self.rewrite.setShortcut("Ctrl+Shift+R")
        self.rewrite.triggered.connect(rewrite.offer)
        self.notes = notes.action
        self.passages = make_passage_actions(window, session.draft, session.plan_edits)
        editor.addActions(self.passages)
        self.score = make_score_action(window, session.records, session.draft.manuscript)
        self.what_else = make_action(
            window,
            tr("What &else could stand here"),
            word.toggle_at_caret,
            "Alt+Down",
            tr(
                "The distribution that the token at the caret was taken from, for text that the "
                "model wrote or scored; or Alt with a click on the word"
            ),
        )

        self.open_model = make_action(
            window, tr("&Open model…"), models.ask_open, "Ctrl+Shift+O", tr("Open a GGUF file")
        )
        self.open_server = make_action(
            window,
            tr("Open a &server…"),
            models.ask_server,
            tip=tr("Write with a model that a llama-server holds, here or on another machine"),
        )
        self.model_options = make_action(
            window,
            tr("Model o&ptions…"),
            models.ask_options,
            tip=tr("Devices, context size, threads, memory; and what is really used"),
        )
        self.reopen_model = make_action(
            window,
            tr("&Reopen model"),
            session.model.reopen,
            tip=tr("Load the same model again, in a new engine"),
        )
        self.end_engine = make_action(
            window,
            tr("&End the engine"),
            session.end_engine,
            tip=tr("End the engine that does not answer, or does not stop. Your text stays"),
        )
        self.open_anyway = make_action(
            window,
            tr("Open it all the same"),
            session.model.open_anyway,
            tip=tr("Open the model that has ended the engine before; your text is safe from it"),
        )
        self.open_without = make_action(
            window,
            tr("Open without it"),
            session.model.open_without,
            tip=tr("Open the model without the machine or graphics processor that failed"),
        )

        self.zoom_in = make_action(
            window, tr("Zoom &in"), lambda: theme.zoom_by(1), ["Ctrl++", "Ctrl+="]
        )
        self.zoom_out = make_action(window, tr("Zoom &out"), lambda: theme.zoom_by(-1), "Ctrl+-")
        self.zoom_reset = make_action(window, tr("&Normal size"), theme.zoom_reset, "Ctrl+0")
        provenance = EditorProvenance(editor, session.who_wrote, theme)
        self.who_wrote = make_action(
            window,
            tr("Who w&rote what"),
            lambda: None,
            "Ctrl+Shift+H",
            tr("What the model wrote, what you changed in it, and what was pasted, in tints"),
        )
        self.who_wrote.setCheckable(True)
        self.who_wrote.toggled.connect(session.who_wrote.set_on)
        self.next_passage = make_action(
            window,
            tr("Next &passage"),
            lambda: provenance.step(+1),
            "Alt+PgDown",
            tr("Select the next passage that you did not type, or of the source chosen"),
        )
        self.previous_passage = make_action(
            window,
            tr("Passage &before"),
            lambda: provenance.step(-1),
            "Alt+PgUp",
            tr("Select the passage before that you did not type, or of the source chosen"),
        )
        self.report = make_action(
            window,
            tr("Export a re&port on who wrote it…"),
            export.ask_report,
            tip=tr("For a publisher: shares, models with fingerprint, presets, T, chapters"),
        )
        self.provenance_legend = ProvenanceLegend(
            session.who_wrote,
            theme,
            tint_of,
            (self.previous_passage, self.next_passage),
            self.report,
        )
        self.full_screen = make_action(
            window, tr("&Full screen"), lambda: _toggle_full_screen(window), _FULL_SCREEN
        )
        self.side = make_action(
            window,
            tr("&Side column"),
            lambda: None,
            "Ctrl+\\",
            tr("Show or hide temperature, next words and sampling beside the page"),
        )
        self.side.setCheckable(True)
        self.side.setChecked(True)
        self.next_part = make_action(
            window,
            tr("Ne&xt part of the window"),
            lambda: parts.go(+1),
            "F6",
            tr(
                "Move the keyboard from part to part: page, words below it, temperature, next "
                "word, …"
            ),
        )
        self.previous_part = make_action(
            window, tr("Pre&vious part"), lambda: parts.go(-1), "Shift+F6"
        )
        self.explain = make_action(
            window, tr("&Explain temperature"), explain.open, "F1", tr(EXPLAIN_TIP)
        )
        self.fit = make_action(
            window,
            tr("&Fit temperature to this text…"),
            self._show_fit,
            tip=tr(
                "The T under which the model finds your own text most likely, how sure that is, "
                "and what it is in each chapter"
            ),
        )
        self.sweep = make_action(
            window,
            tr("&Sweep: which temperature for this task…"),
            self._show_sweep,
            tip=tr(
                "Many texts at several temperatures, of this text or of a plan, measured: how "
                "likely, how varied, how repetitive"
            ),
        )
        self.augment = make_action(
            window,
            tr("&Augment: many texts of one prompt…"),
            self._show_augment,
            tip=tr(
                "Rows of a data set, at temperatures of a range, with figures; of this text or of "
                "a file of prompts"
            ),
        )
        self.log = make_action(
            window,
            tr("Show &log"),
            self._show_log,
            tip=tr("What the program and llama.cpp have done, without a word of your texts"),
        )
        self.about = make_action(window, tr("&About Kelvin Studio"), self._show_about)

        for changed in (
            session.model.changed,
            session.compare.changed,  # also where the writing or the scoring has
            session.client.waiting_changed,
            session.reading.changed,
            session.rewriting.changed,
        ):
            changed.connect(self._follow)
        self._is_evaluating = False
        session.context.changed.connect(self._follow_context)
        writing.takes_changed.connect(self._follow_text)
        session.scrub.changed.connect(self._follow_scrub)
        session.documents.changed.connect(self._follow)
        session.who_wrote.changed.connect(self._follow_who_wrote)
        self._follow()

    def _show_about(self) -> None:
        from studio.ui.about_dialog import AboutDialog  # few need it

        AboutDialog(self._window).exec()

    def _show_log(self) -> None:
        if self._log_window is None:
            from studio.ui.log_window import LogWindow  # few need it

            self._log_window = LogWindow(self._window)
        self._log_window.open()

    def _show_takes(self) -> None:
        if self._take_window is None:
            from studio.ui.writing.take_window import TakeWindow  # few need it

            self._take_window = view = TakeWindow(self._session, self._theme, self._window)
            view.caret_wanted.connect(self._move_caret)
            view.lanes_wanted.connect(self._show_lanes)
            view.addActions([self.undo, self.redo])  # their keys, too
        self._take_window.open()

    def _show_fit(self) -> None:
        if self._fit_window is None:
            from studio.ui.tuning.fit_window import FitWindow  # few need it, and it has a plot

            self._fit_window = FitWindow(self._session, self._theme, self._window)
        self._fit_window.open()

    def _show_sweep(self) -> None:
        if self._sweep_window is None:
            from studio.ui.tuning.sweep_window import SweepWindow  # few need it, and it has a plot

            self._sweep_window = SweepWindow(self._session, self._theme, self._window)
        self._sweep_window.open()

    def _show_augment(self) -> None:
        if self._augment_window is None:
            from studio.ui.tuning.augment_window import AugmentWindow  # few need it

            self._augment_window = AugmentWindow(self._session, self._theme, self._window)
        self._augment_window.open()

    def _ask_goal(self, theme: Theme, settings: Settings) -> None:
        from studio.ui.writing.goal_dialog import GoalDialog  # few need it

        GoalDialog(self._session.word_count, theme, settings, self._window).exec()

    def _show_lanes(self, report: str) -> None:
        self._compare.show(True)
        if report:
            self._session.compare.reported.emit(report)
        self._window.activateWindow()

    def _show_prompt(self, theme: Theme) -> None:
        if self._prompt_window is None:
            from studio.ui.model.prompt_window import PromptWindow  # few need it

            self._prompt_window = PromptWindow(self._session, theme, self._window)
        self._prompt_window.open()

    def _follow_context(self) -> None:
        # Many times in a long prompt: that it is read begins and ends, and that alone counts here.
        is_evaluating = self._session.context.progress is not None
        if is_evaluating != self._is_evaluating:
            self._is_evaluating = is_evaluating
            self._follow()

    def _follow_scrub(self) -> None:
        self.stop.setEnabled(self._session.can_stop)

    def _follow_who_wrote(self) -> None:
        is_on = self._session.who_wrote.is_on
        self.who_wrote.setChecked(is_on)
        is_in_view = is_on and not self._session.compare.is_shown
        for step in (self.next_passage, self.previous_passage):
            step.setEnabled(is_in_view)

    def _follow_text(self) -> None:
        # While a take grows, several times a frame, nothing that its text decides can be done.
        if self._session.writing.is_idle:
            self._follow()

    def _follow(self) -> None:
        writing, model = self._session.writing, self._session.model
        manuscript = self._session.draft.manuscript
        # What is not in view must not change there.
        is_in_view = not self._session.compare.is_shown
        self.undo.setEnabled(is_in_view and manuscript.can_undo)
        self.redo.setEnabled(is_in_view and manuscript.can_redo)
        for action in (
            self.find,
            self.replace,
            self.find_next,
            self.find_previous,
            self.what_else,
            self.rewrite,
        ):
            action.setEnabled(is_in_view)
        for action in (self.next_document, self.previous_document):
            action.setEnabled(is_in_view and len(self._session.documents.all) > 1)
        self.passage.set_in_view(is_in_view)
        self._follow_who_wrote()
        self.restore.setEnabled(writing.is_idle)
        self.continue_.setEnabled(writing.can_start)
        place = place_words(self._session.draft, writing.candidates)
        self.continue_.setToolTip(plain_tip(writing.held or place.tip))
        self.stop.setEnabled(self._session.can_stop)
        self.retake.setEnabled(writing.can_retake)
        takes = writing.take_set()
        count = 1 if takes is None else writing.candidates_before(takes.place.end)
        self.retake.setToolTip(plain_tip(writing.held or retake_tip(takes, count)))
        self.previous_take.setEnabled(writing.can_step(-1))
        self.next_take.setEnabled(writing.can_step(+1))
        self.reopen_model.setEnabled(bool(model.path))
        client = self._session.client
        self.end_engine.setEnabled(bool(client.silence) or client.is_stopping)

    def fill_menus(
        self, window: QMainWindow, theme: Theme, settings: Settings, preset_menu: QMenu
    ) -> None:
        """Build the menu bar.

        Args:
            window: The window.
            theme: Where the colours come from.
            settings: What is remembered.
            preset_menu: The menu of presets.
        """
        self.scrub.setChecked(settings.get(SCRUB))
        self.scrub.toggled.connect(lambda is_on: settings.set(SCRUB, is_on))
        self.who_wrote.setChecked(settings.get(WHO_WROTE))
        self.who_wrote.toggled.connect(lambda is_on: settings.set(WHO_WROTE, is_on))
        bar = window.menuBar()
        file = bar.addMenu(tr("&File"))
        file.addActions([self.new, self.open])
        self.recent = self._recent_menu(file, settings)
        file.addMenu(self.recent)
        file.addAction(self.restore)
        file.addSeparator()
        file.addActions([self.save, self.save_as, self.export, self.report])
        file.addSeparator()
        file.addActions([self.next_document, self.previous_document, self.close])
        file.addSeparator()
        file.addAction(self.quit)
        edit = bar.addMenu(tr("&Edit"))
        edit.addActions([self.undo, self.redo])
        edit.addSeparator()
        edit.addActions([self.cut, self.copy, self.paste, self.select_all])
        edit.addSeparator()
        edit.addActions([self.find, self.replace, self.find_next, self.find_previous])
        edit.addSeparator()
        edit.addAction(self.writing_view.spelling)
        edit.addMenu(self.writing_view.languages_menu(edit))
        edit.addMenu(self.writing_view.quotes_menu(edit))
        write = bar.addMenu(tr("&Write"))
        write.addActions([self.continue_, self.stop, self.retake])
        write.addMenu(_middle_menu(write, self._session.writing, settings))
        write.addSeparator()
        write.addActions([self.previous_take, self.next_take, self.takes, self.scrub])
        write.addSeparator()
        write.addMenu(self.rewrite_menu)
        write.addSeparator()
        write.addActions([self.passage.ask, self.passage.only])
        write.addSeparator()
        write.addActions([self.what_else, self.score])
        write.addSeparator()
        write.addActions([self.notes, *self.passages])
        write.setToolTipsVisible(True)
        model = bar.addMenu(tr("&Model"))
        model.addActions(
            [
                self.open_model,
                self.open_server,
                self.model_options,
                self.reopen_model,
                self.end_engine,
            ]
        )
        bar.addMenu(preset_menu)
        self._compare.fill_menu(bar.addMenu(tr("&Compare")))
        tools = bar.addMenu(tr("Too&ls"))
        tools.addActions([self.fit, self.sweep, self.augment])
        tools.setToolTipsVisible(True)
        view = bar.addMenu(tr("&View"))
        view.addActions([self._compare.write_page, self._compare.compare_page])
        view.addSeparator()
        view.addActions([self.zoom_in, self.zoom_out, self.zoom_reset])
        view.addSeparator()
        view.addMenu(self._heat.menu(view))
        view.addAction(self._landscape.action)
        view.addAction(self._outline.action)
        view.addMenu(self.writing_view.focus_menu(view))
        view.addActions([self.writing_view.typewriter, self.writing_view.markdown])
        self.goal = make_action(
            window,
            tr("Word &goal…"),
            lambda: self._ask_goal(theme, settings),
            tip=tr("How many words you want to write, in this session or in the document"),
        )
        view.addAction(self.goal)
        self.prompt = make_action(
            window,
            tr("What the &model sees"),
            lambda: self._show_prompt(theme),
            tip=tr("The prompt at the caret, token by token: brief, format, text, what is cut"),
        )
        view.addAction(self.prompt)
        view.addActions([self.who_wrote, self.next_passage, self.previous_passage])
        view.addAction(self.side)
        view.addMenu(_appearance_menu(view, theme, settings))
        view.addMenu(_face_menu(view, theme, settings))
        view.addAction(self.full_screen)
        view.addSeparator()
        view.addActions([self.next_part, self.previous_part])
        bar.addMenu(tr("&Help")).addActions([self.explain, self.log, self.about])

    def _recent_menu(self, parent: QMenu, settings: Settings) -> QMenu:
        menu = QMenu(tr("Open &recent"), parent)

        def fill() -> None:
            menu.clear()
            for path in settings.get(RECENT_FILES):
                action = menu.addAction(button_text(visible_name(Path(path).name, LONGEST_ENTRY)))
                action.setToolTip(plain_tip(visible_path(path)))
                action.triggered.connect(lambda _checked, path=path: self._files.open(Path(path)))
            if menu.isEmpty():
                menu.addAction(tr("No files yet")).setEnabled(False)

        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(fill)
        return menu


def _on_focused(
    window: QMainWindow, name: Literal["cut", "copy", "paste", "selectAll"]
) -> Callable[[], None]:
    """What a menu does to the text field that has the keyboard, whichever it is."""

    def act() -> None:
        field = window.focusWidget()
        if isinstance(field, QTextEdit | QPlainTextEdit | QLineEdit):
            getattr(field, name)()

    return act


def _toggle_full_screen(window: QMainWindow) -> None:
    # A maximized window is maximized again afterwards.
    window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)


def _middle_menu(parent: QMenu, writing: Writing, settings: Settings) -> QMenu:
    def choose(count: int) -> None:
        writing.set_candidates(count)
        settings.set(CANDIDATES, count)

    choices = {
        count: tr("Best of &{count}", count=count) if count > 1 else tr("&One, without reading on")
        for count in CANDIDATE_COUNTS
    }
    writing.set_candidates(settings.get(CANDIDATES))
    menu = _choice_menu(tr("&In the middle of a text"), parent, choices, writing.candidates, choose)
    menu.setToolTipsVisible(True)
    for action, count in zip(menu.actions(), choices, strict=True):
        action.setToolTip(tr(BEST_TIP) if count > 1 else tr(ONE_TIP))
    return menu


def _appearance_menu(parent: QMenu, theme: Theme, settings: Settings) -> QMenu:
    def choose(appearance: Appearance) -> None:
        theme.set_appearance(appearance)
        settings.set(APPEARANCE, appearance)

    choices: dict[Appearance, str] = {
        "system": tr("As the &system"),
        "light": tr("&Light"),
        "dark": tr("&Dark"),
    }
    return _choice_menu(tr("&Appearance"), parent, choices, theme.appearance, choose)


def _face_menu(parent: QMenu, theme: Theme, settings: Settings) -> QMenu:
    def choose(face: Face) -> None:
        theme.set_face(face)
        settings.set(FACE, face)

    choices: dict[Face, str] = {
        "serif": tr("With se&rifs (Noto Serif)"),
        "sans": tr("Without serifs (&Inter)"),
    }
    return _choice_menu(tr("&Text face"), parent, choices, theme.face, choose)


def _choice_menu(
    title: str,
    parent: QMenu,
    choices: Mapping[Choice, str],
    current: Choice,
    choose: Callable[[Choice], None],
) -> QMenu:
    """A menu of choices of which one is checked."""
    menu = QMenu(title, parent)
    group = QActionGroup(menu)
    for choice, name in choices.items():
        action = QAction(name, menu)
        action.setCheckable(True)
        action.setChecked(choice == current)
        action.triggered.connect(lambda _checked, choice=choice: choose(choice))
        group.addAction(action)
        menu.addAction(action)
    return menu
