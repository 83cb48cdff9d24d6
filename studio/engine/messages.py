"""What the window and the engine say to each other: commands one way, events the other.

Frozen values, typed on both ends, encoded as msgpack; never pickle. This module imports without
llama_cpp.
"""

import math
from collections.abc import Iterable
from typing import Annotated, Literal, Protocol

import msgspec
import numpy as np

from studio.engine.machine_address import MOST_MACHINES, parse_address
from studio.sampling import MAX_SEED, LogitSketch, SamplingParams, WordTokens
from studio.token_record import TokenId, TokenRecord, TypedBytes
from studio.translation import tr
from studio.visible_text import visible_line, visible_message

MOST_SEQUENCES = 8
"""Sequences of one generation; they are numbered from 0 to one less."""

SMALLEST_CONTEXT = MOST_SEQUENCES + 2
"""Tokens. llama.cpp aborts where a context holds fewer tokens than sequences (n_seq_max)."""


MOST_PROMPT_CACHE = 1_048_576
"""MiB."""


Seconds = Annotated[float, msgspec.Meta(gt=0, lt=1e6)]
FlashAttention = Literal["auto", "on", "off"]


class AttentionTiming(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of a step of one sequence and of `MOST_SEQUENCES`, with and without flash attention.

    See `studio.engine.llama.attention`.
    """

    flash: tuple[Seconds, Seconds]
    plain: tuple[Seconds, Seconds]
    tokens: int
    """Evaluated before."""


class LoadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to load a model. The defaults let the engine decide."""

    gpu_layers: int = -1
    """Layers that graphics processors and other machines compute, all together; -1 = as many as
    have room there; 0 = none. What comes out of a model's last layer counts as one more."""
    machines: tuple[str, ...] = ()
    """Other machines that compute layers: HOST:PORT, where llama.cpp's rpc-server listens."""
    public_machines: tuple[str, ...] = ()
    """Those of them that may be used although they are not in one's own network."""
    tensor_split: tuple[float, ...] = ()
    """How these layers are shared out, in proportions: one number for each of the machines, then
    one for each graphics processor; empty = by memory."""
    context_size: int = 0
    """Tokens, from `SMALLEST_CONTEXT`; 0 = the model's own, at most
    `studio.engine.llama.model.AUTOMATIC_CONTEXT`."""
    threads: int = 0
    """Threads for evaluation; 0 = one a core this process may use."""
    memory_map: bool = True
    """Map the file into memory instead of reading a copy of it."""
    prompt_cache_mib: int = 2048
    """MiB of disk for prompts that were evaluated (in `Load.cache`); 0 keeps none."""
    flash_attention: FlashAttention = "auto"
    """Whether attention is computed so; "auto": as was quicker here, or as llama.cpp chooses."""

    def __post_init__(self) -> None:
        """Refuse what llama.cpp would accept in silence or abort on."""
        limits = {
            "gpu_layers": (-1, 10_000),
            "context_size": (0, 16_777_216),
            "threads": (0, 1024),
            "prompt_cache_mib": (0, MOST_PROMPT_CACHE),
        }
        for field, (low, high) in limits.items():
            value = getattr(self, field)
            if not low <= value <= high:
                words = tr(
                    "{field} is {found}; allowed is {least} to {most:,}",
                    field=field,
                    found=value,
                    least=low,
                    most=high,
                )
                raise ValueError(words)
        if 0 < self.context_size < SMALLEST_CONTEXT:
            raise ValueError(
                tr(
                    "context_size is {found}; allowed is {least} to {most:,}, or 0 for the "
                    "model's own",
                    found=self.context_size,
                    least=SMALLEST_CONTEXT,
                    most=limits["context_size"][1],
                )
            )
        addresses = tuple(dict.fromkeys(str(parse_address(text)) for text in self.machines))
        if len(addresses) > MOST_MACHINES:
            words = tr(
                "machines: found {found}; allowed are {most} at most",
                found=len(addresses),
                most=MOST_MACHINES,
            )
            raise ValueError(words)
        msgspec.structs.force_setattr(self, "machines", addresses)
        shares = self.tensor_split
        if len(shares) > 2 * MOST_MACHINES or not all(0 <= one < math.inf for one in shares):
            words = tr("tensor_split: allowed are at most {most} numbers from 0", most=16)
            raise ValueError(words)


DeviceKind = Literal["processor", "gpu", "machine"]
"""This machine's processor, one of its graphics processors, or a device of another machine."""


class DeviceReport(msgspec.Struct, frozen=True, kw_only=True):
    """What computes some of a model's layers, or could."""

    kind: DeviceKind
    name: str
    """What it calls itself; of another machine its address."""
    free: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0
    """Bytes of memory that were free before the load."""
    total: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0
    """Bytes of memory; 0 where that is not known."""
    layers: int = 0

    def __post_init__(self) -> None:
        """Cut its name to a line."""
        msgspec.structs.force_setattr(self, "name", visible_line(self.name))


Word = Annotated[str, msgspec.Meta(max_length=1_000)]


class ModelReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was loaded, and what of the machine it really uses."""

    path: str
    """The model's file, or its server's address; then what the server does not say is 0 or empty.
    See `is_server`."""
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
    devices: Annotated[tuple[DeviceReport, ...], msgspec.Meta(max_length=64)] = ()
    """All that could compute layers, the processor first, then other machines and graphics
    processors."""
    fewer_layers: str = ""
    """Why fewer layers than were asked for are on other devices, for the writer; empty where all
    are."""
    threads: int
    memory_mapped: bool
    memory_bytes: int
    """Resident memory that the engine's process gained by loading."""
    has_chat_template: bool
    seconds: float
    has_flash_attention: bool = True
    attention_timing: AttentionTiming | None = None
    """How quick it is with and without; None where that was not found out yet."""
    is_far: bool = False
    """Whether a server draws the tokens, as it is too far away to be asked for each. What is known
    of each is then that of a text that was read."""
    takes_repeat_penalty: bool = True
    """Whether that can act: not on the log-probabilities that a server sends of what is drawn here.
    """
    fills_in: bool = False
    """Whether it has tokens for what stands before a place, behind it, and between: FIM tokens."""
    vocabulary: str = ""
    """The vocabulary's fingerprint, a space, and the model's name: see `same_vocabulary`."""
    control: Annotated[dict[TokenId, bool], msgspec.Meta(max_length=2**20)] = {}
    """Of each control token, by its id, whether it ends a text."""
    draws_there: bool = False
    """Whether a server draws: of the sampling it is asked for what its protocol has, and what could
    stand next is not known."""
    has_sketches: bool = True
    """Whether it says with each token what else could have stood there."""
    known_tokens: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = 0
    """Of how many of a place's likeliest tokens a server says how likely they are; 0 for all. It
    draws itself where these do not settle what can be drawn."""
    can: Annotated[tuple[tuple[Word, Word], ...], msgspec.Meta(max_length=64)] = ()
    """What was found of a server by asking it: titles, and whether it has that, or why not."""
    chats_there: Word = ""
    """Why a server of which tokens are drawn here writes chats by itself; empty where it does not.
    """

    def __post_init__(self) -> None:
        """Cut what the model's file says of itself to a line each: it may be of any length."""
        for field in ("name", "architecture", "quantization", "backend", "device", "vocabulary"):
            msgspec.structs.force_setattr(self, field, visible_line(getattr(self, field)))
        msgspec.structs.force_setattr(self, "fewer_layers", visible_message(self.fewer_layers))


# What several messages have in common.

Pieces = Annotated[dict[TokenId, bytes], msgspec.Meta(max_length=2**20)]
"""Bytes by token id: no vocabulary has as many. A longer one is refused before it is read."""
PromptFormat = Literal["plain", "chat"]

BRIEF_PART = -1
"""The number of the brief among the parts of a prompt."""
PINNED_PART = -2
"""The number of the first passage that is pinned; the second's is one less, and so on."""
FOLLOWING_PART = -(2**31)
"""The number of what follows the place: see `Prompt.after`."""

Place = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A number of code points."""
PartNumber = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]


class PromptNote(msgspec.Struct, frozen=True, kw_only=True):
    """A text that the model is given behind the brief, or in the manuscript."""

    text: str
    number: PartNumber = 0
    """By which `PromptSpan` reports it."""
    at: Place | None = None
    """Before which code point of the manuscript it stands, as a paragraph of its own; None for
    behind the brief."""
    most: Place = 0
    """Tokens of it, from its beginning; 0 for all."""
    is_called: bool = False
    """Whether it counts towards `PromptParts.most_called`."""


class PromptRange(msgspec.Struct, frozen=True, array_like=True):
    """A part of the manuscript, in code points."""

    start: Place
    end: Place
    number: PartNumber = PINNED_PART
    """By which `PromptSpan` reports it."""


Ranges = Annotated[tuple[PromptRange, ...], msgspec.Meta(max_length=4_000)]


class PromptParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a prompt has beside its brief and manuscript, and what of these it has not."""

    notes: Annotated[tuple[PromptNote, ...], msgspec.Meta(max_length=4_000)] = ()
    """Those behind the brief stand in this order; so do those in one place of the manuscript."""
    most_called: Place = 0
    """Tokens of all called notes together; 0 for all. Those that have no room are left out, the
    last first."""
    most_brief: Place = 0
    """Tokens of the brief, from its beginning; 0 for all."""
    most_text: Place = 0
    """Tokens of the manuscript when it is cut, without what is pinned; 0 for what has room."""
    pinned: Ranges = ()
    """Parts of the manuscript that are never cut."""
    left_out: Ranges = ()
    """Parts of it that are not given at all."""

    @property
    def beside_text(self) -> "PromptParts":
        """The same without what changes the manuscript: for who reads all of it."""
        notes = tuple(note for note in self.notes if note.at is None)
        return PromptParts(notes=notes, most_called=self.most_called, most_brief=self.most_brief)


class PromptSpan(msgspec.Struct, frozen=True, array_like=True):
    """The tokens of one part of a prompt: a note, the brief, or a pinned passage."""

    number: PartNumber
    start: TokenId
    end: TokenId


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """What the model is given: brief and manuscript, in a preset's format."""

    manuscript: str
    """The manuscript up to the caret; the model continues it."""
    skipped: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    """Code points of the manuscript before these: further off than any context reaches."""
    brief: str = ""
    system: str = ""
    """The preset's system message; used by the chat format alone."""
    format: PromptFormat = "plain"
    parts: PromptParts | None = None
    """What it has beside these, and what of them it has not; None for nothing of that."""
    after: str = ""
    """What follows the place, from its beginning. In the plain format a model that has tokens for
    it is given both sides, and fills in between them; others do not see it."""

    def __post_init__(self) -> None:
        """Replace lone surrogates, which neither UTF-8 nor a vocabulary has, by question marks.

        A writer's text can hold one where a paste or a file name broke a character in two.
        """
        for field in ("manuscript", "brief", "system", "after"):
            raw = getattr(self, field).encode("utf-8", errors="replace")
            msgspec.structs.force_setattr(self, field, raw.decode())


def check_stop(stop: tuple[str, ...]) -> None:
    """Refuse a stop that would end everything.

    Raises:
        ValueError: one is empty.
    """
    if not all(stop):
        raise ValueError(tr("stop: found an empty text; allowed are texts of a character or more"))


def check_ids(field: str, ids: bytes) -> None:
    """Refuse what are no token ids: int32, little-endian.

    Args:
        field: What the value is called in a message.
        ids: Token ids.

    Raises:
        ValueError: it is no whole number of them.
    """
    if len(ids) % 4:
        raise ValueError(f"{field}: found {len(ids)} bytes; allowed are 4 for each token id")


def id_bytes(ids: Iterable[int]) -> bytes:
    """Token ids as messages carry them: int32, little-endian."""
    return np.asarray(list(ids), dtype="<i4").tobytes()


def ids_of(data: bytes) -> list[int]:
    """The token ids of `id_bytes`."""
    ids: list[int] = np.frombuffer(data, dtype="<i4").tolist()
    return ids


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all commands."""

    request: int


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all events; `request` is that of the command answered."""

    request: int


def _check_seed(seed: int) -> None:
    if not -1 <= seed <= MAX_SEED:
        raise ValueError(
            tr(
                "seed: found {found}; allowed is 0 to {most}, or -1 for a new one",
                found=seed,
                most=MAX_SEED,
            )
        )


class SequenceStart(msgspec.Struct, frozen=True, kw_only=True):
    """One sequence as it begins."""

    params: SamplingParams
    """Their seed counts only where the sequences do not share u."""
    written: bytes = b""
    """Token ids that it has written before, in an engine that is no more, or as a file says:
    int32, little-endian. It goes on behind them. `id_bytes` makes this of numbers."""
    waits: bool = False
    """Do not run it until a `ContinueSequence`."""
    stop: tuple[str, ...] = ()
    """Texts that end it where they are complete. They are not given, what stands before them is."""
    mu: float | None = None
    """What Mirostat allows behind `written`; None to begin. See `Finished.mu`."""
    adaptive_mean: float | None = None
    """The same of adaptive-p."""

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


# Commands: window -> engine. `request` is the sender's number; every answer carries it.


def is_server(path: str) -> bool:
    """Whether a model's path is the address of a server that holds it, and no file's path."""
    return path.startswith(("http://", "https://"))


class Load(Command, frozen=True, kw_only=True, tag=True):
    """Load a model, after unloading the one before. Answers: Loading..., Loaded | Failed.

    A file or options that are refused before anything is loaded leave the one before open, and so
    does a server that does not answer.
    """

    path: str
    """A file's, or a server's address: see `is_server`."""
    key: str = ""
    """What that server asks for; empty for what the system's keyring has, or none."""
    options: LoadOptions = LoadOptions()
    cache: str = ""
    """The folder of what the engine keeps from one start to the next and can do without (evaluated
    prompts, how quick the model is); empty keeps nothing."""

    def __repr__(self) -> str:
        """It without the key, which stands in no log and no error."""
        return f"<{self.path}>"


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
    most: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How many tokens to give at most; 0 for all."""


class Stop(Command, frozen=True, kw_only=True, tag=True):
    """End `request` now, also inside a long prompt evaluation or a load."""


class Ping(Command, frozen=True, kw_only=True, tag=True):
    """Ask for a sign of life. Answer: Pong, at once, whatever the engine is doing."""


# Commands about a generation carry the `request` of its `Generate`, also long after that run has
# ended; so do the events.


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
    sketches: bool = True
    """Whether tokens come with their distributions. Otherwise they have `TokenRecord.nats_t1`
    alone, and no `top`; where a server has the model they come with what it sent."""

    def __post_init__(self) -> None:
        """Refuse what no generation can be."""
        most = 1 if self.when_full == "cut" else MOST_SEQUENCES
        if not 1 <= len(self.sequences) <= most:
            raise ValueError(
                f"sequences: found {len(self.sequences)}; allowed are 1 to {most} where a full "
                f"context means “{self.when_full}”"
            )
        if self.max_tokens < 1:
            raise ValueError(
                tr("max_tokens: found {found}; allowed is 1 or more", found=self.max_tokens)
            )
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


class QueueSequence(Command, frozen=True, kw_only=True, tag=True):
    """Run one more sequence, with a prompt of its own, as soon as there is room for it.

    Of a generation whose full context means `end`, while it runs. Those queued begin in their
    order: each once fewer than `MOST_SEQUENCES` run, and the context has room for its prompt and
    all it may write beside what the others may. So what one writes does not depend on the others.
    It takes a number that none has that runs. Answers: Started, Evaluated where its prompt is
    another than that of the one before, then as for `ContinueSequence`. One that has no room at all
    ends at once, with `context_full`. A generation that is over answers nothing.
    """

    prompt: Prompt
    start: SequenceStart
    max_tokens: int

    def __post_init__(self) -> None:
        """Refuse what has begun already, and what can write nothing."""
        if self.start.written or self.start.waits:
            raise ValueError("start: found a sequence that has begun; allowed is a new one")
        if self.max_tokens < 1:
            raise ValueError(f"max_tokens: found {self.max_tokens}; allowed is 1 or more")


class RemoveSequence(Command, frozen=True, kw_only=True, tag=True):
    """Forget a sequence, and free its room in the context. No answer, not even for one that ran."""

    sequence: int


class FindTokens(Command, frozen=True, kw_only=True, tag=True):
    """Say how tokens are spelled.

    It waits for what runs, and nothing gives way to it; a Load supersedes it. Answers: TokensFound
    | Failed | Superseded.
    """

    ids: tuple[TokenId, ...]


class FindWords(Command, frozen=True, kw_only=True, tag=True):
    """Say which tokens complete words, and how they are spelled.

    It waits for what runs, and nothing gives way to it; a Load supersedes it. Answers: WordsFound
    | Failed | Superseded.
    """

    texts: tuple[str, ...]
    """Each way of writing a word: see `studio.sampling.WordBias.forms`."""


class FindBreakers(Command, frozen=True, kw_only=True, tag=True):
    """Say with which tokens DRY's sequence breakers begin, and what must follow them.

    It waits for what runs, and nothing gives way to it; a Load supersedes it. Answers:
    BreakersFound | Failed | Superseded.
    """

    texts: tuple[str, ...]


# Events: engine -> window.


class Loading(Event, frozen=True, kw_only=True, tag=True):
    """Progress of a load, 0 to 1."""

    fraction: float
    gpus: str = ""
    """The graphics processors that get layers; empty for none."""

    def __post_init__(self) -> None:
        """Cut what a driver says to a line."""
        msgspec.structs.force_setattr(self, "gpus", visible_line(self.gpus))


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
    head: TokenId = 0
    """How many of the tokens stand before the manuscript: the brief's, and the format's."""
    unseen: TokenId = 0
    """How many behind these the model does not see."""
    control: tuple[TokenId, ...] = ()
    """Which of these are control tokens: a format has some, typed text never."""
    spans: Annotated[tuple[PromptSpan, ...], msgspec.Meta(max_length=2**16)] = ()
    """Where the brief, the notes and what is pinned stand among these. Those of `Prompt.parts` that
    have none were left out."""
    begins: Place = 0
    """Before which code point of the manuscript the model begins to read what may be cut."""
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
    """The number of the first of them among the prompt's tokens, as `Evaluated` says them."""
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
    "machine",  # another machine that was to compute layers cannot
    "llama_cpp",
    "server",  # it does not answer, or cannot do what was asked
    "bug",
]


