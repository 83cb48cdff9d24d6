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
        draws = tr(
            "The server draws, and gives the text alone: bars, heat and the record of each token "
            "are absent. It runs temperature before its filters, and does not know XTC, DRY, "
            "typical-p, top-n-sigma, Mirostat, word biases and dynamic temperature."
        )
        words = PlainLabel(
            draws
            if report.draws_there
            else tr(
                "How the model is loaded is the server’s own. What it does not say is not shown: "
                "layers, memory, attention. It does not fill in between two texts, and the repeat "
                "penalty cannot act: for these open a model on this machine. A text that stands "
                "there is scored with a question for each token."
            )
        )
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
