"""What the window and the engine say to each other: commands one way, events the other.

Frozen values, typed on both ends, encoded as msgpack; never pickle. This module imports without
llama_cpp, and does not know how messages travel (`framing`) or who acts on them (`child`).
"""

from typing import Annotated, Literal, Protocol

import msgspec

from studio.engine.generation_messages import MOST_SEQUENCES as MOST_SEQUENCES
from studio.engine.generation_messages import ChangeSequence as ChangeSequence
from studio.engine.generation_messages import ContinueSequence as ContinueSequence
from studio.engine.generation_messages import Finished as Finished
from studio.engine.generation_messages import FinishReason as FinishReason
from studio.engine.generation_messages import Generate as Generate
from studio.engine.generation_messages import ParamsChanged as ParamsChanged
from studio.engine.generation_messages import RemoveSequence as RemoveSequence
from studio.engine.generation_messages import RerunSequence as RerunSequence
from studio.engine.generation_messages import RunFinished as RunFinished
from studio.engine.generation_messages import SequenceCommand as SequenceCommand
from studio.engine.generation_messages import SequenceEvent as SequenceEvent
from studio.engine.generation_messages import SequenceStart as SequenceStart
from studio.engine.generation_messages import Started as Started
from studio.engine.generation_messages import StopSequence as StopSequence
from studio.engine.generation_messages import WhenFull as WhenFull
from studio.engine.message_parts import Command as Command
from studio.engine.message_parts import Event as Event
from studio.engine.message_parts import Pieces, check_ids, ids_of
from studio.engine.message_parts import Prompt as Prompt
from studio.engine.message_parts import PromptFormat as PromptFormat
from studio.engine.message_parts import Token as Token
from studio.engine.message_parts import id_bytes as id_bytes
from studio.engine.vocabulary_messages import BreakersFound as BreakersFound
from studio.engine.vocabulary_messages import FindBreakers as FindBreakers
from studio.engine.vocabulary_messages import FindTokens as FindTokens
from studio.engine.vocabulary_messages import FindWords as FindWords
from studio.engine.vocabulary_messages import TokensFound as TokensFound
from studio.engine.vocabulary_messages import WordsFound as WordsFound
from studio.sampling import LogitSketch
from studio.token_record import TokenRecord, TypedBytes
from studio.visible_text import visible_line, visible_message

SMALLEST_CONTEXT = MOST_SEQUENCES + 2
"""Tokens. llama.cpp aborts where a context holds fewer tokens than sequences (n_seq_max)."""


class LoadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to load a model. The defaults let the engine decide."""

    gpu_layers: int = -1
    """Layers to offload; -1 = all, where llama.cpp has a GPU backend and its device; 0 = none."""
    context_size: int = 0
    """Tokens, from `SMALLEST_CONTEXT`; 0 = the model's own, at most
    `studio.engine.llama.model.AUTOMATIC_CONTEXT`."""
    threads: int = 0
    """Threads for evaluation; 0 = one a core this process may use."""
    memory_map: bool = True
    """Map the file into memory instead of reading a copy of it."""

    def __post_init__(self) -> None:
        """Refuse what llama.cpp would accept in silence or abort on."""
        limits = {"gpu_layers": (-1, 10_000), "context_size": (0, 16_777_216), "threads": (0, 1024)}
        for field, (low, high) in limits.items():
            value = getattr(self, field)
            if not low <= value <= high:
                raise ValueError(f"{field} is {value}; allowed is {low} to {high:,}")
        if 0 < self.context_size < SMALLEST_CONTEXT:
            raise ValueError(
                f"context_size is {self.context_size}; allowed is {SMALLEST_CONTEXT} to "
                f"{limits['context_size'][1]:,}, or 0 for the model's own"
            )


class ModelReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was loaded, and what of the machine it really uses."""

    path: str
    name: str
    architecture: str
    quantization: str
    file_bytes: int
    parameters: int
    vocabulary_size: int
    context_size: int
    context_train: int
    """Tokens the model was trained with."""
    layers: int
    layers_offloaded: int
    backend: str
    """llama.cpp's compute backend: "CPU", "CUDA", "Metal", "Vulkan", ..."""
    device: str
    threads: int
    memory_mapped: bool
    memory_bytes: int
    """Resident memory that the engine's process gained by loading."""
    has_chat_template: bool
    seconds: float
    vocabulary: str = ""
    """The vocabulary's fingerprint, a space, and the model's name: see `same_vocabulary`."""

    def __post_init__(self) -> None:
        """Cut what the model's file says of itself to a line each: it may be of any length."""
        for field in ("name", "architecture", "quantization", "backend", "device", "vocabulary"):
            msgspec.structs.force_setattr(self, field, visible_line(getattr(self, field)))


