"""Asks the engine which tokens DRY's sequence breakers are, for lanes that have DRY on.

Each list of texts is asked about once a model, whatever the lanes become. Knows no widget.
"""

from collections.abc import Hashable

from PySide6.QtCore import QObject

from studio.engine.messages import AnyEvent, BreakersFound, Failed, FindBreakers, Superseded
from studio.sampling import Breakers, active_steps
from studio.ui.compare.lanes import CompareLanes
from studio.ui.compare.origin import CompareOrigin
from studio.ui.engine_line.client import EngineClient
from studio.ui.model.state import ModelState

_Texts = tuple[str, ...]


class LaneBreakers(QObject):
    """Has the lanes' vocabulary know them.

    Args:
        client: The engine.
        model: Whose tokens they are.
        origin: Tells whether the lanes' tokens are that model's.
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
        self._found: dict[tuple[Hashable, _Texts], Breakers] = {}
        self._asked: dict[int, _Texts] = {}
        client.listen(self._on_event, BreakersFound, Failed, Superseded)
        model.changed.connect(self._on_model_changed)
        lanes.changed.connect(self.look)
        lanes.lanes_changed.connect(self.look)

    def look(self) -> None:
        """The lanes or their settings are others."""
        lanes, subject = self._lanes, self._lanes.subject
        is_its_own = subject.prompt is None or self._origin.is_open_model(subject.source)
        if not (self._model.is_ready and is_its_own):
            return
        for texts in self._wanted():
            found = self._found.get((self._model.vocabulary, texts))
            if found is not None:
                lanes.vocabulary.add_breakers(texts, found)
            elif texts not in self._asked.values():
                request = self._client.next_request()
                self._asked[request] = texts
                self._client.send(FindBreakers(request=request, texts=texts))

    def _wanted(self) -> set[_Texts]:
        return {
            params.dry_sequence_breakers
            for lane in self._lanes.lanes
            for params in (lane.sampling.params, *(params for _, params in lane.turns))
            if not params.mirostat
            and "dry" in active_steps(params)
            and self._lanes.vocabulary.breakers(params) is None
        }

    def _on_event(self, event: AnyEvent) -> None:
        texts = self._asked.pop(event.request, None)
        if texts is not None and isinstance(event, BreakersFound):
            self._found[self._model.vocabulary, texts] = event.breakers
            self.look()

    def _on_model_changed(self) -> None:
        # An answer that is on its way is about the tokens of the model before.
        self._asked.clear()
        self.look()