class Failed(Event, frozen=True, kw_only=True, tag=True):
    """A command could not be carried out; the engine is ready for the next."""

    kind: FailureKind
    message: str
    """For the writer: what, where, what is allowed, what to do."""
    has_model: bool = False
    """Whether a model is open still: what is refused before it is loaded closes none."""
    machine: str = ""
    """The address of the machine that cannot be used, where that is why."""

    def __post_init__(self) -> None:
        """Make sure that it can be read at a glance, whatever of a file it repeats."""
        msgspec.structs.force_setattr(self, "message", visible_message(self.message))


class MachineLost(Event, frozen=True, kw_only=True, tag=True):
    """Another machine that computes layers no longer answers.

    The engine ends with this event, as llama.cpp cannot go on: no request has it, and none is
    answered any more.
    """

    request: int = 0
    address: str

    def __post_init__(self) -> None:
        """Make sure that it can be read."""
        msgspec.structs.force_setattr(self, "address", visible_line(self.address))


class Pong(Event, frozen=True, kw_only=True, tag=True):
    """The engine's process lives, and reads what it is sent."""


class Token(Event, frozen=True, kw_only=True, tag=True):
    """One token written."""

    sequence: int = 0
    """Which of the generation's sequences wrote it."""
    index: int
    """How many tokens the sequence wrote before it."""
    record: TokenRecord
    pieces: Pieces = msgspec.field(default_factory=dict)
    """Bytes of tokens in its sketch that no message before has spelled."""


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
    """What Mirostat allows behind the last token, in bits; None where it is off."""
    adaptive_mean: float | None = None
    """The mean probability of what adaptive-p has drawn; None where it is off."""

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


