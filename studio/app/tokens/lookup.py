"""How the open model spells tokens and words, and which token an id stands for.

What is not known of the vocabulary yet is asked of the engine. A token that is shown by its number,
as those of a text that was opened, is asked for by itself.
"""

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QObject, Signal

from studio.app.engine_line.client import EngineClient
from studio.app.model.state import ModelState
from studio.app.timers import single_shot
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.text import TokenText
from studio.app.tokens.text_question import learn
from studio.engine.messages import (
    AnyEvent,
    FindTokens,
    FindWords,
    TokensFound,
    WordsFound,
)
from studio.sampling import SamplingParams, WordTokens, foreign_tokens
from studio.translation import tr


class TokenLookup(QObject):
    """Answers questions on the vocabulary, and asks the engine where need be.

    Args:
        client: The line to the engine.
        model: Whose vocabulary it is.
        next_token: Knows the spellings that were shown already.
        parent: The Qt parent, if any.
    """

    spelled = Signal()
    """More tokens can be shown by their text, or more words by their tokens."""

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
        self._spelling: set[frozenset[int]] = set()
        self._finding: set[str] = set()
        client.died.connect(lambda _outcome: self._forget())
        model.changed.connect(self._forget)
        model.changed.connect(self.spelled)
        asking = single_shot(self, self._spell_shown)
        next_token.token_unspelled.connect(asking.start)
        model.changed.connect(asking.start)
        next_token.texts_known.connect(self.spelled)

    @property
    def mark(self) -> str:
        """What `ModelReport.vocabulary` calls the open model's; empty where none is ready."""
        return self._model.mark if self._model.is_ready else ""

    @property
    def is_ready(self) -> bool:
        """Whether a model is open that can be asked."""
        return self._model.is_ready

    # Tokens

    def number(self, typed: str) -> int:
        """The token whose id was typed, with or without a ``#`` before it.

        Raises:
            ValueError: It is not an id, or the open model has no such token.
        """
        digits = typed.strip().removeprefix("#").strip()
        if not (digits.isascii() and digits.isdecimal() and len(digits) < 11):
            raise ValueError(
                tr(
                    "logit_bias: found “{typed}”; type the number of a token, such as #198. "
                    "A word goes under word biases.",
                    typed=typed.strip(),
                )
            )
        token, size = int(digits), self._size
        if size is not None and token >= size:
            raise ValueError(
                tr(
                    "logit_bias: found token {token}; this model has the tokens 0 to {last}.",
                    token=token,
                    last=size - 1,
                )
            )
        return token

    def spell(self, tokens: Iterable[int]) -> None:
        """Ask for the spellings of tokens, as soon as a model is open."""
        wanted = frozenset(tokens).difference(self._next_token.pieces, *self._spelling)
        if wanted and self._model.is_ready:
            self._spelling.add(wanted)
            request = self._client.next_request(partial(self._on_spelled, wanted))
            self._client.send(FindTokens(request=request, ids=tuple(sorted(wanted))))

    def text(self, token: int) -> TokenText:
        """How a token is shown; by its number where its spelling is not known."""
        return self._next_token.spelled(token)

    def foreign(self, params: SamplingParams) -> list[int]:
        """The tokens whose biases are for another model than the open one."""
        size = self._size
        return [] if size is None else foreign_tokens(params, size, self.mark)

    # Words

    def word(self, text: str) -> WordTokens | None:
        """The tokens that complete a word; None where that is not known."""
        return self._next_token.word(text) if self._model.is_ready else None

    def find_word(self, text: str) -> None:
        """Ask for the tokens of a word, if a model is open."""
        is_asked = text in self._finding
        if text and self._model.is_ready and not is_asked and self.word(text) is None:
            self._finding.add(text)
            request = self._client.next_request(partial(self._on_found, text))
            self._client.send(FindWords(request=request, texts=(text,)))

    @property
    def _size(self) -> int | None:
        report = self._model.report
        return report.vocabulary_size if self._model.is_ready and report else None

    def _on_found(self, text: str, event: AnyEvent) -> None:
        if text in self._finding:
            self._finding.remove(text)
            if isinstance(event, WordsFound):
                learn(self._next_token, event)

    def _spell_shown(self) -> None:
        self.spell(self._next_token.unspelled)

    def _on_spelled(self, wanted: frozenset[int], event: AnyEvent) -> None:
        if wanted in self._spelling:
            if isinstance(event, TokensFound):
                # What it was asked for stays asked for: an id that the model lacks has no spelling.
                self._next_token.add_spellings(event.pieces)
            else:
                self._spelling.remove(wanted)

    def _forget(self) -> None:
        self._spelling.clear()
        self._finding.clear()
