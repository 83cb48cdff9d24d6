"""A model at a llama-server: opened, reported, and noticed when it is another one."""

from __future__ import annotations

import time
from typing import NamedTuple

from studio.engine.interrupt import Interrupt
from studio.engine.messages import EngineError, ModelReport
from studio.engine.server.answers import ModelFacts, Models, Properties
from studio.engine.server.asking import Address
from studio.engine.server.lines import Lines, Question
from studio.engine.server.vocabulary import ServerVocabulary
from studio.translation import tr
from studio.visible_text import visible_line

_LEAST_CONTEXT = 16
_ROUND_TRIPS = 5
FAR = 0.03
"""Seconds: where a question takes longer there and back, the server draws the tokens."""


class TemplateHeader(NamedTuple):
    """What a chat template is rendered with."""

    chat_template: str | None
    bos_token: str
    eos_token: str
    control_tokens: frozenset[str]


class ServerModel:
    """A model that a server holds.

    Args:
        address: Where the server is.
        key: What it asks for; empty for none.
        interrupt: Ends what is asked.

    Raises:
        EvaluationStopped: The interrupt was set.
        EngineError: The server does not answer, or not as a llama-server does.
    """

    gives_back = 0
    """Bytes of this machine's memory that are free when it goes."""

    def __init__(self, address: Address, key: str, interrupt: Interrupt) -> None:
        started = time.perf_counter()
        self.lines = Lines(address, key, interrupt)
        self._properties = properties = self._asked()
        self.slots = max(1, properties.total_slots)
        # The server refuses a prompt that fills a slot.
        self.context_size = properties.default_generation_settings.n_ctx - 1
        if self.context_size < _LEAST_CONTEXT:
            raise EngineError("server", self.lines.misread())
        self.vocabulary = ServerVocabulary(self.lines, properties, visible_line(properties.name))
        self.header = TemplateHeader(
            properties.chat_template or None,
            properties.bos_token,
            properties.eos_token,
            frozenset(self.vocabulary.control_tokens),
        )
        self._facts = self._listed()
        self.round_trip = min(self._round_trip() for _ in range(_ROUND_TRIPS))
        """Seconds that a question takes that needs no thought."""
        self._seen = self.lines.connections
        self._seconds = time.perf_counter() - started

    @property
    def is_far(self) -> bool:
        """Whether it is so far away that it draws the tokens itself."""
        return self.round_trip > FAR

    def report(self) -> ModelReport:
        """What stands there."""
        facts = self._facts
        return ModelReport(
            path=self.lines.address.shown,
            name=self._properties.name,
            architecture="",
            quantization="",
            file_bytes=facts.size,
            parameters=facts.n_params,
            vocabulary_size=self.vocabulary.size,
            context_size=self.context_size,
            context_train=facts.n_ctx_train,
            layers=0,
            layers_offloaded=0,
            backend="llama-server",
            device=self._properties.build_info,
            threads=0,
            memory_mapped=False,
            memory_bytes=0,
            is_far=self.is_far,
            takes_repeat_penalty=self.is_far,
            has_chat_template=self.header.chat_template is not None,
            seconds=self._seconds,
            vocabulary=self.vocabulary.mark,
            control=self.vocabulary.control,
        )

    def check_unchanged(self) -> None:
        """Refuse to go on with another model than the one that was opened.

        Asks nothing where all was answered by the connections that were there.

        Raises:
            EngineError: Another one stands there now.
        """
        while self._seen != (made := self.lines.connections):
            self.ask_again()
            self._seen = made

    def ask_again(self) -> None:
        """Refuse to go on with another model, whatever connections there were.

        Raises:
            EngineError: Another one stands there now.
        """
        if self._asked() != self._properties:
            raise EngineError(
                "server",
                tr(
                    "The server at {url} has another model now, or was started with other "
                    "options. Open it again to go on with that.",
                    url=self.lines.address.shown,
                ),
            )

    def close(self) -> None:
        """Leave the server."""
        self.lines.close()

    def _round_trip(self) -> float:
        started = time.perf_counter()
        self.lines.ask(Question("/health"), object)
        return time.perf_counter() - started

    def _asked(self) -> Properties:
        return self.lines.ask(Question("/props"), Properties)

    def _listed(self) -> ModelFacts:
        listed = self.lines.ask(Question("/v1/models"), Models).data
        return (listed[0].meta if listed else None) or ModelFacts()
