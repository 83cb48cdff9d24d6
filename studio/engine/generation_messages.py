"""What the window and the engine say to each other about a generation and its sequences.

Every command and event here carries the `request` of the `Generate` that began the generation, also
long after that run has ended. `messages` names all of these too. Imports without llama_cpp.
"""

from typing import Literal

import msgspec

from studio.engine.message_parts import (
    Command,
    Event,
    Prompt,
    Token,
    check_ids,
    check_stop,
    ids_of,
)
from studio.sampling import MAX_SEED, SamplingParams

MOST_SEQUENCES = 8
"""Sequences of one generation; they are numbered from 0 to one less."""


class SequenceStart(msgspec.Struct, frozen=True, kw_only=True):
    """One sequence as it begins."""

    params: SamplingParams
    """Their seed counts only where the sequences do not share u."""
    written: bytes = b""
    """Token ids that it has written before, in an engine that is no more, or as a file tells:
    int32, little-endian. It goes on behind them. `id_bytes` makes this of numbers."""
    waits: bool = False
    """Do not run it until a `ContinueSequence`."""
    stop: tuple[str, ...] = ()
    """Texts that end it where they are complete. They are not given, what stands before them is."""
    mu: float | None = None
    """Where Mirostat stood behind `written`; None to begin. See `Finished.mu`."""

    def __post_init__(self) -> None:
        """Refuse what are no token ids, and a stop that would end everything."""
        check_ids("written", self.written)
        check_stop(self.stop)

    def token_ids(self) -> list[int]:
        """The ids of what it has written before."""
        return ids_of(self.written)


WhenFull = Literal["cut", "end"]
"""What happens where the context is full.

- `cut`: the manuscript's beginning is cut once more, the rest is evaluated anew, and the sequence
  goes on: Evaluating..., Evaluated come between two tokens. For one sequence.
- `end`: sequences end with `context_full`; the prompt is cut beforehand for what they may write.
"""


# Commands: window -> engine.


class Generate(Command, frozen=True, kw_only=True, tag=True):
    """Continue one prompt, in one sequence or in several at once.

    Goes before previews and scorings; a Load supersedes it, and one that is kept a newer one that
    is. Answers: Started for each sequence, Evaluating..., Evaluated, Token..., ParamsChanged...,
    Finished for each sequence, RunFinished | Failed | Superseded.
    """

    prompt: Prompt
    sequences: tuple[SequenceStart, ...]
    max_tokens: int
    """For each sequence."""
    ignore_eos: bool = False
    """Go on past an end-of-sequence token. The distribution is not changed by this."""
    when_full: WhenFull = "cut"
    keep: bool = False
    """Keep the sequences when all have ended, so that they can be continued or run again, until the
    next Generate that is kept."""
    share_u: bool = False
    """Every sequence draws the same u at the same position. Otherwise each has a seed of its own:
    that of its parameters, or where they leave it open, `seed` plus the sequence's number."""
    seed: int = -1
    """The seed of all sequences; -1 = a new one."""
    unseen_tokens: int = -1
    """How many tokens of the manuscript's beginning sequences that go on did not see when they
    wrote what they have `written`, as the context had no room: it is so again, if that leaves room.
    -1 leaves it to the engine."""

    def __post_init__(self) -> None:
        """Refuse what no generation can be."""
        most = 1 if self.when_full == "cut" else MOST_SEQUENCES
        if not 1 <= len(self.sequences) <= most:
            raise ValueError(
                f"sequences: found {len(self.sequences)}; allowed are 1 to {most} where a full "
                f"context means “{self.when_full}”"
            )
        if self.max_tokens < 1:
            raise ValueError(f"max_tokens: found {self.max_tokens}; allowed is 1 or more")
        if self.unseen_tokens < -1:
            raise ValueError(f"unseen_tokens: found {self.unseen_tokens}; allowed is -1 or more")
        _check_seed(self.seed)


class ChangeSequence(Command, frozen=True, kw_only=True, tag=True):
    """Change the parameters of a sequence that runs; in effect at its next token.

    Answer: ParamsChanged, if the sequence runs and has others. One that does not run is changed by
    `ContinueSequence`.
    """

    sequence: int
    params: SamplingParams


