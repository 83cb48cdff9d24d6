"""One lane of a comparison as the window knows it: its settings, its tokens, why it ended.

Written to by `CompareState` and `CompareRun` alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QObject, Signal

from studio.app.parameters.sampling_state import SamplingState
from studio.app.presets.preset_choice import PresetChoice
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.place import TokenPlace, place_of
from studio.engine.messages import Finished
from studio.experiments.comparison import OF_ITSELF
from studio.presets import Preset
from studio.sampling import LogitSketch, SamplingParams
from studio.token_record import TokenRecord, TokenSequence, placed
from studio.translation import mark, tr
from studio.utf8 import whole_characters

Turns = list[tuple[int, SamplingParams]]


DROP_BIASES = mark("Drop biases")
"""What the entry of a lane's menu is called that takes out biases for another model."""


def biases_at() -> str:
    """Where a lane's biases for another model are taken out."""
    return tr("with “{entry}” in the lane's menu", entry=tr(DROP_BIASES))


class LanePhase(Enum):
    """Where a lane is."""

    NEW = "new"
    """It has not been run."""
    READING = "reading"
    """It was asked for, and its first token is not there."""
    RUNNING = "running"
    STOPPING = "stopping"
    ENDED = "ended"


REASONS = {
    "end_of_text": mark("the model ended its text"),
    "stop_string": mark("met a stop string of its preset"),
    "max_tokens": mark("reached its length"),
    "stopped": mark("stopped"),
    "context_full": mark("the context is full"),
    "gone": mark("the engine ended"),
    "failed": mark("failed"),
}
"""Why a lane ended, in words."""


