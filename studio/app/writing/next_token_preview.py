"""At rest: what the model would say next at the caret.

Asks the engine a moment after the last change, and gives the answer to the histogram. Writing has
precedence.
"""

from PySide6.QtCore import QObject, Signal

from studio.app.engine_line.client import EngineClient
from studio.app.model.state import ModelPhase, ModelState
from studio.app.timers import single_shot
from studio.app.tokens.next_token import NOTHING_KNOWN, NextToken
from studio.app.tokens.place import TokenPlace
from studio.app.writing.draft import Draft
from studio.app.writing.writing import Writing
from studio.engine.messages import (
    AnyEvent,
    Distribution,
    Evaluated,
    Evaluating,
    Failed,
    PreviewNextToken,
    Prompt,
    Stop,
    Superseded,
)
from studio.sampling import LogitSketch
from studio.translation import mark, tr

READING = mark("The model is reading the text. What it would say next comes then.")
STOPPED = mark("Stopped before the caret was reached. Type or move the caret to look again.")

DEBOUNCE_MS = 120
"""The time between two keys of a quick typist; with a longer one the bars would lag in a pause."""


class NextTokenPreview(QObject):
    """Keeps the histogram up to date with the caret while nothing is being written.

    Args:
        client: The line to the engine.
        model: The open model.
        draft: The document.
        writing: What is written into it.
        next_token: The distribution at the caret.
        parent: The Qt parent, if any.
    """

    read = Signal()
    """Another prompt was read: `evaluated`."""

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        draft: Draft,
        writing: Writing,
        next_token: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._model = model
        self._draft = draft
        self._writing = writing
        self._next_token = next_token
        self._request = 0
        self._asked: Prompt | None = None
        """The prompt that the engine was asked about last; None where that was another model."""
        self._is_answered = False
        self.evaluated: Evaluated | None = None
        """The prompt that was read last, at rest."""
        self.prompt: Prompt | None = None
        """What it was made of."""
        self._history: list[int] = []
        self._timer = single_shot(self, self._ask, DEBOUNCE_MS)
        client.follow(self._learn, Distribution, Evaluated)
        model.changed.connect(self._on_model_changed)
        draft.prompt_changed.connect(self._on_prompt_changed)
        draft.manuscript.loaded.connect(self._on_loaded)
        writing.ended.connect(self._on_writing_ended)

    @property
    def is_settled(self) -> bool:
        """Whether the histogram shows what follows the text as it is now."""
        return self._is_answered and self._writing.is_idle and not self._timer.isActive()

    def look_again(self) -> None:
        """Ask about the caret's place once more: the engine has read something else meanwhile."""
        self._asked = None
        self._timer.start()

    def cancel(self) -> None:
        """Give up an evaluation that is under way; the next change of the text asks again."""
        self._timer.stop()
        if self._writing.is_idle and self._request:
            self._client.send(Stop(request=self._request))

    def _ask(self) -> None:
        if not (self._model.is_ready and self._writing.is_idle):
            return
        prompt = self._draft.prompt()
        if prompt == self._asked:
            return
        self._asked = prompt
        self._is_answered = False
        self._request = self._client.next_request(self._on_event, replaces=self._request)
        self._client.send(PreviewNextToken(request=self._request, prompt=prompt))

    def _learn(self, event: Distribution | Evaluated) -> None:
        # Reported once, whoever has asked, and also where the answer comes too late.
        if event.pieces:
            self._next_token.add_pieces(event.pieces)

    def _on_event(self, event: AnyEvent) -> None:
        if not self._writing.is_idle or self._asked is None:
            return  # None: it was asked about another text
        match event:
            case Evaluating():
                # A part is read and more is to come: too long to go on showing another place.
                if 0 < event.done < event.total:
                    self._next_token.clear(tr(READING))
            case Evaluated():
                self.evaluated, self.prompt = event, self._asked
                self._history = event.token_ids()
                self.read.emit()
            case Distribution():
                place = TokenPlace(self._history, is_next=True, typed=event.typed)
                self._next_token.show(LogitSketch.from_bytes(event.sketch), place)
                self._is_answered = True
            case Failed():
                self._asked = None
                self._next_token.clear(event.message)
            case Superseded():
                # By a newer question (then `_request` is no longer this one), by a load, or by
                # `cancel`: then the bars are those of another place.
                self._asked = None
                if self._model.is_ready:
                    if self._writing.held is not None:
                        self.look_again()  # something else came first, and is over soon
                    self._next_token.clear(tr(READING if self._writing.held else STOPPED))

    def _on_loaded(self) -> None:
        """Another text is there: the bars are not of it, and a click would write into it."""
        if self._model.is_ready:
            self._asked = None
            self._is_answered = False
            self._next_token.clear(tr(READING))
            self._timer.start()

    def _on_prompt_changed(self) -> None:
        if self._writing.is_idle:
            self._timer.start()  # else at its end

    def _on_model_changed(self) -> None:
        if not self._model.is_ready and self.evaluated is not None:
            self.evaluated = None
            self.read.emit()
        match self._model.phase:
            case ModelPhase.READY:
                self._next_token.use_vocabulary(self._model.vocabulary, self._model.mark)
                self._next_token.add_pieces({}, self._model.control)
                if self._asked is None:
                    self._next_token.clear(tr(READING))
                self._ask()
                return
            case ModelPhase.LOADING:
                self._next_token.clear(tr("The model is loading."))
            case ModelPhase.NONE:
                self._next_token.clear(NOTHING_KNOWN)
            case ModelPhase.FAILED:
                self._next_token.clear(tr("No model is open."))
        self._asked = None

    def _on_writing_ended(self) -> None:
        self._asked = None
        self._is_answered = False
        if self._model.is_ready:
            self._timer.start()
        else:
            # Its last token may have come after the model was gone.
            self._on_model_changed()
