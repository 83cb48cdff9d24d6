"""Heat: which measure tints the manuscript, and how strongly each token is tinted now.

A token's sketch is unpacked when its tint is first asked for, which is when it comes into view:
while heat is off nothing is computed, and of a long manuscript only what is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from studio.app.heat.flip_temperatures import (
    NO_FLIP_TEMPERATURES,
    FlipTemperatures,
    flip_temperatures_of,
    joined,
)
from studio.app.heat.measure import SCALES, HeatMeasure, HeatScale
from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.foreign_biases import foreign_bias_words
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.sampler_notes import flip_notes
from studio.manuscript import OwnSampling, TokenSpan
from studio.sampling import LogitSketch, SamplingParams, SketchStack
from studio.sampling.sketches.sketch_stack import Temperature
from studio.token_record import TokenRecord
from studio.translation import mark, tr

if TYPE_CHECKING:
    from studio.app.heat.bounds import HeatBounds

_TWO_TONES = mark(
    "A token of two tones is known between bounds: the server sent the likeliest tokens alone. "
    "Below is the least, above the most that it can be."
)

LEVELS = 24
"""How many tints there are, besides no tint."""

NO_TINT = -1

_MOST_KEPT = 4000
"""Tokens whose sketches stay unpacked; each takes some 2 KiB."""


class HeatState(QObject):
    """The measure in force and its values at the temperature in force.

    Args:
        sampling: Whose temperature and filters count.
        vocabulary: Knows DRY's sequence breakers.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Tints may have changed. Not emitted while heat is off."""

    measure_changed = Signal(object)
    """The new `HeatMeasure`."""

    scale_changed = Signal()
    """`scale` has changed; may be emitted while tints are asked for, in the middle of painting."""

    notes_changed = Signal()
    """`notes` have changed; may be emitted while tints are asked for, in the middle of painting."""

    def __init__(
        self, sampling: SamplingState, vocabulary: NextToken, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._vocabulary = vocabulary
        self._sampling = sampling
        self._params = sampling.whole
        self._measure = HeatMeasure.OFF
        self._stack = SketchStack()
        # A record is known by its identity, and kept so that no other can take that over.
        self._rows: dict[int, int] = {}
        self._records: list[TokenRecord] = []
        self._owns: list[OwnSampling | None] = []
        """What each has in place of the parameters in force, where it stands."""
        self._vocabulary_size = 0
        self._flips = NO_FLIP_TEMPERATURES
        self._notes: tuple[str, ...] = ()
        self._asked: tuple[Sequence[TokenRecord], NDArray[np.intp]] = ((), np.zeros(0, np.intp))
        """The records asked about last and their rows: usually the same ones, those in view."""
        self._scale: HeatScale | None = None
        self._fitted_to = 0
        self._tints: NDArray[np.int64] | None = None
        self._turned: NDArray[np.bool_] | None = None
        self._bounds: HeatBounds | None = None
        """Of those tokens of which the likeliest alternatives alone are known; None for none."""
        self._bands: NDArray[np.int64] | None = None
        self._flip_ends: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        sampling.changed.connect(self._follow)
        sampling.params_changed.connect(self._on_moved)
        vocabulary.texts_known.connect(self._follow_texts)

    @property
    def measure(self) -> HeatMeasure:
        """What tokens are tinted by."""
        return self._measure

    @property
    def is_on(self) -> bool:
        """Whether tokens are tinted at all."""
        return self._measure is not HeatMeasure.OFF

    @property
    def scale(self) -> HeatScale:
        """The scale of the measure, fitted to the tokens that were shown since it was chosen."""
        return self._scale or SCALES[self._measure]

    @property
    def temperature(self) -> float:
        """The temperature in force at the caret."""
        return self._sampling.params.temperature

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences to show beside the scale: where the tints are approximate, and why."""
        return self._notes

    def set_measure(self, measure: HeatMeasure) -> None:
        """Set what the text is tinted by; `OFF` for no tint."""
        if measure is self._measure:
            return
        self._measure = measure
        self._scale, self._fitted_to = None, 0
        self._forget_values()
        if measure is HeatMeasure.OFF:
            self._forget_tokens()
        self._emit_notes()
        self.measure_changed.emit(measure)

    def forget_text(self) -> None:
        """Fit the scale from the beginning, for another text."""
        self._forget_tokens()
        self._scale, self._fitted_to = None, 0
        if self.is_on:
            self.scale_changed.emit()
            self.changed.emit()

    def tints(
        self, records: Sequence[TokenRecord], spans: Sequence[TokenSpan] = ()
    ) -> NDArray[np.int64]:
        """Return `(n,)` the tint of each token now, 0 to `LEVELS` − 1, or `NO_TINT`.

        A token without the measure (the blame of a favourite) and one whose sketch cannot be read
        have no tint.

        Args:
            records: The tokens. Do not change this object: it is recognised when it comes again.
            spans: Where they stand, in order; empty where no part of the text has parameters of its
                own.
        """
        rows = self._rows_of(records)
        self._follow_owns(rows, self._sampling.owns(spans))
        if self._tints is None:
            self._tints = self._all_tints()
        return self._tints[rows]

    def bands(self, records: Sequence[TokenRecord]) -> NDArray[np.int64] | None:
        """Return `(n, 2)` the least and the most that each tint can be; None where all are known.

        Args:
            records: As they were given to `tints`.
        """
        if self._bounds is None or self._measure is HeatMeasure.RANK:
            return None
        if self._bands is None:
            self._bands = np.repeat(self._all_tints()[:, np.newaxis], 2, axis=1)
            rows = self._bounds.rows
            self._bands[rows] = np.sort(
                np.stack([self._tints_of(end) for end in self._ends_of_values()], axis=1)
            )
        return self._bands[self._rows_of(records)]

    def _ends_of_values(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The measure of the tokens that are known between bounds, at one end and the other."""
        assert self._bounds is not None, "there are some"
        if self._measure is not HeatMeasure.BLAME:
            return self._bounds.values(self._measure, self._temperatures())
        if self._flip_ends is None:
            first, second = (self._fresh_flips(0, end).values for end in (0, 1))
            self._flip_ends = first, second
        rows = self._bounds.rows
        return self._flip_ends[0][rows], self._flip_ends[1][rows]

    def turned(self, records: Sequence[TokenRecord]) -> NDArray[np.bool_]:
        """Return `(n,)` whether the same draw would choose the favourite at the temperature now.

        It is computed for blame alone; with another measure it is False everywhere.
        """
        rows = self._rows_of(records)
        if self._measure is not HeatMeasure.BLAME:
            return np.zeros(len(rows), dtype=bool)
        if self._turned is None:
            with np.errstate(invalid="ignore"):
                self._turned = self._all_flips() >= self._temperatures()
                if self._bounds is not None:
                    # Only where it is decided.
                    bounded, at = self._bounds.rows, self._temperatures()
                    at = at[bounded] if isinstance(at, np.ndarray) else at
                    self._turned[bounded] = np.minimum(*self._ends_of_values()) >= at
        return self._turned[rows]

    def _all_tints(self) -> NDArray[np.int64]:
        self._fit()
        return self._tints_of(self._values(self._temperatures()))

    def _tints_of(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        with np.errstate(invalid="ignore"):
            places = self.scale.place(values)
        tints = np.full(len(places), NO_TINT)
        has = ~np.isnan(places)
        tints[has] = np.minimum((places[has] * LEVELS).astype(np.int64), LEVELS - 1)
        return tints

    def _fit(self) -> None:
        """Fit the scale to the new tokens; at T 1, so that it does not hide what turning T does."""
        if len(self._records) <= self._fitted_to:
            return  # of a long text, what was out of view has been forgotten: the scale stays
        self._fitted_to = len(self._records)
        if not SCALES[self._measure].ends:
            return
        with np.errstate(invalid="ignore"):
            scale = SCALES[self._measure].fitted(self._values(1.0))
        if scale != self.scale:
            self._scale = scale
            self.scale_changed.emit()

    def _follow_owns(self, rows: NDArray[np.intp], owns: Sequence[OwnSampling | None]) -> None:
        """Take in what tokens have of their own where they stand now."""
        if not (owns or any(self._owns)):
            return
        for row, own in zip(rows.tolist(), owns or [None] * len(rows), strict=True):
            former = self._owns[row]
            if own != former:
                self._owns[row] = own
                self._tints = self._turned = self._bands = None
                if _params_of(own) != _params_of(former):
                    self._flips, self._flip_ends = NO_FLIP_TEMPERATURES, None

    def _temperatures(self) -> Temperature:
        """The temperature of each row, or of all."""
        temperature = self._params.temperature
        if not any(self._owns):
            return temperature
        return np.array([own.temperature if own else temperature for own in self._owns])

    def _values(self, temperature: Temperature) -> NDArray[np.float64]:
        stack = self._stack
        match self._measure:
            case HeatMeasure.SURPRISE:
                return stack.surprise(temperature)
            case HeatMeasure.ENTROPY:
                # A sketch that could not be read has no rank, and no entropy worth the name.
                bits = stack.entropy(temperature) / math.log(2.0)
                return np.where(stack.rank < 0, math.nan, bits)
            case HeatMeasure.RANK:
                return np.where(stack.rank < 0, math.nan, stack.rank + 1.0)
            case _:
                return self._all_flips()

    def _all_flips(self) -> NDArray[np.float64]:
        """The flip temperature of every row; those known from the last time are kept."""
        known = len(self._flips.values)
        if known < len(self._records):
            self._flips = joined(self._flips, self._fresh_flips(known))
            self._emit_notes()
        return self._flips.values

    def _fresh_flips(self, known: int, end: int | None = None) -> FlipTemperatures:
        records, vocabulary = self._records[known:], self._vocabulary
        params = [_params_of(own) or self._params for own in self._owns[known:]]
        different = set(params)
        if len(different) == 1:
            stack = None if known or end is not None else self._stack
            return flip_temperatures_of(records, params[0], vocabulary, stack, end)
        values = np.zeros(len(records))
        sees_all, banned = True, 0
        for one in different:
            rows = [row for row, used in enumerate(params) if used == one]
            some = [records[row] for row in rows]
            part = flip_temperatures_of(some, one, vocabulary, end=end)
            values[rows] = part.values
            sees_all, banned = sees_all and part.sees_all, banned + part.banned
        return FlipTemperatures(values, sees_all, banned)

    def _emit_notes(self) -> None:
        notes: tuple[str, ...] = ()
        size = self._vocabulary_size
        foreign = foreign_bias_words(self._params, size, self._vocabulary.mark) if size else ""
        if self._measure is HeatMeasure.BLAME and foreign:
            notes = (tr("No blame: {why}", why=f"{foreign[0].lower()}{foreign[1:]}"),)
        elif self._measure is HeatMeasure.BLAME:
            notes = flip_notes(
                self._params,
                texts_known=self._vocabulary.knows_texts(self._params),
                history_known=self._flips.sees_all,
                banned=self._flips.banned,
            )
        if self._bounds is not None and self.is_on and self._measure is not HeatMeasure.RANK:
            notes = (*notes, tr(_TWO_TONES))
        if notes != self._notes:
            self._notes = notes
            self.notes_changed.emit()

    def _rows_of(self, records: Sequence[TokenRecord]) -> NDArray[np.intp]:
        if records is self._asked[0]:
            return self._asked[1]
        new = sum(id(record) not in self._rows for record in records)
        if len(self._records) + new > max(_MOST_KEPT, 2 * len(records)):
            self._forget_tokens()
            new = len(records)
        if new:
            for record in records:
                if id(record) not in self._rows:
                    self._append(record)
            self._flip_ends = None
            self._tints = self._turned = self._bands = None
        rows = np.array([self._rows[id(record)] for record in records], dtype=np.intp)
        self._asked = records, rows
        return rows

    def _append(self, record: TokenRecord) -> None:
        self._rows[id(record)] = len(self._records)
        self._records.append(record)
        self._owns.append(None)
        sketch = self._vocabulary.sketches.put(record, self._stack)
        if sketch is not None:
            self._vocabulary_size = sketch.vocabulary_size
            if sketch.is_truncated:
                self._append_bounds(sketch, record.id)

    def _append_bounds(self, sketch: LogitSketch, token: int) -> None:
        if self._bounds is None:
            from studio.app.heat.bounds import HeatBounds  # few documents need them

            self._bounds = HeatBounds()
            self._emit_notes()
        self._bounds.append(len(self._records) - 1, sketch, token)

    def _follow(self) -> None:
        params = self._sampling.whole
        filters_too = params != msgspec.structs.replace(
            self._params, temperature=params.temperature
        )
        self._params = params
        if not self.is_on:
            return
        if filters_too:
            self._forget_values()
            self._emit_notes()
        elif self._measure is HeatMeasure.RANK:
            return  # the same at every T
        self._tints = self._turned = self._bands = None
        self.changed.emit()

    def _on_moved(self) -> None:
        # Only the temperature at the caret is another.
        if self._sampling.is_moving and self.is_on:
            self.changed.emit()

    def _follow_texts(self) -> None:
        if self._measure is HeatMeasure.BLAME:
            self._forget_values()
            self._emit_notes()
            self.changed.emit()

    def _forget_values(self) -> None:
        self._tints = self._turned = self._bands = None
        self._flips, self._flip_ends = NO_FLIP_TEMPERATURES, None

    def _forget_tokens(self) -> None:
        self._stack = SketchStack()
        self._bounds = None
        self._rows.clear()
        self._records.clear()
        self._owns.clear()
        self._asked = ((), np.zeros(0, np.intp))
        self._forget_values()


def _params_of(own: OwnSampling | None) -> SamplingParams | None:
    return own.params if own else None
