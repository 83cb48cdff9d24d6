"""What Explain says: eight steps, each a title, a few sentences with gaps for live numbers.

Plain data. A sentence that depends on the situation has a text for each case; `explain.words`
chooses one and fills the gaps, with HTML that is ready to be shown.
"""

from collections.abc import Mapping

import msgspec

from studio.app.explain_steps import StepName
from studio.translation import mark


class StepText(msgspec.Struct, frozen=True):
    """One step's words.

    Attributes:
        title: Its heading.
        paragraphs: Texts with ``{gaps}``; some gaps are filled with one of `cases`.
        cases: By name, sentences of which one is true at a time.
        caption: What the chart shows.
        turns: Whether the chart follows T, so that a temperature control stands under it.
        is_of_place: Whether its numbers are those of a place in a text.
    """

    title: str
    paragraphs: tuple[str, ...]
    caption: str
    cases: Mapping[str, str] = msgspec.field(default_factory=dict)
    turns: bool = False
    is_of_place: bool = True


AFTER = mark("After “{before}”")
"""Where the place is."""

HERE = mark("At this place")
"""The same, where there are no words to quote."""

STEPS: dict[StepName, StepText] = {
    "logits": StepText(
        title=mark("Scores: the logits"),
        paragraphs=(
            mark(
                "{where} the model gives each of the {vocabulary} tokens it knows a score, the "
                "<b>logit</b>. Its favourite is {first} with logit {first_logit}{second_clause}."
            ),
            mark(
                "A logit has no unit and no zero of its own: add the same number to all of them "
                "and nothing changes. Only the differences count."
            ),
        ),
        cases={
            "second": mark("; next comes {second}, {gap} less"),
            "alone": mark("; no other token is possible"),
        },
        caption=mark("Logits of the favourites; in brackets, how far behind the first."),
    ),
    "softmax": StepText(
        title=mark("Probabilities: softmax"),
        paragraphs=(
            mark(
                "<b>Softmax</b> makes probabilities of logits in two moves: raise e to each logit, "
                "which gives a positive number whatever the logit; then divide by the sum over all "
                "tokens, so that together they make 1."
            ),
            "{comparison}",
        ),
        cases={
            "second": mark(
                "Nothing but differences is left: {second} is {gap} behind {first}, so it is "
                "e<sup>−{gap}</sup> = {ratio} times as probable: {second_p} against {first_p}."
            ),
            "alone": mark(
                "With one possible token there is nothing to share: {first} has {first_p}."
            ),
        },
        caption=mark("Left: e^(logit − largest). Right: divided by their sum, which is {sum}."),
    ),
    "temperature": StepText(
        title=mark("One turn: T, or β = 1/T"),
        paragraphs=(
            mark(
                "<b>Temperature</b> T divides every logit before the softmax. That is to multiply "
                "them by <b>β = 1/T</b>, the inverse temperature: P ∝ e<sup>β·logit</sup>."
            ),
            "{effect}",
            mark(
                "The order of the tokens stays as it was. A higher T is not smarter, only more "
                "varied."
            ),
        ),
        cases={
            "greedy": mark(
                "At T 0 there is no β to multiply by: {first} gets everything. The next "
                "step says how."
            ),
            "cold": mark(
                "At T {t}, β {beta}, differences are stretched: {gap} between the two best "
                "counts as {tempered_gap}. {first} goes from {first_p} at T 1 to {first_now}: the "
                "landscape is steeper than the model's own."
            ),
            "own": mark(
                "At T 1 nothing is changed: these are the model's own probabilities, {first} "
                "with {first_p}. Turn T and watch."
            ),
            "hot": mark(
                "At T {t}, β {beta}, differences shrink: {gap} between the two best counts as "
                "{tempered_gap}. {first} goes from {first_p} at T 1 to {first_now}: the "
                "landscape is flatter than the model's own."
            ),
            "uniform": mark(
                "At T ∞, β is 0 and no difference is left: without filters every token is "
                "equally probable, {first} too with {first_now}."
            ),
            "alone": mark("Here only {first} is possible, at any T."),
        },
        caption=mark("Filled: at T {t}, before penalties and filters. Tick: the model's own, T 1."),
        turns=True,
    ),
    "limits": StepText(
        title=mark("Both ends: greedy and uniform"),
        paragraphs=(
            mark(
                "<b>T 0 is greedy</b>: everything goes to the largest logit, here {first}; on an "
                "exact tie, to the lowest token id. The studio takes it as it is and never "
                "divides by a tiny number."
            ),
            mark(
                "<b>T ∞ is uniform</b>: β is 0, and whatever the filters leave is equally "
                "probable, here {kept} with {each} each."
            ),
            mark("T 0 is not “the best answer”. {tie}"),
        ),
        cases={
            "all": mark("all {vocabulary} tokens"),
            "some": mark("{kept_count} of {vocabulary} tokens"),
            "near_tie": mark(
                "Here the two best logits differ by only {gap}, a <b>near-tie</b>: which "
                "of them comes first can hang on the last digits of the computer's arithmetic."
            ),
            "clear": mark(
                "It is the likeliest next token, one at a time; where the two best logits "
                "nearly tie, the last digits of the arithmetic choose. Here they are {gap} apart."
            ),
            "alone": mark("It is the likeliest next token, one at a time."),
        },
        caption=mark(
            "With your filters, in the middle at your T. At T ∞ all that are left stand level."
        ),
        turns=True,
    ),
    "low-temperature": StepText(
        title=mark("Why low T is touchy"),
        paragraphs=(
            mark(
                "What acts is β = 1/T, and β runs away as T nears 0. From T 0.2 to 0.3 it falls "
                "from 5 to 3.33; from T 2 to 2.1 only from 0.5 to 0.48. The same step of 0.1, "
                "and 70 times the change in β."
            ),
            "{effect}",
            mark(
                "{steepest}Near-ties are the sharpest edge: multiplied by a large β, a difference "
                "in a logit's last digits decides."
            ),
        ),
        cases={
            "greedy": mark("You are at T 0, where β is infinite: any step up is a jump in β."),
            "uniform": mark("You are at T ∞, where β is 0: there is nowhere further to go."),
            "between": mark(
                "At your T {t}, a step of 0.1 takes β from {beta} to {next_beta}, and "
                "{first} from {first_now} to {first_next}."
            ),
            "steepest": mark(
                "Here such a step moves the favourite most from T {steepest_t} to "
                "{steepest_next}: from {steepest_p} to {steepest_next_p}. "
            ),
            "alone": "",
        },
        caption=mark(
            "Above: β against T. Below, the favourite: tick before the step, filled after."
        ),
        turns=True,
    ),
    "filters": StepText(
        title=mark("Filters, and who comes first"),
        paragraphs=(
            mark(
                "{filters} What a filter cuts depends on what it sees: before temperature the "
                "model's own distribution (T 1), after temperature the one at your T."
            ),
            mark(
                "{effect} At T 100: {last_at_100} with temperature last, {first_at_100} with "
                "temperature first."
            ),
            mark(
                "Temperature last: the same tokens pass at every T, and T only shares out what is "
                "left. That is why even T 100 can read coherent. {order}"
            ),
        ),
        cases={
            "yours": mark("A <b>filter</b> cuts improbable tokens. Yours: {filter_names}."),
            "tried": mark(
                "A <b>filter</b> cuts improbable tokens. None of yours is on, so this page "
                "tries {filter_names}."
            ),
            "counts": mark(
                "At your T {t}, {last_now} pass with temperature last and {first_now} with "
                "temperature first."
            ),
            "greedy": mark("At T 0 the favourite alone is left, whichever comes first."),
            "first": mark("Yours runs first."),
            "last": mark("Yours runs last."),
            "between": mark("Yours runs between two filters."),
            "off": mark("Yours is switched off."),
        },
        caption=mark(
            "Filled: will be used at T {t}. Tick: the model's own, T 1. Cut: by the filters."
            "{left_out}"
        ),
        turns=True,
    ),
    "whole-text": StepText(
        title=mark("A text's T is not a token's T"),
        paragraphs=(
            mark(
                "T acts on one token at a time, whatever may follow behind it. A <b>whole text</b> "
                "at T is something else: each text's probability to the power β, shared out among "
                "all texts."
            ),
            mark(
                "By hand, with three texts of three tokens: “{sea}” has 0.4, “{wind}” and "
                "“{storm}” have 0.6&nbsp;×&nbsp;0.5&nbsp;=&nbsp;0.3 each. At T 0.5, β is 2."
            ),
            mark(
                "<b>Token by token</b>, the first words are 0.4²&nbsp;:&nbsp;0.6² = "
                "0.16&nbsp;:&nbsp;0.36, and the second choice is even: {sea_tokens}, "
                "{wind_tokens}, {wind_tokens}.<br>"
                "<b>As a whole</b>, 0.4²&nbsp;:&nbsp;0.3²&nbsp;:&nbsp;0.3² = "
                "0.16&nbsp;:&nbsp;0.09&nbsp;:&nbsp;0.09, which gives {sea_whole}, {wind_whole}, "
                "{wind_whole}."
            ),
            mark(
                "{effect} A whole text takes many evaluations of the model, so tokens are what is "
                "drawn; on the command line “generate --text-temperature” draws short texts whole."
            ),
        ),
        cases={
            "greedy": mark(
                "At T 0, token by token begins with the likelier word and never finds the "
                "likeliest text; as a whole that text is all there is."
            ),
            "own": mark("At T 1 both are the same. Turn T and watch."),
            "other": mark(
                "At your T {t}, “{sea}” has {sea_tokens_now} token by token and {sea_whole_now} "
                "as a whole."
            ),
        },
        caption=mark("Filled: the three texts at T {t}. Tick: their own probabilities, T 1."),
        turns=True,
        is_of_place=False,
    ),
    "tasks": StepText(
        title=mark("Which T for which task"),
        paragraphs=(
            mark(
                "There is no universal best temperature: it is tuned to the task, by trying and "
                "comparing. The presets are places to start from."
            ),
            "{presets}",
        ),
        cases={
            "code": mark(", near zero: syntax and consistency matter; creativity is a bug"),
            "creative_writing": mark(", high: unexpected turns, vocabulary, no clichés"),
            "customer_support": mark(", moderate: helpful, varied, never incoherent or rigid"),
            "data_augmentation": mark(", high, many samples: wider variety of sentence structure"),
        },
        caption=mark(
            "Effective choices here, e^entropy, on a log scale. Filled: with the preset's "
            "T and filters. Tick: its T alone."
        ),
    ),
}

LEFT_OUT = mark(" Penalties, biases, XTC, dynamic temperature and Mirostat are left out.")
"""Added to a caption where some of these are on."""

EXAMPLE = mark(
    "Example: “{before}”, recorded from {model}. Open a model and write a sentence to see your own."
)
OWN = mark("The numbers are those at your caret.")
HELD = mark("Held where writing began; follows the caret again when it ends.")
