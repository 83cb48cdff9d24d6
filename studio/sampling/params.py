"""The one table of sampling parameters: `SamplingParams`, how the next token is to be drawn.

Each field states its default, which is neutral, and beside it all else that is known of it: range,
step of the arrow keys, words, help, llama.cpp's names. Checks, presets, command line, window and
the readers of other programs' files read it here. To add a sampler, add its fields, its step to
`STEPS`, and what it does to `samplers.filters`. Names and meanings are llama.cpp's.
"""

# Annotations are read when the module is: no "from __future__ import annotations" here.

import dataclasses
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Annotated, get_args

import msgspec

from studio.sampling import checks
from studio.sampling.facts import LARGEST, LARGEST_COUNT, Number, Parameter, Step
from studio.sampling.word_bias import WordBias, word_biases
from studio.translation import mark

STEPS = (
    Step(name="penalties", title=mark("Penalties"), changes=True, letter="e"),
    Step(name="dry", title=mark("DRY"), changes=True, letter="d"),
    Step(name="top_n_sigma", title=mark("Top-n-sigma"), cuts=True, letter="s"),
    Step(name="top_k", title=mark("Top-k"), cuts=True, letter="k"),
    Step(
        name="typical_p",
        title=mark("Typical-p"),
        cuts=True,
        keeps_best=False,
        heeds_min_keep=True,
        llama_name="typ_p",
        letter="y",
        aliases=("typ", "typical"),
    ),
    Step(
        name="top_p",
        title=mark("Top-p"),
        cuts=True,
        heeds_min_keep=True,
        letter="p",
        aliases=("nucleus",),
    ),
    Step(name="min_p", title=mark("Min-p"), cuts=True, heeds_min_keep=True, letter="m"),
    Step(
        name="p_less",
        title=mark("P-less"),
        cuts=True,
        heeds_min_keep=True,
        llama_name="",
        is_later=True,
    ),
    Step(
        name="xtc", title=mark("XTC"), cuts=True, keeps_best=False, heeds_min_keep=True, letter="x"
    ),
    Step(name="temperature", title=mark("Temperature"), letter="t", aliases=("temp",)),
    Step(
        name="adaptive_p",
        title=mark("Adaptive-p"),
        keeps_best=False,
        runs_last=True,
        carries_state=True,
        is_by_default=False,
        is_later=True,
        letter="a",
    ),
)
"""Every step that `SamplingParams.samplers` may name, in the order in which they run by default.

It is llama.cpp's own order: temperature runs last, so the filters see the model's own distribution.
A step that llama.cpp does not have stands among the filters.
"""

DEFAULT_SAMPLERS = tuple(step.name for step in STEPS)
"""Their names."""

SAMPLER_ALIASES = {
    step.chain_name: step.name for step in STEPS if step.chain_name not in ("", step.name)
}
"""Steps by llama.cpp's names, where these are others than ours; they are taken for ours."""

DEFAULT_BREAKERS = ("\n", ":", '"', "*")
"""llama.cpp's own sequence breakers for DRY."""

NEW_SEED = -1
"""A seed that stands for "a new one each time"; whoever draws replaces it by a real seed first."""

MAX_SEED = 2**32 - 1
"""The largest seed llama.cpp takes."""

_LONGEST_BREAKER = 40  # bytes; llama.cpp cuts longer ones short in silence


