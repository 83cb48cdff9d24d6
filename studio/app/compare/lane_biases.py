"""Lanes whose presets have biases for tokens that the open model lacks: the engine refuses them.

They are found before a run, so that one lane does not end all of them.
"""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from studio.app.compare.lane import CompareLane, biases_at
from studio.app.compare.lanes import CompareLanes
from studio.app.model.state import ModelState
from studio.app.tokens.foreign_biases import foreign_bias_words, without_foreign_biases
from studio.translation import tr


class LaneBiases(QObject):
    """Finds these lanes, and removes the biases.

    Args:
        model: Whose vocabulary counts.
        lanes: Those that are looked at.
        parent: The Qt parent, if any.
    """

    reported = Signal(str)
    """One message for the writer: which lanes do not run, and what to do."""

    def __init__(
        self, model: ModelState, lanes: CompareLanes, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._lanes = lanes
        self._known: list[CompareLane] = []

    def why_not(self, lane: CompareLane) -> str:
        """Why a lane cannot run, and what to do; empty where it can."""
        report = self._model.report
        if report is None:
            return ""
        params, size = lane.sampling.params, report.vocabulary_size
        return foreign_bias_words(params, size, report.vocabulary, where=biases_at())

    @property
    def left_out(self) -> list[CompareLane]:
        """The lanes that cannot run."""
        return [lane for lane in self._lanes.lanes if self.why_not(lane)]

    def drop(self, lanes: Sequence[CompareLane]) -> None:
        """Remove the biases from lanes' settings; the presets that they came from keep theirs."""
        report = self._model.report
        for lane in lanes:
            if report and self.why_not(lane):
                params = without_foreign_biases(
                    lane.sampling.params, report.vocabulary_size, report.vocabulary
                )
                lane.sampling.set_params(params)

    def look(self) -> None:
        """Follow a lane's settings: with others it may be able to run, or no longer."""
        left_out = self.left_out
        if left_out != self._known:
            self._known = left_out
            self._lanes.changed.emit()

    def report(self) -> None:
        """Say which lanes do not run, if there are any."""
        left_out = self.left_out
        if left_out:
            numbers = [str(self._lanes.lanes.index(lane) + 1) for lane in left_out]
            self.reported.emit(
                tr(
                    "Lanes {numbers} do not run. {why}",
                    "",
                    len(numbers),
                    one="Lane {numbers} does not run. {why}",
                    numbers=_all(numbers),
                    why=self.why_not(left_out[0]),
                )
            )


def _all(numbers: list[str]) -> str:
    if len(numbers) == 1:
        return numbers[0]
    return tr("{numbers} and {last}", numbers=", ".join(numbers[:-1]), last=numbers[-1])
