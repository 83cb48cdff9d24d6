"""What is known of a model at a server, in the place of the options that a model here has."""

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from studio.app.model.names import model_title, server_facts
from studio.engine.messages import ModelReport
from studio.translation import tr
from studio.ui.model.facts_form import facts_form
from studio.ui.theme.spacing import set_spacing
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.labels import PlainLabel

_WIDTH = 440


class ServerFactsDialog(QDialog):
    """The facts, and what is absent and why.

    Args:
        report: Of the model.
        parent: The Qt parent, if any.
    """

    def __init__(self, report: ModelReport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Model options"))
        self.setMinimumWidth(round(_WIDTH * grown(self.font())))
        words = PlainLabel(_draws_there(report) if report.draws_there else _draws_here(report))

        words.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setIcon(QIcon())
        close.setToolTip(tr("Close this window"))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        set_spacing(column, 14)
        column.addLayout(facts_form(model_title(report), server_facts(report)))
        column.addWidget(words)
        column.addWidget(buttons)


def _draws_there(report: ModelReport) -> str:
    """What is said of one that draws."""
    given = (
        tr(
            "The server draws. What it says of each token that it wrote is kept with it: the word "
            "panel and heat show that, and what could stand next is not known."
        )
        if report.has_sketches
        else tr(
            "The server draws, and gives the text alone: bars, heat and the record of each token "
            "are absent."
        )
    )
    return f"{given} {_lacks()}"


def _draws_here(report: ModelReport) -> str:
    """What is said of one of which tokens are drawn here."""
    words = tr(
        "How the model is loaded is the server’s own. What it does not say is not shown: "
        "layers, memory, attention. It does not fill in between two texts, and the repeat "
        "penalty cannot act: for these open a model on this machine. A text that stands "
        "there is scored with a question for each token."
    )
    if report.can:  # of OpenAI's protocol
        words = tr(
            "The repeat penalty cannot act, and nothing is filled in between two texts: for these "
            "open a model on this machine."
        )
        if report.chats_there:
            words = tr(
                "Presets of the plain format are drawn here, those of the chat format by the "
                "server ({why}). {words}",
                why=report.chats_there,
                words=words,
            )
    if report.known_tokens:
        words += " " + tr(
            "Of each place the server names its %n likeliest tokens; where filters leave others "
            "too, it draws, and the word has no draw of this machine’s. Started with "
            "--max-logprobs -1 it names all. What a word may begin with is not looked back at.",
            "",
            report.known_tokens,
        )
        words += " " + _lacks()
    return words


def _lacks() -> str:
    return tr(
        "Where it draws it runs temperature before its filters, and does not know XTC, DRY, "
        "typical-p, top-n-sigma, Mirostat, word biases and dynamic temperature."
    )