class SamplingParams(
    msgspec.Struct, frozen=True, cache_hash=True, kw_only=True, forbid_unknown_fields=True
):
    """Everything that shapes a distribution between the model's logits and the draw.

    The defaults are neutral: temperature 1, no filter, no penalty. A step has an effect only when
    `samplers` names it; biases and `mirostat` are no steps and always count. What each field does
    stands beside it.

    Raises:
        ParameterError: A value is of the wrong type or outside its range; names the field.
    """

    temperature: Annotated[
        float,
        Number(
            label=mark("temperature T"),
            may_be_infinite=True,
            stride=0.05,
            words={mark("greedy"): 0.0, mark("uniform"): LARGEST},
            allowed=mark("0 (greedy) to ∞ (uniform)"),
            help=mark("The logits are divided by it before the softmax: P ∝ exp(logit / T)."),
            plain=mark(
                "Low keeps to the likeliest words, high lets in surprising ones. 1 is the "
                "model's own."
            ),
            group="temperature",
            step="temperature",
            is_switch=True,
            short=mark("T {}"),
            llama_flag="--temp",
        ),
    ] = 1.0
    """0 is the largest logit, exactly, whatever else is set; infinity is uniform over whatever the
    filters leave."""
    dynatemp_range: Annotated[
        float,
        Number(
            label=mark("dynamic range"),
            stride=0.05,
            words={mark("off"): 0.0},
            help=mark("T moves this far either way with the entropy of what is left."),
            plain=mark("Colder where the model is sure, hotter where it is not."),
            group="temperature",
            step="temperature",
            is_switch=True,
            short=mark("T ±{}"),
        ),
    ] = 0.0
    dynatemp_exponent: Annotated[
        float,
        Number(
            label=mark("dynamic exponent"),
            stride=0.1,
            means=mark("1 is llama.cpp's"),
            help=mark("The power of the entropy's share of its maximum that T moves with."),
            plain=mark(
                "Above 1 T stays low longer, below 1 it rises early. It needs a dynamic range."
            ),
            group="temperature",
            step="temperature",
            llama_flag="--dynatemp-exp",
        ),
    ] = 1.0
    top_k: Annotated[
        int,
        Number(
            label=mark("top-k"),
            most=LARGEST_COUNT,
            stride=1,
            is_whole=True,
            words={mark("off"): 0},
            help=mark("Only the k most probable tokens can be drawn."),
            plain=mark("A fixed short list, however sure or unsure the model is. 0 is off."),
            group="filters",
            step="top_k",
            is_switch=True,
        ),
    ] = 0
    top_p: Annotated[
        float,
        Number(
            label=mark("top-p"),
            most=1.0,
            stride=0.01,
            is_above=True,
            words={mark("off"): 1.0},
            help=mark(
                "Only the smallest set of most probable tokens that sum to at least p can be drawn."
            ),
            plain=mark(
                "A short list where the model is sure, a long one where it is not. 1 is off."
            ),
            group="filters",
            step="top_p",
            is_switch=True,
        ),
    ] = 1.0
    min_p: Annotated[
        float,
        Number(
            label=mark("min-p"),
            most=1.0,
            stride=0.01,
            words={mark("off"): 0.0},
            help=mark(
                "Only tokens at least this many times as probable as the favourite can be drawn."
            ),
            plain=mark(
                "Drops what is absurd beside the favourite, keeps what competes with it. 0 is off."
            ),
            group="filters",
            step="min_p",
            is_switch=True,
        ),
    ] = 0.0
    p_less: Annotated[
        int,
        Number(
            label=mark("p-less"),
            most=1,
            stride=1,
            is_whole=True,
            words={mark("off"): 0, mark("on"): 1},
            help=mark(
                "Only tokens at least as probable as Σ\u00a0p², the odds that two draws agree, "
                "can be drawn."
            ),
            plain=mark(
                "It has no threshold to set: a short list where the model is sure, a long one "
                "where it is not. 0 is off."
            ),
            group="filters",
            step="p_less",
            is_switch=True,
            llama_name="",
            llama_flag="",
        ),
    ] = 0
    typical_p: Annotated[
        float,
        Number(
            label=mark("typical-p"),
            most=1.0,
            stride=0.01,
            is_above=True,
            words={mark("off"): 1.0},
            help=mark(
                "Only the tokens whose surprise is nearest the entropy can be drawn, as sum to p."
            ),
            plain=mark("Drops what is too odd and also what is too obvious. 1 is off."),
            group="filters",
            step="typical_p",
            is_switch=True,
            llama_flag="--typical",
        ),
    ] = 1.0
    top_n_sigma: Annotated[
        float,
        Number(
            label=mark("top-n-sigma"),
            stride=0.1,
            words={mark("off"): -1.0},
            also_neutral=0.0,
            means=mark("off, as 0 is"),
            help=mark(
                "Only tokens at most n standard deviations of all logits below the best can be "
                "drawn."
            ),
            plain=mark("It cuts the same tokens at every T, wherever it runs. 0 is off too."),
            group="filters",
            step="top_n_sigma",
            is_switch=True,
            short=mark("top-nσ {}"),
            llama_flag="--top-nsigma",
        ),
    ] = -1.0
    xtc_probability: Annotated[
        float,
        Number(
            label=mark("XTC probability"),
            most=1.0,
            stride=0.05,
            words={mark("off"): 0.0},
            help=mark("How likely it is, at each token, that XTC excludes the top choices."),
            plain=mark(
                "Steers away from what is said first of all. 0 is off, 1 acts at every token."
            ),
            group="variety",
            step="xtc",
            is_switch=True,
            short=mark("XTC {}"),
        ),
    ] = 0.0
    xtc_threshold: Annotated[
        float,
        Number(
            label=mark("XTC threshold"),
            most=1.0,
            stride=0.01,
            means=mark("above 0.5 is off"),
            help=mark(
                "Where XTC acts, it cuts all tokens at least this probable but the least of them."
            ),
            plain=mark("Above 0.5 there are never two of them: XTC is off."),
            group="variety",
            step="xtc",
        ),
    ] = 0.1
    adaptive_target: Annotated[
        float,
        Number(
            label=mark("adaptive-p target"),
            most=1.0,
            stride=0.05,
            words={mark("off"): -1.0},
            help=mark(
                "Tokens about this probable are preferred, so that it is the average of what is "
                "drawn."
            ),
            plain=mark(
                "Low looks for surprises, high keeps to the obvious. It runs last; put min-p "
                "before it. −1 is off."
            ),
            group="variety",
            step="adaptive_p",
            is_switch=True,
            short=mark("adaptive-p {}"),
        ),
    ] = -1.0
    adaptive_decay: Annotated[
        float,
        Number(
            label=mark("adaptive-p decay"),
            most=0.99,
            stride=0.01,
            means=mark("0.9 is llama.cpp's"),
            help=mark("How much of the average of what was drawn stays at each token."),
            plain=mark("0.9 looks back over about ten tokens, 0.99 over a hundred."),
            group="variety",
            step="adaptive_p",
        ),
    ] = 0.9
    min_keep: Annotated[
        int,
        Number(
            label=mark("min-keep"),
            most=LARGEST_COUNT,
            stride=1,
            is_whole=True,
            means=mark("one is left in any case"),
            help=mark("The filters that look at probabilities leave so many tokens at least."),
            plain=mark("One is left in any case."),
            group="filters",
            llama_flag="",
        ),
    ] = 0
    repeat_penalty: Annotated[
        float,
        Number(
            label=mark("repeat penalty"),
            stride=0.01,
            is_above=True,
            words={mark("off"): 1.0},
            help=mark(
                "Logits of recent tokens are divided by it where positive, multiplied where "
                "negative."
            ),
            plain=mark(
                "Above 1 makes repeating less likely; much above 1.2 starts to avoid even "
                "“the”. 1 is off."
            ),
            group="repetition",
            step="penalties",
            is_switch=True,
            short=mark("repeat {}"),
        ),
    ] = 1.0
    repeat_last_n: Annotated[
        int,
        Number(
            label=mark("repeat last n"),
            most=LARGEST_COUNT,
            stride=16,
            is_whole=True,
            words={mark("all"): -1, mark("off"): 0},
            means=mark("0 is off, -1 is the whole context"),
            help=mark(
                "How many of the last tokens the repeat, frequency and presence penalties look at."
            ),
            plain=mark(
                "How far back a word counts as a repetition. 0 is off, all (−1) the whole context."
            ),
            group="repetition",
            step="penalties",
        ),
    ] = 64
    frequency_penalty: Annotated[
        float,
        Number(
            label=mark("frequency penalty"),
            least=-LARGEST,
            stride=0.05,
            words={mark("off"): 0.0},
            help=mark("Taken off a recent token's logit once for each time it occurs."),
            plain=mark(
                "The more often a word was used, the less likely. Below 0 it is asked for again."
            ),
            group="repetition",
            step="penalties",
            is_switch=True,
            short=mark("frequency {}"),
        ),
    ] = 0.0
    presence_penalty: Annotated[
        float,
        Number(
            label=mark("presence penalty"),
            least=-LARGEST,
            stride=0.05,
            words={mark("off"): 0.0},
            help=mark("Taken off a recent token's logit once, however often it occurs."),
            plain=mark("Favours words not used yet. Below 0 it favours those that were."),
            group="repetition",
            step="penalties",
            is_switch=True,
            short=mark("presence {}"),
        ),
    ] = 0.0
    dry_multiplier: Annotated[
        float,
        Number(
            label=mark("DRY multiplier"),
            stride=0.1,
            words={mark("off"): 0.0},
            help=mark("What DRY takes off the logit of a token that would continue a repetition."),
            plain=mark(
                "Breaks loops of whole phrases and leaves single words alone; 0.8 is usual. 0 is "
                "off."
            ),
            group="repetition",
            step="dry",
            is_switch=True,
            short=mark("DRY {}"),
        ),
    ] = 0.0
    dry_base: Annotated[
        float,
        Number(
            label=mark("DRY base"),
            least=1.0,
            stride=0.05,
            means=mark("1.75 is llama.cpp's"),
            help=mark("So much more, as a factor, for each token that the repetition is longer."),
            plain=mark("How fast a long repetition becomes impossible."),
            group="repetition",
            step="dry",
        ),
    ] = 1.75
    dry_allowed_length: Annotated[
        int,
        Number(
            label=mark("DRY allowed length"),
            most=LARGEST_COUNT,
            stride=1,
            is_whole=True,
            means=mark("2 is llama.cpp's"),
            help=mark("The longest repetition, in tokens, that DRY leaves unpenalised."),
            plain=mark("Set phrases and names up to this length may come back."),
            group="repetition",
            step="dry",
        ),
    ] = 2
    dry_penalty_last_n: Annotated[
        int,
        Number(
            label=mark("DRY last n"),
            most=LARGEST_COUNT,
            stride=16,
            is_whole=True,
            words={mark("all"): -1, mark("off"): 0},
            means=mark("0 is off, -1 is the whole context"),
            help=mark("How many of the last tokens DRY searches for repetitions."),
            plain=mark(
                "How far back a phrase counts as a repetition. 0 is off, all (−1) the whole "
                "context."
            ),
            group="repetition",
            step="dry",
        ),
    ] = -1
    dry_sequence_breakers: Annotated[
        tuple[str, ...],
        Parameter(
            label=mark("DRY breakers"),
            one=mark("DRY breaker"),
            help=mark("Texts over which DRY follows no repetition."),
            plain=mark("What begins a new line or a new speech may begin as another did."),
            allowed=f"texts of 1 to {_LONGEST_BREAKER} bytes",
            group="repetition",
            step="dry",
        ),
    ] = DEFAULT_BREAKERS
    mirostat: Annotated[
        int,
        Number(
            label=mark("Mirostat"),
            most=2,
            stride=1,
            is_whole=True,
            words={mark("off"): 0},
            help=mark("Steers the surprise of what is written with Mirostat's version 1 or 2."),
            plain=mark(
                "It takes the place of all filters and penalties; temperature runs right before it."
            ),
            group="mirostat",
        ),
    ] = 0
    mirostat_tau: Annotated[
        float,
        Number(
            label=mark("Mirostat tau"),
            stride=0.1,
            means=mark("in bits"),
            help=mark("The surprise that Mirostat aims at, in bits a token."),
            plain=mark("Low is predictable, high is surprising; about 3 to 6 reads as prose."),
            group="mirostat",
            llama_flag="--mirostat-ent",
        ),
    ] = 5.0
    mirostat_eta: Annotated[
        float,
        Number(
            label=mark("Mirostat eta"),
            stride=0.01,
            means=mark("0 never learns"),
            help=mark("How fast Mirostat corrects itself after each token."),
            plain=mark("High follows at once and swings, low is steady. 0 never corrects."),
            group="mirostat",
            llama_flag="--mirostat-lr",
        ),
    ] = 0.1
    logit_bias: Annotated[
        tuple[tuple[int, float | None], ...],
        Parameter(
            label=mark("token biases"),
            one=mark("token bias"),
            help=mark(
                "Added to the raw logit of a token, by its number, before everything else; −∞ "
                "bans it."
            ),
            plain=mark(
                "A card of the bars shows the number. It is another token in another model, so "
                "that these biases belong to one vocabulary."
            ),
            allowed=mark("a token's number and a bias; −∞ bans it"),
            group="biases",
        ),
    ] = ()
    """(token id, bias) pairs in order of token. A mapping is taken too."""
    logit_bias_vocabulary: Annotated[
        str,
        Parameter(
            label=mark("token biases are for"),
            help=mark("The vocabulary that the numbers of `logit_bias` belong to."),
            plain=mark("It is set with them."),
            llama_name="",
        ),
    ] = ""
    """Its fingerprint, and behind a space the name of the model for the reader. Empty where that is
    not known."""
    word_biases: Annotated[
        tuple[WordBias, ...],
        Parameter(
            label=mark("word biases"),
            one=mark("word bias"),
            help=mark(
                "Added to the raw logit of the token that completes a word, in any model; −∞ bans "
                "it."
            ),
            plain=mark(
                "Above 0 asks for a word, below 0 avoids it; 5 is much. Longer words are left "
                "alone, but for those that a model begins with the very token that is this word."
            ),
            allowed=mark("words or phrases, and a number for each; −∞ bans it"),
            group="biases",
            llama_name="",
        ),
    ] = ()
    seed: Annotated[
        int,
        Number(
            label=mark("seed"),
            most=MAX_SEED,
            stride=1,
            is_whole=True,
            words={mark("random"): NEW_SEED},
            means=mark("-1 is a new one each time"),
            help=mark("Where the random numbers of the draw start."),
            plain=mark(
                "The same seed and settings give the same text again. random (−1) takes a new "
                "one each time."
            ),
            group="draw",
            short_flag="-s",
        ),
    ] = NEW_SEED
    samplers: Annotated[
        tuple[str, ...],
        Parameter(
            label=mark("order of the steps"),
            help=mark(
                "Which steps run, and in which order: each sees what the one before has left."
            ),
            plain=mark("Drag a row, or move it with Alt+↑ and Alt+↓; Space leaves a step out."),
            allowed=mark("each of the steps at most once"),
            group="order",
        ),
    ] = DEFAULT_SAMPLERS
    """What is left out is not applied. llama.cpp's "typ_p" is taken for "typical_p"."""

    def __post_init__(self) -> None:
        """Check every field, and settle numbers on plain `float` and `int`."""
        for field, default in _DEFAULTS:
            value = getattr(self, field)
            if value is not default:  # most are as they were: this is made at each turn of T
                msgspec.structs.force_setattr(self, field, _CHECKS[field](field, value))
        if self.logit_bias_vocabulary and not self.logit_bias:
            msgspec.structs.force_setattr(self, "logit_bias_vocabulary", "")

    @property
    def biases(self) -> tuple[tuple[int, float], ...]:
        """`logit_bias` as it stands once checked: without None."""
        return self.logit_bias  # type: ignore[return-value]  # None was replaced by -inf

    @property
    def is_biased(self) -> bool:
        """Whether tokens or words have biases."""
        return bool(self.logit_bias or self.word_biases)


