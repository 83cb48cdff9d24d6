"""Asks the engine which tokens texts of the lanes' settings are: DRY's breakers, biased words.

Each list of texts is asked about once a model, whatever the lanes become.
"""

from collections.abc import Hashable
from functools import partial

from PySide6.QtCore import QObject

from studio.app.compare.lanes import CompareLanes
from studio.app.compare.origin import CompareOrigin
from studio.app.engine_line.client import EngineClient
from studio.app.model.state import ModelState
from studio.app.tokens.text_question import Question, learn, questions
from studio.engine.messages import AnyEvent, BreakersFound, WordsFound


class LaneTexts(QObject):
    """Has the lanes' vocabulary know them.

    Args:
        client: The engine.
        model: Whose tokens they are.
        origin: Says whether the lanes' tokens are that model's.
        lanes: The lanes.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        origin: CompareOrigin,
        lanes: CompareLanes,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._model = model
        self._origin = origin
        self._lanes = lanes
        self._found: dict[tuple[Hashable, object], BreakersFound | WordsFound] = {}
        self._asked: set[object] = set()
        model.changed.connect(self._on_model_changed)
        lanes.changed.connect(self.look)
        lanes.lanes_changed.connect(self.look)

    def look(self) -> None:
        """The lanes or their settings are others."""
        lanes, run_input = self._lanes, self._lanes.run_input
        is_its_own = run_input.prompt is None or self._origin.is_open_model(run_input.source)
        if not (self._model.is_ready and is_its_own):
            return
        for about, question in self._wanted().items():
            found = self._found.get((self._model.vocabulary, about))
            if found is not None:
                learn(lanes.vocabulary, found)
            elif about not in self._asked:
                self._asked.add(about)
                request = self._client.next_request(partial(self._on_answer, about))
                self._client.send(question(request))

    def _wanted(self) -> dict[object, Question]:
        return {
            about: question
            for lane in self._lanes.lanes
            for params in (lane.sampling.params, *(params for _, params in lane.turns))
            for about, question in questions(params, self._lanes.vocabulary)
        }

    def _on_answer(self, about: object, event: AnyEvent) -> None:
        if about in self._asked:
            self._asked.remove(about)
            if isinstance(event, BreakersFound | WordsFound):
                self._found[self._model.vocabulary, about] = event
                self.look()

    def _on_model_changed(self) -> None:
        # An answer that is on its way is about the tokens of the model before.
        self._asked.clear()
        self.look()
