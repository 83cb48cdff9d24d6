"""Which of Explain's steps is open."""

from PySide6.QtCore import QObject, Signal

from studio.app.explain_steps import STEP_NAMES, StepName


class ExplainState(QObject):
    """The step that is open.

    Args:
        step: The name of the step to begin with; the first one where there is none of that name.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Another step."""

    def __init__(self, step: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._index = _index(step) or 0

    @property
    def step(self) -> StepName:
        """The step's name."""
        return STEP_NAMES[self._index]

    @property
    def index(self) -> int:
        """Its index, from 0."""
        return self._index

    @property
    def is_first(self) -> bool:
        """Whether there is none before it."""
        return self._index == 0

    @property
    def is_last(self) -> bool:
        """Whether there is none after it."""
        return self._index == len(STEP_NAMES) - 1

    def go(self, step: str) -> None:
        """Open a step.

        Raises:
            ValueError: There is no step of that name; the one that is open stays.
        """
        index = _index(step)
        if index is None:
            raise ValueError(f"step: found {step!r}; choose one of {', '.join(STEP_NAMES)}")
        self._set(index)

    def forward(self) -> None:
        """Open the next step, if there is one."""
        self._set(min(self._index + 1, len(STEP_NAMES) - 1))

    def back(self) -> None:
        """Open the step before, if there is one."""
        self._set(max(self._index - 1, 0))

    def _set(self, index: int) -> None:
        if index != self._index:
            self._index = index
            self.changed.emit()


def _index(step: str) -> int | None:
    return next((index for index, name in enumerate(STEP_NAMES) if name == step), None)