_DEFAULTS = tuple((entry.name, entry.default) for entry in msgspec.structs.fields(SamplingParams))


def _stated(field: str, default: object) -> Parameter:
    """What stands beside a field, with its name and its default."""
    facts = get_args(SamplingParams.__annotations__[field])[1]
    assert isinstance(facts, Parameter), field
    return dataclasses.replace(facts, name=field, neutral=default)


PARAMETERS: Mapping[str, Parameter] = {
    field: _stated(field, default) for field, default in _DEFAULTS
}
"""The table by name: what is known of every field, in their order."""

NUMBERS: Mapping[str, Number] = {
    field: facts for field, facts in PARAMETERS.items() if isinstance(facts, Number)
}
"""Those of them that are numbers."""

SWITCHES: Mapping[str, tuple[Parameter, ...]] = {
    step.name: tuple(
        facts for facts in PARAMETERS.values() if facts.step == step.name and facts.is_switch
    )
    for step in STEPS
}
"""By the name of a step, the parameters that turn it on."""

Check = Callable[[str, object], object]
"""Takes a field's name and value; gives the value settled, or refuses it."""


def _breakers(field: str, value: object) -> tuple[str, ...]:
    return checks.texts(field, value, _LONGEST_BREAKER)


def _samplers(field: str, value: object) -> tuple[str, ...]:
    return checks.names(field, value, DEFAULT_SAMPLERS, SAMPLER_ALIASES)


