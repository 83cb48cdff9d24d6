"""What the window and the engine say to each other about a comparison and its lanes.

Every command and event here carries the `request` of the `Compare` that began the comparison, also
long after that run has ended. `messages` names all of these too. Imports without llama_cpp.
"""

from typing import Literal

import msgspec
import numpy as np

from studio.engine.message_parts import Command, Event, Prompt, Token, check_ids, check_stop
from studio.sampling import MAX_SEED, SamplingParams

MOST_LANES = 8
"""Lanes of one comparison; they are numbered from 0 to one less."""


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One lane as it begins."""

    params: SamplingParams
    """Their seed counts only where the dice are not the same for all."""
    written: bytes = b""
    """Token ids that it has written before, in an engine that is no more, or as a file tells:
    int32, little-endian. It goes on behind them. `lane_tokens` makes this of numbers."""
    waits: bool = False
    """Do not run it until a `ContinueLane`."""
    stop: tuple[str, ...] = ()
    """Texts that end it where they are complete. They are not given, what stands before them is."""
    mu: float | None = None
    """Where Mirostat stood behind `written`; None to begin. See `LaneFinished.mu`."""

    def __post_init__(self) -> None:
        """Refuse what are no token ids, and a stop that would end everything."""
        check_ids("written", self.written)
        check_stop(self.stop)

    def token_ids(self) -> list[int]:
        """The ids of what it has written before."""
        ids: list[int] = np.frombuffer(self.written, dtype="<i4").tolist()
        return ids


def lane_tokens(ids: list[int]) -> bytes:
    """`Lane.written` of token ids."""
    return np.asarray(ids, dtype="<i4").tobytes()


# Commands: window -> engine.


class Compare(Command, frozen=True, kw_only=True, tag=True):
    """Continue one prompt in several lanes at once.

    Goes before look-aheads and scorings; a newer Compare or a Load supersedes it. Answers:
    LaneStarted for each lane, Evaluating..., Evaluated, LaneToken..., LaneTurned..., LaneFinished
    for each lane, ComparisonFinished | Failed | Superseded.
    """

    prompt: Prompt
    lanes: tuple[Lane, ...]
    max_tokens: int
    """For each lane."""
    ignore_eos: bool = False
    same_dice: bool = True
    """Every lane draws the same u at the same position. Otherwise each has a seed of its own: that
    of its parameters, or where they leave it open, `seed` plus the lane's number."""
    seed: int = -1
    """The seed of all lanes; -1 = a new one."""
    unseen_tokens: int = -1
    """How many tokens of the manuscript's beginning lanes that go on did not see when they wrote
    what they have `written`, as the context had no room: it is so again, if that leaves room.
    -1 leaves it to the engine."""

    def __post_init__(self) -> None:
        """Refuse what no comparison can be."""
        if not 1 <= len(self.lanes) <= MOST_LANES:
            raise ValueError(f"lanes: found {len(self.lanes)}; allowed are 1 to {MOST_LANES}")
        if self.max_tokens < 1:
            raise ValueError(f"max_tokens: found {self.max_tokens}; allowed is 1 or more")
        if self.unseen_tokens < -1:
            raise ValueError(f"unseen_tokens: found {self.unseen_tokens}; allowed is -1 or more")
        _check_seed(self.seed)


class ChangeLane(Command, frozen=True, kw_only=True, tag=True):
    """Turn the parameters of a lane that runs; in effect at its next token.

    Answer: LaneTurned, if the lane runs. A lane that does not run is turned by `ContinueLane`.
    """

    lane: int
    params: SamplingParams


class StopLane(Command, frozen=True, kw_only=True, tag=True):
    """End one lane and let the others go on. (`Stop` ends all.) Answer: LaneFinished."""

    lane: int


