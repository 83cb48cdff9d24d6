"""Words as tokens of a vocabulary, for the samplers, which know no text: see `WordTokens`.

A text is found in tokens byte by byte, so that it does not matter how the model cuts it, nor
whether it cuts it as the tokenizer would.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from weakref import WeakKeyDictionary

import numpy as np

from studio.engine.messages import FindWords, WordsFound
from studio.engine.vocabulary import Vocabulary
from studio.sampling import WordTokens
from studio.sampling.word_tokens import begins_in_word, ends_in_word

_SHOWN = 32
"""Tokens of a text that are spelled to the listener: there are thousands with a comma in them."""


def words_found(command: FindWords, vocabulary: Vocabulary) -> WordsFound:
    """The answer to `command`.

    Args:
        command: What is asked.
        vocabulary: The model's.
    """
    search = search_of(vocabulary)
    words = tuple(map(search.tokens, command.texts))
    named = {
        token
        for word in words
        for token in (*word.anywhere[:_SHOWN], *word.after.get(b"", ())[:_SHOWN], *word.usual)
    }
    return WordsFound(
        request=command.request,
        texts=command.texts,
        words=words,
        pieces={token: vocabulary.name(token) for token in sorted(named)},
    )


def search_of(vocabulary: Vocabulary) -> "WordSearch":
    """The search in a vocabulary; made once, with some tenths of a second for the largest."""
    if vocabulary not in _SEARCHES:
        _SEARCHES[vocabulary] = WordSearch(vocabulary)
    return _SEARCHES[vocabulary]


class WordSearch:
    """Finds the tokens that complete a text.

    Attributes:
        names: What each token spells; of a control token its name, which ends every word.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._control = set(vocabulary.control_tokens.values())
        self.names = [vocabulary.name(token) for token in range(vocabulary.size)]
        # A control token's name is no text: a word is not looked for inside of it.
        spelled = [(self.names[i], i) for i in range(vocabulary.size) if i not in self._control]
        spelled.sort()
        self._sorted = [name for name, _ in spelled]
        self._ids = [token for _, token in spelled]
        self._whole = b"".join(self._sorted)
        self._starts = np.array([0, *accumulate(map(len, self._sorted))])
        self._tokenize = vocabulary.tokenize
        self._found: dict[str, WordTokens] = {}

    def tokens(self, text: str) -> WordTokens:
        """The tokens that complete `text`, which is not empty."""
        if text not in self._found:
            self._found[text] = self._search(text)
        return self._found[text]

    def _search(self, text: str) -> WordTokens:
        raw = text.encode("utf-8", errors="replace")
        is_bounded, is_word = begins_in_word(raw), ends_in_word(raw)

        def ends(rest: bytes) -> bool:
            return not (is_word and begins_in_word(rest))

        anywhere = [token for token in self._control if self.names[token] == raw]
        for place, start in self._occurrences(raw):
            name = self._sorted[place]
            begins = (start > 0 or not is_bounded) and not (
                is_bounded and ends_in_word(name[:start])
            )
            if begins and ends(name[start + len(raw) :]):
                anywhere.append(self._ids[place])
        after: dict[bytes, tuple[int, ...]] = {}
        for length in range(0 if is_bounded else 1, len(raw)):
            rest = raw[length:]
            found = [
                self._ids[place]
                for place in self._beginning_with(rest)
                if ends(self._sorted[place][len(rest) :])
            ]
            if found:
                after[raw[:length]] = tuple(sorted(found))
        usual = tuple(self._tokenize(text if text[0].isspace() else f" {text}"))
        return WordTokens(tuple(sorted(set(anywhere))), after, is_bounded, usual)

    def _occurrences(self, raw: bytes) -> Iterator[tuple[int, int]]:
        """Where in which token the text stands: the token's place, and the byte in it."""
        at = self._whole.find(raw)
        while at >= 0:
            place = int(np.searchsorted(self._starts, at, side="right")) - 1
            start = at - int(self._starts[place])
            if start + len(raw) <= len(self._sorted[place]):
                yield place, start
            at = self._whole.find(raw, at + 1)

    def _beginning_with(self, raw: bytes) -> Sequence[int]:
        """The places of the tokens that begin so."""
        first = bisect_left(self._sorted, raw)
        last = first
        while last < len(self._sorted) and self._sorted[last].startswith(raw):
            last += 1
        return range(first, last)


_SEARCHES: WeakKeyDictionary[Vocabulary, WordSearch] = WeakKeyDictionary()
