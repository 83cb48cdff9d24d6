"""The order of the sampler's steps as the window shows it, including steps that are left out.

It follows a `SamplingState`, and itself keeps only the places of the steps that are left out.
"""

from PySide6.QtCore import QObject, Signal

from studio.app.parameters.sampler_order import moved, whole_order
from studio.app.parameters.sampling_order import with_temperature_first, with_temperature_last
from studio.app.parameters.sampling_state import SamplingState
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams


class SamplerOrder(QObject):
    """All steps in their order.

    Args:
        sampling: Whose order it is.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """The order, or values of the steps, have changed."""

    def __init__(self, sampling: SamplingState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sampling = sampling
        self._order = whole_order(sampling.params.samplers)
        sampling.params_changed.connect(self._follow)

    @property
    def order(self) -> tuple[str, ...]:
        """All steps, including those that are left out."""
        return self._order

    @property
    def params(self) -> SamplingParams:
        """The parameters in force."""
        return self._sampling.params

    def is_used(self, name: str) -> bool:
        """Whether a step is in force."""
        return name in self._sampling.params.samplers

    def use(self, name: str, is_used: bool) -> None:
        """Include a step, or leave it out.

        Args:
            name: The step.
            is_used: Whether it is to run.
        """
        used = {other for other in self._order if self.is_used(other)} - {name}
        self._set(self._order, used | {name} if is_used else used)

    def move(self, name: str, place: int) -> None:
        """Move a step among all steps; a place beyond an end means that end.

        Args:
            name: The step.
            place: Its new index, from 0.
        """
        self._set(moved(self._order, name, place), set(self._sampling.params.samplers))

    def put_temperature_first(self) -> None:
        """Have temperature run before the filters."""
        self._sampling.change(samplers=with_temperature_first(self._sampling.params.samplers))

    def put_temperature_last(self) -> None:
        """Have temperature run after the filters, which see the model's own distribution then."""
        self._sampling.change(samplers=with_temperature_last(self._sampling.params.samplers))

    @property
    def is_default(self) -> bool:
        """Whether it is llama.cpp's own order with every step in force."""
        return self._sampling.params.samplers == DEFAULT_SAMPLERS

    def set_default(self) -> None:
        """Put llama.cpp's own order in force."""
        self._sampling.change(samplers=DEFAULT_SAMPLERS)

    def _set(self, order: tuple[str, ...], used: set[str]) -> None:
        is_moved = order != self._order
        self._order = order
        before = self._sampling.params
        self._sampling.change(samplers=tuple(name for name in order if name in used))
        if is_moved and self._sampling.params is before:  # one that is left out was moved
            self.changed.emit()

    def _follow(self, params: SamplingParams) -> None:
        self._order = whole_order(params.samplers, self._order)
        self.changed.emit()
