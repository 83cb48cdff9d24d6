r"""Short texts as a writer types them in a line: ``\n`` is a newline, ``\t`` a tab, ``\\`` itself.

And as they are shown, with their white space to be seen. Knows no Qt.
"""

import re

from studio.app.tokens.text import token_text
from studio.visible_text import visible_line

_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\\\": "\\"}
_ESCAPE = re.compile(r"\\[ntr\\]")


def read_typed(text: str) -> str:
    """The text that was meant."""
    return _ESCAPE.sub(lambda match: _ESCAPES[match[0]], text)


def visible(text: str) -> str:
    """A text for the eye: ``␣`` a space, ``↵`` a newline; cut short where it is long."""
    return token_text(text.encode("utf-8", errors="replace"), 0).text


def spoken(text: str) -> str:
    """The same for those who hear the window."""
    if text.isprintable() and not text.startswith(" "):
        return visible_line(text)
    return token_text(text.encode("utf-8", errors="replace"), 0).spoken
