"""Asks the engine how it tokenizes texts of the parameters: DRY's breakers, biased words."""

from collections.abc import Callable, Hashable, Iterable
from functools import partial

from PySide6.QtCore import QObject

from studio.app.engine_line.client import EngineClient
from studio.app.model.state import ModelState
from studio.app.tokens.next_token import NextToken
from studio.engine.messages import (
    AnyEvent,
    BreakersFound,
    FindBreakers,
    FindWords,
    WordsFound,
)
from studio.sampling import SamplingParams

Question = Callable[[int], FindBreakers | FindWords]
"""Makes the command when it is given the number of the request."""


def questions(params: SamplingParams, vocabulary: NextToken) -> Iterable[tuple[object, Question]]:
    """The texts of these parameters that a vocabulary does not know, and the commands to ask.

    Args:
        params: The sampling parameters.
        vocabulary: What is known of the model's tokens.

    Returns:
        Each question by what it is about, so that none is asked twice.
    """
    breakers = params.dry_sequence_breakers
    if vocabulary.lacks_breakers(params):
        yield (
            ("breakers", breakers),
            lambda request: FindBreakers(request=request, texts=breakers),
        )
    words = vocabulary.unknown_words(params)
    if words:
        yield ("words", words), lambda request: FindWords(request=request, texts=words)


def learn(vocabulary: NextToken, answer: BreakersFound | WordsFound) -> None:
    """Give an answer to a vocabulary.

    Args:
        vocabulary: What is known of the model's tokens.
        answer: What the engine said.
    """
    if isinstance(answer, BreakersFound):
        vocabulary.add_breakers(answer.texts, answer.breakers)
    else:
        vocabulary.add_pieces(answer.pieces)
        vocabulary.add_words(answer.texts, answer.words)


class TextQuestion(QObject):
    """Asked once for each model and each list of texts, as soon as both are there.

    Args:
        client: The line to the engine.
        model: The open model.
        wanted: Says whose texts are asked about: parameters, and what is to know their tokens.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        wanted: Callable[[], Iterable[tuple[SamplingParams, NextToken]]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._model = model
        self._wanted = wanted
        self._found: dict[tuple[Hashable, object], BreakersFound | WordsFound] = {}
        """For a vocabulary that takes the place of another, or comes to be this model's later."""
        self._asked: set[object] = set()
        """What the answers that are waited for are about."""
        model.changed.connect(self._on_model_changed)

    def ask(self) -> None:
        """The texts, or what knows them, may be others."""
        if not self._model.is_ready:
            return
        for params, vocabulary in self._wanted():
            for about, question in questions(params, vocabulary):
                found = self._found.get((self._model.vocabulary, about))
                if found is not None:
                    learn(vocabulary, found)
                elif about not in self._asked:
                    self._asked.add(about)
                    request = self._client.next_request(partial(self._on_answer, about))
                    self._client.send(question(request))

    def _on_answer(self, about: object, event: AnyEvent) -> None:
        if about in self._asked:
            self._asked.remove(about)
            if isinstance(event, BreakersFound | WordsFound):
                self._found[self._model.vocabulary, about] = event
                for vocabulary in {vocabulary for _, vocabulary in self._wanted()}:
                    learn(vocabulary, event)

    def _on_model_changed(self) -> None:
        # An answer that is on its way is about the tokens of the model before.
        self._asked.clear()
        self.ask()