# Commands: window -> engine. `request` is the sender's number; every answer carries it.


class Load(Command, frozen=True, kw_only=True, tag=True):
    """Load a model, after unloading the one before. Answers: Loading..., Loaded | Failed.

    A file or options that are refused before anything is loaded leave the one before open.
    """

    path: str
    options: LoadOptions = LoadOptions()


class PreviewNextToken(Command, frozen=True, kw_only=True, tag=True):
    """Evaluate to the caret and say what would come next.

    A newer PreviewNextToken or a Generate supersedes it. Answers: Evaluating..., Evaluated,
    Distribution | Failed | Superseded.
    """

    prompt: Prompt


class Score(Command, frozen=True, kw_only=True, tag=True):
    """Give tokens of the manuscript, from `first` on, the distribution that they were read in.

    As many as the context holds: where it does not hold all, half of it stands before the first.

    A newer Score, a Generate or a Load supersedes it; a PreviewNextToken waits for it. Answers:
    Evaluating..., Scored..., Evaluated, ScoringEnded | Failed | Superseded.
    """

    prompt: Prompt
    first: int = 0
    """Code points at the manuscript's beginning that need no score: they are read all the same,
    but quicker, or not at all where they are evaluated already."""
    last: int | None = None
    """Where to end, in code points; None at the manuscript's end."""


class Stop(Command, frozen=True, kw_only=True, tag=True):
    """End `request` now, also inside a long prompt evaluation or a load."""


class Ping(Command, frozen=True, kw_only=True, tag=True):
    """Ask for a sign of life. Answer: Pong, at once, whatever the engine is doing."""


# Events: engine -> window.


class Loading(Event, frozen=True, kw_only=True, tag=True):
    """Progress of a load, 0 to 1."""

    fraction: float


class Loaded(Event, frozen=True, kw_only=True, tag=True):
    """The model is ready."""

    report: ModelReport


class Evaluating(Event, frozen=True, kw_only=True, tag=True):
    """Progress of a prompt evaluation, in tokens."""

    done: int
    total: int


class Evaluated(Event, frozen=True, kw_only=True, tag=True):
    """The prompt is evaluated."""

    tokens: bytes
    """The whole prompt's token ids, also those the model no longer sees: int32, little-endian.
    `token_ids` gives them as numbers. Where what follows most likely begins with the text's last
    characters, the tokens of these are left out: then the prompt is continued from before them."""
    context_used: int
    context_size: int
    unseen_characters: int
    """Characters at the manuscript's beginning that did not fit the context."""
    reused: int
    """Tokens that were evaluated before and did not need it again."""
    pieces: Pieces = msgspec.field(default_factory=dict)
    """Bytes of the prompt's last tokens, of those that no message before has spelled."""

    def __post_init__(self) -> None:
        """Refuse what are no token ids."""
        check_ids("tokens", self.tokens)

    def token_ids(self) -> list[int]:
        """The whole prompt's token ids."""
        return ids_of(self.tokens)


