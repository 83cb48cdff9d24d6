"""What the model may say next: the next-token distribution at one place, ready to be shown.

A `NextToken` holds the sketch of one distribution and the parameters in force, and computes what a
view asks for, when it asks. Turning T or a filter needs no model: everything is computed from the
sketch.
"""

import math
from collections.abc import Hashable, Mapping, Sequence

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.tokens.answer import AskedToken
from studio.app.tokens.details import TokenDetails
from studio.app.tokens.foreign_biases import WHERE, foreign_bias_words
from studio.app.tokens.known_vocabulary import KnownVocabulary
from studio.app.tokens.place import TokenPlace
from studio.app.tokens.retempered import Retempered
from studio.app.tokens.rows import (
    Line,
    Tail,
    TokenRow,
    lines_of,
    rank_of,
    row_of,
    rows_of,
    tail_of,
    taken_out,
)
from studio.app.tokens.sampler_notes import NEAR_TIE, Note, place_notes
from studio.app.tokens.shape import (
    Interval,
    TokenShape,
    all_banned,
    cut_by,
    own_shape,
    shape_of,
)
from studio.app.tokens.sketch_store import SketchStore
from studio.app.tokens.text import TokenText, token_text
from studio.sampling import (
    Breakers,
    LogitsError,
    LogitSketch,
    SamplerState,
    SamplingParams,
    ShapedTop,
    WordTokens,
    active_steps,
)
from studio.sampling.errors import UndecidedError
from studio.sampling.logits.top_two_margin import are_near_tie
from studio.sampling.sketches.penalties_applied import apply_penalties
from studio.sampling.word_tokens import NO_BIASES
from studio.token_record import TokenRecord, TokenSequence, placed, undrawn
from studio.translation import mark, tr

NOTHING_KNOWN = mark("Open a model to see what it would say next.")