class CompareLane(QObject):
    """A lane's state.

    Attributes:
        number: The engine's name for it.
        color: Its place in the palette of lanes.
        sampling: The parameters in force at its next token.
        preset_choice: The preset that its parameters came from.
        next_token: The distribution of its last token, or of the prompt before it has one.
        tokens: What it wrote.
        end: What was drawn behind them and ended the text; None where nothing did.
        mu: What Mirostat allowed when it ended; None where that is not known, or it is off.
        adaptive_mean: What adaptive-p had learnt then; None as for `mu`.
        turns: (index, parameters) for each stretch of `tokens`.
        stop: The texts that end it where it runs from now on: those of the preset chosen last.
        seed: Of its random draws; None before the engine said.
        phase: Where it is.
        reason: Why it ended, a key of `REASONS`; empty while it has not.
        rate: Tokens a second, of this run or the last.

    Args:
        number: The engine's name for it.
        color: Its place in the palette of lanes.
        presets: The presets that there are.
        preset: The name of the one chosen.
        params: The parameters to begin with.
        pieces: Knows how tokens are spelled.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Phase, seed, reason or the number of tokens; of tokens once a frame."""
    grown = Signal()
    """Tokens have come; once a frame."""
    cleared = Signal()
    """All tokens are gone: it begins again."""

    def __init__(
        self,
        number: int,
        color: int,
        presets: list[Preset],
        preset: str,
        params: SamplingParams,
        pieces: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.number = number
        self.color = color
        self.sampling = SamplingState(params, parent=self)
        self.preset_choice = PresetChoice(presets, preset, self)
        self.next_token = NextToken(params, self)
        self.next_token.share_pieces(pieces)
        self.next_token.biases_at = biases_at()
        self.tokens: list[TokenRecord] = []
        self.end: TokenRecord | None = None
        self.mu: float | None = None
        self.adaptive_mean: float | None = None
        self.turns: Turns = []
        self.stop = self.preset_choice.current.stop
        self.seed: int | None = None
        self.phase = LanePhase.NEW
        self.reason = ""
        self.rate: float | None = None
        self.stopped_by: tuple[str, ...] = ()
        """The texts that would have ended it when it ran last."""
        self.ran_as = ""
        """The preset that was chosen when it was run last; empty before."""
        self.awaits_start = False
        """Whether what is reported of this number is still of the lane before."""
        self._most = 0
        self._since: tuple[float, int] | None = None
        self.sampling.params_changed.connect(self.next_token.set_params)
        self.preset_choice.chosen.connect(self._on_preset_chosen)

    @property
    def runs(self) -> bool:
        """Whether it has been asked for and has not ended."""
        return self.phase in (LanePhase.READING, LanePhase.RUNNING, LanePhase.STOPPING)

    @property
    def temperature(self) -> float:
        """In force at its next token."""
        return self.sampling.params.temperature

    @property
    def drawn(self) -> list[TokenRecord]:
        """Its tokens, and behind them what ended its text."""
        return self.tokens if self.end is None else [*self.tokens, self.end]

    @property
    def ended(self) -> int | None:
        """How many tokens its text has, where that ended of itself; None where it was cut short."""
        return len(self.tokens) if self.reason in OF_ITSELF else None

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

    @property
    def would_end_at_once(self) -> bool:
        """Whether going on would draw again what ended its text, and end it again."""
        if self.ended is None or self.sampling.params != self.params_at(len(self.tokens)):
            return False
        return self.reason != "stop_string" or self.stop == self.stopped_by

    def params_at(self, index: int) -> SamplingParams:
        """With what a token was drawn."""
        params = self.sampling.params
        for first, turned in self.turns:
            if first > index:
                break
            params = turned
        return params

    def place_of(self, index: int, history: Sequence[int]) -> TokenPlace:
        """What is known of the place of a token beside its logits.

        Args:
            index: Counted from the prompt; it was drawn there.
            history: The prompt's tokens; empty where they are not known.
        """
        record = self.drawn[index]
        place = place_of(placed(record, self._sequence(history, index), len(history) + index))
        assert place is not None, "its sequence is known"
        return place

    def records(self, history: Sequence[int]) -> list[TokenRecord]:
        """What it drew as records of the manuscript, each with its place.

        Args:
            history: The prompt's tokens; empty where they are not known.
        """
        drawn = self.drawn
        sequence = self._sequence(history, len(drawn))
        return [placed(record, sequence, index) for index, record in enumerate(drawn, len(history))]

    def _sequence(self, history: Sequence[int], count: int) -> TokenSequence:
        """The prompt and the first `count` tokens drawn behind it."""
        return TokenSequence(
            [*history, *(record.id for record in self.drawn[:count])],
            is_whole=bool(history),
            seed=self.seed or 0,
            start=len(history),
        )

    def _on_preset_chosen(self, preset: Preset) -> None:
        self.stop = preset.stop
        self.sampling.set_params(preset.sampling)

    # For `CompareState` and `CompareRun`.

    def clear(self) -> None:
        """Forget what it wrote."""
        self.tokens = []
        self.turns = []
        self.end = self.mu = self.adaptive_mean = self.rate = None
        self.reason = ""
        self.cleared.emit()

    def begin(self, max_tokens: int = 0) -> None:
        """It has been asked for, and may write so many tokens more."""
        self._most = len(self.tokens) + max_tokens
        self.ran_as = self.preset_choice.current.name
        self.reason = ""
        self.end = self.mu = self.adaptive_mean = None
        self.stopped_by = self.stop
        self._since = None
        self.phase = LanePhase.READING
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
        if self.phase is LanePhase.READING:
            self.phase = LanePhase.RUNNING
            self.changed.emit()

    def finish(self, reason: str, event: Finished | None = None) -> None:
        """It has ended, as the engine reported, or because there is no engine any more.

        Args:
            reason: A key of `REASONS`.
            event: What the engine said; None where there is no engine any more.
        """
        self.reason = reason
        if event is not None:
            self.end = event.end.record if event.end else None
            self.mu, self.adaptive_mean = event.mu, event.adaptive_mean
        self.phase = LanePhase.ENDED
        self.changed.emit()

    def estimate_rate(self) -> None:
        """Look at the clock; once a frame."""
        now, count = time.perf_counter(), len(self.tokens)
        if self._since is None:
            self._since = now, count
        elif count > self._since[1]:
            self.rate = (count - self._since[1]) / (now - self._since[0])

    def show_distribution(self, prompt: LogitSketch | None, history: Sequence[int]) -> None:
        """Give `next_token` what is to be seen: the last token's, or the prompt's.

        Args:
            prompt: What the prompt's end gave; None where nothing is known.
            history: The prompt's tokens.
        """
        if self.tokens:
            place = self.place_of(len(self.tokens) - 1, history)
            if not self.next_token.show_record(self.tokens[-1], place):
                self.next_token.clear("")
        elif prompt is None:
            self.next_token.clear("")
        else:
            self.next_token.show(prompt, history)
