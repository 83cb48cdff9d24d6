"""The window: where each part stands, and what is remembered of it.

Puts widgets together and binds them to the session; holds no state of the text, the model or the
sampling.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QColor, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QFrame,
    QMainWindow,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from studio.app import settings as remembered
from studio.app.model.state import ModelPhase, WayOn
from studio.app.session import Session
from studio.app.settings import Settings
from studio.app.user_folders import recovery_folder
from studio.app.writing.open_documents import UnsavedMark
from studio.translation import tr
from studio.ui.compare.compare import Compare
from studio.ui.compare.place_question import PlaceQuestion
from studio.ui.editor.brush_margin import BrushMargin
from studio.ui.editor.editor import LAYING_OUT, ManuscriptEditor
from studio.ui.editor.find_bar import FindBar
from studio.ui.editor.prompt_marks import PromptMarks
from studio.ui.editor.rewrite import EditorRewrite
from studio.ui.editor.scrub import EditorScrub
from studio.ui.editor.take_margin import TakeMargin
from studio.ui.editor.word import EditorWord
from studio.ui.editor.writing_view import WritingView
from studio.ui.engine_notice import EngineNotice
from studio.ui.explain.explain import Explain
from studio.ui.export.manuscript_export import ManuscriptExport
from studio.ui.file_opening import FileOpening
from studio.ui.heat.heat import Heat
from studio.ui.histogram.panel import NextTokenPanel
from studio.ui.landscape.landscape import Landscape
from studio.ui.model.choice import ModelChoice
from studio.ui.model.picker import ModelPicker
from studio.ui.outline.outline import OutlineAccess
from studio.ui.parameters.access import ParameterAccess
from studio.ui.parameters.sampling_panel import SamplingPanel
from studio.ui.presets.actions import PresetActions
from studio.ui.presets.library import PresetLibrary
from studio.ui.presets.preset_picker import PresetPicker
from studio.ui.reading_notice import ReadingNotice
from studio.ui.status_line import StatusLine
from studio.ui.temperature.panel import TemperaturePanel
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.dragged_files import local_files
from studio.ui.widgets.labels import ElidedLabel
from studio.ui.widgets.notice_bar import NoticeBar
from studio.ui.widgets.progress_line import ProgressLine
from studio.ui.widgets.side_dock import SideDock
from studio.ui.widgets.switch import ActionSwitch
from studio.ui.widgets.toast import Toast
from studio.ui.window_actions import WindowActions
from studio.ui.window_head import WindowHead
from studio.ui.window_parts import WindowParts
from studio.ui.window_place import columns_of, place_of, restore_columns, restore_place
from studio.ui.writing.bias_notice import BiasNotice
from studio.ui.writing.brief_card import BriefCard
from studio.ui.writing.document_files import DocumentFiles
from studio.ui.writing.document_tabs import DocumentTabs
from studio.ui.writing.notes_access import NotesAccess
from studio.ui.writing.recovery_offer import RecoveryOffer
from studio.ui.writing.take_steps import TakeSeed
from studio.ui.writing.writing_bar import WritingBar

_SIZE = (1320, 860)
_AROUND = 40
"""Pixels of a small screen that its desktop and the window's frame may take."""

_LINE = 2
_EDGE = 14
_GAP = 10
_TABS_EDGE = 14
_SIDE_MARGINS = (16, 12, 16, 10)
_LEFT_SHARE, _RIGHT_SHARE = 7, 3


