"""A model at a server of OpenAI's protocol of which tokens are drawn here."""

from __future__ import annotations

import msgspec

from studio.engine.messages import EngineError
from studio.engine.server.capabilities import Capabilities
from studio.engine.server.completions_context import CompletionsContext
from studio.engine.server.lines import Lines, Question
from studio.engine.server.model import TemplateHeader
from studio.engine.server.spelled_vocabulary import SpelledVocabulary
from studio.translation import tr


class _Listed(msgspec.Struct, frozen=True):
    id: str = ""
    root: str | None = None
    max_model_len: int | None = None


class _List(msgspec.Struct, frozen=True):
    data: list[_Listed] = []


class CompletionsModel:
    """The model.

    Attributes:
        vocabulary: Its vocabulary.
        header: What chats are put together with: nothing, the server does that.

    Args:
        lines: To the server.
        can: What it can do.
        vocabulary: How its ids are spelled.
    """

    gives_back = 0
    """Bytes of this machine's memory that are free when it goes."""

    def __init__(self, lines: Lines, can: Capabilities, vocabulary: SpelledVocabulary) -> None:
        self.vocabulary = vocabulary
        self.header = TemplateHeader(None, "", "", frozenset(vocabulary.control_tokens))
        self._lines = lines
        self._can = can
        self._listed = self._asked()
        self._seen = lines.connections

    def context(self, size: int) -> CompletionsContext:
        """What reads texts there.

        Args:
            size: How many tokens a text may have.
        """
        # A server needs room for the token that it draws.
        return CompletionsContext(self._lines, self._can, self.vocabulary, size - 1)

    def check_unchanged(self) -> None:
        """Refuse to go on with another model than the one that was opened.

        Asks nothing where all was answered by the connections that were there.

        Raises:
            EngineError: Another one stands there now.
        """
        while self._seen != (made := self._lines.connections):
            if self._asked() != self._listed:
                raise EngineError(
                    "server",
                    tr(
                        "The server at {url} has another model now, or was started with other "
                        "options. Open it again to go on with that.",
                        url=self._lines.address.shown,
                    ),
                )
            self._seen = made

    def close(self) -> None:
        """Leave the server."""
        self._lines.close()

    def _asked(self) -> list[_Listed]:
        return self._lines.ask(Question("/v1/models"), _List).data
