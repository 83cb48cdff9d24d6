"""A language whose words are the English ones in brackets: all that stands outside is English."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from studio import translation

_INNERMOST = re.compile("⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[^\W\d_]{3,}")


@contextmanager
def in_brackets() -> Iterator[None]:
    """Have all texts in brackets."""
    translation.use(lambda text, _comment, _count: f"⟦{text}⟧")
    try:
        yield
    finally:
        translation.use(None)


def untranslated(text: str, *names: str) -> list[str]:
    """The words of three letters and more that stand outside of brackets.

    Args:
        text: What is shown.
        *names: What may stand there all the same.
    """
    while (less := _INNERMOST.sub("", text)) != text:
        text = less
    for name in names:
        text = text.replace(name, "")
    return _WORD.findall(text)
