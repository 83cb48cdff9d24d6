"""Command-line options that several commands share."""

import argparse
from collections.abc import Callable
from pathlib import Path

from studio.engine.model_files.starter_model import find_starter_model
from studio.sampling.params import KNOWN_SAMPLERS, SAMPLER_ALIASES
from studio.sampling.word_bias import CASINGS, WordBias
from studio.suggestion import did_you_mean

_SAMPLING: dict[str, tuple[Callable[[str], object], str]] = {
    "temperature": (float, "0 (greedy) to inf (uniform)"),
    "dynatemp_range": (float, "let T move this far either way with the entropy; 0 = off"),
    "dynatemp_exponent": (float, "how T moves with the entropy; 1 = evenly"),
    "top_k": (int, "keep the k most likely tokens; 0 = off"),
    "top_p": (float, "keep the most likely tokens that sum to p; 1 = off"),
    "min_p": (float, "keep tokens at least this fraction of the favourite's probability; 0 = off"),
    "typical_p": (float, "keep the tokens nearest the expected surprise that sum to p; 1 = off"),
    "top_n_sigma": (float, "keep logits at most n standard deviations below the best; -1 = off"),
    "xtc_probability": (float, "how often to exclude the top choices; 0 = off"),
    "xtc_threshold": (float, "the probability that makes a top choice; above 0.5 = off"),
    "min_keep": (int, "tokens that filters leave at least"),
    "repeat_penalty": (float, "weaken tokens that were used lately; 1 = off"),
    "repeat_last_n": (int, "how many tokens are lately; 0 = off, -1 = all"),
    "frequency_penalty": (float, "weaken such a token for each time it was used; 0 = off"),
    "presence_penalty": (float, "weaken such a token once; 0 = off"),
    "dry_multiplier": (float, "weaken what would continue a repetition; 0 = off"),
    "dry_base": (float, "so much more for each token it is longer"),
    "dry_allowed_length": (int, "the longest repetition that is free"),
    "dry_penalty_last_n": (int, "how many tokens are searched for it; 0 = off, -1 = all"),
    "mirostat": (int, "1 or 2: steer the surprise instead of filtering; 0 = off"),
    "mirostat_tau": (float, "the surprise to aim at, in bits"),
    "mirostat_eta": (float, "how fast to get there"),
    "seed": (int, "0 to 4294967295; -1 = a new one each time"),
}

_NO_BREAKERS = "none"
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r"}


def add_sampling_arguments(parser: argparse.ArgumentParser, without: str = "") -> None:
    """Add `--temperature`, `--top-k` and their kin, absent by default; one may be left out."""
    group = parser.add_argument_group("sampling")
    for field, (kind, help_text) in _SAMPLING.items():
        if field == without:
            continue
        options = [f"--{field.replace('_', '-')}"]
        if field == "seed":
            options.insert(0, "-s")  # llama.cpp's own, as -m, -p, -f, -n, -c, -t and -ngl are
        group.add_argument(*options, dest=field, metavar="X", type=kind, help=help_text)
    group.add_argument(
        "--dry-sequence-breaker",
        dest="dry_sequence_breakers",
        metavar="TEXT",
        action="append",
        type=unescaped,
        help="no repetition is followed over it; once for each, \\n is a newline, none for none "
        '(default: newline, colon, ", *)',
    )
    group.add_argument(
        "--logit-bias",
        metavar="ID=BIAS",
        action="append",
        type=_bias,
        help="add BIAS to the logit of token ID, -inf to ban it; once for each",
    )
    group.add_argument(
        "--word-bias",
        dest="word_biases",
        metavar="TEXT=BIAS",
        action="append",
        type=_word,
        help="the same for a word or phrase in any model, with a space before it or without, not "
        "inside of longer words: the=-inf bans it; once for each",
    )
    group.add_argument(
        "--word-bias-any-case",
        dest="word_biases",
        metavar="TEXT=BIAS",
        action="append",
        type=_word_in_any_case,
        help="the same, and for the word in lower case, Capitalised and UPPER CASE",
    )
    group.add_argument(
        "--samplers",
        metavar="A;B;C",
        type=_samplers,
        help="which samplers run, in which order; a filter before temperature sees T 1, one "
        "after it sees T",
    )


def sampling_overrides(given: argparse.Namespace) -> dict[str, object]:
    """Those sampling options that were given, by the names of `SamplingParams`."""
    fields = (*_SAMPLING, "dry_sequence_breakers", "logit_bias", "word_biases", "samplers")
    values = {field: getattr(given, field, None) for field in fields}
    found = {field: value for field, value in values.items() if value is not None}
    if "logit_bias" in found:  # of the model at hand, whatever a preset's were for
        found["logit_bias_vocabulary"] = ""
    if found.get("dry_sequence_breakers") == [_NO_BREAKERS]:
        found["dry_sequence_breakers"] = ()
    return found


def unescaped(text: str) -> str:
    """`text` with the newlines and tabs that were typed with backslashes."""
    for written, meant in _ESCAPES.items():
        text = text.replace(written, meant)
    return text


def _samplers(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(";") if name.strip())
    for name in names:
        if name not in KNOWN_SAMPLERS and name not in SAMPLER_ALIASES:
            raise argparse.ArgumentTypeError(
                f"there is no sampler {name!r}.{did_you_mean(name, KNOWN_SAMPLERS)} There are: "
                f"{', '.join(KNOWN_SAMPLERS)}"
            )
    return names


def _bias(text: str) -> tuple[int, float]:
    token, equals, bias = text.partition("=")
    try:
        if equals:
            return int(token), float(bias)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(
        f"found {text!r}; allowed is a token id, =, and a number, such as 198=-inf"
    )


def _word(text: str, casings: tuple[str, ...] = ()) -> WordBias:
    word, equals, bias = text.rpartition("=")
    try:
        if equals and word:
            return WordBias(unescaped(word), float(bias), casings)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(
        f"found {text!r}; allowed is a word, =, and a number, such as the=-inf"
    )


def _word_in_any_case(text: str) -> WordBias:
    return _word(text, CASINGS)


def model_path(given: argparse.Namespace) -> Path:
    """The model asked for, or the starter model.

    Raises:
        SystemExit: neither is there; says how to get one.
    """
    if given.model is not None:
        return Path(given.model)
    starter = find_starter_model()
    if starter is None:
        raise SystemExit(
            "studio: no model. Give one with --model FILE (a .gguf file), or install the starter "
            "model with “python3 packaging/bootstrap.py run”."
        )
    return starter
