"""The sampling parameters in force, and how many tokens a generation may have.

Everything that shows or changes a parameter binds to one `SamplingState`. Where parts of a text
have parameters of their own, it is a `DraftSampling`; all others have the same everywhere.
"""

from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.manuscript import OwnSampling, TokenSpan
from studio.sampling import InverseTemperature, ParameterError, SamplingParams
from studio.translation import tr

DEFAULT_MAX_TOKENS = 256
LARGEST_MAX_TOKENS = 1_000_000


class SamplingState(QObject):
    """Holds a `SamplingParams` and replaces it as a whole.

    Attributes:
        is_moving: Whether `params` are others because the place is another, and nobody turns them.

    Args:
        params: To start with; neutral if left out.
        max_tokens: How many tokens one generation may have.
        parent: The Qt parent, if any.
    """

    params_changed = Signal(object)
    """The new `SamplingParams`; not emitted where they equal the old ones."""

    changed = Signal()
    """The parameters of some place are others, be it this one or not."""

    max_tokens_changed = Signal(int)
    """The new limit; not emitted where it is the old one."""

    def __init__(
        self,
        params: SamplingParams | None = None,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._params = SamplingParams() if params is None else params
        self._max_tokens = _checked_max_tokens(max_tokens)
        self.is_moving = False

    @property
    def params(self) -> SamplingParams:
        """The parameters in force: where the model writes, or else at the caret."""
        return self._params

    @property
    def whole(self) -> SamplingParams:
        """Those of all text that has none of its own."""
        return self._params

    @property
    def here(self) -> OwnSampling | None:
        """What the passage has of its own that `params` are of; None where it has nothing."""
        return None

    def own(self, start: int, end: int) -> OwnSampling | None:
        """What a part of the text has in place of them; None where it has nothing.

        Args:
            start: Its first code point.
            end: The one behind the last; for an empty part, of what would be written there.
        """
        return None

    def owns(self, spans: Sequence[TokenSpan]) -> Sequence[OwnSampling | None]:
        """The same for each token; empty where none has anything.

        Args:
            spans: In order.
        """
        return ()

    def params_at(self, start: int, end: int) -> SamplingParams:
        """The parameters in force at a place.

        Args:
            start: The first code point.
            end: The one behind the last.
        """
        own = self.own(start, end)
        return self.whole if own is None else own.over(self.whole)

    @property
    def beta(self) -> float:
        """The inverse temperature in force: ∞ where T is 0, 0 where T is ∞."""
        return InverseTemperature(self._params.temperature).beta

    @property
    def max_tokens(self) -> int:
        """How many tokens one generation may have."""
        return self._max_tokens

    def set_params(self, params: SamplingParams) -> None:
        """Put other parameters in force at the caret: those of its passage, or of all else."""
        self.set_whole(params)

    def set_whole(self, params: SamplingParams) -> None:
        """Put other parameters in force where no passage has its own, a preset's for instance."""
        if params != self._params:
            self._show(params)
            self.changed.emit()

    def _show(self, params: SamplingParams) -> None:
        """Have others be in force here."""
        if params != self._params:
            self._params = params
            self.params_changed.emit(params)

    def change(self, **fields: object) -> None:
        """Replace some fields and leave the others.

        Raises:
            ParameterError: A value is not allowed; the parameters in force stay.
            TypeError: There is no such field.
        """
        self.set_params(msgspec.structs.replace(self._params, **fields))

    def set_max_tokens(self, max_tokens: int) -> None:
        """Set how many tokens one generation may have.

        Raises:
            ParameterError: Not a whole number from 1 to `LARGEST_MAX_TOKENS`; the limit stays.
        """
        max_tokens = _checked_max_tokens(max_tokens)
        if max_tokens != self._max_tokens:
            self._max_tokens = max_tokens
            self.max_tokens_changed.emit(max_tokens)


def _checked_max_tokens(value: object) -> int:
    # To Python a bool is an int; as a number of tokens it is a mistake.
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST_MAX_TOKENS:
        return value
    raise ParameterError(
        "max_tokens",
        value,
        tr("a whole number from 1 to {most}", most=LARGEST_MAX_TOKENS),
    )
