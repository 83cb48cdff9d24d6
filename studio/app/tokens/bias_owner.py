"""Token biases without a named vocabulary belong to the vocabulary they were used with.

A preset of another program, or an older one, names numbers and no vocabulary. With the model that
is open they are taken as they are; when another is opened they would be other tokens, and are kept
from it.
"""

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject

from studio.app.model.state import ModelState
from studio.app.parameters.sampling_state import SamplingState
from studio.sampling import foreign_tokens


class BiasOwner(QObject):
    """Says so when another model is opened.

    Args:
        model: Says which.
        active: All parameters that are in force somewhere.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        model: ModelState,
        active: Callable[[], Iterable[SamplingState]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._active = active
        self._former = ("", 0)
        model.changed.connect(self._on_model_changed)

    def _on_model_changed(self) -> None:
        report = self._model.report
        if report is None:
            return
        (former, size), self._former = self._former, (report.vocabulary, report.vocabulary_size)
        if not former or former == report.vocabulary:
            return
        for sampling in self._active():
            params = sampling.params
            # What the model before lacked was not its either.
            if not (params.logit_bias_vocabulary or foreign_tokens(params, size, "")):
                sampling.change(logit_bias_vocabulary=former)
