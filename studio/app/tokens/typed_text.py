r"""Short texts as typed into a field: ``\n`` is a newline, ``\t`` a tab, ``\\`` a backslash.

And as they are shown, with visible white space.
"""

import re

from studio.app.tokens.text import token_text
from studio.visible_text import visible_line

_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\\\": "\\"}
_ESCAPE = re.compile(r"\\[ntr\\]")


def read_typed(text: str) -> str:
    """The text that is meant by what was typed."""
    return _ESCAPE.sub(lambda match: _ESCAPES[match[0]], text)


def visible(text: str) -> str:
    """A text as it is shown: ``␣`` for a space, ``↵`` for a newline; cut where it is long."""
    return token_text(text.encode("utf-8", errors="replace"), 0).text


def spoken(text: str) -> str:
    """The same for a screen reader."""
    if text.isprintable() and not text.startswith(" "):
        return visible_line(text)
    return token_text(text.encode("utf-8", errors="replace"), 0).spoken
