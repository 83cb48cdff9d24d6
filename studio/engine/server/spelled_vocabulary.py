"""The vocabulary of a model at a server that counts texts into ids and back, as vLLM does.

Such a server spells no token by itself: it gives the text of some ids, in which part of a character
is a replacement character, and a control token its name. So each token is spelled between two
separators, and what is part of a character by what completes it: the bytes that are put before it
and behind it are known from characters that no vocabulary has whole. Which tokens the server leaves
out of what it writes, and which end a text, is seen by having it write each that looks so.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from studio.engine.messages import EngineError
from studio.engine.server.answers import Prompted, Tokens, Written
from studio.engine.server.lines import Lines, Question
from studio.engine.vocabulary import Vocabulary
from studio.translation import tr

_SEPARATOR = "\n<^~>\n"
"""Stands in no token."""
_BATCH = 4096
"""Rows of tokens that are spelled at a time."""
_AT_ONCE = 8
_BROKEN = "\ufffd"
_NEVER_VALID = 13
"""Bytes that are in no UTF-8: C0, C1, F5 to FF. Nothing shows which is which."""
_MARKER = re.compile(r"[<\[|>{(].*[>\]|<})]", re.DOTALL)
"""What control tokens' names look like in all vocabularies that are known."""
_LEADS = (
    "\u0378\u0379\u0380\u0530\u0557\u07fc\u05ff\u07b2",
    "\ue123\uf123\ue000\uf8ff",
    "\U00040000\U00050123\U000a1234\U000c1234",
    "\U00011fff\U0001e5ff\U0001ccfd\U0001f7fb",
    "\U0010fffd\U00100123",
)
"""Characters of two, three and four bytes that are not assigned: each byte is a token there. Of
four bytes any may follow F1 to F3, which some vocabularies lack; 90 to BF F0, 80 to 8F F4."""
_SECOND = ("\ue000", "\ue400", "\ue800")
"""EE 80 80, EE 90 80, EE A0 80."""
_TRIED = (
    b"a , b . it 's   do n't\n\n\t\xc3\x89t\xc3\xa9 \xc2\xabna\xc3\xafve\xc2\xbb \xe2\x80\x93 "
    b"\xe2\x80\x9cx\xe2\x80\x9d \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e \xf0\x9f\x99\x82 e\xcc\x81 !"
)
"""Must come back as it is."""


class NotSpelledError(Exception):
    """A vocabulary cannot be known from what the server says; says why."""


