"""Asks how the manuscript is exported: as what, under which title, and with what on its authors."""

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from studio.app.writing.exporting import LONGEST_NAME, ExportChoice, ExportSource
from studio.interchange.blocks import Lines
from studio.interchange.formats import FORMATS, Format
from studio.translation import mark, tr
from studio.ui.theme.controls import CheckBox, ComboBox
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.actions import button_text

_WIDTH = 620
_LONGEST_STATEMENT = 1000

_LINES: dict[Lines, str] = {
    "paragraphs": mark("Each line is a paragraph"),
    "breaks": mark("Blank lines part paragraphs, lines stay (verse)"),
    "joined": mark("Blank lines part paragraphs, lines are joined"),
}
_NOTHING_KNOWN = mark(
    "Nothing in this text is known to be the model's. A plain text file does not keep who wrote "
    "what."
)


class ExportDialog(QDialog):
    """A few fields; where the file goes is asked for after it.

    Attributes:
        contents: The text, or the report.
        format: As what.
        title: The title.
        author: The author.
        lines: What line ends mean; not shown where there is no question.
        marks: Whether what the model wrote is to be seen.
        has_statement: Whether a sentence says who wrote how much.
        statement: The sentence, which can be changed.
        has_models: Whether the models stand below it.
        export: Goes on to the file's name.

    Args:
        source: What is exported.
        first: What is offered.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
        is_report: Whether the report is offered at first.
    """

    def __init__(
        self,
        source: ExportSource,
        first: ExportChoice,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        is_report: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export manuscript"))
        self.setMinimumWidth(round(_WIDTH * grown(self.font())))
        self._is_known, self._has_models = bool(source.statement), source.has_models
        self.contents = ComboBox(theme)
        for words in (tr("The text"), tr("A report on who wrote it")):
            self.contents.addItem(words)
        self.contents.setCurrentIndex(int(is_report))
        self.contents.setToolTip(
            tr(
                "The text; or a page for a publisher: how much was typed, generated, changed and "
                "pasted, by which models, chapter by chapter"
            )
        )
        self.format = ComboBox(theme)
        for one in FORMATS:
            self.format.addItem(f"{tr(one.name)}  {one.suffix}")
        self.format.setCurrentIndex(FORMATS.index(first.format))
        self.format.setToolTip(tr("What kind of file is written"))
        self.title = _field(first.title, tr("Stands above the text; may be empty"))
        self.author = _field(first.author, tr("Stands below the title; may be empty"))
        self.lines = ComboBox(theme)
        for words in _LINES.values():
            self.lines.addItem(tr(words))
        self.lines.setCurrentIndex(list(_LINES).index(first.lines))
        self.lines.setToolTip(
            tr("What lines are that follow one another in the manuscript without a blank one")
        )
        self.marks = CheckBox(tr("&Mark what the model wrote"), theme)
        self.marks.setChecked(first.is_marked and self._is_known)
        self.has_statement = CheckBox(tr("&Say at the end who wrote how much:"), theme)
        self.has_statement.setChecked(first.has_statement and self._is_known)
        self.has_statement.setToolTip(
            tr("A sentence below the text") if self._is_known else tr(_NOTHING_KNOWN)
        )
        self.statement = _field(
            first.statement, tr("The sentence, counted by letters; change it as you like")
        )
        self.statement.setMaxLength(_LONGEST_STATEMENT)
        self.statement.setAccessibleName(tr("Who wrote how much"))
        self.statement.home(False)
        self.has_models = CheckBox(tr("&List the models, with presets and T"), theme)
        self.has_models.setChecked(first.has_models and source.has_models)
        self.has_models.setToolTip(
            tr("Below the text: which models wrote, their fingerprints, presets, T, and takes")
            if source.has_models
            else tr(_NOTHING_KNOWN)
        )

        form = QFormLayout()
        for name, field in (
            (tr("Contents"), self.contents),
            (tr("Format"), self.format),
            (tr("Title"), self.title),
            (tr("Author"), self.author),
            (tr("Line ends"), self.lines),
        ):
            field.setAccessibleName(name)
            form.addRow(name, field)
        form.setRowVisible(self.lines, source.has_line_ends)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        who = QVBoxLayout()
        set_spacing(who, 6)
        who.addWidget(self.marks)
        who.addWidget(self.has_statement)
        who.addWidget(self.statement)
        who.addWidget(self.has_models)

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setToolTip(tr("Write nothing"))
        cancel.setIcon(QIcon())
        self.export = buttons.addButton(
            button_text(tr("Export…")), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.export.setToolTip(tr("Choose where the file goes, and write it"))
        self.export.setProperty("primary", True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        set_margins(column, 18, 16, 18, 16)
        set_spacing(column, 14)
        column.addLayout(form)
        column.addLayout(who)
        column.addSpacing(4)
        column.addWidget(buttons)
        self.export.setDefault(True)
        for choice in (self.contents, self.format):
            choice.currentIndexChanged.connect(self._follow)
        self.has_statement.toggled.connect(self._follow)
        self._follow()
        # What is chosen most; a report is asked for by its own entry of the menu.
        self.format.setFocus()

    @property
    def choice(self) -> ExportChoice:
        """What was chosen."""
        return ExportChoice(
            format=self._format,
            title=self.title.text().strip(),
            author=self.author.text().strip(),
            lines=list(_LINES)[self.lines.currentIndex()],
            is_marked=self.marks.isChecked(),
            has_statement=self.has_statement.isChecked(),
            statement=self.statement.text().strip(),
            has_models=self.has_models.isChecked(),
            is_report=self._is_report,
        )

    @property
    def _is_report(self) -> bool:
        return self.contents.currentIndex() == 1

    @property
    def _format(self) -> Format:
        return FORMATS[self.format.currentIndex()]

    def _follow(self) -> None:
        """Have what makes no difference greyed, with the reason."""
        can_mark, is_text = self._format.can_mark, not self._is_report
        self.lines.setEnabled(is_text)
        self.marks.setEnabled(can_mark and self._is_known and is_text)
        self.has_statement.setEnabled(self._is_known and is_text)
        self.has_models.setEnabled(self._has_models and is_text)
        if not self._is_known:
            why = tr(_NOTHING_KNOWN)
        elif can_mark:
            why = tr("In a quiet tone, as on the page here")
        else:
            why = tr("Markdown has no ink of its own")
        self.marks.setToolTip(why)
        self.statement.setEnabled(self.has_statement.isChecked() and is_text)


def _field(text: str, tip: str) -> QLineEdit:
    field = QLineEdit(text)
    field.setMaxLength(LONGEST_NAME)
    field.setToolTip(tip)
    return field
