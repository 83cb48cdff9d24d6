"""Command-line options that several commands share."""

import argparse
from pathlib import Path

from studio.engine.model_files.starter_model import find_starter_model
from studio.sampling.facts import Number
from studio.sampling.params import DEFAULT_SAMPLERS, NUMBERS, SAMPLER_ALIASES
from studio.sampling.word_bias import CASINGS, WordBias
from studio.suggestion import did_you_mean

_NO_BREAKERS = "none"
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r"}


def add_sampling_arguments(parser: argparse.ArgumentParser, without: str = "") -> None:
    """Add `--temperature`, `--top-k` and their kin, absent by default; one may be left out.

    Args:
        parser: Gets the options.
        without: The parameter that is left out.
    """
    group = parser.add_argument_group("sampling")
    for field, number in NUMBERS.items():
        if field == without:
            continue
        options = [option for option in (number.short_flag, number.flag) if option]
        group.add_argument(
            *options,
            dest=field,
            metavar="X",
            type=int if number.is_whole else float,
            help=_help(number),
        )
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


def _help(number: Number) -> str:
    words = f" {number.meanings}." if number.words else ""
    return f"{number.help}{words}".replace("%", "%%")


def sampling_overrides(given: argparse.Namespace) -> dict[str, object]:
    """Those sampling options that were given, by the names of `SamplingParams`."""
    fields = (*NUMBERS, "dry_sequence_breakers", "logit_bias", "word_biases", "samplers")
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
        if name not in DEFAULT_SAMPLERS and name not in SAMPLER_ALIASES:
            raise argparse.ArgumentTypeError(
                f"there is no sampler {name!r}.{did_you_mean(name, DEFAULT_SAMPLERS)} There are: "
                f"{', '.join(DEFAULT_SAMPLERS)}"
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