class MainWindow(QMainWindow):
    """The studio's one window.

    Args:
        session: What the window is about.
        theme: Where the colours come from.
        settings: What is remembered.
        starter: A model to begin with where none was open before.
    """

    started = Signal()
    """All that can wait until the window is on the screen is done."""

    def __init__(
        self, session: Session, theme: Theme, settings: Settings, starter: Path | None
    ) -> None:
        super().__init__()
        self.session = session
        self.theme = theme
        self.settings = settings
        self._file_failure = self._model_failure = self._outlived = ""
        self._given_up: list[UnsavedMark] = []
        """What is not saved, and the writer does not want to save."""
        self.setAcceptDrops(True)

        self.editor = ManuscriptEditor(session.draft.manuscript)
        self.find_bar = FindBar(self.editor, theme)
        self.toast = Toast(self)
        self.toast.keep_off(self.find_bar)
        self.notice = NoticeBar(self.toast)
        self.brief = BriefCard(session.draft)
        self.temperature = TemperaturePanel(session.sampling, session.next_token, theme)
        self.histogram = NextTokenPanel(session.next_token, theme, session.sampling, session.words)
        self.sampling = SamplingPanel(session.sampling, session.model)
        self.status = StatusLine(
            session.model,
            session.writing,
            session.context,
            session.compare,
            session.records,
            session.client,
        )
        session.records.seen = self.editor.visible_range
        self.heat = Heat(self.editor, session, theme, settings)
        self.landscape = Landscape(self.editor, session, theme, settings)
        self.word = EditorWord(
            self.editor,
            self.heat.painter.tiles,
            session.records.spans,
            session.word,
            session.replacement,
            theme,
            lambda: not session.writing.is_idle,
        )
        self.rewrite = EditorRewrite(self.editor, session.rewriting, theme)
        self.scrub = EditorScrub(self.editor, session.scrub, theme)
        self.explain = Explain(self, session, theme, settings, self.editor)
        self.parameters = ParameterAccess(
            self, session, theme, settings, self.explain.open_at, self.editor
        )
        self.notes = NotesAccess(self, session, theme, settings, self.editor)
        self.prompt_marks = PromptMarks(self.editor, session, theme)
        self._bias_notice = BiasNotice(
            self.notice, session.model, session.sampling, self.parameters.to_biases, self
        )
        self.files = DocumentFiles(
            self, session.draft, session.documents, session.writing, settings, session.reading
        )
        self.tabs = DocumentTabs(session.documents, session.draft, self.files)
        session.documents.line_in_view = self.editor.line_in_view
        self.recovery_offer = RecoveryOffer(
            self, self.files, session.recovery, session.reading, recovery_folder()
        )
        self.export = ManuscriptExport(self, session, theme, settings, self.files.saving)
        self.compare = Compare(self, session, theme, settings)
        self.outline = OutlineAccess(self, session, theme, settings, self.editor)
        session.word_count.set_goal(
            settings.get(remembered.GOAL),
            is_of_document=settings.get(remembered.GOAL_OF_DOCUMENT),
        )
        models = ModelChoice(self, session.model, theme, settings)
        models.servers.refused.connect(self.notice.report)
        self.actions_ = WindowActions(
            self,
            session,
            theme,
            self.editor,
            self.find_bar,
            self.files,
            self.recovery_offer,
            self.export,
            models,
            self.explain,
            self.heat,
            self.landscape,
            self.word,
            self.rewrite,
            self.compare,
            self.outline,
            WritingView(self.editor, session.spelling, theme, settings),
            self.notes,
            WindowParts(self, self._parts),
        )
        EngineNotice(self.notice, session.client, self.actions_.end_engine, self)
        self.library = PresetLibrary(self, session, theme, settings, self.notice)
        self.reading_notice = ReadingNotice(session.reading, self.library.notices, self)
        self.compare.favourites = self.library.favourites
        self.presets = PresetActions(
            self, session.preset_choice, session.presets, self.library, settings, session.reading
        )
        self._opening = FileOpening(
            session.model, self.files, self.compare, self.presets, session.reading, self
        )
        session.compare.can_make_preset = True
        preset_menu = self.presets.menu()
        preset_menu.insertAction(preset_menu.actions()[0], self.parameters.action)
        self.actions_.fill_menus(self, theme, settings, preset_menu)
        self.model_picker = ModelPicker(
            session.model,
            settings,
            starter,
            [
                self.actions_.open_model,
                self.actions_.open_server,
                self.actions_.model_options,
                self.actions_.reopen_model,
            ],
        )
        self.preset_picker = PresetPicker(
            session.preset_choice, theme, session.presets, self.library.favourites
        )
        self._build_layout()
        self._bind()
        self._restore()
        self.is_started = False
        """Whether that is so."""
        self._is_left = False
        """Whether it is closed: nothing comes any more."""
        # The window can be typed in before what takes longer is there, and between one and another.
        docks = (self.outline, self.explain, self.parameters, self.notes)
        parts = (self.landscape, *docks, self.compare)
        restores = [part.restore for part in parts]
        self._restore_soon([*restores, self.actions_.writing_view.restore_spelling])

    def _restore_soon(self, parts: Sequence[Callable[[], None]]) -> None:
        """Restore parts, one in each turn of the event loop."""

        def go_on() -> None:
            if self._is_left:
                return
            if parts:
                parts[0]()
                self._restore_soon(parts[1:])
            else:
                self._finish_start()

        QTimer.singleShot(0, self, go_on)

    def _finish_start(self) -> None:
        self.is_started = True
        self.started.emit()
        if self.settings.problem:
            self.notice.report(self.settings.problem, is_error=False)

    def _build_layout(self) -> None:
        actions = self.actions_
        self.writing_bar = WritingBar(
            self.session.writing,
            self.session.draft,
            self.session.word_count,
            actions.continue_,
            actions.stop,
            actions.retake,
            actions.previous_take,
            actions.next_take,
        )
        self.writing_bar.keyboard_left.connect(self.editor.setFocus)
        self.writing_bar.follow_scrub(self.session.scrub, self.session.next_token)
        self.take_margin = TakeMargin(
            self.editor,
            self.session.writing,
            self.theme,
            actions.previous_take,
            actions.next_take,
        )
        self.take_margin.has_room_changed.connect(
            lambda: self.writing_bar.set_has_takes(not self.take_margin.has_room)
        )
        self.brush_margin = BrushMargin(self.editor, self.session.sampling, self.theme)
        manuscript = QWidget()
        inside = QVBoxLayout(manuscript)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self.editor, 1)
        inside.addWidget(self.heat.legend)
        inside.addWidget(actions.provenance_legend)
        inside.addWidget(self.find_bar)

        tabs = QWidget()
        inside = QVBoxLayout(tabs)
        # Their names begin where the words below do.
        set_margins(inside, _TABS_EDGE, 0, _TABS_EDGE, 0)
        inside.addWidget(self.tabs)
        self._left = left = _column(
            tabs,
            self.brief,
            self.notice,
            _rule(),
            self.landscape.beside(manuscript),
            _rule(),
            self.writing_bar,
        )
        left.setProperty("ground", "page")
        left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.side = _column(self.temperature, self.histogram, self.sampling)
        self.side.setProperty("ground", "window")
        self.side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = self.side.layout()
        assert column is not None, "it was just made"
        set_margins(column, *_SIDE_MARGINS)
        set_spacing(column, _GAP)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setProperty("rule", True)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)  # Qt takes the pointer a little beside it too
        self._splitter.addWidget(left)
        self._splitter.addWidget(self.side)
        self._splitter.setStretchFactor(0, _LEFT_SHARE)
        self._splitter.setStretchFactor(1, _RIGHT_SHARE)
        width = _SIZE[0]
        total = _LEFT_SHARE + _RIGHT_SHARE
        self._splitter.setSizes([width * _LEFT_SHARE // total, width * _RIGHT_SHARE // total])

        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_head())
        column.addWidget(ProgressLine(self.session.model, self.session.context, _LINE))
        self.compare.hold(
            self._splitter,
            actions.stop,
            actions.continue_,
            actions.previous_take,
            actions.next_take,
        )
        column.addWidget(self.compare.stack, 1)
        self.setCentralWidget(whole)
        self.brief.add_link(self.notes.link())
        self.temperature.add_help(self.explain.link("temperature", "temperature"))
        self.temperature.add_switch(ActionSwitch(actions.scrub))
        self.temperature.add_place(ActionSwitch(actions.passage.only), actions.passage.words)
        self.temperature.figures.addWidget(self.status.figures)
        self.temperature.add_fact(TakeSeed(self.session.writing))
        self.temperature.details.toggled.connect(self.histogram.histogram.set_exact)
        self.sampling.add_order_help(self.explain.link("filters", tr("filters and their order")))
        self.sampling.add_editor_link(self.parameters.link())

    def _make_head(self) -> QWidget:
        """The strip over the page: the pages' switch, the document's name, model and preset."""
        self._title = ElidedLabel()
        self._title.setProperty("type", "heading")
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title.setAccessibleName(tr("Document"))
        self.head = WindowHead(
            [self.compare.tabs, self.status],
            self._title,
            [self.model_picker, self.preset_picker, self.library.link()],
        )
        return self.head

    def _parts(self) -> list[QWidget]:
        """What F6 leads through."""
        page: list[QWidget] = [
            self.tabs,
            self.brief,
            self.notice,
            self.editor,
            *([self.rewrite.panel] if self.rewrite.panel is not None else []),
            self.heat.legend,
            self.actions_.provenance_legend,
            self.find_bar,
            self.writing_bar,
            self.temperature,
            self.histogram,
            self.sampling,
        ]
        if self.compare.is_shown and self.compare.page is not None:
            shown = self.compare.page
            page = [shown.bar, self.notice, *shown.columns, shown.partings, shown.parting]
        return [self.head, *page, *self.findChildren(SideDock)]

    def _bind(self) -> None:
        session, writing = self.session, self.session.writing
        self.editor.caret_moved.connect(session.draft.set_caret)
        self.temperature.slider.sliderPressed.connect(session.scrub.hold)
        self.temperature.slider.sliderReleased.connect(session.scrub.let_go)
        self.editor.refused.connect(self._on_edit_refused)
        self.editor.laid_out.connect(lambda: self.notice.forget(tr(LAYING_OUT)))
        self.brief.edit.refused.connect(self.notice.report)
        self.editor.zoom_asked.connect(self.theme.zoom_by)
        self.theme.prose_changed.connect(self._on_prose_changed)
        self._on_prose_changed()
        self.theme.zoom_changed.connect(lambda zoom: self.settings.set(remembered.ZOOM, zoom))
        self.actions_.side.toggled.connect(self.side.setVisible)
        self.theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()
        session.model.failed.connect(self._on_model_failed)
        session.model.reported.connect(lambda news: self.notice.report(news, is_error=False))
        session.model.changed.connect(self._on_model_changed)
        writing.failed.connect(self._on_writing_failed)
        for begun in (self.actions_.continue_, self.actions_.retake):
            begun.triggered.connect(
                lambda: self.notice.withdraw(self.actions_.continue_, self.actions_.model_options)
            )
        writing.ended.connect(lambda: self.notice.withdraw(self.actions_.stop))
        self.files.failed.connect(self._on_file_failed)
        self.files.saved.connect(self._on_saved)
        self.files.reported.connect(lambda news: self.notice.report(news, is_error=False))
        self.files.caret_wanted.connect(self.editor.move_caret)
        session.documents.place_wanted.connect(self.editor.go_to)
        self.files.guard.noticed.connect(self._on_file_noticed)
        self.files.guard.settled.connect(self.notice.withdraw)
        self.export.failed.connect(self._on_file_failed)
        self.export.exported.connect(self._on_saved)
        self.export.reported.connect(self._report_of_text)
        self.recovery_offer.failed.connect(self.notice.report)
        self.recovery_offer.reported.connect(lambda news: self.notice.report(news, is_error=False))
        session.recovery.failed.connect(self.notice.report)
        self.settings.failed.connect(self.notice.report)
        session.spelling.failed.connect(lambda why: self.notice.report(why, is_error=False))
        self.compare.failed.connect(self.notice.report)
        self.compare.turned.connect(self._on_page_turned)
        session.compare.reported.connect(lambda news: self.notice.report(news, is_error=False))
        drop_biases = self.compare.actions.drop_biases
        session.compare.biases.reported.connect(lambda why: self.notice.report(why, drop_biases))
        drop_biases.enabledChanged.connect(
            lambda is_needed: None if is_needed else self.notice.withdraw(drop_biases)
        )
        session.compare.used.connect(self.editor.move_caret)
        self.place_question = PlaceQuestion(self, session.compare, self.files)
        session.compare.preset_wanted.connect(self.presets.keep)
        session.words.written.connect(self.editor.move_caret)
        session.words.refused.connect(self._report_of_text)
        self.actions_.passage.refused.connect(self._report_of_text)
        session.replacement.refused.connect(self._report_of_text)
        session.rewriting.refused.connect(self._report_of_text)
        self.word.unknown.connect(self._report_of_text)
        session.records.failed.connect(lambda why: self.notice.report(why, of_text=True))
        session.records.reported.connect(self._report_of_text)
        session.draft.manuscript.loaded.connect(self.notice.forget_text)
        session.draft.manuscript.loaded.connect(session.heat.forget_text)
        # Why a generation failed is reported of one place, and is over where the writer goes on.
        session.draft.prompt_changed.connect(lambda: self.notice.withdraw(self.actions_.continue_))
        session.documents.changed.connect(self._show_title)
        session.draft.brief_changed.connect(self._show_title)
        session.draft.runs_changed.connect(self._show_title)
        session.draft.manuscript.state_changed.connect(self._show_title)
        session.preset_choice.chosen.connect(
            lambda preset: self.settings.set(remembered.CHOSEN_PRESET, preset.name)
        )
        self._show_title()

    def _restore(self) -> None:
        settings = self.settings
        self.fit_to(self.screen().availableGeometry().size())
        restore_place(self, settings.get(remembered.PLACE))
        restore_columns(self._splitter, settings.get(remembered.COLUMNS))
        self.brief.set_open(settings.get(remembered.BRIEF_OPEN))
        self.temperature.set_detailed(settings.get(remembered.DETAILS_OPEN))
        self.actions_.side.setChecked(settings.get(remembered.SIDE_SHOWN))
        self.sampling.set_open(settings.get(remembered.SAMPLING_OPEN))
        self.editor.setFocus()

    def fit_to(self, screen: QSize) -> None:
        """Be as large as at first, or as large as a smaller screen allows, whatever its scale."""
        room = screen - QSize(_AROUND, _AROUND)
        self.resize(QSize(*_SIZE).boundedTo(room).expandedTo(self.minimumSizeHint()))

    def _remember(self) -> None:
        settings = self.settings
        settings.set(remembered.PLACE, place_of(self))
        if columns := columns_of(self._splitter):
            settings.set(remembered.COLUMNS, columns)
        settings.set(remembered.BRIEF_OPEN, self.brief.is_open)
        settings.set(remembered.DETAILS_OPEN, self.temperature.is_detailed)
        settings.set(remembered.SIDE_SHOWN, self.actions_.side.isChecked())
        settings.set(remembered.SAMPLING_OPEN, self.sampling.is_open)
        self.files.remember_carets()
        if self.is_started:  # else it stays as it was: it is not restored yet
            self.landscape.remember()
            self.outline.remember()
            self.explain.remember()
            self.parameters.remember()
            self.notes.remember()
            self.compare.remember()
        self.library.remember()
        settings.save()

    def _on_theme_changed(self) -> None:
        self.editor.set_generated_color(QColor(self.theme.colors.generated))

    def _on_prose_changed(self) -> None:
        self.editor.set_prose_font(self.theme.prose_font)

    def _on_edit_refused(self, why: str) -> None:
        if why == tr(LAYING_OUT):
            self._report_of_text(why)
            return
        way_on = self.actions_.stop if self.session.writing.can_stop else None
        self.notice.report(why, way_on, of_text=True)

    def _on_file_failed(self, why: str) -> None:
        self.notice.report(why, of_text=True)
        self._file_failure = self.notice.message

    def _on_saved(self, news: str) -> None:
        # What could not be written is written now.
        if self.notice.message == self._file_failure:
            self.notice.hide()
        self._report_of_text(news)

    def _on_page_turned(self) -> None:
        self.session.scrub.is_in_view = not self.compare.is_shown
        if self.compare.is_shown:
            self.session.rewriting.close()
        page = self.compare.page if self.compare.is_shown else self._left
        layout = page.layout() if page is not None else None
        if isinstance(layout, QVBoxLayout):
            # There is one message at a time, on the page that is read.
            layout.insertWidget(2 if page is self._left else 1, self.notice)
        if not self.compare.is_shown:
            self.editor.setFocus()

    def _show_title(self) -> None:
        # Of a name Qt would take these signs for the mark of what is not saved.
        name = self.session.documents.name(self.session.draft.state)
        title = name.replace("[*]", "[*][*]")
        self.setWindowTitle(f"{title}[*] – Kelvin Studio")
        is_modified = self.session.draft.is_modified
        self._title.setText(f"{name}{' *' if is_modified else ''}")
        if is_modified != self.isWindowModified():  # asked at each frame of a growing text
            self.setWindowModified(is_modified)

    def _on_model_changed(self) -> None:
        model, actions = self.session.model, self.actions_
        if model.is_ready:
            self.notice.withdraw(
                actions.open_model,
                actions.reopen_model,
                actions.model_options,
                actions.open_without,
            )
            # Why another model is open than was asked for holds until the next is asked for.
            self._outlived = self._model_failure
        elif model.phase is ModelPhase.LOADING and self._outlived:
            if self.notice.standing == self._outlived:
                self.notice.hide()
            self._outlived = ""

    def _on_model_failed(self, message: str) -> None:
        actions = self.actions_
        ways = {
            WayOn.CHOOSE: actions.open_model,
            WayOn.OPTIONS: actions.model_options,
            WayOn.REOPEN: actions.reopen_model,
            WayOn.ANYWAY: actions.open_anyway,
            WayOn.WITHOUT: actions.open_without,
        }
        # While the former model is opened again there is nothing to do, and the reason stays.
        self.notice.report(message, ways.get(self.session.model.way_on))
        self._model_failure = self.notice.standing
        self._outlived = self._model_failure if self.session.model.is_ready else ""

    def _on_file_noticed(self, message: str, way_on: QAction) -> None:
        self.notice.report(message, way_on, is_error=False)

    def _on_writing_failed(self, message: str, kind: str) -> None:
        if self._bias_notice.report():
            return
        mended_by = {
            "model_file": self.actions_.reopen_model,
            "no_model": self.actions_.reopen_model,
            "context_size": self.actions_.model_options,
        }
        self.notice.report(
            message, mended_by.get(kind, self.actions_.continue_), of_text=kind not in mended_by
        )

    def _report_of_text(self, news: str) -> None:
        self.notice.report(news, is_error=False, of_text=True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take local files, or a preset from the library."""
        from studio.ui.presets.drag import dragged_name  # few drag one

        if dragged_name(event.mimeData()) or local_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped: models, manuscripts, comparisons, presets."""
        from studio.ui.presets.drag import dragged_name

        if name := dragged_name(event.mimeData()):  # before its file: that would be a copy
            event.acceptProposedAction()
            self.library.use(name)
            return
        if paths := local_files(event.mimeData()):
            event.acceptProposedAction()
            self._opening.open(paths)

    def open_path(self, path: Path) -> None:
        """Open what a file is: model, manuscript, comparison; or preset, in the library too."""
        self._opening.open([path], shows=True)

    def may_go(self) -> bool:
        """Whether nothing would be lost with the window, or the writer does not mind.

        What was given up at the end of a session is not asked for again when the window is closed
        after it; where the session goes on, the next change makes it worth a question.
        """
        if not self._is_given_up:
            if not (self.files.may_close_all() and self.compare.may_close()):
                return False
            self._given_up = self.session.documents.unsaved_marks
        return True

    @property
    def _is_given_up(self) -> bool:
        return bool(self._given_up) and self._given_up == self.session.documents.unsaved_marks

    def keep(self) -> None:
        """Put in safety what is not saved, without a question; the next start offers it."""
        if self._is_given_up:
            self.session.recovery.close()
        else:
            self.session.recovery.keep_and_wait()
        self.files.saving.finish()
        self.compare.keep()

    def leave(self) -> None:
        """End the engine, remember the window, let go of the file. What is kept stays kept."""
        self._is_left = True
        self._remember()
        self.library.close()
        self.session.end()
        for state in self.session.documents.all:
            self.files.guard.release(state)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved changes, remember the window, end the engine."""
        if not self.may_go():
            event.ignore()
            return
        self.leave()
        self.session.recovery.close()
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        """Look at the file when the window comes to the front; put the text in safety when not."""
        super().changeEvent(event)
        if event.type() is not QEvent.Type.ActivationChange:
            return
        if self.isActiveWindow():
            self.files.guard.look()
        else:
            self.session.recovery.hurry()


def _column(*widgets: QWidget) -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for widget in widgets:
        layout.addWidget(widget)
    return column


def _rule() -> QFrame:
    rule = QFrame()
    rule.setProperty("rule", True)
    rule.setFixedHeight(1)
    return rule
