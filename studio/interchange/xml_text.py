"""A text as it stands in XML and HTML: signs of markup written out, and nothing that is no text."""

from __future__ import annotations

import re

_NEVER = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What XML 1.0 forbids or advises against; a page on the web neither shows nor needs it."""
_SIGNS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": " "})


def xml_text(text: str) -> str:
    """The text for an element or an attribute in double quotation marks."""
    if not text.isascii() or not text.isprintable():
        text = _NEVER.sub("\ufffd", text)
    return text.translate(_SIGNS)