_CHECKS: dict[str, Check] = {
    **{field: partial(checks.number, facts) for field, facts in NUMBERS.items()},
    "dry_sequence_breakers": _breakers,
    "logit_bias": checks.biases,
    "logit_bias_vocabulary": checks.short_text,
    "word_biases": word_biases,
    "samplers": _samplers,
}


def with_later_steps(samplers: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
    """Return an order out of a file, with the steps that its writer did not know yet.

    Each stands behind the step that it stands behind by default, or at the top. Those that the file
    has a parameter of are left out where it leaves them out.

    Args:
        samplers: The order.
        known: The parameters that the file has.
    """
    order = list(samplers)
    for place, step in enumerate(STEPS):
        is_known = any(facts.name in known for facts in SWITCHES[step.name])
        if step.is_later and not is_known and step.name not in order:
            before = [name for name in DEFAULT_SAMPLERS[:place] if name in order]
            order.insert(order.index(before[-1]) + 1 if before else 0, step.name)
    return tuple(order)


def foreign_tokens(params: SamplingParams, size: int, vocabulary: str) -> list[int]:
    """Return the tokens whose biases are for another vocabulary than the one at hand.

    Args:
        params: Whose biases by id.
        size: How many tokens the vocabulary has.
        vocabulary: What `SamplingParams.logit_bias_vocabulary` calls it; empty where that is not
            known.
    """
    tokens = [token for token, _ in params.logit_bias]
    made_for = params.logit_bias_vocabulary
    if made_for and vocabulary and made_for.split(" ")[0] != vocabulary.split(" ")[0]:
        return tokens
    return [token for token in tokens if token >= size]
