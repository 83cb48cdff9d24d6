"""The order of samplers as other programs write it. Plain tables and functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from studio.sampling import STEPS, SamplingParams, active_steps

_LLAMA_NAMES = {
    name: step.name
    for step in STEPS
    if step.chain_name
    for known in (step.name, step.chain_name, *step.aliases)
    for name in (known, known.replace("_", "-"))
}

LETTERS = {step.letter: step.name for step in STEPS if step.letter}
"""llama.cpp's `--sampling-seq`."""

_BY_DEFAULT = frozenset(step.name for step in STEPS if step.is_by_default)

_TO_LLAMA = {step.name: step.chain_name for step in STEPS if step.chain_name}

KOBOLD_NUMBERS: dict[int, tuple[str, ...]] = {
    0: ("top_k",),
    1: (),  # top_a
    2: ("top_p", "min_p"),
    3: (),  # tfs
    4: ("typical_p",),
    5: ("temperature", "top_n_sigma"),
    6: ("penalties",),
}
"""KoboldCpp's `sampler_order`: which steps run at a number."""

KOBOLD_ORDER = (6, 0, 1, 3, 4, 2, 5)
"""The order that KoboldCpp recommends."""

_WEBUI_NAMES = {
    "repetition_penalty": "penalties",
    "presence_penalty": "penalties",
    "frequency_penalty": "penalties",
    "dry": "dry",
    "temperature": "temperature",
    "dynamic_temperature": "temperature",
    "top_n_sigma": "top_n_sigma",
    "top_k": "top_k",
    "top_p": "top_p",
    "typical_p": "typical_p",
    "min_p": "min_p",
    "xtc": "xtc",
}

WEBUI_ORDER = (
    "penalties",
    "dry",
    "top_n_sigma",
    "temperature",
    "top_k",
    "top_p",
    "typical_p",
    "min_p",
    "xtc",
)
"""text-generation-webui's own order, as our steps: temperature runs before the filters."""


def from_llama_names(names: Iterable[str]) -> tuple[tuple[str, ...], list[str]]:
    """Our steps for llama.cpp's names, each once, and the names that are no step here."""
    found: dict[str, None] = {}
    unknown = []
    for name in names:
        step = _LLAMA_NAMES.get(name.strip())
        if step is None:
            unknown.append(name)
        else:
            found.setdefault(step)
    return tuple(found), unknown


def from_letters(letters: str) -> tuple[tuple[str, ...], list[str]]:
    """The same for llama.cpp's letters."""
    found = dict.fromkeys(LETTERS[letter] for letter in letters if letter in LETTERS)
    return tuple(found), [letter for letter in letters if letter not in LETTERS]


def to_llama_names(params: SamplingParams) -> list[str]:
    """llama.cpp's names for the steps in their order.

    Without those that it does not have, and those that are off both here and there by default.
    """
    active = active_steps(params)
    return [
        _TO_LLAMA[step]
        for step in params.samplers
        if step in _TO_LLAMA and (step in _BY_DEFAULT or step in active)
    ]


def from_kobold(numbers: Sequence[int]) -> tuple[str, ...]:
    """Our steps for KoboldCpp's numbers. DRY runs before all of them, XTC after."""
    steps = [step for number in numbers for step in KOBOLD_NUMBERS.get(number, ())]
    return tuple(dict.fromkeys(["dry", *steps, "xtc"]))


def to_kobold(samplers: Sequence[str]) -> list[int]:
    """The numbers that come nearest to this order; top_a and tfs, which do nothing, early on."""
    places = {step: place for place, step in enumerate(samplers)}

    def place(number: int) -> tuple[int, int]:
        steps = KOBOLD_NUMBERS[number]
        first = places.get(steps[0], -1) if steps else -1
        return first, KOBOLD_ORDER.index(number)

    return sorted(KOBOLD_ORDER, key=place)


def from_webui(names: Iterable[str] | None, *, temperature_last: bool) -> tuple[str, ...]:
    """Our steps for text-generation-webui's `sampler_priority` and `temperature_last`.

    What its list leaves out runs first there.

    Args:
        names: `sampler_priority`; None where the file has none.
        temperature_last: The key of that name.
    """
    order = list(WEBUI_ORDER)
    if names is not None:
        named = [_WEBUI_NAMES[name.strip()] for name in names if name.strip() in _WEBUI_NAMES]
        order = [step for step in WEBUI_ORDER if step not in named]
        order += dict.fromkeys(named)
    if temperature_last:
        order.remove("temperature")
        order.append("temperature")
    return tuple(order)


def with_adaptive(samplers: tuple[str, ...], target: float) -> tuple[str, ...]:
    """An order of programs in which adaptive-p runs last as soon as it has a target.

    Args:
        samplers: The order.
        target: Adaptive-p's target; below 0 there is none.
    """
    return (*samplers, "adaptive_p") if target >= 0 and "adaptive_p" not in samplers else samplers


def to_webui(samplers: Iterable[str]) -> list[str]:
    """text-generation-webui's names for our steps."""
    return [name for step in samplers for name, own in _WEBUI_NAMES.items() if own == step]


def is_llama_default(params: SamplingParams) -> bool:
    """Whether llama.cpp runs those of the steps that it has in their order by itself."""
    return to_llama_names(params) == to_llama_names(SamplingParams())


assert set(WEBUI_ORDER) == {step.name for step in STEPS if not step.is_later}