class StopSequence(Command, frozen=True, kw_only=True, tag=True):
    """End one sequence and let the others go on. (`Stop` ends all.) Answer: Finished."""

    sequence: int


class ContinueSequence(Command, frozen=True, kw_only=True, tag=True):
    """Let a sequence go on that has ended, while others run or after all have ended.

    Answers: ParamsChanged if the parameters are others, Token..., Finished; and where nothing ran
    any more, RunFinished | Failed | Superseded at the end.
    """

    sequence: int
    params: SamplingParams
    max_tokens: int
    """How many more."""
    stop: tuple[str, ...] = ()
    """As `SequenceStart.stop`."""

    def __post_init__(self) -> None:
        """Refuse a stop that would end everything."""
        check_stop(self.stop)


class RerunSequence(Command, frozen=True, kw_only=True, tag=True):
    """Run a sequence again from the prompt, with other u. One that is not there yet is added so.

    Answers: Started, then as for `ContinueSequence`.
    """

    sequence: int
    params: SamplingParams
    max_tokens: int
    seed: int = -1
    """-1 = a new one; the seed of the others gives it their u."""
    stop: tuple[str, ...] = ()
    """As `SequenceStart.stop`."""

    def __post_init__(self) -> None:
        """Refuse numbers that no sequence has, and a stop that would end everything."""
        if not 0 <= self.sequence < MOST_SEQUENCES:
            raise ValueError(
                f"sequence: found {self.sequence}; allowed are 0 to {MOST_SEQUENCES - 1}"
            )
        _check_seed(self.seed)
        check_stop(self.stop)


class RemoveSequence(Command, frozen=True, kw_only=True, tag=True):
    """Forget a sequence, and free its room in the context. No answer, not even for one that ran."""

    sequence: int


# Events: engine -> window. A `Token` is one of `message_parts`.


class Started(Event, frozen=True, kw_only=True, tag=True):
    """A sequence stands at the prompt, or behind what it had written before."""

    sequence: int
    seed: int
    """The seed in effect, also where the command left the choice to the engine."""
    params: SamplingParams
    tokens: int
    """How many it has written before."""


class ParamsChanged(Event, frozen=True, kw_only=True, tag=True):
    """A sequence's parameters changed."""

    sequence: int
    index: int
    """The first token drawn with them."""
    params: SamplingParams


FinishReason = Literal["end_of_text", "stop_string", "max_tokens", "stopped", "context_full"]


class Finished(Event, frozen=True, kw_only=True, tag=True):
    """A sequence ended; one that is kept can be continued or run again."""

    sequence: int
    reason: FinishReason
    tokens: int
    """All that it has written since the prompt."""
    seed: int
    params: SamplingParams
    """As they stood at the last token."""
    end: Token | None = None
    """What was drawn behind the last token and ended the text, where something did: an
    end-of-text token, or the token in which a stop string begins. Of its text only what stands
    before the stop; it is none of the sequence's `tokens`, and drawn again where that goes on."""
    mu: float | None = None
    """Where Mirostat stands behind the last token; None where it is off."""

    @property
    def beginning(self) -> Token | None:
        """The token of which the text has the beginning, as a stop string begins within it."""
        return self.end if self.end and self.end.record.text else None


class RunFinished(Event, frozen=True, kw_only=True, tag=True):
    """No sequence runs any more."""

    tokens: int
    """Written in this run, by all sequences together."""
    reasons: tuple[FinishReason, ...]
    """Why sequences ended in this run, in that order."""
    evaluated: int
    """How many of them took an evaluation: not those drawn from the prompt's own logits."""
    prompt_tokens: int
    seconds_prompt: float
    """For the prompt, and for what sequences had written before."""
    seconds_generation: float
    """From the first logits to the last token."""

    @property
    def tokens_per_second(self) -> float:
        """The rate of all sequences together, by the tokens that took an evaluation."""
        return self.evaluated / self.seconds_generation if self.evaluated else 0.0


SequenceCommand = ChangeSequence | StopSequence | ContinueSequence | RerunSequence | RemoveSequence
SequenceEvent = Started | Token | ParamsChanged | Finished


def _check_seed(seed: int) -> None:
    if not -1 <= seed <= MAX_SEED:
        raise ValueError(f"seed: found {seed}; allowed is 0 to {MAX_SEED}, or -1 for a new one")
