"""The lanes of a comparison: which there are, what they are compared with, what they continue.

How they are run is in `CompareRun`.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from studio.app.compare.lane import CompareLane
from studio.app.compare.run_input import RunInput
from studio.app.compare.setups import LaneSetup, ladder, next_to
from studio.app.frame_clock import FrameClock
from studio.app.parameters.sampling_state import SamplingState
from studio.app.presets.preset_choice import PresetChoice
from studio.app.tokens.next_token import NextToken
from studio.engine.messages import MOST_SEQUENCES
from studio.sampling import LogitSketch, SamplingParams
from studio.translation import mark, tr

RUNS = mark("A comparison is running; stop it first (Esc on the Compare page).")
NOTHING_TO_KEEP = mark(
    "There is no comparison yet: run one first (Ctrl+Enter on the Compare page)."
)
FEWEST_LANES = 2
_LOOK_MS = 100
"""Between two looks at distributions while lanes run: bars that change faster cannot be read."""


class CompareLanes(QObject):
    """The lanes.

    Attributes:
        lanes: From left to right.
        reference: The lane that the others are compared with; None for each one's left neighbour.
        share_u: Whether all lanes draw the same u.
        seed: That of the next run; -1 for a new one.
        max_tokens: For each lane, at a run and each time it goes on.
        in_step: Whether the lanes' texts scroll together.
        run_input: What the lanes continue.
        vocabulary: Spells the lanes' tokens.
        is_shown: Whether the lanes are in view.
        shows_bars: Whether the lanes' last distributions are in view while they run.

    Args:
        sampling: The parameters in force.
        preset_choice: The presets, and the one in force.
        next_token: The distribution at the caret.
        parent: The Qt parent, if any.
    """

    lanes_changed = Signal()
    """Lanes were added, removed or exchanged, or are compared with another one."""
    changed = Signal()
    """Whether something runs, or what can be done."""
    progressed = Signal()
    """Tokens have been shown; once a frame."""
    in_step_changed = Signal()
    ended = Signal()
    """No lane runs any more."""
    replacing = Signal()
    """Some of what the lanes wrote is about to be replaced: the time to keep it."""
    looked = Signal()
    """The distributions in view may have changed; at most ten times a second while lanes run."""

    def __init__(
        self,
        sampling: SamplingState,
        preset_choice: PresetChoice,
        next_token: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._sampling = sampling
        self._preset_choice = preset_choice
        self._next_token = next_token
        self.lanes: list[CompareLane] = []
        self.reference: CompareLane | None = None
        self.share_u = True
        self.seed = -1
        self.max_tokens = 64
        self.in_step = False
        self.run_input = RunInput()
        self.vocabulary = NextToken(sampling.params, self)
        self.vocabulary.sketches = next_token.sketches
        self.is_shown = False
        self.shows_bars = False
        self._looks = FrameClock(self._look, self, _LOOK_MS)
        next_token.changed.connect(self._on_caret_looked)
        preset_choice.listed.connect(self._follow_presets)

    @property
    def is_running(self) -> bool:
        """Whether a lane runs."""
        return any(lane.runs for lane in self.lanes)

    @property
    def has_tokens(self) -> bool:
        """Whether a lane wrote something."""
        return any(lane.tokens for lane in self.lanes)

    @property
    def longest(self) -> int:
        """How many tokens the longest lane has, or may have when it has ended."""
        return max((lane.expected for lane in self.lanes), default=0)

    @property
    def why_not_keep(self) -> str | None:
        """Why there is nothing to save or export; None where there is."""
        if self.is_running:
            return tr(RUNS)
        return None if self.has_tokens else tr(NOTHING_TO_KEEP)

    # -- lanes -------------------------------------------------------------------------------

    @property
    def presets(self) -> PresetChoice:
        """The presets of the window, from which set-ups are made."""
        return self._preset_choice

    @property
    def here(self) -> LaneSetup:
        """The preset and the parameters in force at the caret, which may be its passage's own."""
        own, choice = self._sampling.here, self._preset_choice
        preset = (own and choice.named(own.preset)) or choice.current
        return LaneSetup(preset.name, self._sampling.params)

    def open_first(self) -> None:
        """Make the first lanes, unless there are some."""
        if not self.lanes:
            self.set_up(ladder(*self.here))

    def set_up(self, setups: Sequence[LaneSetup]) -> None:
        """Replace the lanes by new ones; does nothing while lanes run."""
        if not self.is_running:
            self._replace_lanes(setups, RunInput())

    @property
    def can_add(self) -> bool:
        """Whether there is room for another lane."""
        return len(self.lanes) < MOST_SEQUENCES

    def add(self) -> None:
        """Add a lane at the right; it joins the others' prompt once it is run."""
        if self.can_add:
            last = self.lanes[-1]
            setup = next_to(LaneSetup(last.preset_choice.current.name, last.sampling.params))
            taken = {lane.number for lane in self.lanes}
            colors = {lane.color for lane in self.lanes}
            lane = self._made(_first_free(taken), setup)
            lane.color = _first_free(colors)
            self.lanes.append(lane)
            lane.show_distribution(self.prompt_sketch, self.prompt_history)
            self.lanes_changed.emit()

    @property
    def can_remove(self) -> bool:
        """Whether a lane can be removed: there are at least two."""
        return len(self.lanes) > FEWEST_LANES

    def remove(self, lane: CompareLane) -> None:
        """Remove a lane, even while it runs."""
        if not self.can_remove or lane not in self.lanes:
            return
        if lane.tokens:
            self.replacing.emit()
        self._before_removal(lane)
        self.lanes.remove(lane)
        if self.reference is lane:
            self.reference = None
        self.lanes_changed.emit()
        self.changed.emit()
        lane.deleteLater()

    def _made(self, number: int, setup: LaneSetup) -> CompareLane:
        lane = CompareLane(
            number,
            number,
            self._preset_choice.presets,
            setup.preset,
            setup.params,
            self.vocabulary,
            self,
        )
        lane.sampling.params_changed.connect(lambda params: self._on_turned(lane, params))
        return lane

    def _follow_presets(self) -> None:
        for lane in self.lanes:
            lane.preset_choice.follow(list(self._preset_choice.presets))

    def _replace_lanes(
        self, setups: Sequence[LaneSetup], run_input: RunInput, colors: Sequence[int] = ()
    ) -> None:
        if self.has_tokens:
            self.replacing.emit()
        self._before_exchange()
        old = self.lanes
        self.lanes = [self._made(place, setup) for place, setup in enumerate(setups)]
        for lane, color in zip(self.lanes, colors, strict=False):
            lane.color = color
        self.reference = None
        self.run_input = run_input
        self.lanes_changed.emit()
        self._look()
        self.changed.emit()
        for lane in old:
            lane.deleteLater()

    # -- what the prompt's end gave ----------------------------------------------------------

    @property
    def prompt_sketch(self) -> LogitSketch | None:
        """The distribution at the prompt that all lanes share: as run, or else at the caret."""
        for lane in self.lanes:
            if lane.tokens:
                return self.vocabulary.sketches.of(lane.tokens[0])
        return self._next_token.sketch

    @property
    def prompt_history(self) -> Sequence[int]:
        """The tokens before `prompt_sketch`, for the penalties."""
        return self.run_input.prompt_tokens if self.has_tokens else self._next_token.history

    def request_look(self) -> None:
        """Look at the distributions in view soon: they may have changed."""
        self._looks.request()

    def look_now(self) -> None:
        """Look now if `request_look` was called since the last time."""
        self._looks.flush()

    def _on_caret_looked(self) -> None:
        if self.is_shown and not self.has_tokens:
            self.request_look()

    def _look(self) -> None:
        sketch = self.prompt_sketch
        if sketch is not None and not self.has_tokens:
            self.vocabulary.learn_from(self._next_token)
        for lane in self.lanes:
            # While it runs, and nobody looks at its bars, there is no need to read its sketch.
            if self.shows_bars or not lane.runs:
                lane.show_distribution(sketch, self.prompt_history)
        self.looked.emit()

    # -- what the next run is made with --------------------------------------------------------

    def set_share_u(self, share_u: bool) -> None:
        """Set whether all lanes draw the same u, or each its own."""
        if share_u != self.share_u:
            self.share_u = share_u
            self.changed.emit()

    def set_seed(self, seed: int) -> None:
        """The seed of the next run; -1 for a new one."""
        self.seed = seed
        self.changed.emit()

    def set_max_tokens(self, max_tokens: int) -> None:
        """How many tokens each lane may write."""
        self.max_tokens = max_tokens
        self.changed.emit()

    def set_in_step(self, in_step: bool) -> None:
        """Set whether the lanes' texts scroll together, or each by itself."""
        if in_step != self.in_step:
            self.in_step = in_step
            self.in_step_changed.emit()

    # -- what the lanes are compared with ------------------------------------------------------

    def set_reference(self, lane: CompareLane | None) -> None:
        """Compare all lanes with one of them, or each with its left neighbour."""
        if lane is not self.reference:
            self.reference = lane
            self.lanes_changed.emit()

    def reference_of(self, lane: CompareLane) -> CompareLane | None:
        """What a lane is compared with; None for nothing."""
        if self.reference is not None:
            return self.reference if lane is not self.reference else None
        place = self.lanes.index(lane)
        return self.lanes[place - 1] if place else None

    # -- a comparison from a file ------------------------------------------------------------

    def show(
        self,
        lanes: Sequence[LaneSetup],
        run_input: RunInput,
        pieces: dict[int, bytes],
        colors: Sequence[int],
    ) -> list[CompareLane]:
        """Have the lanes of a comparison that was kept, without tokens; nothing may run.

        Its tokens are spelled by `pieces`, whatever model is open.

        Args:
            lanes: What each began with.
            run_input: What they were run with.
            pieces: The bytes of each token.
            colors: Each lane's place in the palette.
        """
        self._replace_lanes(lanes, run_input, colors)
        self.vocabulary.use_vocabulary(object())
        self.vocabulary.add_pieces(pieces)
        return self.lanes

    def shown(self) -> None:
        """Show the tokens that kept lanes have been given."""
        for lane in self.lanes:
            lane.grown.emit()
        self._look()
        self.progressed.emit()
        self.changed.emit()

    # -- for whoever runs them -----------------------------------------------------------------

    def _before_removal(self, lane: CompareLane) -> None:
        """A lane goes."""

    def _before_exchange(self) -> None:
        """All lanes go, and others come."""

    def _on_turned(self, lane: CompareLane, params: SamplingParams) -> None:
        """A lane's parameters are others."""
        self.looked.emit()


def _first_free(taken: set[int]) -> int:
    return next(free for free in range(MOST_SEQUENCES) if free not in taken)