class ContinueLane(Command, frozen=True, kw_only=True, tag=True):
    """Let a lane go on that has ended, while others run or after all have ended.

    Answers: LaneTurned if the parameters are others, LaneToken..., LaneFinished; and where nothing
    ran any more, ComparisonFinished | Failed | Superseded at the end.
    """

    lane: int
    params: SamplingParams
    max_tokens: int
    """How many more."""
    stop: tuple[str, ...] = ()
    """As `Lane.stop`."""

    def __post_init__(self) -> None:
        """Refuse a stop that would end everything."""
        check_stop(self.stop)


class RerunLane(Command, frozen=True, kw_only=True, tag=True):
    """Run a lane again from the prompt, with new dice. A lane that is not there yet is added so.

    Answers: LaneStarted, then as for `ContinueLane`.
    """

    lane: int
    params: SamplingParams
    max_tokens: int
    seed: int = -1
    """-1 = a new one; the seed of the others gives it their dice."""
    stop: tuple[str, ...] = ()
    """As `Lane.stop`."""

    def __post_init__(self) -> None:
        """Refuse numbers that no lane has, and a stop that would end everything."""
        if not 0 <= self.lane < MOST_LANES:
            raise ValueError(f"lane: found {self.lane}; allowed are 0 to {MOST_LANES - 1}")
        _check_seed(self.seed)
        check_stop(self.stop)


class RemoveLane(Command, frozen=True, kw_only=True, tag=True):
    """Forget a lane, and free its room in the context. No answer, not even for a lane that ran."""

    lane: int


# Events: engine -> window.


class LaneStarted(Event, frozen=True, kw_only=True, tag=True):
    """A lane stands at the prompt, or behind what it had written before."""

    lane: int
    seed: int
    """The seed in effect, also where the command left the choice to the engine."""
    params: SamplingParams
    tokens: int
    """How many it has written before."""


class LaneToken(Event, frozen=True, kw_only=True, tag=True):
    """A lane wrote a token."""

    lane: int
    token: Token
    """Its `index` counts from the prompt."""


class LaneTurned(Event, frozen=True, kw_only=True, tag=True):
    """A lane's parameters changed."""

    lane: int
    index: int
    """The first token drawn with them."""
    params: SamplingParams


LaneFinishReason = Literal["end_of_text", "stop_string", "max_tokens", "stopped", "context_full"]


class LaneFinished(Event, frozen=True, kw_only=True, tag=True):
    """A lane ended, and can be continued or run again."""

    lane: int
    reason: LaneFinishReason
    tokens: int
    """All that it has written since the prompt."""
    seed: int
    params: SamplingParams
    """As they stood at the last token."""
    end: Token | None = None
    """What was drawn behind the last token and ended the text, where something did: an
    end-of-text token, or the token in which a stop string begins. Of its text only what stands
    before the stop; it is none of the lane's `tokens`, and drawn again where the lane goes on."""
    mu: float | None = None
    """Where Mirostat stands behind the last token; None where it is off."""


class ComparisonFinished(Event, frozen=True, kw_only=True, tag=True):
    """No lane runs any more."""

    tokens: int
    """Written in this run, by all lanes together."""
    evaluated: int
    """How many of them took an evaluation: not those drawn from the prompt's own logits."""
    prompt_tokens: int
    seconds_prompt: float
    """For the prompt, and for what lanes had written before."""
    seconds_generation: float
    """From the first logits to the last token."""

    @property
    def tokens_per_second(self) -> float:
        """The rate of all lanes together, by the tokens that took an evaluation."""
        return self.evaluated / self.seconds_generation if self.evaluated else 0.0


LaneCommand = ChangeLane | StopLane | ContinueLane | RerunLane | RemoveLane
LaneEvent = LaneStarted | LaneToken | LaneTurned | LaneFinished | ComparisonFinished


def _check_seed(seed: int) -> None:
    if not -1 <= seed <= MAX_SEED:
        raise ValueError(f"seed: found {seed}; allowed is 0 to {MAX_SEED}, or -1 for a new one")
