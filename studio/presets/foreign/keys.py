"""What becomes of each key of another program: the tables its reader is held to.

The same tables give the reasons that a writer is shown, and KEYS.md beside this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studio.translation import mark, tr

UNKNOWN = mark("The studio does not know this key.")


@dataclass(frozen=True)
class Key:
    """One key of another program.

    Attributes:
        becomes: The fields of a preset that it sets, in the order of `Preset`; none where it has
            no place.
        words: How it is carried where it is not the same number, or what it would have done.
        idle: Values with which a key that has no place does nothing there either.
        another: The key that this is another name of; empty for none.
    """

    becomes: tuple[str, ...] = ()
    words: str = ""
    idle: tuple[object, ...] = ()
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


LLAMA_CPP_NAMES = {
    name: name
    for name in (
        "top_k",
        "top_p",
        "min_p",
        "typical_p",
        "repeat_penalty",
        "repeat_last_n",
        "frequency_penalty",
        "presence_penalty",
        "mirostat",
        "mirostat_tau",
        "mirostat_eta",
        "seed",
    )
}
"""Fields that the programs built on llama.cpp's old server call as it did."""


def same(keys: Mapping[str, str]) -> dict[str, Key]:
    """Keys that are a field of ours under another name, or under the same."""
    return {key: Key((field,), _SAME.get(field, "")) for key, field in keys.items()}


def carried(*fields: str, words: str) -> Key:
    """A key that is carried over with a turn; `words` says which.

    Args:
        words: Which turn, in one sentence.
        *fields: The fields of ours that it sets.
    """
    return Key(fields, words)


def without_place(words: str, *idle: object) -> Key:
    """A key that has no place here; `words` says what it would have done.

    Args:
        words: What the key would have done.
        *idle: Values at which it did nothing.
    """
    return Key((), words, idle)


_SAME = {
    "top_k": mark("Below 0 is off, as 0 is."),
    "top_p": mark("0 leaves the best token alone: `top_k` 1."),
    "top_n_sigma": mark("0 is off, as -1 is."),
    "seed": mark("Below 0 is a new one each time."),
}


SHARED: KeyTable = {
    "epsilon_cutoff": without_place(mark("Cuts below a fixed probability."), 0),
    "eta_cutoff": without_place(mark("Cuts below a probability that follows the entropy."), 0),
    "smoothing_factor": without_place(mark("Quadratic sampling: bends the distribution."), 0),
    "smoothing_curve": without_place(
        mark("How sharply smoothing bends; for `smoothing_factor`."), 1
    ),
    "no_repeat_ngram_size": without_place(mark("Forbids word sequences to come again."), 0),
    "guidance_scale": without_place(mark("Guidance: a second evaluation leads the first."), 1),
    "penalty_alpha": without_place(mark("Contrastive search instead of sampling."), 0),
    "num_beams": without_place(mark("Beam search instead of sampling."), 1),
    "length_penalty": without_place(mark("Whether beam search likes long texts."), 1),
    "early_stopping": without_place(mark("When beam search stops."), False),
    "min_length": without_place(mark("No end before so many tokens."), 0),
    "ban_eos_token": without_place(mark("Writes on where the model would end."), False),
    "ignore_eos_token": without_place(mark("Writes on where the model would end."), False),
    "add_bos_token": without_place(mark("Whether the prompt gets the model's first token."), True),
    "skip_special_tokens": without_place(mark("Whether special tokens are shown."), True),
}
"""What SillyTavern and text-generation-webui call alike and the studio has no place for."""
