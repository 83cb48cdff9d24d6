"""What llama-server and vLLM say, as far as they are asked; each number within what it can be."""

from __future__ import annotations

from pathlib import PureWindowsPath
from typing import Annotated

import msgspec

_TOKENS = 2**20
_Token = Annotated[int, msgspec.Meta(ge=0, lt=_TOKENS)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Text = Annotated[str, msgspec.Meta(max_length=2**20)]


class GenerationSettings(msgspec.Struct, frozen=True):
    """Part of `Properties`."""

    n_ctx: _Count
    """Tokens of one slot."""


class Properties(msgspec.Struct, frozen=True):
    """`GET /props`: the model, and how it was started."""

    default_generation_settings: GenerationSettings
    model_path: _Text
    chat_template: _Text = ""
    bos_token: _Text = ""
    eos_token: _Text = ""
    total_slots: _Count = 1
    build_info: _Text = ""
    model_alias: _Text = ""

    @property
    def name(self) -> str:
        """What the model is called; where it has no name of its own that is its file's."""
        name = self.model_alias or self.model_path
        # Some versions give the whole path for an alias.
        return PureWindowsPath(name).stem if name.endswith(".gguf") else name


class ModelFacts(msgspec.Struct, frozen=True):
    """Part of `Models`."""

    n_ctx_train: _Count = 0
    n_params: _Count = 0
    size: _Count = 0


class ListedModel(msgspec.Struct, frozen=True):
    """Part of `Models`."""

    meta: ModelFacts | None = None


class Models(msgspec.Struct, frozen=True):
    """`GET /v1/models`."""

    data: list[ListedModel] = []


class Tokens(msgspec.Struct, frozen=True):
    """`POST /tokenize`."""

    tokens: list[_Token]


class Content(msgspec.Struct, frozen=True):
    """`POST /detokenize`."""

    content: _Text


class Likely(msgspec.Struct, frozen=True):
    """A token and the logarithm of its probability."""

    id: _Token
    logprob: float


class Shaped(msgspec.Struct, frozen=True):
    """A token and its probability behind the server's samplers."""

    id: _Token
    prob: float


class Place(msgspec.Struct, frozen=True):
    """Its likeliest tokens: before the server's samplers, or behind them where that is asked."""

    top_logprobs: list[Likely] = []
    top_probs: list[Shaped] = []


class _Timings(msgspec.Struct, frozen=True):
    prompt_n: int = 0


class Completion(msgspec.Struct, frozen=True):
    """`POST /completion` of one token."""

    completion_probabilities: list[Place] = []
    """Empty where it was drawn and is no whole character."""
    model: str = ""
    timings: _Timings = _Timings()

    @property
    def place(self) -> Place:
        """What is said of its place."""
        return next(iter(self.completion_probabilities), Place())


class Spelled(msgspec.Struct, frozen=True):
    """A token and its bytes."""

    id: _Token
    bytes: list[Annotated[int, msgspec.Meta(ge=0, lt=256)]]


class _SpelledPlace(msgspec.Struct, frozen=True):
    top_logprobs: list[Spelled]


class SpelledCompletion(msgspec.Struct, frozen=True):
    """The same, asked for how tokens are spelled."""

    completion_probabilities: Annotated[list[_SpelledPlace], msgspec.Meta(min_length=1)]


class Prompted(msgspec.Struct, frozen=True):
    """`POST /detokenize` at vLLM."""

    prompt: _Text


class _WrittenChoice(msgspec.Struct, frozen=True):
    text: _Text
    finish_reason: _Text | None = None


class Written(msgspec.Struct, frozen=True):
    """`POST /v1/completions`."""

    choices: Annotated[list[_WrittenChoice], msgspec.Meta(min_length=1)]
