"""What becomes of each key of another program: the tables that its reader reads by.

The same tables give the reasons that a writer is shown, and KEYS.md beside this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from studio.presets.foreign import reasons
from studio.translation import mark, tr

if TYPE_CHECKING:
    from studio.presets.foreign.source import Source

    Carry = Callable[[Source, str], None]
    """Carries a key over, which is consumed; the key may be there without a value."""

UNKNOWN = mark("The studio does not know this key.")


class Key(msgspec.Struct, frozen=True):
    """One key of another program.

    Attributes:
        becomes: The fields of a preset that it sets, in the order of `Preset`; none where it has
            no place.
        words: How it is carried where it is not the same number, or what it would have done.
        idle: Values with which a key that has no place does nothing there either.
        carry: How it is carried over; None for as its field is in all programs.
        is_apart: Whether its format carries it over itself, together with others.
        another: The key that this is another name of; empty for none.
    """

    becomes: tuple[str, ...] = ()
    words: str = ""
    idle: tuple[object, ...] = ()
    carry: Carry | None = None
    is_apart: bool = False
    another: str = ""

    @property
    def reason(self) -> str:
        """The words as they are shown, behind the name of the key that this is another name of."""
        words = tr(self.words) if self.words else ""
        return f"`{self.another}`. {words}".rstrip() if self.another else words

    def is_idle(self, value: object) -> bool:
        """Whether the key does nothing with this value."""
        # True equals 1 in Python, and is another thing in a file.
        return any(
            value == it and isinstance(value, bool) == isinstance(it, bool) for it in self.idle
        )


KeyTable = Mapping[str, Key]


def itself(*names: str) -> dict[str, str]:
    """Parameters that a program calls as we do."""
    return {name: name for name in names}


LLAMA_CPP_NAMES = itself(
    *("top_k", "top_p", "min_p", "typical_p", "repeat_penalty", "repeat_last_n"),
    *("frequency_penalty", "presence_penalty", "mirostat", "mirostat_tau", "mirostat_eta"),
    "seed",
)
"""Fields that the programs built on llama.cpp's old server call as it did."""


def same(keys: Mapping[str, str]) -> dict[str, Key]:
    """Keys that are a field of ours under another name, or under the same."""
    return {key: carried(field) for key, field in keys.items()}


def carried(*fields: str, words: str = "", carry: Carry | None = None) -> Key:
    """A key that is carried over.

    Args:
        *fields: The fields of ours that it sets; a system message also sets the format of a chat.
        words: How, in one sentence; by default what is to be known of this field in all programs.
        carry: The same as code; by default as this field is carried over in all programs.
    """
    if fields == ("system_message",):
        fields = ("system_message", "prompt_format")
    return Key(fields, words or _WORDS.get(fields[0], ""), carry=carry)


def apart(*fields: str, words: str = "") -> Key:
    """The same of a key that its format carries over itself, together with others.

    Args:
        *fields: The fields of ours that they set.
        words: How, in one sentence.
    """
    return replace(carried(*fields, words=words), is_apart=True)


def without_place(words: str, *idle: object) -> Key:
    """A key that has no place here; `words` says what it would have done.

    Args:
        words: What the key would have done.
        *idle: Values at which it did nothing.
    """
    return Key((), words, idle)


def alike(words: str, *keys: str, idle: tuple[object, ...] = ()) -> dict[str, Key]:
    """Several keys that have no place here, for the same reason.

    Args:
        words: What they would have done.
        *keys: The keys.
        idle: Values at which they did nothing.
    """
    return dict.fromkeys(keys, without_place(words, *idle))


def among(*keys: str) -> dict[str, Key]:
    """Those of the keys without a place that several programs call alike."""
    return {key: _ALIKE[key] for key in keys}


_WORDS = {
    "top_k": mark("Below 0 is off, as 0 is."),
    "top_p": mark("0 leaves the best token alone: `top_k` 1."),
    "top_n_sigma": mark("0 is off, as -1 is."),
    "seed": mark("Below 0 is a new one each time."),
    "max_tokens": reasons.BELOW_ONE,
    "stop": mark("A list, or one text."),
    "system_message": mark("The preset is then for a chat."),
}

_ALIKE: KeyTable = {
    "tfs": without_place(reasons.TAIL_FREE, 1),
    "tfs_z": without_place(reasons.TAIL_FREE, 1),
    "top_a": without_place(reasons.TOP_A, 0),
    "smoothing_factor": without_place(mark("Quadratic sampling: bends the distribution."), 0),
    "smoothing_curve": without_place(
        mark("How sharply smoothing bends; for `smoothing_factor`."), 1
    ),
    "guidance_scale": without_place(reasons.GUIDANCE, 1),
    "negative_prompt": without_place(reasons.LEADS_AWAY),
    "grammar": without_place(reasons.GRAMMAR),
    "grammar_string": without_place(reasons.GRAMMAR),
    "json_schema": without_place(reasons.SCHEMA),
    "encoder_repetition_penalty": without_place(reasons.OF_THE_PROMPT, 1),
    "n": without_place(reasons.SEVERAL, 1),
    "n_keep": without_place(reasons.SHIFT, 0),
    "model": without_place(reasons.MODEL),
    "prompt": without_place(reasons.PROMPT),
    "tools": without_place(reasons.TOOLS),
}

SHARED: KeyTable = {
    "epsilon_cutoff": without_place(mark("Cuts below a fixed probability."), 0),
    "eta_cutoff": without_place(mark("Cuts below a probability that follows the entropy."), 0),
    **among("smoothing_factor", "smoothing_curve"),
    "no_repeat_ngram_size": without_place(mark("Forbids word sequences to come again."), 0),
    **among("guidance_scale"),
    "penalty_alpha": without_place(mark("Contrastive search instead of sampling."), 0),
    "num_beams": without_place(mark("Beam search instead of sampling."), 1),
    "length_penalty": without_place(mark("Whether beam search likes long texts."), 1),
    "early_stopping": without_place(mark("When beam search stops."), False),
    "min_length": without_place(reasons.NO_END_BEFORE, 0),
    **alike(reasons.NO_END, "ban_eos_token", "ignore_eos_token", idle=(False,)),
    "add_bos_token": without_place(mark("Whether the prompt gets the model's first token."), True),
    "skip_special_tokens": without_place(mark("Whether special tokens are shown."), True),
}
"""What SillyTavern and text-generation-webui call alike and the studio has no place for."""