class SpelledVocabulary(Vocabulary):
    """The vocabulary; valid as long as the server has the model.

    Args:
        lines: To the server.
        model: The model's name there.
        size: How many tokens it has.

    Raises:
        EvaluationStopped: The interrupt was set.
        EngineError: The server does not answer.
        NotSpelledError: Its texts do not say how tokens are spelled.
    """

    def __init__(self, lines: Lines, model: str, size: int) -> None:
        self._lines = lines
        self._model = model
        self.size = size
        self._markers: re.Pattern[str] | None = None
        bare, start = self._ids("a"), self._ids("a", add_special_tokens=True)
        self.drawn = bare[0] if bare else 0
        self.adds_bos = len(start) > len(bare) and start[1 : len(bare) + 1] == bare
        self.bos = start[0] if self.adds_bos else None
        self.fill = None  # nothing says which these are
        shown = self._all_shown()
        self._control = self._controlling(shown)
        self._names = {token: shown[token].encode("utf-8", "replace") for token in self._control}
        self._spelled = self._all_spelled(shown)
        self.eos = next((token for token, ends in self._control.items() if ends), None)
        names = sorted((shown[token] for token in self._control if shown[token]), key=len)
        if names:
            self._markers = re.compile("|".join(map(re.escape, reversed(names))))
        digest = hashlib.blake2b(b"\0".join(self._spelled), digest_size=6).hexdigest()
        super().__init__(f"{digest} {model[:100]}")
        self._check_texts()

    def tokenize_bytes(self, raw: bytes) -> list[int]:
        """See `Vocabulary`; of a character that is incomplete no token is found.

        Raises:
            EngineError: The text names a control token, and cannot be taken apart there.
        """
        text = raw.decode("utf-8", errors="replace")
        parts = list(self._parts(text))
        found = [token for part in parts for token in self._ids(part)]
        if len(parts) > 1 and (
            any(token in self._control for token in found)
            or b"".join(map(self.text, found)).strip() != raw.strip()
        ):
            raise EngineError(
                "server",
                tr(
                    "The text has the name of a control token in it, which the server would take "
                    "for the token: change it, or open the model on this machine."
                ),
            )
        return found

    def names_control(self, text: str) -> bool:
        """Whether the name of a control token stands in a text."""
        return self._markers is not None and self._markers.search(text) is not None

    def text(self, token: int) -> bytes:
        """See `Vocabulary`."""
        return self._spelled[token]

    def name(self, token: int) -> bytes:
        """See `Vocabulary`."""
        return self._names.get(token) or self._spelled[token]

    def ends_generation(self, token: int) -> bool:
        """See `Vocabulary`."""
        return self._control.get(token, False)

    @functools.cache  # noqa: B019  # a few control tokens of a template, as long as the model
    def strips_space(self, token: int) -> tuple[bool, bool]:
        """See `Vocabulary`."""
        name = self.name(token).decode("utf-8", errors="replace")
        return self._ids(f" {name}") == [token], self._ids(f"{name} ") == [token]

    def _all_texts(self) -> Iterable[bytes]:
        return self._spelled

    @property
    def control(self) -> dict[int, bool]:
        """See `Vocabulary`."""
        return self._control

    def _parts(self, text: str) -> Iterator[str]:
        """A text, cut within each name of a control token."""
        begun = 0
        for marker in self._markers.finditer(text) if self._markers else ():
            yield text[begun : marker.start() + 1]
            begun = marker.start() + 1
        if begun < len(text):
            yield text[begun:]

    def _ids(self, text: str, *, add_special_tokens: bool = False) -> list[int]:
        body = {
            "model": self._model,
            "prompt": text,
            "add_special_tokens": add_special_tokens,
        }
        found = self._lines.ask(Question("/tokenize", body), Tokens).tokens
        if found and max(found) >= self.size:
            raise EngineError("server", self._lines.misread())
        return found

    def _shown(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """What rows of tokens spell, each by itself; what is part of a character is replaced."""
        separator = self._ids(_SEPARATOR)
        batches = [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]
        found = list[str]()
        while batches:
            batch = batches.pop(0)
            tokens = [*separator]
            for row in batch:
                tokens += [*row, *separator]
            body = {"model": self._model, "tokens": tokens}
            text = self._lines.ask(Question("/detokenize", body), Prompted).prompt
            parts = text.split(_SEPARATOR)
            if len(parts) == len(batch) + 2:
                found += parts[1:-1]
            elif len(batch) > 1:
                half = len(batch) // 2
                batches[:0] = [batch[:half], batch[half:]]
            else:
                raise NotSpelledError(tr("its texts of ids cannot be taken apart"))
        return found

    def _all_shown(self) -> list[str]:
        return self._shown([[token] for token in range(self.size)])

    def _controlling(self, shown: Sequence[str]) -> dict[int, bool]:
        """Of each token that the server leaves out of a text, whether it ends one."""
        asked = [token for token, text in enumerate(shown) if _MARKER.fullmatch(text.strip())]
        found = {token: False for token, text in enumerate(shown) if not text}
        for start in range(0, len(asked), _AT_ONCE):
            tokens = asked[start : start + _AT_ONCE]
            answers = self._lines.ask_each(
                [Question("/v1/completions", self._writing(token)) for token in tokens], Written
            )
            for token, answer in zip(tokens, answers, strict=True):
                choice = answer.choices[0]
                if not choice.text:
                    found[token] = choice.finish_reason == "stop"
        return dict(sorted(found.items()))

    def _writing(self, token: int) -> dict[str, object]:
        """What is asked to have one token written."""
        return {
            "model": self._model,
            "prompt": [self.drawn],
            "max_tokens": 1,
            "temperature": 0.0,
            "allowed_token_ids": [token],
        }

    def _all_spelled(self, shown: Sequence[str]) -> list[bytes]:
        spelled = [
            b"" if token in self._control else text.encode("utf-8", "replace")
            for token, text in enumerate(shown)
        ]
        broken = [
            token
            for token, text in enumerate(shown)
            if _BROKEN in text and token not in self._control
        ]
        left = list[int]()
        for token, text in zip(broken, self._completed(broken, shown), strict=True):
            if text is not None:
                spelled[token] = text
            elif self._ids(shown[token])[-1:] != [token]:  # or it is that character
                spelled[token] = b"\xff"
                left.append(token)
        if len(left) > _NEVER_VALID:
            raise NotSpelledError(
                tr("it does not say how %n parts of characters are spelled", "", len(left))
            )
        return spelled

    def _completed(self, broken: Sequence[int], shown: Sequence[str]) -> list[bytes | None]:
        """The bytes of tokens that begin or end within a character; None where not known."""
        if not broken:
            return []
        leads, following = self._byte_tokens()
        before: list[tuple[int, ...]] = [(), *((token,) for token in leads)]
        behind: list[tuple[int, ...]] = [
            (),
            *((token,) for token in following),
            *((token, following[0]) for token in following),
            *((token, following[0], following[0]) for token in following),
        ]
        rows, owners = list[list[int]](), list[tuple[int, int, int]]()
        for token in broken:
            text = shown[token]
            for lead, rest in product(
                before if text.startswith(_BROKEN) else before[:1],
                behind if text.endswith(_BROKEN) else behind[:1],
            ):
                rows.append([*lead, token, *rest])
                owners.append((token, len(lead), len(rest)))
        found: dict[int, set[bytes]] = {token: set() for token in broken}
        for (token, first, last), text in zip(owners, self._shown(rows), strict=True):
            if _BROKEN not in text:
                whole = text.encode("utf-8", "replace")
                found[token].add(whole[first : len(whole) - last])
        return [texts.pop() if len(texts) == 1 else None for texts in found.values()]

    def _byte_tokens(self) -> tuple[list[int], list[int]]:
        """Tokens of one byte: that begin characters of two to four, and that follow in one.

        Raises:
            NotSpelledError: It has none.
        """
        leads = [
            next((tokens[0] for tokens in map(self._bytes_of, some) if tokens), None)
            for some in _LEADS
        ]
        seconds = [self._bytes_of(character) for character in _SECOND]
        first = seconds[0]
        if first is None or first[1] != first[2]:
            raise NotSpelledError(tr("it has no tokens of single bytes"))
        following = [first[1], *(tokens[1] for tokens in seconds[1:] if tokens)]
        return [lead for lead in leads if lead is not None], following

    def _bytes_of(self, character: str) -> list[int] | None:
        """The tokens of a character, if each is one byte of it."""
        count, before = len(character.encode()), self._ids("a")
        tokens = self._ids(f"a{character}")
        if len(tokens) != len(before) + count or self._shown([tokens[-count:]]) != [character]:
            return None
        return tokens[-count:]

    def _check_texts(self) -> None:
        tokens = self.tokenize_bytes(_TRIED)
        spelled = b"".join(map(self.text, tokens))
        is_whole = spelled[self.added_prefix :] == _TRIED
        if not is_whole or self._shown([tokens]) != [spelled.decode()]:
            raise NotSpelledError(tr("its tokens do not spell the text that they are made of"))
