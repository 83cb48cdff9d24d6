"""Command-line options that several commands share."""

import argparse
from pathlib import Path

from studio.engine.starter_model import find_starter_model

_SAMPLING: dict[str, tuple[type, str]] = {
    "temperature": (float, "0 (greedy) to inf (uniform)"),
    "top_k": (int, "keep the k most likely tokens; 0 = off"),
    "top_p": (float, "keep the most likely tokens that sum to p; 1 = off"),
    "min_p": (float, "keep tokens at least this fraction of the favourite's probability; 0 = off"),
    "repeat_penalty": (float, "weaken tokens that were used lately; 1 = off"),
    "seed": (int, "0 to 4294967295; -1 = a new one each time"),
}


def add_sampling_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--temperature`, `--top-k` and their kin, absent by default."""
    group = parser.add_argument_group("sampling")
    for field, (kind, help_text) in _SAMPLING.items():
        group.add_argument(
            f"--{field.replace('_', '-')}", dest=field, metavar="X", type=kind, help=help_text
        )


def sampling_overrides(given: argparse.Namespace) -> dict[str, float | int]:
    """Those sampling options that were given, by the names of `SamplingParams`."""
    return {
        field: getattr(given, field) for field in _SAMPLING if getattr(given, field) is not None
    }


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