class NextToken(QObject):
    """The next-token distribution at one place, under the parameters in force.

    Attributes:
        biases_at: Where biases of these parameters can be removed.
        sketches: The store of unpacked sketches; see `share_pieces`.

    Args:
        params: The parameters to begin with; see `set_params`.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Rows, tail, entropy or the reason for their absence may have changed."""
    texts_known = Signal()
    """What was asked for is known: sequence breakers or words as tokens, or tokens' bytes."""
    token_unspelled = Signal()
    """One more token was shown by its number: see `unspelled`. One emits it for all that share."""

    def __init__(self, params: SamplingParams, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.biases_at = tr("under {where}", where=tr(WHERE))
        self.sketches = SketchStore()
        self._params = params
        self._sketch: LogitSketch | None = None
        self._place = TokenPlace()
        self._chosen: int | None = None
        self._is_drawn = False
        self._reason = tr(NOTHING_KNOWN)
        self._vocabulary = KnownVocabulary(self._on_unspelled)
        self._model_own: ShapedTop | None = None
        self._shape: TokenShape | None = None
        self._cut_by: str | None = None
        """The only filter that cuts, once that was asked."""
        self._refusal: str | None = None
        """Why there is a sketch but no shape, once one was asked for."""
        self._retempered: Retempered | None = None

    # -- what is known -----------------------------------------------------------------------

    def show(
        self,
        sketch: LogitSketch,
        place: TokenPlace | Sequence[int] = (),
        chosen: int | None = None,
        *,
        drawn: bool = True,
    ) -> None:
        """Show another distribution.

        Args:
            sketch: The logits, as the model gave them.
            place: What is known of the place; or only the tokens before it, oldest first.
            chosen: The token that follows in the text, if there is one.
            drawn: Whether that was drawn from the distribution, rather than only read.
        """
        self._sketch = sketch
        self._place = place if isinstance(place, TokenPlace) else TokenPlace(place)
        self._chosen = chosen
        self._is_drawn = drawn and chosen is not None
        self._model_own = None
        self._forget_shape()
        self.changed.emit()

    def show_record(self, record: TokenRecord, place: TokenPlace) -> bool:
        """Show the distribution at a recorded token.

        Args:
            record: The token.
            place: What is known of its place.

        Returns:
            Whether it could be read; if not, what is shown stays.
        """
        sketch = self.sketches.of(record)
        if sketch is None:
            return False
        self.show(sketch, place, record.id, drawn=record.u is not None)
        return True

    def add_pieces(self, pieces: Mapping[int, bytes], control: Mapping[int, bool] = {}) -> None:
        """Learn the bytes of tokens of the vocabulary in use: see `use_vocabulary`.

        Args:
            pieces: Bytes by token id; for a control token its name.
            control: Of control tokens, by their ids, whether each ends a text.
        """
        self._vocabulary.add_pieces(pieces, control)
        if self._params.word_biases:
            self._forget_shape()  # where a word begins before the place may be known only now
        if self._sketch is not None:
            self.changed.emit()

    def add_spellings(self, pieces: Mapping[int, bytes]) -> None:
        """Learn the bytes of tokens that were asked for.

        Args:
            pieces: Bytes by token id.
        """
        self._vocabulary.add_pieces(pieces)
        self._on_texts_known()

    @property
    def unspelled(self) -> set[int]:
        """The tokens that were shown by their numbers, and whose bytes are still not known."""
        return self._vocabulary.unspelled

    def add_breakers(self, texts: tuple[str, ...], breakers: Breakers) -> None:
        """Learn the tokens of DRY's sequence breakers.

        Args:
            texts: The sequence breakers.
            breakers: The same as tokens.
        """
        self._vocabulary.add_breakers(texts, breakers)
        self._on_texts_known()

    def add_words(self, texts: Sequence[str], words: Sequence[WordTokens]) -> None:
        """Learn which tokens complete words or phrases.

        Args:
            texts: The words or phrases.
            words: The tokens that complete each.
        """
        self._vocabulary.add_words(texts, words)
        self._on_texts_known()

    def share_pieces(self, other: "NextToken") -> None:
        """Share with `other` all it knows of the vocabulary, now and later.

        Its store of unpacked sketches is shared too.
        """
        self._vocabulary, self.sketches = other._vocabulary, other.sketches
        other.texts_known.connect(self._on_texts_known)

    @property
    def pieces(self) -> dict[int, bytes]:
        """The bytes that are known, by token id; a copy."""
        return self._vocabulary.pieces

    def learn_from(self, other: "NextToken") -> None:
        """Learn the bytes that `other` knows now; see `share_pieces` for what it learns later."""
        self.add_pieces(other._vocabulary.pieces, other._vocabulary.control)

    def use_vocabulary(self, name: Hashable, mark: str = "") -> None:
        """Change to another vocabulary; what is known of this one is kept.

        Args:
            name: Equal for equal vocabularies; an `object()` for one that does not come again.
            mark: What `ModelReport.vocabulary` calls it; empty where that is not known.
        """
        self._vocabulary.use(name, mark)

    @property
    def mark(self) -> str:
        """What `ModelReport.vocabulary` calls the vocabulary in use; empty where unknown."""
        return self._vocabulary.mark

    def breakers(self, params: SamplingParams) -> Breakers | None:
        """DRY's sequence breakers as tokens; None while that is not known."""
        return self._vocabulary.breakers(params.dry_sequence_breakers)

    def word(self, text: str) -> WordTokens | None:
        """The tokens that complete a word; None while they are not known."""
        return self._vocabulary.word(text)

    def unknown_words(self, params: SamplingParams) -> tuple[str, ...]:
        """The texts of words with biases whose tokens are not known."""
        return self._vocabulary.unknown_words(params)

    def lacks_breakers(self, params: SamplingParams) -> bool:
        """Whether DRY is on and the tokens of its sequence breakers are not known."""
        acts = not params.mirostat and "dry" in active_steps(params)
        return acts and self.breakers(params) is None

    def knows_texts(self, params: SamplingParams) -> bool:
        """Whether the tokens of all sequence breakers and words with biases are known."""
        return not (self.lacks_breakers(params) or self.unknown_words(params))

    def state_at(self, place: TokenPlace, params: SamplingParams) -> SamplerState:
        """What samplers need besides the tokens before a place, as far as it is known.

        Args:
            place: The tokens before.
            params: The sampling parameters.
        """
        words = self._vocabulary.word_biases(params, place)
        return place.state(params, self.breakers(params), words or NO_BIASES)

    def notes_at(
        self, place: TokenPlace, params: SamplingParams, sketch: LogitSketch
    ) -> tuple[Note, ...]:
        """The notes to show beside a distribution: see `place_notes`.

        Args:
            place: The tokens before.
            params: The sampling parameters.
            sketch: What is shown there.
        """
        words = self._vocabulary.word_biases(params, place)
        return place_notes(params, place, sketch, self.breakers(params), words)

    def set_params(self, params: SamplingParams) -> None:
        """Shape the distribution with other parameters; needs no model."""
        if params == self._params:
            return
        turned = msgspec.structs.replace(self._params, temperature=params.temperature)
        if params != turned:
            self._retempered = None
        self._params = params
        self._shape = self._cut_by = self._refusal = None
        if self._sketch is not None:
            self.changed.emit()

    def clear(self, reason: str) -> None:
        """Show nothing, and say why and what to do."""
        self._sketch = None
        self._place = TokenPlace()
        self._chosen = None
        self._is_drawn = False
        self._model_own = None
        self._forget_shape()
        self._reason = reason
        self.changed.emit()

    # -- what a view asks --------------------------------------------------------------------

    @property
    def reason(self) -> str | None:
        """Why there is nothing to show; None where there is something."""
        if self._sketch is None:
            return self._reason
        self._shaped()
        return self._refusal

    @property
    def notes(self) -> tuple[Note, ...]:
        """The notes to show beside it: see `place_notes`; at T 0 a near-tie too."""
        if self._sketch is None or self.reason is not None:
            return ()
        params = self._params
        notes = self.notes_at(self._place, params, self._sketch)
        if params.temperature == 0.0 and self.is_near_tie:
            notes += (Note(NEAR_TIE, is_exact=True),)
        return notes

    @property
    def sketch(self) -> LogitSketch | None:
        """The distribution itself, if there is one."""
        return self._sketch

    @property
    def history(self) -> Sequence[int]:
        """The tokens before it, which the penalties look at."""
        return self._place.history

    @property
    def typed(self) -> Mapping[int, int]:
        """By token id, how many of its first bytes are in the text already; see `Place`."""
        return self._place.typed

    @property
    def is_written(self) -> bool:
        """Whether a token was drawn from it: the model is writing, and the next one is near."""
        return self._is_drawn

    @property
    def entropy(self) -> float | None:
        """Entropy in nats of the distribution the sampler draws from; None if there is none."""
        shape = self._shaped()
        # Sums of p ln p leave a negative zero where one token has it all.
        return None if shape is None else max(0.0, shape.top.entropy)

    @property
    def entropies(self) -> Interval | None:
        """The least and the most that `entropy` can be; None where it is known."""
        shape = self._shaped()
        return None if shape is None else shape.entropies

    @property
    def top_band(self) -> Interval | None:
        """The least and the most that `top_probability` can be; None where it is known."""
        shape = self._shaped()
        return None if shape is None or not shape.bands else shape.bands[0].used

    @property
    def entropy_bits(self) -> float | None:
        """`entropy` in bits."""
        entropy = self.entropy
        return None if entropy is None else entropy / math.log(2)

    @property
    def effective_choices(self) -> float | None:
        """exp(`entropy`): an even choice among so many tokens would be as uncertain."""
        entropy = self.entropy
        return None if entropy is None else math.exp(entropy)

    @property
    def top_probability(self) -> float | None:
        """The probability with which the sampler draws the favourite; None if there is none."""
        shape = self._shaped()
        return None if shape is None else float(shape.top.probabilities.max())

    @property
    def sensitivity(self) -> float | None:
        """dH/dlnT in nats of what the sampler draws from; None where that is not known."""
        shape, retempered = self._shaped(), self.retempered
        if shape is None or shape.bands or retempered is None:
            return None
        return retempered.sensitivity(self._params.temperature, shape.top)

    @property
    def is_near_tie(self) -> bool:
        """Whether rounding may decide which token T 0 takes here, after penalties."""
        if self._sketch is None or self.reason is not None:
            return False
        ranked = apply_penalties(self._sketch, self._params, self._place.history, self._state)
        return are_near_tie(ranked.logits)

    @property
    def retempered(self) -> Retempered | None:
        """The distribution at every T; None if there is none.

        The same object as long as nothing but T changes.
        """
        if self._retempered is None and self._sketch is not None:
            self._retempered = Retempered(
                self._sketch,
                self._params,
                self._place.history,
                self._state,
                in_a_hurry=self.is_written,
                vocabulary=self.mark,
            )
        return self._retempered

    def rows(self, count: int) -> list[TokenRow]:
        """The first `count` tokens of the current ranking, favourite first; fewer if there are.

        The token that was drawn is always among them if the sketch knows it by itself: where it
        ranks lower it takes the last row.
        """
        shape = self._shaped()
        return [] if shape is None else rows_of(shape, count, self._chosen, self.text)

    def lines(self, room: int, *, is_open: bool = False) -> list[Line]:
        """The lines of bars that fit: see `lines_of`; empty if nothing is known.

        Args:
            room: How many lines there are.
            is_open: Whether tokens that were cut have rows of their own.
        """
        shape, sketch = self._shaped(), self._sketch
        if shape is None or sketch is None:
            return []
        return lines_of(
            shape,
            room,
            self._chosen,
            self.text,
            sketch.vocabulary_size,
            self._cutting_filter,
            is_open=is_open,
            drawn=self._is_drawn,
        )

    def beginning(self, text: bytes) -> TokenRow | None:
        """The longest token that a text can begin with here; None where none is known that does.

        Of those that the sketch knows one by one: the tokenizer may know a longer one.
        """
        shape = self._shaped()
        if shape is None:
            return None
        fits = [
            (len(piece), -place)
            for place, token in enumerate(shape.ids)
            if (piece := self.added(token)) and text.startswith(piece)
            if self.text(token).kind != "control"
        ]
        return row_of(shape, -max(fits)[1], self._chosen, self.text) if fits else None

    def details(self, token: int) -> TokenDetails | None:
        """All that is known of one token; None where the sketch does not know it by itself."""
        shape, sketch = self._shaped(), self._sketch
        if shape is None or sketch is None or token not in shape.ids:
            return None
        place = shape.ids.index(token)
        rank, own = rank_of(shape, place), int((sketch.ids == token).argmax())
        assert self.retempered is not None, "there is a sketch"
        return TokenDetails(
            row=row_of(shape, place, self._chosen, self.text),
            rank=None if rank is None else rank + 1,
            own_rank=own + 1,
            logit=float(sketch.logits[own]),
            temperature=self._params.temperature,
            subject=self.retempered.subject(token),
            given=self.given(token),
            whole=self.spelled(token).text if token in self._place.typed else "",
        )

    @property
    def taken_out(self) -> int:
        """How many of the tokens known one by one were removed by filters or biases."""
        shape = self._shaped()
        return 0 if shape is None else len(taken_out(shape))

    def asked(self, token: int) -> AskedToken | None:
        """A snapshot of a token, to ask about later; None as for `details`."""
        details = self.details(token)
        if details is None or self._sketch is None:
            return None
        return AskedToken(
            details, self._sketch, self._params, tuple(self._place.history), self._state
        )

    def tail(self, rows: Sequence[TokenRow]) -> Tail | None:
        """Everything but `rows`; None if nothing is known."""
        shape = self._shaped()
        if shape is None or self._sketch is None:
            return None
        chosen = None if self._chosen is None else self.text(self._chosen)
        size = self._sketch.vocabulary_size
        return tail_of(shape, rows, size, chosen, drawn=self._is_drawn)

    def text(self, token: int) -> TokenText:
        """How a token is shown at this place: as what it adds to the text; see `spelled`."""
        return self._vocabulary.text(token, self._place.typed.get(token, 0))

    def spelled(self, token: int, typed: int = 0) -> TokenText:
        """How a token is shown anywhere; by its number while its bytes are not known.

        Args:
            token: Its id.
            typed: How many of its first bytes are in the text already.
        """
        return self._vocabulary.text(token, typed)

    def added(self, token: int) -> bytes:
        """The bytes that a known token adds to the text before this place."""
        return self._vocabulary.piece(token)[self._place.typed.get(token, 0) :]

    def chosen(self, token: int) -> TokenRecord:
        """The record of a token that the writer has chosen from the distribution."""
        assert self._sketch is not None, "the token is one of it"
        history = list(self._place.history)
        record = undrawn(
            token,
            self.added(token),
            self._sketch.to_bytes(),
            near_tie=self.is_near_tie,
            typed=dict(self._place.typed),
            is_chosen=True,
        )
        return placed(record, TokenSequence(history), len(history))

    def given(self, token: int) -> str:
        """The characters of a token, or of the favourite, that are in the text already, as shown.

        The distribution is that of tokens that begin with them; empty where no token does.
        """
        if self._sketch is None:
            return ""
        for one in (token, int(self._sketch.ids[0])):
            if count := self._place.typed.get(one):
                piece = self._vocabulary.piece(one)[:count]
                return token_text(piece, one).text if piece else ""
        return ""

    # -- computation -------------------------------------------------------------------------

    @property
    def _state(self) -> SamplerState:
        return self.state_at(self._place, self._params)

    def _on_unspelled(self) -> None:
        self.token_unspelled.emit()

    def _on_texts_known(self) -> None:
        self._forget_shape()
        self.texts_known.emit()
        if self._sketch is not None:
            self.changed.emit()

    def _cutting_filter(self) -> str:
        assert self._shape is not None, "only asked of a shape"
        assert self._sketch is not None, "it was made of one"
        if self._cut_by is None:
            self._cut_by = cut_by(
                self._sketch, self._params, self._place.history, self._state, self._shape.top
            )
        return self._cut_by

    def _forget_shape(self) -> None:
        self._shape = self._cut_by = self._refusal = self._retempered = None

    def _shaped(self) -> TokenShape | None:
        if self._shape is None and self._refusal is None and self._sketch is not None:
            size = self._sketch.vocabulary_size
            foreign = foreign_bias_words(self._params, size, self.mark, where=self.biases_at)
            if foreign:
                self._refusal = foreign
                return None
            try:
                self._model_own = self._model_own or own_shape(self._sketch)
                self._shape = shape_of(
                    self._sketch, self._params, self._place.history, self._state, self._model_own
                )
            except LogitsError:
                self._refusal = all_banned(self._sketch)
            except (UndecidedError, ValueError) as error:  # a token that this vocabulary has not
                self._refusal = str(error)
        return self._shape