class TokensFound(Event, frozen=True, kw_only=True, tag=True):
    """How tokens are spelled."""

    pieces: Pieces
    """Bytes by token id; of a control token its name. Ids that the model lacks are not in it."""


class WordsFound(Event, frozen=True, kw_only=True, tag=True):
    """The tokens of words."""

    texts: tuple[str, ...]
    words: tuple[WordTokens, ...]
    """Of each of `texts`."""
    pieces: Pieces
    """Bytes of the tokens that hold a whole word, and of those that write it usually."""


class BreakersFound(Event, frozen=True, kw_only=True, tag=True):
    """The sequence breakers of `texts` as the samplers take them."""

    texts: tuple[str, ...]
    breakers: dict[TokenId, list[tuple[TokenId, ...]]]
    """`studio.sampling.Breakers`."""


SequenceCommand = (
    ChangeSequence
    | StopSequence
    | ContinueSequence
    | RerunSequence
    | QueueSequence
    | RemoveSequence
)
SequenceEvent = Started | Token | ParamsChanged | Finished
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
AnyCommand = Runnable | ChangeSequence | StopSequence | QueueSequence | Stop | Ping
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
    | MachineLost
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
        machine: the address of the machine that cannot be used, where that is why.

    Args:
        kind: What went wrong.
        message: What is wrong and what to do, for the writer.
        machine: The address of a machine.
    """

    def __init__(self, kind: FailureKind, message: str, machine: str = "") -> None:
        super().__init__(message)
        self.kind: FailureKind = kind
        self.machine = machine
