"""A token's bytes as the histogram shows them, with visible spaces, newlines and half characters.

Tokens are bytes and not characters: a piece may begin or end within a UTF-8 sequence, and may be
nothing but white space. What cannot be seen by itself gets a sign (``␣`` space, ``↵`` newline,
``⇥`` tab, ``␍`` carriage return, ``⍽`` no-break space) or an escape.
"""

import re
import unicodedata
from typing import Literal, NamedTuple

from studio.translation import mark, tr

Kind = Literal["text", "bytes", "control"]

MAX_LENGTH = 32
"""Most characters that are shown; the longest tokens of real vocabularies have over 100."""

_MOST_READ = 1024
"""Most characters that are looked at."""

_SIGNS = {" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍", "\u00a0": "⍽"}

_SPOKEN = {
    " ": mark("space"),
    "\n": mark("newline"),
    "\t": mark("tab"),
    "\r": mark("carriage return"),
    "\u00a0": mark("no-break space"),
}

# Categories whose characters are invisible or move their neighbours (controls, format characters
# such as zero-width joiners and direction marks, surrogates, private use, unassigned, line and
# paragraph separators, and the spaces without a sign of their own).
_SHAPELESS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})

_RUN = re.compile(r"(.)\1{4,}", re.DOTALL)


class TokenText(NamedTuple):
    """How a token is shown.

    Attributes:
        text: What to draw; one line, never empty. Of a control token what it is, in plain words.
        kind: ``text``; ``bytes`` where some of `text` are escapes of bytes that are no whole
            character; ``control`` where `text` is not what the token writes.
        spoken: The token in words, for a screen reader.
        name: What the model calls a control token; empty for all others.
    """

    text: str
    kind: Kind
    spoken: str
    name: str = ""

    @property
    def exact(self) -> str:
        """What to draw for those who want to know which control token it is."""
        return self.name or self.text


def token_text(piece: bytes | None, token_id: int, *, ends: bool | None = None) -> TokenText:
    """How to show one token.

    Args:
        piece: The token's bytes; for a control token its name (``<|im_end|>``), which may be
            empty; None where they are not known.
        token_id: Shown where there are no bytes to show.
        ends: Of a control token, which steers and writes nothing, whether it ends a text; None for
            one that writes.
    """
    if not piece:
        number = tr("⟨token {number}⟩", number=token_id)
        spoken = tr("token number {number}", number=token_id)
        return TokenText(number, "control", spoken) if ends is None else _marker(number, ends)
    # Whole characters still: none has more than four bytes.
    text = piece[: 4 * _MOST_READ].decode("utf-8", "surrogateescape")[:_MOST_READ]
    if ends is not None:
        return _marker(f"⟨{_elided(_visible(text.strip('<|>[]') or text))}⟩", ends)
    broken = any("\udc80" <= character <= "\udcff" for character in text)
    return TokenText(_elided(_visible(text)), "bytes" if broken else "text", _spoken(text, broken))


def _marker(name: str, ends: bool) -> TokenText:
    if ends:
        return TokenText(tr("end of text"), "control", tr("end of text"), name)
    return TokenText(tr("a marker"), "control", tr("a marker, {name}", name=name[1:-1]), name)


def _visible(text: str) -> str:
    # Only what is cut off by the piece's own end can be continued by the next piece.
    start = _leading_continuations(text)
    end = len(text) - _trailing_sequence(text, start)
    shown = "".join(_shown(run) for run in _runs(text))
    if start:
        shown = "…" + shown
    if end < len(text):
        shown += "…"
    # A combining mark needs something to stand on, or it lands on what is drawn before it.
    stands_alone = unicodedata.category(text[0]).startswith("M") and shown.startswith(text[0])
    return "◌" + shown if stands_alone else shown


def _leading_continuations(text: str) -> int:
    """How many characters at the start stand for the end of a UTF-8 sequence."""
    count = 0
    while count < len(text) and "\udc80" <= text[count] <= "\udcbf":
        count += 1
    return count


def _trailing_sequence(text: str, start: int) -> int:
    """How many characters at the end stand for the beginning of a UTF-8 sequence."""
    for length in (1, 2, 3):
        if len(text) - length < start:
            return 0
        character = text[-length]
        if "\udcc2" <= character <= "\udcf4":
            return length
        if not "\udc80" <= character <= "\udcbf":
            return 0
    return 0


def _runs(text: str) -> list[str]:
    """Split `text` into characters, and runs of five or more of the same white space."""
    runs: list[str] = []
    done = 0
    for match in _RUN.finditer(text):
        if match[1] in _SIGNS:
            runs.extend(text[done : match.start()])
            runs.append(match[0])
            done = match.end()
    runs.extend(text[done:])
    return runs


def _shown(run: str) -> str:
    character = run[0]
    sign = _SIGNS.get(character)
    if sign is not None:
        return sign if len(run) == 1 else f"{sign}×{len(run)}"
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02X}"
    if character in _SIGNS.values() or unicodedata.category(character) in _SHAPELESS:
        # A sign that is meant as itself must not pass for white space.
        return _escape(character)
    if "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return _escape(character)  # variation selectors: marks without a shape
    return character


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _elided(text: str) -> str:
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"


def _spoken(text: str, broken: bool) -> str:
    if broken:
        return tr("part of a character")
    if all(character in _SPOKEN for character in text):
        name = tr(_SPOKEN[text[0]])
        if len(text) == 1:
            return name
        if text == text[0] * len(text):
            return tr("{count} times {name}", count=len(text), name=name)
    words = " ".join(_visible(text.strip(" ")).split())
    return _elided(tr("space {words}", words=words) if text.startswith(" ") else words)
