"""The place that Explain speaks of: a distribution, the words before it, and whose it is.

Either the writer's own caret or the recorded example, which is a real sketch of the starter model
(`packaging/record_example.py`).
"""

import math
from collections.abc import Mapping
from functools import cached_property

import msgspec

from studio.app.tokens.text import TokenText, token_text
from studio.resource_files import resource
from studio.sampling import LogitSketch
from studio.sampling.logits.top_two_margin import MARGIN

STEP = 0.1
"""The step in T whose effect is reported."""

_LONGEST_QUOTE = 32
_QUOTED_WORDS = 5

# Where the greatest effect of a step is looked for: beyond T 3 it is small everywhere.
_STARTS = tuple(round(0.05 * index, 2) for index in range(60))


class Place(msgspec.Struct, frozen=True, eq=False, dict=True):
    """What Explain knows of one place.

    Attributes:
        sketch: The distribution, as the model gave it.
        texts: How its tokens are shown; one that is missing appears by its number.
        before: The last words before it, to be quoted; empty at the beginning of a text.
        model: The model's name; empty where it does not matter.
        is_example: Whether it is the recorded one and not the writer's.
    """

    sketch: LogitSketch
    texts: Mapping[int, TokenText]
    before: str
    model: str = ""
    is_example: bool = False

    def text(self, rank: int) -> TokenText:
        """How the token at a rank (0 is the favourite) is shown."""
        token = int(self.sketch.ids[rank])
        return self.texts.get(token) or token_text(None, token)

    @property
    def known(self) -> int:
        """How many tokens the sketch knows one by one."""
        return int(self.sketch.ids.size)

    @property
    def gap(self) -> float:
        """How far the second token's logit is below the favourite's; infinite without a second."""
        logits = self.sketch.logits
        return float(logits[0]) - float(logits[1]) if logits.size > 1 else math.inf

    @property
    def is_near_tie(self) -> bool:
        """Whether the two likeliest are closer than rounding errors may be."""
        return self.gap < MARGIN

    def favourite(self, temperature: float) -> float:
        """The favourite's probability at T, before any filter."""
        return float(self.sketch.distribution(temperature)[1][0])

    @cached_property
    def steepest(self) -> float:
        """The T from which a step of `STEP` changes the favourite's probability most."""
        return max(_STARTS, key=lambda start: self.favourite(start) - self.favourite(start + STEP))


class _Example(msgspec.Struct, frozen=True):
    """The file `resources/explain/example.json`."""

    model: str
    text: str
    sketch: bytes
    pieces: dict[str, bytes]


def example() -> Place:
    """The recorded place.

    Raises:
        FileNotFoundError: The installation is incomplete.
    """
    data = msgspec.json.decode(resource("explain", "example.json").read_bytes(), type=_Example)
    pieces = {int(token): piece for token, piece in data.pieces.items()}
    return Place(
        sketch=LogitSketch.from_bytes(data.sketch),
        texts={token: token_text(piece, token) for token, piece in pieces.items()},
        before=quoted(data.text),
        model=data.model,
        is_example=True,
    )


def quoted(text: str) -> str:
    """The last few words of `text`, with ``…`` where more stands before them, on one line."""
    # A manuscript may be long, and its end is all that is looked at.
    end = text[-4 * _LONGEST_QUOTE :]
    words = end.split()[-_QUOTED_WORDS:]
    while len(words) > 1 and len(" ".join(words)) > _LONGEST_QUOTE:
        del words[0]
    shown = " ".join(words)
    if len(shown) > _LONGEST_QUOTE:
        shown = shown[-_LONGEST_QUOTE:]
    if not shown:
        return ""
    whole = " ".join(end.split()) == shown and len(end) == len(text)
    return shown if whole else f"…{shown}"
