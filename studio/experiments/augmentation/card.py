"""The card of a data set: a README.md with a head that `datasets` reads, and the figures."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np
import yaml

from studio import __version__
from studio.atomic_write import atomic_write
from studio.experiments.augmentation.augmentation import Augmentation
from studio.experiments.augmentation.journal import Head, Verdict
from studio.experiments.augmentation.plan import Plan
from studio.experiments.augmentation.rows import Row
from studio.regular_file import read_regular_file

_MOST_BYTES = 2**20
"""Of a card."""
_MOST_TEMPERATURES = 12
"""That have a line each."""

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_WORDS: dict[Verdict, str] = {
    "duplicate": "rows marked as exact duplicates",
    "near_duplicate": "rows marked as near duplicates",
    "dropped_duplicate": "dropped: exact duplicates",
    "dropped_near_duplicate": "dropped: near duplicates",
    "empty": "dropped: empty",
    "length": "dropped for their length",
    "pattern": "dropped by a pattern",
    "slow_pattern": "dropped, as a pattern took too long",
    "schema": "dropped by the JSON schema",
    "no_room": "not written, as the prompt did not fit the context",
}
_COLUMNS = (
    ("id", "the prompt's place in its file, and the text's own number there, from 0"),
    ("text", "what the model wrote"),
    ("prompt, brief", "what it continued, and what it was given before that"),
    ("temperature, beta", "T and 1/T; null stands for infinity"),
    ("seed", "of its random draws: with the same model, prompt and settings it is written again"),
    ("preset", "whose sampling settings it has, but for T"),
    ("model, model_hash", "the model, and its file’s SHA-256"),
    ("logprob_t1", "the mean of ln p of its tokens at T 1, without filters"),
    ("logprob_t", "the same as they were drawn: at T, behind penalties and filters"),
    ("tokens, reason", "how many it has, and why it ended"),
    ("similarity", "to its nearest neighbour: the share of runs of three words, by MinHash"),
    ("duplicate", "exact or near, where such are marked"),
)


class _Figures(NamedTuple):
    """What the card counts of a row."""

    temperature: float
    tokens: int
    characters: int
    logprob_t1: float | None
    similarity: float
    has_ended: bool


class CardFigures:
    """Collects what the card says of rows, as they are written."""

    def __init__(self) -> None:
        self._rows: list[_Figures] = []

    def seen(self, rows: Iterable[Row]) -> Iterable[Row]:
        """The same rows, counted on their way."""
        for row in rows:
            self._rows.append(
                _Figures(
                    float("inf") if row.temperature is None else row.temperature,
                    row.tokens,
                    len(row.text),
                    row.logprob_t1,
                    row.similarity,
                    row.reason in ("end_of_text", "stop_string"),
                )
            )
            yield row

    def table(self) -> str:
        """A line for each temperature, or fifth of a range."""
        lines = [
            "| T | rows | tokens, mean | characters, mean | ended by themselves | ln p a token at "
            "T 1 | similarity, median |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        ]
        for name, rows in _groups(self._rows):
            known = [row.logprob_t1 for row in rows if row.logprob_t1 is not None]
            cells = (
                name,
                f"{len(rows):,}",
                f"{fmean(row.tokens for row in rows):.1f}",
                f"{fmean(row.characters for row in rows):.1f}",
                f"{100 * fmean(row.has_ended for row in rows):.0f} %",
                f"{fmean(known):.2f}" if known else "",
                f"{np.median([row.similarity for row in rows]):.2f}",
            )
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)


def card(
    head: Head, plan: Plan, file: str, made: Augmentation, figures: CardFigures, prompts: int
) -> str:
    """The card's text.

    Args:
        head: Of the journal.
        plan: What was wanted.
        file: The name of the rows' file, in the card's folder.
        made: What was written.
        figures: Of the rows.
        prompts: How many there are.
    """
    name = file.rpartition(".")[0]
    about = {
        "pretty_name": name,
        "task_categories": ["text-generation"],
        "tags": ["synthetic", "kelvin-studio"],
        "size_categories": [_size(made.rows)],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": file}]}],
    }
    yaml_head = yaml.safe_dump(about, sort_keys=False, allow_unicode=True)
    verdicts = "\n".join(
        f"- {made.verdicts[verdict]:,} {words}"
        for verdict, words in _WORDS.items()
        if made.verdicts[verdict]
    )
    short = f" {made.short:,} prompts have fewer." if made.short else ""
    settings = "\n".join(
        f"- {name}: `{_inline(value)}`" for name, value in head.identity.items() if value
    )
    columns = "\n".join(f"- `{name}`: {words}" for name, words in _COLUMNS)
    return f"""---
{yaml_head}---
{_mark(file)}

# {_heading(name)}

{made.rows:,} texts, written by {_heading(head.model.title)} with Kelvin Studio {__version__} from
{prompts:,} prompt{"s" * (prompts != 1)}, {plan.samples:,} for each.{short} All of it is a model's:
nothing in it was checked for truth.

{figures.table()}

{made.verdicts.total():,} texts were written in all, of {made.tokens:,} tokens.
{verdicts}

## Columns

{columns}

## Settings

With the same settings, prompts and model the same texts are written again, but for near-ties of
arithmetic. `{_inline(file)}.journal` has every text that was written, those that were dropped too.

{settings}
"""


def _groups(rows: list[_Figures]) -> list[tuple[str, list[_Figures]]]:
    """Rows by their temperature, or by its fifths where they have many."""
    values = sorted({row.temperature for row in rows})
    if len(values) <= _MOST_TEMPERATURES:
        borders = [(f"{value:g}", value) for value in values]
    else:
        edges = np.linspace(values[0], values[-1], 6).tolist()
        borders = [(f"{low:.2f} to {high:.2f}", high) for low, high in pairwise(edges)]
    found: list[tuple[str, list[_Figures]]] = [(name, []) for name, _ in borders]
    for row in rows:
        place = bisect_left([high for _, high in borders], row.temperature)
        found[min(place, len(found) - 1)][1].append(row)
    return [(name, group) for name, group in found if group]


def write_card(rows: Path, text: str) -> Path:
    """Write a card beside its rows, as README.md; where another's is there, under another name.

    Args:
        rows: The rows' file.
        text: The card.

    Returns:
        Where it is.

    Raises:
        OSError: The system failed.
    """
    path = rows.with_name("README.md")
    try:
        found, _ = read_regular_file(path, _MOST_BYTES)
    except FileNotFoundError:
        found = None
    except OSError:
        found = b""  # whatever it is
    if found is not None and _mark(rows.name).encode() not in found:
        path = rows.with_name(f"{rows.name}.README.md")
    atomic_write(path, text.encode())
    return path


def _mark(file: str) -> str:
    """By which the card of a file is known to be ours, which may be replaced."""
    return f"<!-- Written by Kelvin Studio with {_inline(file)}, and replaced with it. -->"


def _size(rows: int) -> str:
    return next((name for most, name in _SIZES if rows < most), "1M<n<10M")


def _inline(text: str) -> str:
    """A text that may stand between two backticks."""
    line = " ".join(text.replace("`", "'").split())
    return line if len(line) <= 300 else f"{line[:299]}…"


def _heading(text: str) -> str:
    """A name that may stand in a line of Markdown."""
    return " ".join(text.replace("<", "(").replace(">", ")").replace("`", "'").split())
