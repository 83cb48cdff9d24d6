"""What the model was about to say: the next-token distribution at one place, ready to be shown.

A `NextToken` holds the sketch of one distribution and the parameters in force, and computes what a
view asks for, when it asks. Turning T or a filter needs no model: everything is computed from the
sketch. It does not know widgets, nor where the sketch came from (a look-ahead at the caret, or a
token being written).
"""

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.sampling import LogitSketch, SamplingParams, ShapedTop
from studio.ui.retempered import Retempered
from studio.ui.sampling_order import unfiltered
from studio.ui.token_answer import AskedToken
from studio.ui.token_details import TokenDetails
from studio.ui.token_rows import Tail, TokenRow
from studio.ui.token_text import TokenText, token_text

NOTHING_KNOWN = "Open a model to see what it would say next."

_NEUTRAL = SamplingParams()


class _Shape(NamedTuple):
    """What the parameters in force make of the sketch; lists aligned with `top.ids`."""

    top: ShapedTop
    ids: list[int]
    probabilities: list[float]
    uncut: list[float]
    ghosts: list[float]


class NextToken(QObject):
    """The next-token distribution at one place, under the parameters in force.

    Args:
        params: The parameters to shape it with, until `set_params` brings others.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Rows, tail, entropy or the reason for their absence may be others now."""

    def __init__(self, params: SamplingParams, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._params = params
        self._sketch: LogitSketch | None = None
        self._history: Sequence[int] = ()
        self._chosen: int | None = None
        self._reason = NOTHING_KNOWN
        self._vocabulary: Hashable = None
        self._vocabularies: dict[Hashable, tuple[dict[int, bytes], set[int]]] = {}
        """What is known of those that are not in use."""
        self._pieces: dict[int, bytes] = {}
        self._control: set[int] = set()
        self._texts: dict[int, TokenText] = {}
        self._model_own: ShapedTop | None = None
        self._shape: _Shape | None = None
        self._retempered: Retempered | None = None

    # -- what is known -----------------------------------------------------------------------

    def show(
        self, sketch: LogitSketch, history: Sequence[int] = (), chosen: int | None = None
    ) -> None:
        """Show another distribution.

        Args:
            sketch: The logits, as the model gave them.
            history: The tokens before it, oldest first, which the penalties look at.
            chosen: The token that was drawn from it, if one was.
        """
        self._sketch = sketch
        self._history = history
        self._chosen = chosen
        self._model_own = None
        self._shape = None
        self._retempered = None
        self.changed.emit()

    def add_pieces(self, pieces: Mapping[int, bytes], control: Collection[int] = ()) -> None:
        """Learn the bytes of tokens of the vocabulary in use: see `use_vocabulary`.

        Args:
            pieces: Bytes by token id; for a control token its name.
            control: Which ids are control tokens.
        """
        self._pieces.update(pieces)
        self._control.update(control)
        for token in (*pieces, *control):
            self._texts.pop(token, None)
        if self._sketch is not None:
            self.changed.emit()

    def share_pieces(self, other: "NextToken") -> None:
        """Know the bytes that `other` knows, and whatever it learns or forgets from now on."""
        self._pieces, self._control = other._pieces, other._control
        self._texts = other._texts

    @property
    def pieces(self) -> dict[int, bytes]:
        """The bytes that are known, by token id; a copy."""
        return dict(self._pieces)

    def learn_from(self, other: "NextToken") -> None:
        """Know the bytes that `other` knows now; see `share_pieces` for what it learns later."""
        self.add_pieces(other._pieces, other._control)

    def use_vocabulary(self, name: Hashable) -> None:
        """Take token ids for those of another vocabulary; what is known of this one is kept."""
        if name == self._vocabulary:
            return
        self._vocabularies[self._vocabulary] = dict(self._pieces), set(self._control)
        self._vocabulary = name
        pieces, control = self._vocabularies.get(name, ({}, set()))
        # In place: others may share them.
        for known in (self._pieces, self._control, self._texts):
            known.clear()
        self._pieces.update(pieces)
        self._control.update(control)

    def set_params(self, params: SamplingParams) -> None:
        """Shape the distribution with other parameters; asks no model."""
        if params == self._params:
            return
        turned = msgspec.structs.replace(self._params, temperature=params.temperature)
        if params != turned:
            self._retempered = None
        self._params = params
        self._shape = None
        if self._sketch is not None:
            self.changed.emit()

    def clear(self, reason: str) -> None:
        """Show nothing, and say why and what to do."""
        self._sketch = None
        self._history = ()
        self._chosen = None
        self._model_own = None
        self._shape = None
        self._retempered = None
        self._reason = reason
        self.changed.emit()

    # -- what a view asks --------------------------------------------------------------------

    @property
    def reason(self) -> str | None:
        """Why there is nothing to show; None where there is something."""
        return self._reason if self._sketch is None else None

    @property
    def sketch(self) -> LogitSketch | None:
        """The distribution itself, if there is one."""
        return self._sketch

    @property
    def history(self) -> Sequence[int]:
        """The tokens before it, which the penalties look at."""
        return self._history

    @property
    def is_written(self) -> bool:
        """Whether a token was drawn from it: then the next one is near, the model is writing."""
        return self._chosen is not None

    @property
    def entropy(self) -> float | None:
        """Entropy in nats of the distribution the sampler draws from; None if there is none."""
        shape = self._shaped()
        # Sums of p ln p leave a negative zero where one token has it all.
        return None if shape is None else max(0.0, shape.top.entropy)

    @property
    def entropy_bits(self) -> float | None:
        """`entropy` in bits."""
        entropy = self.entropy
        return None if entropy is None else entropy / math.log(2)

    @property
    def effective_choices(self) -> float | None:
        """exp(`entropy`): a fair choice among so many tokens would be as uncertain."""
        entropy = self.entropy
        return None if entropy is None else math.exp(entropy)

    @property
    def top_probability(self) -> float | None:
        """With what probability the sampler draws the favourite; None if there is none."""
        shape = self._shaped()
        return None if shape is None else float(shape.top.probabilities.max())

    @property
    def sensitivity(self) -> float | None:
        """dH/dlnT in nats of what the sampler draws from; None if there is nothing."""
        shape, retempered = self._shaped(), self.retempered
        if shape is None or retempered is None:
            return None
        return retempered.sensitivity(self._params.temperature, shape.top)

    @property
    def retempered(self) -> Retempered | None:
        """The distribution at every T; None if there is none.

        The same object as long as nothing but T changes.
        """
        if self._retempered is None and self._sketch is not None:
            self._retempered = Retempered(
                self._sketch, self._params, self._history, in_a_hurry=self.is_written
            )
        return self._retempered

    def rows(self, count: int) -> list[TokenRow]:
        """The first `count` tokens of the current ranking, favourite first; fewer if there are.

        The token that was drawn is always among them if the sketch knows it one by one: where its
        rank is lower it takes the last row.
        """
        shape = self._shaped()
        if shape is None or count <= 0:
            return []
        places = list(range(min(count, len(shape.ids))))
        chosen = self._chosen_place(shape)
        if chosen is not None and chosen >= count:
            places[-1] = chosen
        return [self._row(shape, place) for place in places]

    def details(self, token: int) -> TokenDetails | None:
        """All that is known of one token; None where the sketch does not know it by itself."""
        shape, sketch = self._shaped(), self._sketch
        if shape is None or sketch is None or token not in shape.ids:
            return None
        row = self._row(shape, shape.ids.index(token))
        rank = int((sketch.ids == token).argmax())
        assert self.retempered is not None, "there is a sketch"
        return TokenDetails(
            row=row,
            rank=rank + 1,
            logit=float(sketch.logits[rank]),
            temperature=self._params.temperature,
            subject=self.retempered.subject(token),
        )

    def asked(self, token: int) -> AskedToken | None:
        """A token as it is now, to be asked about while time goes on; None as for `details`."""
        details = self.details(token)
        if details is None or self._sketch is None:
            return None
        return AskedToken(details, self._sketch, self._params, tuple(self._history))

    def tail(self, rows: Sequence[TokenRow]) -> Tail | None:
        """Everything but `rows`; None if nothing is known."""
        shape = self._shaped()
        if shape is None or self._sketch is None:
            return None
        # What is left is the head of the ranking, and so are the rows but for a chosen token.
        shown = sum(row.probability > 0 for row in rows)
        kept = max(0, shape.top.kept - shown)
        chosen_is_here = self._chosen is not None and not any(row.chosen for row in rows)
        return Tail(
            tokens=self._sketch.vocabulary_size - len(rows),
            kept=kept,
            # The rows' sum leaves rounding errors of either sign.
            probability=max(0.0, 1.0 - sum(row.probability for row in rows)) if kept else 0.0,
            chosen=self.text(self._chosen) if chosen_is_here and self._chosen is not None else None,
        )

    def text(self, token: int) -> TokenText:
        """How a token is shown; by its number while its bytes are not known."""
        text = self._texts.get(token)
        if text is None:
            text = token_text(self._pieces.get(token), token, control=token in self._control)
            self._texts[token] = text
        return text

    # -- computation -------------------------------------------------------------------------

    def _shaped(self) -> _Shape | None:
        if self._shape is None and self._sketch is not None:
            top = self._sketch.shaped(self._params, self._history)
            uncut = top
            if top.kept < self._sketch.vocabulary_size:
                uncut = self._sketch.shaped(unfiltered(self._params), self._history)
            if self._model_own is None:
                self._model_own = self._sketch.shaped(_NEUTRAL)
            self._shape = _Shape(
                top,
                top.ids.tolist(),
                top.probabilities.tolist(),
                _aligned(uncut, top),
                _aligned(self._model_own, top),
            )
        return self._shape

    def _row(self, shape: _Shape, place: int) -> TokenRow:
        _, ids, probabilities, uncut, ghosts = shape
        token, probability = ids[place], probabilities[place]
        return TokenRow(
            token,
            self.text(token),
            probability,
            ghosts[place],
            uncut[place],
            # At T 0 nothing but the favourite has a probability, filters or not.
            cut=probability == 0 and uncut[place] > 0,
            chosen=token == self._chosen,
        )

    def _chosen_place(self, shape: _Shape) -> int | None:
        if self._chosen is None or self._chosen not in shape.ids:
            return None
        return shape.ids.index(self._chosen)


def _aligned(shaped: ShapedTop, other: ShapedTop) -> list[float]:
    """The probabilities of `shaped` in the order of `other`, which penalties may have changed."""
    probabilities: list[float] = shaped.probabilities.tolist()
    if shaped is other or np.array_equal(shaped.ids, other.ids):
        return probabilities
    by_id = dict(zip(shaped.ids.tolist(), probabilities, strict=True))
    return [by_id[token] for token in other.ids.tolist()]
