"""Which token a writer means by a word or a number, and how tokens are spelled.

Asks what is known of the vocabulary already, then the engine. Knows no widget.
"""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from studio.engine.messages import AnyEvent, Failed, FindTokens, Superseded, TokensFound
from studio.ui.engine_line.client import EngineClient
from studio.ui.model.state import ModelState
from studio.ui.tokens.next_token import NextToken
from studio.ui.tokens.text import TokenText, token_text
from studio.ui.tokens.typed_text import visible

NO_MODEL = "Open a model to find the token of a word, or type # and the token's number."
NOT_FOUND = "The engine could not look it up. Try again."
WAITING = "Looking it up: the engine answers when the writing ends."
_SHOWN = 6


class TokenLookup(QObject):
    """Finds one token at a time.

    Args:
        client: The way to the engine.
        model: Whose vocabulary it is.
        next_token: Knows how tokens are spelled that were shown already.
        parent: The Qt parent, if any.
    """

    found = Signal(int)
    """The token that was asked for."""
    refused = Signal(str)
    """Why there is none; the sentence is for the writer."""
    waits = Signal(str)
    """The engine is asked; a sentence for the writer."""
    spelled = Signal()
    """More tokens can be shown by their text."""

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        next_token: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._model = model
        self._next_token = next_token
        self._text = ""
        self._request = 0
        self._spelling: dict[int, frozenset[int]] = {}
        client.listen(self._on_event, TokensFound, Failed, Superseded)
        client.died.connect(lambda _outcome: self._on_died())
        model.changed.connect(self._spelling.clear)
        model.changed.connect(self.spelled)

    def find(self, typed: str) -> None:
        """Look for a token: by its text as it stands in a text, or by ``#`` and its number.

        The answer is `found` or `refused`, now or later.
        """
        self._request = 0
        if typed.startswith("#") and typed[1:].strip().isdecimal() and len(typed) < 12:
            self._find_number(int(typed[1:]))
            return
        spelled = typed.encode("utf-8", errors="replace")
        for token, piece in self._next_token.pieces.items():
            if piece == spelled:
                self.found.emit(token)
                return
        if not self._model.is_ready:
            self.refused.emit(NO_MODEL)
            return
        self._text = typed
        self._request = self._client.next_request()
        self.waits.emit(WAITING)
        self._client.send(FindTokens(request=self._request, text=typed))

    def spell(self, tokens: Iterable[int]) -> None:
        """See to it that tokens can be shown by their text, as soon as a model is there."""
        wanted = frozenset(tokens) - self._next_token.pieces.keys()
        for asked in self._spelling.values():
            wanted -= asked
        if wanted and self._model.is_ready:
            request = self._client.next_request()
            self._spelling[request] = wanted
            self._client.send(FindTokens(request=request, ids=tuple(sorted(wanted))))

    def text(self, token: int) -> TokenText:
        """How a token is shown; by its number where its spelling is not known."""
        return self._next_token.spelled(token)

    def is_foreign(self, token: int) -> bool:
        """Whether the open model has no such token."""
        size = self._size
        return size is not None and token >= size

    @property
    def _size(self) -> int | None:
        report = self._model.report
        return report.vocabulary_size if self._model.is_ready and report else None

    def _find_number(self, token: int) -> None:
        size = self._size
        if size is not None and token >= size:
            self.refused.emit(
                f"logit_bias: found token {token}; this model has the tokens 0 to {size - 1}."
            )
        else:
            self.found.emit(token)

    def _on_event(self, event: AnyEvent) -> None:
        if event.request in self._spelling and isinstance(event, TokensFound | Failed | Superseded):
            if isinstance(event, TokensFound):
                # What it was asked for stays asked for: an id that the model lacks has no spelling.
                self._learn(event)
            else:
                del self._spelling[event.request]
        elif event.request == self._request and self._request:
            match event:
                case TokensFound():
                    self._request = 0
                    self._learn(event)
                    self._answer(event)
                case Failed() | Superseded():
                    self._request = 0
                    self.refused.emit(NOT_FOUND)

    def _learn(self, event: TokensFound) -> None:
        self._next_token.add_pieces(event.pieces)
        self.spelled.emit()

    def _answer(self, event: TokensFound) -> None:
        if len(event.tokens) == 1:
            self.found.emit(event.tokens[0])
            return
        pieces = [token_text(event.pieces[token], token).text for token in event.tokens[:_SHOWN]]
        more = " …" if len(event.tokens) > _SHOWN else ""
        self.refused.emit(
            f"“{visible(self._text)}” takes {len(event.tokens)} tokens: {'  '.join(pieces)}{more}. "
            "A bias is for one token: type one of these, with its space before it."
        )

    def _on_died(self) -> None:
        self._spelling.clear()
        if self._request:
            self._request = 0
            self.refused.emit(NOT_FOUND)
