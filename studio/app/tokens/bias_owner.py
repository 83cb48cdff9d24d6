"""Token biases without a named vocabulary belong to the vocabulary they were used with.

A preset of another program, or an old one, has token ids but does not name their vocabulary. They
are used with the model that is open; with another model they would be other tokens, so they are not
used there.
"""

from collections.abc import Callable, Iterable

import msgspec
from PySide6.QtCore import QObject

from studio.app.model.state import ModelState
from studio.app.parameters.sampling_state import SamplingState
from studio.sampling import foreign_tokens


class BiasOwner(QObject):
    """Names the vocabulary in such biases when another model is opened.

    Args:
        model: The open model.
        active: Gives all parameters that are in force somewhere.
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
            params = sampling.whole
            # What the model before lacked was not its either.
            if not (params.logit_bias_vocabulary or foreign_tokens(params, size, "")):
                sampling.set_whole(msgspec.structs.replace(params, logit_bias_vocabulary=former))
