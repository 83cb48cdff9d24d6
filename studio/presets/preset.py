"""`Preset`: everything a task needs set."""

from typing import Annotated, Literal

import msgspec

from studio.sampling import SamplingParams

FORMAT_VERSION = 1

Task = Literal["code", "creative_writing", "customer_support", "data_augmentation", "other"]
TASKS: tuple[Task, ...] = (
    "code",
    "creative_writing",
    "customer_support",
    "data_augmentation",
    "other",
)
PromptFormat = Literal["plain", "chat"]
PROMPT_FORMATS: tuple[PromptFormat, ...] = ("plain", "chat")

MOST_TOKENS = 1_000_000
MOST_STOPS = 32
LONGEST_STOP = 200
"""Characters of a stop string."""
LONGEST_TEXT = 100_000
"""Characters of description, system message and notes."""

Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
StopText = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_STOP)]


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """Named settings; one JSON file. Immutable: a change makes a new value."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    description: Text = ""
    """One sentence: when to use it."""
    task: Task = "other"
    prompt_format: PromptFormat = "plain"
    system_message: Text = ""
    """What the chat format gives the model as its system message."""
    stop: Annotated[tuple[StopText, ...], msgspec.Meta(max_length=MOST_STOPS)] = ()
    """Texts that end a generation; they are not shown themselves."""
    max_tokens: Annotated[int, msgspec.Meta(ge=1, le=MOST_TOKENS)] = 256
    """Tokens a generation may take."""
    sampling: SamplingParams = SamplingParams()
    notes: Text = ""
    format_version: Annotated[int, msgspec.Meta(ge=1)] = FORMAT_VERSION
