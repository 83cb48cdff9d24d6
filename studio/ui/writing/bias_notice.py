"""The message on biases for tokens that the open model lacks, for as long as it is true."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from studio.app.model.state import ModelState
from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.foreign_biases import foreign_bias_words
from studio.ui.widgets.notice_bar import NoticeBar


class BiasNotice(QObject):
    """Reports such biases when asked, and withdraws the message once there are none.

    Args:
        notice: Where they are reported.
        model: The open model.
        sampling: The parameters with the biases.
        way_on: The action that shows the biases.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        notice: NoticeBar,
        model: ModelState,
        sampling: SamplingState,
        way_on: QAction,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._notice, self._model, self._sampling, self._way_on = notice, model, sampling, way_on
        model.changed.connect(self._follow)
        sampling.params_changed.connect(self._follow)

    def report(self) -> bool:
        """Report them; returns whether there are any."""
        words = self._words()
        if words:
            self._notice.report(words, self._way_on)
        return bool(words)

    def _words(self) -> str:
        report = self._model.report
        if report is None:
            return ""
        return foreign_bias_words(self._sampling.params, report.vocabulary_size, report.vocabulary)

    def _follow(self) -> None:
        if not self._words():
            self._notice.withdraw(self._way_on)
