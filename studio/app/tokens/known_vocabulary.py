"""What the window knows of the model's vocabulary: tokens' bytes, and texts as tokens.

The engine sends it bit by bit. What is known of vocabularies that are not in use is kept.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence

from studio.app.tokens.place import TokenPlace
from studio.app.tokens.text import TokenText, token_text
from studio.sampling import Breakers, SamplingParams, WordBias, WordTable, WordTokens
from studio.sampling.word_tokens import NO_BIASES, text_before

_NO_BREAKERS: Breakers = {}
_TABLES = 16
"""Sets of words kept ready: enough for all lanes, and some more."""


class KnownVocabulary:
    """Bytes, breakers and words of the vocabulary in use.

    Attributes:
        mark: What `ModelReport.vocabulary` calls it; empty where that is not known.

    Args:
        on_unspelled: Called as one more token is shown by its number; see `unspelled`.
    """

    def __init__(self, on_unspelled: Callable[[], None]) -> None:
        self.mark = ""
        self._on_unspelled = on_unspelled
        self._unspelled: set[int] = set()
        self._name: Hashable = None
        self._put_by: dict[Hashable, _Known] = {}
        self._known = _Known()
        self._texts: dict[int, TokenText] = {}

    def use(self, name: Hashable, mark: str = "") -> None:
        """Change to another vocabulary; what is known of this one is kept.

        Unless its name is a mere `object()`, by which nobody can ask for it again.

        Args:
            name: Equal for equal vocabularies.
            mark: Its name in `logit_bias_vocabulary`.
        """
        self.mark = mark
        if name != self._name:
            if type(self._name) is not object:
                self._put_by[self._name] = self._known
            self._name = name
            self._known = self._put_by.get(name) or _Known()
            self._texts.clear()

    # Spelling

    @property
    def pieces(self) -> dict[int, bytes]:
        """The bytes that are known, by token id; a copy."""
        return dict(self._known.pieces)

    def piece(self, token: int) -> bytes:
        """The bytes of a token; empty while they are not known."""
        return self._known.pieces.get(token, b"")

    @property
    def control(self) -> dict[int, bool]:
        """Of the tokens known to be control tokens, whether each ends a text; a copy."""
        return dict(self._known.control)

    def add_pieces(self, pieces: Mapping[int, bytes], control: Mapping[int, bool] = {}) -> None:
        """Learn the bytes of tokens.

        Args:
            pieces: Bytes by token id; for a control token its name.
            control: Of control tokens, by their ids, whether each ends a text.
        """
        self._known.pieces.update(pieces)
        self._known.control.update(control)
        for token in (*pieces, *control):
            self._texts.pop(token, None)

    def text(self, token: int, typed: int = 0) -> TokenText:
        """How a token is shown; by its number while its bytes are not known.

        Args:
            token: Its id.
            typed: How many of its first bytes are in the text already, and not shown.
        """
        known = self._known
        if typed and token in known.pieces:
            return token_text(known.pieces[token][typed:], token)
        text = self._texts.get(token)
        if text is None:
            if token not in known.pieces:
                self._unspelled.add(token)
                self._on_unspelled()
            text = token_text(known.pieces.get(token), token, ends=known.control.get(token))
            self._texts[token] = text
        return text

    @property
    def unspelled(self) -> set[int]:
        """The tokens that were shown by their numbers, and whose bytes are still not known."""
        self._unspelled.difference_update(self._known.pieces)
        return set(self._unspelled)

    # Breakers

    def add_breakers(self, texts: tuple[str, ...], breakers: Breakers) -> None:
        """Learn the tokens of DRY's sequence breakers.

        Args:
            texts: The sequence breakers.
            breakers: The same as tokens.
        """
        self._known.breakers[texts] = breakers

    def breakers(self, texts: tuple[str, ...]) -> Breakers | None:
        """The sequence breakers as tokens; None while that is not known."""
        return self._known.breakers.get(texts) if texts else _NO_BREAKERS

    # Words

    def add_words(self, texts: Sequence[str], words: Sequence[WordTokens]) -> None:
        """Learn which tokens complete words or phrases.

        Args:
            texts: The words or phrases.
            words: The tokens that complete each.
        """
        self._known.words.update(zip(texts, words, strict=True))
        self._known.tables.clear()

    def word(self, text: str) -> WordTokens | None:
        """The tokens that complete a word; None while they are not known."""
        return self._known.words.get(text)

    def unknown_words(self, params: SamplingParams) -> tuple[str, ...]:
        """The texts of words with biases whose tokens are not known."""
        forms = (form for word in params.word_biases for form in word.forms)
        return tuple(dict.fromkeys(form for form in forms if form not in self._known.words))

    def word_biases(self, params: SamplingParams, place: TokenPlace) -> Mapping[int, float] | None:
        """What words with biases add to logits at a place; None where that is not known.

        Args:
            params: The sampling parameters.
            place: The tokens before.
        """
        if not params.word_biases:
            return NO_BIASES
        table = self._table(params.word_biases)
        if table is None:
            return None
        typed = place.typed
        if not typed:
            before = text_before(place.history, self._known.pieces.get, table.reach)
            return None if before is None else table.at(before)
        text = self._text_at(place, table.reach)
        if text is None:
            return None
        # Each token stands behind the text without what of its own is there already.
        return {
            token: bias
            for count in {0, *typed.values()}
            for token, bias in table.at(text[: len(text) - count]).items()
            if typed.get(token, 0) == count
        }

    def _text_at(self, place: TokenPlace, reach: int) -> bytes | None:
        """The last bytes of the text at a place where tokens begin with what is typed already."""
        pieces = self._known.pieces
        longest = max(place.typed.values())
        before = text_before(place.history, pieces.get, reach + longest)
        there = {pieces[token][:count] for token, count in place.typed.items() if token in pieces}
        # The tokens before lack what most of those that follow begin with, or nothing.
        for rest in (b"", *sorted(there)):
            if before is not None and all((before + rest).endswith(part) for part in there):
                return before + rest
        return None

    def _table(self, words: tuple[WordBias, ...]) -> WordTable | None:
        tables, known = self._known.tables, self._known.words
        if words not in tables and all(form in known for word in words for form in word.forms):
            if len(tables) >= _TABLES:
                tables.clear()
            tables[words] = WordTable(
                (known[form], word.bias) for word in words for form in word.forms
            )
        return tables.get(words)


class _Known:
    """What is known of one vocabulary."""

    def __init__(self) -> None:
        self.pieces: dict[int, bytes] = {}
        self.control: dict[int, bool] = {}
        self.breakers: dict[tuple[str, ...], Breakers] = {}
        self.words: dict[str, WordTokens] = {}
        self.tables: dict[tuple[WordBias, ...], WordTable] = {}
