"""A lane's tokens as records with their places: what was before them, what drew them.

Made as they are asked for, and kept until the lane is turned or begins again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from studio.app.tokens.written_token import Run, WrittenToken
from studio.sampling import SamplingParams
from studio.token_record import TokenRecord


class LaneRecords:
    """Follows one lane."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._records: list[WrittenToken] = []
        self._history: Sequence[int] = ()

    def turn(self, index: int) -> None:
        """From the token `index` on other parameters hold."""
        if index < len(self._records):
            self._run = None

    def of(
        self,
        tokens: Sequence[TokenRecord],
        history: Sequence[int],
        seed: int,
        params_at: Callable[[int], SamplingParams],
    ) -> list[WrittenToken]:
        """The records of a lane's tokens, that many as there are.

        Args:
            tokens: What it wrote.
            history: The prompt's tokens; empty where they are not known.
            seed: Of its random draws.
            params_at: The parameters that a token was drawn with.
        """
        run = self._run
        if (
            run is None
            or run.seed != seed
            or self._history is not history
            or not self._is_beginning_of(tokens)
        ):
            first = msgspec.structs.replace(params_at(0), seed=seed)
            run = self._run = Run(first, knows_prompt=bool(history))
            run.begin(history)
            self._history = history
            self._records = []
        for index in range(len(self._records), len(tokens)):
            run.change(params_at(index))
            self._records.append(run.take(tokens[index]))
        return self._records

    def _is_beginning_of(self, tokens: Sequence[TokenRecord]) -> bool:
        # What ended the text goes, or another token comes in its place, when the lane goes on.
        count = len(self._records)
        if count > len(tokens):
            return False
        return count == 0 or self._records[-1].token is tokens[count - 1]
