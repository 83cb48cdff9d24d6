"""One lane of a comparison as the window knows it: a sequence with its settings and its bars.

Written to by `CompareState` and `CompareRun` alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from studio.app.generation.sequence import GeneratedSequence
from studio.app.parameters.sampling_state import SamplingState
from studio.app.presets.preset_choice import PresetChoice
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.place import TokenPlace, place_of
from studio.experiments.comparison import OF_ITSELF
from studio.presets import Preset
from studio.sampling import LogitSketch, SamplingParams
from studio.token_record import TokenRecord, TokenSequence, placed
from studio.translation import mark, tr

DROP_BIASES = mark("Drop biases")
"""The entry of a lane's menu that removes biases made for another model."""


def biases_at() -> str:
    """Where a lane's biases for another model can be removed."""
    return tr("with “{entry}” in the lane's menu", entry=tr(DROP_BIASES))


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


class CompareLane(GeneratedSequence):
    """A lane's state.

    Attributes:
        color: Its place in the palette of lanes.
        preset_choice: The preset that its parameters came from.
        next_token: The distribution of its last token, or of the prompt before it has one.
        stop: The texts that end it where it runs from now on: those of the preset chosen last.
        stopped_by: The texts that would have ended it when it ran last.
        ran_as: The preset that was chosen when it was run last; empty before.

    Args:
        number: The engine's name for it.
        color: Its place in the palette of lanes.
        presets: The presets that there are.
        preset: The name of the one chosen.
        params: The parameters to begin with.
        pieces: Knows how tokens are spelled.
        parent: The Qt parent, if any.
    """

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
        super().__init__(SamplingState(params), number, parent)
        self.sampling.setParent(self)
        self.color = color
        self.preset_choice = PresetChoice(presets, preset, self)
        self.next_token = NextToken(params, self)
        self.next_token.share_pieces(pieces)
        self.next_token.biases_at = biases_at()
        self.stop = self.preset_choice.current.stop
        self.stopped_by: tuple[str, ...] = ()
        self.ran_as = ""
        self.sampling.params_changed.connect(self.next_token.set_params)
        self.preset_choice.chosen.connect(self._on_preset_chosen)

    @property
    def temperature(self) -> float:
        """The temperature in force at its next token."""
        return self.sampling.params.temperature

    @property
    def ended(self) -> int | None:
        """How many tokens its text has where it ended by itself; None where it was cut short."""
        return len(self.tokens) if self.reason in OF_ITSELF else None

    @property
    def would_end_at_once(self) -> bool:
        """Whether going on would draw again what ended its text, and end it again."""
        if self.ended is None or self.sampling.params != self.params_at(len(self.tokens)):
            return False
        return self.reason != "stop_string" or self.stop == self.stopped_by

    def place_of(self, index: int, history: Sequence[int]) -> TokenPlace:
        """What is known of the place of a token beside its logits.

        Args:
            index: The token's, counted from the end of the prompt.
            history: The prompt's tokens; empty where they are not known.
        """
        record = self.drawn[index]
        place = place_of(placed(record, self._sequence(history, index), len(history) + index))
        assert place is not None, "its sequence is known"
        return place

    def records(self, history: Sequence[int]) -> list[TokenRecord]:
        """What it drew, as token records for a manuscript, each with its place.

        Args:
            history: The prompt's tokens; empty where they are not known.
        """
        drawn = self.drawn
        sequence = self._sequence(history, len(drawn))
        return [placed(record, sequence, index) for index, record in enumerate(drawn, len(history))]

    def _sequence(self, history: Sequence[int], count: int) -> TokenSequence:
        """The prompt and the first `count` tokens drawn after it."""
        return TokenSequence(
            [*history, *(record.id for record in self.drawn[:count])],
            is_whole=bool(history),
            seed=self.seed or 0,
            start=len(history),
        )

    def _on_preset_chosen(self, preset: Preset) -> None:
        self.stop = preset.stop
        self.sampling.set_params(preset.sampling)

    def begin(self, max_tokens: int = 0) -> None:
        """See `GeneratedSequence`."""
        self.ran_as = self.preset_choice.current.name
        self.stopped_by = self.stop
        super().begin(max_tokens)

    def show_distribution(self, prompt: LogitSketch | None, history: Sequence[int]) -> None:
        """Give `next_token` the distribution to show: the last token's, or the prompt's.

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
