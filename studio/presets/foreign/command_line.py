"""A command line apart: its words, its flags with their values, the escapes in its texts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence

from studio.presets.credentials import is_secret
from studio.presets.errors import PresetError

_NEGATIVE = re.compile(r"-(\d|\.\d|inf)", re.IGNORECASE)


def words(text: str) -> list[str]:
    """The words of a line, its continuations joined.

    Raises:
        PresetError: a quotation mark is not closed.
    """
    joined = re.sub(r"\\\r?\n", " ", text)
    try:
        return shlex.split(joined, comments=True)
    except ValueError as error:
        raise PresetError(f"The arguments end within a quotation ({error}). Close it.") from error


def arguments(found: Sequence[str], takes_any: Collection[str]) -> list[tuple[str, str | None]]:
    """Each flag with what stands behind it; what stands alone is the program or a file.

    Args:
        found: The words.
        takes_any: Flags whose value may look like a flag itself.
    """
    pairs: list[tuple[str, str | None]] = []
    place = 0
    while place < len(found):
        word = found[place]
        place += 1
        if not word.startswith("-") or _NEGATIVE.match(word):
            if pairs:
                pairs.append((word, None))
            continue  # before the first flag: the program
        flag, equals, value = word.partition("=")
        if equals and word.startswith("--"):
            pairs.append((flag, value))
            continue
        following = found[place] if place < len(found) else None
        is_value = following is not None and (
            word in takes_any
            or is_secret(word)  # whose value is never to be taken for a flag, and named
            or not following.startswith("-")
            or _NEGATIVE.match(following) is not None
        )
        pairs.append((word, following if is_value else None))
        place += is_value
    return pairs


_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r"))
_UNESCAPE = re.compile(r"\\([ntr\\\"'])")


def escaped(text: str) -> str:
    """`text` with the escapes that llama.cpp undoes."""
    for meant, written in _ESCAPES:
        text = text.replace(meant, written)
    return text


def unescaped(text: str) -> str:
    """`text` as llama.cpp takes it."""
    signs = {"n": "\n", "t": "\t", "r": "\r"}
    return _UNESCAPE.sub(lambda found: signs.get(found[1], found[1]), text)
