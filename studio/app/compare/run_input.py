"""What a comparison's lanes continue, and what is known of who writes them.

Plain values, as they were when the lanes began.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from studio.app.writing.document_state import DocumentState
from studio.engine.messages import Prompt
from studio.model_record import ModelRecord


class RunTimings(NamedTuple):
    """How long a run took."""

    seconds_prompt: float
    seconds_generation: float
    tokens_per_second: float
    """Of all lanes together."""


class RunInput(msgspec.Struct):
    """The input of one comparison, from its first run on.

    Attributes:
        prompt: What the lanes continue; None before a run.
        prompt_tokens: Its token ids; empty before the engine reported them.
        prompt_count: How many there are, where a file gives only their number.
        unseen_characters: Of the manuscript's beginning, which did not fit the context.
        unseen_tokens: The same in tokens; -1 before the engine has said.
        ignore_eos: Whether lanes go on past an end-of-text token.
        source: Distinguishes the models whose token ids mean different things; None for a
            comparison from a file, where that is not known.
        model: Whose tokens they are; None before a run.
        made: When it was begun: ISO 8601, UTC.
        figures: The last run's; None before it has ended.
        document: The open document that it is made for; None where that is not known.
    """

    prompt: Prompt | None = None
    prompt_tokens: list[int] = msgspec.field(default_factory=list)
    prompt_count: int = 0
    unseen_characters: int = 0
    unseen_tokens: int = -1
    ignore_eos: bool = False
    source: object = None
    model: ModelRecord | None = None
    made: str = ""
    figures: RunTimings | None = None
    document: DocumentState | None = None

    @property
    def is_of_a_file(self) -> bool:
        """Whether it came from a file, and no open model was found to have written it."""
        return self.prompt is not None and self.source is None
