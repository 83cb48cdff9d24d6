"""Asks the engine which tokens DRY's sequence breakers are, when DRY is turned on.

Knows nothing of widgets; what is answered, the next token's vocabulary keeps.
"""

from PySide6.QtCore import QObject

from studio.engine.messages import AnyEvent, BreakersFound, Failed, FindBreakers, Superseded
from studio.sampling import active_steps
from studio.ui.engine_line.client import EngineClient
from studio.ui.model.state import ModelState
from studio.ui.parameters.sampling_state import SamplingState
from studio.ui.tokens.next_token import NextToken


class BreakerQuestion(QObject):
    """Asked once for each vocabulary and each list of texts, as soon as both are there."""

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        sampling: SamplingState,
        next_token: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._model = model
        self._sampling = sampling
        self._next_token = next_token
        self._request = 0
        self._asked: tuple[str, ...] | None = None
        """What the answer that is waited for is about."""
        client.listen(self._on_event, BreakersFound, Failed, Superseded)
        sampling.params_changed.connect(self._ask)
        model.changed.connect(self._on_model_changed)

    def _ask(self) -> None:
        params = self._sampling.params
        texts = params.dry_sequence_breakers
        if not self._model.is_ready or params.mirostat or "dry" not in active_steps(params):
            return
        if self._asked == texts or self._next_token.breakers(params) is not None:
            return
        self._asked = texts
        self._request = self._client.next_request()
        self._client.send(FindBreakers(request=self._request, texts=texts))

    def _on_event(self, event: AnyEvent) -> None:
        if event.request != self._request or self._asked is None:
            return
        match event:
            case BreakersFound():
                self._next_token.add_breakers(event.texts, event.breakers)
                self._asked = None
            case Failed() | Superseded():
                self._asked = None

    def _on_model_changed(self) -> None:
        # An answer that is on its way is about the tokens of the model before.
        self._asked = None
        self._ask()
