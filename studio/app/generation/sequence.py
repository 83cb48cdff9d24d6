"""One sequence of a generation as the window follows it: its tokens, its rate, why it ended."""

from __future__ import annotations

import time
from enum import Enum

from PySide6.QtCore import QObject, Signal

from studio.app.parameters.sampling_state import SamplingState
from studio.engine.messages import Finished
from studio.sampling import SamplingParams
from studio.token_record import TokenRecord
from studio.utf8 import whole_characters


class SequencePhase(Enum):
    """Where a sequence is."""

    NEW = "new"
    """It has not been asked for."""
    READING = "reading"
    """It was asked for, and its first token is not there: the prompt is being evaluated."""
    RUNNING = "running"
    STOPPING = "stopping"
    ENDED = "ended"


class GeneratedSequence(QObject):
    """A sequence's state; a `Generation` writes to it.

    Attributes:
        number: The engine's name for it.
        sampling: The parameters in force at its next token.
        tokens: What it wrote.
        end: What was drawn behind them and ended the text; None where nothing did.
        mu: What Mirostat allowed when it ended; None where that is not known, or it is off.
        adaptive_mean: What adaptive-p had learnt then; None as for `mu`.
        turns: (index, parameters) for each stretch of `tokens`.
        seed: Of its random draws; None before the engine said.
        phase: Where it is.
        reason: Why it ended: a `FinishReason`, "gone" with the engine or "failed"; empty while it
            has not.
        rate: Tokens a second, of this run or the last.
        awaits_start: Whether what is reported of its number is still of the sequence before.

    Args:
        sampling: The parameters in force at its next token.
        number: The engine's name for it.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Phase, seed or reason."""
    grown = Signal()
    """Tokens have come; once a frame."""
    cleared = Signal()
    """All tokens are gone: it begins again."""

    def __init__(
        self, sampling: SamplingState, number: int = 0, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.number = number
        self.sampling = sampling
        self.tokens: list[TokenRecord] = []
        self.end: TokenRecord | None = None
        self.mu: float | None = None
        self.adaptive_mean: float | None = None
        self.turns: list[tuple[int, SamplingParams]] = []
        self.seed: int | None = None
        self.phase = SequencePhase.NEW
        self.reason = ""
        self.rate: float | None = None
        self.awaits_start = False
        self._most = self._shown = 0
        self._first_frame: tuple[float, int] | None = None
        """When it was shown, and how many tokens there were."""

    @property
    def runs(self) -> bool:
        """Whether it has been asked for and has not ended."""
        return self.can_stop or self.phase is SequencePhase.STOPPING

    @property
    def can_stop(self) -> bool:
        """Whether it runs and was not asked to end yet."""
        return self.phase in (SequencePhase.READING, SequencePhase.RUNNING)

    @property
    def drawn(self) -> list[TokenRecord]:
        """Its tokens, and behind them what ended its text."""
        return self.tokens if self.end is None else [*self.tokens, self.end]

    @property
    def written(self) -> list[TokenRecord]:
        """What spells its text: its tokens, and the beginning of the one that a stop cut."""
        return self.drawn if self.end and self.end.text else self.tokens

    @property
    def text(self) -> str:
        """What it wrote."""
        return whole_characters(b"".join(token.text for token in self.written))

    @property
    def expected(self) -> int:
        """How many tokens it has, or may have when this run has ended."""
        return max(len(self.tokens), self._most if self.runs else 0)

    def params_at(self, index: int) -> SamplingParams:
        """With what a token was drawn."""
        params = self.sampling.params
        for first, turned in self.turns:
            if first > index:
                break
            params = turned
        return params

    # For those who have it written, and for the `Generation`.

    def clear(self) -> None:
        """Forget what it wrote."""
        self.tokens = []
        self.turns = []
        self.end = self.mu = self.adaptive_mean = self.rate = None
        self.reason = ""
        self._shown = 0
        self.cleared.emit()

    def begin(self, max_tokens: int = 0) -> None:
        """It has been asked for, and may write so many tokens more."""
        self._shown = len(self.tokens)
        self._most = self._shown + max_tokens
        self.reason = ""
        self.end = self.mu = self.adaptive_mean = None
        self._first_frame = None
        self.set_phase(SequencePhase.READING)

    def start(self, seed: int, written: int) -> None:
        """It stands at the prompt, or behind what it had written before.

        Args:
            seed: Of its random draws.
            written: How many tokens it has behind the prompt.
        """
        is_known = self.turns and seed == self.seed and not self.awaits_start
        self.awaits_start = False
        self.seed = seed
        if not self.turns:
            self.turn(written, self.sampling.params)
        if not is_known:
            self.changed.emit()

    def turn(self, index: int, params: SamplingParams) -> None:
        """From the token `index` on it draws with these.

        Args:
            index: Of the first token that is drawn so.
            params: The parameters from there on.
        """
        self.turns = [turn for turn in self.turns if turn[0] < index]
        if not self.turns or self.turns[-1][1] != params:
            self.turns.append((index, params))

    def append(self, token: TokenRecord) -> None:
        """One more token; shown with the next frame."""
        self.tokens.append(token)
        if self.phase is SequencePhase.READING:
            self.set_phase(SequencePhase.RUNNING)

    def show(self) -> None:
        """Report what has come since the frame before, and look at the clock."""
        now, count = time.perf_counter(), len(self.tokens)
        if count == self._shown:
            return
        self._shown = count
        # Tokens come in bundles: within one, the time between them is none.
        if self._first_frame is None:
            self._first_frame = now, count
        else:
            since, tokens = self._first_frame
            if count > tokens and now > since:
                self.rate = (count - tokens) / (now - since)
        self.grown.emit()

    def finish(self, reason: str, event: Finished | None = None) -> None:
        """It has ended, as the engine reported, or because there is no engine any more.

        Args:
            reason: See `reason`.
            event: What the engine said; None where there is no engine any more.
        """
        self.reason = reason
        if event is not None:
            self.end = event.end.record if event.end else None
            self.mu, self.adaptive_mean = event.mu, event.adaptive_mean
        self.set_phase(SequencePhase.ENDED)

    def set_phase(self, phase: SequencePhase) -> None:
        """It is somewhere else."""
        self.phase = phase
        self.changed.emit()