class Distribution(Event, frozen=True, kw_only=True, tag=True):
    """What the model would say next, at rest: conditioned on the text as it stands (`healing`)."""

    sketch: bytes
    """A `studio.sampling.LogitSketch`."""
    pieces: Pieces
    """Bytes of tokens in this sketch that no message before has spelled."""
    typed: TypedBytes = msgspec.field(default_factory=dict)
    """As `TokenRecord.typed`."""

    def __post_init__(self) -> None:
        """Refuse what is no sketch: the bars, and all that is shown beside them, rest on it.

        Raises:
            SketchError: the bytes are none.
        """
        LogitSketch.from_bytes(self.sketch)


class Scored(Event, frozen=True, kw_only=True, tag=True):
    """Some tokens of a text that is being scored, one after another."""

    start: int
    """Where the first of them begins, in code points of the command's manuscript. The first and
    the last are at the boundary of a character."""
    first: int
    """The number of the first of them among the prompt's tokens, as `Evaluated` tells them."""
    tokens: Annotated[tuple[TokenRecord, ...], msgspec.Meta(max_length=2**16)]
    pieces: Pieces
    """Bytes of tokens in these sketches that no message before has spelled."""


class ScoringEnded(Event, frozen=True, kw_only=True, tag=True):
    """A text is scored, as far as that is possible and the context holds it."""

    tokens: int
    """How many were given."""
    reached: int
    """Up to where, in code points of the command's manuscript."""
    unseen_characters: int
    """At the manuscript's beginning: they did not fit the context, and nothing was read of them."""
    unpredicted_characters: int
    """Those of the text's first token, where nothing at all stands before it: no model predicts
    that. 0 where a brief or a beginning marker does."""


class Superseded(Event, frozen=True, kw_only=True, tag=True):
    """A look-ahead, a load, or a generation not yet begun gave way to a newer command or a stop."""


FailureKind = Literal[
    "model_file",
    "too_little_memory",
    "chat_template",
    "prompt",
    "context_size",  # what was asked does not fit the context
    "no_model",
    "no_sequences",  # those of a generation that the engine has not kept
    "llama_cpp",
    "bug",
]


class Failed(Event, frozen=True, kw_only=True, tag=True):
    """A command could not be carried out; the engine is ready for the next."""

    kind: FailureKind
    message: str
    """For the writer: what, where, what is allowed, what to do."""
    has_model: bool = False
    """Whether a model is open still: what is refused before it is loaded closes none."""

    def __post_init__(self) -> None:
        """Make sure that it can be read at a glance, whatever of a file it repeats."""
        msgspec.structs.force_setattr(self, "message", visible_message(self.message))


class Pong(Event, frozen=True, kw_only=True, tag=True):
    """The engine's process lives, and reads what it is sent."""


Runnable = (
    Load
    | PreviewNextToken
    | Score
    | Generate
    | FindTokens
    | FindBreakers
    | FindWords
    | ContinueSequence
    | RerunSequence
    | RemoveSequence
)
"""What the engine carries out, one by one; all other commands reach one that runs."""
AnyCommand = Runnable | ChangeSequence | StopSequence | Stop | Ping
AnyEvent = (
    Loading
    | Loaded
    | Evaluating
    | Evaluated
    | Distribution
    | Scored
    | ScoringEnded
    | SequenceEvent
    | RunFinished
    | Superseded
    | Failed
    | Pong
    | TokensFound
    | BreakersFound
    | WordsFound
)


class Emit(Protocol):
    """Takes events as they happen; several at once where they belong to one frame."""

    def __call__(self, *events: AnyEvent) -> None:
        """Take them."""


class EngineError(Exception):
    """The engine cannot do what was asked, for a reason outside the program.

    Attributes:
        kind: which of `FailureKind`.
    """

    def __init__(self, kind: FailureKind, message: str) -> None:
        super().__init__(message)
        self.kind: FailureKind = kind
