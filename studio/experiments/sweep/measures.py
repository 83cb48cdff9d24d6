"""The measures that a sweep can have: one table of names, words and how each is computed.

Each is a ratio of two sums over texts, or the exponential of one. See `text_measures` for formulas
and their sources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec

from studio.experiments.sweep.texts import SweepText
from studio.experiments.text_measures.diversity import distinct_parts, self_bleu, words_of
from studio.experiments.text_measures.near_duplicates import near_duplicates
from studio.experiments.text_measures.repetition import ends_in_loop, repeated_share
from studio.translation import mark

Parts = Sequence[tuple[float, float] | tuple[float, float, float]]
"""Of each text what it adds to the upper and to the lower sum; and by how much the first may be
off, either way, where that is open."""
Check = Callable[[SweepText], bool]
"""Whether a text has what its plan asks for."""


class Context(msgspec.Struct, frozen=True):
    """What measures need beside the texts.

    Attributes:
        near: The resemblance from which a text counts as a near duplicate.
        checks: What the plan asks of each text, by the names of measures.
    """

    near: float = 0.8
    checks: Mapping[str, Check] = msgspec.field(default_factory=dict)


class Measure(msgspec.Struct, frozen=True):
    """One measure.

    Attributes:
        name: What plans and files call it.
        title: What people read.
        help: What it says: one sentence.
        parts: Of the texts of one prompt at one value.
        is_share: Whether each text has or lacks it: then it is shown in percent.
        is_exponential: Whether the figure is the ratio's exponential.
        needs_check: Whether another key of the plan must ask for it.
    """

    name: str
    title: str
    help: str
    parts: Callable[[Sequence[SweepText], Context], Parts]
    is_share: bool = False
    is_exponential: bool = False
    needs_check: bool = False


def _perplexity(texts: Sequence[SweepText], _: Context) -> Parts:
    """Jelinek et al., "Perplexity" (1977): exp of the mean −ln p a token."""
    return [(one.nats_t1, len(one.tokens), one.nats_t1_open) for one in texts]


def _entropy(texts: Sequence[SweepText], _: Context) -> Parts:
    """Shannon, "A mathematical theory of communication" (1948), of each draw's distribution."""
    return [(one.entropy, len(one.tokens), one.entropy_open) for one in texts]


def _distinct(texts: Sequence[SweepText], _: Context, *, n: int) -> Parts:
    return distinct_parts([words_of(one.text) for one in texts], n)


def _self_bleu(texts: Sequence[SweepText], _: Context) -> Parts:
    if len(texts) < 2:
        return [(0.0, 0)] * len(texts)
    return [(score, 1) for score in self_bleu([one.text for one in texts])]


def _loops(texts: Sequence[SweepText], _: Context) -> Parts:
    return [(ends_in_loop(one.tokens), 1) for one in texts]


def _rep_4(texts: Sequence[SweepText], _: Context) -> Parts:
    return [(repeated_share(one.tokens, 4), 1) for one in texts]


def _tokens(texts: Sequence[SweepText], _: Context) -> Parts:
    return [(len(one.tokens), 1) for one in texts]


def _ended(texts: Sequence[SweepText], _: Context) -> Parts:
    return [(one.has_ended, 1) for one in texts]


def _evaluations(texts: Sequence[SweepText], _: Context) -> Parts:
    return [(one.evaluations, 1) for one in texts]


def _near(texts: Sequence[SweepText], context: Context) -> Parts:
    found = near_duplicates([one.text for one in texts], context.near)
    return [(is_near, 1) for is_near in found]


def _checked(texts: Sequence[SweepText], context: Context, *, name: str) -> Parts:
    check = context.checks[name]
    return [(check(one), 1) for one in texts]


PARSES, PATTERN, SCHEMA, EVALUATIONS = "parses", "pattern", "json_schema", "evaluations"

ALL = (
    Measure(
        "perplexity",
        mark("Perplexity at T 1"),
        mark("How unexpected the texts are to the model itself, at T 1 and without filters."),
        _perplexity,
        is_exponential=True,
    ),
    Measure(
        "entropy",
        mark("Mean entropy"),
        mark("How open each draw was, in nats, after temperature and filters."),
        _entropy,
    ),
    *(
        Measure(
            f"distinct_{n}",
            title,
            mark(
                "Different n-grams of words among all of a prompt’s texts; it falls as texts grow "
                "longer."
            ),
            partial(_distinct, n=n),
        )
        for n, title in ((1, mark("Distinct-1")), (2, mark("Distinct-2")), (3, mark("Distinct-3")))
    ),
    Measure(
        "self_bleu",
        mark("Self-BLEU"),
        mark("How much each text resembles the others of its prompt: lower is more varied."),
        _self_bleu,
    ),
    Measure(
        "loops",
        mark("Ends in a loop"),
        mark("Texts that end by repeating a phrase."),
        _loops,
        is_share=True,
    ),
    Measure(
        "rep_4",
        mark("Rep-4"),
        mark("Runs of four tokens that a text had before, of all it has."),
        _rep_4,
    ),
    Measure("tokens", mark("Length"), mark("Tokens a text."), _tokens),
    Measure(
        "ended",
        mark("Ended of itself"),
        mark("Texts that the model or a stop string ended, not their greatest length."),
        _ended,
        is_share=True,
    ),
    Measure(
        "near_duplicates",
        mark("Near duplicates"),
        mark("Texts that resemble an earlier one of their prompt."),
        _near,
        is_share=True,
    ),
    Measure(
        PARSES,
        mark("Code parses"),
        mark("Texts that are whole programs, as far as a grammar can say."),
        partial(_checked, name=PARSES),
        is_share=True,
        needs_check=True,
    ),
    Measure(
        PATTERN,
        mark("Pattern found"),
        mark("Texts in which the plan’s pattern is found."),
        partial(_checked, name=PATTERN),
        is_share=True,
        needs_check=True,
    ),
    Measure(
        SCHEMA,
        mark("JSON as asked"),
        mark("Texts that are JSON and as the plan’s schema asks."),
        partial(_checked, name=SCHEMA),
        is_share=True,
        needs_check=True,
    ),
    Measure(
        EVALUATIONS,
        mark("Evaluations a text"),
        mark("Next-token distributions that the model was asked for, to draw a text as a whole."),
        _evaluations,
        needs_check=True,
    ),
)
"""All, in the order in which they are shown."""

MEASURES: Mapping[str, Measure] = {measure.name: measure for measure in ALL}
"""The same by name."""
